package mailprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// Limits of what is asked of the mail servers of a domain.
const (
	mostServers   = 10
	mostAddresses = 4 // of one server and one version of IP
	mostProfiles  = 5 // servers whose whole encryption is looked at
)

// place is one address of a mail server and what it said.
type place struct {
	address  netip.Addr
	err      error // it could not be talked to
	greeting Greeting
	version  uint16 // of TLS that a modern client gets; 0 with tlsErr
	tlsErr   error
	chain    [][]byte
}

// server is a mail server of a domain.
type server struct {
	name   string
	err    error // of its addresses
	places []*place
	view   *tlsprobe.View // nil unless its encryption was looked at
	viewAt netip.Addr
	tlsa   []dnsprobe.TLSA
	// whether TLSA records, and the names on the way to them, are signed
	tlsaErr error
	signed  dnsprobe.Verdict
}

// reached are the places that talked.
func (s *server) reached() (out []*place) {
	for _, p := range s.places {
		if p.err == nil {
			out = append(out, p)
		}
	}
	return out
}

// chains are the different certificates that the server showed, with their chains.
func (s *server) chains() (out [][][]byte) {
	add := func(c [][]byte) {
		if len(c) > 0 && !slices.ContainsFunc(out, func(o [][]byte) bool { return slices.Equal(o[0], c[0]) }) {
			out = append(out, c)
		}
	}
	for _, p := range s.places {
		add(p.chain)
	}
	if s.view != nil {
		for _, c := range s.view.Chains {
			add(c)
		}
	}
	return out
}

// talker reaches the mail servers of a domain.
type talker struct {
	s      *exposure.Session
	names  *dnsprobe.Client
	domain string
	port   uint16
}

func (t *talker) via() *exposure.Via { return &exposure.Via{Domain: t.domain, Port: 25} }

func (t *talker) dial(ctx context.Context, name string, a netip.Addr) (net.Conn, error) {
	c, err := t.s.Dialer.Dial(ctx, exposure.Request{Name: name, Address: netip.AddrPortFrom(a, t.port), Class: exposure.Handshake, Via: t.via()})
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Now().Add(patience))
}

// servers talks to every address of every mail server.
func (t *talker) servers(ctx context.Context, list []dnsprobe.MX) []*server {
	var out []*server
	for _, mx := range list[:min(len(list), mostServers)] {
		if !slices.ContainsFunc(out, func(s *server) bool { return s.name == mx.Host }) {
			out = append(out, &server{name: mx.Host})
		}
	}
	var wait sync.WaitGroup
	for i, s := range out {
		wait.Go(func() { t.look(ctx, s, i < mostProfiles) })
	}
	wait.Wait()
	return out
}

func (t *talker) look(ctx context.Context, s *server, profile bool) {
	s.tlsa, s.signed, s.tlsaErr = t.dane(ctx, s.name)
	addresses, err := t.s.Dialer.LookupService(ctx, s.name, *t.via())
	if err != nil {
		s.err = err
		return
	}
	four, six := 0, 0
	for _, a := range addresses {
		n := &six
		if a.Unmap().Is4() {
			n = &four
		}
		if *n++; *n <= mostAddresses {
			s.places = append(s.places, &place{address: a})
		}
	}
	var wait sync.WaitGroup
	for _, p := range s.places {
		wait.Go(func() { t.ask(ctx, s.name, p) })
	}
	wait.Wait()
	for _, p := range s.places {
		if profile && p.err == nil && p.greeting.StartTLS {
			connect := func(ctx context.Context) (net.Conn, error) { return t.encrypted(ctx, s.name, p.address) }
			if view, err := tlsprobe.NewServer(connect, s.name, patience, 2).Look(ctx); err == nil {
				s.view, s.viewAt = view, p.address
			}
			return
		}
	}
}

// encrypted connects up to the point where TLS begins.
func (t *talker) encrypted(ctx context.Context, name string, a netip.Addr) (net.Conn, error) {
	c, err := t.dial(ctx, name, a)
	if err != nil {
		return nil, err
	}
	if err := tlsprobe.StartTLS()["smtp"](c); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// ask greets one place and begins TLS as a modern client does.
func (t *talker) ask(ctx context.Context, name string, p *place) {
	c, err := t.dial(ctx, name, p.address)
	if err != nil {
		p.err = err
		return
	}
	defer c.Close()
	g, d, err := greet(c, "smtp")
	p.greeting = g
	if err != nil {
		p.err = err
		return
	}
	if !g.StartTLS {
		d.say("QUIT")
		return
	}
	code, _, err := d.say("STARTTLS")
	switch {
	case err != nil:
		p.tlsErr = err
		return
	case code != "220":
		p.tlsErr = fmt.Errorf("the server answers %s to STARTTLS", code)
		return
	case d.in.Buffered() > 0:
		p.tlsErr = errors.New("the server sends bytes before TLS began")
		return
	}
	client := tls.Client(c, &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, // certificates are judged afterwards
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error { p.chain = raw; return nil }})
	if err := client.HandshakeContext(ctx); err != nil {
		p.tlsErr = err
		return
	}
	p.version = client.ConnectionState().Version
	if d = talk(client); d != nil {
		d.say("QUIT")
	}
}

// dane finds the TLSA records of a mail server and whether they are signed.
func (t *talker) dane(ctx context.Context, host string) ([]dnsprobe.TLSA, dnsprobe.Verdict, error) {
	found, err := t.names.TLSA(ctx, host, 25)
	if err != nil || len(found.Values) == 0 {
		return nil, dnsprobe.Verdict{}, err
	}
	v, err := t.names.Validate(ctx, "_25._tcp."+host, dnsprobe.TypeTLSA)
	return found.Values, v, err
}

// usable reports whether a sender of mail looks at a record (RFC 7672 section 3.1.3).
func usable(r dnsprobe.TLSA) bool {
	return (r.Usage == 2 || r.Usage == 3) && r.Selector <= 1 && r.Matching <= 2
}

// noWay reports whether this machine itself has no way to an address.
func noWay(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}

func refused(err error) bool {
	var r *exposure.Refusal
	return errors.As(err, &r)
}
