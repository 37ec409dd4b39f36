// Package dnsprobe asks name servers and judges what they say: delegation, DNSSEC,
// certification authority records, names that point nowhere.
//
// It is also the resolver of a scan. Names are looked up at recursive resolvers
// that the operator names; signatures are checked here, from the trust anchor of
// the root, whatever the resolver thinks of them. The name servers of a covered
// zone are asked directly.
package dnsprobe

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
)

// AnchorsDate is the edition of the embedded trust anchors.
const AnchorsDate = "2024-07-18"

//go:embed anchors.txt
var anchorsText string

// Options change how names are looked up. Zero members have defaults.
type Options struct {
	Anchors []*dns.DS     // of the root; nil: the embedded ones
	Port    uint16        // of the name servers of zones; 0: 53. Laboratories use another.
	Timeout time.Duration // of one question; 0: three seconds
}

// Client asks name servers through a dialer. It is safe for concurrent use and
// remembers the answers of recursive resolvers for its life.
type Client struct {
	dialer *exposure.Dialer
	o      Options
	now    func() time.Time

	mu      sync.Mutex
	answers map[question]*memory
	zones   map[string]*trusted
	surveys map[string]*survey
}

type question struct {
	name string
	kind uint16
}

type memory struct {
	once   sync.Once
	answer Answer
	err    error
}

// mostAnswers bounds the memory of a client; it begins anew when it is full.
const mostAnswers = 20000

// Connect makes a dialer that looks names up with a new Client at o.Resolvers.
func Connect(p *exposure.Permit, o exposure.DialerOptions, own Options) *exposure.Dialer {
	if own.Anchors == nil {
		own.Anchors = rootAnchors()
	}
	if own.Port == 0 {
		own.Port = 53
	}
	if own.Timeout == 0 {
		own.Timeout = 3 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Client{o: own, now: o.Now, answers: map[question]*memory{}, zones: map[string]*trusted{}}
	o.Resolver = c
	c.dialer = exposure.NewDialer(p, o)
	return c.dialer
}

// From is the client that a dialer looks names up with. The error says that the
// dialer was not made by Connect.
func From(d *exposure.Dialer) (*Client, error) {
	if c, ok := d.Resolver().(*Client); ok {
		return c, nil
	}
	return nil, errors.New("this scan has no client for names")
}

// SystemResolvers reads the recursive resolvers of this machine from a file in the
// form of resolv.conf(5).
func SystemResolvers(file string) ([]netip.AddrPort, error) {
	config, err := dns.ClientConfigFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the resolvers of this machine: %w", err)
	}
	var out []netip.AddrPort
	for _, s := range config.Servers {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.AddrPortFrom(a, 53))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s names no resolver", file)
	}
	return out, nil
}

// rootAnchors are the embedded trust anchors.
func rootAnchors() (out []*dns.DS) {
	for z := dns.NewZoneParser(strings.NewReader(anchorsText), ".", "anchors.txt"); ; {
		rr, ok := z.Next()
		if !ok {
			return out
		}
		if ds, ok := rr.(*dns.DS); ok {
			out = append(out, ds)
		}
	}
}

// Answer is what a resolver says to a question.
type Answer struct {
	Msg     *dns.Msg
	Records []dns.RR // of the kind that was asked for, at the end of Chain
	Chain   []string // targets of CNAME records, folded, in order
	Exists  bool     // the name at the end of Chain exists
}

// ServerError is the answer of a resolver that could not find out.
type ServerError struct {
	Name  string
	Rcode int
}

// Error says what the resolver answered.
func (e *ServerError) Error() string {
	return fmt.Sprintf("the resolver answers %s for %s", rcode(e.Rcode), e.Name)
}

func rcode(code int) string {
	if s, ok := dns.RcodeToString[code]; ok {
		return s
	}
	return fmt.Sprint("code ", code)
}

// Ask asks the recursive resolvers. A name that does not exist is an answer, not an
// error; a ServerError is the answer of a resolver that could not find out.
func (c *Client) Ask(ctx context.Context, name string, kind uint16) (Answer, error) {
	q := question{dns.CanonicalName(name), kind}
	c.mu.Lock()
	m := c.answers[q]
	if m == nil {
		if len(c.answers) >= mostAnswers {
			clear(c.answers)
		}
		m = &memory{}
		c.answers[q] = m
	}
	c.mu.Unlock()
	m.once.Do(func() { m.answer, m.err = c.recurse(ctx, q) })
	if m.err != nil && ctx.Err() == nil && (errors.Is(m.err, context.Canceled) || errors.Is(m.err, context.DeadlineExceeded)) {
		return c.recurse(ctx, q) // who asked first gave up
	}
	return m.answer, m.err
}

// Prefetch asks many questions of a kind at a time, so that they are answered when
// they are asked one by one afterwards. What goes wrong shows then.
func (c *Client) Prefetch(ctx context.Context, kind uint16, names []string) {
	var wait sync.WaitGroup
	places := make(chan struct{}, prefetched)
	for _, name := range names {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			if _, err := c.Ask(ctx, name, kind); err != nil {
				return // it is told to whoever asks for the name
			}
		})
	}
	wait.Wait()
}

// prefetched is how many questions are asked at a time.
const prefetched = 16

// recurse asks each resolver until one answers.
func (c *Client) recurse(ctx context.Context, q question) (Answer, error) {
	resolvers := c.dialer.Resolvers()
	if len(resolvers) == 0 {
		return Answer{}, errors.New("no recursive resolver is set up")
	}
	m := newQuestion(q.name, q.kind, 1232)
	m.RecursionDesired, m.CheckingDisabled = true, true // signatures are checked here
	first := rand.IntN(len(resolvers))
	var last error
	for i := range 2 * len(resolvers) {
		at := server{address: resolvers[(first+i)%len(resolvers)]}
		r, err := c.exchange(ctx, at, m)
		switch {
		case ctx.Err() != nil:
			return Answer{}, ctx.Err()
		case err != nil:
			last = fmt.Errorf("ask the resolver %s: %w", at.address, err)
		case r.Msg.Rcode == dns.RcodeSuccess || r.Msg.Rcode == dns.RcodeNameError:
			return read(q, r.Msg), nil
		default:
			last = &ServerError{q.name, r.Msg.Rcode}
		}
		if errors.Is(last, exposure.ErrStopped) {
			break
		}
	}
	return Answer{}, last
}

// longestChain is how many CNAME records are followed.
const longestChain = 12

// read follows the aliases inside an answer.
func read(q question, m *dns.Msg) Answer {
	a := Answer{Msg: m, Exists: m.Rcode == dns.RcodeSuccess}
	name := q.name
	for range longestChain {
		next := ""
		for _, rr := range m.Answer {
			if dns.CanonicalName(rr.Header().Name) != name {
				continue
			}
			if rr.Header().Rrtype == q.kind {
				a.Records = append(a.Records, rr)
			} else if alias, ok := rr.(*dns.CNAME); ok {
				next = dns.CanonicalName(alias.Target)
			}
		}
		if len(a.Records) > 0 || next == "" {
			break
		}
		a.Chain = append(a.Chain, strings.TrimSuffix(next, "."))
		name = next
	}
	return a
}

// typed picks the records of a type.
func typed[T dns.RR](list []dns.RR) (out []T) {
	for _, rr := range list {
		if v, ok := rr.(T); ok {
			out = append(out, v)
		}
	}
	return out
}

// Addresses finds the IPv4 and IPv6 addresses of a name, for the dialer.
func (c *Client) Addresses(ctx context.Context, name string) (exposure.Answer, error) {
	found, err := c.IPs(ctx, name)
	if err != nil {
		return exposure.Answer{}, err
	}
	if len(found.Values) == 0 {
		return exposure.Answer{}, ErrNoAddress
	}
	return exposure.Answer{Addresses: found.Values, Chain: found.Chain}, nil
}

// ErrNoAddress is returned for a name without any address.
var ErrNoAddress = errors.New("the name has no address")
