package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/scope"
)

func classTone(c law.Class) ui.Tone {
	if c == law.Depends {
		return ui.Open
	}
	return ui.Info
}

func keepKind(v resultView) ui.Kind {
	if v.progress.Done() {
		return ui.Primary
	}
	return ui.Secondary
}

// nothing is said in place of an empty table: that nothing applies, which is only
// true once the class is decided.
func nothing(ctx context.Context, class law.Class, key string) ui.Empty {
	if class == law.Depends {
		key = "wizard.result.nothing_certain"
	}
	return ui.Empty{Title: ui.T(ctx, key)}
}

// groundTable lists rules with what they lead to and where they stand.
func groundTable(ctx context.Context, id, caption string, class law.Class, grounds []scope.Ground) ui.TableProps {
	t := ui.TableProps{ID: id, Caption: caption, HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.ground")}, {Label: ui.T(ctx, "report.column.leads_to"), Narrow: true}, {Label: ui.T(ctx, "report.column.citation")}},
		Empty: nothing(ctx, class, "wizard.result.no_grounds")}
	for _, g := range grounds {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(ui.Say(ctx, g.Text)), ui.Words(className(ctx, g.Class)), ui.Words(ui.Cite(ctx, g.Citation))}})
	}
	return t
}

// basisText is the article behind each rule of the jurisdiction.
func basisText(ctx context.Context, rules string) string {
	var out []string
	for rule := range strings.SplitSeq(rules, ", ") {
		if rule != "" {
			out = append(out, ui.T(ctx, "report.basis."+rule))
		}
	}
	return strings.Join(out, "; ")
}

func confidenceStatus(ctx context.Context, v law.Confidence) ui.Status {
	s := ui.Status{Tone: ui.Neutral, Word: ui.T(ctx, "country.confidence."+string(v))}
	switch v {
	case law.Secondary:
		s.Tone = ui.Partly
	case law.Unverified, "":
		s = ui.Status{Tone: ui.Open, Word: ui.T(ctx, "country.confidence."+string(law.Unverified))}
	}
	return s
}

// nationalTable is what is known of the law of the competent States, with a mark
// on everything that was not read in the official text.
func nationalTable(ctx context.Context, packs []country.Pack) ui.TableProps {
	t := ui.TableProps{ID: "national", Caption: ui.T(ctx, "report.column.national"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.national"), Narrow: true}, {Label: ui.T(ctx, "report.column.value")}, {Label: ui.T(ctx, "report.column.source")}}}
	for _, p := range packs {
		for _, f := range []struct {
			name string
			fact country.Fact
		}{{"act", p.Act}, {"in_force", p.InForceNote}, {"authority", p.Authority}, {"portal", p.Registration.Portal}, {"due", p.Registration.DueNote}} {
			if !f.fact.Established() {
				continue
			}
			name := ui.T(ctx, "report.national."+f.name)
			if len(packs) > 1 {
				name = ui.Label(ctx, ui.Say(ctx, p.Name())) + name
			}
			said := f.fact.Say()
			if f.name == "in_force" {
				said = p.SayInForce()
			}
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(name), ui.Words(ui.Say(ctx, said)),
				standsOnCell(f.fact.Source, f.fact.Checked, f.fact.Confidence)}})
		}
	}
	return t
}

// dutyTable lists the duties that bind, and those in whose place another act stands.
func dutyTable(ctx context.Context, c clients.Client) ui.TableProps {
	t := ui.TableProps{ID: "duties", Caption: ui.T(ctx, "wizard.result.duties"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.duty")}, {Label: ui.T(ctx, "report.column.citation")}},
		Empty: nothing(ctx, c.In.Scope.Class, "wizard.result.duties.none")}
	for _, d := range c.In.Duties.Binding {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(ui.Say(ctx, d.Title)), ui.Words(ui.Cite(ctx, d.Citation))}})
	}
	for _, d := range c.In.Duties.Displaced {
		text := ui.T(ctx, "duties.title."+d.Duty) + " – " + ui.T(ctx, "wizard.result.displaced", "act", ui.Cite(ctx, d.Act))
		if !d.Certain {
			text += " (" + ui.T(ctx, "report.duties.uncertain") + ")"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(text), ui.Words(ui.Cite(ctx, d.Citation))}})
	}
	return t
}

// note is a sentence with where it stands.
type note struct{ Text, Note, URL string }

// changers are what could change the result: the nearest ground, facts that are
// not known, and points for a person to look at.
func changers(ctx context.Context, r *http.Request, c clients.Client) []note {
	var out []note
	d := c.In.Scope
	if d.Nearest != nil {
		out = append(out, note{Text: ui.Say(ctx, d.Nearest.Text), Note: ui.Cite(ctx, d.Nearest.Ground.Citation)})
	}
	for _, m := range d.Missing {
		n := note{Text: ui.T(ctx, "report.scope.missing.item", "field", ui.T(ctx, "report.field."+m))}
		if q, ok := onboarding.Of(m); ok {
			n.URL = clientURL(r, "scope?question="+escape(q.ID))
		}
		out = append(out, n)
	}
	for _, m := range d.Reviews {
		out = append(out, note{Text: ui.Say(ctx, m)})
	}
	return out
}

// answerTable lists what was answered or is known, with the way back to each
// question.
func answerTable(ctx context.Context, r *http.Request, c clients.Client) ui.TableProps {
	t := ui.TableProps{ID: "answers", Caption: ui.T(ctx, "wizard.result.answers"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "wizard.result.answers.question")}, {Label: ui.T(ctx, "wizard.result.answers.answer")}}}
	for _, q := range onboarding.Questions() {
		if q.Settled(c.File) || !q.Asked(c.File) && !q.Known(c.File) {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(ui.T(ctx, "wizard.q."+q.ID), clientURL(r, "scope?question="+escape(q.ID)), ui.Cite(ctx, q.Citation)), ui.Words(answerText(ctx, c.File, q))}})
	}
	return t
}

// answerText is the answer to a question in words.
func answerText(ctx context.Context, f *organisation.File, q onboarding.Question) string {
	if !q.Known(f) {
		return ui.T(ctx, "report.truth.unknown")
	}
	in := onboarding.Current(f, q)
	answer := in.Get("answer")
	switch q.Kind {
	case onboarding.Types:
		return typeNames(ctx, f.Activity.EntityTypes)
	case onboarding.Places:
		return placeNames(ctx, f.Establishment.EstablishedIn)
	case onboarding.Figure:
		var out []string
		for _, y := range f.Figures {
			v := map[string]*float64{onboarding.AskEmployees: y.Employees, onboarding.AskTurnover: y.Turnover, onboarding.AskBalance: y.BalanceSheet}[q.ID]
			if v != nil {
				out = append(out, ui.Label(ctx, strconv.Itoa(y.Year))+figureText(ctx, *v))
			}
		}
		return strings.Join(out, " · ")
	case onboarding.Group:
		if n := len(f.Group.Linked) + len(f.Group.Partners); n > 0 {
			return ui.T(ctx, "wizard.answer.enterprises", "count", n)
		}
		return ui.T(ctx, "wizard.answer.independent")
	case onboarding.Security:
		return ui.T(ctx, "wizard.security."+answer)
	case onboarding.Decision:
		return ui.T(ctx, "wizard.decision."+answer)
	case onboarding.Country:
		return placeNames(ctx, []string{answer})
	}
	return ui.T(ctx, "report.truth."+q.Truth(f).String())
}

func figureText(ctx context.Context, v float64) string {
	decimals := 0
	if v != float64(int64(v)) {
		decimals = 2
	}
	return ui.Number(ctx, v, decimals)
}

func typeNames(ctx context.Context, ids []string) string {
	if len(ids) == 0 {
		return ui.T(ctx, "wizard.types.none")
	}
	var out []string
	for _, id := range ids {
		if t, ok := annex.Lookup(id); ok {
			id = ui.Say(ctx, t.Title())
		}
		out = append(out, id)
	}
	return strings.Join(out, ", ")
}

// determinationTable lists the records of scope tests, newest first.
func determinationTable(ctx context.Context, c clients.Client) ui.TableProps {
	t := ui.TableProps{ID: "determinations", Caption: ui.T(ctx, "wizard.result.earlier"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "wizard.result.earlier.on"), Narrow: true}, {Label: ui.T(ctx, "wizard.result.earlier.class")},
		{Label: ui.T(ctx, "wizard.result.earlier.by")}, {Label: ui.T(ctx, "wizard.result.earlier.grounds")}, {Label: ui.T(ctx, "wizard.result.earlier.state")}}}
	for i, d := range c.Determinations {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Day(d.On), ui.Words(className(ctx, d.Class)), ui.Words(d.By),
			ui.Words(keptGrounds(ctx, d)), stateOfDetermination(ctx, c, i)}})
	}
	return t
}

// keptGrounds are the citations that a record rests on.
func keptGrounds(ctx context.Context, d assessment.Determination) string {
	var kept struct{ Scope scope.Determination }
	if json.Unmarshal(d.Result, &kept) != nil {
		return ""
	}
	var out []string
	for _, g := range kept.Scope.Grounds {
		if cite := ui.Cite(ctx, g.Citation); !slices.Contains(out, cite) {
			out = append(out, cite)
		}
	}
	return strings.Join(out, "; ")
}

// stateOfDetermination says whether a record stands, and what changed after it:
// against the facts of the next record, or those of today.
func stateOfDetermination(ctx context.Context, c clients.Client, i int) templ.Component {
	d := c.Determinations[i]
	text := ui.T(ctx, "wizard.result.earlier.replaced")
	switch {
	case !d.ReopenedAt.IsZero():
		text = ui.T(ctx, "wizard.result.earlier.reopened", "date", ui.DayOf(ctx, d.ReopenedAt))
	case i == 0:
		return ui.StatusBadge(ui.Status{Tone: ui.Good, Word: ui.T(ctx, "wizard.result.earlier.stands")})
	}
	after := c
	if i > 0 {
		next, err := organisation.Read("", c.Determinations[i-1].Facts)
		if err != nil {
			return ui.Words(text)
		}
		after.File = next
	}
	changed, err := after.ChangedSince(d)
	if err != nil {
		return ui.Words(text)
	}
	return changedCell(factChanges(ctx, after.File, changed), text)
}

var position = regexp.MustCompile(`\[([0-9]+)\]`)

// factChanges are changed facts with their names and values in words.
func factChanges(ctx context.Context, f *organisation.File, changed []organisation.Difference) []ui.Change {
	var out []ui.Change
	for _, d := range changed {
		out = append(out, ui.Change{Field: factLabel(ctx, f, d.Field), Before: factValue(ctx, d.Field, d.Before), After: factValue(ctx, d.Field, d.After)})
	}
	return out
}

// factLabel is the name of a field of the organisation file, for example "Staff in
// annual work units 2025" for "figures[1].employees".
func factLabel(ctx context.Context, f *organisation.File, field string) string {
	name := organisation.FieldName(field)
	text := name
	if p := ui.From(ctx).Printer; p != nil && p.Has("report.field."+name) {
		text = ui.T(ctx, "report.field."+name)
	}
	if i := position.FindStringSubmatch(field); i != nil && strings.HasPrefix(field, "figures[") {
		if at, err := strconv.Atoi(i[1]); err == nil && at < len(f.Figures) {
			return ui.T(ctx, "wizard.field.year", "field", text, "year", strconv.Itoa(f.Figures[at].Year))
		}
	}
	return text
}

// factValue is a value of the organisation file in words.
func factValue(ctx context.Context, field, text string) string {
	var v any
	if text == "" || json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	switch v := v.(type) {
	case nil:
		return ui.T(ctx, "report.truth.unknown")
	case bool:
		return ui.T(ctx, "report.truth."+strconv.FormatBool(v))
	case float64:
		if strings.HasSuffix(field, ".year") {
			return strconv.Itoa(int(v))
		}
		return figureText(ctx, v)
	case []any:
		var words []string
		for _, w := range v {
			if s, ok := w.(string); ok {
				words = append(words, s)
			}
		}
		if strings.HasSuffix(field, "entity_types") {
			return typeNames(ctx, words)
		}
		return placeNames(ctx, words)
	}
	return strings.Trim(text, `"`)
}
