package dossier

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

// Compose builds the dossier as a document in the printer's language.
func Compose(in assessing.Input, entries []Entry, p *locale.Printer) model.Document {
	d := model.Document{
		Title: p.T("registration.title"), Subtitle: in.Organisation, Language: p.Language,
		Brand: in.Brand, AsOf: in.AsOf, DateText: p.Date(in.AsOf), Notice: p.T("report.notice", "name", in.Organisation),
		Labels: model.Labels{SkipToContent: p.T("report.label.skip"), Contents: p.T("report.label.contents"), AsTable: p.T("report.label.as_table"),
			PreparedBy: p.T("report.label.prepared_by"), AsOf: p.T("report.label.as_of"), Continued: p.T("report.label.continued")},
	}
	if len(entries) == 0 {
		d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(p.T("registration.none"))})
	}
	for i, e := range entries {
		d.Blocks = append(d.Blocks, e.blocks(p, i)...)
	}
	return d
}

func (e Entry) blocks(p *locale.Printer, i int) []model.Block {
	out := []model.Block{
		model.Heading{Level: 1, ID: "register-" + strconv.Itoa(i+1), Text: e.Title(p)},
		model.Paragraph{Text: model.Text{{Text: p.Cite(e.Duty.Citation), Style: model.Citation}}},
		e.stand(p),
		model.Heading{Level: 2, ID: "data-" + strconv.Itoa(i+1), Text: p.T("registration.data")},
		e.table(p),
	}
	if facts := e.national(p); len(facts.Rows) > 0 {
		out = append(out, model.Heading{Level: 2, ID: "where-" + strconv.Itoa(i+1), Text: p.T("registration.where")}, facts)
	}
	return out
}

// Title names the register and the Member State.
func (e Entry) Title(p *locale.Printer) string {
	title := p.Say(e.Duty.Title)
	if e.State != "" {
		title += " – " + p.Say(country.Name(e.State))
	}
	return title
}

// stand says what was told and what is due.
func (e Entry) stand(p *locale.Printer) model.Callout {
	c := model.Callout{Tone: chart.ToneInfo, Title: p.T("registration.complete", "done", e.Complete(), "all", len(e.Fields))}
	add := func(text string) { c.Body = append(c.Body, model.Say(text)) }
	if e.Registered() {
		add(p.T("registration.record", "date", e.Record.RegisteredOn, "authority", e.Record.Authority, "reference", e.Record.Reference, "by", e.Record.By))
	} else if !e.Declared.IsZero() {
		add(p.T("registration.declared", "date", e.Declared))
	} else {
		add(p.Say(e.Duty.DueText))
	}
	add(p.Say(e.Duty.ChangeWithin))
	if !e.ChangeDue.IsZero() {
		c.Tone = chart.TonePartly
		add(p.T("registration.change.due", "since", e.ChangedOn, "date", e.ChangeDue))
	}
	return c
}

func (e Entry) table(p *locale.Printer) model.Table {
	t := model.Table{Columns: []model.Column{{Title: p.T("registration.column.data"), Weight: 3}, {Title: p.T("report.column.value"), Weight: 5}, {Title: p.T("registration.column.missing"), Weight: 3}}}
	for _, f := range e.Fields {
		value, missing := model.Cell{}, model.Cell{}
		for _, v := range f.Values {
			value.Lines = append(value.Lines, model.Say(p.Say(v)))
		}
		for _, m := range f.Missing {
			missing.Lines = append(missing.Lines, model.Say(p.Say(m)))
		}
		if f.Complete() {
			missing = model.Words(p.T("registration.whole"))
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{{Lines: []model.Text{model.Say(p.Say(f.Label)), {{Text: p.Cite(f.Citation), Style: model.Citation}}}}, value, missing}})
	}
	return t
}

// Facts are what the country data says about the way to the register, as far as it
// is known.
func (e Entry) Facts() []NationalFact {
	var out []NationalFact
	for _, f := range []NationalFact{{"authority", e.Pack.Authority}, {"portal", e.Pack.Registration.Portal}, {"due", e.Pack.Registration.DueNote}} {
		if f.Fact.Established() {
			out = append(out, f)
		}
	}
	return out
}

// NationalFact is a fact of the country data with the end of its message key below
// "report.national.".
type NationalFact struct {
	Name string
	Fact country.Fact
}

func (e Entry) national(p *locale.Printer) model.Table {
	t := model.Table{Small: true, Columns: []model.Column{{Title: p.T("report.column.national"), Weight: 2.4}, {Title: p.T("report.column.value"), Weight: 4.4}, {Title: p.T("report.column.source"), Weight: 3.6}}}
	for _, f := range e.Facts() {
		source := p.Cite(f.Fact.Source) + " · " + p.T("report.checked", "date", f.Fact.Checked)
		cell := model.Cell{Lines: []model.Text{{{Text: source, Style: model.Citation}}}}
		if f.Fact.Confidence != law.Verified {
			cell.Badge = &model.Badge{Tone: chart.ToneOpen, Word: p.T("country.confidence." + string(f.Fact.Confidence))}
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(p.T("report.national." + f.Name)), model.Words(p.Say(f.Fact.Say())), cell}})
	}
	return t
}

// Format is the value of the first field of every dossier of this version.
const Format = "registration/1"

// Document is the content of registration.json. Days are YYYY-MM-DD, countries ISO
// 3166-1 alpha-2. A member that is left out means: none, or not known.
type Document struct {
	Format       string     `json:"format"`
	Language     string     `json:"language"` // of the sentences, BCP 47
	Organisation string     `json:"organisation"`
	AsOf         law.Date   `json:"as_of"`
	Registers    []Register `json:"registers"`
}

// Register is the dossier for one register.
type Register struct {
	Duty         string   `json:"duty"`
	Citation     string   `json:"citation"`
	Title        string   `json:"title"`
	State        string   `json:"state,omitempty"`
	Authority    string   `json:"authority,omitempty"`
	Portal       string   `json:"portal,omitempty"`
	FirstDue     law.Date `json:"first_due,omitzero"`
	RegisteredOn law.Date `json:"registered_on,omitzero"`
	Reference    string   `json:"reference,omitempty"`
	ChangedOn    law.Date `json:"changed_on,omitzero"` // first change that was not told
	ChangeDue    law.Date `json:"change_due,omitzero"`
	Changed      []string `json:"changed,omitempty"` // fields of the organisation file
	Data         []Datum  `json:"data"`
}

// Datum is one kind of data that the register asks for.
type Datum struct {
	Key      string   `json:"key"`
	Citation string   `json:"citation"`
	Title    string   `json:"title"`
	Values   []string `json:"values"`
	Complete bool     `json:"complete"`
	Missing  []string `json:"missing,omitempty"`
}

// JSON writes the dossier for machines.
func JSON(w io.Writer, in assessing.Input, entries []Entry, p *locale.Printer) error {
	d := Document{Format: Format, Language: p.Language, Organisation: in.Organisation, AsOf: in.AsOf, Registers: []Register{}}
	for _, e := range entries {
		r := Register{Duty: e.Duty.ID, Citation: e.Duty.Citation, Title: p.Say(e.Duty.Title), State: e.State, FirstDue: e.Duty.FirstDue,
			RegisteredOn: e.RegisteredOn(), Reference: e.Record.Reference, ChangedOn: e.ChangedOn, ChangeDue: e.ChangeDue, Data: []Datum{}}
		if e.Pack.Authority.Established() {
			r.Authority = p.Say(e.Pack.Authority.Say())
		}
		if e.Pack.Registration.Portal.Established() {
			r.Portal = p.Say(e.Pack.Registration.Portal.Say())
		}
		for _, c := range e.Changes {
			r.Changed = append(r.Changed, c.Field)
		}
		for _, f := range e.Fields {
			r.Data = append(r.Data, Datum{f.Key, f.Citation, p.Say(f.Label), say(p, f.Values), f.Complete(), say(p, f.Missing)})
		}
		d.Registers = append(d.Registers, r)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(d); err != nil {
		return fmt.Errorf("write the dossier: %w", err)
	}
	return nil
}

func say(p *locale.Printer, list []law.Message) []string {
	out := []string{}
	for _, m := range list {
		out = append(out, p.Say(m))
	}
	return out
}
