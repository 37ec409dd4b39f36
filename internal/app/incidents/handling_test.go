package incidents_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/law"
)

// started opens a case.
func (d desk) started(t *testing.T, a authz.Actor, title string) incident.Incident {
	t.Helper()
	i, err := d.Intake(t.Context(), a, d.organisation, incidents.Notice{Title: title, Kind: incident.Happened, Zone: "Europe/Vienna"})
	must(t, err)
	return i
}

func (d desk) handled(t *testing.T, a authz.Actor, id string) incidents.Handling {
	t.Helper()
	h, err := d.Handle(t.Context(), a, d.organisation, id, incidents.IndicatorPage{})
	must(t, err)
	return h
}

// work runs the queue until the condition holds.
func (d desk) work(t *testing.T, until func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	r := jobs.New(d.store, jobs.Options{Poll: 10 * time.Millisecond})
	must(t, d.Install(r))
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	for !until() && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if ctx.Err() != nil {
		t.Error("the work did not end")
	}
	stop()
	must(t, <-ended)
}

func TestAddIndicators(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna, reader := d.actor("anna", authz.Editor), d.actor("rosa", authz.Auditor)
	i := d.started(t, anna, "Malware")
	n, err := d.AddIndicators(ctx, anna, d.organisation, i.ID, "hxxps://evil[.]example/a\n203.0.113[.]7\n203.0.113.7\n", "RED", "C2")
	if n != 2 || err != nil {
		t.Errorf("%d added, %v", n, err)
	}
	if n, err := d.AddIndicators(ctx, anna, d.organisation, i.ID, "203.0.113.7", "", ""); n != 0 || err != nil {
		t.Errorf("%d added again, %v", n, err)
	}
	h := d.handled(t, reader, i.ID)
	if len(h.Indicators) != 2 || h.Indicators[0].TLP != "RED" || h.Counts["url"] != 1 || h.Found != 2 {
		t.Errorf("%+v %v", h.Indicators, h.Counts)
	}
	for _, tc := range []struct{ text, tlp, field string }{{"", "", "indicators"}, {"good.example\nnothing", "", "indicators"}, {"good.example", "PINK", "tlp"}, {strings.Repeat("a.example\n", 300), "", "indicators"}} {
		if _, err := d.AddIndicators(ctx, anna, d.organisation, i.ID, tc.text, tc.tlp, ""); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%.20q as %q: %v", tc.text, tc.tlp, err)
		}
		if _, err := d.AddIndicators(ctx, reader, d.organisation, i.ID, tc.text, tc.tlp, ""); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("who only reads adds %.20q: %v", tc.text, err)
		}
	}
	other := d.started(t, anna, "Other")
	if err := d.RemoveIndicator(ctx, anna, d.organisation, other.ID, h.Indicators[0].ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an indicator of another case: %v", err)
	}
	must(t, d.RemoveIndicator(ctx, anna, d.organisation, i.ID, h.Indicators[0].ID))
	if h := d.handled(t, anna, i.ID); h.Found != 1 {
		t.Errorf("%d left", h.Found)
	}
}

// TestImport reads a list, names its bad rows, adds the good ones in the background,
// adds the same list again without doubling anything, and takes it out.
func TestImport(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i := d.started(t, anna, "Malware")
	const rows = 5000
	list := func() io.Reader {
		var b strings.Builder
		for n := range rows {
			fmt.Fprintf(&b, "h%d[.]evil.example\n", n)
		}
		b.WriteString("what is this\n\x00\n<script>alert(1)</script>\n")
		return strings.NewReader(b.String())
	}
	add := func() incident.Import {
		t.Helper()
		v, err := d.ReadList(ctx, anna, d.organisation, i.ID, "../../list.txt", "", list())
		must(t, err)
		if v.Good != rows || v.Bad != 3 || v.Format != "plain" || v.Name != "list.txt" || v.Types["domain"] != rows || v.Problems[0].Line != rows+1 {
			t.Errorf("%+v", v)
		}
		if d.handled(t, anna, i.ID).Counts["domain"] > rows {
			t.Error("rows were added before anybody said so")
		}
		_, err = d.StartImport(ctx, anna, d.organisation, i.ID, v.ID, "GREEN")
		must(t, err)
		d.work(t, func() bool {
			imports := d.handled(t, anna, i.ID).Imports
			return imports[len(imports)-1].State == incident.ImportDone
		})
		imports := d.handled(t, anna, i.ID).Imports
		return imports[len(imports)-1]
	}
	first, second := add(), add()
	if first.Added != rows || second.Added != 0 {
		t.Errorf("%d and %d were new", first.Added, second.Added)
	}
	if _, err := d.StartImport(ctx, anna, d.organisation, i.ID, first.ID, ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("adding twice: %v", err)
	}
	n := 0
	must(t, d.EachIndicator(ctx, anna, d.organisation, i.ID, func(incident.Incident, tenant.Organisation) error { return nil }, func(v incident.Indicator) error {
		if n++; v.TLP != "GREEN" || v.Import != first.ID {
			t.Fatalf("%+v", v)
		}
		return nil
	}))
	if n != rows {
		t.Errorf("%d of %d", n, rows)
	}
	h, err := d.Handle(ctx, anna, d.organisation, i.ID, incidents.IndicatorPage{Text: "H4999.", Type: "domain"})
	if h.Found != 1 || err != nil {
		t.Errorf("%d found, %v", h.Found, err)
	}
	must(t, d.DropImport(ctx, anna, d.organisation, i.ID, first.ID))
	if h := d.handled(t, anna, i.ID); len(h.Counts) != 0 {
		t.Errorf("left: %v", h.Counts)
	}
	for name, text := range map[string]string{"empty": "", "no list": "# nothing\n", "broken": `{"type":"bundle","objects":[{]}`} {
		if _, err := d.ReadList(ctx, anna, d.organisation, i.ID, "x", "", strings.NewReader(text)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.ReadList(ctx, anna, d.organisation, i.ID, "x", "", io.LimitReader(zeros{}, incidents.LargestFile+2)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("more than 50 MB: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// TestEvidence takes a file, passes it on, and refuses lines that break the chain
// and a file that was altered.
func TestEvidence(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna, reader := d.actor("anna", authz.Editor), d.actor("rosa", authz.Auditor)
	i := d.started(t, anna, "Malware")
	at := d.clock.Now().Add(-time.Hour)
	x, err := d.TakeEvidence(ctx, anna, d.organisation, i.ID, incidents.Exhibit{File: `C:\x\<mail>.eml`, Body: strings.NewReader("From: evil"), Taken: incident.Custody{Who: "Anna", Where: "safe 12", At: at}})
	must(t, err)
	if x.Name != "_mail_.eml" || len(x.SHA256) != 64 || x.Custody[0].Action != "taken" || x.Custody[0].By != "anna" {
		t.Errorf("%+v", x)
	}
	must(t, d.PassOn(ctx, anna, d.organisation, i.ID, x.ID, incident.Custody{Action: "handed over", Who: "Lab", Where: "Vienna"}))
	for name, c := range map[string]incident.Custody{
		"before the last line": {Action: "examined", Who: "Lab", Where: "Vienna", At: at},
		"in the future":        {Action: "examined", Who: "Lab", Where: "Vienna", At: d.clock.Now().Add(time.Hour)},
		"nobody":               {Action: "examined", Where: "Vienna"},
		"no action":            {Action: "eaten", Who: "Lab", Where: "Vienna"},
	} {
		if err := d.PassOn(ctx, anna, d.organisation, i.ID, x.ID, c); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, file, err := d.Evidence(ctx, reader, d.organisation, i.ID, x.ID)
	must(t, err)
	b, err := io.ReadAll(file)
	must(t, err)
	must(t, file.Close())
	if string(b) != "From: evil" {
		t.Errorf("%q", b)
	}
	must(t, os.WriteFile(filepath.Join(d.files, x.SHA256[:2], x.SHA256), []byte("From: good"), 0o600))
	if _, _, err := d.Evidence(ctx, anna, d.organisation, i.ID, x.ID); err == nil {
		t.Error("an altered file is handed out")
	}
	if _, _, err := d.Evidence(ctx, d.actor("carl", authz.Contributor), d.organisation, i.ID, x.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a contributor reads evidence: %v", err)
	}
	must(t, d.PassOn(ctx, anna, d.organisation, i.ID, x.ID, incident.Custody{Action: "destroyed", Who: "Lab", Where: "Vienna"}))
	if err := d.PassOn(ctx, anna, d.organisation, i.ID, x.ID, incident.Custody{Action: "returned", Who: "Anna", Where: "here"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("after the end of the chain: %v", err)
	}
}

// TestRecordKeeping: what is affected, who was told, what it cost, what was learnt.
func TestRecordKeeping(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i := d.started(t, anna, "Malware")
	server, err := d.PutAffected(ctx, anna, d.organisation, i.ID, incident.Affected{Kind: "asset", Name: "Mail server", Condition: "affected"})
	must(t, err)
	server.Condition, server.Count = "restored", 3
	_, err = d.PutAffected(ctx, anna, d.organisation, i.ID, server)
	must(t, err)
	if _, err := d.PutAffected(ctx, anna, d.organisation, i.ID, server); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an old version: %v", err)
	}
	_, err = d.Inform(ctx, anna, d.organisation, i.ID, incident.Informed{Whom: "All customers", Count: 1200, Channel: "mail", Text: "Please change passwords.", About: "threat"})
	must(t, err)
	for _, c := range []incident.Cost{{What: "Forensics", Cents: 1_200_050, Currency: "EUR"}, {What: "Downtime", Cents: 5_000_000, Currency: "EUR", Estimated: true}, {What: "Lawyer", Cents: 100, Currency: "CHF"}} {
		_, err := d.AddCost(ctx, anna, d.organisation, i.ID, c)
		must(t, err)
	}
	task, err := d.Learn(ctx, anna, d.organisation, i.ID, incidents.Lesson{Title: "Block macros", Body: "They ran.", Risk: true, Due: law.MustDate("2026-05-01")})
	must(t, err)
	stronger, err := d.Learn(ctx, anna, d.organisation, i.ID, incidents.Lesson{Title: "Keep a copy elsewhere", Requirement: "nis2.21.2.c.backup"})
	must(t, err)
	if diff := cmp.Diff([]string{"nis2.21.2.c.backup", "c"}, append(stronger.Requirements, stronger.Measures...)); diff != "" {
		t.Errorf("the control that becomes stronger: %s", diff)
	}
	h := d.handled(t, anna, i.ID)
	if diff := cmp.Diff([]incidents.Total{{Currency: "EUR", Known: 1_200_050, Estimated: 5_000_000}, {Currency: "CHF", Known: 100}}, incidents.Totals(h.Costs)); diff != "" {
		t.Error(diff)
	}
	if len(h.Tasks) != 2 || h.Tasks[0].ID != task.ID || h.Affected[0].Count != 3 || h.Informed[0].Count != 1200 {
		t.Errorf("%+v", h)
	}
	kinds := map[string]int{}
	for _, e := range h.Entries {
		kinds[e.Kind]++
	}
	if kinds["action"] != 2 || kinds["communication"] != 1 || kinds["decision"] != 2 {
		t.Errorf("record: %v", kinds)
	}
	for name, err := range map[string]error{
		"no amount":   drop(d.AddCost(ctx, anna, d.organisation, i.ID, incident.Cost{What: "x", Currency: "EUR"})),
		"no currency": drop(d.AddCost(ctx, anna, d.organisation, i.ID, incident.Cost{What: "x", Cents: 1, Currency: "XYZ"})),
		"no kind":     drop(d.PutAffected(ctx, anna, d.organisation, i.ID, incident.Affected{Name: "x", Condition: "affected"})),
		"no text":     drop(d.Inform(ctx, anna, d.organisation, i.ID, incident.Informed{Whom: "x", About: "threat"})),
		"heading":     drop(d.Learn(ctx, anna, d.organisation, i.ID, incidents.Lesson{Title: "x", Requirement: "nis2.21.2.c"})),
		"not there":   drop(d.Learn(ctx, anna, d.organisation, i.ID, incidents.Lesson{Title: "x", Requirement: "<script>"})),
		"no title":    drop(d.Learn(ctx, anna, d.organisation, i.ID, incidents.Lesson{})),
	} {
		if fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func drop[T any](_ T, err error) error { return err }
