package clients_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
)

// TestApproval: what is decided is the version that was asked for, kept byte for
// byte.
func TestApproval(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	asked, err := o.Approve(ctx, o.owner, org.ID, clients.SubjectMeasures, board.Waiting, "please")
	if err != nil || asked.Decision != board.Waiting || asked.RequestedBy != "Anna owner" {
		t.Fatalf("%+v, %v", asked, err)
	}
	q, option := turn(t, o, o.load(t, org.ID))
	if _, _, err := o.Answer(ctx, o.owner, org.ID, q, []string{option}, ""); err != nil {
		t.Fatal(err)
	}
	done, err := o.Approve(ctx, o.actor(home, org.ID, authz.Board), org.ID, clients.SubjectMeasures, board.Approved, "")
	if err != nil || done.ID != asked.ID || done.SHA256 != asked.SHA256 || done.DecidedName != "Anna board" || !done.DecidedAt.Equal(o.store.Now()) {
		t.Fatalf("%+v, %v", done, err)
	}
	_, r, err := o.Download(ctx, o.owner, org.ID, done.File)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if sum := sha256.Sum256(b); err != nil || hex.EncodeToString(sum[:]) != done.SHA256 || !bytes.Contains(b, []byte(`"results"`)) {
		t.Errorf("the file has %d bytes and another hash, %v", len(b), err)
	}
	direct, err := o.Approve(ctx, o.owner, org.ID, clients.SubjectMeasures, board.Rejected, "not yet")
	if err != nil || direct.ID == done.ID || direct.SHA256 == done.SHA256 {
		t.Errorf("%+v, %v", direct, err)
	}
	_, err = o.Approve(ctx, o.owner, org.ID, clients.SubjectMeasures, board.Approved, " ")
	wantKind(t, "an owner who does not say who decided", err, fault.Invalid)
	_, err = o.Approve(ctx, o.owner, org.ID, "lunch", board.Approved, "minutes")
	wantKind(t, "a subject that is none", err, fault.Invalid)
	_, err = o.Approve(ctx, o.owner, org.ID, clients.SubjectPlan, "maybe", "")
	wantKind(t, "a decision that is none", err, fault.Invalid)
	if list, err := o.Approvals(ctx, o.owner, org.ID); err != nil || len(list) != 2 {
		t.Errorf("%d approvals, %v", len(list), err)
	}
}

func TestTrainings(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	id, err := o.PutTraining(ctx, o.owner, org.ID, board.Training{Name: "Eva Berger", Management: true, Course: "NIS2 for boards", On: today, Minutes: 90})
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.PutTraining(ctx, o.owner, org.ID, board.Training{Name: "Eva Berger", On: today})
	wantKind(t, "without course", err, fault.Invalid)
	list, err := o.Trainings(ctx, o.owner, org.ID)
	if err != nil || len(list) != 1 || list[0].ID != id {
		t.Fatalf("%+v, %v", list, err)
	}
	list[0].Minutes = 120
	if _, err := o.PutTraining(ctx, o.owner, org.ID, list[0]); err != nil {
		t.Error(err)
	}
	if err := o.RemoveTraining(ctx, o.owner, org.ID, id); err != nil {
		t.Error(err)
	}
}

// TestSnapshotsAndTrend: thirty days later the roll-up compares with the snapshot.
func TestSnapshotsAndTrend(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	then := o.load(t, org.ID).In.Posture
	if err := o.Snapshot(ctx, o.owner, org.ID, "before the project"); err != nil {
		t.Fatal(err)
	}
	o.clock.Move(30 * 24 * time.Hour)
	o.work(t)
	if _, err := o.RefreshAll(ctx, o.owner); err != nil {
		t.Fatal(err)
	}
	until(t, "the refresh", func() bool { return o.row(t, org.ID).Rollup.AsOf == today.AddDays(30) })
	if r := o.row(t, org.ID).Rollup; r.PointsThen != then.Scores[0].Points || r.AsOf != today.AddDays(30) {
		t.Errorf("%+v", r)
	}
	list, err := o.Snapshots(ctx, o.owner, org.ID)
	if err != nil || len(list) != 1 || list[0].Label != "before the project" {
		t.Fatalf("%+v, %v", list, err)
	}
	_, p, err := o.Posture(ctx, o.owner, org.ID, list[0].ID)
	if err != nil || len(p.Results) != len(then.Results) || p.Scores[0] != then.Scores[0] {
		t.Errorf("%d of %d results, %v", len(p.Results), len(then.Results), err)
	}
}

// TestDifferencesSinceAVersion: what is no longer as it was approved is named, what
// only goes on is not.
func TestDifferencesSinceAVersion(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	first := o.task(t, org.ID, planning.Task{Title: "first", Due: today.AddDays(30)})
	asked, err := o.Approve(ctx, o.owner, org.ID, clients.SubjectPlan, board.Waiting, "")
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, "another version", o.Decide(ctx, o.owner, org.ID, asked.ID, "other", board.Approved, "minutes"), fault.Conflict)
	if err := o.Decide(ctx, o.owner, org.ID, asked.ID, asked.SHA256, board.Approved, " yes "); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "a second decision", o.Decide(ctx, o.owner, org.ID, asked.ID, asked.SHA256, board.Rejected, "minutes"), fault.Conflict)
	since := func() []clients.Difference {
		t.Helper()
		x, then, since, err := o.Frozen(ctx, o.owner, org.ID, asked.ID)
		if err != nil || x.Note != "yes" || len(then.Tasks) != 1 {
			t.Fatalf("%+v, %d tasks, %v", x, len(then.Tasks), err)
		}
		return since
	}
	first.State = planning.Done
	if err := o.PutTask(ctx, o.owner, org.ID, first); err != nil {
		t.Fatal(err)
	}
	o.clock.Move(48 * time.Hour)
	if got := since(); len(got) != 0 {
		t.Errorf("a task that was done is a difference: %+v", got)
	}
	first = o.tasks(t, org.ID)[0]
	first.Due = today.AddDays(60)
	if err := o.PutTask(ctx, o.owner, org.ID, first); err != nil {
		t.Fatal(err)
	}
	o.task(t, org.ID, planning.Task{Title: "second"})
	got := since()
	if len(got) != 2 || got[0].Aspect != clients.AspectTask || got[1] != (clients.Difference{Aspect: clients.AspectAdded, Name: "second"}) {
		t.Errorf("%+v", got)
	}
}
