// Package notify tells programs outside of what happened: by a signed request to an
// address, and by a program of this machine that may send a text message or ring.
package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/public"
)

// Limit is how long one request or one program may take.
const Limit = 20 * time.Second

// ErrPrivate says that an address of an internal network was asked for.
var ErrPrivate = errors.New("the address is not on the public internet")

// Web sends signed requests. Make it with NewWeb; it is safe for concurrent use.
type Web struct {
	client  *http.Client
	private bool
}

// NewWeb prepares a sender. Unless private is true it refuses addresses that are not
// on the public internet, whatever name leads to them, so that nobody reaches the
// server's own network through it; and it demands https.
func NewWeb(private bool) *Web {
	d := &net.Dialer{Timeout: 10 * time.Second}
	if !private {
		d.Control = func(_, address string, _ syscall.RawConn) error { return reachable(address) }
	}
	t := &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxIdleConns: 50, MaxIdleConnsPerHost: 4,
		IdleConnTimeout: time.Minute, ResponseHeaderTimeout: Limit, MaxResponseHeaderBytes: 64 << 10}
	return &Web{private: private, client: &http.Client{Transport: t, Timeout: Limit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// reachable checks an address that is about to be dialled, after names were resolved.
func reachable(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public.Is(at.Addr()) {
		return fmt.Errorf("%s: %w", address, ErrPrivate)
	}
	return nil
}

// Check says what is wrong with an address that requests are to be sent to.
func (w *Web) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !w.private) {
		return &fault.Error{Kind: fault.Invalid, Field: "url", What: "the address cannot be used", Expected: "an address such as https://example.org/alarms"}
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !w.private && !public.Is(a) {
		return &fault.Error{Kind: fault.Invalid, Field: "url", What: "the address is not on the public internet", Expected: "an address that everybody can reach"}
	}
	return nil
}

// SignatureHeader carries the time and the signature of a request:
// "t=UNIX,v1=HEX", HEX being HMAC-SHA-256 of "UNIX.BODY" under the secret.
const SignatureHeader = "Nisaba-Signature"

// Sign is the value of SignatureHeader.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}

// Request is one message to an address.
type Request struct {
	Address string
	Secret  string // signs
	Key     string // sent as Idempotency-Key: the same message has the same one
	Body    []byte // JSON
	At      time.Time
}

// Send makes the request. It returns what was answered, such as "200 OK"; any answer
// but 2xx is an error. Redirects are not followed.
func (w *Web) Send(ctx context.Context, r Request) (string, error) {
	if err := w.Check(r.Address); err != nil {
		return "", err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Address, bytes.NewReader(r.Body))
	if err != nil {
		return "", fmt.Errorf("send to %s: %w", host(r.Address), err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "Nisaba")
	q.Header.Set("Idempotency-Key", r.Key)
	q.Header.Set(SignatureHeader, Sign(r.Secret, r.At, r.Body))
	answer, err := w.client.Do(q)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its text holds the whole address, which may hold a secret
			err = u.Err
		}
		return "", fmt.Errorf("send to %s: %w", host(r.Address), err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode/100 != 2 {
		return "", fmt.Errorf("send to %s: the answer was %s", host(r.Address), answer.Status)
	}
	return answer.Status, nil
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return u.Host
}

// Command is a program of this machine. It is safe for concurrent use; each call
// starts the program once.
type Command struct {
	program string
	args    []string
	limit   time.Duration
}

// NewCommand prepares a command line. It is split at spaces and run without a shell.
// A program that is not there is Invalid.
func NewCommand(line string, limit time.Duration) (*Command, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--alarm-command", What: "the command is empty", Expected: "a program, with its arguments"}
	}
	program, err := exec.LookPath(words[0])
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--alarm-command", What: fmt.Sprintf("the program %q cannot be run", words[0]),
			Expected: "a program of this machine", Cause: err}
	}
	return &Command{program: program, args: words[1:], limit: limit}, nil
}

// mostSaid is how much of what the program says is kept, in bytes.
const mostSaid = 500

// Run starts the program with the message on its standard input. It returns what the
// program said. Another exit status than 0, or taking too long, is an error.
func (c *Command) Run(ctx context.Context, message []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	run := exec.CommandContext(ctx, c.program, c.args...)
	run.WaitDelay = time.Second // a child that keeps the output open does not hold us up
	said := &beginning{}
	run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(message), said, said
	err := run.Run()
	text := strings.ToValidUTF8(string(bytes.TrimSpace(said.b)), "\uFFFD")
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("run the alarm command: %w", ctx.Err())
	case err != nil:
		return "", fmt.Errorf("run the alarm command: %w: %s", err, text)
	}
	return text, nil
}

// beginning keeps the first bytes of what is written.
type beginning struct{ b []byte }

func (w *beginning) Write(p []byte) (int, error) {
	w.b = append(w.b, p[:min(len(p), mostSaid-len(w.b))]...)
	return len(p), nil
}
