package dnslab

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// Host is a name server of the laboratory.
type Host struct {
	Address   string   // 127.0.0.2, ::1, …
	Port      uint16   // 0: that of the laboratory
	Zones     []string // that it answers for
	Recursive bool     // answers for every name, for everybody
	Transfer  bool     // hands out whole zones
	NoTCP     bool
	NoEDNS    bool
	Serial    uint32 // that it shows instead of the real one
	Version   string // that it tells
	NS        []string
	Long      bool // answers over UDP as long as they come

	// Heard is called with each question, from several goroutines; nil: nobody listens.
	Heard func(dns.Question)
}

// Lab is a running laboratory.
type Lab struct {
	Port     uint16
	Resolver netip.AddrPort
	Anchors  []*dns.DS
	Asked    atomic.Int64 // questions to the resolver

	zones   map[string]*Zone
	servers []*dns.Server
	claim   io.Closer // of the port
}

// Start serves zones: all of them at the resolver on 127.0.0.1, and at each host
// those that it names. A zone whose parent is here is delegated by the records in
// the parent's text; its DS record is added. The root is made when it is missing.
func Start(zones []*Zone, hosts []Host) (*Lab, error) {
	l := &Lab{zones: map[string]*Zone{}}
	for _, z := range zones {
		l.zones[z.origin()] = z
	}
	if l.zones["."] == nil {
		l.zones["."] = &Zone{Name: ".", Text: "@ NS ns1.lab.\n", Sign: &Signing{}}
	}
	if err := l.load(); err != nil {
		return nil, err
	}
	if err := l.listen(hosts); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Lab) load() error {
	for _, z := range l.zones {
		if err := z.load(); err != nil {
			return err
		}
	}
	for name, z := range l.zones {
		if name == "." {
			continue
		}
		above := l.zone(up(name))
		if !above.cut(name) {
			for _, ns := range z.sets[key{name, dns.TypeNS}] {
				above.add(dns.Copy(ns))
			}
		}
		if z.Sign != nil && !z.Sign.NoDS {
			above.add(z.ds())
		}
	}
	for _, z := range l.zones {
		if err := z.finish(); err != nil {
			return err
		}
	}
	if root := l.zones["."]; root.Sign != nil {
		l.Anchors = []*dns.DS{root.ds()}
	}
	return nil
}

// zone is the deepest zone that holds a name.
func (l *Lab) zone(name string) *Zone {
	for at := name; ; at = up(at) {
		if z := l.zones[at]; z != nil {
			return z
		}
	}
}

func (l *Lab) listen(hosts []Host) error {
	var err error
	if l.Port, l.claim, err = exposuretest.Claim(); err != nil { // free on every address
		return err
	}
	l.Resolver = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), l.Port)
	first, err := net.ListenPacket("udp", l.Resolver.String())
	if err != nil {
		return err
	}
	stream, err := net.Listen("tcp", l.Resolver.String())
	if err != nil {
		first.Close()
		return err
	}
	l.serve(first, stream, dns.HandlerFunc(l.resolve))
	for _, h := range hosts {
		at := net.JoinHostPort(h.Address, strconv.Itoa(int(cmp.Or(h.Port, l.Port))))
		packets, err := net.ListenPacket("udp", at)
		if err != nil {
			return err
		}
		var stream net.Listener
		if !h.NoTCP {
			if stream, err = net.Listen("tcp", at); err != nil {
				packets.Close()
				return err
			}
		}
		l.serve(packets, stream, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { l.authoritative(h, w, q) }))
	}
	return nil
}

func (l *Lab) serve(packets net.PacketConn, stream net.Listener, h dns.Handler) {
	run := func(s *dns.Server) {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		l.servers = append(l.servers, s)
		go s.ActivateAndServe()
		<-started
	}
	run(&dns.Server{PacketConn: packets, Handler: h})
	if stream != nil {
		run(&dns.Server{Listener: stream, Handler: h})
	}
}

// Close stops the servers.
func (l *Lab) Close() error {
	var errs []error
	for _, s := range l.servers {
		errs = append(errs, s.Shutdown())
	}
	l.servers = nil
	if l.claim != nil {
		errs = append(errs, l.claim.Close())
		l.claim = nil
	}
	return errors.Join(errs...)
}

// Dialer is the dialer of a scan in the laboratory; change may narrow its scope.
func (l *Lab) Dialer(domains []string, change func(*exposure.Scope)) (*exposure.Dialer, error) {
	s := exposure.Scope{ID: "lab", Until: time.Now().Add(time.Hour), Loopback: true, Services: true, Classes: []exposure.Class{exposure.Passive, exposure.Handshake},
		Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, {Prefix: netip.MustParsePrefix("::1/128")}},
		Rate:     exposure.Rate{PerAddress: 1e5, PerNetwork: 1e5, Total: 1e5, Parallel: 16}}
	for _, d := range domains {
		s.Domains = append(s.Domains, exposure.Domain{Name: d, Subtree: true})
	}
	if change != nil {
		change(&s)
	}
	p, err := exposure.Own(s)
	if err != nil {
		return nil, err
	}
	return dnsprobe.Connect(p, exposure.DialerOptions{Resolvers: []netip.AddrPort{l.Resolver}, Timeout: 10 * time.Second},
		dnsprobe.Options{Anchors: l.Anchors, Port: l.Port, Timeout: 10 * time.Second}), nil
}

// Scan runs probes on a name and gives the findings by check.
func (l *Lab) Scan(ctx context.Context, d *exposure.Dialer, catalogue *exposure.Catalogue, probes []exposure.Probe, data exposure.Data, targets ...exposure.Target) (map[string]exposure.Finding, error) {
	out := map[string]exposure.Finding{}
	s := exposure.Scan{Probes: probes, Targets: targets, Session: exposure.Session{Dialer: d, Catalogue: catalogue, Scanner: "lab", Data: data}}
	err := s.Run(ctx, func(f exposure.Finding) { out[f.Check] = f })
	return out, err
}

func reply(q *dns.Msg, edns bool) (*dns.Msg, bool) {
	m := new(dns.Msg)
	m.SetReply(q)
	secure := false
	if o := q.IsEdns0(); o != nil && edns {
		m.SetEdns0(1232, o.Do())
		secure = o.Do()
	}
	return m, secure
}

// send cuts an answer that is too long for its way.
func send(w dns.ResponseWriter, q, m *dns.Msg, long bool) {
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp && !long {
		size := dns.MinMsgSize
		if o := q.IsEdns0(); o != nil {
			size = min(1232, max(size, int(o.UDPSize())))
		}
		m.Truncate(size)
	}
	w.WriteMsg(m)
}

// resolve is the recursive resolver.
func (l *Lab) resolve(w dns.ResponseWriter, q *dns.Msg) {
	l.Asked.Add(1)
	m, secure := reply(q, true)
	m.RecursionAvailable = true
	l.find(m, dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype, secure)
	m.Authoritative = false
	send(w, q, m, false)
}

// find follows aliases through all zones.
func (l *Lab) find(m *dns.Msg, name string, kind uint16, secure bool) {
	for range 12 {
		z := l.zone(name)
		if kind == dns.TypeDS && name == z.origin() && name != "." {
			z = l.zone(up(name))
		}
		n := len(m.Answer)
		m.Ns, m.Rcode = nil, 0
		z.answer(m, name, kind, secure)
		if !m.Authoritative { // a zone that nobody here serves
			m.Rcode = dns.RcodeServerFailure
			return
		}
		next := ""
		for _, rr := range m.Answer[n:] {
			if alias, ok := rr.(*dns.CNAME); ok && kind != dns.TypeCNAME {
				next = dns.CanonicalName(alias.Target)
			}
		}
		if next == "" {
			return
		}
		name = next
	}
	m.Rcode = dns.RcodeServerFailure
}

// authoritative is a name server.
func (l *Lab) authoritative(h Host, w dns.ResponseWriter, q *dns.Msg) {
	if h.Heard != nil {
		h.Heard(q.Question[0])
	}
	m, secure := reply(q, !h.NoEDNS)
	name, kind := dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype
	if h.NoEDNS && q.IsEdns0() != nil {
		m.Rcode = dns.RcodeFormatError
		w.WriteMsg(m)
		return
	}
	if q.Question[0].Qclass == dns.ClassCHAOS {
		if h.Version != "" && name == "version.bind." {
			m.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS}, Txt: []string{h.Version}}}
		} else {
			m.Rcode = dns.RcodeRefused
		}
		w.WriteMsg(m)
		return
	}
	z := l.served(h, name, kind)
	switch {
	case z == nil && h.Recursive && q.RecursionDesired:
		m.RecursionAvailable = true
		l.find(m, name, kind, secure)
		m.Authoritative = false
	case z == nil, kind == dns.TypeAXFR && !h.Transfer:
		m.Rcode = dns.RcodeRefused
	case kind == dns.TypeAXFR:
		z.transfer(m)
	default:
		z.answer(m, name, kind, secure)
		h.twist(m)
	}
	send(w, q, m, h.Long)
}

// served is the deepest zone of a host that holds a name.
func (l *Lab) served(h Host, name string, kind uint16) *Zone {
	for at := name; ; at = up(at) {
		if slices.ContainsFunc(h.Zones, func(z string) bool { return dns.CanonicalName(z) == at }) && !(kind == dns.TypeDS && at == name && at != ".") {
			return l.zones[at]
		}
		if at == "." {
			return nil
		}
	}
}

// twist changes what this host says.
func (h Host) twist(m *dns.Msg) {
	for i, rr := range m.Answer {
		if soa, ok := rr.(*dns.SOA); ok && h.Serial != 0 {
			soa.Serial = h.Serial
		}
		if ns, ok := rr.(*dns.NS); ok && i < len(h.NS) {
			ns.Ns = h.NS[i]
		}
	}
}

// transfer lists the zone.
func (z *Zone) transfer(m *dns.Msg) {
	m.Authoritative = true
	soa := z.sets[key{z.origin(), dns.TypeSOA}]
	m.Answer = append(m.Answer, soa...)
	for k, set := range z.sets {
		if k.kind != dns.TypeSOA {
			m.Answer = append(m.Answer, set...)
		}
	}
	m.Answer = append(m.Answer, soa...)
}
