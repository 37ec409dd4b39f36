package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Limits of what is asked for one zone.
const (
	mostServers   = 13
	mostAddresses = 4 // of one server and one version of IP
	mostAbove     = 3 // servers of the zone above that are tried
)

// host is one address of a name server and what it said.
type host struct {
	server
	err     error // of the first question: nothing else was asked then
	soa     *dns.SOA
	lame    string // how it shows that it does not serve the zone; ""
	edns    bool
	ns      []string
	size    int  // of the longest answer over UDP that was not cut
	cut     bool // the long answer was cut
	tcp     error
	sigs    []*dns.RRSIG
	child   []string // CDS and CDNSKEY records, in order
	version string
	self    string // what hostname.bind says
}

// survey is what is known of a zone.
type survey struct {
	once   sync.Once
	err    error
	name   string
	zone   string // that holds name; the checks of zones are about name when both are the same
	parent string

	above    []string // name servers that the zone above names
	aboveErr error
	own      []string // name servers that the zone itself names
	lost     map[string]error
	places   map[string][]netip.Addr
	hosts    []*host

	ds    []*dns.DS
	keys  []*dns.DNSKEY
	param []*dns.NSEC3PARAM
	nsec3 []*dns.NSEC3 // seen in a proof
}

// signed reports whether the zone has keys.
func (v *survey) signed() bool { return len(v.keys) > 0 || len(v.ds) > 0 }

// survey looks at a zone once for the life of the client.
func (c *Client) survey(ctx context.Context, name string) (*survey, error) {
	name = fold(name)
	c.mu.Lock()
	if c.surveys == nil {
		c.surveys = map[string]*survey{}
	}
	v := c.surveys[name]
	if v == nil {
		v = &survey{name: name, lost: map[string]error{}, places: map[string][]netip.Addr{}}
		c.surveys[name] = v
	}
	c.mu.Unlock()
	v.once.Do(func() { v.err = c.look(ctx, v) })
	return v, v.err
}

func (c *Client) look(ctx context.Context, v *survey) error {
	var err error
	if v.zone, err = c.Zone(ctx, v.name); err != nil || v.zone != v.name {
		return err
	}
	up := "."
	if i, end := dns.NextLabel(dns.Fqdn(v.name), 0); !end {
		up = dns.Fqdn(v.name)[i:]
	}
	if v.parent, err = c.Zone(ctx, up); err != nil {
		return err
	}
	own, err := c.NS(ctx, v.name)
	if err != nil {
		return err
	}
	v.own = slices.Compact(own.Values)
	if err := c.signing(ctx, v); err != nil {
		return err
	}
	v.above, v.aboveErr = c.delegation(ctx, v)
	servers := slices.Clone(v.own)
	for _, s := range v.above {
		if !slices.Contains(servers, s) {
			servers = append(servers, s)
		}
	}
	if len(servers) > mostServers {
		servers = servers[:mostServers]
	}
	c.locate(ctx, v, servers)
	var wait sync.WaitGroup
	for _, h := range v.hosts {
		wait.Go(func() { c.examine(ctx, v.zone, h) })
	}
	wait.Wait()
	return ctx.Err()
}

// signing asks for all that is public about the keys of a zone.
func (c *Client) signing(ctx context.Context, v *survey) error {
	for kind, keep := range map[uint16]func([]dns.RR){
		dns.TypeDS:         func(l []dns.RR) { v.ds = typed[*dns.DS](l) },
		dns.TypeDNSKEY:     func(l []dns.RR) { v.keys = typed[*dns.DNSKEY](l) },
		dns.TypeNSEC3PARAM: func(l []dns.RR) { v.param = typed[*dns.NSEC3PARAM](l) },
	} {
		a, err := c.Ask(ctx, v.zone, kind)
		if err != nil {
			return err
		}
		if len(a.Chain) == 0 {
			keep(a.Records)
		}
	}
	absent, err := c.Ask(ctx, unlikely+"."+v.zone, dns.TypeA)
	if err != nil {
		return err
	}
	v.nsec3 = typed[*dns.NSEC3](absent.Msg.Ns)
	return nil
}

// unlikely is a name that nobody has; whoever finds it in a log knows where it came
// from.
const unlikely = "nisaba-scan-no-such-name"

// delegation asks the servers of the zone above which servers the zone has.
func (c *Client) delegation(ctx context.Context, v *survey) ([]string, error) {
	servers, err := c.NS(ctx, v.parent)
	if err != nil {
		return nil, err
	}
	via, reason := exposure.Via{Domain: v.zone, Port: 53, Above: true}, errors.New("no server of the zone above was found")
	for i, name := range servers.Values {
		if i == mostAbove {
			break
		}
		places, err := c.dialer.LookupService(ctx, name, via)
		if err != nil || len(places) == 0 {
			reason = errors.Join(err)
			continue
		}
		r, err := c.exchange(ctx, server{name: name, address: netip.AddrPortFrom(places[0], c.o.Port), via: &via}, newQuestion(v.zone, dns.TypeNS, 1232))
		if err != nil {
			reason = err
			continue
		}
		var out []string
		for _, rr := range append(rrset(r.Msg.Answer, dns.Fqdn(v.zone), dns.TypeNS), rrset(r.Msg.Ns, dns.Fqdn(v.zone), dns.TypeNS)...) {
			out = append(out, fold(rr.(*dns.NS).Ns))
		}
		if len(out) > 0 {
			slices.Sort(out)
			return slices.Compact(out), nil
		}
		reason = fmt.Errorf("%s does not know the zone", name)
	}
	return nil, reason
}

// locate finds the addresses of the name servers.
func (c *Client) locate(ctx context.Context, v *survey, servers []string) {
	via := exposure.Via{Domain: v.zone, Port: 53}
	for _, name := range servers {
		places, err := c.dialer.LookupService(ctx, name, via)
		if err != nil {
			v.lost[name] = err
			continue
		}
		v.places[name] = places
		four, six := 0, 0
		for _, a := range places {
			n := &six
			if a.Is4() {
				n = &four
			}
			if *n++; *n <= mostAddresses {
				v.hosts = append(v.hosts, &host{server: server{name: name, address: netip.AddrPortFrom(a, c.o.Port), via: &via}})
			}
		}
	}
}

// examine asks one address of a name server.
func (c *Client) examine(ctx context.Context, zone string, h *host) {
	r, err := c.exchange(ctx, h.server, newQuestion(zone, dns.TypeSOA, 1232))
	if err != nil {
		h.err = err
		return
	}
	h.edns = r.Msg.IsEdns0() != nil
	own := rrset(r.Msg.Answer, dns.Fqdn(zone), dns.TypeSOA)
	switch {
	case r.Msg.Rcode != dns.RcodeSuccess:
		h.lame = "answers " + rcode(r.Msg.Rcode)
	case !r.Msg.Authoritative:
		h.lame = "answers without authority"
	case len(own) == 0:
		h.lame = "does not know the zone"
	}
	if h.lame != "" {
		return
	}
	h.soa = own[0].(*dns.SOA)
	h.keep(r.Msg)
	if r, err := c.exchange(ctx, h.server, newQuestion(zone, dns.TypeNS, 1232)); err == nil {
		for _, rr := range rrset(r.Msg.Answer, dns.Fqdn(zone), dns.TypeNS) {
			h.ns = append(h.ns, fold(rr.(*dns.NS).Ns))
		}
		slices.Sort(h.ns)
		h.keep(r.Msg)
	}
	for _, kind := range []uint16{dns.TypeDNSKEY, dns.TypeTXT} { // the longest answers of most zones
		if r, err := c.once(ctx, h.server, newQuestion(zone, kind, 4096), true); err == nil {
			h.size, h.cut = max(h.size, r.Size), h.cut || r.Msg.Truncated
			h.keep(r.Msg)
		}
	}
	_, h.tcp = c.once(ctx, h.server, newQuestion(zone, dns.TypeSOA, 1232), false)
	for _, kind := range []uint16{dns.TypeCDS, dns.TypeCDNSKEY} {
		if r, err := c.exchange(ctx, h.server, newQuestion(zone, kind, 1232)); err == nil {
			for _, rr := range rrset(r.Msg.Answer, dns.Fqdn(zone), kind) {
				rr.Header().Ttl = 0
				h.child = append(h.child, rr.String())
			}
		}
	}
	slices.Sort(h.child)
	if !c.dialer.Permit().Visits() { // no visitor asks a server about itself
		h.version, h.self = c.chaos(ctx, h.server, "version.bind."), c.chaos(ctx, h.server, "hostname.bind.")
	}
}

func (h *host) keep(m *dns.Msg) { h.sigs = append(h.sigs, typed[*dns.RRSIG](m.Answer)...) }

// chaos asks a server about itself.
func (c *Client) chaos(ctx context.Context, to server, name string) string {
	m := new(dns.Msg)
	m.SetQuestion(name, dns.TypeTXT)
	m.RecursionDesired, m.Question[0].Qclass = false, dns.ClassCHAOS
	r, err := c.once(ctx, to, m, true)
	if err != nil {
		return ""
	}
	for _, t := range typed[*dns.TXT](r.Msg.Answer) {
		return strings.Join(t.Txt, "")
	}
	return ""
}

// noWay reports whether this machine itself has no way to an address, which says
// nothing about the server.
func noWay(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}

// refused reports whether the permit does not cover a contact.
func refused(err error) bool {
	var r *exposure.Refusal
	return errors.As(err, &r)
}
