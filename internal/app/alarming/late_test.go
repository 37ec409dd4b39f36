package alarming_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/mail"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// tell makes a case of which the clocks become known now: a duty towards a CSIRT and one
// towards a data protection authority without a name.
func (f floor) tell(t *testing.T, s *store.Store, o string, aware time.Time, exercise bool) (again func()) {
	t.Helper()
	var i incident.Incident
	var duties []incident.Obligation
	rearm := func(tx *store.Tx) error {
		for _, d := range duties {
			if err := tx.ReplaceAlarms(d, d.Alarms(d.Clocks(i, nil, tx.Now()))); err != nil {
				return err
			}
		}
		return nil
	}
	must(t, s.Write(t.Context(), system().In(f.workspace, ""), by, func(tx *store.Tx) (err error) {
		i, err = tx.PutIncident(incident.Incident{Organisation: o, Reference: "2026-001", Title: "Mail server unavailable", Kind: incident.Happened,
			State: incident.Open, Zone: "Europe/Vienna", Exercise: exercise, TLP: incident.DefaultTLP,
			AwareAt: incident.Moment{At: aware, Zone: "Europe/Vienna", Certainty: incident.Exact}, Significance: incident.Significance{Decided: true, Is: true}})
		if err != nil {
			return err
		}
		duties = nil
		for _, d := range []incident.Obligation{{Regime: clocks.NIS2, Authority: "CSIRT"}, {Regime: clocks.GDPR}} {
			d.Organisation, d.Incident, d.Applies, d.Zone, d.Country = o, i.ID, "yes", "Europe/Vienna", "AT"
			if d, err = tx.PutObligation(d); err != nil {
				return err
			}
			duties = append(duties, d)
		}
		return rearm(tx)
	}))
	return func() { must(t, s.Write(t.Context(), system().In(f.workspace, ""), by, rearm)) }
}

// said are the sentences in the inbox of a person, newest first.
func (f floor) said(t *testing.T, s *store.Store, a *alarming.Service, person, language string) (out []string) {
	t.Helper()
	must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
		inbox, err := tx.Inbox(person, 100)
		for _, n := range inbox {
			out = append(out, noticing.Say(a.Mails.Printer(language), n))
		}
		return err
	}))
	return out
}

// TestRecordedLate: of a case whose awareness is recorded days later one alarm rings,
// which names the deadlines that have passed and the next one; it rings once, whoever
// looks and whatever is edited afterwards, and the reminders that come ring as ever.
func TestRecordedLate(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 1)
		mails, web := mailtest.Start(t), listen(t)
		receiver, err := mail.New(mails.Address, "nisaba@example.org")
		must(t, err)
		s, _, err := service(b.Store, receiver, nil)
		must(t, err)
		_, err = s.Choose(t.Context(), f.actor(f.anna, authz.Owner, b.Store), f.organisations[0], alarming.Channels{Mail: true, URL: web.URL, URLFrom: "overdue"})
		must(t, err)
		again := f.tell(t, b.Store, f.organisations[0], b.Clock.Now().Add(-50*time.Hour), false)
		again() // an edit before the alarm rings takes nothing away
		var mu sync.Mutex
		var all sync.WaitGroup
		rang := 0
		for range 3 { // servers at the same time
			all.Go(func() {
				n, err := s.Sound(t.Context(), system())
				mu.Lock()
				defer mu.Unlock()
				if rang += n; err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if kinds := f.kinds(t, b.Store); rang != 1 || kinds[mailing.Kind] != 2 || kinds[alarming.WebKind] != 1 || len(f.entries(t, b.Store)) != 1 {
			t.Errorf("%d rang; %v; record %v", rang, kinds, f.entries(t, b.Store))
		}
		zone, err := time.LoadLocation("Europe/Vienna")
		must(t, err)
		at := func(hours time.Duration) string {
			return b.Clock.Now().Add(hours * time.Hour).In(zone).Format("2006-01-02 15:04 MST")
		}
		for language, want := range map[string]string{
			"en": "The clocks of case 2026-001 (Mail server unavailable) have run for some time already. These deadlines have passed: Early warning to CSIRT (due " + at(-26) +
				"). Send these reports now and say why they are late. The next deadline: Incident notification to CSIRT (due " + at(22) + ").",
			"fr": "délais du dossier 2026-001",
			"de": "Diese sind abgelaufen: Frühwarnung an CSIRT (fällig " + at(-26) + ")",
		} {
			if got := f.said(t, b.Store, s, f.anna.ID, language); len(got) != 1 || !strings.Contains(got[0], want) || strings.Contains(got[0], "no value") {
				t.Errorf("%s: %q, want %q", language, got, want)
			}
		}
		again()
		if n, err := s.Sound(t.Context(), system()); n != 0 || err != nil {
			t.Errorf("%d rang again, %v", n, err)
		}
		b.Clock.Move(18*time.Hour + time.Minute) // four hours before both notifications
		again()                                  // an edit between the time of an alarm and the look for it
		if n, err := s.Sound(t.Context(), system()); n != 2 || err != nil {
			t.Errorf("%d rang four hours before, %v", n, err)
		}
		texts := strings.Join(f.said(t, b.Store, s, f.ben.ID, "en")[:2], "\n")
		if !strings.Contains(texts, "is due on "+at(4 - 1)[:10]) || !strings.Contains(texts, "to the authority for ") || strings.Contains(texts, "no value") {
			t.Errorf("then it says %q", texts)
		}
	})
}

// TestHowLate: what rings when clocks become known depends on what had fallen due.
func TestHowLate(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s, _, err := service(b.Store, nil, nil)
		must(t, err)
		f := furnish(t, b.Store, 3)
		heard := 0
		for k, tc := range []struct {
			before   time.Duration
			exercise bool
			rings    int
			says     []string
			without  string
		}{
			{10 * time.Minute, false, 3, []string{"Early warning to CSIRT about case 2026-001"}, "have run for some time"},
			{13 * time.Hour, false, 1, []string{"No deadline has passed. The next one: Early warning to CSIRT (due "}, "late"},
			{90 * time.Hour, true, 1, []string{"EXERCISE. The clocks of case 2026-001", "Early warning to CSIRT (due ", "Incident notification to CSIRT (due ", "to the authority for ", "say why they are late"}, "next"},
		} {
			f.tell(t, b.Store, f.organisations[k], b.Clock.Now().Add(-tc.before), tc.exercise)
			n, err := s.Sound(t.Context(), system())
			texts := f.said(t, b.Store, s, f.ben.ID, "en")
			texts, heard = texts[:len(texts)-heard], len(texts)
			if n != tc.rings || err != nil || len(texts) != tc.rings {
				t.Errorf("known after %v: %d rang, %v: %q", tc.before, n, err, texts)
			}
			all := strings.Join(texts, "\n")
			if slices.ContainsFunc(tc.says, func(w string) bool { return !strings.Contains(all, w) }) || strings.Contains(all, tc.without) || strings.Contains(all, "no value") {
				t.Errorf("known after %v: %q", tc.before, all)
			}
		}
	})
}
