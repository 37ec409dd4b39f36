// Package mail sends plain-text mails, with a file or without, through an SMTP server.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Message is one mail. Text is plain text; lines are wrapped by the reader.
type Message struct {
	To      string // one address
	Subject string
	Text    string
	ID      string // unique per mail: the receiver's server drops a second copy with the same id
	// Unsubscribe is the address where one click ends mails of this kind (RFC 8058);
	// "" for mails that cannot be ended.
	Unsubscribe string
	Attachment  *Attachment // nil: none
}

// Attachment is a file that goes with a mail.
type Attachment struct {
	Name    string
	Type    string // media type
	Content []byte
}

// ErrRefused is returned when the server refused the mail for good, so that
// sending it again makes no sense.
var ErrRefused = errors.New("the mail server refused the mail")

// Server sends mails. Make one with New; it is safe for concurrent use.
type Server struct {
	host string
	from string
	opts []gomail.Option
}

// timeout of one whole delivery.
const timeout = 30 * time.Second

// New prepares a server from an address such as
//
//	smtp://user:password@mail.example.org:587   STARTTLS is demanded
//	smtps://user:password@mail.example.org:465  TLS from the start
//	smtp+plain://127.0.0.1:25                   no TLS; loopback addresses only
//
// and the address that stands as the sender. The password never appears in errors.
func New(address, from string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the mail server address cannot be used; expected for example smtp://user:password@mail.example.org:587")
	}
	s := &Server{host: u.Hostname(), from: from, opts: []gomail.Option{gomail.WithTimeout(timeout)}}
	if err := gomail.NewMsg().From(from); err != nil {
		return nil, fmt.Errorf("the sender address %q cannot be used; expected for example nisaba@example.org", from)
	}
	port, err := s.security(u)
	if err != nil {
		return nil, err
	}
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("the port %q of the mail server cannot be used; expected 1 to 65535", text)
		}
	}
	s.opts = append(s.opts, gomail.WithPort(port))
	if u.User != nil {
		password, _ := u.User.Password()
		s.opts = append(s.opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return s, nil
}

// security chooses the encryption and the usual port of a scheme.
func (s *Server) security(u *url.URL) (port int, err error) {
	switch u.Scheme {
	case "smtp":
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
		return 587, nil
	case "smtps":
		s.opts = append(s.opts, gomail.WithSSL())
		return 465, nil
	case "smtp+plain":
		if ip := net.ParseIP(s.host); s.host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return 0, errors.New("smtp+plain sends passwords and mails unprotected and is allowed to this machine only; expected smtp or smtps")
		}
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.NoTLS))
		return 25, nil
	}
	return 0, fmt.Errorf("the mail server address begins with %q; expected smtp, smtps or smtp+plain", u.Scheme)
}

// Send delivers one mail. An error that wraps ErrRefused is final; after any
// other one the mail may be sent again with the same ID.
func (s *Server) Send(ctx context.Context, m Message) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(s.from), msg.To(m.To)); err != nil {
		return fmt.Errorf("%w: the address is not one", ErrRefused)
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(m.ID)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+m.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if a := m.Attachment; a != nil {
		if err := msg.AttachReader(a.Name, bytes.NewReader(a.Content), gomail.WithFileContentType(gomail.ContentType(a.Type))); err != nil {
			return fmt.Errorf("attach the file: %w", err)
		}
	}
	client, err := gomail.NewClient(s.host, s.opts...)
	if err != nil {
		return fmt.Errorf("prepare the mail client: %w", err)
	}
	if err = client.DialAndSendWithContext(ctx, msg); err != nil {
		return judge(err)
	}
	return nil
}
