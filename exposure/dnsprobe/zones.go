package dnsprobe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
)

// zoneJudges are the checks of a zone and its servers that ask as anybody does.
func zoneJudges() []judge {
	return []judge{
		{"DNS-01", "dig +short NS %s", enough},
		{"DNS-02", "dig +nssearch %s", consistent},
		{"DNS-03", "dig -6 +nssearch %s", overSix},
		{"DNS-04", "dig +tcp SOA %s", transport},
		{"DNS-07", "dig +short DS %s; dig +short DNSKEY %s", isSigned},
		{"DNS-09", "dig +short DNSKEY %s; dig +short DS %s", algorithms},
		{"DNS-10", "dig +short DNSKEY %s", keySizes},
		{"DNS-11", "dig +short NSEC3PARAM %s", iterations},
		{"DNS-12", "dig +dnssec +multi SOA %s", lifetimes},
		{"DNS-13", "dig +short CDS %s; dig +short CDNSKEY %s", childKeys},
		{"DNS-20", "dig +short CH TXT version.bind @$(dig +short NS %s | head -1)", selfDisclosure},
	}
}

// all lists the addresses of the name servers.
func (v *survey) all() (out []netip.Addr) {
	for _, places := range v.places {
		for _, a := range places {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// answering are the addresses that answered for the zone.
func (v *survey) answering() (out []*host) {
	for _, h := range v.hosts {
		if h.err == nil && h.lame == "" {
			out = append(out, h)
		}
	}
	return out
}

// reached decides about checks that need the servers of the zone; ok is false when
// none could be asked and f says why.
func (v *survey) reached(f *exposure.Finding) bool {
	if len(v.answering()) > 0 {
		return true
	}
	out, forbidden := error(nil), true
	for _, h := range v.hosts {
		if h.err != nil {
			out, forbidden = h.err, forbidden && refused(h.err)
		}
	}
	for _, err := range v.lost {
		out, forbidden = err, forbidden && refused(err)
	}
	switch {
	case out == nil:
		f.Leave(exposure.Error, "no name server answers for the zone")
	case forbidden:
		f.Leave(exposure.NotTested, "%v", out)
	default:
		f.Leave(exposure.Error, "no name server answers for the zone: %v", out)
	}
	return false
}

func enough(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "two servers or more, in different networks"
	names, places := v.own, v.all()
	switch {
	case len(names) < 2:
		f.Say(exposure.Fail, "one name server: %s", exposure.Few(names, ", "))
		return
	case len(places) == 0 && len(v.lost) > 0:
		for name, err := range v.lost {
			if refused(err) {
				f.Leave(exposure.NotTested, "%v", err)
				return
			}
			f.Say(exposure.Fail, "no name server has an address: %s: %v", name, err)
		}
		return
	case len(places) < 2:
		f.Say(exposure.Fail, "%d servers on one address", len(names))
		return
	}
	networks := map[netip.Prefix]bool{}
	four := false
	for _, a := range places {
		bits := 48
		if a.Is4() {
			bits, four = 24, true
		}
		p, _ := a.Prefix(bits)
		networks[p] = true
	}
	for p := range networks { // the same place may have a network of each version
		if four && !p.Addr().Is4() {
			delete(networks, p)
		}
	}
	if len(networks) < 2 {
		f.Say(exposure.Warn, "%d servers (%s) in one network", len(names), exposure.Few(names, ", "))
		return
	}
	f.Say(exposure.Pass, "%d servers in %d networks: %s", len(names), len(networks), exposure.Few(names, ", "))
}

func consistent(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "the zone above and every server name the same servers, and all serve the same edition"
	var p problems
	asked, serials := 0, map[uint32]bool{}
	for name, err := range v.lost {
		if !refused(err) {
			p.failf("%s has no address", name)
		}
	}
	for _, h := range v.hosts {
		switch {
		case h.err != nil && (refused(h.err) || noWay(h.err)):
			continue
		case h.err != nil:
			p.failf("%s (%s) does not answer", h.name, h.address.Addr())
		case h.lame != "":
			p.failf("%s (%s) %s", h.name, h.address.Addr(), h.lame)
		default:
			serials[h.soa.Serial] = true
			if len(h.ns) > 0 && !slices.Equal(slices.Compact(h.ns), v.own) {
				p.failf("%s names %s", h.name, exposure.Few(h.ns, ", "))
			}
		}
		asked++
	}
	if asked == 0 && len(p.fail) == 0 {
		v.reached(f)
		return
	}
	if v.aboveErr == nil && !slices.Equal(v.above, v.own) {
		p.failf("the zone above names %s, the zone %s", exposure.Few(v.above, ", "), exposure.Few(v.own, ", "))
	}
	if len(serials) > 1 {
		p.warnf("%d editions are served", len(serials))
	}
	if v.aboveErr != nil && len(p.fail) == 0 {
		f.Leave(exposure.Error, "the zone above could not be asked: %v", v.aboveErr)
		if refused(v.aboveErr) {
			f.Outcome = exposure.NotTested
		}
		return
	}
	p.settle(f, "%d addresses of %d servers agree", asked, len(v.own))
}

func overSix(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "two servers or more answer over IPv6"
	var p problems
	with, asked, noIPv6 := map[string]bool{}, 0, false
	for _, h := range v.hosts {
		if h.address.Addr().Is4() || h.address.Addr().Is4In6() {
			continue
		}
		with[h.name] = true
		switch {
		case h.err != nil && noWay(h.err):
			noIPv6 = true
		case h.err != nil && refused(h.err):
		case h.err != nil:
			p.failf("%s (%s) does not answer", h.name, h.address.Addr())
			asked++
		default:
			asked++
		}
	}
	switch {
	case len(v.places) == 0 && len(v.lost) > 0:
		v.reached(f)
	case len(with) < 2:
		f.Say(exposure.Fail, "%d of %d name servers have an IPv6 address", len(with), len(v.own))
	case asked == 0 && noIPv6:
		f.Leave(exposure.NotTested, "this machine has no IPv6; %d name servers have such an address", len(with))
	case asked == 0:
		v.reached(f)
	default:
		p.settle(f, "%d name servers answer over IPv6", len(with))
	}
}

// comfortable is the longest answer over UDP that arrives nearly everywhere (RFC
// 9715).
const comfortable = 1232

func transport(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "TCP and EDNS are answered, long answers over UDP are cut"
	if !v.reached(f) {
		return
	}
	var p problems
	for _, h := range v.answering() {
		if h.tcp != nil {
			p.failf("%s (%s) does not answer over TCP", h.name, h.address.Addr())
		}
		if !h.edns {
			p.failf("%s (%s) does not know EDNS", h.name, h.address.Addr())
		}
		if h.size > comfortable {
			p.warnf("%s (%s) sends %d bytes over UDP", h.name, h.address.Addr(), h.size)
		}
	}
	p.settle(f, "%d addresses answer over TCP and with EDNS", len(v.answering()))
}

func isSigned(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "a DS record in the zone above and keys in the zone"
	switch {
	case len(v.ds) > 0 && len(v.keys) > 0:
		f.Say(exposure.Pass, "%d DS records, %d keys", len(v.ds), len(v.keys))
	case len(v.ds) > 0:
		f.Say(exposure.Fail, "the zone above says that the zone is signed, and it has no keys: validating resolvers do not find it")
	case len(v.keys) > 0:
		f.Say(exposure.Fail, "the zone has keys, and the zone above does not know it: no resolver checks them")
	default:
		f.Say(exposure.Fail, "the zone is not signed")
	}
}

// algorithmState says what RFC 9904 and RFC 9905 make of an algorithm of keys.
func algorithmState(a uint8) exposure.Outcome {
	switch a {
	case dns.RSASHA256, dns.ECDSAP256SHA256, dns.ECDSAP384SHA384, dns.ED25519, dns.ED448:
		return exposure.Pass
	case dns.RSASHA512:
		return exposure.Warn
	}
	return exposure.Fail
}

func algorithmName(a uint8) string {
	if s, ok := dns.AlgorithmToString[a]; ok {
		return fmt.Sprintf("%s (%d)", s, a)
	}
	return fmt.Sprintf("algorithm %d", a)
}

func algorithms(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	if !v.signed() {
		f.Leave(exposure.NotApplicable, "the zone is not signed")
		return
	}
	f.Expected = "RSASHA256, ECDSA, Ed25519 or Ed448, and DS records with SHA-256 or SHA-384"
	var p problems
	var used []string
	note := func(a uint8) {
		used = append(used, algorithmName(a))
		switch algorithmState(a) {
		case exposure.Fail:
			p.failf("%s must not be used", algorithmName(a))
		case exposure.Warn:
			p.warnf("%s is not recommended", algorithmName(a))
		}
	}
	for _, k := range v.keys {
		note(k.Algorithm)
	}
	for _, d := range v.ds {
		note(d.Algorithm)
		if d.DigestType != dns.SHA256 && d.DigestType != dns.SHA384 {
			p.failf("a DS record uses digest %d", d.DigestType)
		}
	}
	p.settle(f, "%s", exposure.Few(used, ", "))
}

// rsaBits is the length of an RSA key (RFC 3110), 0 when it cannot be read.
func rsaBits(k *dns.DNSKEY) int {
	b, err := fromBase64(k.PublicKey)
	if err != nil || len(b) < 3 {
		return 0
	}
	exponent, at := int(b[0]), 1
	if exponent == 0 {
		exponent, at = int(b[1])<<8|int(b[2]), 3
	}
	if at+exponent >= len(b) {
		return 0
	}
	n := b[at+exponent:]
	for len(n) > 0 && n[0] == 0 {
		n = n[1:]
	}
	if len(n) == 0 {
		return 0
	}
	bits := len(n) * 8
	for top := n[0]; top < 0x80; top <<= 1 {
		bits--
	}
	return bits
}

func keySizes(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "2048 bits or more"
	var p problems
	var seen []string
	for _, k := range v.keys {
		if !slices.Contains([]uint8{dns.RSAMD5, dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512}, k.Algorithm) {
			continue
		}
		bits := rsaBits(k)
		seen = append(seen, fmt.Sprintf("%d bits (key %d)", bits, k.KeyTag()))
		switch {
		case bits == 0:
			p.failf("key %d cannot be read", k.KeyTag())
		case bits < 1024:
			p.failf("key %d has %d bits", k.KeyTag(), bits)
		case bits < 2048:
			p.warnf("key %d has %d bits", k.KeyTag(), bits)
		}
	}
	switch {
	case !v.signed():
		f.Leave(exposure.NotApplicable, "the zone is not signed")
	case len(seen) == 0:
		f.Leave(exposure.NotApplicable, "the zone has no RSA keys")
	default:
		p.settle(f, "%s", exposure.Few(seen, ", "))
	}
}

func iterations(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "no further iterations, no salt"
	count, salt, seen := uint16(0), "", false
	for _, n := range v.param {
		count, salt, seen = max(count, n.Iterations), salt+n.Salt, true
	}
	for _, n := range v.nsec3 {
		count, salt, seen = max(count, n.Iterations), salt+n.Salt, true
	}
	salt = strings.Trim(salt, "-")
	switch {
	case !v.signed():
		f.Leave(exposure.NotApplicable, "the zone is not signed")
	case !seen:
		f.Leave(exposure.NotApplicable, "the zone does not hash its names")
	case count > mostIterations:
		f.Say(exposure.Fail, "%d further iterations: resolvers take the zone for one that is not signed", count)
	case count > 0 || salt != "":
		f.Say(exposure.Warn, "%d further iterations, salt %q", count, salt)
	default:
		f.Say(exposure.Pass, "no further iterations, no salt")
	}
}

// Signatures made for each answer live for a day or two; they are judged by a part
// of their life, those made beforehand by a time that leaves people a weekend.
const (
	short = 4 * 24 * time.Hour
	rest  = 48 * time.Hour
)

func lifetimes(_ context.Context, c *Client, v *survey, f *exposure.Finding) {
	f.Expected = "every signature is valid for 48 hours or more"
	if !v.signed() {
		f.Leave(exposure.NotApplicable, "the zone is not signed")
		return
	}
	if !v.reached(f) {
		return
	}
	var p problems
	var first time.Time
	now := c.now()
	for _, h := range v.answering() {
		for _, s := range h.sigs {
			what := fmt.Sprintf("%s at %s", dns.TypeToString[s.TypeCovered], h.name)
			left, life := end(s).Sub(now), end(s).Sub(begin(s))
			first = earlier(first, end(s))
			switch {
			case left <= 0:
				p.failf("%s ended on %s", what, end(s).Format(time.RFC3339))
			case now.Before(begin(s)):
				p.failf("%s begins on %s: the clock of the signer is fast", what, begin(s).Format(time.RFC3339))
			case life > short && left < rest, life <= short && left < life/8:
				p.warnf("%s ends on %s", what, end(s).Format(time.RFC3339))
			}
		}
	}
	if first.IsZero() {
		f.Leave(exposure.Error, "the name servers sent no signatures")
		return
	}
	p.settle(f, "the first ends on %s", first.Format(time.RFC3339))
}

func childKeys(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	if !v.reached(f) {
		return
	}
	hosts := v.answering()
	for _, h := range hosts[1:] {
		if !slices.Equal(h.child, hosts[0].child) {
			f.Say(exposure.Warn, "%s and %s tell different keys", hosts[0].name, h.name)
			return
		}
	}
	if len(hosts[0].child) == 0 {
		f.Say(exposure.Info, "none is published")
		return
	}
	f.Say(exposure.Pass, "%d records, the same on every server", len(hosts[0].child))
}

func selfDisclosure(_ context.Context, _ *Client, v *survey, f *exposure.Finding) {
	f.Expected = "no answer, or one without a version"
	if !v.reached(f) {
		return
	}
	var told, hosts []string
	for _, h := range v.answering() {
		if strings.ContainsAny(h.version, "0123456789") {
			told = append(told, h.name+": "+exposure.Clip(h.version))
		}
		if h.self != "" {
			hosts = append(hosts, h.name+": "+exposure.Clip(h.self))
		}
	}
	switch {
	case len(told) > 0:
		f.Say(exposure.Fail, "%s", exposure.Few(told, ", "))
	case len(hosts) > 0:
		f.Say(exposure.Info, "the servers tell their host names: %s", exposure.Few(hosts, ", "))
	default:
		f.Say(exposure.Pass, "no version is told")
	}
}
