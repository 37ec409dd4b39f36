package incidents

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// paperWords says a paper in one language.
type paperWords struct {
	*locale.Printer
	paper Paper
	raw   bool // figures and amounts as they were typed
}

func (w paperWords) title() string {
	f := w.paper.Frozen
	title := w.T("clocks.stage."+string(f.Stage)) + " – " + w.T("clocks.regime."+string(f.Regime))
	if f.Exercise {
		title = w.T("incidentpapers.exercise") + " – " + title
	}
	return title
}

// marks are what every page must carry.
func (w paperWords) marks() (out []string) {
	f := w.paper.Frozen
	if f.Exercise {
		out = append(out, w.T("incidentpapers.exercise"))
	}
	if f.TLP != "" {
		out = append(out, "TLP:"+f.TLP)
	}
	out = append(out, f.Reference)
	if !w.paper.Report.Sent() {
		return append(out, w.T("incidentpapers.draft"))
	}
	const short = 16 // characters; the whole hash stands on the first page
	return append(out, "SHA-256 "+w.paper.Report.SHA256[:short]+"…")
}

// item is one particular of the report.
type item struct{ name, text string }

// items are the particulars. Times are those of the authority's zone, in which its
// clocks run.
func (w paperWords) items() (out []item) {
	p, f := w.paper, w.paper.Frozen
	put := func(key, text string) {
		if text != "" {
			out = append(out, item{w.T("incidentpapers.item." + key), text})
		}
	}
	at := func(key string, t time.Time) {
		if !t.IsZero() {
			put(key, w.instant(t))
		}
	}
	put("entity", f.Entity)
	put("authority", w.reader())
	put("country", w.country(f.Country))
	put("reference", f.Reference)
	if f.TLP != "" {
		put("tlp", w.tlp(f.TLP))
	}
	if f.Voluntary && f.Regime == clocks.NIS2 {
		put("kind", w.T("incidentpapers.voluntary"))
	}
	at("aware", f.AwareAt)
	at("due", f.DueAt)
	if p.Corrected != nil {
		put("corrects", w.earlier(p.Corrected.SubmittedAt, p.Corrected.SHA256))
	}
	if p.Previous != nil {
		put("previous", w.earlier(p.Previous.SubmittedAt, p.Previous.SHA256))
	}
	if !p.Report.Sent() {
		put("state", w.T("incidentpapers.draft"))
		return out
	}
	if p.Report.Underway() {
		put("state", w.T("incidentpapers.underway"))
	}
	at("submitted", f.SubmittedAt)
	put("channel", w.T("incidentpapers.channel."+p.Report.Channel))
	at("handed", p.Report.HandedAt)
	at("received", p.Report.ReceivedAt)
	put("authority_reference", p.Report.Reference)
	put("report", f.ID)
	put("hash", p.Report.SHA256)
	return out
}

// reader is to whom the report goes: by name, or as the law calls them.
func (w paperWords) reader() string {
	f := w.paper.Frozen
	if f.Authority != "" {
		return f.Authority
	}
	if m := clocks.RecipientOf(f.Regime, f.Stage); m.Key != "" {
		return w.Say(m)
	}
	return w.T("clocks.regime." + string(f.Regime))
}

func (w paperWords) earlier(at time.Time, hash string) string {
	return w.instant(at) + ", SHA-256 " + hash
}

func (w paperWords) particulars() []model.Block {
	t := model.Table{Columns: []model.Column{{Title: w.T("incidentpapers.column.item"), Weight: 1.3}, {Title: w.T("incidentpapers.column.detail"), Weight: 4}}}
	for _, i := range w.items() {
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{{Lines: []model.Text{model.Strongly(i.name)}}, model.Words(i.text)}})
	}
	return []model.Block{w.heading("report", "incidentpapers.report"), t}
}

func (w paperWords) heading(id, key string) model.Heading {
	return model.Heading{Level: 1, ID: id, Text: w.T(key), Numbered: true}
}

// changed says what is new since the report before.
func (w paperWords) changed() []model.Block {
	p := w.paper
	if p.Previous == nil {
		return nil
	}
	blocks := []model.Block{w.heading("changes", "incidentpapers.changes"),
		model.Paragraph{Text: model.Say(w.T("incidentpapers.changes.since", "when", w.instant(p.Previous.SubmittedAt)))}}
	if len(p.Changes) == 0 {
		return append(blocks, model.Paragraph{Text: model.Say(w.T("incidentpapers.changes.none"))})
	}
	t := model.Table{Columns: []model.Column{{Title: w.T("incidentpapers.column.number"), Weight: 0.5}, {Title: w.T("incidentpapers.column.field"), Weight: 2},
		{Title: w.T("incidentpapers.column.before"), Weight: 3}, {Title: w.T("incidentpapers.column.after"), Weight: 3}}}
	for _, c := range p.Changes {
		f, _ := p.Form.Field(c.Field)
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(f.Marked()), {Lines: []model.Text{model.Strongly(w.fieldTitle(f))}},
			w.cell(f, c.Before), w.cell(f, c.After)}})
	}
	return append(blocks, t)
}

// answers are the fields of the stage, section after section.
func (w paperWords) answers() []model.Block {
	fields, left := w.paper.fields(), []reporting.Field(nil)
	if w.paper.Report.Sent() { // a draft is filled in by hand too
		fields, left = w.answered()
	}
	t := model.Table{Columns: []model.Column{{Title: w.T("incidentpapers.column.number"), Weight: 0.5}, {Title: w.T("incidentpapers.column.field"), Weight: 2},
		{Title: w.T("incidentpapers.column.answer"), Weight: 5}}}
	for _, section := range sections(fields) {
		t.Rows = append(t.Rows, model.Row{Group: w.either("reports.section."+section, section)})
		for _, f := range fields {
			if f.Section == section {
				t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(f.Marked()),
					{Lines: []model.Text{model.Strongly(w.fieldTitle(f))}}, w.cell(f, w.paper.Frozen.Values[f.ID])}})
			}
		}
	}
	blocks := []model.Block{w.heading("answers", "incidentpapers.answers"), t}
	for _, text := range []string{w.unanswered(left), w.withheld()} {
		if text != "" {
			blocks = append(blocks, model.Paragraph{Text: model.Say(text)})
		}
	}
	return blocks
}

// answered are the fields that say something, and those without an answer.
func (w paperWords) answered() (fields, left []reporting.Field) {
	for _, f := range w.paper.fields() {
		if w.paper.Frozen.Values[f.ID].Empty() {
			left = append(left, f)
		} else {
			fields = append(fields, f)
		}
	}
	return fields, left
}

// unanswered names fields without an answer.
func (w paperWords) unanswered(fields []reporting.Field) string {
	if len(fields) == 0 {
		return ""
	}
	var names []string
	for _, f := range fields {
		names = append(names, w.fieldTitle(f))
	}
	return w.T("incidentpapers.unanswered", "fields", strings.Join(names, ", "))
}

// sections lists the sections in the order in which the form has them.
func sections(fields []reporting.Field) (out []string) {
	for _, f := range fields {
		if !slices.Contains(out, f.Section) {
			out = append(out, f.Section)
		}
	}
	return out
}

// withheld names the fields that the authority does not get, so that it knows that
// something is missing.
func (w paperWords) withheld() string {
	var titles []string
	for _, id := range w.paper.Frozen.Withheld {
		if f, ok := w.paper.Form.Field(id); ok {
			titles = append(titles, w.fieldTitle(f))
		}
	}
	if len(titles) == 0 {
		return ""
	}
	return w.T("incidentpapers.withheld", "fields", strings.Join(titles, ", "))
}

// origin says where the form comes from.
func (w paperWords) origin() []model.Block {
	return []model.Block{model.Paragraph{Text: model.Say(Origin(w.Printer, w.paper.Form)), Small: true}}
}

// Origin says where a form comes from: its source and how far it was compared with it,
// or that it is our own.
func Origin(p *locale.Printer, f reporting.Form) string {
	w := paperWords{Printer: p}
	var out []string
	say := func(key string, args ...any) { out = append(out, w.T("incidentpapers.form"+key, args...)) }
	if f.Basis == reporting.OfOurs {
		say(".own", "title", w.either(f.Title, f.ID), "version", f.Version)
	} else {
		say("", "title", w.either(f.Title, f.ID), "version", f.Version, "source", w.Cite(f.Source), "date", f.Checked)
	}
	if f.Basis == reporting.OfContent {
		say(".content")
	}
	if f.HasOwn() {
		say(".marked", "mark", reporting.OwnMark)
	}
	if note := f.Note.In(w.Language); note != "" {
		out = append(out, note)
	}
	switch {
	case f.Basis == reporting.OfOurs, f.Confidence == law.Verified:
	case f.Confidence == law.Secondary:
		say(".secondary")
	default:
		say(".unverified")
	}
	return strings.Join(out, " ")
}

func (w paperWords) cell(f reporting.Field, v reporting.Value) model.Cell {
	if v.Empty() {
		return model.Cell{Lines: []model.Text{model.Quietly(w.T("incidentpapers.no_answer"))}}
	}
	var c model.Cell
	for _, text := range w.answer(f, v) {
		if strings.TrimSpace(text) != "" {
			c.Lines = append(c.Lines, model.Say(text))
		}
	}
	return c
}

func (w paperWords) fieldTitle(f reporting.Field) string {
	if title := f.Title[w.Language]; title != "" {
		return title
	}
	return f.Title["en"]
}

// answer is a value in words, line by line.
func (w paperWords) answer(f reporting.Field, v reporting.Value) []string {
	switch {
	case v.Empty():
		return []string{w.T("incidentpapers.no_answer")}
	case v.Unknown:
		return []string{w.T("incidentpapers.unknown")}
	case f.Type == reporting.Choices, f.Type == reporting.States:
		words := make([]string, len(v.List))
		for i, one := range v.List {
			words[i] = w.one(f, one)
		}
		return []string{strings.Join(words, ", ")}
	case len(v.List) > 0:
		var lines []string
		for _, one := range v.List {
			lines = append(lines, textLines(one)...)
		}
		return lines
	}
	return textLines(w.one(f, v.Text))
}

// textLines splits at the ends of lines. Writers of documents know no tabs.
func textLines(s string) []string {
	return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ").Replace(s), "\n")
}

// one is one value in words.
func (w paperWords) one(f reporting.Field, v string) string {
	switch f.Type {
	case reporting.YesNo:
		return w.either("incidentpapers."+v, v)
	case reporting.Choice, reporting.Choices:
		return w.option(f.ID, v)
	case reporting.States:
		return w.country(v)
	case reporting.Number, reporting.Percent, reporting.Money:
		return w.figure(f.Type, v)
	case reporting.Instant, reporting.Computed:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return w.offset(t)
		}
		if f.ID == "tlp" {
			return w.tlp(v)
		}
		return w.option(f.ID, v)
	}
	return v
}

// figure prints a number the way the language does, when that keeps every digit.
func (w paperWords) figure(kind reporting.Type, v string) string {
	figure, currency, _ := strings.Cut(v, " ")
	whole, part, _ := strings.Cut(figure, ".")
	n, err := strconv.ParseFloat(figure, 64)
	if w.raw || err != nil || strings.Trim(whole+part, "0123456789") != "" || len(whole)+len(part) > 15 || len(part) > 6 {
		return v
	}
	switch kind {
	case reporting.Percent:
		return w.Percent(n, len(part))
	case reporting.Money:
		cents, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
		if err != nil || len(part) > 2 {
			return v
		}
		return w.Money(cents, currency)
	}
	return w.Number(n, len(part))
}

// instant is a time in the zone of the authority.
func (w paperWords) instant(t time.Time) string {
	t = t.In(w.paper.Zone)
	zone := offsetOf(t)
	if name := w.paper.Zone.String(); name != zone {
		zone = name + ", " + zone
	}
	return w.clock(t, zone)
}

// offset is a time with the offset with which it was said.
func (w paperWords) offset(t time.Time) string { return w.clock(t, offsetOf(t)) }

func (w paperWords) clock(t time.Time, zone string) string {
	hour := t.Format("15:04")
	if t.Second() != 0 {
		hour = t.Format("15:04:05")
	}
	return fmt.Sprintf("%s, %s (%s)", w.Date(law.DateOf(t)), hour, zone)
}

func offsetOf(t time.Time) string {
	if _, seconds := t.Zone(); seconds == 0 {
		return "UTC"
	}
	return t.Format("UTC-07:00")
}

func (w paperWords) tlp(label string) string {
	text := "TLP:" + label
	if key := "reports.option.tlp." + strings.ReplaceAll(label, "+", "_"); w.Has(key) {
		text += " – " + w.T(key)
	}
	return text
}

func (w paperWords) country(code string) string {
	return w.either("country.name."+strings.ToLower(code), code)
}

// option is the word of a choice; a form of a country may have choices without one.
func (w paperWords) option(field, v string) string {
	return w.either("reports.option."+field+"."+v, v)
}

// either is the message, and otherwise the text as it is.
func (w paperWords) either(key, otherwise string) string {
	if w.Has(key) {
		return w.T(key)
	}
	return otherwise
}
