package scanning

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// OpenProblem is a failure that is open, with its time limit.
type OpenProblem struct {
	survey.Problem
	Due      law.Date // last day; zero: there is no limit
	Late     bool
	Accepted bool // the risk is accepted today
}

// openProblems lists what is open: what is late first, then by the last day.
func openProblems(history []survey.Problem, p survey.Plan, risks []register.Risk, today law.Date) (out []OpenProblem) {
	accepted := map[string]bool{}
	for _, r := range risks {
		accepted[r.Origin] = accepted[r.Origin] || r.Accepted(today)
	}
	for _, x := range history {
		if !x.Open() {
			continue
		}
		o := OpenProblem{Problem: x, Due: p.Due(x), Accepted: accepted[origin(x.Check)]}
		o.Late = !o.Due.IsZero() && today.After(o.Due) && !o.Accepted
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(x, y OpenProblem) int {
		switch {
		case x.Late != y.Late:
			return map[bool]int{true: -1, false: 1}[x.Late]
		case x.Due.IsZero() != y.Due.IsZero():
			return map[bool]int{true: 1, false: -1}[x.Due.IsZero()]
		}
		return cmp.Or(strings.Compare(x.Due.String(), y.Due.String()), cmp.Compare(x.Check, y.Check), cmp.Compare(x.At, y.At))
	})
	return out
}

// follow brings a history up to the findings of a scan that ended at a time.
func follow(history []survey.Problem, list []exposure.Finding, at time.Time) []survey.Problem {
	var seen []survey.Sight
	for _, f := range list {
		if slices.Contains(scan.Judged(), f.Check) {
			continue
		}
		seen = append(seen, survey.Sight{Key: f.Key(), Check: f.Check, At: f.Target.String(), Severity: string(f.Severity), Fails: f.Outcome == exposure.Fail, Unsure: unsure(f)})
	}
	sight := scan.SightOf(list)
	return survey.Follow(history, seen, func(p survey.Problem) bool { return sight.Lost(scan.PlaceOf(p.At)) }, at)
}

// unsure reports whether a finding says neither that something fails nor that it is in
// order.
func unsure(f exposure.Finding) bool {
	return f.Outcome == exposure.Error || f.Outcome == exposure.NotTested
}

// sinces is what a history says of each failure to the checks over time.
func sinces(g given, history []survey.Problem) map[string]scan.Since {
	since := map[string]scan.Since{}
	for _, p := range history {
		if !p.Open() {
			continue
		}
		x := scan.Since{First: p.Since, Again: p.Again, Accepted: acceptance(g.risks, p.Check)}
		if due := g.plan.Due(p); !due.IsZero() {
			x.Due = due.AddDays(1).At(time.UTC)
		}
		since[p.Key] = x
	}
	return since
}

// acceptance is the decision that findings of a check stay; nil when there is none.
func acceptance(risks []register.Risk, check string) *scan.Acceptance {
	for _, r := range risks {
		if r.Origin == origin(check) && r.Treatment == register.Accept && !r.AcceptedOn.IsZero() && r.ClosedOn.IsZero() {
			return &scan.Acceptance{Reason: r.Acceptance, Owner: r.Owner, Until: r.ReviewBy.AddDays(1).At(time.UTC)}
		}
	}
	return nil
}

// tellLate says once of each failure that its time limit has passed, to everybody who
// may scan.
func tellLate(tx *store.Tx, organisation string) error {
	last, err := tx.LastScan(organisation)
	if err == nil {
		var row survey.Findings
		if row, err = tx.ScanFindings(last.ID); err == nil {
			return tellLateOf(tx, organisation, row.History)
		}
	}
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func tellLateOf(tx *store.Tx, organisation string, history []survey.Problem) error {
	p, _, err := plan(tx, organisation)
	if err != nil {
		return err
	}
	risks, err := tx.Risks(organisation)
	if err != nil {
		return err
	}
	today, err := tx.Today()
	if err != nil {
		return err
	}
	count := 0
	for _, x := range openProblems(history, p, risks, today) {
		if !x.Late {
			break // what is late comes first
		}
		fresh, err := tx.Mark("finding-late/" + organisation + "/" + exposure.TranscriptHash([]byte(x.Key))[:16] + "/" + x.Due.String())
		if err != nil {
			return err
		}
		if fresh {
			count++
		}
	}
	if count == 0 {
		return nil
	}
	return tellScanners(tx, organisation, desk.Notice{Key: "job.scan.late", Link: "/organisations/" + organisation + "/exposure"}, map[string]any{"count": count})
}
