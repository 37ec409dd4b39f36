package filing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/public"
)

// ClientOptions of NewClient.
type ClientOptions struct {
	Local   bool             // allow addresses of this machine and of private networks, and plain http to this machine
	Timeout time.Duration    // of one request; 0: thirty seconds
	Now     func() time.Time // nil: the machine's clock
}

// Client files reports with one authority. It talks to that one host, follows no
// redirect, and believes no reply that the pinned key did not sign. It is safe for
// concurrent use.
type Client struct {
	base      *url.URL
	own       ed25519.PrivateKey
	authority ed25519.PublicKey
	http      *http.Client
	now       func() time.Time
}

// CheckURL says what is wrong with the address of an authority.
func CheckURL(address string, local bool) (*url.URL, error) {
	u, err := url.Parse(address)
	wrong := func(what string) error {
		return &fault.Error{Kind: fault.Invalid, Field: "url", What: what, Expected: "an address such as https://nis.example.org"}
	}
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, wrong("the address of the authority cannot be read")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return nil, wrong("the address of the authority has more than a host")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && local && loopback(u.Hostname()):
		return u, nil
	}
	return nil, wrong("the address of the authority is not https")
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// NewClient makes a client; own is the entity's private key, authority the pinned
// public one.
func NewClient(address string, own ed25519.PrivateKey, authority ed25519.PublicKey, o ClientOptions) (*Client, error) {
	u, err := CheckURL(address, o.Local)
	if err != nil {
		return nil, err
	}
	if len(own) != ed25519.PrivateKeySize || len(authority) != ed25519.PublicKeySize {
		return nil, &fault.Error{Kind: fault.Invalid, What: "the keys cannot be used", Expected: "ed25519 keys"}
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !o.Local {
		dialer.Control = publicOnly
	}
	return &Client{base: u, own: own, authority: authority, now: o.Now, http: &http.Client{
		Timeout: o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a pinned host sends nobody elsewhere
		},
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: o.Timeout,
			MaxResponseHeaderBytes: 64 << 10, DisableCompression: true, ForceAttemptHTTP2: true, MaxIdleConns: 2, IdleConnTimeout: 30 * time.Second},
	}}, nil
}

// publicOnly refuses to connect to addresses that are not on the public Internet,
// after names were resolved.
func publicOnly(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	if !public.Is(a.Addr()) {
		return fmt.Errorf("connect to %s: the address is not on the public Internet", address)
	}
	return nil
}

// Close lets go of the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Refused is an authority's no.
type Refused struct {
	Problem
	Signed bool // by the authority: it is its answer, not that of something between
}

// Error is the title of the problem.
func (r *Refused) Error() string {
	return fmt.Sprintf("the authority's server refused it (%d %s): %s", r.Status, r.Code, r.Title)
}

// Final reports whether sending the same again is of no use.
func (r *Refused) Final() bool {
	return r.Signed && (r.Code == CodeInvalid || r.Code == CodeConflict || r.Code == CodeTooLarge || r.Code == CodeNotFound)
}

// File hands a report over, exactly these bytes, and returns the signed receipt,
// which was checked: it is for this report and these bytes.
func (c *Client) File(ctx context.Context, report string, sha256 string, content []byte) (text string, r Receipt, err error) {
	b, err := c.do(ctx, http.MethodPost, ReportsPath, "", content)
	if err != nil {
		return "", r, err
	}
	if r, err = Unseal(string(b), c.authority); err != nil {
		return "", r, err
	}
	if r.Report != report || r.SHA256 != sha256 {
		return "", r, &fault.Error{Kind: fault.Forbidden, Field: "receipt", What: "the receipt is for another report"}
	}
	return string(b), r, nil
}

// Answer hands over what the entity says.
func (c *Client) Answer(ctx context.Context, a Answer) (k Kept, err error) {
	err = c.exchange(ctx, http.MethodPost, AnswersPath, "", a, &k)
	if err == nil && k.ID != a.ID {
		err = &fault.Error{Kind: fault.Forbidden, What: "the reply is to another answer"}
	}
	return k, err
}

// Register asks the authority to pin the client's key.
func (c *Client) Register(ctx context.Context, code string) (r Registered, err error) {
	public, _ := c.own.Public().(ed25519.PublicKey)
	err = c.exchange(ctx, http.MethodPost, KeysPath, "", Registration{Code: code, PublicKey: EncodeKey(public)}, &r)
	return r, err
}

// Notes fetches the messages with a number higher than after.
func (c *Client) Notes(ctx context.Context, after int64) (n Notes, err error) {
	err = c.exchange(ctx, http.MethodGet, MessagesPath, "after="+strconv.FormatInt(after, 10), nil, &n)
	return n, err
}

func (c *Client) exchange(ctx context.Context, method, path, query string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("file: %w", err)
		}
	}
	b, err := c.do(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("read the authority's reply: %w", err)
	}
	return nil
}

// do sends one signed request and returns the content of the reply, which the
// authority signed.
func (c *Client) do(ctx context.Context, method, path, query string, body []byte) (reply []byte, err error) {
	target := *c.base
	target.Path, target.RawQuery = path, query
	r, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("file: %w", err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	m := RequestMessage(r, body)
	if err := Sign(m, c.own, c.now()); err != nil {
		return nil, err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("reach the authority's server: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	b, err := io.ReadAll(io.LimitReader(res.Body, mostReply+1))
	if err != nil {
		return nil, fmt.Errorf("read the authority's reply: %w", err)
	}
	if len(b) > mostReply {
		return nil, fmt.Errorf("the authority's reply is longer than %d bytes", mostReply)
	}
	return b, c.judge(&Message{Status: res.StatusCode, Header: res.Header, Body: b, Request: m})
}

func (c *Client) judge(m *Message) error {
	claim, err := Claimed(m)
	if err == nil {
		_, err = claim.Check(m, c.authority, c.now())
	}
	if m.Status/100 == 2 {
		if err != nil {
			return fmt.Errorf("the reply is not the authority's: %w", err)
		}
		return nil
	}
	refused := &Refused{Signed: err == nil}
	if json.Unmarshal(m.Body, &refused.Problem) != nil || refused.Title == "" {
		refused.Title = http.StatusText(m.Status)
	}
	refused.Status = m.Status
	return refused
}
