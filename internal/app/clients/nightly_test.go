package clients_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// work runs the jobs of the service until the test ends or stop is called.
func (o office) work(t *testing.T) (stop func()) {
	t.Helper()
	r := jobs.New(o.store, jobs.Options{Poll: 5 * time.Millisecond})
	if err := o.Install(r); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// ended lists the jobs of the workspace that ended.
func (o office) ended(t *testing.T) (list []work.Job) {
	t.Helper()
	err := o.store.Read(context.Background(), tenant.System("test").In(home, ""), func(tx *store.Tx) error {
		all, err := tx.JobsOfPeople(time.Time{}, 100)
		for _, j := range all {
			if j.State == work.Done || j.State == work.Dead {
				list = append(list, j)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// rests waits until all schedules are still to come.
func (o office) rests(t *testing.T) {
	t.Helper()
	until(t, "the schedules", func() bool {
		waits := false
		err := o.store.Read(context.Background(), tenant.System("test"), func(tx *store.Tx) error {
			all, err := tx.Crons()
			waits = len(all) == 2 && !slices.ContainsFunc(all, func(c work.Cron) bool { return !c.Next.After(o.clock.Now()) })
			return err
		})
		return err == nil && waits
	})
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("%s: not within three minutes", what)
}

// TestNight turns some nights: every night the roll-up is of the day, and a snapshot
// is kept when something has changed.
func TestNight(t *testing.T) {
	o, org := imported(t)
	o.work(t)
	ctx := context.Background()
	snapshots := func() []assessment.Snapshot {
		list, err := o.Snapshots(ctx, o.owner, org.ID)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	night := func() {
		before := len(o.ended(t))
		o.rests(t)
		o.clock.Move(24 * time.Hour)
		until(t, "the night", func() bool { return len(o.ended(t)) > before })
	}
	night()
	first := snapshots()
	if len(first) != 1 || !first[0].Automatic || len(first[0].Scores) == 0 {
		t.Fatalf("after one night: %d snapshots", len(first))
	}
	if r := o.row(t, org.ID).Rollup; r.AsOf != today.AddDays(1) {
		t.Errorf("the roll-up is of %v", r.AsOf)
	}
	night()
	if n := len(snapshots()); n != 1 {
		t.Errorf("%d snapshots after a night without a change", n)
	}
	if _, _, err := o.Answer(ctx, o.owner, org.ID, "q.backup.exists", []string{"none"}, ""); err != nil {
		t.Fatal(err)
	}
	night()
	if list := snapshots(); len(list) != 2 || list[1].Points >= list[0].Points || list[1].On != today.AddDays(3) {
		t.Errorf("after a worse answer: %+v", list)
	}
	if _, p, err := o.Posture(ctx, o.owner, org.ID, snapshots()[0].ID); err != nil || len(p.Results) == 0 {
		t.Errorf("the snapshot of the first night: %d results, %v", len(p.Results), err)
	}
}

// TestNightsOfZones: the night of a workspace comes once, when its day begins, and not
// when that of the server does.
func TestNightsOfZones(t *testing.T) {
	o, org := imported(t) // on 25 November at nine in UTC
	o.zone(t, home, "Pacific/Kiritimati")
	o.work(t)
	nights := func(workspace string) (n int) {
		err := o.store.Read(context.Background(), tenant.System("test").In(workspace, ""), func(tx *store.Tx) error {
			all, err := tx.Jobs("", 100)
			n = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		wait        time.Duration
		home, other int      // nights so far
		asOf        law.Date // of the roll-up
	}{
		{30 * time.Minute, 0, 0, today}, {40 * time.Minute, 1, 0, today.AddDays(1)}, // 10:11 in UTC, 00:11 there
		{30 * time.Minute, 1, 0, today.AddDays(1)}, {14 * time.Hour, 1, 1, today.AddDays(1)}, // 00:41 in UTC
		{10 * time.Hour, 2, 1, today.AddDays(2)},
	} {
		o.rests(t)
		o.clock.Move(step.wait)
		o.rests(t)
		until(t, "the nights at "+o.clock.Now().String(), func() bool { return nights(home) == step.home && nights(other) == step.other })
		until(t, "the roll-up at "+o.clock.Now().String(), func() bool { return o.row(t, org.ID).Rollup.AsOf == step.asOf })
	}
}

// TestRefreshAll computes everything anew by day, which keeps no snapshots.
func TestRefreshAll(t *testing.T) {
	o, org := imported(t)
	o.work(t)
	for range 2 {
		before := len(o.ended(t))
		if _, err := o.RefreshAll(context.Background(), o.owner); err != nil {
			t.Fatal(err)
		}
		until(t, "the refresh", func() bool { return len(o.ended(t)) > before })
	}
	list, err := o.Snapshots(context.Background(), o.owner, org.ID)
	if err != nil || len(list) != 0 {
		t.Errorf("%d snapshots by day, %v", len(list), err)
	}
	if _, err := o.RefreshAll(context.Background(), o.actor(home, "", authz.Auditor)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an auditor: %v", err)
	}
}

// TestBulkLater: an action on many organisations runs with the rights of whoever
// asked for it, says what became of each, and is taken back.
func TestBulkLater(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	o.work(t)
	ids := []string{org.ID, "01900000-0000-7000-8000-000000000000"}
	end := func(job work.Job, err error) clients.Changed {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var out clients.Changed
		until(t, "the action", func() bool {
			for _, j := range o.ended(t) {
				if j.ID == job.ID {
					out, _ = clients.BulkResult(j)
					return true
				}
			}
			return false
		})
		return out
	}
	tags := func() []string {
		c, err := o.Load(ctx, o.owner, org.ID)
		if err != nil {
			t.Fatal(err)
		}
		return c.Organisation.Tags
	}
	if out := end(o.BulkLater(ctx, o.owner, ids, clients.DeedTag, "east")); len(out.Organisations) != 0 || len(tags()) != 0 {
		t.Errorf("somebody who is no member: %+v, tags %v", out, tags())
	}
	err := o.store.Write(ctx, tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		if _, err := tx.PutPerson(tenant.Person{ID: o.owner.Person, Email: "anna@example.org", Name: "Anna"}); err != nil {
			return err
		}
		_, err := tx.In(home, "").PutMembership(tenant.Membership{Person: o.owner.Person, Role: authz.Owner})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before := len(tags())
	out := end(o.BulkLater(ctx, o.owner, ids, clients.DeedTag, "north"))
	if len(out.Organisations) != 2 || out.Organisations[0].Error != "" || out.Organisations[1].Error == "" || !slices.Contains(tags(), "north") {
		t.Errorf("%+v, tags %v", out, tags())
	}
	out = end(o.UndoBulkLater(ctx, o.owner, ids[:1], out.Mark))
	if len(out.Organisations) != 1 || out.Organisations[0].Error != "" || len(tags()) != before || out.Mark != "" {
		t.Errorf("%+v, tags %v", out, tags())
	}
	if _, err := o.BulkLater(ctx, o.owner, ids, "destroy", ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a deed that does not exist: %v", err)
	}
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestImportManyLooks: a file in which a scan finds something harmful is not imported;
// one that cannot be judged is, since nobody is handed it.
func TestImportManyLooks(t *testing.T) {
	o, ctx := open(t), context.Background()
	_, err := o.scanned(t, &judge{harmful: "EICAR"}).ImportMany(ctx, o.owner, tenant.Client, []clients.Upload{{Name: "clients.csv", Data: []byte("name\nEICAR GmbH\n")}})
	if !errors.Is(err, clients.ErrHarmful) || fault.KindOf(err) != fault.Invalid {
		t.Errorf("a harmful file: %v", err)
	}
	if _, err := o.scanned(t, &judge{harmful: "EICAR", err: errors.New("no answer")}).ImportMany(ctx, o.owner, tenant.Client,
		[]clients.Upload{{Name: "clients.csv", Data: []byte("name\nSeewinkel GmbH\n")}}); err != nil {
		t.Errorf("a file that cannot be judged: %v", err)
	}
}

// TestImportMany imports a ZIP; the server stops in the middle, and no organisation
// is made twice.
func TestImportMany(t *testing.T) {
	o := open(t)
	water, err := examples.FS.ReadFile("water-supplier.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"a/readme.txt": "left out", "__MACOSX/x.yaml": "left out", "broken.yaml": "nisaba: ["}
	for i := range 20 {
		files[fmt.Sprintf("clients/%02d.yaml", i)] = strings.Replace(string(water), "name: ", fmt.Sprintf("name: %02d ", i), 1)
	}
	job, err := o.ImportMany(context.Background(), o.owner, tenant.Client, []clients.Upload{{Name: "clients.zip", Data: zipped(t, files)}})
	if err != nil {
		t.Fatal(err)
	}
	count := func() int {
		list, err := o.Portfolio(context.Background(), o.owner)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	stop := o.work(t)
	until(t, "some are imported", func() bool { return count() > 2 })
	stop()
	o.work(t)
	until(t, "the import", func() bool { return len(o.ended(t)) == 1 })
	done := o.ended(t)[0]
	list, ok := clients.ImportResult(done)
	if done.ID != job.ID || !ok || len(list) != 21 || count() != 20 {
		t.Fatalf("%d results, %d organisations: %s", len(list), count(), done.Error)
	}
	failed := 0
	for _, x := range list {
		if x.Organisation == "" {
			failed++
			if x.Item != "broken.yaml" || x.Error == "" {
				t.Errorf("%+v", x)
			}
		}
	}
	if failed != 1 {
		t.Errorf("%d were refused", failed)
	}
}

func TestImportManyRefuses(t *testing.T) {
	o := open(t)
	for name, u := range map[string]clients.Upload{
		"nothing":          {Name: "x.zip", Data: zipped(t, map[string]string{"readme.txt": "x"})},
		"another kind":     {Name: "x.exe", Data: []byte("x")},
		"no ZIP":           {Name: "x.zip", Data: []byte("x")},
		"unknown column":   {Name: "x.csv", Data: []byte("name,secret\na,b\n")},
		"no name":          {Name: "x.csv", Data: []byte("year\n2025\n")},
		"not UTF-8":        {Name: "x.csv", Data: []byte("name\n\xff\n")},
		"a bomb":           {Name: "x.zip", Data: zipped(t, map[string]string{"x.yaml": strings.Repeat(" ", 5<<20)})},
		"too many by line": {Name: "x.csv", Data: []byte("name\n" + strings.Repeat("a\n", 501))},
	} {
		if _, err := o.ImportMany(context.Background(), o.owner, tenant.Client, []clients.Upload{u}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	u := []clients.Upload{{Name: "x.csv", Data: []byte("name\na\n")}}
	for _, r := range []authz.Role{authz.Editor, authz.Auditor, authz.Board, authz.Contributor} {
		if _, err := o.ImportMany(context.Background(), o.actor(home, "", r), tenant.Client, u); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", r, err)
		}
	}
}

// TestNightSweepsUploads: an upload that no evidence named is gone after its grace,
// and its content when nothing can bring it back; what is named stays.
func TestNightSweepsUploads(t *testing.T) {
	o, org := imported(t)
	ctx, folder := context.Background(), t.TempDir()
	files, err := blob.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	o.Service = clients.New(o.store, o.k, files)
	put := func(text string) assessment.File {
		f, err := o.Upload(ctx, o.owner, org.ID, "f.txt", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		now := o.clock.Now()
		if err := os.Chtimes(filepath.Join(folder, f.SHA256[:2], f.SHA256), now, now); err != nil {
			t.Fatal(err)
		}
		return f
	}
	named, forgotten := put("our policy"), put("the wrong file")
	piece := assessment.Evidence{Evidence: posture.Evidence{Kind: "doc.security-policy", Title: "Policy", Date: today}, Files: []string{named.ID}}
	if _, err := o.PutPiece(ctx, o.owner, org.ID, piece); err != nil {
		t.Fatal(err)
	}
	o.work(t)
	night := func(after time.Duration) {
		before := len(o.ended(t))
		o.rests(t)
		o.clock.Move(after)
		until(t, "the night", func() bool { return len(o.ended(t)) > before })
	}
	described := func(f assessment.File) bool {
		_, r, err := o.Download(ctx, o.owner, org.ID, f.ID)
		if err == nil {
			r.Close()
		} else if fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		return err == nil
	}
	night(3 * 24 * time.Hour)
	if !described(forgotten) {
		t.Error("a file of three days is gone")
	}
	night(5 * 24 * time.Hour)
	if described(forgotten) || files.Verify(forgotten.SHA256) != nil {
		t.Error("after its grace the description is still there, or the content is not")
	}
	night(store.UndoFor + 24*time.Hour)
	until(t, "the end of the content of a forgotten file", func() bool { return files.Verify(forgotten.SHA256) != nil })
	if !described(named) || files.Verify(named.SHA256) != nil {
		t.Error("a file that evidence names is gone")
	}
}
