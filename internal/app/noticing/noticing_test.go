package noticing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/quotedprintable"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/mail"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/posture"
)

var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

var by = store.Change{Actor: "tester"}

func system() tenant.Scope { return tenant.System("test") }

// office is a workspace with an organisation, an owner and an editor, and a real
// mail server.
type office struct {
	*noticing.Service
	t            *testing.T
	b            *storetest.Bench
	inbox        *mailtest.Inbox
	mailer       *mailing.Mailer
	messages     *locale.Catalogue
	workspace    string
	organisation string
	anna, ben    tenant.Person // owner; editor, who reads German in Vienna
}

func open(t *testing.T, b *storetest.Bench) *office {
	t.Helper()
	o := &office{t: t, b: b, inbox: mailtest.Start(t), workspace: id.New()}
	cat, err := catalog.Load(content.FS)
	must(t, err)
	set, err := country.Load(content.FS)
	must(t, err)
	o.messages, err = locale.Load(content.FS, "messages")
	must(t, err)
	server, err := mail.New(o.inbox.Address, "nisaba@example.org")
	must(t, err)
	box, err := secret.NewBox(make([]byte, 32))
	must(t, err)
	o.mailer, err = mailing.New(mailing.Options{Box: box, Messages: o.messages, Base: "https://nisaba.example.org/", Server: server})
	must(t, err)
	files, err := blob.Open(t.TempDir())
	must(t, err)
	c := clients.New(b.Store, assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test"}, files)
	o.Service = noticing.New(b.Store, c, o.mailer, box)
	o.anna, o.ben = tenant.Person{Email: "anna@example.org", Name: "Anna"}, tenant.Person{Email: "ben@example.org", Name: "Ben", Language: "de", Zone: "Europe/Vienna"}
	must(t, b.Write(t.Context(), system(), by, func(tx *store.Tx) error {
		in := tx.In(o.workspace, "")
		if _, err := in.PutWorkspace(tenant.Workspace{ID: o.workspace, Kind: tenant.Provider, Name: "Seewinkel"}); err != nil {
			return err
		}
		for _, m := range []struct {
			person *tenant.Person
			role   tenant.Role
		}{{&o.anna, authz.Owner}, {&o.ben, authz.Editor}} {
			put, err := tx.PutPerson(*m.person)
			if err != nil {
				return err
			}
			*m.person = put
			if _, err := in.PutMembership(tenant.Membership{Person: put.ID, Role: m.role}); err != nil {
				return err
			}
		}
		return nil
	}))
	text, err := examples.FS.ReadFile("food-manufacturer.yaml")
	must(t, err)
	f, err := organisation.Read("food-manufacturer.yaml", text)
	must(t, err)
	f.Evidence = nil
	made, err := c.Import(t.Context(), o.actor(o.anna, authz.Owner), tenant.Client, f)
	must(t, err)
	o.organisation = made.ID
	return o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) actor(p tenant.Person, r tenant.Role) authz.Actor {
	return authz.NewActor(authz.Actor{Person: p.ID, Name: p.Name, Session: authz.Browser}, o.workspace,
		[]tenant.Membership{{Workspace: o.workspace, Person: p.ID, Role: r}}, o.b.Store)
}

func (o *office) write(f func(tx *store.Tx) error) {
	o.t.Helper()
	must(o.t, o.b.Write(o.t.Context(), system().In(o.workspace, ""), by, f))
}

// sentences are the notices of a person in a language, oldest first.
func (o *office) sentences(p tenant.Person, language string) []string {
	o.t.Helper()
	list, err := o.Inbox(o.t.Context(), o.actor(p, authz.Editor))
	must(o.t, err)
	var out []string
	for _, n := range list {
		out = append(out, noticing.Say(o.messages.Printer(language), n))
	}
	slices.Reverse(out)
	return out
}

func (o *office) remind() {
	o.t.Helper()
	must(o.t, o.Remind(o.t.Context(), system()))
}

// deliver mails and waits until the outbox is empty; it returns what arrived since,
// decoded.
func (o *office) deliver() []string {
	o.t.Helper()
	before := len(o.inbox.Mails())
	must(o.t, o.Mail(o.t.Context(), system()))
	r := jobs.New(o.b.Store, jobs.Options{Poll: 5 * time.Millisecond})
	r.Deliver(mailing.Kind, o.mailer)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		open := 0
		must(o.t, o.b.Read(o.t.Context(), system(), func(tx *store.Tx) error {
			all, err := tx.Effects(1000)
			for _, e := range all {
				if e.State != work.Done && e.State != work.Dead {
					open++
				}
			}
			return err
		}))
		if open == 0 {
			break
		}
	}
	cancel()
	must(o.t, <-ended)
	var out []string
	for _, m := range o.inbox.Mails()[before:] {
		head, body, _ := strings.Cut(m, "\r\n\r\n")
		text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
		must(o.t, err)
		out = append(out, head+"\n\n"+strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	return out
}

func (o *office) today() law.Date { return law.DateOf(o.b.Clock.Now()) }

// quiet takes the reminders of the statutory dates of the example away.
func (o *office) quiet() {
	o.t.Helper()
	o.remind()
	for _, p := range []tenant.Person{o.anna, o.ben} {
		must(o.t, o.MarkRead(o.t.Context(), o.actor(p, authz.Editor), ""))
	}
	o.deliver()
}

func (o *office) fresh(p tenant.Person, language string, f func()) []string {
	before := len(o.sentences(p, language))
	f()
	return o.sentences(p, language)[before:]
}

func TestReminders(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := open(t, b)
		o.quiet()
		day := o.today().AddDays(10)
		o.write(func(tx *store.Tx) error {
			for _, x := range []planning.Task{
				{Title: "Write the policy", State: planning.ToDo, Due: day, Owner: o.anna.ID},
				{Title: "Nobody's", State: planning.ToDo, Due: day},
				{Title: "Done", State: planning.Done, Due: day},
			} {
				x.Organisation = o.organisation
				if _, err := tx.PutTask(x); err != nil {
					return err
				}
			}
			_, err := tx.PutApproval(board.Approval{Organisation: o.organisation, Title: "The plan", Decision: board.Waiting, RequestedAt: tx.Now()})
			return err
		})
		if got := o.fresh(o.anna, "en", o.remind); len(got) != 0 {
			t.Errorf("said before the time: %q", got)
		}
		b.Clock.Move(4 * 24 * time.Hour)
		anna := o.fresh(o.anna, "en", func() { o.remind(); o.remind() })
		due := o.messages.Printer("en").Date(day)
		want := []string{"The task “Write the policy” of Veldkeuken Maaltijden B.V. is due on " + due + ".",
			"“The plan” of Veldkeuken Maaltijden B.V. waits for your decision since " + o.messages.Printer("en").Date(o.today().AddDays(-4)) + "."}
		slices.Sort(anna)
		slices.Sort(want)
		if !slices.Equal(anna, want) {
			t.Errorf("the owner heard %q, wanted %q", anna, want)
		}
		if got := o.sentences(o.ben, "de"); !slices.Contains(got, "Die Aufgabe „Nobody's“ von Veldkeuken Maaltijden B.V. ist am "+o.messages.Printer("de").Date(day)+" fällig.") {
			t.Errorf("the editor heard %q", got)
		}
		b.Clock.Move(60 * 24 * time.Hour) // the server was down
		got := o.fresh(o.anna, "en", func() { o.remind(); o.remind() })
		late := 0
		for _, s := range got {
			if strings.Contains(s, "Write the policy") {
				late++
				if !strings.Contains(s, "was due on") {
					t.Errorf("after two months: %q", s)
				}
			}
		}
		if late != 1 {
			t.Errorf("after two months the owner heard %d times of the task: %q", late, got)
		}
		b.Clock.Move(-62 * 24 * time.Hour)
		if got := o.fresh(o.anna, "en", o.remind); len(got) != 0 {
			t.Errorf("a clock that went back said %q", got)
		}
	})
}

// TestReminderGoesToWhoCanAct: of work whose owner only reads, those who edit are reminded.
func TestReminderGoesToWhoCanAct(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := open(t, b)
		o.quiet()
		o.write(func(tx *store.Tx) error {
			_, err := tx.PutTask(planning.Task{Organisation: o.organisation, Title: "Write the policy", State: planning.ToDo, Due: o.today().AddDays(5), Owner: o.anna.ID})
			if err == nil {
				_, err = tx.PutMembership(tenant.Membership{Person: o.anna.ID, Role: authz.Auditor})
			}
			return err
		})
		anna := len(o.sentences(o.anna, "en"))
		if got := o.fresh(o.ben, "en", o.remind); len(got) != 1 || !strings.Contains(got[0], "Write the policy") {
			t.Errorf("the editor heard %q", got)
		}
		if got := o.sentences(o.anna, "en")[anna:]; len(got) != 0 {
			t.Errorf("the auditor heard %q", got)
		}
	})
}

// TestReviews: who accepted a risk, and who answers for the requirement, look at it again
// before the acceptance ends.
func TestReviews(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := open(t, b)
		o.quiet()
		day := o.today().AddDays(40)
		o.write(func(tx *store.Tx) error {
			for _, e := range []posture.Exception{{Requirement: "cir.2.1.1", Until: day}, {Requirement: "cir.2.1.2"}} {
				e.Kind, e.Reason, e.ApprovedBy, e.On = posture.ExceptionAccepted, "R", "B", o.today()
				if _, err := tx.PutException(assessment.Exception{Organisation: o.organisation, Exception: e}); err != nil {
					return err
				}
			}
			if _, err := tx.PutAssignment(assessment.Assignment{Organisation: o.organisation, Kind: assessment.OfRequirement, Object: "cir.2.1.1", Person: o.ben.ID}); err != nil {
				return err
			}
			_, err := tx.PutRisk(register.Risk{Organisation: o.organisation, Title: "Old press", Likelihood: 2, Impact: 2, Treatment: register.Accept, Acceptance: "R", Owner: "Anna",
				AcceptedBy: o.anna.ID, AcceptedName: "Anna", AcceptedOn: o.today(), ReviewBy: day})
			return err
		})
		if anna, ben := o.fresh(o.anna, "en", o.remind), o.fresh(o.ben, "en", o.remind); len(anna)+len(ben) != 0 {
			t.Errorf("said before the time: %q, %q", anna, ben)
		}
		anna, ben := len(o.sentences(o.anna, "en")), len(o.sentences(o.ben, "en"))
		for _, says := range []string{"is accepted until", "is accepted only until", "It counts as open again"} {
			b.Clock.Move(map[string]time.Duration{"is accepted until": 11, "is accepted only until": 23, "It counts as open again": 9}[says] * 24 * time.Hour)
			o.remind()
			o.remind()
			for who, got := range map[string][]string{"Old press": o.sentences(o.anna, "en")[anna:], "Risks are assessed": o.sentences(o.ben, "en")[ben:]} {
				got = slices.DeleteFunc(got, func(s string) bool { return !strings.Contains(s, says) })
				if len(got) != 1 || !strings.Contains(strings.ToLower(got[0]), strings.ToLower(who)) {
					t.Errorf("%s: %q", who, got)
				}
			}
		}
	})
}

// TestArchiveIsQuiet: of what is in the archive nobody is reminded, and no mail tells.
func TestArchiveIsQuiet(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := open(t, b)
		o.quiet()
		o.write(func(tx *store.Tx) error {
			_, err := tx.PutTask(planning.Task{Organisation: o.organisation, Title: "Write the policy", State: planning.ToDo, Due: o.today().AddDays(5), Owner: o.ben.ID})
			return err
		})
		o.tell(o.ben, "reminder.evidence.week")
		o.write(func(tx *store.Tx) error {
			of, err := tx.Organisation(o.organisation)
			if err != nil {
				return err
			}
			of.Archived = true
			_, err = tx.PutOrganisation(of)
			return err
		})
		if got := o.fresh(o.ben, "en", o.remind); len(got) != 0 {
			t.Errorf("reminded of %q", got)
		}
		b.Clock.Move(48 * time.Hour)
		if got := o.deliver(); len(got) != 0 {
			t.Errorf("mailed %q", got)
		}
	})
}

// TestRemindersOfAuthority: an authority hears of what entities are to do by a day and of
// changes that they did not tell, and not of the dates that are theirs to keep.
func TestRemindersOfAuthority(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := open(t, b)
		var line authority.Record
		today := o.today()
		o.write(func(tx *store.Tx) error {
			w, err := tx.Workspace()
			if err != nil {
				return err
			}
			w.Kind = tenant.Authority
			if _, err := tx.PutWorkspace(w); err != nil {
				return err
			}
			line, err = tx.PutAuthorityRecord(authority.Record{Organisation: o.organisation, Kind: authority.Enforcement, Power: "instruction", Title: "Mend the backups", DueOn: today.AddDays(20), By: o.anna.ID})
			if err != nil {
				return err
			}
			_, err = tx.PutAuthorityEntry(authority.Entry{Organisation: o.organisation, State: authority.Registered, ChangedOn: today, ReviewedOn: today})
			return err
		})
		printer := o.messages.Printer("en")
		due := printer.Date(today.AddDays(20))
		if got := o.fresh(o.anna, "en", o.remind); len(got) != 1 || got[0] != "Veldkeuken Maaltijden B.V.: Mend the backups. The date is "+due+"." {
			t.Errorf("the officer who wrote the line heard %q", got)
		}
		if got := o.sentences(o.ben, "de"); len(got) != 1 || !strings.Contains(got[0], "Änderung") {
			t.Errorf("the other officer heard %q", got)
		}
		b.Clock.Move(22 * 24 * time.Hour)
		if got := o.fresh(o.anna, "en", func() { o.remind(); o.remind() }); len(got) != 1 || !strings.Contains(got[0], "The date was "+due) {
			t.Errorf("after its day: %q", got)
		}
		if got := o.sentences(o.ben, "de"); len(got) != 2 || !strings.Contains(strings.Join(got, " "), o.messages.Printer("de").Date(today.AddDays(14))) {
			t.Errorf("after two weeks without the change: %q", got)
		}
		o.write(func(tx *store.Tx) error {
			line.DoneOn = today.AddDays(22)
			_, err := tx.PutAuthorityRecord(line)
			return err
		})
		b.Clock.Move(700 * 24 * time.Hour)
		if got := o.fresh(o.anna, "en", o.remind); len(got) != 0 {
			t.Errorf("of a line that is done: %q", got)
		}
		if got := o.sentences(o.ben, "de"); len(got) != 3 {
			t.Errorf("of the entry that nobody looked through for two years: %q", got)
		}
	})
}

func TestManyComeTogether(t *testing.T) {
	o := open(t, storetest.Open(t, storetest.SQLite(t)))
	o.quiet()
	o.write(func(tx *store.Tx) error {
		for i := range 12 {
			x := planning.Task{Organisation: o.organisation, Title: fmt.Sprint("Task ", i), State: planning.ToDo, Due: o.today().AddDays(-i - 1), Owner: o.anna.ID}
			if _, err := tx.PutTask(x); err != nil {
				return err
			}
		}
		return nil
	})
	got := o.fresh(o.anna, "en", func() { o.remind(); o.remind() })
	if len(got) != 1 || got[0] != "12 tasks of Veldkeuken Maaltijden B.V. are due soon or late." {
		t.Errorf("heard %q", got)
	}
}

func (o *office) tell(p tenant.Person, key string) {
	o.t.Helper()
	o.write(func(tx *store.Tx) error {
		return tx.Notify(desk.Notice{Person: p.ID, Organisation: o.organisation, Key: key, Link: "/organisations/" + o.organisation + "/plan",
			Args: []byte(`{"title":"Backups","organisation":"Veldkeuken","due":"2026-12-24"}`)})
	})
}

// TestDigest sends one summary in the morning of the reader's zone, in the reader's
// language, and none when nothing is new.
func TestDigest(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := open(t, b)
		o.quiet()
		vienna, err := time.LoadLocation("Europe/Vienna")
		must(t, err)
		day := o.today().AddDays(2)
		until := func(d law.Date, hour, minute int) {
			b.Clock.Move(time.Date(d.Year, time.Month(d.Month), d.Day, hour, minute, 0, 0, vienna).Sub(b.Clock.Now()))
		}
		until(day.AddDays(-1), 9, 0)
		o.tell(o.ben, "reminder.task.soon")
		o.tell(o.ben, "reminder.evidence.week")
		if got := o.deliver(); len(got) != 0 {
			t.Errorf("mails on the day before: %q", got)
		}
		until(day, 6, 59)
		if got := o.deliver(); len(got) != 0 {
			t.Errorf("mails before seven: %q", got)
		}
		until(day, 8, 0)
		got := o.deliver()
		if len(got) != 1 {
			t.Fatalf("%d mails in the morning", len(got))
		}
		for _, want := range []string{"ben@example.org\n", "Übersicht vom", "Die Aufgabe „Backups“ von Veldkeuken ist am 24. Dezember 2026 fällig.",
			"https://nisaba.example.org/organisations/" + o.organisation + "/plan", "Veldkeuken Maaltijden B.V.\n---", "https://nisaba.example.org/account/notices",
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click"} {
			if !strings.Contains(got[0], want) && !strings.Contains(decodedSubject(got[0]), want) {
				t.Errorf("the summary lacks %q:\n%s", want, got[0])
			}
		}
		for range 3 {
			b.Clock.Move(24 * time.Hour)
			if again := o.deliver(); len(again) != 0 {
				t.Errorf("a summary without news: %q", again)
			}
		}
		token := regexp.MustCompile(`https://nisaba\.example\.org/unsubscribe/([A-Za-z0-9_-]+)`).FindStringSubmatch(got[0])
		if token == nil {
			t.Fatal("no link that ends summaries")
		}
		if err := o.Unsubscribe(t.Context(), token[1][:len(token[1])-2]+"AA", "", false); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a forged link: %v", err)
		}
		must(t, o.Unsubscribe(t.Context(), token[1], "192.0.2.1", false))
		o.tell(o.ben, "reminder.task.late")
		b.Clock.Move(48 * time.Hour)
		if after := o.deliver(); len(after) != 0 {
			t.Errorf("a summary after its end: %q", after)
		}
		o.tell(o.ben, "reminder.deadline.day")
		if after := o.deliver(); len(after) != 1 {
			t.Errorf("%d mails at once after the summaries ended", len(after))
		}
	})
}

func decodedSubject(m string) string {
	s := regexp.MustCompile(`=\?UTF-8\?q\?([^?]*)\?=\s*`).ReplaceAllString(m, "$1")
	out, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(strings.ReplaceAll(s, "_", " "))))
	if err != nil {
		return m
	}
	return string(out)
}

// TestAtOnce mails a notice at once to whom it concerns still: not when it was
// read, not to somebody who has left, not when it is old.
func TestAtOnce(t *testing.T) {
	o := open(t, storetest.Open(t, storetest.SQLite(t)))
	o.quiet()
	o.tell(o.anna, "reminder.deadline.day")
	got := o.deliver()
	if len(got) != 1 || !strings.Contains(got[0], "Veldkeuken: Backups.") || !strings.Contains(got[0], "/plan") || strings.Contains(got[0], "List-Unsubscribe") {
		t.Errorf("mails %q", got)
	}
	if again := o.deliver(); len(again) != 0 {
		t.Errorf("mailed twice: %q", again)
	}
	o.tell(o.anna, "reminder.deadline.late")
	must(t, o.MarkRead(t.Context(), o.actor(o.anna, authz.Owner), ""))
	o.tell(o.ben, "reminder.deadline.late")
	o.write(func(tx *store.Tx) error { return tx.RemoveMembership(o.ben.ID, "") })
	if got := o.deliver(); len(got) != 0 {
		t.Errorf("mails that concern nobody: %q", got)
	}
	o.tell(o.anna, "reminder.deadline.month")
	o.b.Clock.Move(8 * 24 * time.Hour)
	if got := o.deliver(); len(got) != 0 {
		t.Errorf("old mails: %q", got)
	}
}

// TestMailsOfTheWorkspace: who leaves the language to the browser gets mails in that of
// the workspace.
func TestMailsOfTheWorkspace(t *testing.T) {
	o := open(t, storetest.Open(t, storetest.SQLite(t)))
	o.quiet()
	o.write(func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err == nil {
			w.Language = "de"
			_, err = tx.PutWorkspace(w)
		}
		return err
	})
	o.tell(o.anna, "reminder.deadline.day")
	if got := o.deliver(); len(got) != 1 || !strings.Contains(got[0], "Die Frist endet am") || !strings.Contains(got[0], "\n-- \nGesendet") {
		t.Errorf("mails %q", got)
	}
}

// TestSameMessageID stops the server after the mail went out and before it was
// noted: the second copy has the same id, so that the receiver drops it.
func TestSameMessageID(t *testing.T) {
	o := open(t, storetest.Open(t, storetest.SQLite(t)))
	o.quiet()
	before := len(o.inbox.Mails())
	o.tell(o.anna, "reminder.deadline.day")
	must(t, o.Mail(t.Context(), system()))
	run := func(lost bool) {
		r := jobs.New(o.b.Store, jobs.Options{Poll: 5 * time.Millisecond, Lease: 300 * time.Millisecond})
		r.Deliver(mailing.Kind, jobs.SenderFunc(func(ctx context.Context, e work.Effect) (string, error) {
			receipt, err := o.mailer.Send(ctx, e)
			if err == nil && lost {
				return "", context.Canceled // the answer of the mail server never reached the database
			}
			return receipt, err
		}))
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		want := len(o.inbox.Mails()) + 1
		for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if len(o.inbox.Mails()) >= want {
				break
			}
		}
		time.Sleep(50 * time.Millisecond)
		cancel()
		must(t, <-ended)
	}
	run(true)
	o.b.Clock.Move(time.Hour)
	run(false)
	ids := regexp.MustCompile(`(?i)Message-ID: (<[^>]+>)`)
	sent := o.inbox.Mails()[before:]
	if len(sent) != 2 {
		t.Fatalf("%d copies", len(sent))
	}
	first, second := ids.FindStringSubmatch(sent[0]), ids.FindStringSubmatch(sent[1])
	if first == nil || second == nil || first[1] != second[1] || !strings.HasSuffix(first[1], "@nisaba.example.org>") {
		t.Errorf("message ids %v and %v", first, second)
	}
}

func TestBoundary(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	must(t, err)
	for _, tc := range []struct {
		delivery  desk.Delivery
		zone      *time.Location
		now, want string
	}{
		{desk.Daily, time.UTC, "2026-11-28T07:00:00Z", "2026-11-28T07:00:00Z"},
		{desk.Daily, time.UTC, "2026-11-28T06:59:59Z", "2026-11-27T07:00:00Z"},
		{desk.Daily, vienna, "2026-11-28T06:00:00Z", "2026-11-28T06:00:00Z"},
		{desk.Daily, vienna, "2026-07-28T04:59:59Z", "2026-07-27T05:00:00Z"},
		{desk.Weekly, time.UTC, "2026-11-28T12:00:00Z", "2026-11-23T07:00:00Z"},
		{desk.Weekly, time.UTC, "2026-11-30T06:59:00Z", "2026-11-23T07:00:00Z"},
		{desk.Weekly, vienna, "2026-03-30T05:00:00Z", "2026-03-30T05:00:00Z"}, // the day after the clocks changed
		{desk.Daily, vienna, "2026-03-29T05:00:00Z", "2026-03-29T05:00:00Z"},  // the day itself
		{desk.Daily, vienna, "2026-10-25T05:59:59Z", "2026-10-24T05:00:00Z"},
		{desk.Daily, vienna, "2026-10-25T06:00:00Z", "2026-10-25T06:00:00Z"},
		{desk.Weekly, tenant.ZoneOf("Pacific/Kiritimati"), "2026-11-29T17:00:00Z", "2026-11-29T17:00:00Z"}, // Monday is there already
		{desk.Weekly, tenant.ZoneOf("Pacific/Niue"), "2026-11-30T17:59:59Z", "2026-11-23T18:00:00Z"},       // and there not yet seven
	} {
		now, err := time.Parse(time.RFC3339, tc.now)
		must(t, err)
		if got := noticing.Boundary(tc.delivery, tc.zone, now).UTC().Format(time.RFC3339); got != tc.want {
			t.Errorf("%s in %s at %s: %s, wanted %s", tc.delivery, tc.zone, tc.now, got, tc.want)
		}
	}
}

func TestChoose(t *testing.T) {
	o := open(t, storetest.Open(t, storetest.SQLite(t)))
	a := o.actor(o.anna, authz.Owner)
	for _, c := range []noticing.Choices{{Zone: "Local"}, {Zone: "Europe/Atlantis"}, {Zone: "../etc/passwd"},
		{Kinds: map[desk.Kind]desk.Delivery{"x": desk.Daily}}, {Kinds: map[desk.Kind]desk.Delivery{desk.Tasks: "hourly"}}} {
		if err := o.Choose(t.Context(), a, c); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	must(t, o.Choose(t.Context(), a, noticing.Choices{Zone: "Europe/Vienna", Language: "fr", Kinds: map[desk.Kind]desk.Delivery{desk.Tasks: desk.Weekly}}))
	var p tenant.Person
	must(t, o.b.Read(t.Context(), system(), func(tx *store.Tx) (err error) {
		p, err = tx.Person(o.anna.ID)
		return err
	}))
	if c := noticing.ChoicesOf(p); c.Zone != "Europe/Vienna" || c.Language != "fr" || c.Kinds[desk.Tasks] != desk.Weekly || c.Kinds[desk.Deadlines] != desk.AtOnce {
		t.Errorf("%+v", c)
	}
}

// TestSay: a notice says its arguments, whether they are kept as an object or as the
// list in which messages write them.
func TestSay(t *testing.T) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(law.Say("", "who", "Ben Maier", "what", "Backups").Args)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []json.RawMessage{list, json.RawMessage(`{"who":"Ben Maier","what":"Backups"}`)} {
		if got, want := noticing.Say(messages.Printer("en"), desk.Notice{Key: "workbench.notice.mentioned", Args: args}), "Ben Maier names you in a comment on: Backups"; got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
	if got := noticing.Say(messages.Printer("en"), desk.Notice{Key: "account.notice.new_device"}); got == "" || strings.Contains(got, "<no value>") {
		t.Errorf("without arguments: %q", got)
	}
}
