package scan_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// TestNamesGoOn: a scan that goes on with its journal contacts what a name stands for,
// although the name was looked up before it was stopped.
func TestNamesGoOn(t *testing.T) {
	port, _ := serve(t)
	o := options(t, "www.example.org", "127.0.0.1")
	o.Resolver, o.Ports, o.Only = fixed(netip.MustParseAddr("127.0.0.1")), []uint16{uint16(port)}, []string{"TLS-06"}
	o.Journal = filepath.Join(t.TempDir(), "journal")
	look := func() map[string]exposure.Outcome {
		out := map[string]exposure.Outcome{}
		if err := scan.Run(t.Context(), o, func(f exposure.Finding) { out[f.Check+" "+f.Target.String()] = f.Outcome }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	whole := look()
	b, err := os.ReadFile(o.Journal)
	if err != nil {
		t.Fatal(err)
	}
	var kept []byte
	for i, line := range bytes.SplitAfter(b, []byte("\n")) {
		if i == 0 || bytes.HasPrefix(line, []byte(`{"key":"addresses`)) {
			kept = append(kept, line...)
		}
	}
	if err := os.WriteFile(o.Journal, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	named := 0
	for key := range whole {
		if strings.HasPrefix(key, "TLS-06 www.example.org") {
			named++
		}
	}
	if d := cmp.Diff(whole, look()); d != "" || named == 0 {
		t.Errorf("%d findings at the name; the scan that went on differs: %s", named, d)
	}
}

// TestLost: what a scan says nothing of is gone when its host was looked at, and lost
// from sight when it could not be.
func TestLost(t *testing.T) {
	host := exposure.Target{Name: "www.example.org", Address: netip.MustParseAddr("192.0.2.1")}
	was := exposure.Finding{Check: "TLS-03", Outcome: exposure.Fail, Severity: exposure.High, Target: exposure.Target{Name: host.Name, Address: host.Address, Port: 443}}
	of := func(check string, o exposure.Outcome, observed string) exposure.Finding {
		at := host
		if check == "SCN-01" {
			at.Address = netip.Addr{}
		}
		return exposure.Finding{Check: check, Outcome: o, Observed: observed, Target: at}
	}
	found, left := of("SCN-01", exposure.Info, "192.0.2.1"), of("OT-01", exposure.NotTested, "")
	for _, tc := range []struct {
		name string
		now  []exposure.Finding
		want scan.Change
	}{
		{"the port is closed", []exposure.Finding{found, left, of("BAN-02", exposure.Pass, "1 of 9 ports are open"), of("PORT-00", exposure.NotTested, "open: 80")}, scan.Gone},
		{"the host is silent", []exposure.Finding{found, left, of("BAN-02", exposure.Pass, "0 of 9 ports are open"), of("PORT-00", exposure.NotTested, "open: none")}, scan.Unseen},
		{"the host was refused", []exposure.Finding{found, left, of("BAN-02", exposure.NotTested, "")}, scan.Unseen},
		{"the host failed", []exposure.Finding{found, left, of("BAN-02", exposure.Error, "")}, scan.Unseen},
		{"the name was not found", []exposure.Finding{of("SCN-01", exposure.Error, "")}, scan.Unseen},
		{"the name lies elsewhere now", []exposure.Finding{of("SCN-01", exposure.Info, "192.0.2.2")}, scan.Gone},
		{"the target was taken away", nil, scan.Gone},
	} {
		steps := scan.Drift([]exposure.Finding{was}, tc.now)
		if len(steps) != 1 || steps[0].Change != tc.want {
			t.Errorf("%s: %+v, want %s", tc.name, steps, tc.want)
		}
		if got := scan.SightOf(tc.now).Lost(scan.PlaceOf(was.Target.String())); got != (tc.want == scan.Unseen) {
			t.Errorf("%s: lost %v", tc.name, got)
		}
	}
}

// TestPlaceOf: places that were written can be read again.
func TestPlaceOf(t *testing.T) {
	for _, want := range []exposure.Target{
		{Name: "example.org"}, {Address: netip.MustParseAddr("192.0.2.1")}, {Address: netip.MustParseAddr("2001:db8::1"), Port: 443},
		{Name: "example.org", Address: netip.MustParseAddr("192.0.2.1"), Port: 25}, {Name: "example.org", Address: netip.MustParseAddr("2001:db8::1")}, {},
	} {
		if got := scan.PlaceOf(want.String()); got != want {
			t.Errorf("%q: %+v", want.String(), got)
		}
	}
}
