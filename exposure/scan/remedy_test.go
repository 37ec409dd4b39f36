package scan_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// TestRemedies: where a program is recognised, its own configuration is listed;
// elsewhere that of every program.
func TestRemedies(t *testing.T) {
	k, err := scan.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	at := exposure.Target{Name: "www.example.org", Address: netip.MustParseAddr("192.0.2.1"), Port: 443}
	other := exposure.Target{Address: netip.MustParseAddr("192.0.2.2"), Port: 443}
	finding := func(check string, t exposure.Target, o exposure.Outcome, observed string) exposure.Finding {
		return exposure.Finding{Check: check, Target: t, Outcome: o, Observed: observed}
	}
	ids := func(list []scan.Remedy) (out []string) {
		for _, r := range list {
			out = append(out, r.Snippet.ID+":"+strings.Join(r.Checks, ","))
		}
		return out
	}
	remedies := func(list scan.List) []scan.Remedy {
		t.Helper()
		out, err := scan.Remedies(k.Catalogue, list)
		if err != nil {
			t.Error(err)
		}
		return out
	}
	nginx := finding("BAN-01", at, exposure.Info, "nginx 1.22.1 — cpe:2.3:a:f5:nginx:1.22.1:*:*:*:*:*:*:*; PHP 8.2.7 — cpe")
	got := ids(remedies(scan.List{nginx, finding("HTTP-04", at, exposure.Fail, ""), finding("HTTP-06", at, exposure.Warn, ""), finding("HTTP-03", at, exposure.Pass, "")}))
	if want := []string{"nginx-headers:HTTP-04,HTTP-06"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = ids(remedies(scan.List{nginx, finding("HTTP-03", other, exposure.Fail, "")}))
	if want := []string{"apache-hsts:HTTP-03", "caddy-headers:HTTP-03", "haproxy-hsts:HTTP-03", "iis-headers:HTTP-03", "nginx-hsts:HTTP-03"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	site := exposure.Target{Name: "www.example.org"}
	got = ids(remedies(scan.List{nginx, finding("MAIL-05", site, exposure.Fail, "")}))
	if want := []string{"zone-dmarc:MAIL-05"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = ids(remedies(scan.List{nginx, finding("HTTP-13", site, exposure.Fail, "")}))
	if want := []string{"nginx-security-txt:HTTP-13"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
