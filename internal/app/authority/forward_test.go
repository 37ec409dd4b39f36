package authority_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	app "github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// posting is the service with a mailer whose mails are held.
func posting(t testing.TB, b *storetest.Bench) *app.Service {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	messages, err := locale.Load(content.FS, "messages")
	must(t, err)
	mails, err := mailing.New(mailing.Options{Box: box, Messages: messages, Base: "https://nis.example.org"})
	must(t, err)
	return app.New(b.Store, box, app.Options{Forms: forms(t), Mails: mails})
}

// TestForward: a recipient gets a copy without the fields that it must not see; the
// copy, its hash, the ground and what is missing are kept; nothing goes out by
// itself, and no other authority can do or see any of it.
func TestForward(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s := posting(t, b)
		o, other := registered(t, b, s), registered(t, b, s)
		ctx, olga := t.Context(), o.officer(authz.Editor)
		must(t, o.AddRecipient(ctx, olga, authority.Recipient{Kind: authority.MemberState, Name: "CERT Deutschland", Country: "de", Email: "cert@example.org", CrossBorder: true,
			Withhold: []string{"reporter_name", "reporter_phone", "entity_name", "own_reference", "aware_at"}}))
		must(t, o.AddRecipient(ctx, olga, authority.Recipient{Kind: authority.DataOffice, Name: "DPA", Regimes: []string{"gdpr"}}))
		for name, r := range map[string]authority.Recipient{"kind": {Kind: "x", Name: "x"}, "name": {Kind: authority.CSIRT}, "country": {Kind: authority.CSIRT, Name: "x", Country: "XX"},
			"email": {Kind: authority.CSIRT, Name: "x", Email: "x"}, "regime": {Kind: authority.CSIRT, Name: "x", Regimes: []string{"x"}}, "field": {Kind: authority.CSIRT, Name: "x", Withhold: []string{"x"}}} {
			if err := o.AddRecipient(ctx, olga, r); fault.KindOf(err) != fault.Invalid {
				t.Errorf("a recipient with a wrong %s: %v", name, err)
			}
		}
		o.file(t, func(f *incident.Frozen) {
			f.Values = reporting.Values{"description": {Text: "encrypted"}, "reporter_name": {Text: "Anna Huber"}, "reporter_phone": {Text: "+43 1 1"}, "cross_border": {Text: "yes"}, "invented": {Text: "who knows"}}
		})
		list, err := o.Cases(ctx, olga, 1)
		must(t, err)
		c, err := o.Load(ctx, olga, list[0].ID)
		must(t, err)
		if len(c.Recipients) != 2 || c.Proposes(c.Recipients[0]) == c.Proposes(c.Recipients[1]) || len(c.Forwardings) != 0 {
			t.Fatalf("%+v", c.Recipients)
		}
		to := c.Recipients[slices.IndexFunc(c.Recipients, func(r authority.Recipient) bool { return r.Kind == authority.MemberState })]
		f, err := o.Forward(ctx, olga, c.ID, c.Reports[0].ID, to.ID, authority.ByMail, "plants on both sides of the border")
		must(t, err)
		sum := sha256.Sum256([]byte(f.Content))
		sent, err := incident.Thaw([]byte(f.Content))
		must(t, err)
		for _, field := range []string{"entity_name", "own_reference", "aware_at"} { // the head of a report says them too
			if !slices.Contains(sent.Withheld, field) || !slices.Contains(f.Withheld, field) || strings.Contains(f.Content, "Seewinkel") || strings.Contains(f.Content, "2026-001") || !sent.AwareAt.IsZero() {
				t.Errorf("%s is not withheld: %s", field, f.Content)
			}
		}
		if f.SHA256 != hex.EncodeToString(sum[:]) || strings.Contains(f.Content, "Anna Huber") || strings.Contains(f.Content, "who knows") || sent.Values["description"].Text != "encrypted" ||
			!slices.Contains(sent.Withheld, "reporter_name") || !slices.Contains(sent.Withheld, "invented") || f.Basis != "Directive (EU) 2022/2555 Art. 23(6)" || f.ByName != "Olga" {
			t.Errorf("%+v", f)
		}
		after, err := o.Load(ctx, olga, c.ID)
		must(t, err)
		if len(after.Forwardings) != 1 || after.Proposes(to) || after.Reports[0].Content != c.Reports[0].Content {
			t.Errorf("%+v", after.Forwardings)
		}
		must(t, b.Read(ctx, tenant.System("test").In(o.workspace, o.organisation), func(tx *store.Tx) error {
			effects, err := tx.Effects(10)
			if n := len(slices.DeleteFunc(effects, func(e work.Effect) bool { return e.Kind != mailing.Kind })); n != 1 {
				t.Errorf("%d mails", n)
			}
			return err
		}))
		dpa := c.Recipients[0]
		if dpa.ID == to.ID {
			dpa = c.Recipients[1]
		}
		if _, err := o.Forward(ctx, olga, c.ID, c.Reports[0].ID, dpa.ID, authority.ByMail, ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a mail to nobody: %v", err)
		}
		must(t, o.RemoveRecipient(ctx, olga, to.ID))
		if got, err := o.Forwarded(ctx, o.officer(authz.Auditor), c.ID, f.ID); err != nil || got.Content != f.Content {
			t.Errorf("%v", err)
		}
		if err := o.Publish(ctx, olga, c.ID, app.Statement{Title: "Outage", Text: "Boil the water."}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the public was told without consulting the entity: %v", err)
		}
		must(t, o.Publish(ctx, olga, c.ID, app.Statement{Title: "Outage", Text: "Boil the water.", Consulted: "It agrees.", ByEntity: true}))
		stranger := other.officer(authz.Owner)
		if _, err := other.Forward(ctx, stranger, c.ID, c.Reports[0].ID, dpa.ID, authority.ByDownload, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another authority forwards: %v", err)
		}
		if _, err := other.Forwarded(ctx, stranger, c.ID, f.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another authority reads what was forwarded: %v", err)
		}
		if list, err := other.Recipients(ctx, stranger); err != nil || len(list) != 0 {
			t.Errorf("another authority sees recipients: %v, %v", list, err)
		}
		if err := other.Publish(ctx, stranger, c.ID, app.Statement{Title: "x", Text: "x", Consulted: "x"}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another authority tells the public: %v", err)
		}
		if _, err := o.Forward(ctx, o.officer(authz.Auditor), c.ID, c.Reports[0].ID, dpa.ID, authority.ByDownload, ""); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("an auditor forwards: %v", err)
		}
	})
}

// TestPowers: each class has the powers that the directive gives towards it.
func TestPowers(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	o := registered(t, b, posting(t, b))
	ctx, olga := t.Context(), o.officer(authz.Editor)
	class := func(c law.Class, sectors ...string) {
		must(t, b.Write(ctx, tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			return tx.PutRollup(assessment.Rollup{Organisation: o.organisation, Class: c, Sectors: sectors})
		}))
	}
	for _, tc := range []struct {
		class   law.Class
		sector  string
		act     app.Act
		refused bool
	}{
		{law.Important, "energy", app.Act{Power: "audit", Title: "x"}, true},
		{law.Essential, "energy", app.Act{Power: "audit", Title: "x"}, false},
		{law.Important, "energy", app.Act{Power: "targeted_audit", Title: "x"}, false},
		{law.Important, "energy", app.Act{Power: "ban", Title: "x"}, true},
		{law.Essential, "energy", app.Act{Power: "ban", Title: "x"}, false},
		{law.Essential, "public-admin", app.Act{Power: "ban", Title: "x"}, true},
		{law.Essential, "energy", app.Act{Power: "data", Title: "x"}, true}, // without a purpose
		{law.Essential, "energy", app.Act{Power: "data", Title: "x", Purpose: "to see the logs"}, false},
		{law.Essential, "energy", app.Act{Power: "fine", Title: "x"}, true}, // without an amount
		{law.Essential, "energy", app.Act{Power: "fine", Title: "x", Cents: 100}, false},
		{law.Essential, "energy", app.Act{Power: "warning", Title: "x", Cents: 100}, true},
		{law.Out, "", app.Act{Power: "warning", Title: "x"}, true},
		{law.Out, "", app.Act{Kind: authority.Note, Title: "x"}, false},
		{law.Essential, "energy", app.Act{Kind: authority.Public, Title: "x"}, true},
		{law.Essential, "energy", app.Act{Kind: authority.Note}, true}, // without a title
	} {
		class(tc.class, tc.sector)
		if _, err := o.Act(ctx, olga, o.organisation, tc.act); (fault.KindOf(err) == fault.Invalid && err != nil) != tc.refused {
			t.Errorf("%s, %+v: %v", tc.class, tc.act, err)
		}
	}
	e, err := o.Entity(ctx, o.officer(authz.Auditor), o.organisation)
	must(t, err)
	if len(e.Records) != 6 {
		t.Errorf("%d records", len(e.Records))
	}
	must(t, o.Finish(ctx, olga, o.organisation, e.Records[0].ID, "mended"))
	if _, err := o.Act(ctx, o.officer(authz.Auditor), o.organisation, app.Act{Kind: authority.Note, Title: "x"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an auditor writes: %v", err)
	}
}

// TestByHand: a file of another server and a paper are taken in with their exact
// bytes, the same one once, and what is no report is refused.
func TestByHand(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s := posting(t, b)
		o := open(t, b, s, tenant.Authority) // no key, no server
		ctx, olga := t.Context(), o.officer(authz.Editor)
		content := o.report(t, nil)
		first, err := o.TakeIn(ctx, olga, o.organisation, app.Paper{Content: content})
		must(t, err)
		if again, err := o.TakeIn(ctx, olga, o.organisation, app.Paper{Content: content}); err != nil || again.ID != first.ID {
			t.Errorf("taken in twice: %v", err)
		}
		paper := append([]byte("%PDF-1.7\n"), 0, 0xff, 0xfe)
		warning := app.Paper{Content: paper, Reference: "fax 7", Regime: "nis2", Stage: "early_warning", CrossBorder: "yes", AwareAt: b.Clock.Now().Add(-30 * time.Hour)}
		c, err := o.TakeIn(ctx, olga, o.organisation, warning)
		must(t, err)
		full, err := o.Load(ctx, olga, c.ID)
		must(t, err)
		r := full.Reports[0]
		got, ending, err := r.Bytes()
		sum := sha256.Sum256(paper)
		if err != nil || !bytes.Equal(got, paper) || ending != ".pdf" || r.SHA256 != hex.EncodeToString(sum[:]) || r.Channel != authority.ByHand || !r.Late || r.CrossBorder != "yes" ||
			r.AnswerDue.IsZero() || c.EntityReference != "fax 7" {
			t.Errorf("%+v, %v", r, err)
		}
		if _, sheets := o.Compare(full); len(sheets) != 1 || sheets[0].Known {
			t.Errorf("a paper is compared by field")
		}
		for name, p := range map[string]app.Paper{"nothing": {}, "text": {Content: []byte("hello")}, "other json": {Content: []byte(`{"a": 1}`)},
			"no reference": {Content: paper, Regime: "nis2", Stage: "early_warning"}, "no act": {Content: paper, Reference: "x", Stage: "early_warning"},
			"no stage": {Content: paper, Reference: "x", Regime: "nis2", Stage: "x"}, "large": {Content: bytes.Repeat([]byte("%PDF-"), 1<<20)},
			"future": {Content: paper, Reference: "x", Regime: "nis2", Stage: "early_warning", SubmittedAt: b.Clock.Now().Add(time.Hour)}} {
			if _, err := o.TakeIn(ctx, olga, o.organisation, p); fault.KindOf(err) != fault.Invalid || err == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := o.TakeIn(ctx, o.officer(authz.Auditor), o.organisation, warning); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("an auditor takes in: %v", err)
		}
	})
}
