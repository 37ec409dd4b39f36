package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/mailbox"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/viruscheck"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// MailboxConfig is how mails to the addresses of organisations are taken in.
type MailboxConfig struct {
	Address     string // HOST:PORT to listen on; "": none are taken in
	Domain      string // behind the @; "": the host of BaseURL
	Certificate string // file in PEM, for STARTTLS; "": without encryption, behind another mail server
	Key         string // file in PEM
}

// mailDomain is the domain of the addresses, "" when no mails are taken in.
func (c Config) mailDomain() (string, error) {
	if c.Mailbox.Address == "" {
		return "", nil
	}
	if c.Mailbox.Domain != "" {
		return c.Mailbox.Domain, nil
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return "", &fault.Error{Kind: fault.Invalid, Field: "--intake-domain", What: "it is not said which domain the addresses for mails have",
			Expected: "for example --intake-domain alarms.example.org, whose MX leads to this server"}
	}
	return u.Hostname(), nil
}

// takeMails tells the use cases how to take in mails, and makes the server for them; nil
// when there is none.
func (c Config) takeMails(cases *incidents.Service, box secret.Box, mailer *mailing.Mailer, files *blob.Dir) (*mailbox.Server, error) {
	domain, err := c.mailDomain()
	if err != nil || domain == "" {
		return nil, err
	}
	m := incidents.Mailbox{Domain: domain, Box: box, Own: mailer.Own, Messages: c.Messages}
	o := mailbox.Options{Domain: domain, Receiver: cases.WithMailbox(m), Log: c.Log, Folder: files.Incoming(), Wait: guard.NewLimiter(c.Clock, 60, time.Second, 10_000).Take}
	if c.Mailbox.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.Mailbox.Certificate, c.Mailbox.Key)
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Field: "--intake-cert, --intake-key", What: "the certificate for mails cannot be read", Expected: "certificate and key in PEM", Cause: err}
		}
		o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	return mailbox.New(o), nil
}

// scannerOf is the command as use cases see it: none when there is none.
func scannerOf(look *viruscheck.Command) incidents.Scanner {
	if look == nil {
		return nil
	}
	return look
}

// ServeMail takes mails in on a listener until ctx ends.
func (s *Server) ServeMail(ctx context.Context, l net.Listener) error {
	if s.mailbox == nil {
		return &fault.Error{Kind: fault.Invalid, Field: "--intake-smtp", What: "this server takes in no mails", Expected: "an address to listen on"}
	}
	return s.mailbox.Serve(ctx, l)
}

// listenForMail begins to take mails in, where that is asked for. The channel says how it
// ended; it is nil when nobody listens.
func (s *Server) listenForMail(ctx context.Context, out io.Writer) (<-chan error, error) {
	if s.mailbox == nil {
		return nil, nil
	}
	l, err := net.Listen("tcp", s.config.Mailbox.Address)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--intake-smtp", What: "the server cannot take in mails on " + s.config.Mailbox.Address,
			Expected: "a free address such as 127.0.0.1:2525", Cause: err}
	}
	fmt.Fprintf(out, "Mails are taken in on %s\n", l.Addr())
	ended := make(chan error, 1)
	go func() { ended <- s.ServeMail(ctx, l) }()
	return ended, nil
}
