package incident

import (
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Regimes of duties that no law but a contract sets.
const (
	Contract = reporting.Contract
	Insurer  = reporting.Insurer
)

// ContractStage is the one stage of a duty by contract.
const ContractStage = reporting.Notice

// Obligation is one duty to report: a regime, towards an authority, by an entity.
// It has one clock for each stage. The terms are copied when it is made, so that a
// later change of a country pack moves no running clock.
type Obligation struct {
	ID           string        `json:"id"`
	Organisation string        `json:"organisation"`
	Incident     string        `json:"incident"`
	Regime       clocks.Regime `json:"regime"`
	Authority    string        `json:"authority"` // name of the recipient
	Country      string        `json:"country"`   // ISO 3166-1 alpha-2
	Zone         string        `json:"zone"`      // IANA name, of the authority: its clocks run in it
	Entity       string        `json:"entity"`    // the reporting entity
	Partner      string        `json:"partner,omitempty"`

	Applies   string    `json:"applies"` // "yes", "no" or "undecided"
	Reason    string    `json:"reason,omitempty"`
	DecidedBy string    `json:"decided_by,omitempty"`
	DecidedAt time.Time `json:"decided_at"`

	Terms        map[clocks.Stage]Term `json:"terms,omitempty"` // national deviations and contracts, as they were
	Holidays     []law.Date            `json:"holidays,omitempty"`
	TrustService bool                  `json:"trust_service"`
	Qualified    law.Truth             `json:"qualified"`
	Exempt       bool                  `json:"exempt"` // Delegated Regulation (EU) 2025/301 Art. 5(5)

	AwareAt     Moment    `json:"aware_at"` // of the breach or incident of this regime; unknown: that of the incident
	Classified  time.Time `json:"classified_at"`
	MeasureAt   time.Time `json:"measure_available_at"`
	RequestedAt time.Time `json:"requested_at"`         // of an intermediate report
	RequestDue  time.Time `json:"due_set_by_authority"` // of that report

	CreatedAt time.Time `json:"created_at"`
	Version   int64     `json:"version"`
}

// Term is a period and what it counts from, in words that clocks reads.
type Term struct {
	Period string `json:"period"` // as clocks.ParsePeriod
	From   string `json:"from"`   // as clocks.ParseInput
}

// Clocks computes every clock of the obligation. reports are those of the
// obligation; only the first of a stage that counts as made moves a clock.
func (o Obligation) Clocks(i Incident, reports []Report, now time.Time) []clocks.Clock {
	if o.Applies == "no" {
		return nil
	}
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		zone = time.UTC
	}
	request := clocks.Request{Regime: o.Regime, Zone: zone, Holiday: o.holiday, TrustService: o.TrustService, Qualified: o.Qualified,
		Art55Exempt: o.Exempt, Significant: o.significant(i), Inputs: o.inputs(i, reports), Profile: o.profile(), Now: now}
	if o.Regime == Contract || o.Regime == Insurer {
		return o.contractual(request, reports)
	}
	return clocks.All([]clocks.Case{{Request: request, Submitted: firstSubmissions(reports)}})
}

// significant matters to the regimes that report significant incidents only. A near miss
// and a threat are no incidents: what is said of them is voluntary, Directive (EU)
// 2022/2555 Art. 30(1).
func (o Obligation) significant(i Incident) law.Truth {
	switch {
	case o.Regime != clocks.NIS2 && o.Regime != clocks.CER:
		return law.True
	case i.Kind.Averted():
		return law.False
	}
	return i.Significance.Truth()
}

func (o Obligation) holiday(d law.Date) bool {
	for _, h := range o.Holidays {
		if h == d {
			return true
		}
	}
	return false
}

func (o Obligation) inputs(i Incident, reports []Report) clocks.Inputs {
	var in clocks.Inputs
	aware := i.AwareAt
	if o.AwareAt.Known() {
		aware = o.AwareAt
	}
	for input, at := range map[clocks.Input]time.Time{
		clocks.OccurredAt: i.OccurredAt.At, clocks.DetectedAt: i.DetectedAt.At, clocks.AwareAt: aware.At, clocks.HandledAt: i.HandledAt.At,
		clocks.ClassifiedAt: o.Classified, clocks.MeasureAvailableAt: o.MeasureAt, clocks.RequestedAt: o.RequestedAt, clocks.DueSetByAuthority: o.RequestDue,
	} {
		in.Set(input, at)
	}
	in.Ongoing = i.State.Running() && !i.HandledAt.Known()
	var latest time.Time
	for _, r := range reports {
		if at := r.MadeAt(); r.Stage == clocks.IntermediateReport && at.After(latest) {
			latest = at
		}
	}
	in.Set(clocks.LatestIntermediateSubmittedAt, latest)
	return in
}

func (o Obligation) profile() clocks.Profile {
	p := clocks.Profile{}
	for stage, t := range o.Terms {
		period, err := clocks.ParsePeriod(t.Period)
		from, ok := clocks.ParseInput(t.From)
		if err == nil && ok {
			p[stage] = clocks.Override{Period: period, From: from}
		}
	}
	return p
}

// contractual is the clock of a duty by contract: a term of its own, counted as
// the early warning of NIS2 is, from what the contract names. Without a term it has no
// deadline, and is reported all the same.
func (o Obligation) contractual(r clocks.Request, reports []Report) []clocks.Clock {
	t, ok := r.Profile[ContractStage]
	if !ok {
		t = clocks.Override{From: clocks.AwareAt}
	}
	r.Regime, r.Stage, r.Significant = clocks.NIS2, clocks.EarlyWarning, law.True
	r.Profile = clocks.Profile{clocks.EarlyWarning: t}
	if at, sent := firstSubmissions(reports)[ContractStage]; sent {
		r.Inputs.Set(clocks.SubmittedAt, at)
	}
	c := clocks.Compute(r)
	c.Regime, c.Stage, c.Citation = o.Regime, ContractStage, o.Partner
	return []clocks.Clock{c}
}

// firstSubmissions is when each stage counted as made first: corrections and updates
// move no clock, and neither does a report that is still on its way.
func firstSubmissions(reports []Report) map[clocks.Stage]time.Time {
	first := map[clocks.Stage]time.Time{}
	for _, r := range reports {
		made := r.MadeAt()
		if at, ok := first[r.Stage]; !made.IsZero() && (!ok || made.Before(at)) {
			first[r.Stage] = made
		}
	}
	return first
}

// Alarm is one reminder of a clock. A clock that moves has its unsent alarms made
// anew; one that was sent is never sent again.
type Alarm struct {
	ID           string       `json:"id"` // obligation, stage, step and deadline
	Organisation string       `json:"organisation"`
	Incident     string       `json:"incident"`
	Obligation   string       `json:"obligation"`
	Stage        clocks.Stage `json:"stage"`
	Step         string       `json:"step"` // "start", "half", "7d", "2d", "4h", "1h" or "overdue"
	At           time.Time    `json:"at"`
	DueAt        time.Time    `json:"due_at"` // strict deadline
	SentAt       time.Time    `json:"sent_at"`
	Late         bool         `json:"late"` // it had fallen due before its clock was known; the store says so
}

// Steps lists the steps of alarms in the order in which they come; no clock has all.
func Steps() []string { return []string{"start", "half", "7d", "2d", "4h", "1h", "overdue"} }

// LateStep is the step of an alarm about a case whose clocks became known when their
// reminders had fallen due already. It has reached every step.
const LateStep = "late"

// Reached reports whether a step is the step from, or comes after it. Every step has
// reached "".
func Reached(step, from string) bool {
	return from == "" || step == LateStep || slices.Index(Steps(), step) >= slices.Index(Steps(), from)
}

// Alarms lists the reminders of the clocks that still run.
func (o Obligation) Alarms(list []clocks.Clock) []Alarm {
	var out []Alarm
	for _, c := range list {
		if !c.Submitted.IsZero() || c.Strict.IsZero() || c.Projected || c.Status == clocks.Voluntary {
			continue
		}
		for _, at := range clocks.Reminders(c) {
			step := stepOf(c, at)
			out = append(out, Alarm{ID: o.ID + "/" + string(c.Stage) + "/" + step + "/" + c.Strict.UTC().Format(time.RFC3339), Organisation: o.Organisation,
				Incident: o.Incident, Obligation: o.ID, Stage: c.Stage, Step: step, At: at.UTC(), DueAt: c.Strict.UTC()})
		}
	}
	return out
}

// Reminders lists the alarms of a time that somebody set, which is no clock of the law:
// at its start, half way, some time before the end, and at the end. The leads are those
// of clocks in hours, and from four days on those of clocks in months.
func Reminders(o Obligation, stage clocks.Stage, start, due time.Time) (out []Alarm) {
	type lead struct {
		step string
		at   time.Time
	}
	leads := []lead{{"start", start}, {"half", start.Add(due.Sub(start) / 2)}, {"4h", due.Add(-4 * time.Hour)}, {"1h", due.Add(-time.Hour)}, {"overdue", due}}
	if due.Sub(start) > 4*24*time.Hour {
		leads[2], leads[3] = lead{"7d", due.Add(-7 * 24 * time.Hour)}, lead{"2d", due.Add(-48 * time.Hour)}
	}
	for _, x := range leads {
		if !x.at.Before(start) || x.at.Equal(due) {
			out = append(out, Alarm{ID: o.ID + "/" + x.step, Organisation: o.Organisation, Incident: o.Incident, Obligation: o.ID, Stage: stage,
				Step: x.step, At: x.at.UTC(), DueAt: due.UTC()})
		}
	}
	return out
}

// stepOf names a reminder by its distance from the deadline.
func stepOf(c clocks.Clock, at time.Time) string {
	switch d := c.Strict.Sub(at); {
	case d <= 0:
		return "overdue"
	case at.Equal(c.AnchorAt):
		return "start"
	case d == time.Hour:
		return "1h"
	case d == 4*time.Hour:
		return "4h"
	case d == 48*time.Hour:
		return "2d"
	case d == 7*24*time.Hour:
		return "7d"
	}
	return "half"
}
