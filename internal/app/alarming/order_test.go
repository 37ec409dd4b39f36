package alarming_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/mail"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// kinds counts what left the platform, by kind.
func (f floor) kinds(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	out := map[string]int{}
	must(t, s.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
		effects, err := tx.Effects(1000)
		for _, e := range effects {
			out[e.Kind]++
		}
		return err
	}))
	return out
}

// led opens an incident that Ben leads.
func (f floor) led(in *store.Tx, organisation string, at time.Time) error {
	if _, err := f.open(in, organisation, at, 1, false); err != nil {
		return err
	}
	list, err := in.OpenIncidents()
	if err != nil {
		return err
	}
	list[0].Lead = f.ben.ID
	_, err = in.PutIncident(list[0])
	return err
}

// TestOrder: a channel is silent before its step; mails go beyond the lead from theirs;
// and whoever waits for a later step does not wait when mails do not leave.
func TestOrder(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 1)
		o, mails, web := f.organisations[0], mailtest.Start(t), listen(t)
		receiver, err := mail.New(mails.Address, "nisaba@example.org")
		must(t, err)
		s, _, err := service(b.Store, receiver, nil)
		must(t, err)
		_, err = s.Choose(t.Context(), f.actor(f.anna, authz.Owner, b.Store), o, alarming.Channels{Mail: true, OthersFrom: "1h", URL: web.URL, URLFrom: "4h"})
		must(t, err)
		must(t, b.Write(t.Context(), system(), by, func(tx *store.Tx) error {
			return f.led(tx.In(f.workspace, ""), o, tx.Now())
		}))
		step := func(after time.Duration, rings, mails, hooks int) {
			t.Helper()
			b.Clock.Move(after)
			n, err := s.Sound(t.Context(), system())
			must(t, err)
			if got := f.kinds(t, b.Store); n != rings || got[mailing.Kind] != mails || got[alarming.WebKind] != hooks {
				t.Errorf("%d rang; %v left, wanted %d mails and %d requests in all", n, got, mails, hooks)
			}
		}
		step(12*time.Hour+time.Minute, 1, 1, 0) // half of the early warning: Ben, the lead
		step(8*time.Hour, 1, 2, 1)              // four hours before its end
		step(3*time.Hour, 1, 4, 2)              // one hour: Anna too
		must(t, b.Write(t.Context(), system(), by, func(tx *store.Tx) error {
			list, err := tx.In(f.workspace, "").Effects(1)
			if err != nil {
				return err
			}
			for _, e := range list {
				if _, err := tx.BeginEffect(e.ID); err != nil {
					return err
				}
			}
			return tx.FailEffect(mailOf(t, tx, f.workspace), "dial tcp: connection refused", false)
		}))
		v, err := s.Overview(t.Context(), f.actor(f.anna, authz.Owner, b.Store), o)
		must(t, err)
		if !v.MailDown || !v.MailReady || len(v.Last) != 6 || len(v.People) != 2 {
			t.Errorf("the overview: %+v", v)
		}
		step(time.Hour, 1, 6, 3)                // overdue
		step(12*time.Hour+time.Minute, 1, 7, 4) // half of the notification, which the webhook would not hear of yet
	})
}

// TestLeadWhoOnlyReads: a lead who has become an auditor cannot act, so that the first
// alarm goes to those who can, and not to the lead.
func TestLeadWhoOnlyReads(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 1)
		o, mails := f.organisations[0], mailtest.Start(t)
		receiver, err := mail.New(mails.Address, "nisaba@example.org")
		must(t, err)
		s, _, err := service(b.Store, receiver, nil)
		must(t, err)
		_, err = s.Choose(t.Context(), f.actor(f.anna, authz.Owner, b.Store), o, alarming.Channels{Mail: true, OthersFrom: "1h"})
		must(t, err)
		must(t, b.Write(t.Context(), system(), by, func(tx *store.Tx) error {
			in := tx.In(f.workspace, "")
			if err := f.led(in, o, tx.Now()); err != nil {
				return err
			}
			_, err := in.PutMembership(tenant.Membership{Person: f.ben.ID, Role: authz.Auditor})
			return err
		}))
		b.Clock.Move(12*time.Hour + time.Minute)
		_, err = s.Sound(t.Context(), system())
		must(t, err)
		must(t, b.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
			list, err := tx.Effects(10)
			if err != nil {
				return err
			}
			if len(list) != 1 || alarming.DeliveryOf(list[0]).To != f.anna.Email {
				t.Errorf("alarms: %+v", list)
			}
			return nil
		}))
	})
}

// mailOf is a mail in the outbox.
func mailOf(t *testing.T, tx *store.Tx, workspace string) string {
	t.Helper()
	list, err := tx.In(workspace, "").Effects(100)
	must(t, err)
	n := slices.IndexFunc(list, func(e work.Effect) bool { return e.Kind == mailing.Kind })
	return list[n].ID
}

// TestAnswers: officers hear of the answer that the authority owes, at each step once,
// and of none that was given; the channels are those of the authority.
func TestAnswers(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 2)
		entity, web := f.organisations[0], listen(t)
		s, _, err := service(b.Store, nil, nil)
		must(t, err)
		owner := f.actor(f.anna, authz.Owner, b.Store)
		if _, err := s.Choose(t.Context(), owner, "", alarming.Channels{Mail: true}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("alarms of answers in a workspace that is no authority: %v", err)
		}
		var owed authority.Report
		must(t, b.Write(t.Context(), system(), by, func(tx *store.Tx) error {
			in := tx.In(f.workspace, "")
			w, err := in.Workspace()
			if err != nil {
				return err
			}
			w.Kind = tenant.Authority
			if _, err := in.PutWorkspace(w); err != nil {
				return err
			}
			c, err := in.PutAuthorityCase(authority.Case{Organisation: entity, EntityCase: "case", Regime: "nis2", Reference: "2026-X", State: authority.Open, Handler: f.ben.ID})
			if err != nil {
				return err
			}
			owed, err = in.AddAuthorityReport(authority.Report{Organisation: entity, Case: c.ID, Report: "r", Stage: "early_warning", Media: authority.JSON, Content: "{}",
				ReceivedAt: tx.Now(), AnswerDue: tx.Now().Add(authority.AnswerWithin), Review: authority.Unseen})
			if err != nil {
				return err
			}
			return in.ReplaceAlarms(owed.AnswerDuty(), owed.Alarms())
		}))
		if _, err := s.Choose(t.Context(), owner, entity, alarming.Channels{Mail: true}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an entity of an authority has no alarms: %v", err)
		}
		_, err = s.Choose(t.Context(), owner, "", alarming.Channels{Mail: true, URL: web.URL})
		must(t, err)
		for _, x := range []struct {
			after time.Duration
			rings int
		}{{0, 1}, {0, 0}, {12 * time.Hour, 1}, {8 * time.Hour, 1}, {0, 0}, {3 * time.Hour, 1}, {time.Hour, 1}, {time.Hour, 0}} {
			b.Clock.Move(x.after)
			if n, err := s.Sound(t.Context(), system()); n != x.rings || err != nil {
				t.Errorf("%d rang, %v, wanted %d", n, err, x.rings)
			}
		}
		f.deliver(t, b.Store, s)
		web.mu.Lock()
		if len(web.got) != 5 || web.last.Stage != authority.AnswerStage || web.last.Link != "https://nisaba.example.org/authority/cases/"+owed.Case {
			t.Errorf("the webhook got %v, last %+v", web.got, web.last)
		}
		web.mu.Unlock()
		must(t, b.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
			inbox, err := tx.Inbox(f.ben.ID, 100)
			if len(inbox) != 5 || !strings.Contains(noticing.Say(s.Mails.Printer("en"), inbox[0]), "Client 0: the first answer") {
				t.Errorf("%d notices, first %s", len(inbox), noticing.Say(s.Mails.Printer("en"), inbox[0]))
			}
			return err
		}))
		must(t, b.Write(t.Context(), system(), by, func(tx *store.Tx) (err error) {
			in := tx.In(f.workspace, "")
			if owed, err = in.AuthorityReport(owed.ID); err != nil {
				return err
			}
			owed.Review, owed.MendDue = authority.Revise, tx.Now().Add(time.Hour)
			if owed, err = in.ReviewAuthorityReport(owed); err != nil {
				return err
			}
			return in.ReplaceAlarms(owed.MendDuty(), owed.MendAlarms())
		}))
		for _, rings := range []int{0, 1, 0} { // a report that was sent back was not mended
			if n, err := s.Sound(t.Context(), system()); n != rings || err != nil {
				t.Errorf("%d rang, %v, wanted %d", n, err, rings)
			}
			b.Clock.Move(time.Hour)
		}
		must(t, b.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
			inbox, err := tx.Inbox(f.ben.ID, 100)
			if text := noticing.Say(s.Mails.Printer("en"), inbox[0]); len(inbox) != 6 || !strings.Contains(text, "a report was sent back (Early warning)") {
				t.Errorf("%d notices, first %s", len(inbox), text)
			}
			return err
		}))
		v, err := s.Overview(t.Context(), owner, "")
		must(t, err)
		if len(v.Last) < 5 || len(v.People) != 2 {
			t.Errorf("the overview: %+v", v)
		}
	})
}

// TestTry: a test goes over each channel and says that it is one.
func TestTry(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 1)
		o, web := f.organisations[0], listen(t)
		s, _, err := service(b.Store, nil, nil)
		must(t, err)
		owner := f.actor(f.anna, authz.Owner, b.Store)
		_, err = s.Choose(t.Context(), owner, o, alarming.Channels{Mail: true, URL: web.URL, URLFrom: "overdue"})
		must(t, err)
		must(t, s.Try(t.Context(), owner, o))
		if err := s.Try(t.Context(), f.actor(f.ben, authz.Auditor, b.Store), o); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("an auditor tried the alarms: %v", err)
		}
		f.deliver(t, b.Store, s)
		v, err := s.Overview(t.Context(), owner, o)
		must(t, err)
		web.mu.Lock()
		defer web.mu.Unlock()
		if web.last.Step != "test" || !strings.Contains(web.last.Text, "Client 0") || len(v.Last) != 2 {
			t.Errorf("the webhook got %+v; the list %+v", web.last, v.Last)
		}
		for _, d := range v.Last {
			if d.Kind == alarming.WebKind && (d.State != work.Done || !d.Test || d.Answer != "200 OK") || d.Kind == mailing.Kind && d.State != work.Held {
				t.Errorf("%+v", d)
			}
		}
	})
}
