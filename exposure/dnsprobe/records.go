package dnsprobe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Found is what a name has of one kind of record.
type Found[T any] struct {
	Values []T
	Exists bool     // the name exists, with or without such records
	Chain  []string // targets of CNAME records that led there
}

// MX is a mail server of a domain.
type MX struct {
	Preference uint16
	Host       string // folded; "" for a null MX (RFC 7505)
}

// CAA is a record of RFC 8659.
type CAA struct {
	Critical bool
	Tag      string // lower case
	Value    string
}

// TLSA is a record of RFC 6698.
type TLSA struct {
	Usage, Selector, Matching uint8
	Data                      string // hexadecimal, lower case
}

func find[R dns.RR, T any](ctx context.Context, c *Client, name string, kind uint16, value func(R) T) (Found[T], error) {
	a, err := c.Ask(ctx, name, kind)
	if err != nil {
		return Found[T]{}, err
	}
	f := Found[T]{Exists: a.Exists, Chain: a.Chain}
	for _, rr := range typed[R](a.Records) {
		f.Values = append(f.Values, value(rr))
	}
	return f, nil
}

// fold is a name of an answer as the rest of the scanner writes names.
func fold(name string) string { return strings.TrimSuffix(dns.CanonicalName(name), ".") }

// TXT lists the texts of a name, the parts of each joined.
func (c *Client) TXT(ctx context.Context, name string) (Found[string], error) {
	return find(ctx, c, name, dns.TypeTXT, func(r *dns.TXT) string { return unescape(strings.Join(r.Txt, "")) })
}

// unescape turns \" and \123 of the library back into bytes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+3 < len(s) && digits(s[i+1:i+4]) {
			b.WriteByte((s[i+1]-'0')*100 + (s[i+2]-'0')*10 + s[i+3] - '0')
			i += 3
			continue
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// MX lists the mail servers of a domain, the preferred first.
func (c *Client) MX(ctx context.Context, name string) (Found[MX], error) {
	f, err := find(ctx, c, name, dns.TypeMX, func(r *dns.MX) MX { return MX{r.Preference, fold(r.Mx)} })
	slices.SortFunc(f.Values, func(a, b MX) int {
		if a.Preference != b.Preference {
			return int(a.Preference) - int(b.Preference)
		}
		return strings.Compare(a.Host, b.Host)
	})
	return f, err
}

// NS lists the name servers of a zone, in order of their names.
func (c *Client) NS(ctx context.Context, name string) (Found[string], error) {
	f, err := find(ctx, c, name, dns.TypeNS, func(r *dns.NS) string { return fold(r.Ns) })
	slices.Sort(f.Values)
	return f, err
}

// CAA lists the records of RFC 8659 of a name, without climbing.
func (c *Client) CAA(ctx context.Context, name string) (Found[CAA], error) {
	return find(ctx, c, name, dns.TypeCAA, func(r *dns.CAA) CAA {
		return CAA{r.Flag&128 != 0, strings.ToLower(r.Tag), unescape(r.Value)}
	})
}

// TLSA lists the records of RFC 6698 of a service.
func (c *Client) TLSA(ctx context.Context, host string, port uint16) (Found[TLSA], error) {
	return find(ctx, c, fmt.Sprintf("_%d._tcp.%s", port, host), dns.TypeTLSA, func(r *dns.TLSA) TLSA {
		return TLSA{r.Usage, r.Selector, r.MatchingType, strings.ToLower(r.Certificate)}
	})
}

// PTR lists the names of an address.
func (c *Client) PTR(ctx context.Context, a netip.Addr) (Found[string], error) {
	reverse, err := dns.ReverseAddr(a.Unmap().WithZone("").String())
	if err != nil {
		return Found[string]{}, fmt.Errorf("names of %s: %w", a, err)
	}
	return find(ctx, c, reverse, dns.TypePTR, func(r *dns.PTR) string { return fold(r.Ptr) })
}

// IPs lists the IPv4 and IPv6 addresses of a name.
func (c *Client) IPs(ctx context.Context, name string) (Found[netip.Addr], error) {
	four, err := find(ctx, c, name, dns.TypeA, func(r *dns.A) netip.Addr { a, _ := netip.AddrFromSlice(r.A); return a.Unmap() })
	if err != nil {
		return four, err
	}
	six, err := find(ctx, c, name, dns.TypeAAAA, func(r *dns.AAAA) netip.Addr { a, _ := netip.AddrFromSlice(r.AAAA); return a })
	if err != nil {
		return six, err
	}
	all := Found[netip.Addr]{Exists: four.Exists || six.Exists, Chain: four.Chain}
	for _, a := range append(four.Values, six.Values...) {
		if a.IsValid() && !slices.Contains(all.Values, a) {
			all.Values = append(all.Values, a)
		}
	}
	if len(all.Chain) == 0 {
		all.Chain = six.Chain
	}
	return all, nil
}

// Zone is the name of the zone that a name stands in, "" for the root.
func (c *Client) Zone(ctx context.Context, name string) (string, error) {
	for at := dns.CanonicalName(name); ; {
		a, err := c.Ask(ctx, at, dns.TypeSOA)
		if err != nil {
			return "", err
		}
		for _, list := range [][]dns.RR{a.Records, a.Msg.Ns} {
			for _, soa := range typed[*dns.SOA](list) {
				if owner := dns.CanonicalName(soa.Hdr.Name); dns.IsSubDomain(owner, at) {
					return strings.TrimSuffix(owner, "."), nil
				}
			}
		}
		next, end := dns.NextLabel(at, 0)
		if end {
			return "", nil
		}
		at = at[next:]
	}
}

// Kinds of records for Validate and Prefetch.
const (
	TypeA    = dns.TypeA
	TypeAAAA = dns.TypeAAAA
	TypeMX   = dns.TypeMX
	TypeTLSA = dns.TypeTLSA
	TypeTXT  = dns.TypeTXT
)
