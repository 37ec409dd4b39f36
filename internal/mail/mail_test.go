package mail_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/nisaba-platform/nisaba/internal/mail"
)

// inbox is a real SMTP server on a free port that keeps what it receives. An
// address that begins with "unknown" is refused for good, "busy" for a while.
type inbox struct {
	mu    sync.Mutex
	mails []string
}

func (b *inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{inbox: b}, nil }

type session struct {
	inbox *inbox
	to    string
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "unknown"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	case strings.HasPrefix(to, "busy"):
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	s.inbox.mails = append(s.inbox.mails, s.to+"\n"+string(b))
	return err
}

func start(t *testing.T) (*inbox, *mail.Server) {
	t.Helper()
	b := &inbox{}
	server := smtp.NewServer(b)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	s, err := mail.New("smtp+plain://"+l.Addr().String(), "nisaba@example.org")
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

func TestSend(t *testing.T) {
	b, s := start(t)
	err := s.Send(context.Background(), mail.Message{To: "anna@example.org", Subject: "Frist läuft: Frühwarnung",
		Text: "Die Frühwarnung ist in 4 Stunden fällig.\n", ID: "0190-1@nisaba.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.mails) != 1 {
		t.Fatalf("%d mails arrived", len(b.mails))
	}
	for _, want := range []string{"anna@example.org\n", "From: <nisaba@example.org>", "Message-ID: <0190-1@nisaba.example.org>",
		"Auto-Submitted: auto-generated", "Content-Type: text/plain; charset=UTF-8", "Date: "} {
		if !strings.Contains(b.mails[0], want) {
			t.Errorf("the mail lacks %q:\n%s", want, b.mails[0])
		}
	}
}

func TestSendErrors(t *testing.T) {
	b, s := start(t)
	for name, tc := range map[string]struct {
		message mail.Message
		final   bool
	}{
		"unknown mailbox":       {mail.Message{To: "unknown@example.org", ID: "a@b"}, true},
		"busy":                  {mail.Message{To: "busy@example.org", ID: "a@b"}, false},
		"no address":            {mail.Message{To: "anna", ID: "a@b"}, true},
		"address with a header": {mail.Message{To: "anna@example.org\r\nBcc: all@example.org", ID: "a@b"}, true},
	} {
		err := s.Send(context.Background(), tc.message)
		if err == nil || errors.Is(err, mail.ErrRefused) != tc.final {
			t.Errorf("%s: %v; final %v wanted", name, err, tc.final)
		}
	}
	if err := s.Send(context.Background(), mail.Message{To: "anna@example.org", Subject: "a\r\nBcc: all@example.org", ID: "a@b"}); err == nil {
		for _, m := range b.mails {
			if strings.Contains(m, "\r\nBcc: ") {
				t.Errorf("a subject added a header:\n%s", m)
			}
		}
	}
	gone, err := mail.New("smtp+plain://127.0.0.1:1", "nisaba@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Send(context.Background(), mail.Message{To: "anna@example.org", ID: "a@b"}); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("no server: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, address := range []string{"", "mail.example.org", "http://mail.example.org", "smtp+plain://mail.example.org", "smtp://mail.example.org:99999"} {
		if _, err := mail.New(address, "nisaba@example.org"); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
	if _, err := mail.New("smtp://u:geheim@mail.example.org:x", "nisaba@example.org"); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("the error shows the password: %v", err)
	}
	if _, err := mail.New("smtps://mail.example.org", "not an address"); err == nil {
		t.Error("a sender without address was accepted")
	}
}
