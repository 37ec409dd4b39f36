package ports

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Limits of a visit.
const (
	patience   = 3 * time.Second // for a whole answer
	mostBytes  = 16 << 10        // of an answer
	mostQuoted = 120             // of an answer in a finding
)

// visit is what one service is asked, and what it said.
type visit struct {
	dialer *exposure.Dialer
	target exposure.Target
	agent  string // as programs of the web introduce themselves
	name   string // as others do: the product alone
	said   []byte // everything that was read; bounded, because questions are few
}

func visitor(s *exposure.Session, t exposure.Target) *visit {
	product, _, _ := strings.Cut(s.Scanner, " ")
	return &visit{dialer: s.Dialer, target: t, agent: cmp.Or(s.Agent, "nisaba"), name: cmp.Or(product, "nisaba")}
}

func (v *visit) place() netip.AddrPort { return netip.AddrPortFrom(v.target.Address, v.target.Port) }

// dial connects. The connection is given up after the patience.
func (v *visit) dial(ctx context.Context, class exposure.Class) (net.Conn, error) {
	c, err := v.dialer.Dial(ctx, exposure.Request{Name: v.target.Name, Address: v.place(), Class: class})
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// enough says whether an answer is complete.
type enough func([]byte) bool

// some is satisfied by anything; all reads to the end.
func some(b []byte) bool { return len(b) > 0 }
func all([]byte) bool    { return false }

func lines(n int) enough { return func(b []byte) bool { return bytes.Count(b, []byte("\n")) >= n } }
func size(n int) enough  { return func(b []byte) bool { return len(b) >= n } }

// ask connects, sends, and reads until it is enough, the service hangs up, or the
// patience ends. An empty answer is no error: the service is open, and silent.
func (v *visit) ask(ctx context.Context, send []byte, until enough) ([]byte, error) {
	c, err := v.dial(ctx, exposure.Handshake)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return v.exchange(c, send, until)
}

// exchange is ask on a connection that stands.
func (v *visit) exchange(c net.Conn, send []byte, until enough) ([]byte, error) {
	if len(send) > 0 {
		if _, err := c.Write(send); err != nil {
			return nil, nil // hung up on us: open, and silent
		}
	}
	b := listen(c, until)
	v.said = append(v.said, b...)
	return b, nil
}

// listen reads within the limits.
func listen(r io.Reader, until enough) []byte {
	b, part := []byte(nil), make([]byte, 2048)
	for len(b) < mostBytes {
		n, err := r.Read(part[:min(len(part), mostBytes-len(b))])
		b = append(b, part[:n]...)
		if err != nil || until(b) {
			break
		}
	}
	return b
}

// web is an answer of HTTP.
type web struct {
	status int // 0: no HTTP
	header http.Header
	body   string // its beginning
}

// get asks for a page, with TLS when told so.
func (v *visit) get(ctx context.Context, secure bool, path string) (web, error) {
	c, err := v.dial(ctx, exposure.Handshake)
	if err != nil {
		return web{}, err
	}
	defer c.Close()
	if secure {
		t := v.secure(c)
		if t.HandshakeContext(ctx) != nil {
			return web{}, nil
		}
		c = t
	}
	host := v.target.Name
	if host == "" {
		host = v.place().String()
	}
	b, err := v.exchange(c, fmt.Appendf(nil, "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n", path, host, v.agent), all)
	return readWeb(b), err
}

// secure begins TLS. Certificates, versions and suites have checks of their own; here
// only the service counts, and every server is taken.
func (v *visit) secure(c net.Conn) *tls.Conn {
	config := &tls.Config{ServerName: v.target.Name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		config.CipherSuites = append(config.CipherSuites, s.ID)
	}
	return tls.Client(c, config)
}

// readWeb reads an answer of HTTP, cut off or not.
func readWeb(b []byte) web {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil {
		return web{}
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBytes))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		body = nil
	}
	return web{r.StatusCode, r.Header, string(body)}
}

func (w web) has(words ...string) bool {
	for _, word := range words {
		if !strings.Contains(w.body, word) {
			return false
		}
	}
	return w.status != 0
}

// quote shows the beginning of an answer, with what is not text escaped.
func quote(b []byte) string {
	if len(b) > mostQuoted {
		return fmt.Sprintf("%q…", b[:mostQuoted])
	}
	return fmt.Sprintf("%q", b)
}

// word is the beginning of a text as far as it is printable ASCII, at most 80
// characters, for names and versions that a service tells.
func word(b []byte) string {
	end := 0
	for end < len(b) && end < 80 && b[end] >= 0x20 && b[end] < 0x7f {
		end++
	}
	return strings.TrimSpace(string(b[:end]))
}
