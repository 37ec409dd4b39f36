package httpprobe

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Limits of what a server may send.
const (
	patience      = 10 * time.Second // for one answer
	largestHeader = 64 << 10
	largestPage   = 1 << 20
	largestProbe  = 64 << 10 // of an answer that is only recognised
	mostRedirects = 5
)

// Answer is what a server sent.
type Answer struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   []byte
	Cut    bool // the body was longer than what is kept
	TLS    *tls.ConnectionState
}

// head is the start of the answer, for transcripts.
func (a *Answer) head() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%d\n", a.URL, a.Status)
	a.Header.Write(&b)
	return b.Bytes()
}

// redirect is where the answer sends the client.
func (a *Answer) redirect() (*url.URL, bool) {
	if a.Status < 300 || a.Status > 399 || a.Header.Get("Location") == "" {
		return nil, false
	}
	u, err := a.URL.Parse(a.Header.Get("Location"))
	return u, err == nil
}

// Client asks one place, whose address is pinned, over the dialer of a session. It
// keeps one connection, because the places of a host are few: close it before
// another one is used for the same host.
type Client struct {
	base      url.URL
	agent     string
	transport *http.Transport
	parallel  int  // connections that a host may be asked over at a time
	closes    bool // the server ends the connection after its answer

	dial func(ctx context.Context, spare bool) (net.Conn, error)
}

// NewClient prepares questions to a target; secure says whether over TLS.
// Certificates are not checked: other probes do, and a page behind a bad one is
// still a page.
func NewClient(s *exposure.Session, t exposure.Target, secure bool) *Client {
	host, scheme, usual := t.Name, "http", uint16(80)
	if host == "" {
		host = t.Address.String()
	}
	if secure {
		scheme, usual = "https", 443
	}
	name := host
	if t.Port != usual {
		host = net.JoinHostPort(host, strconv.Itoa(int(t.Port)))
	} else if t.Name == "" && t.Address.Is6() {
		host = "[" + host + "]"
	}
	agent := s.Agent
	if agent == "" {
		agent = s.Scanner
	}
	dial := func(ctx context.Context, spare bool) (net.Conn, error) {
		return s.Dialer.Dial(ctx, exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, t.Port), Class: exposure.Passive, Spare: spare})
	}
	parallel := 1 // a visitor has the pace of one person
	if scope := s.Dialer.Permit().Scope(); !scope.Visit {
		parallel = scope.Rate.Parallel
	}
	return newClient(Client{base: url.URL{Scheme: scheme, Host: host, Path: "/"}, agent: agent, parallel: parallel, dial: dial}, lenient(name), false)
}

// newClient gives a client its connection; a spare one does not wait for a place at
// the host.
func newClient(c Client, config *tls.Config, spare bool) *Client {
	c.transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return c.dial(ctx, spare) },
		TLSClientConfig: config, TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience,
		DisableCompression: true, MaxConnsPerHost: 1, MaxResponseHeaderBytes: largestHeader, IdleConnTimeout: patience}
	return &c
}

// lenient speaks with old servers too: how good their TLS is, other probes judge.
func lenient(name string) *tls.Config {
	var suites []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		suites = append(suites, s.ID)
	}
	return &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: suites, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
}

// Close gives the connection back.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// secure reports whether the client speaks TLS.
func (c *Client) secure() bool { return c.base.Scheme == "https" }

// url is an address at the place.
func (c *Client) url(path string) *url.URL {
	u, err := c.base.Parse(path)
	if err != nil {
		return &c.base
	}
	return u
}

// Get asks for a path and keeps at most limit bytes of the body.
func (c *Client) Get(ctx context.Context, path string, limit int64) (*Answer, error) {
	return c.ask(ctx, http.MethodGet, path, nil, limit)
}

// ask sends one request without a body. Redirects are not followed.
func (c *Client) ask(ctx context.Context, method, path string, header http.Header, limit int64) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.url(path).String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", c.agent)
	r.Header.Set("Accept", "*/*")
	for k, v := range header {
		r.Header[k] = v
	}
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	c.closes = resp.Close
	a := &Answer{URL: r.URL, Status: resp.StatusCode, Header: resp.Header, TLS: resp.TLS}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil && len(a.Body) == 0 {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	a.Cut = err != nil || int64(len(a.Body)) > limit
	a.Body = a.Body[:min(int64(len(a.Body)), limit)]
	if a.Header.Get("Content-Encoding") == "gzip" {
		a.Body = unzip(a.Body, limit)
	}
	return a, nil
}

// unzip undoes a compression that nobody asked for, as far as it can.
func unzip(b []byte, limit int64) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return b
	}
	plain, _ := io.ReadAll(io.LimitReader(z, limit)) // what came before the damage or the cut is judged
	return plain
}

// Visit asks for a path and follows redirects at the same place. away is set when
// one leads elsewhere, which is not followed.
func (c *Client) Visit(ctx context.Context, path string, limit int64) (trail []*Answer, away *url.URL, err error) {
	for range mostRedirects {
		a, err := c.Get(ctx, path, limit)
		if err != nil {
			return trail, nil, err
		}
		trail = append(trail, a)
		to, ok := a.redirect()
		if !ok {
			return trail, nil, nil
		}
		if !sameOrigin(to, &c.base) {
			return trail, to, nil
		}
		path = to.RequestURI()
	}
	return trail, nil, fmt.Errorf("more than %d redirects", mostRedirects)
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

// portOf is the port of an address, the usual one when it has none.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// notHTTP reports whether an error means that the service speaks something else.
func notHTTP(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || strings.Contains(err.Error(), "malformed HTTP") || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}
