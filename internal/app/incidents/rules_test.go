package incidents_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// TestNothingOfAnotherCase: a duty and a report are found under their own case alone,
// whatever is to be done with them.
func TestNothingOfAnotherCase(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Owner)
	own, other := d.started(t, anna, "Mail is down"), d.started(t, anna, "Files are encrypted")
	for _, i := range []incident.Incident{own, other} {
		_, err := d.Propose(ctx, anna, d.organisation, i.ID)
		must(t, err)
	}
	duty := d.duties(t, anna, own.ID)[0].ID
	r, err := d.Begin(ctx, anna, d.organisation, own.ID, duty, clocks.EarlyWarning, "")
	must(t, err)
	seen := incident.Moment{At: d.clock.Now(), Zone: "UTC", Reason: "seen"}
	for name, err := range map[string]error{
		"a duty that applies":      d.Apply(ctx, anna, d.organisation, other.ID, duty, "yes", "so it is"),
		"a time of a duty":         d.SetInput(ctx, anna, d.organisation, other.ID, duty, clocks.AwareAt.String(), seen),
		"a report of a duty":       drop(d.Begin(ctx, anna, d.organisation, other.ID, duty, clocks.EarlyWarning, "")),
		"a report":                 drop(d.Sheet(ctx, anna, d.organisation, other.ID, r.ID)),
		"the paper of a report":    drop(d.Paper(ctx, anna, d.organisation, other.ID, r.ID)),
		"an answer of a report":    d.PutOwn(ctx, anna, d.organisation, other.ID, r.ID, "malicious", reporting.Value{Text: "yes"}, false),
		"an approval":              d.Approve(ctx, d.actor("ben", authz.Consultant), d.organisation, other.ID, r.ID),
		"a report that is sent":    d.Submit(ctx, anna, d.organisation, other.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal, Bypass: "alone"}),
		"a receipt":                d.Receive(ctx, anna, d.organisation, other.ID, r.ID, incidents.Received{At: d.clock.Now(), Channel: incidents.ChannelPhone}),
		"a report that is dropped": d.Withdraw(ctx, anna, d.organisation, other.ID, r.ID),
	} {
		if fault.KindOf(err) != fault.NotFound || err == nil {
			t.Errorf("%s of another case: %v", name, err)
		}
	}
	if got := d.duties(t, anna, own.ID)[0]; len(got.Reports) != 1 || got.Reports[0].Status != incident.Draft {
		t.Errorf("the report became %+v", got.Reports)
	}
}

// TestFactsThatCannotBe: a fact of the significance test is a number of its unit, or an
// answer; what is none is refused, and the first and the last number that can be are not.
func TestFactsThatCannotBe(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i := d.started(t, anna, "Mail is down")
	for _, f := range significance.Fields() {
		good, bad := []string{"0", "1", "unknown", ""}, []string{"-1", "-0.5", "1e16", "NaN", "Inf", "many", "true"}
		switch {
		case f.Unit == significance.YesNo:
			good, bad = []string{"true", "false", "unknown", ""}, []string{"1", "yes", "TRUE"}
		case f.Unit == significance.Percent:
			good, bad = append(good, "100", "99.5"), append(bad, "100.5", "101")
		case f.Unit.Whole():
			good, bad = append(good, "1e15"), append(bad, "1.5")
		default:
			good = append(good, "1.5", "1e15")
		}
		for _, value := range bad {
			if err := d.PutCriterion(ctx, anna, d.organisation, i.ID, f.Name, value); fault.KindOf(err) != fault.Invalid || err == nil {
				t.Errorf("%s (%s) as %q: %v", f.Name, f.Unit, value, err)
			}
		}
		for _, value := range good {
			if err := d.PutCriterion(ctx, anna, d.organisation, i.ID, f.Name, value); err != nil {
				t.Errorf("%s (%s) as %q: %v", f.Name, f.Unit, value, err)
			}
		}
	}
	if err := d.PutCriterion(ctx, anna, d.organisation, i.ID, "no such fact", "1"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a fact that there is not: %v", err)
	}
}

// TestNextDeadline: what comes next is the deadline that ends first of a duty that may
// apply, and of two that end at once that of the duty that surely does.
func TestNextDeadline(t *testing.T) {
	at := func(hours int) time.Time {
		return time.Date(2026, 3, 28, 13, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
	}
	duty := func(id, applies string, list ...clocks.Clock) incidents.Duty {
		return incidents.Duty{Obligation: incident.Obligation{ID: id, Applies: applies}, Clocks: list}
	}
	open := func(hours int) clocks.Clock {
		return clocks.Clock{Stage: clocks.EarlyWarning, Strict: at(hours), Status: clocks.Open}
	}
	sent, projected, overdue := open(1), open(1), open(2)
	sent.Status, projected.Projected, overdue.Status = clocks.OnTime, true, clocks.Overdue
	for _, tc := range []struct {
		name   string
		duties []incidents.Duty
		want   string // of the duty
	}{
		{"none", nil, ""},
		{"what does not apply", []incidents.Duty{duty("a", "no", open(1))}, ""},
		{"what was sent, is projected, or has no time", []incidents.Duty{duty("a", "yes", sent, projected, clocks.Clock{Status: clocks.Open})}, ""},
		{"the first one", []incidents.Duty{duty("a", "yes", open(3)), duty("b", "yes", open(2)), duty("c", "yes", open(4))}, "b"},
		{"what is overdue", []incidents.Duty{duty("a", "yes", open(3)), duty("b", "yes", overdue)}, "b"},
		{"what is undecided and ends first", []incidents.Duty{duty("a", "yes", open(3)), duty("b", "undecided", open(2))}, "b"},
		{"at once, the sure one later", []incidents.Duty{duty("a", "undecided", open(2)), duty("b", "yes", open(2))}, "b"},
		{"at once, the sure one earlier", []incidents.Duty{duty("a", "yes", open(2)), duty("b", "undecided", open(2))}, "a"},
		{"at once, both sure", []incidents.Duty{duty("a", "yes", open(2)), duty("b", "yes", open(2))}, "a"},
		{"at once, none sure", []incidents.Duty{duty("a", "undecided", open(2)), duty("b", "undecided", open(2))}, "a"},
	} {
		c, of := incidents.Case{Duties: tc.duties}.Next()
		if of.ID != tc.want || c.Strict.IsZero() != (tc.want == "") {
			t.Errorf("%s: of %q, due %v, want %q", tc.name, of.ID, c.Strict, tc.want)
		}
	}
}
