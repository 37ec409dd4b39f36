package authority_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/filing"
	app "github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

func forms(t testing.TB) *reporting.Set {
	t.Helper()
	set, err := reporting.Load(content.FS)
	must(t, err)
	return set
}

func (o office) file(t testing.TB, change func(*incident.Frozen)) {
	t.Helper()
	if r := o.post(t, filing.ReportsPath, o.report(t, change)); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
}

func (o office) inbox(t testing.TB, f authority.Filter, text string) []string {
	t.Helper()
	in, err := o.Inbox(t.Context(), o.officer(authz.Auditor), f, text, "")
	must(t, err)
	var out []string
	for _, r := range in.Rows {
		out = append(out, r.Report.Report)
	}
	slices.Sort(out)
	return out
}

// TestInbox: each filter shows what it says, and the answer to an early warning is
// a clock of the authority that only an answer ends.
func TestInbox(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := registered(t, b, service(t, b))
		must(t, b.Write(t.Context(), tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			return tx.PutRollup(assessment.Rollup{Organisation: o.organisation, Class: "essential", Sectors: []string{"energy", "water"}})
		}))
		o.file(t, func(f *incident.Frozen) { f.ID = "warning"; f.Values["cross_border"] = reporting.Value{Text: "yes"} })
		o.file(t, func(f *incident.Frozen) {
			f.ID, f.Stage, f.AwareAt, f.DueAt = "late", clocks.IncidentNotification, b.Clock.Now().Add(-80*time.Hour), time.Time{}
		})
		o.file(t, func(f *incident.Frozen) { // claims a deadline that the directive does not allow
			f.ID, f.Case, f.AwareAt, f.DueAt = "claims", "other", b.Clock.Now().Add(-30*time.Hour), b.Clock.Now().Add(time.Hour)
		})
		o.file(t, func(f *incident.Frozen) {
			f.ID, f.Case, f.Regime, f.Reference, f.Voluntary, f.AwareAt, f.DueAt = "gdpr", "third", clocks.GDPR, "2026-077", true, time.Time{}, b.Clock.Now().Add(-time.Hour)
		})
		for _, tc := range []struct {
			name string
			f    authority.Filter
			text string
			want string
		}{
			{"all", authority.Filter{}, "", "claims gdpr late warning"},
			{"unanswered", authority.Filter{Show: "unanswered"}, "", "claims warning"},
			{"overdue", authority.Filter{Show: "overdue"}, "", ""},
			{"late", authority.Filter{Show: "late"}, "", "claims late"},
			{"new", authority.Filter{Show: "new"}, "", "claims gdpr late warning"},
			{"regime", authority.Filter{Regime: "gdpr"}, "", "gdpr"},
			{"stage", authority.Filter{Stage: "incident_notification"}, "", "late"},
			{"sector", authority.Filter{Sector: "energy", Class: "essential"}, "", "claims gdpr late warning"},
			{"another sector", authority.Filter{Sector: "water"}, "", ""},
			{"another class", authority.Filter{Class: "important"}, "", ""},
			{"abroad", authority.Filter{CrossBorder: true}, "", "warning"},
			{"name", authority.Filter{}, "seewinkel", "claims gdpr late warning"},
			{"reference", authority.Filter{}, "2026-077", "gdpr"},
			{"nothing", authority.Filter{}, "no such thing", ""},
			{"another entity", authority.Filter{Organisation: "x"}, "", ""},
		} {
			if got := strings.Join(o.inbox(t, tc.f, tc.text), " "); got != tc.want {
				t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
			}
		}
		b.Clock.Move(25 * time.Hour)
		in, err := o.Inbox(t.Context(), o.officer(authz.Editor), authority.Filter{}, "", "")
		must(t, err)
		if in.Counts != (authority.Counts{Unanswered: 2, Overdue: 2, New: 4}) || in.Rows[0].Name != "Seewinkel" || in.Rows[0].Reference == "" || in.Next != "" {
			t.Errorf("%+v %+v", in.Counts, in.Rows[0])
		}
		i := slices.IndexFunc(in.Rows, func(r authority.Row) bool { return r.Report.Report == "warning" })
		id := in.Rows[i].Case
		if _, err := o.Ask(t.Context(), o.officer(authz.Editor), id, "", "since when?", time.Time{}); err != nil {
			t.Fatal(err)
		}
		if got := o.inbox(t, authority.Filter{Show: "overdue"}, ""); len(got) != 2 {
			t.Errorf("a question counts as an answer: %v", got)
		}
		if _, err := o.Answer(t.Context(), o.officer(authz.Editor), id, "Take the server off the network."); err != nil {
			t.Fatal(err)
		}
		if got := o.inbox(t, authority.Filter{Show: "unanswered"}, ""); len(got) != 1 || got[0] != "claims" {
			t.Errorf("after the answer: %v", got)
		}
	})
}

// TestReview: a report passes or is sent back with what to mend; what came is never
// changed by it.
func TestReview(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	s := service(t, b)
	o, other := registered(t, b, s), registered(t, b, s)
	o.file(t, func(f *incident.Frozen) { f.ID = "r1" })
	o.file(t, func(f *incident.Frozen) {
		f.ID, f.Stage = "r2", clocks.IncidentNotification
		f.Values = reporting.Values{"description": {Text: "deleted"}, "severity": {Text: "high"}, "invented": {Text: "x"}}
	})
	ctx, olga := t.Context(), o.officer(authz.Editor)
	list, err := o.Cases(ctx, olga, 1)
	must(t, err)
	c, err := o.Load(ctx, olga, list[0].ID)
	must(t, err)
	fields, sheets := o.Compare(c)
	if len(sheets) != 2 || !sheets[1].Changed["description"] || !sheets[1].Changed["severity"] || sheets[0].Changed["description"] ||
		len(fields) != 3 || fields[0].ID != "description" || fields[2].ID != "invented" {
		t.Errorf("%+v %+v", fields, sheets)
	}
	if err := o.Review(ctx, olga, c.ID, c.Reports[0].ID, authority.Revise, " ", time.Time{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("sent back without a word: %v", err)
	}
	must(t, o.Review(ctx, olga, c.ID, c.Reports[0].ID, authority.Revise, "Say which server.", time.Time{}))
	if err := o.Review(ctx, olga, c.ID, c.Reports[1].ID, authority.Passed, "Thank you.", time.Time{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("passed with words that nobody reads: %v", err)
	}
	must(t, o.Review(ctx, olga, c.ID, c.Reports[1].ID, authority.Passed, "", time.Time{}))
	if err := o.Review(ctx, olga, c.ID, c.Reports[1].ID, authority.Passed, "", b.Clock.Now().Add(time.Hour)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("passed, with a time for mending it: %v", err)
	}
	must(t, o.Remark(ctx, olga, c.ID, "r1", "Not the first time."))
	must(t, o.Take(ctx, olga, c.ID))
	must(t, o.SetState(ctx, olga, c.ID, authority.Closed))
	after, err := o.Load(ctx, olga, c.ID)
	must(t, err)
	if r := after.Reports[0]; r.Review != authority.Revise || r.ReviewedByName != "Olga" || r.Content != c.Reports[0].Content || after.State != authority.Closed || after.Handler != "olga" {
		t.Errorf("%+v", r)
	}
	said := 0
	for _, m := range after.Messages {
		if m.Kind == authority.Remark && m.Out() {
			t.Error("a remark went to the entity")
		}
		if m.Kind == authority.Revision && m.About == "r1" && m.Text == "Say which server." && m.Out() {
			said++
		}
		if m.Kind == authority.Settled {
			t.Error("a report that was not sent back is settled")
		}
	}
	if said != 1 {
		t.Errorf("the report was sent back %d times", said)
	}
	must(t, o.Review(ctx, olga, c.ID, c.Reports[0].ID, authority.Passed, "", time.Time{}))
	must(t, o.Review(ctx, olga, c.ID, c.Reports[0].ID, authority.Passed, "", time.Time{})) // once is enough
	after, err = o.Load(ctx, olga, c.ID)
	must(t, err)
	settled := slices.DeleteFunc(after.Messages, func(m authority.Message) bool { return m.Kind != authority.Settled })
	if len(settled) != 1 || settled[0].About != "r1" || !settled[0].Out() || after.Reports[0].Review != authority.Passed {
		t.Errorf("settled: %+v", settled)
	}
	changed := after.Reports[0]
	changed.Content = "{}"
	err = b.Write(ctx, tenant.System("test").In(o.workspace, o.organisation), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		_, err := tx.ReviewAuthorityReport(changed)
		return err
	})
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("the bytes were changed: %v", err)
	}
	for name, do := range map[string]func(authz.Actor) error{
		"review": func(a authz.Actor) error {
			return other.Review(ctx, a, c.ID, c.Reports[0].ID, authority.Passed, "", time.Time{})
		},
		"remark": func(a authz.Actor) error { return other.Remark(ctx, a, c.ID, "", "x") },
		"take":   func(a authz.Actor) error { return other.Take(ctx, a, c.ID) },
		"state":  func(a authz.Actor) error { return other.SetState(ctx, a, c.ID, authority.Open) },
		"answer": func(a authz.Actor) error { _, err := other.Answer(ctx, a, c.ID, "x"); return err },
	} {
		if err := do(other.officer(authz.Owner)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s in a case of another authority: %v", name, err)
		}
		if err := do(other.officer(authz.Auditor)); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s by an auditor: %v", name, err)
		}
	}
	if _, err := other.Original(ctx, other.officer(authz.Owner), c.ID, c.Reports[0].ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a report of another authority: %v", err)
	}
}

// many fills an inbox with n reports of 200 entities.
func many(t testing.TB, b *storetest.Bench, n int) office {
	t.Helper()
	o := open(t, b, service(t, b), tenant.Authority)
	sectors := []string{"energy", "transport", "health", "drinking-water", "digital-infrastructure", "food"}
	var entities []string
	must(t, b.Write(context.Background(), tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		for i := range 200 {
			e, err := tx.PutOrganisation(tenant.Organisation{ID: id.New(), Kind: tenant.Client, Name: fmt.Sprintf("Entity %03d", i)})
			if err != nil {
				return err
			}
			entities = append(entities, e.ID)
		}
		return nil
	}))
	text := strings.Repeat("x", 2000)
	now := b.Clock.Now()
	for start := 0; start < n; start += 1000 {
		must(t, b.Write(context.Background(), tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			for i := start; i < min(start+1000, n); i++ {
				e := entities[i%len(entities)]
				c := authority.Case{ID: fmt.Sprint("case", i/3), Organisation: e, EntityCase: fmt.Sprint("e", i/3), Regime: "nis2", Reference: fmt.Sprintf("2026-%06d", i/3), State: authority.Open}
				if i%3 == 0 {
					if _, err := tx.PutAuthorityCase(c); err != nil {
						return err
					}
				} else {
					e = entities[(i-i%3)%len(entities)]
				}
				r := authority.Report{Organisation: e, Case: c.ID, Report: fmt.Sprint("r", i), Stage: string(clocks.Stages(clocks.NIS2)[i%3]), Regime: "nis2", Media: authority.JSON,
					Content: text, Sector: sectors[i%200%len(sectors)], Class: []string{"essential", "important"}[i%2], CrossBorder: []string{"no", "yes", "unknown"}[i%3],
					Late: i%20 == 0, Review: []string{authority.Passed, authority.Unseen}[i%10/9], ReceivedAt: now.Add(-time.Duration(n-i) * time.Minute)}
				if i%3 == 0 {
					r.AnswerDue = r.ReceivedAt.Add(authority.AnswerWithin)
					if i < n-3000 {
						r.AnsweredAt = r.ReceivedAt.Add(time.Hour)
					}
				}
				if _, err := tx.AddAuthorityReport(r); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return o
}

// TestInboxPages: every report is on exactly one page.
func TestInboxPages(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	o := many(t, b, 180)
	seen, cursor := map[string]bool{}, ""
	for {
		in, err := o.Inbox(t.Context(), o.officer(authz.Owner), authority.Filter{}, "", cursor)
		must(t, err)
		for _, r := range in.Rows {
			if seen[r.ID] {
				t.Errorf("%s is on two pages", r.Report.Report)
			}
			seen[r.ID] = true
		}
		if cursor = in.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 180 {
		t.Errorf("%d reports on the pages", len(seen))
	}
	if _, err := o.Inbox(t.Context(), o.officer(authz.Owner), authority.Filter{}, "", "nonsense"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a cursor that is none: %v", err)
	}
}

// BenchmarkInbox opens pages of an inbox of 50,000 reports under every filter.
func BenchmarkInbox(b *testing.B) {
	bench := storetest.Open(b, storetest.SQLite(b))
	o := many(b, bench, 50_000)
	for name, view := range map[string]struct {
		f    authority.Filter
		text string
	}{
		"all": {}, "unanswered": {f: authority.Filter{Show: "unanswered"}}, "overdue": {f: authority.Filter{Show: "overdue"}}, "late": {f: authority.Filter{Show: "late"}},
		"new": {f: authority.Filter{Show: "new"}}, "abroad": {f: authority.Filter{CrossBorder: true}}, "sector": {f: authority.Filter{Sector: "energy"}},
		"nothing": {f: authority.Filter{Sector: "energy", Class: "essential", Stage: "final_report", Show: "late", CrossBorder: true}},
		"class":   {f: authority.Filter{Class: "important", Stage: "early_warning"}}, "name": {text: "Entity 007"}, "reference": {text: "2026-016001"},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				if _, err := o.Inbox(context.Background(), o.officer(authz.Auditor), view.f, view.text, ""); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}

// TestMended: a report that is sent back with a time counts as sent back until another
// one comes in its place, by wire or on paper, and as overdue when the time is over.
func TestMended(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := registered(t, b, posting(t, b))
		ctx, olga := t.Context(), o.officer(authz.Editor)
		o.file(t, func(f *incident.Frozen) { f.ID, f.Reference = "r1", "2026-001" })
		c, err := o.TakeIn(ctx, olga, o.organisation, app.Paper{Content: []byte("%PDF-1.7 fax"), Reference: "2026-001", Regime: clocks.NIS2, Stage: clocks.IncidentNotification})
		must(t, err)
		full, err := o.Load(ctx, olga, c.ID)
		must(t, err)
		if len(full.Reports) != 2 {
			t.Fatalf("the paper with the number of the case came to another case: %d reports", len(full.Reports))
		}
		byStage := map[string]authority.Report{}
		for _, r := range full.Reports {
			byStage[r.Stage] = r
		}
		wire, paper := byStage["early_warning"], byStage["incident_notification"]
		if err := o.Review(ctx, olga, c.ID, wire.ID, authority.Revise, "Which server?", b.Clock.Now().Add(-time.Hour)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a time in the past: %v", err)
		}
		due := b.Clock.Now().Add(24 * time.Hour)
		for _, r := range []authority.Report{wire, paper} {
			must(t, o.Review(ctx, olga, c.ID, r.ID, authority.Revise, "Which server?", due))
		}
		var notes filing.Notes
		m := &filing.Message{Method: http.MethodGet, Authority: "nis.example.org", Path: filing.MessagesPath, Query: "after=0", Header: http.Header{}}
		must(t, filing.Sign(m, o.key, b.Clock.Now()))
		r := o.serve(t, m)
		must(t, json.Unmarshal(r.Body, &notes))
		told := 0
		for _, n := range notes.Notes {
			if n.Kind == authority.Revision && n.DueAt.Equal(due.Truncate(time.Millisecond)) {
				told++
			}
		}
		if told != 2 {
			t.Errorf("%d of 2 messages on the wire have the time: %s", told, r.Body)
		}
		expect := func(when string, back, overdue, alarms int) {
			t.Helper()
			in, err := o.Inbox(ctx, olga, authority.Filter{}, "", "")
			must(t, err)
			if in.Counts.Revision != back || in.Counts.Unmended != overdue || len(o.inbox(t, authority.Filter{Show: "revision"}, "")) != back || len(o.inbox(t, authority.Filter{Show: "unmended"}, "")) != overdue {
				t.Errorf("%s: %+v", when, in.Counts)
			}
			rings := 0
			must(t, b.Read(ctx, tenant.System("test").In(o.workspace, ""), func(tx *store.Tx) error {
				list, err := tx.Alarms(o.organisation)
				for _, a := range list {
					if a.Stage == authority.MendStage && a.At.Equal(due.Truncate(time.Millisecond)) {
						rings++
					}
				}
				return err
			}))
			if rings != alarms {
				t.Errorf("%s: %d alarms, wanted %d", when, rings, alarms)
			}
		}
		expect("sent back", 2, 0, 2)
		b.Clock.Move(25 * time.Hour)
		expect("a day later", 2, 2, 2)
		o.file(t, func(f *incident.Frozen) { f.ID, f.Corrects = "r2", "r1" })
		expect("the better report came", 1, 1, 1)
		better := app.Paper{Content: []byte("%PDF-1.7 second fax"), Reference: "of no matter", Regime: clocks.NIS2, Stage: clocks.EarlyWarning, Mends: paper.Report}
		if _, err := o.TakeIn(ctx, olga, o.organisation, better); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a paper of another stage mends: %v", err)
		}
		better.Stage = clocks.IncidentNotification
		for range 2 {
			if again, err := o.TakeIn(ctx, olga, o.organisation, better); err != nil || again.ID != c.ID {
				t.Fatalf("%+v, %v", again, err)
			}
		}
		expect("the better paper came", 0, 0, 0)
		full, err = o.Load(ctx, olga, c.ID)
		must(t, err)
		if len(full.Reports) != 4 {
			t.Errorf("%d reports: the same paper is the same report", len(full.Reports))
		}
		if err := o.Review(ctx, olga, c.ID, wire.ID, authority.Revise, "Again.", time.Time{}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a report that was mended is sent back: %v", err)
		}
	})
}

// TestPaperBeforeWire: a report on the wire comes to the case of the paper that came
// before with the same number of the entity.
func TestPaperBeforeWire(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	o := registered(t, b, posting(t, b))
	ctx, olga := t.Context(), o.officer(authz.Editor)
	c, err := o.TakeIn(ctx, olga, o.organisation, app.Paper{Content: []byte("%PDF-1.7 fax"), Reference: "2026-001", Regime: clocks.NIS2, Stage: clocks.EarlyWarning})
	must(t, err)
	o.file(t, func(f *incident.Frozen) {
		f.ID, f.Stage, f.Reference, f.TLP = "r1", clocks.IncidentNotification, "2026-001", ""
	})
	o.file(t, func(f *incident.Frozen) { f.ID, f.Stage, f.Reference, f.TLP = "r3", clocks.FinalReport, "", "" })
	o.file(t, func(f *incident.Frozen) { f.ID, f.Case, f.Reference = "r2", "another", "2026-002" })
	full, err := o.Load(ctx, olga, c.ID)
	must(t, err)
	if len(full.Reports) != 3 || full.EntityCase != "case" || full.EntityReference != "2026-001" || full.TLP != incident.DefaultTLP {
		t.Errorf("%d reports in the case: %+v", len(full.Reports), full.Case)
	}
	if list, err := o.Cases(ctx, olga, 10); err != nil || len(list) != 2 {
		t.Errorf("%d cases, %v", len(list), err)
	}
}
