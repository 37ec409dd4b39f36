// Package dnslab runs name servers and a recursive resolver on loopback addresses
// for tests of the scanner: zones that are signed, wrongly signed or not signed,
// servers that behave and servers that do not.
package dnslab

import (
	"crypto"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Denial is how a signed zone says what does not exist.
type Denial string

// The ways.
const (
	NSEC  Denial = "nsec"
	NSEC3 Denial = "nsec3"
)

// Signing is how a zone is signed. The zero value is a good way: ECDSA P-256, NSEC,
// two weeks.
type Signing struct {
	Algorithm  uint8 // 0: ECDSA P-256
	Bits       int   // of an RSA key; 0: 2048
	Denial     Denial
	Iterations uint16
	Salt       string    // hexadecimal
	OptOut     bool      // delegations without DS are left out of the hashes
	From       time.Time // zero: an hour ago
	Until      time.Time // zero: in two weeks
	Digest     uint8     // of the DS record; 0: SHA-256
	Break      uint16    // kind of record whose signatures are damaged; 0: none
	NoDS       bool      // the zone above does not know that this one is signed
}

// Zone is one zone of the laboratory.
type Zone struct {
	Name string // "" or "." for the root
	Text string // records as in a zone file, names relative to Name
	Sign *Signing

	sets  map[key][]dns.RR
	sigs  map[key][]dns.RR
	names []string // that exist, in order, with those that only have names below
	key   *dns.DNSKEY
	sign  crypto.Signer
}

type key struct {
	name string
	kind uint16
}

func (z *Zone) origin() string { return dns.CanonicalName(z.Name) }

// load reads the records and makes the key.
func (z *Zone) load() error {
	z.sets, z.sigs = map[key][]dns.RR{}, map[key][]dns.RR{}
	text := "$TTL 300\n@ SOA ns1.lab. host.lab. 1 3600 600 86400 300\n" + z.Text
	p := dns.NewZoneParser(strings.NewReader(text), z.origin(), z.Name)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		z.add(rr)
	}
	if err := p.Err(); err != nil {
		return err
	}
	if z.Sign == nil {
		return nil
	}
	s := z.Sign
	if s.Algorithm == 0 {
		s.Algorithm = dns.ECDSAP256SHA256
	}
	bits := map[uint8]int{dns.ECDSAP256SHA256: 256, dns.ECDSAP384SHA384: 384, dns.ED25519: 256}[s.Algorithm]
	if bits == 0 {
		bits = max(s.Bits, 512)
		if s.Bits == 0 {
			bits = 2048
		}
	}
	z.key = &dns.DNSKEY{Hdr: dns.RR_Header{Name: z.origin(), Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 300}, Flags: 257, Protocol: 3, Algorithm: s.Algorithm}
	private, err := z.key.Generate(bits)
	if err != nil {
		return err
	}
	z.sign = private.(crypto.Signer)
	z.add(z.key)
	return nil
}

func (z *Zone) add(rr dns.RR) {
	k := key{dns.CanonicalName(rr.Header().Name), rr.Header().Rrtype}
	rr.Header().Name = k.name
	z.sets[k] = append(z.sets[k], rr)
}

// ds is what the zone above says of the key.
func (z *Zone) ds() *dns.DS {
	digest := z.Sign.Digest
	if digest == 0 {
		digest = dns.SHA256
	}
	return z.key.ToDS(digest)
}

// cut reports whether a name below the origin is given away to another zone.
func (z *Zone) cut(name string) bool {
	return name != z.origin() && len(z.sets[key{name, dns.TypeNS}]) > 0
}

// glue reports whether a name stands below a cut.
func (z *Zone) glue(name string) bool {
	for at := name; at != z.origin() && at != "."; at = up(at) {
		if at != name && z.cut(at) {
			return true
		}
	}
	return false
}

func up(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}

// finish signs every set and chains the names.
func (z *Zone) finish() error {
	seen := map[string]bool{}
	for k := range z.sets {
		if z.glue(k.name) {
			continue
		}
		for at := k.name; ; at = up(at) {
			seen[at] = true
			if at == z.origin() || at == "." {
				break
			}
		}
	}
	for name := range seen {
		z.names = append(z.names, name)
	}
	slices.SortFunc(z.names, order)
	if z.Sign == nil {
		return nil
	}
	switch z.Sign.Denial {
	case NSEC3:
		z.chainHashed()
	default:
		z.chain()
	}
	for k, set := range z.sets {
		if z.glue(k.name) || z.cut(k.name) && k.kind != dns.TypeDS && k.kind != dns.TypeNSEC {
			continue
		}
		sig, err := z.signed(set)
		if err != nil {
			return err
		}
		z.sigs[k] = []dns.RR{sig}
	}
	return nil
}

// order is the order of RFC 4034 section 6.1 for plain names.
func order(a, b string) int {
	x, y := dns.SplitDomainName(a), dns.SplitDomainName(b)
	slices.Reverse(x)
	slices.Reverse(y)
	return slices.Compare(x, y)
}

func (z *Zone) kinds(name string) (out []uint16) {
	for k := range z.sets {
		if k.name == name {
			out = append(out, k.kind)
		}
	}
	return out
}

func (z *Zone) header(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 300}
}

// chain makes the NSEC records of the names that have records.
func (z *Zone) chain() {
	var own []string
	for _, name := range z.names {
		if len(z.kinds(name)) > 0 {
			own = append(own, name)
		}
	}
	for i, name := range own {
		kinds := append(z.kinds(name), dns.TypeRRSIG, dns.TypeNSEC)
		slices.Sort(kinds)
		z.add(&dns.NSEC{Hdr: z.header(name, dns.TypeNSEC), NextDomain: own[(i+1)%len(own)], TypeBitMap: kinds})
	}
}

// chainHashed makes the NSEC3 records.
func (z *Zone) chainHashed() {
	s := z.Sign
	byHash := map[string]string{}
	var hashes []string
	for _, name := range z.names {
		if s.OptOut && z.cut(name) && len(z.sets[key{name, dns.TypeDS}]) == 0 {
			continue
		}
		h := dns.HashName(name, dns.SHA1, s.Iterations, s.Salt)
		byHash[h] = name
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	salt, _ := hex.DecodeString(s.Salt)
	z.add(&dns.NSEC3PARAM{Hdr: z.header(z.origin(), dns.TypeNSEC3PARAM), Hash: dns.SHA1, Iterations: s.Iterations, SaltLength: uint8(len(salt)), Salt: s.Salt})
	flags := uint8(0)
	if s.OptOut {
		flags = 1
	}
	for i, h := range hashes {
		name := byHash[h]
		kinds := z.kinds(name)
		if len(kinds) > 0 && !(z.cut(name) && len(z.sets[key{name, dns.TypeDS}]) == 0) {
			kinds = append(kinds, dns.TypeRRSIG)
		}
		slices.Sort(kinds)
		z.add(&dns.NSEC3{Hdr: z.header(strings.ToLower(h)+"."+strings.TrimPrefix(z.origin(), "."), dns.TypeNSEC3), Hash: dns.SHA1, Flags: flags, Iterations: s.Iterations,
			SaltLength: uint8(len(salt)), Salt: s.Salt, HashLength: 20, NextDomain: hashes[(i+1)%len(hashes)], TypeBitMap: kinds})
	}
}

// signed makes the signature of a set.
func (z *Zone) signed(set []dns.RR) (*dns.RRSIG, error) {
	from, until := z.Sign.From, z.Sign.Until
	if from.IsZero() {
		from = time.Now().Add(-time.Hour)
	}
	if until.IsZero() {
		until = time.Now().Add(14 * 24 * time.Hour)
	}
	sig := &dns.RRSIG{Hdr: z.header(set[0].Header().Name, dns.TypeRRSIG), Algorithm: z.key.Algorithm, KeyTag: z.key.KeyTag(), SignerName: z.origin(),
		Inception: uint32(from.Unix()), Expiration: uint32(until.Unix())}
	if err := sig.Sign(z.sign, set); err != nil {
		return nil, err
	}
	if kind := set[0].Header().Rrtype; kind == z.Sign.Break && kind != 0 {
		i := len(sig.Signature) / 2
		other := byte('A')
		if sig.Signature[i] == 'A' {
			other = 'B'
		}
		sig.Signature = sig.Signature[:i] + string(other) + sig.Signature[i+1:]
	}
	return sig, nil
}
