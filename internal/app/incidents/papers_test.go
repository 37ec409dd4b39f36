package incidents_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/html"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// openReal is a desk with the forms of the product.
func openReal(t *testing.T) desk {
	t.Helper()
	d := open(t)
	packs, err := fs.Sub(content.FS, "countries")
	must(t, err)
	set, err := country.Load(packs)
	must(t, err)
	forms, err := reporting.Load(content.FS)
	must(t, err)
	files, err := blob.Open(d.files)
	must(t, err)
	d.Service = incidents.New(d.store, forms, set).WithFiles(files)
	return d
}

func messages(t *testing.T) *locale.Catalogue {
	t.Helper()
	c, err := locale.Load(content.FS, "messages")
	must(t, err)
	return c
}

const hostile = `<script>alert(1)</script> & "more"`

// exercised is a drill with an early warning that went out on paper.
func (d desk) exercised(t *testing.T) (i incident.Incident, obligation, report string) {
	t.Helper()
	ctx, anna := t.Context(), d.actor("anna", authz.Editor)
	i, err := d.Intake(ctx, anna, d.organisation, incidents.Notice{Title: "Files cannot be opened", Kind: incident.Happened, Zone: "Europe/Vienna", Exercise: true})
	must(t, err)
	_, err = d.Propose(ctx, anna, d.organisation, i.ID)
	must(t, err)
	d.aware(t, i.ID, -time.Hour)
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, true, "servers of customers are encrypted"))
	long := hostile + "\nsecond\tline" + strings.Repeat("\nOne more thing was seen on the servers of the customers.", 120)
	for id, v := range map[string]reporting.Value{"description": {Text: long}, "malicious": {Text: "yes"}, "cross_border": {Unknown: true},
		"entity_name": {Text: "Seewinkel IT"}, "reporter_name": {Text: "Anna Huber"}, "reporter_phone": {Text: "+43 1 2345678"},
		"cross_border_states": {List: []string{"AT", "HU"}}} {
		must(t, d.PutFact(ctx, anna, d.organisation, i.ID, id, v))
	}
	c, err := d.Load(ctx, anna, d.organisation, i.ID)
	must(t, err)
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, c.Duties[0].ID, clocks.EarlyWarning, "")
	must(t, err)
	must(t, d.PutOwn(ctx, anna, d.organisation, i.ID, r.ID, "reporter_email", reporting.Value{Text: "secret@example.org"}, true))
	must(t, d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPaper, Bypass: "night"}))
	return i, c.Duties[0].ID, r.ID
}

func (d desk) aware(t *testing.T, id string, ago time.Duration) {
	t.Helper()
	must(t, d.SetMoment(t.Context(), d.actor("anna", authz.Editor), d.organisation, id, incidents.AwareAt,
		incident.Moment{At: d.clock.Now().Add(ago), Zone: "Europe/Vienna", Reason: "the note was read"}))
}

func (d desk) paper(t *testing.T, id, report string) incidents.Paper {
	t.Helper()
	p, err := d.Paper(t.Context(), d.actor("carl", authz.Auditor), d.organisation, id, report)
	must(t, err)
	return p
}

func pdfOf(t *testing.T, p incidents.Paper, printer *locale.Printer) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, pdf.Write(&b, p.Document(printer)))
	return b.Bytes()
}

// TestPapers: in three languages the PDF has the whole hash, the fields in words
// and the time with its zone, and marks every page; HTML in a field is text.
func TestPapers(t *testing.T) {
	d := openReal(t)
	i, _, report := d.exercised(t)
	p := d.paper(t, i.ID, report)
	for language, want := range map[string][]string{
		"en": {"EXERCISE", "Early warning – NIS2", "What happened", "yes", "not known", "Austria, Hungary", "28 March 2026, 13:00 (Europe/Berlin, UTC+01:00)", "significant incident", "reporter_email:E-mail"},
		"de": {"ÜBUNG", "Frühwarnung – NIS2", "Was geschehen ist", "nicht bekannt", "Österreich, Ungarn", "28. März 2026, 13:00 (Europe/Berlin, UTC+01:00)", "erheblicher Sicherheitsvorfall", "reporter_email:E-Mail"},
		"fr": {"EXERCICE", "Alerte précoce – NIS2", "Ce qui s'est passé", "inconnu", "Autriche, Hongrie", "28 mars 2026, 13:00 (Europe/Berlin, UTC+01:00)", "incident important", "reporter_email:Courriel"},
	} {
		printer := messages(t).Printer(language)
		file := pdfOf(t, p, printer)
		text := string(reporttest.PDFText(t, file, "-layout"))
		flat := strings.Join(strings.Fields(text), " ")
		sheet := p.Text(printer)
		var page bytes.Buffer
		must(t, html.Write(&page, p.Document(printer)))
		for _, w := range append(want, p.Report.SHA256, "TLP:AMBER+STRICT", "second line", hostile) {
			_, title, withheld := strings.Cut(w, "reporter_email:")
			if withheld {
				w = title
			}
			if !strings.Contains(flat, w) {
				t.Errorf("%s: the PDF lacks %q", language, w)
			}
			if w != "second line" && !strings.Contains(sheet, w) {
				t.Errorf("%s: the sheet lacks %q", language, w)
			}
		}
		for n, one := range strings.Split(strings.TrimRight(text, "\f"), "\f") {
			if !strings.Contains(one, want[0]) || !strings.Contains(one, "TLP:AMBER+STRICT") || !strings.Contains(one, p.Report.SHA256[:16]) {
				t.Errorf("%s: page %d is not marked:\n%s", language, n+1, one)
			}
		}
		if strings.Count(text, "\f") < 3 {
			t.Errorf("%s: %d pages only", language, strings.Count(text, "\f"))
		}
		if s := page.String(); strings.Contains(s, "<script") || !strings.Contains(s, "&lt;script&gt;alert(1)&lt;/script&gt;") || !strings.Contains(s, p.Report.SHA256) {
			t.Errorf("%s: HTML in a field is not shown as text", language)
		}
		for _, all := range []string{flat, sheet, page.String()} {
			if strings.Contains(all, "⟪") || strings.Contains(all, "secret@example.org") {
				t.Errorf("%s: a message without words, or a withheld answer, is on the paper", language)
			}
		}
		if !bytes.Equal(file, pdfOf(t, p, printer)) {
			t.Errorf("%s: the same report gives other bytes", language)
		}
	}
	if name := p.Name("pdf"); name != "exercise-2026-001-early_warning.pdf" || p.Language == "" {
		t.Errorf("name %q, language %q", name, p.Language)
	}
}

// TestPapersKeepWhatWasSent: facts that come later change no paper of a sent
// report; the draft of the next stage lists them as changes, the time too.
func TestPapersKeepWhatWasSent(t *testing.T) {
	d := openReal(t)
	ctx, anna := t.Context(), d.actor("anna", authz.Editor)
	i, obligation, report := d.exercised(t)
	printer := messages(t).Printer("en")
	sent := d.paper(t, i.ID, report)
	before := pdfOf(t, sent, printer)
	frozen, err := sent.JSON()
	must(t, err)
	if sum := sha256.Sum256(frozen); hex.EncodeToString(sum[:]) != sent.Report.SHA256 {
		t.Error("the JSON is not what the hash is of")
	}
	d.clock.Move(3 * time.Hour)
	must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "malicious", reporting.Value{Text: "no"}))
	must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "users_affected", reporting.Value{Text: "12000.5"}))
	d.aware(t, i.ID, -5*time.Hour)
	if !bytes.Equal(before, pdfOf(t, d.paper(t, i.ID, report), printer)) {
		t.Error("the paper of a sent report followed the case")
	}
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, obligation, clocks.IncidentNotification, "")
	must(t, err)
	draft := d.paper(t, i.ID, r.ID)
	changed := map[string]string{}
	for _, c := range draft.Changes {
		changed[c.Field] = fmt.Sprintf("%s → %s", c.Before, c.After)
	}
	if changed["malicious"] != "yes → no" || !strings.Contains(changed["aware_at"], "T12:00:00+01:00") || len(changed) != 3 {
		t.Errorf("changes: %v", changed)
	}
	text := strings.Join(strings.Fields(string(reporttest.PDFText(t, pdfOf(t, draft, printer), "-layout"))), " ")
	for _, w := range []string{"What changed", "Draft, not sent", "12,000.5", sent.Report.SHA256} {
		if !strings.Contains(text, w) {
			t.Errorf("the draft lacks %q", w)
		}
	}
	if !strings.Contains(draft.Text(printer), "\n12000.5\n") {
		t.Error("the sheet does not have the figure as it was typed")
	}
	if _, err := draft.JSON(); fault.KindOf(err) != fault.Conflict {
		t.Errorf("frozen copy of a draft: %v", err)
	}
	if _, err := d.Paper(ctx, d.actor("anna", authz.Editor), d.organisation, i.ID, "x"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("paper of no report: %v", err)
	}
}

// TestDamagedCopyIsNoPaper: a kept copy that was changed is refused.
func TestDamagedCopyIsNoPaper(t *testing.T) {
	d := openReal(t)
	i, _, report := d.exercised(t)
	must(t, d.store.Write(t.Context(), tenant.System("test").In(home, d.organisation), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		r, err := tx.IncidentReport(report)
		if err != nil {
			return err
		}
		r.Content = bytes.Replace(r.Content, []byte("Anna Huber"), []byte("Anna Maier"), 1)
		_, err = tx.PutIncidentReport(r)
		return err
	}))
	if _, err := d.Paper(t.Context(), d.actor("anna", authz.Editor), d.organisation, i.ID, report); err == nil || !strings.Contains(err.Error(), "hash") {
		t.Errorf("a damaged copy: %v", err)
	}
}

// TestFormsHaveWords: every form, section and choice has words in each language.
func TestFormsHaveWords(t *testing.T) {
	forms, err := reporting.Load(content.FS)
	must(t, err)
	for _, language := range []string{"en", "de", "fr"} {
		p := messages(t).Printer(language)
		for _, f := range forms.All() {
			keys := map[string]bool{f.Title: true}
			for _, x := range f.Fields {
				keys["reports.section."+x.Section] = true
				for _, o := range x.Options {
					keys["reports.option."+x.ID+"."+o] = true
				}
			}
			for key := range keys {
				if !p.Has(key) {
					t.Errorf("%s: no words for %s", language, key)
				}
			}
		}
		for _, s := range incident.States() {
			if key := "reports.option.incident_state." + string(s); !p.Has(key) {
				t.Errorf("%s: no words for %s", language, key)
			}
		}
	}
}
