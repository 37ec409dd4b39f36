package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

var by = store.Change{Actor: "tester"}

func system() tenant.Scope { return tenant.System("test") }

func makeWorkspace(t testing.TB, s *store.Store) tenant.Scope {
	t.Helper()
	w := id.New()
	scope := system().In(w, "")
	write(t, s, scope, func(tx *store.Tx) error {
		_, err := tx.PutWorkspace(tenant.Workspace{ID: w, Kind: tenant.Provider, Name: "w"})
		return err
	})
	return scope
}

func write(t testing.TB, s *store.Store, scope tenant.Scope, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), scope, by, f); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t testing.TB, s *store.Store, scope tenant.Scope, kind string, args any, j work.Job) (out work.Job) {
	t.Helper()
	write(t, s, scope, func(tx *store.Tx) (err error) {
		out, err = jobs.Enqueue(tx, kind, args, j)
		return err
	})
	return out
}

// start runs a runner until the test ends or stop is called.
func start(t *testing.T, r *jobs.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func runner(b *storetest.Bench) *jobs.Runner {
	return jobs.New(b.Store, jobs.Options{Poll: 5 * time.Millisecond, Lease: 300 * time.Millisecond})
}

// until waits for something that workers do.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("%s: not within three minutes", what)
}

func job(t *testing.T, s *store.Store, jobID string) (j work.Job) {
	t.Helper()
	err := s.Read(t.Context(), system(), func(tx *store.Tx) (err error) {
		j, err = tx.Job(jobID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// running lists the jobs that a server works on.
func running(t *testing.T, s *store.Store) (list []work.Job) {
	t.Helper()
	err := s.Read(t.Context(), system(), func(tx *store.Tx) (err error) {
		list, err = tx.Jobs(work.Running, 10)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func inState(t *testing.T, s *store.Store, jobID string, state work.State) {
	t.Helper()
	until(t, "job "+string(state), func() bool { return job(t, s, jobID).State == state })
}

// TestStoppedBeforeItBegan: whoever stops a server while it starts gets no error.
func TestStoppedBeforeItBegan(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := runner(b).Run(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestEveryJobRunsOnce(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope := makeWorkspace(t, b.Store)
		const n = 60
		var runs atomic.Int64
		for range 2 {
			r := runner(b)
			r.Handle("count", func(ctx context.Context, run *jobs.Run) error {
				var number int
				if err := run.Args(&number); err != nil {
					return err
				}
				runs.Add(1)
				return run.Finish(ctx, number, func(tx *store.Tx) error {
					first, err := tx.Mark(fmt.Sprint("job ", number))
					if !first {
						t.Errorf("job %d ran twice", number)
					}
					return err
				})
			})
			start(t, r)
		}
		write(t, b.Store, scope, func(tx *store.Tx) error {
			for i := range n {
				if _, err := jobs.Enqueue(tx, "count", i, work.Job{}); err != nil {
					return err
				}
			}
			return nil
		})
		var done []work.Job
		until(t, "all jobs", func() bool {
			err := b.Read(t.Context(), scope, func(tx *store.Tx) (err error) {
				done, err = tx.Jobs(work.Done, n+1)
				return err
			})
			return err == nil && len(done) == n
		})
		if runs.Load() != n {
			t.Errorf("%d runs of %d jobs", runs.Load(), n)
		}
	})
}

func TestFailingJobComesLaterAndIsGivenUp(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope, r := makeWorkspace(t, b.Store), runner(b)
		fails := atomic.Bool{}
		fails.Store(true)
		r.Handle("shaky", func(context.Context, *jobs.Run) error {
			if fails.Load() {
				return errors.New("the other side is down")
			}
			return nil
		})
		start(t, r)
		j := enqueue(t, b.Store, scope, "shaky", nil, work.Job{MaxAttempts: 2})
		until(t, "first attempt", func() bool { return job(t, b.Store, j.ID).Error != "" })
		waiting := job(t, b.Store, j.ID)
		if d := waiting.RunAt.Sub(b.Clock.Now()); waiting.State != work.Waiting || d < 8*time.Second || d > 12*time.Second {
			t.Errorf("state %s, next attempt in %v", waiting.State, d)
		}
		b.Clock.Move(time.Minute)
		inState(t, b.Store, j.ID, work.Dead)
		if dead := job(t, b.Store, j.ID); dead.Error != "the other side is down" || dead.Attempt != 2 {
			t.Errorf("%+v", dead)
		}
		fails.Store(false)
		write(t, b.Store, scope, func(tx *store.Tx) error { return tx.RetryJob(j.ID) })
		inState(t, b.Store, j.ID, work.Done)
	})
}

func TestPermanentFailuresAndPanics(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	scope, r := makeWorkspace(t, b.Store), runner(b)
	r.Handle("hopeless", func(context.Context, *jobs.Run) error { return jobs.Permanent(errors.New("no such file")) })
	r.Handle("panics", func(context.Context, *jobs.Run) error { panic("oh") })
	r.Handle("args", func(_ context.Context, run *jobs.Run) error { return run.Args(new(int)) })
	start(t, r)
	hopeless := enqueue(t, b.Store, scope, "hopeless", nil, work.Job{})
	args := enqueue(t, b.Store, scope, "args", "text", work.Job{})
	panics := enqueue(t, b.Store, scope, "panics", nil, work.Job{MaxAttempts: 1})
	for _, j := range []work.Job{hopeless, args, panics} {
		inState(t, b.Store, j.ID, work.Dead)
	}
	if got := job(t, b.Store, panics.ID).Error; got != "panic: oh" {
		t.Errorf("error %q", got)
	}
}

// TestLostWorker hands a job to a worker that falls silent: another takes over, and
// what the first one still writes is not kept.
func TestLostWorker(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope := makeWorkspace(t, b.Store)
		j := enqueue(t, b.Store, scope, "slow", nil, work.Job{MaxAttempts: 2})
		claim := func(worker string) (out []work.Job) {
			write(t, b.Store, system(), func(tx *store.Tx) (err error) {
				out, err = tx.Claim([]string{"slow"}, worker, time.Minute, 5)
				return err
			})
			return out
		}
		first := claim("one")
		if len(first) != 1 || first[0].ID != j.ID || first[0].Attempt != 1 || len(claim("two")) != 0 {
			t.Fatalf("first claim %+v", first)
		}
		b.Clock.Move(61 * time.Second)
		second := claim("two")
		if len(second) != 1 || second[0].Attempt != 2 {
			t.Fatalf("second claim %+v", second)
		}
		err := b.Write(t.Context(), scope, by, func(tx *store.Tx) error {
			if _, err := tx.Mark("written by a lost worker"); err != nil {
				return err
			}
			return tx.FinishJob(first[0], nil)
		})
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("the lost worker finished the job: %v", err)
		}
		err = b.Read(t.Context(), scope, func(tx *store.Tx) error {
			marked, err := tx.Marked("written by a lost worker")
			if marked {
				t.Error("what the lost worker wrote was kept")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Clock.Move(61 * time.Second) // the second is lost as well, and it was the last attempt
		if again := claim("three"); len(again) != 0 || job(t, b.Store, j.ID).State != work.Dead {
			t.Errorf("claimed %v, state %s", again, job(t, b.Store, j.ID).State)
		}
	})
}

func TestUniqueJobs(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope, other := makeWorkspace(t, b.Store), makeWorkspace(t, b.Store)
		u := work.Job{Unique: "rebuild"}
		first := enqueue(t, b.Store, scope, "k", nil, u)
		if again := enqueue(t, b.Store, scope, "k", nil, u); again.ID != first.ID {
			t.Error("a waiting job was put in twice")
		}
		if enqueue(t, b.Store, other, "k", nil, u).ID == first.ID || enqueue(t, b.Store, scope, "l", nil, u).ID == first.ID {
			t.Error("another workspace or kind shares the key")
		}
		entered, leave := make(chan struct{}, 9), make(chan struct{})
		r := runner(b)
		r.Handle("k", func(_ context.Context, run *jobs.Run) error {
			if run.Job.ID == first.ID {
				entered <- struct{}{}
				<-leave
			}
			return nil
		})
		start(t, r)
		<-entered
		if again := enqueue(t, b.Store, scope, "k", nil, u); again.ID != first.ID {
			t.Error("a running job was put in twice")
		}
		close(leave)
		<-entered // once more, because it was asked for while it ran
		inState(t, b.Store, first.ID, work.Done)
		if later := enqueue(t, b.Store, scope, "k", nil, u); later.ID == first.ID {
			t.Error("the key of a finished job is still taken")
		}
	})
}

func TestJobOfAFailedTransactionDoesNotRun(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	scope := makeWorkspace(t, b.Store)
	err := b.Write(t.Context(), scope, by, func(tx *store.Tx) error {
		if _, err := jobs.Enqueue(tx, "k", nil, work.Job{}); err != nil {
			return err
		}
		return errors.New("no")
	})
	if err == nil {
		t.Fatal("no error")
	}
	err = b.Read(t.Context(), system(), func(tx *store.Tx) error {
		all, err := tx.Jobs("", 10)
		if len(all) != 0 {
			t.Errorf("%d jobs", len(all))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStoppingPutsJobsBack(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	scope, r := makeWorkspace(t, b.Store), runner(b)
	entered := make(chan struct{})
	r.Handle("long", func(ctx context.Context, _ *jobs.Run) error {
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	})
	stop := start(t, r)
	j := enqueue(t, b.Store, scope, "long", nil, work.Job{})
	<-entered
	stop()
	if got := job(t, b.Store, j.ID); got.State != work.Waiting || got.Attempt != 0 {
		t.Errorf("state %s, attempt %d", got.State, got.Attempt)
	}
}

func TestProgressAndCancel(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope, r := makeWorkspace(t, b.Store), runner(b)
		stopped := make(chan struct{})
		r.Handle("long", func(ctx context.Context, run *jobs.Run) error {
			run.Progress(0.5, "half")
			<-ctx.Done()
			close(stopped)
			return ctx.Err()
		})
		start(t, r)
		j := enqueue(t, b.Store, scope, "long", nil, work.Job{})
		until(t, "progress", func() bool { got := job(t, b.Store, j.ID); return got.Progress == 0.5 && got.Note == "half" })
		write(t, b.Store, scope, func(tx *store.Tx) error { return tx.CancelJob(j.ID) })
		<-stopped
		if got := job(t, b.Store, j.ID); got.State != work.Cancelled {
			t.Errorf("state %s", got.State)
		}
	})
}

func TestSchedule(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		var runs atomic.Int64
		for range 2 { // two servers, one schedule
			r := runner(b)
			r.Handle("nightly", func(context.Context, *jobs.Run) error { runs.Add(1); return nil })
			if err := r.Every("nightly", "nightly", "daily 09:00"); err != nil {
				t.Fatal(err)
			}
			start(t, r)
		}
		for day := range int64(3) {
			time.Sleep(30 * time.Millisecond)
			if runs.Load() != day {
				t.Errorf("%d runs before day %d", runs.Load(), day)
			}
			b.Clock.Move(24 * time.Hour)
			until(t, "run of the day", func() bool { return runs.Load() > day })
			// The next move outlasts every lease: a job that still runs would rightly run again.
			until(t, "end of the run", func() bool { return len(running(t, b.Store)) == 0 })
		}
	})
}

func TestRhythm(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tc := range []struct{ rhythm, last, now, want string }{
		{"daily 03:10", "", "2026-10-01 08:00", "2026-10-02 03:10"},
		{"daily 03:10", "2026-10-01 03:10", "2026-10-01 03:10", "2026-10-02 03:10"},
		{"daily 23:59", "", "2026-12-31 08:00", "2026-12-31 23:59"},
		{"daily 00:00", "", "2026-12-31 00:01", "2027-01-01 00:00"},
		{"15m", "", "2026-10-01 08:00", "2026-10-01 08:15"},
		{"15m", "2026-10-01 08:00", "2026-10-01 08:00", "2026-10-01 08:15"},
		{"15m", "2026-10-01 08:00", "2026-10-01 08:14", "2026-10-01 08:15"},
		{"15m", "2026-10-01 08:00", "2026-10-01 11:01", "2026-10-01 11:15"}, // missed runs are one run
	} {
		r, err := jobs.ParseRhythm(tc.rhythm)
		if err != nil {
			t.Fatal(err)
		}
		var last time.Time
		if tc.last != "" {
			last = at(tc.last)
		}
		if got := r.Next(last, at(tc.now)); !got.Equal(at(tc.want)) {
			t.Errorf("%s after %s: %s, want %s", tc.rhythm, tc.now, got, tc.want)
		}
	}
	for _, bad := range []string{"", "daily", "daily 24:00", "0s", "-5m", "10ms", "weekly"} {
		if _, err := jobs.ParseRhythm(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestBackoff(t *testing.T) {
	for attempt, middle := range map[int]time.Duration{0: 10 * time.Second, 1: 10 * time.Second, 2: 20 * time.Second, 5: 160 * time.Second, 9: 2560 * time.Second, 10: time.Hour, 99: time.Hour} {
		if d := jobs.Backoff(attempt); d < middle*4/5 || d > middle*6/5 {
			t.Errorf("after attempt %d: %v, want about %v", attempt, d, middle)
		}
	}
}

// outside is another system that remembers what reached it.
type outside struct {
	mu    sync.Mutex
	keys  []string
	fails int
}

func (o *outside) Send(_ context.Context, e work.Effect) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fails > 0 {
		o.fails--
		return "", errors.New("451 try again")
	}
	o.keys = append(o.keys, e.Key)
	return fmt.Sprint("250 ok, attempt ", e.Attempt), nil
}

func TestOutbox(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope, r, there := makeWorkspace(t, b.Store), runner(b), &outside{fails: 2}
		r.Deliver("mail", there)
		start(t, r)
		for i := range 3 {
			write(t, b.Store, scope, func(tx *store.Tx) error {
				fresh, err := jobs.Post(tx, work.Effect{Kind: "mail", Key: "reminder/task/1", Payload: []byte(`{"to":"a@example.org"}`)})
				if fresh != (i == 0) {
					t.Errorf("post %d: fresh %v", i, fresh)
				}
				return err
			})
		}
		effect := func() (e work.Effect) {
			err := b.Read(t.Context(), scope, func(tx *store.Tx) error {
				all, err := tx.Effects(10)
				if len(all) == 1 {
					e = all[0]
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		until(t, "failure", func() bool {
			var waiting []work.Job
			err := b.Read(t.Context(), scope, func(tx *store.Tx) (err error) {
				waiting, err = tx.Jobs(work.Waiting, 1)
				return err
			})
			return err == nil && len(waiting) == 1 && waiting[0].Error == "451 try again" && effect().Error == "451 try again"
		})
		first := effect().ID
		write(t, b.Store, scope, func(tx *store.Tx) error { return jobs.Retry(tx, first) })
		until(t, "another try at once", func() bool { e := effect(); return e.Attempt == 2 && e.State == work.Waiting })
		b.Clock.Move(time.Minute)
		until(t, "delivery", func() bool { return effect().State == work.Done })
		if e := effect(); e.Receipt != "250 ok, attempt 3" || e.SentAt.IsZero() || e.Error != "" {
			t.Errorf("%+v", e)
		}
		if diff := cmp.Diff([]string{"reminder/task/1"}, there.keys); diff != "" {
			t.Error(diff)
		}
		unknown := func(tx *store.Tx) error {
			_, err := jobs.Post(tx, work.Effect{Kind: "pigeon", Key: "x"})
			return err
		}
		write(t, b.Store, scope, unknown)
		until(t, "an effect that nobody sends", func() bool {
			states := map[work.State]int{}
			err := b.Read(t.Context(), scope, func(tx *store.Tx) error {
				all, err := tx.Effects(10)
				for _, e := range all {
					states[e.State]++
				}
				return err
			})
			return err == nil && states[work.Dead] == 1
		})
	})
}

// TestHeldEffects keeps what nobody has set up yet, and sends it once somebody has;
// what is too old by then is given up.
func TestHeldEffects(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope, r := makeWorkspace(t, b.Store), runner(b)
		r.Deliver("mail", jobs.SenderFunc(func(context.Context, work.Effect) (string, error) {
			return "", fmt.Errorf("mail is %w", jobs.ErrNotSetUp)
		}))
		stop := start(t, r)
		post := func(key string) {
			write(t, b.Store, scope, func(tx *store.Tx) error {
				_, err := jobs.Post(tx, work.Effect{Kind: "mail", Key: key})
				return err
			})
		}
		states := func() map[string]work.State {
			out := map[string]work.State{}
			err := b.Read(t.Context(), scope, func(tx *store.Tx) error {
				all, err := tx.Effects(10)
				for _, e := range all {
					out[e.Key] = e.State
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		post("old")
		until(t, "the old one is held", func() bool { return states()["old"] == work.Held })
		b.Clock.Move(48 * time.Hour)
		post("new")
		post("by hand")
		until(t, "the new ones are held", func() bool { s := states(); return s["new"] == work.Held && s["by hand"] == work.Held })
		stop()
		there := &outside{}
		second := runner(b)
		second.Deliver("mail", there)
		sent, dropped, err := second.Resume(t.Context(), "mail", 24*time.Hour)
		if err != nil || sent != 2 || dropped != 1 {
			t.Errorf("%d sent, %d dropped, %v", sent, dropped, err)
		}
		start(t, second)
		until(t, "delivery", func() bool {
			s := states()
			return s["new"] == work.Done && s["by hand"] == work.Done && s["old"] == work.Dead
		})
		write(t, b.Store, scope, func(tx *store.Tx) error {
			all, err := tx.Effects(10)
			for _, e := range all {
				if e.Key == "old" {
					err = errors.Join(err, jobs.Retry(tx, e.ID))
				} else if fault.KindOf(jobs.Retry(tx, e.ID)) != fault.Conflict {
					t.Error("an effect that happened was tried again")
				}
			}
			return err
		})
		until(t, "another try", func() bool { return states()["old"] == work.Done })
	})
}

// TestReminderOnce sends what is due before now and was not sent yet, however often
// it looks.
func TestReminderOnce(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	scope := makeWorkspace(t, b.Store)
	person := id.New()
	write(t, b.Store, system(), func(tx *store.Tx) error {
		_, err := tx.PutPerson(tenant.Person{ID: person, Email: "a@example.org"})
		return err
	})
	remind := func(tx *store.Tx) error {
		first, err := tx.Mark("reminder/task/1/2026-10-01")
		if err != nil || !first {
			return err
		}
		return tx.Notify(desk.Notice{Person: person, Key: "task.due"})
	}
	for range 3 {
		write(t, b.Store, scope, remind)
	}
	err := b.Read(t.Context(), scope, func(tx *store.Tx) error {
		all, err := tx.Inbox(person, 10)
		if !slices.ContainsFunc(all, func(n desk.Notice) bool { return n.Key == "task.due" }) || len(all) != 1 {
			t.Errorf("%+v", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestClaimsNoMoreThanAsked: whatever way PostgreSQL plans the statement. In the one that
// these settings force, and that it takes of itself for small tables, it would run a
// choice of rows again for each row that it looks at.
func TestClaimsNoMoreThanAsked(t *testing.T) {
	plan := "&enable_hashjoin=off&enable_mergejoin=off&enable_hashagg=off&enable_sort=off&enable_material=off"
	b := storetest.Open(t, kit.Prepared(t)+plan)
	write(t, b.Store, makeWorkspace(t, b.Store), func(tx *store.Tx) error {
		for range 5 {
			if _, err := jobs.Enqueue(tx, "k", nil, work.Job{}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []int{1, 1, 2, 1, 0} {
		write(t, b.Store, system(), func(tx *store.Tx) error {
			claimed, err := tx.Claim([]string{"k"}, "w", time.Minute, max(want, 1))
			if len(claimed) != want {
				t.Errorf("%d jobs are claimed, want %d", len(claimed), want)
			}
			return err
		})
	}
}

func BenchmarkQueue(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b))
	scope := makeWorkspace(b, s.Store)
	write(b, s.Store, scope, func(tx *store.Tx) error {
		for range b.N + 1 {
			if _, err := jobs.Enqueue(tx, "k", nil, work.Job{}); err != nil {
				return err
			}
		}
		return nil
	})
	for b.Loop() {
		write(b, s.Store, system(), func(tx *store.Tx) error {
			claimed, err := tx.Claim([]string{"k"}, "w", time.Minute, 1)
			if err != nil || len(claimed) == 0 {
				return err
			}
			return tx.FinishJob(claimed[0], nil)
		})
	}
}
