package incidents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Paper is a report as it is handed out: printed, as a page, as text to copy into
// a portal, or as data. Of a sent report it says what its frozen copy says, and
// nothing that was learnt since.
type Paper struct {
	Report    incident.Report
	Form      reporting.Form
	Frozen    incident.Frozen    // of a draft: what would be frozen now
	Changes   []reporting.Change // since Previous, of the fields that it shows
	Previous  *incident.Report   // sent before to the same authority
	Corrected *incident.Report   // that it mends
	Language  string             // of the organisation
	Zone      *time.Location     // of the authority
	On        time.Time          // when it was sent; of a draft: now
}

// Paper prepares a report for handing out. A sent report whose kept copy does not
// match its hash any more is an error, and never a paper.
func (s *Service) Paper(ctx context.Context, a authz.Actor, organisation, id, report string) (p Paper, err error) {
	err = s.readReport(ctx, a, organisation, id, report, func(tx *store.Tx, i incident.Incident, r incident.Report) error {
		p, err = s.paper(tx, i, r)
		return err
	})
	return p, err
}

func (s *Service) paper(tx *store.Tx, i incident.Incident, r incident.Report) (Paper, error) {
	sh, err := s.sheet(tx, i, r)
	if err != nil {
		return Paper{}, err
	}
	o, err := obligationOf(tx, i, r.Obligation)
	if err != nil {
		return Paper{}, err
	}
	file, err := facts(tx, i.Organisation)
	if err != nil {
		return Paper{}, err
	}
	language, err := languageOf(tx, file)
	if err != nil {
		return Paper{}, err
	}
	p := Paper{Report: r, Form: sh.Form, Previous: sh.Previous, Language: language, Zone: time.UTC, On: i.Now(tx.Now())}
	if zone, err := time.LoadLocation(o.Zone); err == nil {
		p.Zone = zone
	}
	if p.Frozen, err = s.frozen(tx, i, r, sh); err != nil {
		return Paper{}, err
	}
	if r.Sent() {
		p.On = p.Frozen.SubmittedAt
	}
	if p.Changes, err = p.changes(); err != nil {
		return Paper{}, err
	}
	if p.Frozen.Corrects != "" {
		corrected, err := reportOf(tx, i, p.Frozen.Corrects)
		if err != nil {
			return Paper{}, err
		}
		p.Corrected = &corrected
	}
	return p, nil
}

// frozen is the kept copy of a sent report, after its hash was checked, and what
// would be kept of a draft.
func (s *Service) frozen(tx *store.Tx, i incident.Incident, r incident.Report, sh Sheet) (incident.Frozen, error) {
	if !r.Sent() {
		if err := s.freeze(tx, i, &r, sh, i.Now(tx.Now())); err != nil {
			return incident.Frozen{}, err
		}
		return incident.Thaw(r.Content)
	}
	if sum := sha256.Sum256(r.Content); hex.EncodeToString(sum[:]) != r.SHA256 {
		return incident.Frozen{}, fmt.Errorf("report %s: its kept copy does not match its hash", r.ID)
	}
	return incident.Thaw(r.Content)
}

// changes are those of the fields that this paper shows: what another stage asked,
// or what this authority does not get, did not change.
func (p Paper) changes() ([]reporting.Change, error) {
	if p.Previous == nil {
		return nil, nil
	}
	before, err := incident.Thaw(p.Previous.Content)
	if err != nil {
		return nil, err
	}
	shown := p.fields()
	return slices.DeleteFunc(p.Form.Changes(before.Values, p.Frozen.Values), func(c reporting.Change) bool {
		return !slices.ContainsFunc(shown, func(f reporting.Field) bool { return f.ID == c.Field })
	}), nil
}

// fields are those of the stage without the withheld ones, in order.
func (p Paper) fields() []reporting.Field {
	return slices.DeleteFunc(p.Form.Shown(p.Report.Stage), func(f reporting.Field) bool {
		return f.Withhold || slices.Contains(p.Frozen.Withheld, f.ID)
	})
}

// Name is the name of a file of the paper: exercise and draft show in it.
func (p Paper) Name(ending string) string {
	name := p.Frozen.Reference + "-" + string(p.Report.Stage) + "." + ending
	if !p.Report.Sent() {
		name = "draft-" + name
	}
	if p.Frozen.Exercise {
		name = "exercise-" + name
	}
	return name
}

// JSON is the frozen copy, byte for byte: its SHA-256 is the hash of the report. A
// report that was not sent has none.
func (p Paper) JSON() ([]byte, error) {
	if !p.Report.Sent() {
		return nil, conflict("the report was not sent yet", "a sent report, whose copy is kept")
	}
	return p.Report.Content, nil
}

// Document is the paper in the printer's language.
func (p Paper) Document(printer *locale.Printer) model.Document {
	w := paperWords{Printer: printer, paper: p}
	d := model.Document{Title: w.title(), Subtitle: p.Frozen.Entity + " · " + w.reader(), Language: printer.Language,
		Brand: model.Brand{Client: p.Frozen.Entity}, AsOf: law.DateOf(p.On.In(p.Zone)), DateText: w.instant(p.On), Notice: strings.Join(w.marks(), " · "),
		Labels: model.Labels{SkipToContent: w.T("report.label.skip"), Contents: w.T("report.label.contents"), AsTable: w.T("report.label.as_table"),
			PreparedBy: w.T("report.label.prepared_by"), AsOf: w.T("report.label.as_of"), Continued: w.T("report.label.continued")}}
	if p.Frozen.Exercise {
		d.Blocks = append(d.Blocks, model.Callout{Tone: chart.ToneBad, Title: w.T("incidentpapers.exercise"), Body: []model.Text{model.Say(w.T("incidentpapers.exercise.text"))}})
	}
	if !p.Report.Sent() {
		d.Blocks = append(d.Blocks, model.Callout{Tone: chart.TonePartly, Title: w.T("incidentpapers.draft"), Body: []model.Text{model.Say(w.T("incidentpapers.draft.text"))}})
	}
	d.Blocks = slices.Concat(d.Blocks, w.particulars(), w.changed(), w.answers(), w.origin())
	return d
}

// Text is the paper to copy from: one numbered field after the other, figures and
// amounts as portals take them.
func (p Paper) Text(printer *locale.Printer) string {
	w := paperWords{Printer: printer, paper: p, raw: true}
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(plainText(strings.Join(parts, "")) + "\n") }
	line(w.title())
	line(strings.Join(w.marks(), " · "))
	line()
	for _, item := range w.items() {
		line(w.T("ui.label", "text", item.name), item.text)
	}
	fields, left := w.answered()
	for _, f := range fields {
		line()
		line(f.Label(), "  ", w.fieldTitle(f))
		for _, text := range w.answer(f, p.Frozen.Values[f.ID]) {
			line(text)
		}
	}
	for _, text := range []string{w.unanswered(left), w.withheld()} {
		if text != "" {
			line()
			line(text)
		}
	}
	return b.String()
}

// plainText drops what a text file should not carry: control characters, and
// those with which a text could pass for another.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || model.TurnsText(r) {
			return -1
		}
		return r
	}, s)
}
