package alarming_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/mail"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/notify"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

var kit storetest.Kit

// The environment variable that turns the test program into a server that lets
// alarms ring until it is killed.
const ringerOf = "NISABA_TEST_RINGER"

func TestMain(m *testing.M) {
	if spec := os.Getenv(ringerOf); spec != "" {
		if err := runRinger(spec); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	}
	os.Exit(kit.Main(m))
}

var by = store.Change{Actor: "tester"}

func system() tenant.Scope { return tenant.System("test") }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// service is the alarms on a store. receiver is a mail server, or nil for none.
func service(s *store.Store, receiver *mail.Server, command *notify.Command) (*alarming.Service, *mailing.Mailer, error) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		return nil, nil, err
	}
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		return nil, nil, err
	}
	mailer, err := mailing.New(mailing.Options{Box: box, Messages: messages, Base: "https://nisaba.example.org", Server: receiver})
	if err != nil {
		return nil, nil, err
	}
	return alarming.New(s, alarming.Options{Mails: mailer, Box: box, Web: notify.NewWeb(true), Command: command}), mailer, nil
}

// floor is a workspace with organisations, people and cases.
type floor struct {
	workspace     string
	organisations []string
	anna, ben     tenant.Person // owner; editor who chose the daily summary
}

func furnish(t testing.TB, s *store.Store, organisations int) floor {
	t.Helper()
	f := floor{workspace: id.New(), anna: tenant.Person{Email: "anna@example.org", Name: "Anna", Language: "de"},
		ben: tenant.Person{Email: "ben@example.org", Name: "Ben"}}
	must(t, s.Write(t.Context(), system(), by, func(tx *store.Tx) (err error) {
		in := tx.In(f.workspace, "")
		if _, err := in.PutWorkspace(tenant.Workspace{ID: f.workspace, Kind: tenant.Provider, Name: "Seewinkel"}); err != nil {
			return err
		}
		for _, m := range []struct {
			person *tenant.Person
			role   tenant.Role
		}{{&f.anna, authz.Owner}, {&f.ben, authz.Editor}} {
			if *m.person, err = tx.PutPerson(*m.person); err != nil {
				return err
			}
			if _, err := in.PutMembership(tenant.Membership{Person: m.person.ID, Role: m.role}); err != nil {
				return err
			}
		}
		for n := range organisations {
			o, err := in.PutOrganisation(tenant.Organisation{ID: id.New(), Name: fmt.Sprintf("Client %d", n), Kind: tenant.Client})
			if err != nil {
				return err
			}
			f.organisations = append(f.organisations, o.ID)
		}
		return nil
	}))
	return f
}

// open makes a significant case with duties towards several Member States. Alarms
// that fell due before now were sent in their time. It returns them all.
func (f floor) open(tx *store.Tx, organisation string, aware time.Time, duties int, exercise bool) ([]incident.Alarm, error) {
	i, err := tx.PutIncident(incident.Incident{Organisation: organisation, Reference: id.New(), Title: "Mail server unavailable", Kind: incident.Happened,
		State: incident.Open, Zone: "Europe/Vienna", Exercise: exercise, TLP: incident.DefaultTLP,
		AwareAt: incident.Moment{At: aware, Zone: "Europe/Vienna", Certainty: incident.Exact}, Significance: incident.Significance{Decided: true, Is: true}})
	if err != nil {
		return nil, err
	}
	var all []incident.Alarm
	for n := range duties {
		o, err := tx.PutObligation(incident.Obligation{Organisation: organisation, Incident: i.ID, Regime: clocks.NIS2, Applies: "yes", Zone: "Europe/Vienna",
			Country: []string{"AT", "DE", "FR", "IT", "CZ"}[n%5], Authority: "CSIRT", Qualified: law.Unknown})
		if err != nil {
			return nil, err
		}
		alarms := o.Alarms(o.Clocks(i, nil, tx.Now()))
		for k := range alarms {
			if !alarms[k].At.After(tx.Now()) {
				alarms[k].SentAt = alarms[k].At
			}
		}
		if err := tx.ReplaceAlarms(o, alarms); err != nil {
			return nil, err
		}
		all = append(all, alarms...)
	}
	return all, nil
}

// listener is a receiver of webhooks that counts what it gets, by key.
type listener struct {
	*httptest.Server
	mu   sync.Mutex
	got  map[string]int
	last alarming.Message
	down bool
}

func listen(t testing.TB) *listener {
	l := &listener{got: map[string]int{}}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.down || err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		l.got[r.Header.Get("Idempotency-Key")]++
		if json.Unmarshal(b, &l.last) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(l.Close)
	return l
}

func (f floor) actor(p tenant.Person, r tenant.Role, s *store.Store) authz.Actor {
	return authz.NewActor(authz.Actor{Person: p.ID, Name: p.Name, Session: authz.Browser}, f.workspace,
		[]tenant.Membership{{Workspace: f.workspace, Person: p.ID, Role: r}}, s)
}

// outage is how long the server stands still in TestOutage.
const outage = 90 * time.Minute

// TestOutage: many clocks run, the server stands still for ninety minutes, and is
// killed again and again while it catches up. Every alarm that fell due rings
// exactly once, and none that did not. "make test-long" sets OUTAGE_CLOCKS to ten
// thousand; without it there are three hundred.
func TestOutage(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		const duties = 5 // of each case; each duty has an early warning and a notification that run
		clocks := 300
		if n, err := strconv.Atoi(os.Getenv("OUTAGE_CLOCKS")); err == nil {
			clocks = n
		}
		cases := min(10, clocks/(10*duties*2)) // of each organisation
		organisations := clocks / (cases * duties * 2)
		f := furnish(t, b.Store, organisations)
		web := listen(t)
		s, _, err := service(b.Store, nil, nil)
		must(t, err)
		for _, o := range f.organisations[:10] {
			_, err := s.Choose(t.Context(), f.actor(f.anna, authz.Owner, b.Store), o, alarming.Channels{Mail: true, URL: web.URL})
			must(t, err)
		}
		start, back := b.Clock.Now(), b.Clock.Now().Add(outage)
		want, later, running := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for n, o := range f.organisations {
			must(t, b.Write(t.Context(), system().In(f.workspace, ""), by, func(tx *store.Tx) error {
				for c := range cases {
					// Between 22.5 and 23 hours before: of every clock something falls due during the outage.
					aware := start.Add(-23*time.Hour + time.Duration(1+(n*cases+c)%1750)*time.Second)
					all, err := f.open(tx, o, aware, duties, false)
					if err != nil {
						return err
					}
					for _, a := range all {
						running[a.Obligation+string(a.Stage)] = true
						switch {
						case a.At.After(back):
							later[a.ID] = true
						case a.At.After(start):
							want[a.ID] = true
						}
					}
				}
				return nil
			}))
		}
		if len(running) < clocks || len(want) < clocks {
			t.Fatalf("only %d clocks and %d alarms: the test proves nothing", len(running), len(want))
		}
		b.Clock.Move(outage)
		kills, delay := 0, 60*time.Millisecond
		half := start.Add(outage / 2) // the clock of the killed servers: whenever they are killed, some of the alarms are left
		for range 30 {                // the slower the machine, the later the kills: something must have rung before
			if killRinger(t, b.Target, half, delay) {
				kills++
			}
			if n := len(f.entries(t, b.Store)); n > 0 && kills >= max(2, 12*clocks/10_000) {
				break
			}
			delay += delay / 3
		}
		before := f.entries(t, b.Store)
		began := time.Now()
		rung, err := s.Sound(t.Context(), system())
		must(t, err)
		rang := time.Since(began)
		if len(before)+rung != len(want) {
			t.Errorf("%d rang before the kills and %d after, wanted %d", len(before), rung, len(want))
		}
		f.deliver(t, b.Store, s)
		t.Logf("%s: %d clocks, %d alarms fell due; %d rang in %d killed servers, the other %d in %v; all was delivered after %v",
			b.Engine(), len(running), len(want), len(before), kills, rung, rang.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
		if len(before) == 0 || rung == 0 || kills < 2 {
			t.Errorf("%d rang in %d killed servers, %d afterwards: the test proves nothing", len(before), kills, rung)
		}
		f.rangOnce(t, b.Store, want, later)
		f.webOnce(t, web, want, b.Store)
	})
}

// runRinger lets alarms ring until it is killed.
func runRinger(spec string) error {
	target, at, _ := strings.Cut(spec, " ")
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return err
	}
	db, err := store.Open(context.Background(), target, store.Options{Clock: clock.At(now)})
	if err != nil {
		return err
	}
	s, _, err := service(db, nil, nil)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		if _, err := s.Sound(context.Background(), system()); err != nil {
			return err
		}
	}
}

// killRinger starts a server and kills it some time after it is ready.
func killRinger(t *testing.T, target string, now time.Time, after time.Duration) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), ringerOf+"="+target+" "+now.Format(time.RFC3339))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() != "ready" {
			t.Errorf("the server said %q", lines.Text())
			continue
		}
		time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // SIGKILL
	}
	err = cmd.Wait()
	return err != nil && strings.Contains(err.Error(), "killed")
}

// entries counts the alarms in the records of all cases, by id.
func (f floor) entries(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	out := map[string]int{}
	must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
		open, err := tx.OpenIncidents()
		if err != nil {
			return err
		}
		for _, i := range open {
			list, err := tx.IncidentEntries(i.Organisation, i.ID)
			if err != nil {
				return err
			}
			for _, e := range list {
				if e.Kind == "alarm" {
					out[e.Object]++
				}
			}
		}
		return nil
	}))
	return out
}

// rangOnce checks marks, records, inboxes and mails.
func (f floor) rangOnce(t *testing.T, s *store.Store, want, later map[string]bool) {
	t.Helper()
	record := f.entries(t, s)
	for id, n := range record {
		if n != 1 || !want[id] {
			t.Errorf("%s is in the record %d times, wanted: %v", id, n, want[id])
		}
	}
	if len(record) != len(want) {
		t.Errorf("%d alarms are in the record, wanted %d", len(record), len(want))
	}
	lines := 0
	must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
		for _, o := range f.organisations {
			list, err := tx.Alarms(o)
			if err != nil {
				return err
			}
			for _, a := range list {
				if want[a.ID] == a.SentAt.IsZero() && (want[a.ID] || later[a.ID]) {
					t.Errorf("%s is marked as sent at %v", a.ID, a.SentAt)
				}
			}
		}
		for _, p := range []tenant.Person{f.anna, f.ben} {
			inbox, err := tx.Inbox(p.ID, 2*len(want))
			if err != nil {
				return err
			}
			if len(inbox) != len(want) {
				t.Errorf("%s has %d notices, wanted %d", p.Name, len(inbox), len(want))
			}
		}
		effects, err := tx.Effects(1_000_000)
		for _, e := range effects {
			if e.Kind == mailing.Kind {
				lines += linesOf(t, e)
				if e.State != work.Held {
					t.Errorf("a mail without a mail server is %s", e.State)
				}
			}
		}
		return err
	}))
	if lines != 2*len(want) {
		t.Errorf("mails tell of %d alarms, wanted %d for each of two people", lines, len(want))
	}
}

// linesOf is how many alarms a mail tells of.
func linesOf(t *testing.T, e work.Effect) int {
	t.Helper()
	box, err := secret.NewBox(make([]byte, 32))
	must(t, err)
	var p struct{ Sealed string }
	must(t, json.Unmarshal(e.Payload, &p))
	text, err := box.Open("mail", e.Workspace+"/"+e.Key, p.Sealed)
	must(t, err)
	return strings.Count(string(text), "\n* ")
}

// deliver runs the server's workers until nothing is left to send.
func (f floor) deliver(t *testing.T, s *store.Store, a *alarming.Service) {
	t.Helper()
	r := jobs.New(s, jobs.Options{Poll: 20 * time.Millisecond, Workers: 8})
	a.Install(r)
	r.Deliver(mailing.Kind, a.Mails)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for range 6000 {
		left := 0
		must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
			effects, err := tx.Effects(1_000_000)
			for _, e := range effects {
				if e.State == work.Waiting && e.Error == "" || e.State == work.Running {
					left++
				}
			}
			return err
		}))
		if left == 0 {
			break
		}
		time.Sleep(time.Second)
	}
	stop()
	must(t, <-done)
}

// webOnce checks that the receiver got the alarms of the organisations with a
// webhook, each once.
func (f floor) webOnce(t *testing.T, web *listener, want map[string]bool, s *store.Store) {
	t.Helper()
	expected := map[string]bool{}
	must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
		for _, o := range f.organisations[:10] {
			list, err := tx.Alarms(o)
			if err != nil {
				return err
			}
			for _, a := range list {
				if want[a.ID] {
					expected[alarming.WebKind+"/"+a.ID] = true
				}
			}
		}
		return nil
	}))
	for key := range expected {
		if web.got[key] != 1 {
			t.Errorf("%s came %d times", key, web.got[key])
		}
	}
	if len(web.got) != len(expected) || len(expected) == 0 {
		t.Errorf("%d alarms came, wanted %d", len(web.got), len(expected))
	}
}

// TestChannels: each channel fails alone; a drill stays in the inboxes; what comes in
// a summary is left to it.
func TestChannels(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 2)
		mails, web := mailtest.Start(t), listen(t)
		receiver, err := mail.New(mails.Address, "nisaba@example.org")
		must(t, err)
		heard := filepath.Join(t.TempDir(), "heard")
		script := filepath.Join(t.TempDir(), "ring")
		must(t, os.WriteFile(script, []byte("#!/bin/sh\ncat >> \"$1\"\necho >> \"$1\"\n"), 0o700))
		command, err := notify.NewCommand(script+" "+heard, time.Minute)
		must(t, err)
		s, mailer, err := service(b.Store, receiver, command)
		must(t, err)
		owner := f.actor(f.anna, authz.Owner, b.Store)
		o := f.organisations[0]
		key, err := s.Choose(t.Context(), owner, o, alarming.Channels{Mail: true, URL: web.URL, Command: true})
		must(t, err)
		if again, err := s.Choose(t.Context(), owner, o, alarming.Channels{Mail: true, URL: web.URL, Command: true}); key == "" || again != "" || err != nil {
			t.Errorf("secrets %q, %q, %v", key, again, err)
		}
		must(t, b.Write(t.Context(), system(), by, func(tx *store.Tx) error {
			f.ben.Notices = map[string]string{string(desk.Incidents): string(desk.Daily)}
			if f.ben, err = tx.PutPerson(f.ben); err != nil {
				return err
			}
			in := tx.In(f.workspace, "")
			for n, organisation := range f.organisations {
				if _, err := f.open(in, organisation, tx.Now().Add(-22*time.Hour-30*time.Minute), 1, n == 1); err != nil {
					return err
				}
			}
			return nil
		}))
		web.down = true
		b.Clock.Move(2 * time.Hour) // early warnings are due in an hour, and then overdue
		if n, err := s.Sound(t.Context(), system()); n != 4 || err != nil {
			t.Fatalf("%d rang, %v", n, err)
		}
		if n, err := s.Sound(t.Context(), system()); n != 0 || err != nil {
			t.Fatalf("%d rang again, %v", n, err)
		}
		f.deliver(t, b.Store, s)
		if got := mails.Mails(); len(got) != 1 {
			t.Errorf("%d mails, wanted one to Anna for both alarms of the case", len(got))
		}
		said, err := os.ReadFile(heard)
		must(t, err)
		if strings.Count(string(said), alarming.MessageFormat) != 2 || len(web.got) != 0 {
			t.Errorf("the command heard %s; the webhook that was down got %v", said, web.got)
		}
		web.down = false
		b.Clock.Move(10 * time.Minute) // the next try
		f.deliverAll(t, b.Store, s, mailer)
		if len(web.got) != 2 || web.last.Stage == "" || web.last.Link == "" || !strings.Contains(web.last.Text, "Mail server unavailable") {
			t.Errorf("the webhook got %v, last %+v", web.got, web.last)
		}
		f.inboxes(t, b.Store, s)
	})
}

// deliverAll waits for the tries of what failed, too.
func (f floor) deliverAll(t *testing.T, s *store.Store, a *alarming.Service, m *mailing.Mailer) {
	t.Helper()
	r := jobs.New(s, jobs.Options{Poll: 20 * time.Millisecond})
	a.Install(r)
	r.Deliver(mailing.Kind, m)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		left := 0
		must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
			effects, err := tx.Effects(1000)
			for _, e := range effects {
				if e.State != work.Done {
					left++
				}
			}
			return err
		}))
		if left == 0 {
			break
		}
	}
	stop()
	must(t, <-done)
}

func (f floor) inboxes(t *testing.T, s *store.Store, a *alarming.Service) {
	t.Helper()
	must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
		for _, p := range []tenant.Person{f.anna, f.ben} {
			inbox, err := tx.Inbox(p.ID, 100)
			if err != nil {
				return err
			}
			drills := 0
			for _, n := range inbox {
				text := noticing.Say(a.Mails.Printer(p.Language), n)
				if strings.Contains(text, "incident.alarm") || strings.Contains(text, "clocks.stage") || strings.Contains(text, "{{") {
					t.Errorf("notice: %s", text)
				}
				if strings.HasPrefix(text, "EXERCISE") || strings.HasPrefix(text, "ÜBUNG") {
					drills++
				}
				if n.Organisation == f.organisations[1] != (strings.HasPrefix(text, "EXERCISE") || strings.HasPrefix(text, "ÜBUNG")) {
					t.Errorf("a drill and a notice of it: %s", text)
				}
			}
			if len(inbox) != 4 || drills != 2 {
				t.Errorf("%s: %d notices, %d of the drill", p.Name, len(inbox), drills)
			}
		}
		unsettled, err := tx.UnsettledNotices(100)
		if len(unsettled) != 2 || unsettled[0].Person != f.ben.ID {
			t.Errorf("%d notices wait for a summary, wanted Ben's two", len(unsettled))
		}
		return err
	}))
}

func TestChoose(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 1)
		s, _, err := service(b.Store, nil, nil)
		must(t, err)
		o := f.organisations[0]
		for name, tc := range map[string]struct {
			as   authz.Actor
			c    alarming.Channels
			want fault.Kind
		}{
			"auditor":    {f.actor(f.ben, authz.Auditor, b.Store), alarming.Channels{Mail: true}, fault.Forbidden},
			"nobody":     {authz.NewActor(authz.Actor{Person: "x"}, f.workspace, nil, b.Store), alarming.Channels{}, fault.NotFound},
			"address":    {f.actor(f.anna, authz.Owner, b.Store), alarming.Channels{URL: "javascript:alert(1)"}, fault.Invalid},
			"no command": {f.actor(f.anna, authz.Owner, b.Store), alarming.Channels{Command: true}, fault.Invalid},
		} {
			if _, err := s.Choose(t.Context(), tc.as, o, tc.c); fault.KindOf(err) != tc.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c, err := s.Channels(t.Context(), f.actor(f.ben, authz.Auditor, b.Store), o); err != nil || !c.Mail || c.URL != "" {
			t.Errorf("channels %+v, %v", c, err)
		}
	})
}
