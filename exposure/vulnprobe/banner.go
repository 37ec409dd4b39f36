package vulnprobe

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/httpprobe"
)

// patience is how long a service may take to greet.
const patience = 5 * time.Second

// greeting says how a service that speaks first is read.
type greeting struct {
	from   string // of the banner
	secure bool   // after TLS
}

// greeters are the services that speak first, by name and by port.
var (
	greeters = map[string]greeting{"ssh": {"ssh", false}, "ftp": {"ftp", false}, "smtp": {"smtp", false}, "submission": {"smtp", false}, "lmtp": {"smtp", false},
		"imap": {"imap", false}, "pop3": {"pop3", false}, "mysql": {"mysql", false}}
	greeterPorts = map[uint16]greeting{21: {"ftp", false}, 22: {"ssh", false}, 25: {"smtp", false}, 587: {"smtp", false}, 465: {"smtp", true}, 110: {"pop3", false},
		995: {"pop3", true}, 143: {"imap", false}, 993: {"imap", true}, 990: {"ftp", true}, 3306: {"mysql", false}}
)

func greeterOf(t exposure.Target) (greeting, bool) {
	if t.Service != "" {
		g, ok := greeters[t.Service]
		return g, ok
	}
	g, ok := greeterPorts[t.Port]
	return g, ok
}

// Wanted reports whether a service at a target says what it is.
func Wanted(t exposure.Target) bool {
	_, greets := greeterOf(t)
	return greets || httpprobe.Wanted(t) && t.Service != "tls"
}

// banners reads what a service says about itself.
func banners(ctx context.Context, s *exposure.Session, t exposure.Target) ([]Banner, error) {
	if g, ok := greeterOf(t); ok {
		text, err := greet(ctx, s, t, g)
		if err != nil {
			return nil, err
		}
		return []Banner{{g.from, text}}, nil
	}
	return webBanners(ctx, s, t)
}

// greet reads the first line, or the first packet of MySQL.
func greet(ctx context.Context, s *exposure.Session, t exposure.Target, g greeting) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := s.Dialer.Dial(ctx, exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, t.Port), Class: exposure.Handshake})
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if g.secure {
		secure := tls.Client(c, &tls.Config{ServerName: t.Name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}) // certificates are judged elsewhere
		if err := secure.HandshakeContext(ctx); err != nil {
			return "", err
		}
		return firstLine(secure)
	}
	if g.from == "mysql" {
		return mysqlVersion(c)
	}
	return firstLine(c)
}

// firstLine reads one line within limits. SSH may say more before it names itself.
func firstLine(c net.Conn) (string, error) {
	r := bufio.NewReaderSize(io.LimitReader(c, 8*longestBanner), longestBanner)
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return printable(line), nil
		}
		if len(line) == 0 {
			return "", fmt.Errorf("the service says nothing: %w", err)
		}
		if bytes.HasPrefix(line, []byte("SSH-")) || err != nil || bytes.ContainsAny(line[:1], "0123456789+*") {
			return printable(line), nil
		}
	}
}

// mysqlVersion reads the version of the first packet, MySQL protocol 10.
func mysqlVersion(r io.Reader) (string, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	if head[4] != 10 {
		return "", errors.New("the service does not greet as MySQL does")
	}
	b, err := bufio.NewReaderSize(io.LimitReader(r, longestBanner), longestBanner).ReadSlice(0)
	if err != nil {
		return "", fmt.Errorf("read the version of MySQL: %w", err)
	}
	return printable(b[:len(b)-1]), nil
}

// printable takes out what is no text.
func printable(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == 0xfffd {
			return ' '
		}
		return r
	}, string(b[:min(len(b), longestBanner)])))
}

// largestPage is how much of a page is searched for its generator.
const largestPage = 256 << 10

// webBanners reads the headers and the generator of the start page.
func webBanners(ctx context.Context, s *exposure.Session, t exposure.Target) ([]Banner, error) {
	c := httpprobe.NewClient(s, t, t.Service == "https" || t.Service == "" && (t.Port == 443 || t.Port == 8443))
	defer c.Close()
	trail, _, err := c.Visit(ctx, "/", largestPage)
	if err != nil && len(trail) == 0 {
		return nil, err
	}
	var out []Banner
	for _, a := range trail {
		for _, v := range a.Header.Values("Server") {
			out = append(out, Banner{"server", v})
		}
		for _, v := range a.Header.Values("X-Powered-By") {
			out = append(out, Banner{"powered", v})
		}
		for _, f := range forms() {
			for _, from := range f.From {
				if name, ok := strings.CutPrefix(from, "header:"); ok && a.Header.Get(name) != "" {
					out = append(out, Banner{from, a.Header.Get(name)})
				}
			}
		}
	}
	return append(out, generators(trail[len(trail)-1].Body)...), nil
}

// generators reads the meta elements that name the program that made a page.
func generators(body []byte) (out []Banner) {
	z := html.NewTokenizer(bytes.NewReader(body))
	z.SetMaxBuf(largestPage)
	for range 5000 {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if token.Data != "meta" {
				continue
			}
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Key] = a.Val
			}
			if strings.EqualFold(attributes["name"], "generator") && len(out) < 10 {
				out = append(out, Banner{"generator", attributes["content"]})
			}
		}
	}
	return out
}
