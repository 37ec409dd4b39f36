package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Security is what the signatures on the way from the root say of an answer.
type Security string

// The states of RFC 4035 section 4.3. An answer that could not be judged has none:
// that is an error.
const (
	Secure   Security = "secure"
	Insecure Security = "insecure" // a zone on the way is not signed
	Bogus    Security = "bogus"    // it should be signed and is not, or wrongly
)

// Verdict is what became of a chain of signatures.
type Verdict struct {
	Security Security
	Why      string    // of insecure and bogus
	Zone     string    // folded, that signed the answer
	Until    time.Time // end of the first signature on the way; zero when there was none
}

// trusted is what is known of the zone of a name.
type trusted struct {
	once sync.Once
	Verdict
	keys []*dns.DNSKEY
	err  error
}

// Limits of the work for one answer (RFC 9276 section 3.2 for the iterations; the
// others keep a hostile zone from costing time, CVE-2023-50387).
const (
	mostSignatures = 8
	mostKeys       = 16
	mostIterations = 100
	mostLabels     = 40
)

// Validate follows the signatures from the trust anchor of the root to an answer,
// or to the proof that there is none. An error says that it could not be judged.
func (c *Client) Validate(ctx context.Context, name string, kind uint16) (Verdict, error) {
	name = dns.CanonicalName(name)
	out := Verdict{Security: Secure}
	for range longestChain {
		z, err := c.holder(ctx, name, kind)
		if err != nil {
			return Verdict{}, err
		}
		out.Zone, out.Until = z.Zone, earlier(out.Until, z.Until)
		if z.Security != Secure {
			out.Security, out.Why = z.Security, z.Why
			return out, nil
		}
		a, err := c.Ask(ctx, name, kind)
		if err != nil {
			return Verdict{}, err
		}
		next, until, err := c.judge(z, name, kind, a.Msg)
		if err != nil {
			out.Security, out.Why = Bogus, err.Error()
			if errors.Is(err, errIterations) {
				out.Security = Insecure
			}
			return out, nil
		}
		out.Until = earlier(out.Until, until)
		if next == "" {
			return out, nil
		}
		name = next
	}
	return Verdict{}, errors.New("the chain of aliases is too long")
}

// holder is the zone whose keys decide about a name: the one that signed the answer
// when its keys are trusted, otherwise the one that the zones above lead to.
func (c *Client) holder(ctx context.Context, name string, kind uint16) (*trusted, error) {
	a, err := c.Ask(ctx, name, kind)
	if err != nil {
		return nil, err
	}
	for _, sig := range typed[*dns.RRSIG](a.Msg.Answer) {
		signer := dns.CanonicalName(sig.SignerName)
		set := rrset(a.Msg.Answer, name, kind)
		if sig.TypeCovered != kind || dns.CanonicalName(sig.Hdr.Name) != name || !dns.IsSubDomain(signer, name) || len(set) == 0 {
			continue
		}
		z, err := c.trust(ctx, signer)
		if err != nil {
			return nil, err
		}
		if z.Security == Secure && dns.CanonicalName(z.Zone) == signer {
			if _, err := c.verify(z, set, a.Msg); err == nil {
				return z, nil
			}
		}
		break
	}
	return c.trust(ctx, name)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// judge checks one answer with the keys of its zone. next is the target of an
// alias that must be followed.
func (c *Client) judge(z *trusted, name string, kind uint16, m *dns.Msg) (next string, until time.Time, err error) {
	if set := rrset(m.Answer, name, kind); len(set) > 0 {
		until, err = c.verify(z, set, m)
		return "", until, err
	}
	if kind != dns.TypeCNAME {
		if set := rrset(m.Answer, name, dns.TypeCNAME); len(set) > 0 {
			target := dns.CanonicalName(set[0].(*dns.CNAME).Target)
			if until, ok := c.synthesised(z, m, name, target); ok {
				return target, until, nil
			}
			until, err = c.verify(z, set, m)
			return target, until, err
		}
	}
	return "", time.Time{}, c.denied(z, name, kind, m)
}

// synthesised reports whether an alias follows from a signed DNAME record.
func (c *Client) synthesised(z *trusted, m *dns.Msg, name, target string) (time.Time, bool) {
	for _, d := range typed[*dns.DNAME](m.Answer) {
		owner := dns.CanonicalName(d.Hdr.Name)
		if owner == name || !dns.IsSubDomain(owner, name) || strings.TrimSuffix(name, owner)+dns.CanonicalName(d.Target) != target {
			continue
		}
		if until, err := c.verify(z, rrset(m.Answer, owner, dns.TypeDNAME), m); err == nil {
			return until, true
		}
	}
	return time.Time{}, false
}

// rrset picks the records of a name and kind.
func rrset(list []dns.RR, name string, kind uint16) (out []dns.RR) {
	for _, rr := range list {
		if rr.Header().Rrtype == kind && rr.Header().Class == dns.ClassINET && dns.CanonicalName(rr.Header().Name) == name {
			out = append(out, rr)
		}
	}
	return out
}

// verify checks the signature of a set, and for one that a wildcard made the proof
// that the name itself does not exist. It returns the end of the signature.
func (c *Client) verify(z *trusted, set []dns.RR, m *dns.Msg) (time.Time, error) {
	sig, err := c.signature(z.Zone, z.keys, set, append(slices.Clone(m.Answer), m.Ns...))
	if err != nil {
		return time.Time{}, err
	}
	name := dns.CanonicalName(set[0].Header().Name)
	if labels := dns.CountLabel(strings.TrimPrefix(name, "*.")); int(sig.Labels) < labels {
		if err := c.proof(z, m).expanded(name, int(sig.Labels)); err != nil {
			return time.Time{}, err
		}
	}
	return end(sig), nil
}

// signature finds a valid signature of a set that a zone made with one of the keys.
func (c *Client) signature(zone string, keys []*dns.DNSKEY, set []dns.RR, list []dns.RR) (*dns.RRSIG, error) {
	h := set[0].Header()
	what := dns.TypeToString[h.Rrtype] + " " + strings.TrimSuffix(h.Name, ".")
	reason, tried := fmt.Errorf("no signature of %s", what), 0
	for _, sig := range typed[*dns.RRSIG](list) {
		if sig.TypeCovered != h.Rrtype || !strings.EqualFold(sig.Hdr.Name, h.Name) || fold(sig.SignerName) != zone {
			continue
		}
		for _, key := range keys {
			if key.KeyTag() != sig.KeyTag || key.Algorithm != sig.Algorithm {
				continue
			}
			if tried++; tried > mostSignatures {
				return nil, reason
			}
			err := sig.Verify(key, set)
			switch {
			case err != nil:
				reason = fmt.Errorf("the signature of %s does not fit: %w", what, err)
			case c.now().After(end(sig)):
				reason = fmt.Errorf("the signature of %s ended on %s", what, end(sig).Format(time.RFC3339))
			case c.now().Before(begin(sig)):
				reason = fmt.Errorf("the signature of %s begins on %s", what, begin(sig).Format(time.RFC3339))
			default:
				return sig, nil
			}
		}
	}
	return nil, reason
}

// begin and end are the validity of a signature; its 32 bits are read as the
// instant nearest to today (RFC 4034 section 3.1.5).
func begin(s *dns.RRSIG) time.Time { return near(s.Inception) }
func end(s *dns.RRSIG) time.Time   { return near(s.Expiration) }

func near(v uint32) time.Time {
	now := time.Now().Unix()
	return time.Unix(now+int64(int32(v-uint32(now))), 0).UTC()
}

// trust is what is known of the zone that holds a name, and of its keys.
func (c *Client) trust(ctx context.Context, name string) (*trusted, error) {
	if dns.CountLabel(name) > mostLabels {
		return nil, errors.New("the name has too many parts")
	}
	c.mu.Lock()
	z := c.zones[name]
	if z == nil {
		if len(c.zones) >= mostAnswers {
			clear(c.zones)
		}
		z = &trusted{}
		c.zones[name] = z
	}
	c.mu.Unlock()
	z.once.Do(func() { z.err = c.establish(ctx, z, name) })
	return z, z.err
}

// establish fills what is known of the zone of a name from what is known of the
// name above it.
func (c *Client) establish(ctx context.Context, z *trusted, name string) error {
	if name == "." {
		return c.enter(ctx, z, ".", c.o.Anchors)
	}
	up := "."
	if next, end := dns.NextLabel(name, 0); !end {
		up = name[next:]
	}
	above, err := c.trust(ctx, up)
	if err != nil {
		return err
	}
	z.Verdict, z.keys = above.Verdict, above.keys
	if z.Security != Secure {
		return nil
	}
	a, err := c.Ask(ctx, name, dns.TypeDS)
	if err != nil {
		return err
	}
	set := rrset(a.Msg.Answer, name, dns.TypeDS)
	switch {
	case len(set) > 0:
		if _, err := c.verify(above, set, a.Msg); err != nil {
			z.Security, z.Why = Bogus, err.Error()
			return nil
		}
		return c.enter(ctx, z, name, typed[*dns.DS](set))
	case len(rrset(a.Msg.Answer, name, dns.TypeCNAME)) > 0:
		return nil // an alias is not the top of a zone
	}
	z.Security, z.Why = c.proof(above, a.Msg).delegation(name)
	return nil
}

// verifiable are the algorithms whose signatures can be checked here.
var verifiable = []uint8{dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512, dns.ECDSAP256SHA256, dns.ECDSAP384SHA384, dns.ED25519}

// enter checks the keys of a zone against the records of the zone above.
func (c *Client) enter(ctx context.Context, z *trusted, name string, delegation []*dns.DS) error {
	z.Zone = strings.TrimSuffix(name, ".")
	delegation = slices.DeleteFunc(slices.Clone(delegation), func(d *dns.DS) bool {
		return !slices.Contains(verifiable, d.Algorithm) || !slices.Contains([]uint8{dns.SHA1, dns.SHA256, dns.SHA384}, d.DigestType)
	})
	if len(delegation) == 0 {
		z.Security, z.Why = Insecure, "the zone "+name+" uses only algorithms that cannot be checked here"
		return nil
	}
	a, err := c.Ask(ctx, name, dns.TypeDNSKEY)
	if err != nil {
		return err
	}
	set := rrset(a.Msg.Answer, name, dns.TypeDNSKEY)
	if name == "." && len(typed[*dns.RRSIG](a.Msg.Answer)) == 0 {
		return errors.New("the resolver does not hand on signatures")
	}
	if len(set) == 0 {
		z.Security, z.Why = Bogus, "the zone above says that "+name+" is signed, and it has no keys"
		return nil
	}
	var all, entry []*dns.DNSKEY
	for _, key := range typed[*dns.DNSKEY](set) {
		if key.Flags&dns.ZONE != 0 && key.Flags&dns.REVOKE == 0 && key.Protocol == 3 && len(all) < mostKeys {
			all = append(all, key)
		}
	}
	for i, d := range delegation {
		for _, key := range all {
			if i < mostKeys && key.KeyTag() == d.KeyTag && key.Algorithm == d.Algorithm {
				if own := key.ToDS(d.DigestType); own != nil && strings.EqualFold(own.Digest, d.Digest) {
					entry = append(entry, key)
				}
			}
		}
	}
	if len(entry) == 0 {
		z.Security, z.Why = Bogus, "no key of "+name+" is one that the zone above names"
		return nil
	}
	sig, err := c.signature(z.Zone, entry, set, a.Msg.Answer)
	if err != nil {
		z.Security, z.Why = Bogus, err.Error()
		return nil
	}
	z.Security, z.keys, z.Until = Secure, all, earlier(z.Until, end(sig))
	return nil
}
