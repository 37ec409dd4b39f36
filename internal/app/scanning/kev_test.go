package scanning

import (
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

// TestReportSaysWhichKEV: a report names the catalogue of exploited vulnerabilities,
// the oldest when there were several, and says when it is old.
func TestReportSaysWhichKEV(t *testing.T) {
	knowledge, err := scan.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	of := func(state string) exposure.Finding {
		return exposure.Finding{Check: "VULN-01", Outcome: exposure.NotApplicable, Severity: exposure.Critical, Citation: state}
	}
	for _, tc := range []struct {
		language  string
		findings  scan.List
		want, not string
	}{
		{"en", scan.List{of("KEV as of 2026-08-27 (shipped)")}, "CISA KEV as of 27 August 2026 (shipped). It is 93 days old", ""},
		{"de", scan.List{of("KEV as of 2026-08-27 (shipped)"), of("KEV as of 2026-11-20 (imported)")}, "CISA KEV, Stand 27. August 2026 (mitgeliefert). Der Stand ist 93 Tage alt", ""},
		{"fr", scan.List{of("KEV as of 2026-11-20 (imported)")}, "état du 20 novembre 2026 (importé)", "Il a"},
		{"en", scan.List{of("")}, "", "KEV as of"},
	} {
		r := Report{Result: scan.Result{Catalogue: knowledge.Catalogue, End: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), Findings: tc.findings}}
		b, err := r.Write(messages.Printer(tc.language), HTML)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(b), "\u00a0", " ")
		if !strings.Contains(text, tc.want) || tc.not != "" && strings.Contains(text, tc.not) {
			i := strings.Index(text, "KEV")
			t.Errorf("%s: expected %q, not %q: …%s", tc.language, tc.want, tc.not, text[max(0, i-80):min(len(text), i+200)])
		}
	}
}
