package exposure_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/exposure"
)

const checks = `
- id: TST-01
  area: network
  class: P
  severity: high
  title: A test
  criteria: passes when it passes
  why: because
  references: [RFC 2119]
  checked: 2026-11-28
  measures: [e]
  points: [6.7.2.l]
`

type memory struct {
	mu   sync.Mutex
	done map[string][]exposure.Finding
	more map[string][]exposure.Target
}

func (m *memory) Finished(key string) ([]exposure.Finding, []exposure.Target, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.done[key]
	return f, m.more[key], ok
}

func (m *memory) Finish(key string, f []exposure.Finding, found []exposure.Target) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done[key], m.more[key] = f, found
	return nil
}

// TestScan: a probe of a domain finds hosts, which are looked at once; a panic and
// an error are findings; a stopped scan goes on without repeating anything.
func TestScan(t *testing.T) {
	catalogue, err := exposure.LoadCatalogue(fstest.MapFS{"exposure/checks/test.yaml": {Data: []byte(checks)}})
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	var mu sync.Mutex
	note := func(what string) { mu.Lock(); runs = append(runs, what); mu.Unlock() }
	ctx, cancel := context.WithCancel(t.Context())
	stop := true
	s := exposure.Scan{
		Session: exposure.Session{Dialer: dialer(t, scope(), &names{}, nil), Catalogue: catalogue, Scanner: "test"},
		Targets: []exposure.Target{{Declared: "example.org", Name: "example.org"}},
		Workers: 1,
		Journal: &memory{done: map[string][]exposure.Finding{}, more: map[string][]exposure.Target{}},
		Probes: []exposure.Probe{
			{Name: "names", Level: exposure.OfDomain, Run: func(_ context.Context, s *exposure.Session, t exposure.Target) error {
				note("names")
				for _, a := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.1"} {
					s.Discover(exposure.Target{Name: t.Name, Address: netip.MustParseAddr(a)})
				}
				return nil
			}},
			{Name: "host", Level: exposure.OfHost, Checks: []string{"TST-01"}, Run: func(ctx context.Context, s *exposure.Session, t exposure.Target) error {
				note(t.Address.String())
				if t.Address == netip.MustParseAddr("192.0.2.1") {
					panic("hostile bytes")
				}
				if stop {
					cancel()
					return ctx.Err()
				}
				s.Report("TST-01", t, exposure.Pass, "seen")
				return nil
			}},
		},
	}
	var got []exposure.Finding
	if err := s.Run(ctx, func(f exposure.Finding) { got = append(got, f) }); !errors.Is(err, context.Canceled) {
		t.Fatalf("the stopped scan ended with %v", err)
	}
	stop, got = false, nil
	if err := s.Run(t.Context(), func(f exposure.Finding) { got = append(got, f) }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"names", "192.0.2.1", "192.0.2.2", "192.0.2.2"}; !slices.Equal(runs, want) {
		t.Errorf("ran %v, want %v", runs, want)
	}
	outcomes := map[exposure.Outcome]int{}
	for _, f := range got {
		outcomes[f.Outcome]++
		if f.Permit != "auth-1" || f.Severity != exposure.High || f.Catalogue == "" || !slices.Equal(f.Points, []string{"6.7.2.l"}) {
			t.Errorf("%+v", f)
		}
	}
	if outcomes[exposure.Error] != 1 || outcomes[exposure.Pass] != 1 || len(got) != 2 {
		t.Errorf("outcomes %v", outcomes)
	}
}
