package ports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// speaksFirst is how long a service has to say something unasked.
const speaksFirst = time.Second

// unknown reports whether nobody knows yet what a port speaks, neither by its
// number nor otherwise. Industrial devices are left alone.
func unknown(t exposure.Target) bool {
	return t.Service == "" && !expected[t.Port] && rank(t.Port) > 0
}

// runProtocol hands the target on with the name of its service.
func runProtocol(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	service, err := visitor(s, t).identify(ctx)
	if errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if err == nil && service != "" {
		t.Service = service
		s.Discover(t)
	}
	return nil
}

// identify says what answers on a port whose number tells nothing; "" when it does
// not say. The service is listened to first, then asked for a page, with and
// without TLS.
func (v *visit) identify(ctx context.Context) (string, error) {
	b, err := v.hearOrGet(ctx)
	if err != nil {
		return "", err
	}
	if name := recognise(b); name != "" {
		return name, nil
	}
	if len(b) > 0 && !isTLS(b) && !bytes.HasPrefix(b, []byte("HTTP/")) {
		return "", nil // it speaks, and nothing that is known
	}
	name, err := v.secured(ctx)
	switch {
	case err != nil || name != "":
		return name, err
	case isTLS(b):
		return "tls", nil // if not with us
	case len(b) > 0:
		return plainWeb(b), nil
	}
	return v.waiting(ctx)
}

// secured tries TLS; "" when the port does not speak it.
func (v *visit) secured(ctx context.Context) (string, error) {
	c, err := v.dial(ctx, exposure.Handshake)
	if err != nil {
		return "", err
	}
	defer c.Close()
	first := &firstBytes{Conn: c}
	t := v.secure(first)
	if t.HandshakeContext(ctx) != nil {
		if isTLS(first.bytes) {
			return "tls", nil
		}
		return "", nil
	}
	b, err := v.exchange(t, v.request(), lines(1))
	if bytes.HasPrefix(b, []byte("HTTP/")) {
		return "https", err
	}
	return "tls", err
}

// waiting tries services that wait for the right question and are found on odd ports
// all the same. None of the questions means anything to others, or changes anything.
func (v *visit) waiting(ctx context.Context) (string, error) {
	for _, try := range []struct {
		name  string
		hello []byte
		until enough
		is    func([]byte) bool
	}{
		{"rdp", rdpHello(rdpTLS | rdpNLA), tpkt, func(b []byte) bool { _, _, ok := readRDP(b); return ok }},
		{"postgres", postgresHello, some, readPostgres},
		{"memcached", memcachedHello, lines(1), readMemcached},
		{"smb", smb2Hello, framed, func(b []byte) bool { _, ok := readSMB(b); return ok }},
	} {
		b, err := v.ask(ctx, try.hello, try.until)
		if err != nil {
			return "", err
		}
		if try.is(b) {
			return try.name, nil
		}
	}
	return "", nil
}

// firstBytes remembers what a connection said first.
type firstBytes struct {
	net.Conn
	bytes []byte
}

// Read reads.
func (f *firstBytes) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	if len(f.bytes) < 3 {
		f.bytes = append(f.bytes, b[:min(n, 3)]...)
	}
	return n, err
}

func plainWeb(b []byte) string {
	if bytes.HasPrefix(b, []byte("HTTP/")) {
		return "http"
	}
	return ""
}

// request has no host: Redis takes one for an attack, and hangs up.
func (v *visit) request() []byte {
	return fmt.Appendf(nil, "GET / HTTP/1.0\r\nUser-Agent: %s\r\n\r\n", v.agent)
}

func (v *visit) hearOrGet(ctx context.Context) ([]byte, error) {
	c, err := v.dial(ctx, exposure.Handshake)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	b, err := v.hear(c)
	if err != nil || len(b) > 0 {
		return b, err
	}
	return v.exchange(c, v.request(), lines(1))
}

// hear listens to what a service says unasked.
func (v *visit) hear(c net.Conn) ([]byte, error) {
	if err := c.SetReadDeadline(time.Now().Add(speaksFirst)); err != nil {
		return nil, err
	}
	b, err := v.exchange(c, nil, some)
	if err != nil {
		return nil, err
	}
	return b, c.SetReadDeadline(time.Now().Add(patience))
}

// isTLS reports whether bytes begin a record of TLS with an alert or a handshake.
func isTLS(b []byte) bool { return len(b) >= 3 && (b[0] == 21 || b[0] == 22) && b[1] == 3 && b[2] <= 4 }

// recognise names a service by what it says first. The names are those of the
// services of this package and of STARTTLS.
func recognise(b []byte) string {
	upper := strings.ToUpper(word(b))
	switch {
	case bytes.HasPrefix(b, []byte("SSH-")):
		return "ssh"
	case bytes.HasPrefix(b, []byte("RFB 0")):
		return "vnc"
	case bytes.HasPrefix(b, []byte("@RSYNCD:")):
		return "rsync"
	case strings.HasPrefix(upper, "220") && strings.Contains(upper, "SMTP"):
		return "smtp"
	case strings.HasPrefix(upper, "220") && strings.Contains(upper, "FTP"):
		return "ftp"
	case bytes.HasPrefix(b, []byte("-ERR wrong number of arguments for 'get'")), bytes.HasPrefix(b, []byte("-DENIED Redis")), bytes.HasPrefix(b, []byte("-NOAUTH")):
		return "redis" // to which the question for a page is a question for a key
	case bytes.Contains(b, []byte("trying to access MongoDB over HTTP")):
		return "mongodb"
	case strings.HasPrefix(upper, "+OK"):
		return "pop3"
	case strings.HasPrefix(upper, "* OK"):
		return "imap"
	case bytes.HasPrefix(b, []byte("HTTP/")) && !bytes.Contains(b[:min(len(b), 20)], []byte(" 400")):
		return "http" // a 400 may be what a server of TLS says to plain text
	case len(b) >= 2 && b[0] == 255 && b[1] >= 251:
		return "telnet"
	}
	if _, ok := readMySQL(b); ok {
		return "mysql"
	}
	return ""
}
