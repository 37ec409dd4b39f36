package mailprobe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

func dial(ctx context.Context, s *exposure.Session, t exposure.Target, class exposure.Class) (net.Conn, error) {
	c, err := s.Dialer.Dial(ctx, exposure.Request{Name: t.Name, Address: addressOf(t), Class: class})
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Now().Add(patience))
}

// runService greets one mail service.
func runService(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	c, err := dial(ctx, s, t, exposure.Handshake)
	if err != nil {
		return err
	}
	defer c.Close()
	g, d, err := greet(c, service(t))
	if err == nil && service(t) == "smtp" {
		d.say("QUIT")
	}
	auth, banner := s.Finding("MAIL-18", t), s.Finding("MAIL-24", t)
	auth.Expected, banner.Expected = "no sign-in before TLS", "a greeting without a version"
	auth.Reproduce, banner.Reproduce = "nc "+nc(addressOf(t)), "nc "+nc(addressOf(t))
	auth.Transcript = exposure.TranscriptHash([]byte(g.Banner), []byte(strings.Join(g.Offers, "\n")))
	banner.Transcript = exposure.TranscriptHash([]byte(g.Banner))
	switch {
	case err != nil:
		skip(&auth, exposure.Error, "%v", err)
	case g.SignIn:
		set(&auth, exposure.Fail, "sign-in is offered without encryption")
	default:
		set(&auth, exposure.Pass, "no sign-in without encryption")
	}
	switch {
	case g.Banner == "":
		skip(&banner, exposure.Error, "the server did not greet: %v", err)
	case tellsVersion(g.Banner) != "":
		set(&banner, exposure.Fail, "%s", exposure.Clip(g.Banner))
	default:
		set(&banner, exposure.Pass, "%s", exposure.Clip(g.Banner))
	}
	s.Record(auth)
	s.Record(banner)
	if kind := service(t); kind != "smtp" && !isNamed(t) {
		s.Record(mailbox(s.Finding("MAIL-19", t), kind, g, err))
	}
	return nil
}

// mailbox judges the encryption of a service for mailboxes.
func mailbox(f exposure.Finding, kind string, g Greeting, err error) exposure.Finding {
	f.Expected, f.Reproduce = "STARTTLS", "nc "+nc(addressOf(f.Target))
	switch {
	case err != nil:
		skip(&f, exposure.Error, "%v", err)
	case g.StartTLS:
		set(&f, exposure.Pass, "%s offers encryption", kind)
	default:
		set(&f, exposure.Fail, "%s has no encryption", kind)
	}
	return f
}

func nc(a netip.AddrPort) string { return fmt.Sprintf("%s %d", a.Addr(), a.Port()) }

// pairs are the services that can begin with TLS or in the clear.
var pairs = []struct {
	name              string
	implicit, plainly uint16
}{{"submission", 465, 587}, {"imap", 993, 143}, {"pop3", 995, 110}}

// runPorts looks at the ports for mailboxes of a host.
func runPorts(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	boxes, mixed := s.Finding("MAIL-19", t), s.Finding("MAIL-25", t)
	boxes.Expected, mixed.Expected = "TLS from the start, or STARTTLS", "one way to begin TLS for each service"
	boxes.Reproduce = "nmap -Pn -p 110,143,465,587,993,995 " + t.Address.String()
	mixed.Reproduce = boxes.Reproduce
	open, err := openPorts(ctx, s, t)
	if err != nil {
		return err
	}
	var p, m problems
	count := 0
	for _, pair := range pairs {
		plain, implicit := open[pair.plainly], open[pair.implicit]
		for _, o := range []*opened{plain, implicit} {
			if o.err == nil {
				count++
			}
		}
		if plain.err == nil && pair.name != "submission" {
			switch {
			case plain.greetErr != nil:
				p.unknownf("port %d: %v", pair.plainly, plain.greetErr)
			case !plain.greeting.StartTLS:
				p.failf("port %d (%s) has no encryption", pair.plainly, pair.name)
			}
		}
		if plain.err == nil && implicit.err == nil && plain.greeting.StartTLS {
			m.warnf("%s begins with TLS on port %d and with STARTTLS on port %d", pair.name, pair.implicit, pair.plainly)
		}
	}
	switch {
	case count == 0 && open[143].err != nil && refused(open[143].err):
		skip(&boxes, exposure.NotTested, "%v", open[143].err)
		skip(&mixed, exposure.NotTested, "%v", open[143].err)
	case count == 0:
		skip(&boxes, exposure.NotApplicable, "no port for mailboxes is open")
		skip(&mixed, exposure.NotApplicable, "no port for mailboxes is open")
	default:
		p.settle(&boxes, "%d ports for mailboxes, all with encryption", count)
		m.settle(&mixed, "no service begins in two ways")
	}
	s.Record(boxes)
	s.Record(mixed)
	return nil
}

// opened is what a port did.
type opened struct {
	err      error // of the connection
	greeting Greeting
	greetErr error
}

func openPorts(ctx context.Context, s *exposure.Session, t exposure.Target) (map[uint16]*opened, error) {
	out := map[uint16]*opened{}
	var wait sync.WaitGroup
	for _, pair := range pairs {
		for _, port := range []uint16{pair.implicit, pair.plainly} {
			o := &opened{}
			out[port] = o
			wait.Go(func() {
				c, err := s.Dialer.Dial(ctx, exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, port), Class: exposure.Handshake, Timeout: 2 * time.Second})
				if err != nil {
					o.err = err
					return
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				if port == pair.plainly {
					kind := pair.name
					if kind == "submission" {
						kind = "smtp"
					}
					o.greeting, _, o.greetErr = greet(c, kind)
				}
			})
		}
	}
	wait.Wait()
	for _, o := range out {
		if errors.Is(o.err, exposure.ErrStopped) {
			return nil, o.err
		}
	}
	return out, ctx.Err()
}

// runIntrusive tries what an attacker would try first, and stops before it has an
// effect: no command with a message is ever sent.
func runIntrusive(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	if !s.Dialer.Permit().Allows(exposure.Intrusive) {
		for _, check := range []string{"MAIL-20", "MAIL-21"} {
			s.Skip(check, t, exposure.NotTested, "the scope does not allow checks of class "+string(exposure.Intrusive))
		}
		return nil
	}
	inject, relay := s.Finding("MAIL-20", t), s.Finding("MAIL-21", t)
	injection(ctx, s, t, &inject)
	relaying(ctx, s, t, &relay)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.Record(inject)
	s.Record(relay)
	return nil
}

// injection sends a harmless command together with STARTTLS, and listens whether it
// is answered once encryption began.
func injection(ctx context.Context, s *exposure.Session, t exposure.Target, f *exposure.Finding) {
	f.Expected = "commands that come with STARTTLS are dropped"
	f.Reproduce = `printf 'EHLO x\r\nSTARTTLS\r\nNOOP\r\n' | nc ` + nc(addressOf(t))
	c, err := dial(ctx, s, t, exposure.Intrusive)
	if err != nil {
		skip(f, exposure.Error, "%v", err)
		return
	}
	defer c.Close()
	g, d, err := greet(c, "smtp")
	switch {
	case err != nil:
		skip(f, exposure.Error, "%v", err)
		return
	case !g.StartTLS:
		skip(f, exposure.NotApplicable, "the server does not offer STARTTLS")
		return
	}
	code, _, err := d.say("STARTTLS\r\nNOOP")
	if err != nil || code != "220" {
		skip(f, exposure.Error, "the server does not begin TLS: %s %v", code, err)
		return
	}
	if d.in.Buffered() > 0 {
		set(f, exposure.Fail, "the command was answered in the clear, before TLS")
		return
	}
	client := tls.Client(c, &tls.Config{ServerName: t.Name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}) // nothing secret is sent
	if err := client.HandshakeContext(ctx); err != nil {
		skip(f, exposure.Error, "%v", err)
		return
	}
	client.SetReadDeadline(time.Now().Add(2 * time.Second))
	line, err := talk(client).line()
	switch {
	case err == nil:
		set(f, exposure.Fail, "the command was carried out after TLS began: %s", exposure.Clip(line))
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, io.EOF):
		set(f, exposure.Pass, "the command was dropped")
	default:
		skip(f, exposure.Error, "%v", err)
	}
}

// stranger is a recipient at a name that is set aside for examples (RFC 2606) and
// takes no mail.
const stranger = "nisaba-scan@example.com"

// relaying asks whether a recipient elsewhere is accepted, and takes it back.
func relaying(ctx context.Context, s *exposure.Session, t exposure.Target, f *exposure.Finding) {
	f.Expected = "a recipient elsewhere is refused"
	f.Reproduce = `printf 'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<` + stranger + `>\r\nRSET\r\nQUIT\r\n' | nc ` + nc(addressOf(t))
	c, err := dial(ctx, s, t, exposure.Intrusive)
	if err != nil {
		skip(f, exposure.Error, "%v", err)
		return
	}
	defer c.Close()
	_, d, err := greet(c, "smtp")
	if err != nil {
		skip(f, exposure.Error, "%v", err)
		return
	}
	code, _, err := d.say("MAIL FROM:<>")
	if err == nil && strings.HasPrefix(code, "5") {
		set(f, exposure.Pass, "nothing is accepted without sign-in or encryption (%s)", code)
		d.say("QUIT")
		return
	}
	if err != nil || code != "250" {
		skip(f, exposure.Error, "the server does not accept a sender: %s %v", code, err)
		return
	}
	code, text, err := d.say("RCPT TO:<" + stranger + ">")
	switch {
	case err != nil:
		skip(f, exposure.Error, "%v", err)
	case strings.HasPrefix(code, "25"):
		set(f, exposure.Fail, "a recipient elsewhere is accepted: %s %s", code, exposure.Clip(strings.Join(text, " ")))
	case strings.HasPrefix(code, "5"):
		set(f, exposure.Pass, "refused: %s %s", code, exposure.Clip(strings.Join(text, " ")))
	default:
		skip(f, exposure.Error, "the server puts it off: %s %s", code, exposure.Clip(strings.Join(text, " ")))
	}
	if err == nil {
		d.say("RSET")
		d.say("QUIT")
	}
}
