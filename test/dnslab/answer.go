package dnslab

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Answer is what an authoritative server says of a zone.
func (z *Zone) answer(m *dns.Msg, name string, kind uint16, secure bool) {
	m.Authoritative = true
	for at := name; at != z.origin() && at != "."; at = up(at) {
		if z.cut(at) && !(at == name && kind == dns.TypeDS) && z.outermost(at) {
			z.refer(m, at, secure)
			return
		}
	}
	if z.put(&m.Answer, name, kind, name, secure) || kind != dns.TypeCNAME && z.put(&m.Answer, name, dns.TypeCNAME, name, secure) {
		return
	}
	if slices.Contains(z.names, name) {
		z.nothing(m, name, secure)
		return
	}
	for at := up(name); ; at = up(at) {
		if slices.Contains(z.names, at) {
			star := "*." + strings.TrimPrefix(at, ".")
			if z.put(&m.Answer, star, kind, name, secure) || z.put(&m.Answer, star, dns.TypeCNAME, name, secure) {
				z.cover(m, z.nextCloser(name, at), secure)
				return
			}
			if slices.Contains(z.names, star) {
				z.nothing(m, star, secure)
				z.cover(m, z.nextCloser(name, at), secure)
				z.matching(m, at, secure)
				return
			}
			m.Rcode = dns.RcodeNameError
			z.soa(m, secure)
			z.cover(m, z.nextCloser(name, at), secure)
			z.cover(m, star, secure)
			z.matching(m, at, secure)
			return
		}
		if at == "." {
			m.Rcode = dns.RcodeRefused
			return
		}
	}
}

// outermost reports whether no cut stands above this one.
func (z *Zone) outermost(name string) bool { return !z.glue(name) }

func (z *Zone) nextCloser(name, encloser string) string {
	for up(name) != encloser {
		name = up(name)
	}
	return name
}

// put adds a set under a name, with its signature.
func (z *Zone) put(to *[]dns.RR, owner string, kind uint16, as string, secure bool) bool {
	set := z.sets[key{owner, kind}]
	if len(set) == 0 {
		return false
	}
	if secure {
		set = append(slices.Clone(set), z.sigs[key{owner, kind}]...)
	}
	for _, rr := range set {
		c := dns.Copy(rr)
		c.Header().Name = as
		if !slices.ContainsFunc(*to, func(x dns.RR) bool { return x.String() == c.String() }) {
			*to = append(*to, c)
		}
	}
	return true
}

func (z *Zone) soa(m *dns.Msg, secure bool) {
	z.put(&m.Ns, z.origin(), dns.TypeSOA, z.origin(), secure)
}

// nothing says that a name has no such record.
func (z *Zone) nothing(m *dns.Msg, name string, secure bool) {
	z.soa(m, secure)
	if len(z.kinds(name)) == 0 && z.Sign != nil && z.Sign.Denial != NSEC3 {
		z.cover(m, name, secure)
		return
	}
	z.matching(m, name, secure)
	if z.Sign != nil && z.Sign.OptOut { // a delegation that was left out
		z.cover(m, name, secure)
		z.matching(m, up(name), secure)
	}
}

// matching adds the record about a name that exists.
func (z *Zone) matching(m *dns.Msg, name string, secure bool) {
	if z.Sign == nil || !secure {
		return
	}
	if z.Sign.Denial != NSEC3 {
		z.put(&m.Ns, name, dns.TypeNSEC, name, true)
		return
	}
	for k, set := range z.sets {
		if k.kind == dns.TypeNSEC3 && set[0].(*dns.NSEC3).Match(name) {
			z.put(&m.Ns, k.name, dns.TypeNSEC3, k.name, true)
		}
	}
}

// cover adds the record of the gap that a name stands in.
func (z *Zone) cover(m *dns.Msg, name string, secure bool) {
	if z.Sign == nil || !secure {
		return
	}
	if z.Sign.Denial == NSEC3 {
		for k, set := range z.sets {
			if k.kind == dns.TypeNSEC3 && set[0].(*dns.NSEC3).Cover(name) {
				z.put(&m.Ns, k.name, dns.TypeNSEC3, k.name, true)
			}
		}
		return
	}
	before := ""
	for _, n := range z.names {
		if len(z.sets[key{n, dns.TypeNSEC}]) > 0 && order(n, name) < 0 {
			before = n
		}
	}
	if before != "" {
		z.put(&m.Ns, before, dns.TypeNSEC, before, true)
	}
}

// refer points to the servers of a zone below.
func (z *Zone) refer(m *dns.Msg, cut string, secure bool) {
	m.Authoritative = false
	z.put(&m.Ns, cut, dns.TypeNS, cut, false)
	if !z.put(&m.Ns, cut, dns.TypeDS, cut, secure) {
		z.matching(m, cut, secure)
	}
	for _, ns := range z.sets[key{cut, dns.TypeNS}] {
		host := dns.CanonicalName(ns.(*dns.NS).Ns)
		z.put(&m.Extra, host, dns.TypeA, host, false)
		z.put(&m.Extra, host, dns.TypeAAAA, host, false)
	}
}
