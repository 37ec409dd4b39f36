package clients_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

// TestArchiveIsReadOnly: what is in the archive can be read, not changed, by whatever
// way; bulk actions leave it out and say why. It comes back as it was.
func TestArchiveIsReadOnly(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	other, err := o.Import(ctx, o.owner, tenant.Client, example(t, "water-supplier.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	task := o.task(t, org.ID, planning.Task{Title: "Write the policy"})
	mark, _, err := o.Bulk(ctx, o.owner, []string{org.ID}, clients.DeedTag, "south")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is there stays there
		if err := o.Archive(ctx, o.owner, org.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	before := o.load(t, org.ID)
	q := o.k.Catalogue.Questions()[0]
	name := "New Name GmbH"
	for what, err := range map[string]error{
		"answer": func() error {
			_, _, err := o.Answer(ctx, o.owner, org.ID, q.ID, []string{q.Options[0].ID}, "")
			return err
		}(),
		"task":         o.PutTask(ctx, o.owner, org.ID, planning.Task{Title: "T", State: planning.ToDo}),
		"removed task": o.RemoveTask(ctx, o.owner, org.ID, task.ID),
		"name":         o.Rename(ctx, o.owner, org.ID, name),
		"tags":         o.Tag(ctx, o.owner, org.ID, []string{"north"}),
		"template":     o.SetTemplate(ctx, o.owner, org.ID, true),
		"facts":        o.SetFacts(ctx, o.owner, org.ID, before.Organisation.Version, before.File),
		"snapshot":     o.Snapshot(ctx, o.owner, org.ID, "S"),
		"assertion":    o.Assert(ctx, o.owner, org.ID, posture.Assertion{Requirement: "cir.2.1.1", Status: posture.Met, Note: "N"}, clients.AsItIs),
	} {
		wantKind(t, what, err, fault.Conflict)
	}
	_, out, err := o.Bulk(ctx, o.owner, []string{org.ID, other.ID}, clients.DeedTag, "north")
	if err != nil || fault.KindOf(out[0].Err) != fault.Conflict || out[0].Err == nil || out[1].Err != nil {
		t.Errorf("a bulk action did %+v, %v", out, err)
	}
	if out, err := o.UndoBulk(ctx, o.owner, []string{org.ID}, mark); err != nil || fault.KindOf(out[0].Err) != fault.Conflict || out[0].Err == nil {
		t.Errorf("an action was taken back: %+v, %v", out, err)
	}
	if now := o.load(t, org.ID); now.Organisation.Version != before.Organisation.Version || len(now.Tasks) != len(before.Tasks) || len(now.Answers) != len(before.Answers) {
		t.Error("something was changed")
	}
	if err := o.Archive(ctx, o.owner, org.ID, false); err != nil {
		t.Fatal(err)
	}
	if err := o.Rename(ctx, o.owner, org.ID, name); err != nil {
		t.Errorf("back in the portfolio: %v", err)
	}
	mark, _, err = o.Bulk(ctx, o.owner, []string{org.ID}, clients.DeedArchive, "")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := o.UndoBulk(ctx, o.owner, []string{org.ID}, mark); err != nil || out[0].Err != nil || o.row(t, org.ID).Organisation.Archived {
		t.Errorf("the archive was not taken back: %+v, %v", out, err)
	}
}

// TestArchiveKeepsPeople: whoever must not see an organisation any more loses it also
// while it is in the archive.
func TestArchiveKeepsPeople(t *testing.T) {
	o, org := imported(t)
	o.join(t, org.ID, "eva")
	if err := o.Archive(context.Background(), o.owner, org.ID, true); err != nil {
		t.Fatal(err)
	}
	scope, err := o.owner.Workspace(authz.MembersManage)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.store.Write(context.Background(), scope, store.Change{Actor: "test"}, func(tx *store.Tx) error { return tx.RemoveMembership("eva", org.ID) }); err != nil {
		t.Error(err)
	}
}

// TestArchiveWaitsForTheLaw: an organisation with an open incident stays where its
// deadlines are seen; an exercise keeps nobody.
func TestArchiveWaitsForTheLaw(t *testing.T) {
	for _, exercise := range []bool{false, true} {
		o, org := imported(t)
		err := o.store.Write(context.Background(), tenant.System("test").In(home, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			_, err := tx.PutIncident(incident.Incident{Organisation: org.ID, Reference: "2026-1", Title: "Mail server unavailable", Kind: incident.Happened, State: incident.Open,
				Zone: "UTC", Exercise: exercise, TLP: incident.DefaultTLP})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = o.Archive(context.Background(), o.owner, org.ID, true)
		if exercise && err != nil || !exercise && (err == nil || fault.KindOf(err) != fault.Conflict) {
			t.Errorf("exercise %v: %v", exercise, err)
		}
	}
}

// TestStoppedBulk: of an action in the background that was stopped, the ledger says which
// organisations were changed, and they can be taken back.
func TestStoppedBulk(t *testing.T) {
	o, first := imported(t)
	ctx := context.Background()
	other, err := o.Import(ctx, o.owner, tenant.Client, example(t, "water-supplier.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	asked := o.clock.Now()
	mark, _, err := o.Bulk(ctx, o.owner, []string{first.ID}, clients.DeedTag, "north")
	if err != nil {
		t.Fatal(err)
	}
	job := work.Job{ID: strings.TrimPrefix(mark, "bulk "), Kind: clients.BulkKind, State: work.Cancelled, CreatedAt: asked,
		Args: []byte(`{"organisations":["` + first.ID + `","` + other.ID + `"],"deed":"tag","value":"north"}`)}
	done, ok, err := o.StoppedBulk(ctx, o.owner, job)
	want := []clients.ChangedClient{{Organisation: first.ID, Name: first.Name}, {Organisation: other.ID, Name: other.Name, Unchanged: true, Unreached: true}}
	if err != nil || !ok || done.Mark != mark {
		t.Fatalf("%+v, %v, %v", done, ok, err)
	}
	if d := cmp.Diff(want, done.Organisations); d != "" {
		t.Error(d)
	}
	job.State = work.Running
	if _, ok, err := o.StoppedBulk(ctx, o.owner, job); ok || err != nil {
		t.Errorf("while it runs: %v, %v", ok, err)
	}
}
