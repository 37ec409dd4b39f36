package authority_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	app "github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// TestSummary: each case counts once, exercises and other acts do not; small counts
// are not told; the figures of another authority are not in it.
func TestSummary(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s := service(t, b)
		o, other := registered(t, b, s), registered(t, b, s)
		must(t, b.Write(t.Context(), tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			return tx.PutRollup(assessment.Rollup{Organisation: o.organisation, Class: "essential", Sectors: []string{"energy"}})
		}))
		for i := range 6 {
			o.file(t, func(f *incident.Frozen) {
				f.Case = fmt.Sprint("c", i)
				f.Values["cross_border"] = reporting.Value{Text: []string{"yes", "no"}[i/5]}
				f.Values["severity"], f.Values["users_affected"], f.Values["cross_border_states"] = reporting.Value{Text: "high"}, reporting.Value{Text: "100"}, reporting.Value{List: []string{"DE", "XX"}}
			})
			o.file(t, func(f *incident.Frozen) {
				f.Case, f.Stage = fmt.Sprint("c", i), clocks.IncidentNotification
				f.Values["root_cause"], f.Values["cross_border"] = reporting.Value{Text: "malicious_actions"}, reporting.Value{Text: "yes"}
				f.Values["severity"], f.Values["users_affected"], f.Values["cross_border_states"] = reporting.Value{Text: "high"}, reporting.Value{Text: "100"}, reporting.Value{List: []string{"DE", "XX"}}
				if i == 0 { // what was said before still holds
					f.Values = reporting.Values{"root_cause": f.Values["root_cause"]}
				}
			})
		}
		o.file(t, func(f *incident.Frozen) { f.Case, f.Stage = "c0", clocks.FinalReport })
		o.file(t, func(f *incident.Frozen) { f.Case, f.Exercise = "drill", true })
		o.file(t, func(f *incident.Frozen) { f.Case, f.Regime = "gdpr", clocks.GDPR })
		o.file(t, func(f *incident.Frozen) {
			f.Case, f.Voluntary = "near", true
			f.Values["report_kind"] = reporting.Value{Text: "near_miss"}
		})
		other.file(t, func(f *incident.Frozen) { f.Case = "theirs" })
		q := app.QuarterOf(b.Clock.Now())
		sum, err := o.Summary(t.Context(), o.officer(authz.Auditor), q)
		must(t, err)
		kind, cause := sum.Tables[0], sum.Tables[1]
		if lines := fmt.Sprint(sum.Tables[2].Published); sum.Tables[2].Total != 7 || sum.Tables[2].Cells != nil {
			t.Errorf("the cases with an impact abroad: %s", lines)
		}
		if kind.Total != 7 || len(kind.Rows) != 1 || kind.Rows[0] != "energy" || kind.Cells != nil || cause.Total != 7 {
			t.Errorf("%+v", sum.Tables)
		}
		if _, rows := sum.Lines(); strings.Contains(fmt.Sprint(rows), "near_miss 1") {
			t.Errorf("a small count is told: %v", rows)
		}
		theirs, err := other.Summary(t.Context(), other.officer(authz.Auditor), q)
		must(t, err)
		if !theirs.Tables[0].Withheld {
			t.Errorf("one case is told: %+v", theirs.Tables[0])
		}
		if empty, err := o.Summary(t.Context(), o.officer(authz.Auditor), q.Before()); err != nil || empty.Tables[0].Total != 0 {
			t.Errorf("%+v, %v", empty, err)
		}
		for _, of := range []string{"theirs", "a", "b", "c", "d", "e"} {
			other.file(t, func(f *incident.Frozen) {
				f.Case, f.Values["root_cause"], f.Values["cross_border"] = of, reporting.Value{Text: "human_errors"}, reporting.Value{Text: "no"}
			})
			other.file(t, func(f *incident.Frozen) { f.Case, f.Stage = of, clocks.FinalReport })
		}
		theirs, err = other.Summary(t.Context(), other.officer(authz.Auditor), q)
		must(t, err)
		if cause, abroad := theirs.Tables[1], theirs.Tables[2]; fmt.Sprint(cause.ColSums) != "[0 0 6 0 0 0]" || fmt.Sprint(abroad.ColSums) != "[0 6 0]" {
			t.Errorf("what a later report does not repeat is lost: %+v, %+v", cause.Published, abroad.Published)
		}
		b.Clock.Move(25 * time.Hour)
		year, err := o.Year(t.Context(), o.officer(authz.Auditor), q.Year)
		must(t, err)
		if x := year[q.Number-1]; x.Reports != 15 || x.Entities != 1 || x.Answers != 7 || x.Open != 7 || x.Abroad == 0 {
			t.Errorf("%+v", x)
		}
		view, err := o.Situation(t.Context(), o.officer(authz.Auditor), 14)
		must(t, err)
		if view.Cases != 7 || len(view.Sectors) != 1 || view.Sectors[0].High != 6 || view.Sectors[0].Abroad != 6 || view.Sectors[0].Users != 600 || fmt.Sprint(view.States) != "[DE]" {
			t.Errorf("%+v", view)
		}
		must(t, o.Assess(t.Context(), o.officer(authz.Editor), "grave, our words", "Grids", "Two grids are down.", 14))
		notes, err := o.Notes(t.Context(), o.officer(authz.Auditor))
		if err != nil || len(notes) != 1 || notes[0].Figures.Cases != 7 || notes[0].Purpose != "grave, our words" {
			t.Errorf("%+v, %v", notes, err)
		}
		if notes, err := other.Notes(t.Context(), other.officer(authz.Owner)); err != nil || len(notes) != 0 {
			t.Errorf("another authority reads notes: %v, %v", notes, err)
		}
		if err := o.Assess(t.Context(), o.officer(authz.Auditor), "x", "x", "x", 14); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("an auditor writes a note: %v", err)
		}
	})
}

// TestQuarters: a quarter is read as it is written, and its neighbours follow.
func TestQuarters(t *testing.T) {
	for _, text := range []string{"2026Q1", "2026Q4"} {
		q, err := app.ParseQuarter(text)
		if err != nil || q.String() != text || q.After().Before() != q || !q.To().Equal(q.After().From()) || app.QuarterOf(q.To().Add(-1)) != q {
			t.Errorf("%s: %v, %v", text, q, err)
		}
	}
	for _, text := range []string{"", "2026", "2026Q0", "2026Q5", "1026Q1", "2026Q01", "2026Q1 ", "Q1"} {
		if _, err := app.ParseQuarter(text); err == nil {
			t.Errorf("%q is a quarter", text)
		}
	}
}
