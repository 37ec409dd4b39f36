// Package mailtest is a real SMTP server for tests.
package mailtest

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Inbox is a server on a free port that keeps what it receives. An address that
// begins with "unknown" is refused for good, "busy" for a while.
type Inbox struct {
	Address string // for mail.New: smtp+plain://127.0.0.1:port

	mu    sync.Mutex
	mails []string
	after func()
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Inbox {
	t.Helper()
	b := &Inbox{}
	server := smtp.NewServer(b)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	b.Address = "smtp+plain://" + l.Addr().String()
	return b
}

// Mails are the mails that arrived: the receiver on the first line, then the mail.
func (b *Inbox) Mails() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.mails...)
}

// After calls f once, when the next mail has arrived and before the sender hears
// of it: whoever stops the sender in f stops it between sending and noting.
func (b *Inbox) After(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.after = f
}

// NewSession is for the SMTP server.
func (b *Inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{inbox: b}, nil }

type session struct {
	inbox *Inbox
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
	s.inbox.mails = append(s.inbox.mails, s.to+"\n"+string(b))
	after := s.inbox.after
	s.inbox.after = nil
	s.inbox.mu.Unlock()
	if after != nil {
		after()
	}
	return err
}
