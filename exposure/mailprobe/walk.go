package mailprobe

import (
	"context"
	_ "embed"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// Names is what the checks ask name servers.
type Names interface {
	TXT(ctx context.Context, name string) (dnsprobe.Found[string], error)
	MX(ctx context.Context, name string) (dnsprobe.Found[dnsprobe.MX], error)
	IPs(ctx context.Context, name string) (dnsprobe.Found[netip.Addr], error)
}

// Limits of RFC 7208 section 4.6.4, and of ours for records that go far beyond.
const (
	mostLookups = 10
	mostVoid    = 2
	farTooMany  = 40
	mostMX      = 10
)

// SPFView is what became of a record and of all that it includes.
type SPFView struct {
	Lookups int
	Void    int
	All     byte     // of the record, or of where it redirects to; 0 for none
	Broken  []string // what cannot be evaluated
	Pointer bool     // ptr is used
	Shared  []string // included senders that many customers share
	Four    *big.Int // IPv4 addresses that may send, providers left out
	Wide    []string // networks of IPv6 that are too wide
	counted map[netip.Prefix]bool
	path    []string
}

// EvaluateSPF follows the record of a domain as a receiver does that has no mail in
// its hands: every term is counted, none is compared with a sender.
func EvaluateSPF(ctx context.Context, n Names, domain string, record SPF) (*SPFView, error) {
	v := &SPFView{Four: new(big.Int), counted: map[netip.Prefix]bool{}}
	all, err := v.follow(ctx, n, domain, record, false)
	v.All = all
	for p := range v.counted {
		if !v.within(p) {
			v.Four.Add(v.Four, new(big.Int).Lsh(big.NewInt(1), uint(32-p.Bits())))
		}
	}
	return v, err
}

func (v *SPFView) broken(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(v.Broken, s) {
		v.Broken = append(v.Broken, s)
	}
}

func (v *SPFView) follow(ctx context.Context, n Names, domain string, record SPF, provider bool) (all byte, err error) {
	if slices.Contains(v.path, domain) {
		v.broken("%s includes itself", domain)
		return 0, nil
	}
	v.path = append(v.path, domain)
	defer func() { v.path = v.path[:len(v.path)-1] }()
	for _, t := range record.Terms {
		if v.Lookups > farTooMany || ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if t.Mechanism == "all" {
			return t.Qualifier, nil
		}
		if err := v.term(ctx, n, domain, t, provider); err != nil {
			return 0, err
		}
	}
	if record.Redirect == "" {
		return 0, nil
	}
	v.Lookups++
	if strings.Contains(record.Redirect, "%") {
		return 0, nil
	}
	next, ok, err := v.record(ctx, n, record.Redirect, "redirect")
	if err != nil || !ok {
		return 0, err
	}
	return v.follow(ctx, n, fold(record.Redirect), next, provider)
}

func fold(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".") }

// term counts one mechanism.
func (v *SPFView) term(ctx context.Context, n Names, domain string, t Term, provider bool) error {
	target := fold(t.Domain)
	if target == "" {
		target = domain
	}
	switch t.Mechanism {
	case "ip4":
		v.count(t.Network, provider)
	case "ip6":
		if t.Network.Bits() < 32 && !provider {
			v.Wide = append(v.Wide, t.Network.String())
		}
	case "ptr":
		v.Lookups++
		v.Pointer = true
	case "exists":
		v.Lookups++
	case "include":
		v.Lookups++
		if strings.Contains(target, "%") {
			return nil
		}
		kind := provides(target)
		if kind == "shared" && !slices.Contains(v.Shared, target) {
			v.Shared = append(v.Shared, target)
		}
		next, ok, err := v.record(ctx, n, target, "include")
		if err != nil || !ok {
			return err
		}
		_, err = v.follow(ctx, n, target, next, provider || kind != "")
		return err
	case "a", "mx":
		v.Lookups++
		if !strings.Contains(target, "%") {
			return v.hosts(ctx, n, target, t, provider)
		}
	}
	return nil
}

// record finds the record that an include or a redirect names.
func (v *SPFView) record(ctx context.Context, n Names, domain, how string) (SPF, bool, error) {
	found, err := n.TXT(ctx, domain)
	if err != nil {
		return SPF{}, false, err
	}
	list := slices.DeleteFunc(slices.Clone(found.Values), func(s string) bool { return !IsSPF(s) })
	if len(found.Values) == 0 {
		v.Void++
	}
	if len(list) != 1 {
		v.broken("%s of %s, which has %d SPF records", how, exposure.Clip(domain), len(list))
		return SPF{}, false, nil
	}
	out, err := ParseSPF(list[0])
	if err != nil {
		v.broken("%s of %s: %v", how, exposure.Clip(domain), err)
		return SPF{}, false, nil
	}
	return out, true, nil
}

// hosts counts the addresses of a and mx.
func (v *SPFView) hosts(ctx context.Context, n Names, target string, t Term, provider bool) error {
	names := []string{target}
	if t.Mechanism == "mx" {
		found, err := n.MX(ctx, target)
		if err != nil {
			return err
		}
		names = nil
		for _, m := range found.Values {
			if m.Host != "" {
				names = append(names, m.Host)
			}
		}
		if len(names) > mostMX {
			v.broken("mx of %s, which has more than %d mail servers", exposure.Clip(target), mostMX)
			names = names[:mostMX]
		}
		if len(found.Values) == 0 {
			v.Void++
		}
	}
	for _, name := range names {
		found, err := n.IPs(ctx, name)
		if err != nil {
			return err
		}
		if len(found.Values) == 0 && t.Mechanism == "a" {
			v.Void++
		}
		for _, a := range found.Values {
			if p, err := a.Prefix(t.Four); a.Is4() && err == nil {
				v.count(p, provider)
			}
			if !a.Is4() && t.Six < 32 && !provider {
				v.Wide = append(v.Wide, fmt.Sprintf("%s/%d", a, t.Six))
			}
		}
	}
	return nil
}

func (v *SPFView) count(p netip.Prefix, provider bool) {
	if !provider {
		v.counted[p] = true
	}
}

// within reports whether a wider network was counted that holds this one.
func (v *SPFView) within(p netip.Prefix) bool {
	for bits := range p.Bits() {
		if wider, err := p.Addr().Prefix(bits); err == nil && v.counted[wider] {
			return true
		}
	}
	return false
}

//go:embed providers.txt
var providersText string

// provides says what kind of mail provider a domain of an include belongs to: "own"
// servers for each customer's checked names, "shared" ones that many customers send
// through, or "".
func provides(domain string) string {
	for line := range strings.Lines(providersText) {
		kind, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && !strings.HasPrefix(kind, "#") && exposure.Below(domain, name) {
			return kind
		}
	}
	return ""
}
