package mailprobe_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/mailprobe"
)

// texts answers from a list.
type texts map[string][]string

func (n texts) TXT(_ context.Context, name string) (dnsprobe.Found[string], error) {
	return dnsprobe.Found[string]{Values: n[name], Exists: len(n[name]) > 0}, nil
}

func (n texts) MX(context.Context, string) (dnsprobe.Found[dnsprobe.MX], error) {
	return dnsprobe.Found[dnsprobe.MX]{}, nil
}

func (n texts) IPs(context.Context, string) (dnsprobe.Found[netip.Addr], error) {
	return dnsprobe.Found[netip.Addr]{}, nil
}

// TestSPFSyntax: what RFC 7208 allows and forbids.
func TestSPFSyntax(t *testing.T) {
	for record, good := range map[string]bool{
		"v=spf1": true, "v=spf1 -all": true, "V=SPF1 -ALL": true, "v=spf1  a  mx -all ": true,
		"v=spf1 a:x.test/24 a/24//64 mx//64 mx:y.test//48 -all":                   true,
		"v=spf1 ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::1 ip6:2001:db8::/32": true,
		"v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all":                                true,
		"v=spf1 include:%{d}.x.test redirect=y.test exp=why.%{d} other=thing":     true,
		"v=spf1 ptr ptr:x.test ?all":                                              true,
		"v=spf1 other.2-b_c=thing -all":                                           true, "v=spf1 other:b=thing": false, "v=spf1 oth;er=thing": false, "v=spf1 2other=thing": false,
		"v=spf10 -all": false, "v=spf1-all": false, "spf1 -all": false,
		"v=spf1 all:x": false, "v=spf1 -all/8": false, "v=spf1 include": false, "v=spf1 include:": false, "v=spf1 exists": false,
		"v=spf1 ip4": false, "v=spf1 ip4:": false, "v=spf1 ip4:1.2.3": false, "v=spf1 ip4:1.2.3.4/33": false, "v=spf1 ip4:2001:db8::1": false, "v=spf1 ip6:1.2.3.4": false,
		"v=spf1 a/33": false, "v=spf1 a//129": false, "v=spf1 a/": false, "v=spf1 a/08": false, "v=spf1 a:": false, "v=spf1 ptr/8": false,
		"v=spf1 a:%{z}.x.test": false, "v=spf1 a:%x": false, "v=spf1 a:%{d": false, "v=spf1 redirect=": false, "v=spf1 redirect=a.test redirect=b.test": false,
		"v=spf1 ipv4:1.2.3.4": false, "v=spf1 +": false, "v=spf1 a:x..test": false,
	} {
		if _, err := mailprobe.ParseSPF(record); (err == nil) != good {
			t.Errorf("%q: %v", record, err)
		}
	}
	r, err := mailprobe.ParseSPF("v=spf1 ~a:X.test/24//64 -all")
	if err != nil || len(r.Terms) != 2 || r.Terms[0].Qualifier != '~' || r.Terms[0].Domain != "X.test" || r.Terms[0].Four != 24 || r.Terms[0].Six != 64 || r.All() != '-' {
		t.Errorf("%+v %v", r, err)
	}
}

// TestSPFWalk counts as a receiver does.
func TestSPFWalk(t *testing.T) {
	n := texts{"a.test": {"v=spf1 include:b.test redirect=c.test"}, "b.test": {"v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.0/25 ip4:198.51.100.1 -all"}, "c.test": {"v=spf1 include:sendgrid.net ~all"},
		"sendgrid.net": {"v=spf1 ip4:10.0.0.0/8 -all"}, "x.test": {"v=spf1 include:y.test -all"}, "y.test": {"v=spf1 include:x.test -all"}}
	record, err := mailprobe.ParseSPF(n["a.test"][0])
	if err != nil {
		t.Fatal(err)
	}
	v, err := mailprobe.EvaluateSPF(t.Context(), n, "a.test", record)
	if err != nil || v.Lookups != 3 || v.All != '~' || v.Four.Int64() != 257 || len(v.Shared) != 1 || len(v.Broken) != 0 {
		t.Errorf("%+v %v", v, err)
	}
	record, _ = mailprobe.ParseSPF(n["x.test"][0])
	if v, err := mailprobe.EvaluateSPF(t.Context(), n, "x.test", record); err != nil || len(v.Broken) != 1 {
		t.Errorf("a circle: %+v %v", v, err)
	}
	wide := texts{}
	for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v w x y z") {
		wide[name+".test"] = []string{"v=spf1 " + strings.Repeat("include:"+name+"1.test ", 30) + "-all"}
		wide[name+"1.test"] = []string{"v=spf1 " + strings.Repeat("include:a.test include:b.test ", 30) + "-all"}
	}
	record, _ = mailprobe.ParseSPF(wide["a.test"][0])
	if v, err := mailprobe.EvaluateSPF(t.Context(), wide, "a.test", record); err != nil || v.Lookups > 50 {
		t.Errorf("far too many: %+v %v", v, err)
	}
}

// TestDMARCWalk: the tree walk of RFC 9989 section 4.10.
func TestDMARCWalk(t *testing.T) {
	reject, none := "v=DMARC1; p=reject; sp=quarantine", "v=DMARC1; p=none"
	for name, tc := range map[string]struct {
		records                         texts
		domain, at, organisation, wants string
	}{
		"own":           {texts{"_dmarc.example.org": {reject}}, "example.org", "example.org", "example.org", "reject"},
		"inherited":     {texts{"_dmarc.example.org": {reject}}, "a.b.example.org", "example.org", "example.org", "quarantine"},
		"own below":     {texts{"_dmarc.example.org": {reject}, "_dmarc.b.example.org": {none}}, "b.example.org", "b.example.org", "example.org", "none"},
		"between":       {texts{"_dmarc.example.org": {reject}, "_dmarc.b.example.org": {none}}, "a.b.example.org", "example.org", "example.org", "quarantine"},
		"psd=n":         {texts{"_dmarc.example.org": {reject}, "_dmarc.b.example.org": {none + "; psd=n"}}, "a.b.example.org", "b.example.org", "b.example.org", "none"},
		"public suffix": {texts{"_dmarc.bank": {"v=DMARC1; p=reject; psd=y"}}, "a.b.bank", "bank", "b.bank", "reject"},
		"below suffix":  {texts{"_dmarc.bank": {"v=DMARC1; p=reject; psd=y"}, "_dmarc.b.bank": {none}}, "a.b.bank", "b.bank", "b.bank", "none"},
		"two":           {texts{"_dmarc.example.org": {reject, none}}, "example.org", "", "example.org", "none"},
		"other":         {texts{"_dmarc.example.org": {"v=spf1", "v=DMARC2; p=none", reject}}, "example.org", "example.org", "example.org", "reject"},
		"deep":          {texts{"_dmarc.d.e.f.g.h.example.org": {none}, "_dmarc.c.d.e.f.g.h.example.org": {reject}}, "a.b.c.d.e.f.g.h.example.org", "d.e.f.g.h.example.org", "d.e.f.g.h.example.org", "none"},
		"t":             {texts{"_dmarc.example.org": {"v=DMARC1; p=reject; t=y"}}, "example.org", "example.org", "example.org", "quarantine"},
		"nothing":       {texts{}, "example.org", "", "example.org", "none"},
	} {
		w, err := mailprobe.WalkDMARC(t.Context(), tc.records, tc.domain)
		if err != nil || w.At != tc.at || w.Organisation != tc.organisation || w.Effective(tc.domain) != tc.wants {
			t.Errorf("%s: at %q, organisation %q, %s, %v", name, w.At, w.Organisation, w.Effective(tc.domain), err)
		}
	}
}

// TestRules: policies of MTA-STS.
func TestRules(t *testing.T) {
	r, err := mailprobe.ParseRules("version: STSv1\nmode: enforce\nmx: mail.example.org\nmx: *.example.net\nmax_age: 604800\nnew: thing\n")
	if err != nil || !r.Names("mail.example.org") || !r.Names("a.example.net") || r.Names("example.net") || r.Names("a.b.example.net") || r.Names("x.example.org") {
		t.Errorf("%+v %v", r, err)
	}
	for _, bad := range []string{"", "mode: enforce\nmx: a.test\nmax_age: 1", "version: STSv2\nmode: none\nmax_age: 1", "version: STSv1\nmode: loud\nmx: a.test\nmax_age: 1", "version: STSv1\nmode: enforce\nmax_age: 1",
		"version: STSv1\nmode: enforce\nmx: a.test", "version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 99999999999", "<html>"} {
		if _, err := mailprobe.ParseRules(bad); err == nil {
			t.Errorf("%q can be read", bad)
		}
	}
}
