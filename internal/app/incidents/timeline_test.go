package incidents_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// TestTimeline: lines stand in the order of what happened, each in its own zone, across
// a change of clocks; a corrected line reads as corrected, and the record keeps it.
func TestTimeline(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i := d.started(t, anna, "Pumps stop")
	say := func(text, at, zone string) {
		t.Helper()
		when, err := time.Parse(time.RFC3339, at)
		must(t, err)
		must(t, d.Say(ctx, anna, d.organisation, i.ID, incident.Entry{Kind: "note", Text: text, At: incident.Moment{At: when, Zone: zone}}))
	}
	say("third", "2025-10-26T02:30:00+01:00", "Europe/Vienna") // the second time that night
	say("second", "2025-10-25T20:45:00-04:00", "America/New_York")
	say("first", "2025-10-26T02:30:00+02:00", "Europe/Vienna")
	lines := func() (out []string, all []incident.Line) {
		t.Helper()
		c, err := d.Load(ctx, anna, d.organisation, i.ID)
		must(t, err)
		for _, l := range incident.Timeline(c.Entries) {
			if all = append(all, l); l.Kind == "note" {
				out = append(out, l.Text+" "+l.At.Local().Format("15:04 MST"))
			}
		}
		return out, all
	}
	got, all := lines()
	if !slices.Equal(got, []string{"first 02:30 CEST", "second 20:45 EDT", "third 02:30 CET"}) {
		t.Errorf("the timeline: %v", got)
	}
	third := all[slices.IndexFunc(all, func(l incident.Line) bool { return l.Text == "third" })]
	for what, err := range map[string]error{
		"without a reason": d.Correct(ctx, anna, d.organisation, i.ID, third.ID, "other", incident.Moment{}, " "),
		"of nothing":       d.Correct(ctx, anna, d.organisation, i.ID, third.ID, "third", incident.Moment{}, "again"),
	} {
		if fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("a correction %s: %v", what, err)
		}
	}
	opened := all[slices.IndexFunc(all, func(l incident.Line) bool { return l.Kind == "system" })]
	if err := d.Correct(ctx, anna, d.organisation, i.ID, opened.ID, "x", incident.Moment{}, "y"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a line of the platform: %v", err)
	}
	if err := d.Correct(ctx, d.actor("rosa", authz.Auditor), d.organisation, i.ID, third.ID, "x", incident.Moment{}, "y"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who only reads: %v", err)
	}
	must(t, d.Correct(ctx, anna, d.organisation, i.ID, third.ID, "zeroth", incident.Moment{At: third.At.At.Add(-3 * time.Hour), Zone: "Europe/Vienna"}, "read off the wrong clock"))
	must(t, d.Correct(ctx, anna, d.organisation, i.ID, third.ID, "before all", incident.Moment{}, "clearer"))
	got, all = lines()
	if !slices.Equal(got, []string{"before all 00:30 CEST", "first 02:30 CEST", "second 20:45 EDT"}) {
		t.Errorf("after the corrections: %v", got)
	}
	if l := all[0]; l.Said.Text != "third" || len(l.Corrections) != 2 || !l.Matches("note", "THIRD") || l.Matches("action", "") {
		t.Errorf("the corrected line: %+v", l)
	}
}

// TestCustody: a piece of evidence is sealed and handed over, its file is read again,
// and one that was changed on the disk is found and not handed out.
func TestCustody(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i := d.started(t, anna, "Pumps stop")
	x, err := d.TakeEvidence(ctx, anna, d.organisation, i.ID, incidents.Exhibit{Name: "Image", File: "hmi.img", Body: strings.NewReader("the disk"), Taken: incident.Custody{Who: "Anna", Where: "Server room"}})
	must(t, err)
	for _, act := range []string{"sealed", "handed over", "returned"} {
		must(t, d.PassOn(ctx, anna, d.organisation, i.ID, x.ID, incident.Custody{Action: act, Who: "Lab", Where: "Vienna"}))
	}
	if err := d.PassOn(ctx, anna, d.organisation, i.ID, x.ID, incident.Custody{Action: incident.CustodyChecked, Who: "Lab", Where: "Vienna"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a person says that the platform checked it: %v", err)
	}
	if intact, err := d.CheckEvidence(ctx, anna, d.organisation, i.ID, x.ID); err != nil || !intact {
		t.Errorf("the file as it was taken: %t, %v", intact, err)
	}
	file := filepath.Join(d.files, x.SHA256[:2], x.SHA256)
	must(t, os.Chmod(file, 0o600))
	must(t, os.WriteFile(file, []byte("the disc"), 0o600))
	if intact, err := d.CheckEvidence(ctx, anna, d.organisation, i.ID, x.ID); err != nil || intact {
		t.Errorf("the changed file: %t, %v", intact, err)
	}
	if _, _, err := d.Evidence(ctx, anna, d.organisation, i.ID, x.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the changed file is handed out: %v", err)
	}
	must(t, d.PassOn(ctx, anna, d.organisation, i.ID, x.ID, incident.Custody{Action: "destroyed", Who: "Lab", Where: "Vienna"}))
	if _, err := d.CheckEvidence(ctx, d.actor("rosa", authz.Auditor), d.organisation, i.ID, x.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who only reads writes into the chain: %v", err)
	}
	sheet, err := d.CustodySheet(ctx, anna, d.organisation, i.ID, x.ID)
	must(t, err)
	var acts []string
	for n, c := range sheet.Exhibit.Custody {
		if acts = append(acts, c.Action); sheet.Writers[n] != "anna" {
			t.Errorf("line %d was written down by %q", n, sheet.Writers[n])
		}
	}
	if !slices.Equal(acts, []string{"taken", "sealed", "handed over", "returned", "checked", "altered", "destroyed"}) || sheet.Name(".pdf") != i.Reference+"-custody.pdf" {
		t.Errorf("the sheet %s: %v", sheet.Name(".pdf"), acts)
	}
}

// TestAverted: nothing must be reported of a near miss or a threat, whoever decided what,
// and none is a significant incident.
func TestAverted(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i := d.started(t, anna, "Phishing was stopped")
	must(t, d.Triage(ctx, anna, d.organisation, i.ID, incident.NearMiss, incident.Open, "nobody clicked"))
	_, err := d.Propose(ctx, anna, d.organisation, i.ID)
	must(t, err)
	must(t, d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.AwareAt, incident.Moment{At: d.clock.Now(), Zone: "UTC", Reason: "seen"}))
	for _, x := range d.duties(t, anna, i.ID) {
		for _, c := range x.Clocks {
			if x.Regime == clocks.NIS2 && c.Status != clocks.Voluntary {
				t.Errorf("%s: %s", c.Stage, c.Status)
			}
		}
	}
	if err := d.Decide(ctx, anna, d.organisation, i.ID, true, "no"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a significant near miss: %v", err)
	}
	must(t, d.Triage(ctx, anna, d.organisation, i.ID, incident.Happened, incident.Open, "somebody clicked"))
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, true, "yes"))
	if err := d.Triage(ctx, anna, d.organisation, i.ID, incident.Threat, incident.Open, "no"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a significant incident becomes a threat: %v", err)
	}
}
