package incidents

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Binder is what an organisation needs on paper on the day when no computer works: whom
// to call, when which report is due, and forms to fill in by hand.
type Binder struct {
	Name      string
	Language  string // of the organisation
	On        time.Time
	Zone      *time.Location
	Contacts  []organisation.Contact // of the organisation, for the authority
	People    []tenant.Member        // who may decide on or send reports
	Countries []country.Pack         // whose law applies
	Terms     []clocks.Term          // of law in force
	Forms     []reporting.Form       // valid today, of the duties that the organisation may have
	Roster    oncall.Roster          // who is called
	Playbooks []playbook.Playbook    // of the program and of the workspace

	whole bool // with the playbooks of the workspace
}

// Binder prepares the binder of an organisation as of now.
func (s *Service) Binder(ctx context.Context, a authz.Actor, organisation string) (b Binder, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		b, err = s.binder(tx, organisation)
		return err
	})
	if err != nil {
		return b, err
	}
	return b, s.withOwn(ctx, a, &b)
}

func (s *Service) binder(tx *store.Tx, of string) (Binder, error) {
	file, err := facts(tx, of)
	if err != nil {
		return Binder{}, err
	}
	d, err := s.determined(file, tx.Now())
	if err != nil {
		return Binder{}, err
	}
	language, err := languageOf(tx, file)
	if err != nil {
		return Binder{}, err
	}
	home, err := tx.Zone()
	if err != nil {
		return Binder{}, err
	}
	b := Binder{Name: file.Organisation.Name, Language: language, On: tx.Now(), Zone: home, Contacts: file.Registration.Contacts, Countries: d.Countries}
	if len(d.Countries) > 0 {
		if zone, err := time.LoadLocation(d.Countries[0].Zone); err == nil {
			b.Zone = zone
		}
	}
	today := law.DateOf(b.On.In(b.Zone))
	members, err := tx.MembersOf(of)
	if err != nil {
		return Binder{}, err
	}
	for _, m := range members {
		known := slices.ContainsFunc(b.People, func(x tenant.Member) bool { return x.Person == m.Person })
		if !m.Disabled && !known && (authz.Allows(m.Role, authz.IncidentDecide) || authz.Allows(m.Role, authz.IncidentSubmit)) {
			b.People = append(b.People, m)
		}
	}
	for _, t := range clocks.Terms() {
		if t.Proposal == "" && !today.Before(t.From) && (t.To.IsZero() || !t.To.Before(today)) {
			b.Terms = append(b.Terms, t)
		}
	}
	for _, f := range s.forms.All() {
		fits := len(f.Countries) == 0 || slices.ContainsFunc(d.Countries, func(p country.Pack) bool { return slices.Contains(f.Countries, p.Code) })
		if f.Valid(today) && fits {
			b.Forms = append(b.Forms, f)
		}
	}
	if err := s.likely(tx, &b, of, file.Status.CERCritical, d.Scope.EntityTypes); err != nil {
		return Binder{}, err
	}
	b.Playbooks = slices.Clone(s.playbooks)
	b.Roster, _, err = rosterOf(tx, of)
	return b, err
}

// withOwn adds the playbooks of the workspace, when the person sees them.
func (s *Service) withOwn(ctx context.Context, a authz.Actor, b *Binder) (err error) {
	if _, err := a.Workspace(authz.IncidentRead); err != nil {
		return nil //nolint:nilerr // who belongs to some organisations alone sees those of the program
	}
	b.Playbooks, err = s.Playbooks(ctx, a)
	b.whole = true
	return err
}

// likely leaves the forms of duties that the organisation can hardly have out: those of
// providers, critical entities and manufacturers stay when it is one, or had such a duty
// before.
func (s *Service) likely(tx *store.Tx, b *Binder, of string, critical law.Truth, entityTypes []string) error {
	regimes := []clocks.Regime{clocks.NIS2, clocks.GDPR, reporting.Contract, reporting.Insurer}
	if critical == law.True && slices.ContainsFunc(entityTypes, reportsUnderCER) {
		regimes = append(regimes, clocks.CER)
	}
	if slices.ContainsFunc(entityTypes, trustService) {
		regimes = append(regimes, clocks.EIDAS)
	}
	if slices.Contains(entityTypes, "digital-infra.ecn") || slices.Contains(entityTypes, "digital-infra.ecs") {
		regimes = append(regimes, clocks.EPrivacy)
	}
	all, err := tx.Incidents(of)
	if err != nil {
		return err
	}
	for _, i := range all {
		list, err := tx.Obligations(of, i.ID)
		if err != nil {
			return err
		}
		for _, o := range list {
			regimes = append(regimes, o.Regime)
		}
	}
	b.Forms = slices.DeleteFunc(b.Forms, func(f reporting.Form) bool { return !slices.Contains(regimes, f.Regime) })
	place := func(f reporting.Form) int { return slices.Index(regimes, f.Regime) }
	slices.SortStableFunc(b.Forms, func(x, y reporting.Form) int { return place(x) - place(y) })
	return nil
}

// Document is the binder in the printer's language.
func (b Binder) Document(p *locale.Printer) model.Document {
	w := binderWords{paperWords{Printer: p, paper: Paper{Zone: b.Zone}}, b}
	d := model.Document{Title: w.T("binder.title"), Subtitle: b.Name, Language: p.Language, Brand: model.Brand{Client: b.Name},
		AsOf: law.DateOf(b.On.In(b.Zone)), DateText: w.instant(b.On), Notice: w.T("binder.notice", "when", w.instant(b.On)),
		Labels: model.Labels{SkipToContent: w.T("report.label.skip"), Contents: w.T("report.label.contents"), AsTable: w.T("report.label.as_table"),
			PreparedBy: w.T("report.label.prepared_by"), AsOf: w.T("report.label.as_of"), Continued: w.T("report.label.continued")}}
	d.Blocks = append(d.Blocks, model.Callout{Tone: chart.TonePartly, Title: w.T("binder.first"), Body: []model.Text{model.Say(w.T("binder.first.text"))}}, model.Contents{Depth: 2})
	d.Blocks = slices.Concat(d.Blocks, w.contacts(), w.turns(), w.authorities(), w.references(), w.deadlines(), w.plays(), w.blanks())
	return d
}

// binderWords says a binder in one language.
type binderWords struct {
	paperWords
	binder Binder
}

func (w binderWords) column(key string, weight float64) model.Column {
	return model.Column{Title: w.T("binder.column." + key), Weight: weight}
}

// blank is empty room to write by hand.
func blank(n int) model.Cell {
	var c model.Cell
	for range n {
		c.Lines = append(c.Lines, model.Say("\u00a0"))
	}
	return c
}

// free is how many people can be added by hand.
const free = 4

// contacts are the people of the organisation, and room for those whom no computer
// knows: phone numbers outside the office, the insurer, the police.
func (w binderWords) contacts() []model.Block {
	t := model.Table{Columns: []model.Column{w.column("name", 3), w.column("role", 3), w.column("phone", 2), w.column("email", 3)}}
	row := func(texts ...string) {
		r := model.Row{}
		for _, text := range texts {
			if text == "" {
				text = "\u00a0"
			}
			r.Cells = append(r.Cells, model.Words(text))
		}
		t.Rows = append(t.Rows, r)
	}
	if len(w.binder.Roster.Contacts) > 0 {
		t.Rows = append(t.Rows, model.Row{Group: w.T("binder.contacts.called")})
	}
	for _, role := range oncall.Roles() {
		for _, c := range w.binder.Roster.Contacts {
			if c.Role == role {
				row(strings.TrimSuffix(c.Name+" – "+c.Note, " – "), w.T("handling.role."+c.Role), c.Phone, c.Email)
			}
		}
	}
	t.Rows = append(t.Rows, model.Row{Group: w.T("binder.contacts.official")})
	for _, c := range w.binder.Contacts {
		row(c.Name, c.Role, c.Phone, c.Email)
	}
	t.Rows = append(t.Rows, model.Row{Group: w.T("binder.contacts.people")})
	for _, m := range w.binder.People {
		row(m.Name, w.T("pages.role."+string(m.Role)), "", m.Email)
	}
	t.Rows = append(t.Rows, model.Row{Group: w.T("binder.contacts.hand")})
	for range free {
		row("", "", "", "")
	}
	return []model.Block{w.heading("contacts", "binder.contacts"), t}
}

// turnsAhead is how far the turns are printed; the binder is made anew before they end.
const turnsAhead = 45 * 24 * time.Hour

// turns say who is on call when.
func (w binderWords) turns() []model.Block {
	t := model.Table{Columns: []model.Column{w.column("turn", 4), w.column("name", 3), w.column("phone", 3)}}
	for at := w.binder.On; at.Before(w.binder.On.Add(turnsAhead)); {
		turn, ok := w.binder.Roster.At(at)
		if !ok || !turn.Until.After(at) {
			break
		}
		from, until := turn.From.In(w.binder.Zone), turn.Until.In(w.binder.Zone)
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(w.T("binder.turn", "from", w.instant(from), "until", w.instant(until))), model.Words(turn.Contact.Name), model.Words(turn.Contact.Phone)}})
		at = turn.Until
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []model.Block{w.heading("turns", "binder.turns"), t}
}

// plays are the playbooks, with a box to tick at each step.
func (w binderWords) plays() (out []model.Block) {
	if len(w.binder.Playbooks) == 0 {
		return nil
	}
	out = append(out, model.PageBreak{}, w.heading("playbooks", "binder.playbooks"), model.Paragraph{Text: model.Say(w.T("binder.playbooks.text"))})
	for _, p := range w.binder.Playbooks {
		t := model.Table{Small: true, Columns: []model.Column{w.column("done", 0.7), w.column("step", 4), w.column("how", 4), w.column("role", 1.8), w.column("when", 2)}}
		phase := playbook.Phase("")
		for _, s := range p.Steps {
			if s.Phase != phase {
				phase = s.Phase
				t.Rows = append(t.Rows, model.Row{Group: w.T("handling.phase." + string(phase))})
			}
			t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words("[  ]"), model.Words(s.Title.In(w.Language)), model.Words(s.Done.In(w.Language)),
				model.Words(w.either("report.role."+s.Role, s.Role)), blank(1)}})
		}
		out = append(out, model.Heading{Level: 2, ID: "playbook-" + strings.ReplaceAll(p.ID, "_", "-"), Text: p.Title.In(w.Language)}, model.Paragraph{Text: model.Say(p.About.In(w.Language))}, t)
	}
	return out
}

// authorities are those of each Member State whose law applies, with source and date.
func (w binderWords) authorities() []model.Block {
	blocks := []model.Block{w.heading("authorities", "binder.authorities")}
	if len(w.binder.Countries) == 0 {
		return append(blocks, model.Paragraph{Text: model.Say(w.T("binder.authorities.none"))})
	}
	t := model.Table{Columns: []model.Column{w.column("what", 2), w.column("where", 4), w.column("source", 4)}}
	for _, p := range w.binder.Countries {
		t.Rows = append(t.Rows, model.Row{Group: w.Say(p.Name())})
		for _, one := range []struct {
			key  string
			fact country.Fact
		}{{"authority", p.Authority}, {"csirt", p.CSIRT}, {"reporting", p.Reporting}, {"portal", p.Registration.Portal}} {
			text := w.Say(one.fact.Say())
			if one.fact.Value == "" && one.fact.Text == "" {
				text = w.T("binder.unknown")
			}
			t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(w.T("binder.authority." + one.key)), model.Words(text), model.Words(w.source(one.fact))}})
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(w.T("binder.authority.phone")), blank(1), model.Words(w.T("binder.authority.phone.hint"))}})
	}
	return append(blocks, t)
}

func (w binderWords) source(f country.Fact) string {
	if f.Source == "" {
		return w.T("country.confidence.unverified")
	}
	text := w.T("binder.source", "source", w.Cite(f.Source), "date", f.Checked)
	if f.Confidence != law.Verified {
		text += " (" + w.T("country.confidence."+string(f.Confidence)) + ")"
	}
	return text
}

// references is where numbers and times are noted while nothing is recorded.
func (w binderWords) references() []model.Block {
	t := model.Table{Columns: []model.Column{w.column("what", 3), w.column("note", 5)}}
	for _, key := range []string{"own", "authority", "police", "insurer", "noticed", "aware", "reason", "who"} {
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(w.T("binder.reference." + key)), blank(1)}})
	}
	return []model.Block{w.heading("references", "binder.references"), t}
}

// deadlines are the terms of the law by regime, those of the Member States beside them.
func (w binderWords) deadlines() []model.Block {
	t := model.Table{Columns: []model.Column{w.column("stage", 5), w.column("term", 2), w.column("from", 3), w.column("to", 3), w.column("rule", 3)}, Small: true}
	for _, regime := range clocks.Regimes() {
		started := false
		for _, term := range w.binder.Terms {
			if term.Regime != regime {
				continue
			}
			if !started {
				t.Rows, started = append(t.Rows, model.Row{Group: w.T("clocks.regime." + string(regime))}), true
			}
			report := model.Words(w.Say(term.Stage.Title()))
			if basis := "clocks.basis." + term.ID; w.Has(basis) { // to whom the row applies, and what else counts
				report.Lines = append(report.Lines, model.Quietly(w.T(basis)))
			}
			t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{report, model.Words(w.Say(term.Period.Message())), model.Words(w.Say(term.Anchor.Title())),
				model.Words(w.T(term.Recipient)), model.Words(w.Cite(term.Citation))}})
		}
	}
	blocks := []model.Block{w.heading("deadlines", "binder.deadlines"), model.Paragraph{Text: model.Say(w.T("binder.deadlines.text"))}, t}
	return append(blocks, w.national()...)
}

// national are the terms in which Member States depart from the directive.
func (w binderWords) national() []model.Block {
	var items []model.Text
	for _, p := range w.binder.Countries {
		for stage, t := range p.Terms() {
			period, err := clocks.ParsePeriod(t.Period)
			input, ok := clocks.ParseInput(t.From)
			if err != nil || !ok {
				continue
			}
			items = append(items, model.Say(w.T("binder.national", "country", w.Say(p.Name()), "stage", w.Say(clocks.Stage(stage).Title()), "period", w.Say(period.Message()),
				"from", w.Say(input.Title()), "source", w.source(country.Fact{Source: t.Deviation.Source, Checked: t.Deviation.Checked, Confidence: t.Deviation.Confidence}))))
		}
	}
	if len(items) == 0 {
		return nil
	}
	slices.SortFunc(items, func(a, b model.Text) int { return strings.Compare(a.String(), b.String()) })
	return []model.Block{w.heading("national", "binder.nationals"), model.List{Items: items}}
}

// blanks are the forms of each stage to fill in by hand: what is required first.
func (w binderWords) blanks() (out []model.Block) {
	if len(w.binder.Forms) > 0 {
		out = append(out, model.PageBreak{}, w.heading("forms", "binder.forms"), model.Paragraph{Text: model.Say(w.T("binder.forms.text"))})
	}
	for n, f := range w.binder.Forms {
		for m, stage := range f.Stages {
			fields := f.Shown(stage)
			t := model.Table{Columns: []model.Column{w.column("number", 0.5), w.column("field", 3), w.column("answer", 5)}}
			for _, field := range fields {
				title := model.Say(w.fieldTitle(field))
				if f.Need(field, stage, nil) == reporting.Required {
					title = model.Strongly(w.fieldTitle(field)).Then(" "+w.T("binder.required"), model.Muted)
				}
				t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(field.Marked()), {Lines: []model.Text{title}}, w.room(field)}})
			}
			id := "form-" + strings.ReplaceAll(f.ID, "_", "-") + "-" + strings.ReplaceAll(string(stage), "_", "-")
			w.paper.Form = f
			if n+m > 0 { // the first one stands under the heading of all
				out = append(out, model.PageBreak{})
			}
			out = append(out, model.Heading{Level: 2, ID: id, Text: w.Say(stage.Title()) + " – " + w.either(f.Title, f.ID)}, t)
			out = append(out, w.origin()...)
		}
	}
	return out
}

// room is where the answer goes: boxes to tick, or lines.
func (w binderWords) room(f reporting.Field) model.Cell {
	box := func(words ...string) model.Cell {
		return model.Words("[\u00a0\u00a0]\u00a0" + strings.Join(words, "   [\u00a0\u00a0]\u00a0")) // a box stays with its word
	}
	switch f.Type {
	case reporting.YesNo:
		return box(w.T("binder.yes"), w.T("binder.no"), w.T("incidentpapers.unknown"))
	case reporting.Choice, reporting.Choices:
		var words []string
		for _, o := range f.Options {
			words = append(words, w.option(f.ID, o))
		}
		return box(words...)
	case reporting.LongText, reporting.Lines:
		return blank(4)
	}
	return blank(1)
}
