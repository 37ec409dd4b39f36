package dnsprobe

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Kinds of exposure.Data that the checks of names read.
const (
	ZonesKind        = "zones" // Zones
	RegistrationKind = "rdap"  // Registrations
)

// Zones lists the names of zones that the operator imported, by zone, all folded.
type Zones map[string][]string

// Registrations are answers of RDAP (RFC 9083) that the operator imported, by
// domain.
type Registrations map[string][]byte

// mostNames bounds an imported zone.
const mostNames = 1_000_000

// ReadZone lists the names of a zone file that lead somewhere: those with addresses,
// aliases or mail servers.
func ReadZone(origin string, r io.Reader) ([]string, error) {
	seen := map[string]bool{}
	p := dns.NewZoneParser(r, dns.Fqdn(origin), origin)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		name := fold(rr.Header().Name)
		switch rr.(type) {
		case *dns.A, *dns.AAAA, *dns.CNAME, *dns.MX:
			if !strings.ContainsAny(name, "*_") {
				seen[name] = true
			}
		}
		if len(seen) > mostNames {
			return nil, fmt.Errorf("the zone has more than %d names", mostNames)
		}
	}
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("read zone: %w", err)
	}
	var out []string
	for name := range seen {
		out = append(out, name)
	}
	slices.Sort(out)
	return out, nil
}

// named is what the checks of a name work with.
type named struct {
	*Client
	s    *exposure.Session
	t    exposure.Target
	zone string
}

var nameJudges = []struct {
	check     string
	reproduce string
	judge     func(*named, context.Context, *exposure.Finding) error
}{
	{"DNS-08", "delv A %s; delv AAAA %s; delv MX %s", (*named).chain},
	{"DNS-14", "dig +short CAA %s", (*named).authorities},
	{"DNS-16", "dig CNAME %s; dig NS %s; dig MX %s", (*named).dangling},
	{"DNS-17", "dig +short A %s; dig +short AAAA %s", (*named).private},
	{"DNS-18", "dig A " + unlikely + ".%s", (*named).wildcard},
	{"DNS-19", "dig HTTPS %s", (*named).service},
	{"DNS-21", "", (*named).registration},
	{"DNS-22", "", (*named).inventory},
}

func nameChecks() (out []string) {
	for _, j := range nameJudges {
		out = append(out, j.check)
	}
	return out
}

func nameProbe(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	c, err := From(s.Dialer)
	if err != nil {
		return err
	}
	n := &named{Client: c, s: s, t: t}
	if n.zone, err = c.Zone(ctx, t.Name); err != nil {
		return err
	}
	for _, j := range nameJudges {
		f := s.Finding(j.check, t)
		f.Reproduce = strings.ReplaceAll(j.reproduce, "%s", t.Name)
		if err := j.judge(n, ctx, &f); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			f.Leave(exposure.Error, "%v", err)
		}
		s.Record(f)
	}
	return nil
}

func (n *named) chain(ctx context.Context, f *exposure.Finding) error {
	f.Expected = "every answer leads to the trust anchor of the root of " + AnchorsDate
	var until time.Time
	secure := []string(nil)
	for _, q := range []question{{n.zone, dns.TypeSOA}, {n.t.Name, dns.TypeA}, {n.t.Name, dns.TypeAAAA}, {n.t.Name, dns.TypeMX}, {unlikely + "." + n.t.Name, dns.TypeA}} {
		verdict, err := n.Validate(ctx, q.name, q.kind)
		what := dns.TypeToString[q.kind] + " " + dot(q.name)
		switch {
		case err != nil:
			return err
		case verdict.Security == Bogus:
			f.Say(exposure.Fail, "%s: %s", what, verdict.Why)
			return nil
		case verdict.Security == Insecure && q.kind == dns.TypeSOA:
			f.Leave(exposure.NotApplicable, "%s", verdict.Why)
			return nil
		case verdict.Security == Secure:
			secure = append(secure, what)
			until = earlier(until, verdict.Until)
		}
	}
	f.Say(exposure.Pass, "%s; valid until %s at least", exposure.Few(secure, ", "), until.Format(time.RFC3339))
	return nil
}

func (n *named) authorities(ctx context.Context, f *exposure.Finding) error {
	a, err := n.Authorities(ctx, n.t.Name)
	if err == nil {
		authorities(a, f)
	}
	return err
}

// services are the SRV records that people forget.
var services = []string{"_sip._tcp", "_sips._tcp", "_sipfederationtls._tcp", "_autodiscover._tcp", "_imaps._tcp", "_submission._tcp", "_submissions._tcp",
	"_caldavs._tcp", "_carddavs._tcp", "_xmpp-client._tcp", "_xmpp-server._tcp", "_ldap._tcp", "_matrix-fed._tcp"}

// mostTargets is how many records of a kind are followed; an answer can hold
// thousands.
const mostTargets = 20

func first[T any](list []T) []T { return list[:min(len(list), mostTargets)] }

func (n *named) dangling(ctx context.Context, f *exposure.Finding) error {
	f.Expected = "every name that is pointed to exists"
	var p problems
	seen := 0
	gone := func(what, target string) error {
		if target == "" || target == "." {
			return nil
		}
		seen++
		a, err := n.Ask(ctx, target, dns.TypeA)
		if err == nil && !a.Exists {
			p.failf("%s points to %s, which does not exist", what, exposure.Clip(target))
		}
		return err
	}
	own, err := n.Ask(ctx, n.t.Name, dns.TypeA)
	if err != nil {
		return err
	}
	if len(own.Chain) > 0 {
		seen++
		if !own.Exists {
			p.failf("CNAME points to %s, which does not exist", exposure.Clip(own.Chain[len(own.Chain)-1]))
		}
	}
	servers, err := n.NS(ctx, n.t.Name)
	if err != nil {
		return err
	}
	for _, ns := range first(servers.Values) {
		if err := gone("NS", ns); err != nil {
			return err
		}
	}
	mail, err := n.MX(ctx, n.t.Name)
	if err != nil {
		return err
	}
	for _, mx := range first(mail.Values) {
		if err := gone("MX", mx.Host); err != nil {
			return err
		}
	}
	var names []string
	for _, service := range services {
		names = append(names, service+"."+n.t.Name)
	}
	n.Prefetch(ctx, dns.TypeSRV, names)
	for _, service := range services {
		a, err := n.Ask(ctx, service+"."+n.t.Name, dns.TypeSRV)
		if err != nil {
			return err
		}
		for _, srv := range first(typed[*dns.SRV](a.Records)) {
			if err := gone("SRV "+service, fold(srv.Target)); err != nil {
				return err
			}
		}
	}
	if seen == 0 {
		f.Leave(exposure.NotApplicable, "the name points to no other name")
		return nil
	}
	p.settle(f, "%d names that are pointed to exist", seen)
	return nil
}

func (n *named) private(ctx context.Context, f *exposure.Finding) error {
	f.Expected = "public addresses"
	found, err := n.IPs(ctx, n.t.Name)
	if err != nil {
		return err
	}
	var all []string
	var p problems
	for _, a := range found.Values {
		all = append(all, a.String())
		if what := exposure.SpecialUse(a); what != "" {
			p.failf("%s (%s)", a, what)
		}
	}
	switch {
	case len(all) == 0:
		f.Leave(exposure.NotApplicable, "the name has no address")
	case n.s.Dialer.Permit().Scope().Internal && len(p.fail) > 0:
		f.Say(exposure.Info, "%s; the scope is an internal one", exposure.Few(p.fail, "; "))
	default:
		p.settle(f, "%s", exposure.Few(all, ", "))
	}
	return nil
}

func (n *named) wildcard(ctx context.Context, f *exposure.Finding) error {
	var kinds []string
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeMX} {
		a, err := n.Ask(ctx, unlikely+"."+n.t.Name, kind)
		if err != nil {
			return err
		}
		if len(a.Records) > 0 {
			kinds = append(kinds, dns.TypeToString[kind])
		}
	}
	if len(kinds) > 0 {
		f.Say(exposure.Info, "any name below has %s", strings.Join(kinds, ", "))
		return nil
	}
	f.Say(exposure.Pass, "no wildcard")
	return nil
}

func (n *named) service(ctx context.Context, f *exposure.Finding) error {
	f.Expected = "the record agrees with the addresses and the web server"
	a, err := n.Ask(ctx, n.t.Name, dns.TypeHTTPS)
	if err != nil {
		return err
	}
	records := first(typed[*dns.HTTPS](a.Records))
	if len(records) == 0 {
		f.Leave(exposure.NotApplicable, "the name has no HTTPS record")
		return nil
	}
	own, err := n.IPs(ctx, n.t.Name)
	if err != nil {
		return err
	}
	var p problems
	var notes []string
	for _, r := range records {
		places := own.Values
		if target := fold(r.Target); target != "" && target != n.t.Name {
			other, err := n.IPs(ctx, target)
			if err != nil {
				return err
			}
			if len(other.Values) == 0 {
				p.failf("it points to %s, which has no address", exposure.Clip(target))
			}
			places = other.Values
		}
		n.parameters(ctx, r, places, &p, &notes)
	}
	p.settle(f, "%d records; %s", len(records), exposure.Few(notes, ", "))
	return nil
}

func (n *named) parameters(ctx context.Context, r *dns.HTTPS, places []netip.Addr, p *problems, notes *[]string) {
	port := uint16(443)
	for _, v := range r.Value {
		switch v := v.(type) {
		case *dns.SVCBPort:
			port = v.Port
		case *dns.SVCBECHConfig:
			*notes = append(*notes, "encrypted hello is announced")
		case *dns.SVCBIPv4Hint:
			for _, ip := range v.Hint {
				if a, ok := netip.AddrFromSlice(ip); ok && !slices.Contains(places, a.Unmap()) {
					p.failf("it hints at %s, which is no address of the name", a.Unmap())
				}
			}
		case *dns.SVCBIPv6Hint:
			for _, ip := range v.Hint {
				if a, ok := netip.AddrFromSlice(ip); ok && !slices.Contains(places, a) {
					p.failf("it hints at %s, which is no address of the name", a)
				}
			}
		}
	}
	for _, v := range r.Value {
		if alpn, ok := v.(*dns.SVCBAlpn); ok && slices.Contains(alpn.Alpn, "h2") {
			*notes = append(*notes, "announces "+exposure.Clip(strings.Join(alpn.Alpn, ", ")))
			if got, err := n.protocol(ctx, port, "h2"); err != nil {
				*notes = append(*notes, "whether HTTP/2 is spoken could not be seen")
			} else if got != "h2" {
				p.failf("it announces HTTP/2, which the server does not speak")
			}
		}
	}
}

// protocol is what the web server of the name chooses when one protocol is offered.
func (n *named) protocol(ctx context.Context, port uint16, offered string) (string, error) {
	places, err := n.dialer.Lookup(ctx, n.t.Name)
	if err != nil || len(places) == 0 {
		return "", fmt.Errorf("no address: %w", err)
	}
	conn, err := n.dialer.Dial(ctx, exposure.Request{Name: n.t.Name, Address: netip.AddrPortFrom(places[0], port), Class: exposure.Passive})
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(n.o.Timeout)); err != nil {
		return "", err
	}
	// What is asked is the protocol; the certificate is for other checks.
	c := tls.Client(conn, &tls.Config{ServerName: n.t.Name, NextProtos: []string{offered, "http/1.1"}, InsecureSkipVerify: true})
	if err := c.HandshakeContext(ctx); err != nil {
		return "", err
	}
	return c.ConnectionState().NegotiatedProtocol, nil
}

// registered is the part of RFC 9083 that is read.
type registered struct {
	Events []struct {
		Action string `json:"eventAction"`
		Date   string `json:"eventDate"`
	} `json:"events"`
	Status []string `json:"status"`
}

// notice is how long before its end a registration should be renewed.
const notice = 30 * 24 * time.Hour

func (n *named) registration(_ context.Context, f *exposure.Finding) error {
	f.Expected = "more than 30 days left, and a lock against transfer"
	list, ok := n.s.Data.Kinds[RegistrationKind].(Registrations)
	raw, has := list[n.t.Name]
	if !ok || !has {
		f.Leave(exposure.NotTested, "no answer of the registry (RDAP) about this name was imported")
		return nil
	}
	var r registered
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("the imported answer of the registry cannot be read: %w", err)
	}
	var end time.Time
	for _, e := range r.Events {
		if e.Action == "expiration" {
			at, err := time.Parse(time.RFC3339, e.Date)
			if err != nil {
				return fmt.Errorf("the imported answer of the registry cannot be read: %w", err)
			}
			end = at
		}
	}
	locked := slices.ContainsFunc(r.Status, func(s string) bool {
		s = strings.ToLower(s)
		return s == "client transfer prohibited" || s == "server transfer prohibited"
	})
	switch {
	case end.IsZero():
		f.Leave(exposure.Error, "the imported answer of the registry names no end")
	case end.Sub(n.now()) <= notice:
		f.Say(exposure.Fail, "the registration ends on %s", end.UTC().Format(time.DateOnly))
	case !locked:
		f.Say(exposure.Warn, "the registration ends on %s; the name is not locked against transfer", end.UTC().Format(time.DateOnly))
	default:
		f.Say(exposure.Pass, "the registration ends on %s; locked against transfer", end.UTC().Format(time.DateOnly))
	}
	return nil
}

// inventory compares the imported zone with the scope, and hands its names on.
func (n *named) inventory(_ context.Context, f *exposure.Finding) error {
	f.Expected = "every name of the zone is within the scope"
	zones, _ := n.s.Data.Kinds[ZonesKind].(Zones)
	names, has := zones[n.t.Name]
	if !has {
		f.Leave(exposure.NotTested, "no zone file of this name was imported")
		return nil
	}
	scope := n.s.Dialer.Permit().Scope()
	var p problems
	for _, name := range names {
		if !scope.CoversName(name) {
			p.warnf("%s is not within the scope", name)
			continue
		}
		if name != n.t.Name {
			n.s.Discover(exposure.Target{Declared: n.t.Name, Name: name})
		}
	}
	p.settle(f, "%d names, all within the scope", len(names))
	return nil
}
