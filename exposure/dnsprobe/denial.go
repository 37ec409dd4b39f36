package dnsprobe

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// proof are the signed records of an answer that say what does not exist.
type proof struct {
	zone   string // with final dot
	plain  []*dns.NSEC
	hashed []*dns.NSEC3
	rounds uint16 // the highest count of iterations that was seen
}

// proof picks the NSEC and NSEC3 records that the zone has signed.
func (c *Client) proof(z *trusted, m *dns.Msg) proof {
	p := proof{zone: dns.CanonicalName(z.Zone)}
	for i, rr := range m.Ns {
		if i >= 4*mostSignatures {
			break
		}
		switch rr := rr.(type) {
		case *dns.NSEC:
			if _, err := c.signature(z.Zone, z.keys, []dns.RR{rr}, m.Ns); err == nil {
				p.plain = append(p.plain, rr)
			}
		case *dns.NSEC3:
			p.rounds = max(p.rounds, rr.Iterations)
			if rr.Hash != dns.SHA1 || rr.Iterations > mostIterations {
				continue
			}
			if _, err := c.signature(z.Zone, z.keys, []dns.RR{rr}, m.Ns); err == nil {
				p.hashed = append(p.hashed, rr)
			}
		}
	}
	return p
}

// at finds the record of a name itself and the kinds of records that it has.
func (p proof) at(name string) (kinds []uint16, ok bool) {
	for _, n := range p.plain {
		if dns.CanonicalName(n.Hdr.Name) == name {
			return n.TypeBitMap, true
		}
	}
	for _, n := range p.hashed {
		if n.Match(name) {
			return n.TypeBitMap, true
		}
	}
	return nil, false
}

// gap reports whether the zone says that a name does not exist; optOut that there
// may be a zone without signatures all the same.
func (p proof) gap(name string) (optOut, ok bool) {
	for _, n := range p.plain {
		owner := dns.CanonicalName(n.Hdr.Name)
		if between(owner, name, dns.CanonicalName(n.NextDomain)) && !(dns.IsSubDomain(owner, name) && leaves(n.TypeBitMap)) {
			return false, true
		}
	}
	for _, n := range p.hashed {
		if n.Cover(name) {
			return n.Flags&1 != 0, true
		}
	}
	return false, false
}

// leaves reports whether names below belong to another zone or tree, about which
// this zone says nothing (RFC 6840 section 4.1).
func leaves(kinds []uint16) bool {
	return slices.Contains(kinds, dns.TypeDNAME) || slices.Contains(kinds, dns.TypeNS) && !slices.Contains(kinds, dns.TypeSOA)
}

// encloser is the longest name above name that exists, and the name one label below
// it (RFC 5155 section 8.3, RFC 4035 section 5.4).
func (p proof) encloser(name string) (encloser, next string, ok bool) {
	if len(p.hashed) == 0 {
		return p.plainEncloser(name)
	}
	for at := name; dns.IsSubDomain(p.zone, at); {
		if kinds, exists := p.at(at); exists && at != name {
			return at, next, !leaves(kinds)
		}
		next = at
		i, end := dns.NextLabel(at, 0)
		if end {
			break
		}
		at = at[i:]
	}
	return "", "", false
}

// plainEncloser reads it off the ends of the gap.
func (p proof) plainEncloser(name string) (encloser, next string, ok bool) {
	for _, n := range p.plain {
		owner, after := dns.CanonicalName(n.Hdr.Name), dns.CanonicalName(n.NextDomain)
		if !between(owner, name, after) {
			continue
		}
		shared := max(dns.CompareDomainName(owner, name), dns.CompareDomainName(after, name))
		labels := dns.Split(name)
		if shared >= len(labels) {
			return "", "", false
		}
		if shared == 0 {
			return ".", name[labels[len(labels)-1]:], true
		}
		return name[labels[len(labels)-shared]:], name[labels[len(labels)-shared-1]:], true
	}
	return "", "", false
}

// tooMany reports whether the proof was not looked at because of its iterations.
func (p proof) tooMany() bool { return p.rounds > mostIterations }

// errIterations is returned for a proof that validators do not follow: the answer
// counts as not signed (RFC 9276 section 3.2).
var errIterations = errors.New("the names are hashed so often that validators do not follow")

// delegation says what the lack of a DS record means for a name: the end of
// signatures, or no zone of its own.
func (p proof) delegation(name string) (Security, string) {
	if p.tooMany() {
		return Insecure, fmt.Sprintf("the zone %s hashes its names %d times, which validators do not follow", p.zone, p.rounds)
	}
	if kinds, ok := p.at(name); ok {
		switch {
		case slices.Contains(kinds, dns.TypeDS):
			return Bogus, "the records that say where " + name + " is signed are kept back"
		case slices.Contains(kinds, dns.TypeNS) && !slices.Contains(kinds, dns.TypeSOA):
			return Insecure, "the zone above says that " + strings.TrimSuffix(name, ".") + " is not signed"
		}
		return Secure, ""
	}
	if len(p.hashed) == 0 {
		if _, ok := p.gap(name); ok {
			return Secure, "" // the name does not exist, or has only names below it
		}
		return Bogus, "nothing proves that " + name + " is not signed"
	}
	_, next, ok := p.encloser(name)
	if ok {
		switch optOut, gap := p.gap(next); {
		case gap && optOut:
			return Insecure, "the zone above does not sign for " + strings.TrimSuffix(name, ".")
		case gap:
			return Secure, ""
		}
	}
	return Bogus, "nothing proves that " + name + " is not signed"
}

// denied checks the proof that a name has no record of a kind.
func (c *Client) denied(z *trusted, name string, kind uint16, m *dns.Msg) error {
	p := c.proof(z, m)
	if p.tooMany() {
		return errIterations
	}
	lacks := func(kinds []uint16) bool {
		return !slices.Contains(kinds, kind) && !slices.Contains(kinds, dns.TypeCNAME)
	}
	what := fmt.Sprintf("nothing proves that %s has no %s", strings.TrimSuffix(name, "."), dns.TypeToString[kind])
	if kinds, ok := p.at(name); ok {
		if lacks(kinds) {
			return nil
		}
		return errors.New(what)
	}
	for _, n := range p.plain { // a name that has only names below it
		if next := dns.CanonicalName(n.NextDomain); next != name && dns.IsSubDomain(name, next) && between(dns.CanonicalName(n.Hdr.Name), name, next) {
			return nil
		}
	}
	above, next, ok := p.encloser(name)
	if !ok {
		return errors.New(what)
	}
	if _, gap := p.gap(next); !gap {
		return errors.New(what)
	}
	star := "*." + strings.TrimPrefix(above, ".")
	if kinds, ok := p.at(star); ok && lacks(kinds) {
		return nil
	}
	if _, gap := p.gap(star); gap {
		return nil
	}
	return errors.New(what)
}

// expanded checks the proof that a name, which a wildcard with a count of labels
// answered for, does not exist itself.
func (p proof) expanded(name string, labels int) error {
	at := dns.Split(name)
	next := name[at[len(at)-labels-1]:]
	if _, gap := p.gap(next); gap {
		return nil
	}
	if p.tooMany() {
		return errIterations
	}
	return fmt.Errorf("nothing proves that a wildcard may answer for %s", strings.TrimSuffix(name, "."))
}

// between reports whether name stands between two neighbours in the order of RFC
// 4034 section 6.1; the last name of a zone has the first as its neighbour.
func between(owner, name, next string) bool {
	after := compare(owner, name) < 0
	if compare(owner, next) >= 0 {
		return after || compare(name, next) < 0
	}
	return after && compare(name, next) < 0
}

// compare orders names as RFC 4034 section 6.1 does.
func compare(a, b string) int {
	x, y := labels(a), labels(b)
	for len(x) > 0 && len(y) > 0 {
		if d := bytes.Compare(x[len(x)-1], y[len(y)-1]); d != 0 {
			return d
		}
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return len(x) - len(y)
}

// labels are the parts of a folded name, without escapes.
func labels(name string) (out [][]byte) {
	b := make([]byte, 256)
	n, err := dns.PackDomainName(name, b, 0, nil, false)
	if err != nil {
		return nil
	}
	for i := 0; i < n && b[i] != 0; i += int(b[i]) + 1 {
		out = append(out, b[i+1:i+1+int(b[i])])
	}
	return out
}
