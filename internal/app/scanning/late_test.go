package scanning

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/law"
)

// TestOpenProblems: what is late comes first, what was accepted is not late until the
// acceptance ends, what has no limit comes last, and what was mended does not come.
func TestOpenProblems(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }
	history := []survey.Problem{
		{Key: "a", Check: "TLS-01", Severity: "info", Since: day(1)}, {Key: "b", Check: "TLS-02", Severity: "critical", Since: day(1)},
		{Key: "c", Check: "TLS-03", Severity: "critical", Since: day(1)}, {Key: "d", Check: "TLS-04", Severity: "high", Since: day(20)},
		{Key: "e", Check: "TLS-05", Severity: "critical", Since: day(1), Mended: day(2)},
	}
	risk := register.Risk{Origin: origin("TLS-03"), Treatment: register.Accept, AcceptedOn: law.MustDate("2026-11-02"), ReviewBy: law.MustDate("2026-11-10")}
	for today, want := range map[string]string{"2026-11-10": "TLS-02! TLS-03~ TLS-04 TLS-01", "2026-11-11": "TLS-02! TLS-03! TLS-04 TLS-01", "2026-12-05": "TLS-02! TLS-03! TLS-04! TLS-01"} {
		got := ""
		for _, x := range openProblems(history, survey.Plan{}, []register.Risk{risk}, law.MustDate(today)) {
			got += map[bool]string{true: " "}[got != ""] + x.Check + map[bool]string{true: "!"}[x.Late] + map[bool]string{true: "~"}[x.Accepted]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", today, got, want)
		}
	}
}
