// Package mailbox is the mail server that takes in what people and monitoring systems
// write to the secret addresses of organisations. It says of an address only whether it
// takes mails, the same way for every one that does not, and gives nobody more time,
// lines or attempts than a mail needs.
package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Receiver is who takes the mails in; incidents.Service is one.
type Receiver interface {
	KnowsMailToken(ctx context.Context, token string) error
	ReceiveMail(ctx context.Context, token string, raw []byte) (incidents.Taken, error)
}

// Options of New.
type Options struct {
	Domain   string // behind the @ of the addresses
	Receiver Receiver
	TLS      *tls.Config // nil: without encryption, for a server behind another one
	Log      *slog.Logger
	Folder   string // where mails wait while they come in; "": that of the system for such

	// Wait takes one attempt from the allowance of a key, and says how long to wait when
	// there is none left.
	Wait func(key string) time.Duration
}

// Limits of the server.
const (
	mostRecipients  = 5
	mostWrong       = 3                // addresses that do not exist, in one connection
	mostConnections = 100              // at a time
	mostFromOne     = 10               // connections of one place at a time
	mostReading     = 4                // whole mails that are held in memory at a time
	longestLine     = 16 << 10         // bytes; RFC 5322 knows 998, senders of HTML do not
	patience        = 2 * time.Minute  // for one command, and for one mail
	longest         = 10 * time.Minute // for one connection
)

// Server is the mail server. Make it with New.
type Server struct {
	options Options
	smtp    *smtp.Server
	reading chan struct{}
}

// New makes the server.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{options: o, reading: make(chan struct{}, mostReading)}
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain, s.smtp.TLSConfig = o.Domain, o.TLS
	s.smtp.MaxRecipients, s.smtp.MaxMessageBytes, s.smtp.MaxLineLength = mostRecipients, incidents.LargestMail, longestLine
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = patience, patience
	s.smtp.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	return s
}

// Serve takes mails in until ctx ends, then lets the mails that are being received end,
// for a few seconds, and hangs up.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	gate, ended := newGate(l), make(chan error, 1)
	go func() { ended <- s.smtp.Serve(gate) }()
	select {
	case err := <-ended:
		return fmt.Errorf("take in mails: %w", err)
	case <-ctx.Done():
	}
	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = s.smtp.Shutdown(context.WithoutCancel(ctx)) // says only that the listener was closed already
	}()
	if !within(left) {
		gate.hangUp() // connections that do not end
		within(left)
	}
	<-ended
	return nil
}

// within waits a few seconds for something to end.
func within(end <-chan struct{}) bool {
	select {
	case <-end:
		return true
	case <-time.After(5 * time.Second):
		return false
	}
}

// session is one connection.
type session struct {
	*Server
	conn   *smtp.Conn
	from   string // address of the other side
	wrong  int
	tokens []string
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	return &session{Server: s, conn: c, from: placeOf(c.Conn().RemoteAddr())}, nil
}

// placeOf is an address without its port. All addresses of an IPv6 network of 64 bits
// are one place, since one household has that many.
func placeOf(a net.Addr) string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	from := at.Addr().Unmap().WithZone("")
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			return p.String()
		}
	}
	return from.String()
}

func refusal(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// The answers. Every address that takes no mails has the same one.
var (
	errNoAddress = refusal(550, smtp.EnhancedCode{5, 1, 1}, "There is no such address here")
	errBounce    = refusal(550, smtp.EnhancedCode{5, 7, 1}, "Reports about mails are not taken in")
	errAutomatic = refusal(550, smtp.EnhancedCode{5, 7, 1}, "Automatic replies and mails that go in circles are not taken in")
	errUnread    = refusal(554, smtp.EnhancedCode{5, 6, 0}, "The mail cannot be read")
	errLater     = refusal(451, smtp.EnhancedCode{4, 3, 0}, "Not now; try again later")
	errTooMany   = refusal(450, smtp.EnhancedCode{4, 7, 1}, "Too many; try again later")
)

func (c *session) Reset()        { c.tokens = nil }
func (c *session) Logout() error { return nil }

// Mail begins a mail. Reports about mails have no sender, so that nobody answers them.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if from == "" {
		return errBounce
	}
	return nil
}

// Rcpt names an address that the mail is for.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.wrong >= mostWrong || c.options.Wait("from "+c.from) > 0 {
		return errTooMany
	}
	local, domain, _ := strings.Cut(strings.ToLower(to), "@")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if !strings.EqualFold(domain, c.options.Domain) {
		local = "" // no token
	}
	known := c.options.Receiver.KnowsMailToken(ctx, local)
	switch {
	case known != nil && fault.KindOf(known) == fault.NotFound:
		c.wrong++
		return errNoAddress
	case known != nil:
		c.options.Log.Error("look for an address", "error", known)
		return errLater
	case c.options.Wait("to "+local) > 0:
		return errTooMany
	}
	c.tokens = append(c.tokens, local)
	return nil
}

// Data takes the mail in, for each of its addresses. When one cannot be reached now, the
// sender tries all again; those that have it do not take it in twice.
func (c *session) Data(r io.Reader) error {
	file, err := os.CreateTemp(c.options.Folder, "mail-*")
	if err != nil {
		return c.later(err)
	}
	defer func() {
		if left := errors.Join(file.Close(), os.Remove(file.Name())); left != nil {
			c.options.Log.Error("remove the copy of a mail that came in", "error", left)
		}
	}()
	if _, err := io.Copy(file, r); errors.As(err, new(*fs.PathError)) {
		return c.later(err)
	} else if err != nil {
		return c.broken(err)
	}
	return c.whole(file)
}

// broken ends a connection whose mail took too long: what still comes is no command.
func (c *session) broken(err error) error {
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		_ = c.conn.Conn().Close() // the other side is slow or gone
	}
	return err
}

// whole takes in a mail of which all has come. It is held in memory only now, so that
// slow senders keep nobody waiting.
func (c *session) whole(file io.ReadSeeker) error {
	c.reading <- struct{}{}
	defer func() { <-c.reading }()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return c.later(err)
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		return c.later(err)
	}
	return c.receive(raw)
}

// later says nothing of what is wrong here.
func (c *session) later(err error) error {
	c.options.Log.Error("take in a mail", "error", err)
	return errLater
}

func (c *session) receive(raw []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	for _, token := range c.tokens {
		_, err := c.options.Receiver.ReceiveMail(ctx, token, raw)
		switch {
		case err == nil:
		case errors.Is(err, incidents.ErrAutomatic):
			return errAutomatic
		case fault.KindOf(err) == fault.NotFound:
			return errNoAddress
		case fault.KindOf(err) == fault.Invalid:
			return errUnread
		default:
			return c.later(err)
		}
	}
	return nil
}
