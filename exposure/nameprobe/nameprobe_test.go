package nameprobe_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/nameprobe"
)

// resolver knows some names.
type resolver struct {
	known func(string) bool
	fails bool
	mu    sync.Mutex
	asked []string
}

// Addresses answers for names that are known.
func (r *resolver) Addresses(_ context.Context, name string) (exposure.Answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, name)
	if r.fails {
		return exposure.Answer{}, errors.New("SERVFAIL")
	}
	if !r.known(name) {
		return exposure.Answer{}, dnsprobe.ErrNoAddress
	}
	return exposure.Answer{Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// scan looks at example.org; other names that were found come back, too.
func scan(t *testing.T, r *resolver, subtree bool, kinds map[string]any) (map[string]exposure.Finding, map[string]bool) {
	t.Helper()
	permit := must(exposure.Own(exposure.Scope{ID: "test", Until: time.Now().Add(time.Hour), Classes: []exposure.Class{exposure.Passive},
		Domains: []exposure.Domain{{Name: "example.org", Subtree: subtree}}, Exclude: exposure.Exclusion{Names: []string{"shop.example.org"}}}))
	found, names := map[string]exposure.Finding{}, map[string]bool{}
	s := exposure.Scan{Probes: nameprobe.Probes(), Targets: []exposure.Target{{Declared: "example.org", Name: "example.org"}},
		Session: exposure.Session{Dialer: exposure.NewDialer(permit, exposure.DialerOptions{Resolver: r}), Catalogue: exposuretest.Catalogue(t), Data: exposure.Data{Kinds: kinds}}}
	if err := s.Run(t.Context(), func(f exposure.Finding) {
		if f.Target.Name == "example.org" {
			found[f.Check] = f
		} else {
			names[f.Target.Name] = true
		}
	}); err != nil {
		t.Fatal(err)
	}
	return found, names
}

func TestNames(t *testing.T) {
	some := func(name string) bool { return name == "www.example.org" || name == "vpn.example.org" }
	lists := map[string]any{
		nameprobe.NamesKind: must(nameprobe.LoadNames(strings.NewReader("host;owner\n\"crm.example.org\";Ada\nshop.example.org;Bob, example.net 192.0.2.7\n"), "assets")),
		nameprobe.CTKind:    must(nameprobe.LoadCT(strings.NewReader(`[{"common_name":"example.org","name_value":"*.old.example.org\nwww.example.org"}]`), "crt.sh")),
	}
	got, names := scan(t, &resolver{known: some}, true, lists)
	for check, text := range map[string]string{"SUB-01": "looked at: crm.example.org; not covered by the scope: shop.example.org", "SUB-03": "vpn.example.org, www.example.org",
		"SUB-04": "looked at: old.example.org, www.example.org", "SUB-05": "shop.example.org"} {
		if f := got[check]; f.Outcome != exposure.Info || !strings.Contains(f.Observed, text) {
			t.Errorf("%s: %s (%s%s)", check, f.Outcome, f.Observed, f.Reason)
		}
	}
	for _, name := range []string{"crm.example.org", "old.example.org", "www.example.org", "vpn.example.org"} {
		if !names[name] {
			t.Errorf("%s was not looked at", name)
		}
	}
	if names["shop.example.org"] || names["example.net"] {
		t.Errorf("a name outside the scope was looked at: %v", names)
	}
}

func TestNothingToGoBy(t *testing.T) {
	got, _ := scan(t, &resolver{known: func(string) bool { return false }}, false, nil)
	for check, want := range map[string]exposure.Outcome{"SUB-01": exposure.NotTested, "SUB-03": exposure.NotTested, "SUB-04": exposure.NotTested, "SUB-05": exposure.NotApplicable} {
		if f := got[check]; f.Outcome != want {
			t.Errorf("%s: %s (%s%s)", check, f.Outcome, f.Observed, f.Reason)
		}
	}
}

// TestWildcard: a domain that answers for every name is not taken for many hosts.
func TestWildcard(t *testing.T) {
	r := &resolver{known: func(string) bool { return true }}
	got, names := scan(t, r, true, nil)
	if f := got["SUB-03"]; !strings.Contains(f.Observed, "every name") || len(names) > 0 || len(r.asked) > 2 {
		t.Errorf("%s (%s), %d names, %d questions", f.Outcome, f.Observed, len(names), len(r.asked))
	}
}

func TestResolverFails(t *testing.T) {
	got, _ := scan(t, &resolver{fails: true}, true, nil)
	if f := got["SUB-03"]; f.Outcome != exposure.Error {
		t.Errorf("%s (%s)", f.Outcome, f.Observed)
	}
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	catalogue := exposuretest.Catalogue(t)
	for _, id := range append(nameprobe.Checks(), "SUB-02") {
		if c, ok := catalogue.Get(id); !ok || c.Area != exposure.AreaDiscovery {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}

func FuzzLists(f *testing.F) {
	f.Add([]byte("a.example.org;b\n*.x.example.org"))
	f.Add([]byte(`[{"name_value":"a.example.org"}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, load := range []func() (*nameprobe.Names, error){
			func() (*nameprobe.Names, error) { return nameprobe.LoadNames(strings.NewReader(string(b)), "x") },
			func() (*nameprobe.Names, error) { return nameprobe.LoadCT(strings.NewReader(string(b)), "x") },
		} {
			if n, err := load(); err == nil && n.Len() == 0 {
				t.Errorf("an empty list is taken: %q", b)
			}
		}
	})
}
