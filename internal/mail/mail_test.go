package mail_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/mail"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
)

func start(t *testing.T) (*mailtest.Inbox, *mail.Server) {
	t.Helper()
	b := mailtest.Start(t)
	s, err := mail.New(b.Address, "nisaba@example.org")
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

func TestSend(t *testing.T) {
	b, s := start(t)
	err := s.Send(context.Background(), mail.Message{To: "anna@example.org", Subject: "Frist läuft: Frühwarnung",
		Text: "Die Frühwarnung ist in 4 Stunden fällig.\n", ID: "0190-1@nisaba.example.org", Unsubscribe: "https://nisaba.example.org/unsubscribe/x"})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Mails()) != 1 {
		t.Fatalf("%d mails arrived", len(b.Mails()))
	}
	for _, want := range []string{"anna@example.org\n", "From: <nisaba@example.org>", "Message-ID: <0190-1@nisaba.example.org>",
		"Auto-Submitted: auto-generated", "Content-Type: text/plain; charset=UTF-8", "Date: ",
		"List-Unsubscribe: <https://nisaba.example.org/unsubscribe/x>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"} {
		if !strings.Contains(b.Mails()[0], want) {
			t.Errorf("the mail lacks %q:\n%s", want, b.Mails()[0])
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
		for _, m := range b.Mails() {
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

// TestTroubleOf: what people are told follows from the text that is kept.
func TestTroubleOf(t *testing.T) {
	b, _ := start(t)
	plain := strings.TrimPrefix(b.Address, "smtp+plain://")
	for name, tc := range map[string]struct {
		server, to string
		want       mail.Trouble
		said       string
	}{
		"unknown mailbox": {b.Address, "unknown@example.org", mail.Recipient, "no such mailbox"},
		"busy":            {b.Address, "busy@example.org", mail.Busy, "try later"},
		"not there":       {"smtp+plain://127.0.0.1:1", "anna@example.org", mail.Unreachable, "refused"},
		"no TLS":          {"smtp://" + plain, "anna@example.org", mail.Unprotected, "STARTTLS"},
		"not TLS":         {"smtps://" + plain, "anna@example.org", mail.Unprotected, "tls"},
		"no sign-in":      {"smtp+plain://anna:geheim@" + plain, "anna@example.org", mail.SignIn, "AUTH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := mail.New(tc.server, "nisaba@example.org")
			if err != nil {
				t.Fatal(err)
			}
			err = s.Send(context.Background(), mail.Message{To: tc.to, ID: "a@b"})
			if err == nil {
				t.Fatal("the mail was taken")
			}
			got, said, ok := mail.TroubleOf(err.Error())
			if !ok || got != tc.want || !strings.Contains(said, tc.said) || strings.Contains(said, "geheim") {
				t.Errorf("%q is %q, %q; want %q with %q", err, got, said, tc.want, tc.said)
			}
		})
	}
	if got, _, ok := mail.TroubleOf("the server went away"); ok {
		t.Errorf("any text is %q", got)
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
