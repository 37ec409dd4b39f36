package scanlab

import (
	"errors"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
)

// TestGroundTruth scans every target and compares each verdict with what is true.
func TestGroundTruth(t *testing.T) {
	l := newLab(t)
	for _, x := range targets(t) {
		t.Run(x.Name, func(t *testing.T) {
			if err := l.start(t, &x); errors.Is(err, errMissing) && !whole() || errors.Is(err, errRoot) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			checks, took, err := l.ours(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, c := range checks {
				if seen[c.ID] && c.Outcome == exposure.NotTested {
					continue // of another port of the host
				}
				seen[c.ID] = true
				want, known := x.truth(c.ID)
				judged := strings.HasPrefix(c.ID, "TLS-") || strings.HasPrefix(c.ID, "CERT-") || c.ID == "PORT-05"
				judged = judged && !x.Consent && c.Profile == "" // a rating, which has tests of its own
				if known && want != c.Outcome || !known && judged && whole() {
					t.Errorf("%s %q: %s (%s), true is %q", c.ID, c.Title, c.Outcome, c.Evidence, want)
				}
			}
			for o, list := range x.Expect {
				for _, id := range list {
					if !seen[id] {
						t.Errorf("%s: no verdict, true is %q", id, o)
					}
				}
			}
			t.Logf("%d verdicts, %.2f s, %.2f s of processor", len(checks), took.wall.Seconds(), took.cpu.Seconds())
		})
	}
}
