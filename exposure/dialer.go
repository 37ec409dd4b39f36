package exposure

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Answer is what a resolver says about a name.
type Answer struct {
	Addresses []netip.Addr
	Chain     []string // targets of CNAME records, in order
}

// Resolver finds the addresses of a name.
type Resolver interface {
	Addresses(ctx context.Context, name string) (Answer, error)
}

// Contact is one attempt to reach something, for the log. Refused says why nothing
// was sent.
type Contact struct {
	At      time.Time      `json:"at"` // UTC
	Permit  string         `json:"authorisation"`
	Name    string         `json:"name,omitempty"`
	Address netip.AddrPort `json:"address,omitzero"`
	Network string         `json:"network"` // "tcp" or "udp"
	Class   Class          `json:"class"`
	Refused string         `json:"refused,omitempty"`
}

// DialerOptions are the parts of a Dialer.
type DialerOptions struct {
	Resolver  Resolver
	Resolvers []netip.AddrPort // recursive resolvers of the operator: infrastructure that may be asked about any name, on port 53 or on this machine
	Now       func() time.Time // nil: time.Now
	Log       func(Contact)    // every contact and refusal; nil: dropped
	Timeout   time.Duration    // of a connection; 0: five seconds
}

// Dialer is the only way to the network. It resolves a name once, pins its
// addresses, and contacts nothing that the permit does not cover. It is safe for
// concurrent use.
type Dialer struct {
	permit  *Permit
	o       DialerOptions
	stopped atomic.Bool
	total   *rate.Limiter
	all     chan struct{}

	attempts atomic.Int32 // in the air, see TryAdmit

	mu       sync.Mutex
	pins     map[string]*pin
	hosts    map[netip.Addr]*host
	networks map[netip.Prefix]*rate.Limiter
	resolver *host // of all resolvers of the operator
}

type pin struct {
	once   sync.Once
	answer Answer
	err    error
}

type host struct {
	rate *rate.Limiter
	open chan struct{} // one token per open connection
	last time.Time     // of a contact on an industrial port

	attempts atomic.Int32 // in the air, see TryAdmit
}

// ErrStopped is returned once the dialer was stopped.
var ErrStopped = errors.New("the scan was stopped")

// ErrBusy answers a request for a spare connection when the host has no place for it.
var ErrBusy = errors.New("the host has no place for one more connection")

// NewDialer makes a dialer for a permit.
func NewDialer(p *Permit, o DialerOptions) *Dialer {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(Contact) {}
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	r := p.scope.Rate
	return &Dialer{permit: p, o: o, total: limiter(r.Total), all: make(chan struct{}, r.ParallelAll),
		pins: map[string]*pin{}, hosts: map[netip.Addr]*host{}, networks: map[netip.Prefix]*rate.Limiter{}}
}

// limiter lets bursts of a fifth of a second pass.
func limiter(perSecond float64) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/5)))
}

// Permit is the permit of the dialer.
func (d *Dialer) Permit() *Permit { return d.permit }

// Resolver is what names are looked up with.
func (d *Dialer) Resolver() Resolver { return d.o.Resolver }

// Resolvers lists the recursive resolvers that may be asked.
func (d *Dialer) Resolvers() []netip.AddrPort { return slices.Clone(d.o.Resolvers) }

// resolves reports whether a request is a question to a recursive resolver of the
// operator, which no scope names.
func (d *Dialer) resolves(r Request) bool {
	a := r.Address
	return r.Name == "" && r.Class == Passive && slices.Contains(d.o.Resolvers, a) && (a.Port() == 53 || a.Addr().IsLoopback())
}

// Stop ends everything: from now on nothing is contacted.
func (d *Dialer) Stop() { d.stopped.Store(true) }

// Lookup finds the addresses of a covered name, once for the life of the dialer:
// later answers of the resolver change nothing. A chain of CNAME records that
// leaves the scope is refused, addresses and all; but a visit follows it, as every
// browser does, unless it leads to what is excluded.
func (d *Dialer) Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	folded, err := FoldName(name)
	if err != nil {
		return nil, err
	}
	if !d.permit.scope.CoversName(folded) {
		return nil, d.refused(Contact{Name: folded, Network: "dns"}, refuse(folded, "the scope does not cover it"))
	}
	return d.pinned(ctx, folded, true)
}

// LookupService finds the addresses of a name or mail server of a covered domain.
func (d *Dialer) LookupService(ctx context.Context, server string, via Via) ([]netip.Addr, error) {
	folded, err := FoldName(server)
	if err != nil {
		return nil, err
	}
	if s := &d.permit.scope; !s.CoversName(folded) && !(s.Services && s.CoversName(via.Domain)) || s.excludesName(folded) {
		return nil, d.refused(Contact{Name: folded, Network: "dns"}, refuse(folded, "the scope does not cover it"))
	}
	return d.pinned(ctx, folded, false)
}

func (d *Dialer) pinned(ctx context.Context, name string, chain bool) ([]netip.Addr, error) {
	if d.stopped.Load() {
		return nil, ErrStopped
	}
	if d.o.Resolver == nil {
		return nil, refuse(name, "there is no resolver")
	}
	d.mu.Lock()
	p := d.pins[name]
	if p == nil {
		p = &pin{}
		d.pins[name] = p
	}
	d.mu.Unlock()
	p.once.Do(func() { p.answer, p.err = d.o.Resolver.Addresses(ctx, name) })
	if p.err != nil {
		return nil, fmt.Errorf("resolve %s: %w", name, p.err)
	}
	for _, alias := range p.answer.Chain {
		if chain && !d.permit.scope.follows(alias) {
			return nil, d.refused(Contact{Name: name, Network: "dns"}, refuse(name, "it is an alias of %s, which the scope does not cover", alias))
		}
	}
	return slices.Clone(p.answer.Addresses), nil
}

// Request says what to contact.
type Request struct {
	Name    string         // folded name whose address it is; "" for a bare address
	Address netip.AddrPort // pinned
	Class   Class
	Via     *Via // set for servers of a covered domain that others run
	UDP     bool
	Timeout time.Duration // of the connection; 0: that of the dialer
	Spare   bool          // only when the host has a place at once: ErrBusy otherwise
}

// Check decides without contacting anything. The error is a Refusal or ErrStopped.
func (d *Dialer) Check(r Request) error {
	if d.stopped.Load() {
		return ErrStopped
	}
	if d.resolves(r) {
		return d.permit.checkTime(d.o.Now(), r.Address)
	}
	if r.Name != "" {
		folded, err := FoldName(r.Name)
		if err != nil {
			return err
		}
		d.mu.Lock()
		p := d.pins[folded]
		d.mu.Unlock()
		if p == nil || !slices.Contains(p.answer.Addresses, r.Address.Addr()) {
			return refuse(r.Name+" ("+r.Address.String()+")", "the address is not the one that the name had when the scan began")
		}
	}
	if r.UDP && r.Address.Port() != 53 && d.permit.scope.Visit {
		return refuse(r.Name+" ("+r.Address.String()+")", "without the owner's consent only name servers are asked over UDP")
	}
	return d.permit.check(d.o.Now(), r.Name, r.Address, r.Class, r.Via)
}

// Dial connects. Whoever dials closes the connection, and does not dial the same
// host again before, because the places of a host are few.
func (d *Dialer) Dial(ctx context.Context, r Request) (net.Conn, error) {
	release, err := d.Admit(ctx, r)
	if err != nil {
		return nil, err
	}
	timeout := r.Timeout
	if timeout == 0 {
		timeout = d.o.Timeout
	}
	c, err := (&net.Dialer{Timeout: timeout, Resolver: noResolver}).DialContext(ctx, network(r), r.Address.String())
	if err != nil {
		release()
		return nil, err
	}
	return &conn{Conn: c, release: sync.OnceFunc(release)}, nil
}

// noResolver makes sure that a dial never resolves anything by itself.
var noResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("names are resolved before they are dialled")
}}

func network(r Request) string {
	if r.UDP {
		return "udp"
	}
	return "tcp"
}

// Admit waits until the contact may be made, within the limits of the scope, and
// logs it. It is for engines that open sockets by themselves; release ends the
// contact and must be called. The error is a Refusal, ErrStopped, ErrBusy or that of
// ctx.
func (d *Dialer) Admit(ctx context.Context, r Request) (release func(), err error) {
	c := Contact{Name: r.Name, Address: r.Address, Network: network(r), Class: r.Class}
	if err := d.Check(r); err != nil {
		return nil, d.refused(c, err)
	}
	h, near := d.host(r.Address.Addr(), d.resolves(r))
	if err := d.wait(ctx, h, near, r); err != nil {
		return nil, err
	}
	if err := d.Check(r); err != nil { // stopped or expired while waiting
		<-h.open
		<-d.all
		return nil, d.refused(c, err)
	}
	d.log(c)
	return func() { <-h.open; <-d.all }, nil
}

// otPause is how long an industrial device is left alone between two contacts.
const otPause = 2 * time.Second

// wait takes a place for one connection to a host and its share of the limits.
func (d *Dialer) wait(ctx context.Context, h *host, near *rate.Limiter, r Request) error {
	take := func(c chan struct{}) error {
		select {
		case c <- struct{}{}:
			return nil
		default:
		}
		if r.Spare {
			return ErrBusy
		}
		select {
		case c <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := take(h.open); err != nil { // first: those who wait for one host keep nobody else waiting
		return err
	}
	if err := take(d.all); err != nil {
		<-h.open
		return err
	}
	for _, l := range slices.Compact([]*rate.Limiter{d.total, near, h.rate}) {
		if err := l.Wait(ctx); err != nil {
			<-h.open
			<-d.all
			return err
		}
	}
	if slices.Contains(IndustrialPorts, r.Address.Port()) {
		return d.pause(ctx, h)
	}
	return nil
}

// pause keeps contacts with an industrial device apart.
func (d *Dialer) pause(ctx context.Context, h *host) error {
	d.mu.Lock()
	now := d.o.Now()
	at := now
	if next := h.last.Add(otPause); !h.last.IsZero() && next.After(at) {
		at = next
	}
	h.last = at
	d.mu.Unlock()
	select {
	case <-time.After(at.Sub(now)):
		return nil
	case <-ctx.Done():
		<-h.open
		<-d.all
		return ctx.Err()
	}
}

// resolverParallel is how many questions a resolver of the operator is asked at a
// time: it is made for many.
const resolverParallel = 64

// host is the state of an address and the limit of its neighbourhood.
func (d *Dialer) host(a netip.Addr, resolver bool) (*host, *rate.Limiter) {
	bits := 48
	if a = plain(a); a.Is4() {
		bits = 24
	}
	p := netip.PrefixFrom(a, bits).Masked()
	r := d.permit.scope.Rate
	d.mu.Lock()
	defer d.mu.Unlock()
	if resolver {
		if d.resolver == nil {
			d.resolver = &host{rate: limiter(r.Total), open: make(chan struct{}, resolverParallel)}
		}
		return d.resolver, d.resolver.rate
	}
	h, near := d.hosts[a], d.networks[p]
	if h == nil {
		h = &host{rate: limiter(r.PerAddress), open: make(chan struct{}, r.Parallel)}
		d.hosts[a] = h
	}
	if near == nil {
		near = limiter(r.PerNetwork)
		d.networks[p] = near
	}
	return h, near
}

func (d *Dialer) log(c Contact) {
	c.At, c.Permit = d.o.Now().UTC(), d.permit.scope.ID
	d.o.Log(c)
}

func (d *Dialer) refused(c Contact, err error) error {
	c.Refused = err.Error()
	d.log(c)
	return err
}

// conn gives its place back when it is closed.
type conn struct {
	net.Conn
	release func()
}

// Close closes the connection.
func (c *conn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite says that nothing more will be sent, where the network can say so.
func (c *conn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}
