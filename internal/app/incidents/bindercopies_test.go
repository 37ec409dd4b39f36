package incidents_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// later lets time go by for the runner of jobs between two of its runs, and waits for what
// the schedule of a kind asks for. While a job runs time must not go by: it would seem lost.
func (d desk) later(t *testing.T, kind string, after time.Duration, until func() bool) {
	t.Helper()
	scheduled := func() bool {
		known := false
		must(t, d.store.Read(t.Context(), tenant.System("test"), func(tx *store.Tx) error {
			all, err := tx.Crons()
			known = slices.ContainsFunc(all, func(c work.Cron) bool { return c.Kind == kind })
			return err
		}))
		return known
	}
	if !scheduled() {
		d.work(t, scheduled)
	}
	d.clock.Move(after)
	d.work(t, until)
}

// night lets a day go by, and waits for what is done at night.
func (d desk) night(t *testing.T) {
	t.Helper()
	d.later(t, "incidents.binders", 24*time.Hour, func() bool {
		b, err := d.BinderStanding(t.Context(), d.actor("carl", authz.Auditor), d.organisation)
		c, ok := b.Kept()
		return err != nil || ok && c.At.Equal(d.clock.Now())
	})
}

func (d desk) mails(t *testing.T) (out []mailing.Envelope) {
	t.Helper()
	must(t, d.store.Read(t.Context(), tenant.System("test").In(home, ""), func(tx *store.Tx) error {
		all, err := tx.Effects(100)
		for _, e := range all {
			if v, ok := mailing.EnvelopeOf(e); ok {
				out = append(out, v)
			}
		}
		return err
	}))
	return out
}

// TestBinderIsKept: each night the binder is made anew, in place of the one before when
// nothing else changed, so that its printed day is last night's and its turns are those
// to come; it is mailed to those who are named when it changed, once each, and five
// copies stay. Pages know when the kept one is out of date.
func TestBinderIsKept(t *testing.T) {
	d := openReal(t)
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	mailer, err := mailing.New(mailing.Options{Box: box, Messages: messages(t), Base: "https://nisaba.example.org"})
	must(t, err)
	books, err := playbook.Load(content.FS)
	must(t, err)
	d.WithBinders(messages(t), mailer).WithPlaybooks(books)
	ctx, ben, carl := context.Background(), d.actor("ben", authz.Owner), d.actor("carl", authz.Auditor)
	standing := func() (copies int, changed, old bool) {
		t.Helper()
		b, err := d.BinderStanding(ctx, carl, d.organisation)
		must(t, err)
		return len(b.Copies), b.Changed, b.Old()
	}
	if n, _, _ := standing(); n != 0 {
		t.Fatalf("%d copies from the start", n)
	}
	d.night(t)
	if n, changed, old := standing(); n != 1 || changed || old {
		t.Fatalf("after the first night: %d copies, changed %t, old %t", n, changed, old)
	}
	first, err := d.BinderStanding(ctx, carl, d.organisation)
	must(t, err)
	for range 3 {
		d.night(t)
		b, err := d.BinderStanding(ctx, carl, d.organisation)
		must(t, err)
		if c, _ := b.Kept(); len(b.Copies) != 1 || !c.At.Equal(d.clock.Now()) || !c.Since.Equal(first.Copies[0].At) || c.SHA256 == first.Copies[0].SHA256 {
			t.Fatalf("nothing changed, and there are %d copies, the newest %+v", len(b.Copies), c)
		}
		d.printed(t, b.Copies[0])
	}
	must(t, d.MailBinder(ctx, ben, d.organisation, []string{"vault@example.net", " vault@example.net ", "ceo@example.com"}))
	if got := d.mails(t); len(got) != 2 || !strings.Contains(got[0].Subject, "Lindental") {
		t.Errorf("mailed when asked for: %+v", got)
	}
	must(t, d.PutContact(ctx, ben, d.organisation, oncall.Contact{Role: "lead", Name: "Nora Night", Phone: "+43 660 1234567"}))
	if n, changed, _ := standing(); n != 1 || !changed {
		t.Errorf("a new contact: %d copies, changed %t", n, changed)
	}
	d.night(t)
	if n, changed, _ := standing(); n != 2 || changed || len(d.mails(t)) != 4 {
		t.Errorf("after the change: %d copies, changed %t, %d mails", n, changed, len(d.mails(t)))
	}
	d.clock.Move(49 * time.Hour)
	if _, _, old := standing(); !old {
		t.Error("two days without a comparison are not old")
	}
	for range 7 {
		must(t, d.RefreshBinder(ctx, ben, d.organisation))
	}
	b, err := d.BinderStanding(ctx, carl, d.organisation)
	must(t, err)
	if len(b.Copies) != 5 || b.Old() || len(d.mails(t)) != 4 {
		t.Errorf("refreshed by hand: %d copies, old %t, %d mails", len(b.Copies), b.Old(), len(d.mails(t)))
	}
	d.clock.Move(31 * 24 * time.Hour)
	d.night(t)
	again, err := d.BinderStanding(ctx, carl, d.organisation)
	must(t, err)
	if len(again.Copies) != 5 || again.Copies[1].SHA256 != b.Copies[1].SHA256 || again.Old() {
		t.Errorf("a month later the copies are %+v, and were %+v", again.Copies, b.Copies)
	}
	d.check(t, again.Copies[0].SHA256)
	if _, _, err := d.BinderCopy(ctx, carl, d.organisation, strings.Repeat("0", 64)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a copy that is none: %v", err)
	}
	for _, bad := range [][]string{{"nobody"}, {"a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org", "f@example.org"}} {
		if err := d.MailBinder(ctx, ben, d.organisation, bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := d.RefreshBinder(ctx, carl, d.organisation); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an auditor makes a copy: %v", err)
	}
}

// printed reads the day on the pages of a copy: it is that on which it was made.
func (d desk) printed(t *testing.T, c incidents.Copy) {
	t.Helper()
	_, file, err := d.BinderCopy(t.Context(), d.actor("carl", authz.Auditor), d.organisation, c.SHA256)
	must(t, err)
	defer file.Close()
	b, err := io.ReadAll(file)
	must(t, err)
	zone, err := time.LoadLocation("Europe/Vienna")
	must(t, err)
	if text, day := string(reporttest.PDFText(t, b, "-layout")), (&locale.Printer{Language: "de"}).Date(law.DateOf(c.At.In(zone))); !strings.Contains(text, day) {
		t.Errorf("the copy does not say %q:\n%.1500s", day, text)
	}
}

// check reads a copy: its hash is right, and the PDF says what the day needs, in the
// language of the workspace, because the file of the organisation names none.
func (d desk) check(t *testing.T, hash string) {
	t.Helper()
	_, file, err := d.BinderCopy(t.Context(), d.actor("carl", authz.Auditor), d.organisation, hash)
	must(t, err)
	defer file.Close()
	b, err := io.ReadAll(file)
	must(t, err)
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		must(t, os.WriteFile(filepath.Join(folder, "binder-copy.pdf"), b, 0o600))
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != hash {
		t.Error("the copy does not have its hash")
	}
	text := string(reporttest.PDFText(t, b, "-layout"))
	for _, want := range []string{"Nora Night", "+43 660 1234567", "Erpressung mit", "Abs. 4", "Lindental Systemhaus GmbH", "Nummer des Vertrags"} {
		if !strings.Contains(text, want) {
			t.Errorf("the copy lacks %q:\n%.1500s", want, text)
		}
	}
	if strings.Contains(text, "Produkt mit digitalen Elementen") {
		t.Error("the copy has a form of a duty that the organisation does not have")
	}
}

// TestBinderTurns: the turns of the next weeks are printed.
func TestBinderTurns(t *testing.T) {
	d := openReal(t)
	ben := d.actor("ben", authz.Owner)
	for _, name := range []string{"Nora Night", "Dan Day"} {
		must(t, d.PutContact(t.Context(), ben, d.organisation, oncall.Contact{Role: "lead", Name: name, Phone: "+43 660 1234567"}))
	}
	r, err := d.Roster(t.Context(), ben, d.organisation)
	must(t, err)
	must(t, d.SetRota(t.Context(), ben, d.organisation, oncall.Rota{Zone: "Europe/Vienna", Begins: law.MustDate("2026-03-23"), Handover: "08:00", Days: 7, Order: []string{r.Contacts[0].ID, r.Contacts[1].ID}}))
	b, err := d.Binder(t.Context(), ben, d.organisation)
	must(t, err)
	var file bytes.Buffer
	must(t, pdf.Write(&file, b.Document(messages(t).Printer("en"))))
	text := string(reporttest.PDFText(t, file.Bytes(), "-layout"))
	if n := strings.Count(text, "Nora Night") + strings.Count(text, "Dan Day"); n < 8 {
		t.Errorf("%d turns and contacts in the binder:\n%.3000s", n, text)
	}
}
