package incidents_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// model is what a case should be, kept beside it from what was said and accepted:
// the oracle computes every clock from it by law/clocks alone.
type model struct {
	test  *testing.T
	t     *rapid.T
	d     desk
	actor authz.Actor
	id    string

	times       map[clocks.Input]time.Time
	significant law.Truth
	running     bool
	duties      map[string]*modelDuty
	frozen      map[string][]byte // report → its bytes
	way         map[string]posted // reports that are on their way
	due         map[string]time.Time
}

type modelDuty struct {
	applies string
	own     map[clocks.Input]time.Time
	first   map[clocks.Stage]time.Time
}

// posted is a report that was submitted and has not arrived.
type posted struct {
	duty  string
	stage clocks.Stage
	at    time.Time
}

// TestNoOrderOfActsClaimsAWrongDeadline: whatever is said, corrected, sent and
// received in whatever order, every clock is what the law makes of the record, a
// sent report never changes and carries the deadline of its time, one duty moves no
// clock of another, and the alarms are those of the clocks.
func TestNoOrderOfActsClaimsAWrongDeadline(t *testing.T) {
	d := open(t)
	// Each check plays a whole case on a database, so a few must do; -rapid.checks
	// asks for more.
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		must(t, f.Value.Set("8"))
		t.Cleanup(func() { must(t, f.Value.Set(f.DefValue)) })
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{test: t, t: rt, d: d, actor: d.actor("anna", authz.Owner), significant: law.Unknown, running: true, times: map[clocks.Input]time.Time{},
			duties: map[string]*modelDuty{}, frozen: map[string][]byte{}, way: map[string]posted{}, due: map[string]time.Time{}}
		i, err := d.Intake(t.Context(), m.actor, d.organisation, incidents.Notice{Title: "Case", Text: "What happened", Kind: incident.Happened, Zone: "Europe/Vienna"})
		if err != nil {
			rt.Fatal(err)
		}
		m.id = i.ID
		m.times[clocks.DetectedAt] = d.clock.Now()
		if _, err := d.Propose(t.Context(), m.actor, d.organisation, i.ID); err != nil {
			rt.Fatal(err)
		}
		for _, duty := range m.load().Duties {
			m.duties[duty.ID] = &modelDuty{applies: duty.Applies, own: map[clocks.Input]time.Time{}, first: map[clocks.Stage]time.Time{}}
		}
		m.do(d.PutFact(t.Context(), m.actor, d.organisation, i.ID, "malicious", reporting.Value{Unknown: true}))
		m.check()
		rt.Repeat(map[string]func(*rapid.T){
			"time passes": func(rt *rapid.T) {
				d.clock.Move(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "minutes")) * time.Minute)
			},
			"a time": m.setTime, "a decision": m.decide, "the state": m.triage, "a duty": m.apply, "a time of a duty": m.setInput,
			"a report": m.send, "a receipt": m.receive, "an arrival": m.arrive, "a fact": m.fact, "": func(*rapid.T) { m.check() },
		})
	})
}

// do fails the test on an error that is no refusal of the input.
func (m *model) do(err error) (accepted bool) {
	if k := fault.KindOf(err); err != nil && k != fault.Invalid && k != fault.Conflict && k != fault.NotFound {
		m.t.Fatal(err)
	}
	return err == nil
}

func (m *model) load() incidents.Case {
	c, err := m.d.Load(m.test.Context(), m.actor, m.d.organisation, m.id)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// past is a time that can have been, to the second; rarely it is not known.
func (m *model) past(rt *rapid.T) incident.Moment {
	if rapid.IntRange(0, 9).Draw(rt, "unknown") == 0 {
		return incident.Moment{Reason: "not known after all"}
	}
	at := m.d.clock.Now().Add(-time.Duration(rapid.IntRange(0, 4000).Draw(rt, "minutes ago")) * time.Minute).Truncate(time.Second)
	zone := rapid.SampledFrom([]string{"Europe/Vienna", "UTC", "America/New_York"}).Draw(rt, "zone")
	return incident.Moment{At: at, Zone: zone, Reason: "the log says so"}
}

func (m *model) setTime(rt *rapid.T) {
	which := rapid.SampledFrom([]string{incidents.OccurredAt, incidents.DetectedAt, incidents.AwareAt, incidents.AwareAt, incidents.HandledAt}).Draw(rt, "which")
	at := m.past(rt)
	if m.do(m.d.SetMoment(m.test.Context(), m.actor, m.d.organisation, m.id, which, at)) {
		input, _ := clocks.ParseInput(which)
		m.times[input] = at.At
	}
}

func (m *model) decide(rt *rapid.T) {
	is := rapid.Bool().Draw(rt, "significant")
	if m.do(m.d.Decide(m.test.Context(), m.actor, m.d.organisation, m.id, is, "seen")) {
		m.significant = law.TruthOf(is)
	}
}

func (m *model) triage(rt *rapid.T) {
	state := rapid.SampledFrom([]incident.State{incident.Open, incident.Contained, incident.Handled}).Draw(rt, "state")
	if m.do(m.d.Triage(m.test.Context(), m.actor, m.d.organisation, m.id, incident.Happened, state, "")) {
		m.running = state != incident.Handled
	}
}

func (m *model) duty(rt *rapid.T) string {
	return rapid.SampledFrom(slices.Sorted(maps.Keys(m.duties))).Draw(rt, "duty")
}

// alone runs f, which concerns one duty, and checks that no clock of another moved.
func (m *model) alone(duty string, f func()) {
	before := m.load()
	f()
	for n, d := range m.load().Duties {
		if d.ID != duty && !slices.EqualFunc(d.Clocks, before.Duties[n].Clocks, same) {
			m.t.Fatalf("a clock of %s moved with %s:\n%+v\n%+v", d.ID, duty, before.Duties[n].Clocks, d.Clocks)
		}
	}
}

func same(a, b clocks.Clock) bool {
	return a.Stage == b.Stage && a.Strict.Equal(b.Strict) && a.Status == b.Status && a.Projected == b.Projected && a.AnchorAt.Equal(b.AnchorAt) && a.Submitted.Equal(b.Submitted)
}

func (m *model) apply(rt *rapid.T) {
	duty, applies := m.duty(rt), rapid.SampledFrom([]string{"yes", "yes", "no", "undecided"}).Draw(rt, "applies")
	m.alone(duty, func() {
		if m.do(m.d.Apply(m.test.Context(), m.actor, m.d.organisation, m.id, duty, applies, "looked at")) {
			m.duties[duty].applies = applies
		}
	})
}

func (m *model) setInput(rt *rapid.T) {
	duty, at := m.duty(rt), m.past(rt)
	input := rapid.SampledFrom([]clocks.Input{clocks.AwareAt, clocks.ClassifiedAt, clocks.RequestedAt, clocks.DueSetByAuthority}).Draw(rt, "input")
	m.alone(duty, func() {
		if m.do(m.d.SetInput(m.test.Context(), m.actor, m.d.organisation, m.id, duty, input.String(), at)) {
			m.duties[duty].own[input] = at.At
		}
	})
}

func (m *model) fact(rt *rapid.T) {
	text := rapid.StringN(0, 20, 100).Draw(rt, "text")
	m.do(m.d.PutFact(m.test.Context(), m.actor, m.d.organisation, m.id, "description", reporting.Value{Text: "x" + text}))
}

// send submits a report of a stage, a correction when it was sent before.
func (m *model) send(rt *rapid.T) {
	duty, stage := m.duty(rt), rapid.SampledFrom([]clocks.Stage{clocks.EarlyWarning, clocks.IncidentNotification, clocks.FinalReport}).Draw(rt, "stage")
	corrects := ""
	for _, d := range m.load().Duties {
		for _, r := range d.Reports {
			if d.ID == duty && r.Stage == stage && r.Sent() {
				corrects = r.ID
			}
		}
	}
	m.alone(duty, func() {
		r, err := m.d.Begin(m.test.Context(), m.actor, m.d.organisation, m.id, duty, stage, corrects)
		if !m.do(err) {
			return
		}
		for field, v := range map[string]reporting.Value{"severity": {Text: "high"}, "root_cause": {Text: "phishing"}} {
			m.do(m.d.PutOwn(m.test.Context(), m.actor, m.d.organisation, m.id, r.ID, field, v, false))
		}
		due := m.oracle(m.dutyOf(duty), m.d.clock.Now())[stage].Strict
		how := incidents.Sending{Channel: rapid.SampledFrom([]string{incidents.ChannelPortal, incidents.ChannelNisaba}).Draw(rt, "channel"), Bypass: "at night"}
		at := m.d.clock.Now()
		if how.Channel == incidents.ChannelPortal && rapid.Bool().Draw(rt, "said later") {
			at = at.Add(-time.Duration(rapid.IntRange(0, 200).Draw(rt, "minutes ago")) * time.Minute)
			how.At = at
		}
		if !m.do(m.d.Submit(m.test.Context(), m.actor, m.d.organisation, m.id, r.ID, how)) {
			return
		}
		m.due[r.ID], m.frozen[r.ID] = due, nil
		if how.Channel == incidents.ChannelNisaba {
			m.way[r.ID] = posted{duty, stage, at}
			return
		}
		m.made(duty, stage, at)
	})
}

// made notes that a report reached the authority.
func (m *model) made(duty string, stage clocks.Stage, at time.Time) {
	if first, sent := m.duties[duty].first[stage]; !sent || at.Before(first) {
		m.duties[duty].first[stage] = at
	}
}

// arrive brings the authority's signed receipt of a report that is on its way, which
// may have been there for a while.
func (m *model) arrive(rt *rapid.T) {
	if len(m.way) == 0 {
		return
	}
	report := rapid.SampledFrom(slices.Sorted(maps.Keys(m.way))).Draw(rt, "report")
	x, now := m.way[report], m.d.clock.Now()
	at := now.Add(-time.Duration(rapid.Int64Range(0, int64(now.Sub(x.at)/time.Millisecond)).Draw(rt, "ms ago")) * time.Millisecond)
	m.alone(x.duty, func() {
		if err := m.d.delivered(report, at, "signed"); err != nil {
			m.t.Fatal(err)
		}
		m.made(x.duty, x.stage, at)
		delete(m.way, report)
	})
}

func (m *model) dutyOf(id string) incidents.Duty {
	for _, d := range m.load().Duties {
		if d.ID == id {
			return d
		}
	}
	m.t.Fatalf("the duty %s is gone", id)
	return incidents.Duty{}
}

func (m *model) receive(rt *rapid.T) {
	if len(m.frozen) == 0 {
		return
	}
	report := rapid.SampledFrom(slices.Sorted(maps.Keys(m.frozen))).Draw(rt, "report")
	in := incidents.Received{At: m.d.clock.Now(), Reference: "CERT-1", Receipt: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "receipt"),
		Channel: rapid.SampledFrom([]string{"", incidents.ChannelPhone}).Draw(rt, "channel")}
	x, underway := m.way[report]
	accepted := m.do(m.d.Receive(m.test.Context(), m.actor, m.d.organisation, m.id, report, in))
	if underway && accepted != (in.Channel != "") {
		m.t.Fatalf("a report on its way, by %q: accepted %t", in.Channel, accepted)
	}
	if underway && accepted {
		m.made(x.duty, x.stage, in.At)
		delete(m.way, report)
	}
}

// oracle computes the clocks of a duty from the model alone.
func (m *model) oracle(d incidents.Duty, now time.Time) map[clocks.Stage]clocks.Clock {
	duty, out := m.duties[d.ID], map[clocks.Stage]clocks.Clock{}
	if duty.applies == "no" {
		return out
	}
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		m.t.Fatal(err)
	}
	r := clocks.Request{Regime: d.Regime, Zone: zone, Significant: law.True, Qualified: law.Unknown, Now: now, Profile: clocks.Profile{},
		Holiday: func(day law.Date) bool { return slices.Contains(d.Holidays, day) }}
	if d.Regime == clocks.NIS2 || d.Regime == clocks.CER {
		r.Significant = m.significant
	}
	for input, at := range m.times {
		r.Inputs.Set(input, at)
	}
	for input, at := range duty.own {
		if input != clocks.AwareAt || !at.IsZero() {
			r.Inputs.Set(input, at)
		}
	}
	r.Inputs.Ongoing = m.running && m.times[clocks.HandledAt].IsZero()
	for stage, term := range d.Terms {
		period, err := clocks.ParsePeriod(term.Period)
		from, ok := clocks.ParseInput(term.From)
		if err != nil || !ok {
			m.t.Fatalf("term %+v", term)
		}
		r.Profile[stage] = clocks.Override{Period: period, From: from}
	}
	for _, c := range clocks.All([]clocks.Case{{Request: r, Submitted: duty.first}}) {
		out[c.Stage] = c
	}
	return out
}

// check compares the case with the model.
func (m *model) check() {
	c, now := m.load(), m.d.clock.Now()
	alarms := map[string]bool{}
	for _, d := range c.Duties {
		want := m.oracle(d, now)
		if len(want) != len(d.Clocks) {
			m.t.Fatalf("%s has %d clocks, wanted %d", d.Regime, len(d.Clocks), len(want))
		}
		for _, k := range d.Clocks {
			if w := want[k.Stage]; !same(k, w) {
				m.t.Fatalf("%s %s:\n%+v, wanted\n%+v", d.Regime, k.Stage, k, w)
			}
			if k.Status == clocks.OnTime && k.Submitted.After(k.Strict) || k.Status == clocks.Late && !k.Submitted.After(k.Strict) {
				m.t.Fatalf("%s %s is %s: sent %v, due %v", d.Regime, k.Stage, k.Status, k.Submitted, k.Strict)
			}
			if k.Submitted.IsZero() && !k.Strict.IsZero() && !k.Projected && k.Status != clocks.Voluntary {
				for _, at := range clocks.Reminders(k) {
					alarms[d.ID+" "+string(k.Stage)+" "+at.UTC().String()+" "+k.Strict.UTC().String()] = true
				}
			}
		}
		for _, r := range d.Reports {
			m.unchanged(r)
		}
	}
	for _, a := range m.d.alarms(m.test) {
		if a.Incident != m.id {
			continue
		}
		key := a.Obligation + " " + string(a.Stage) + " " + a.At.UTC().String() + " " + a.DueAt.UTC().String()
		if !alarms[key] || !a.SentAt.IsZero() {
			m.t.Fatalf("an alarm that no clock asks for: %+v", a)
		}
		delete(alarms, key)
	}
	for key := range alarms {
		m.t.Fatalf("no alarm: %s", key)
	}
}

// unchanged checks a sent report against its first bytes.
func (m *model) unchanged(r incident.Report) {
	before, sent := m.frozen[r.ID]
	if sent != r.Sent() {
		m.t.Fatalf("report %s is %s", r.ID, r.Status)
	}
	if !sent {
		return
	}
	if before == nil {
		before, m.frozen[r.ID] = r.Content, r.Content
	}
	f, err := incident.Thaw(r.Content)
	if err != nil {
		m.t.Fatal(err)
	}
	sum := sha256.Sum256(r.Content)
	if !bytes.Equal(before, r.Content) || hex.EncodeToString(sum[:]) != r.SHA256 {
		m.t.Fatalf("the bytes of %s changed", r.ID)
	}
	if due := m.due[r.ID]; !f.DueAt.Equal(due) || !r.DueAt.Equal(due) {
		m.t.Fatalf("%s says that it was due %v and %v, wanted %v", r.ID, f.DueAt, r.DueAt, due)
	}
}
