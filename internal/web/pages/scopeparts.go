package pages

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// bound is one class with what the answers say of it.
type bound struct {
	class       law.Class
	state, word string // class of the element, and end of the message key
}

func bounds(p onboarding.Progress) []bound {
	var out []bound
	for _, c := range []law.Class{law.Essential, law.Important, law.RegistrationOnly, law.Out} {
		b := bound{c, "off", "ruled_out"}
		if slices.Contains(p.Possible, c) {
			b.state, b.word = "", "possible"
			if len(p.Possible) == 1 {
				b.state, b.word = "decided", "decided"
			}
		}
		out = append(out, b)
	}
	return out
}

// scopeSteps are the parts of the wizard with the one that is open.
func scopeSteps(ctx context.Context, r *http.Request, v scopeView) []ui.Step {
	return append(stepsUpTo(ctx, v.question.Step, v.progress), ui.Step{Text: ui.T(ctx, "wizard.step.result"), State: ui.StepAhead, URL: clientURL(r, "scope/result")})
}

func resultSteps(ctx context.Context, r *http.Request, v resultView) []ui.Step {
	next, _ := onboarding.Find(v.progress.Next)
	steps := stepsUpTo(ctx, next.Step, v.progress)
	for i := range steps {
		if steps[i].State == ui.StepCurrent {
			steps[i].State, steps[i].URL = ui.StepAhead, clientURL(r, "scope")
		}
	}
	return append(steps, ui.Step{Text: ui.T(ctx, "wizard.step.result"), State: ui.StepCurrent})
}

// stepsUpTo marks the parts before the one that the wizard is at as done.
func stepsUpTo(ctx context.Context, at onboarding.Step, p onboarding.Progress) []ui.Step {
	next, _ := onboarding.Find(p.Next)
	all := onboarding.Steps()
	reached := len(all)
	if !p.Done() {
		reached = slices.Index(all, next.Step)
	}
	var out []ui.Step
	for i, s := range all {
		step := ui.Step{Text: ui.T(ctx, "wizard.step."+string(s)), State: ui.StepAhead}
		switch {
		case s == at:
			step.State = ui.StepCurrent
		case i < reached:
			step.State = ui.StepDone
		}
		out = append(out, step)
	}
	return out
}

// scopeFields are the fields that the summary of mistakes names.
func scopeFields(ctx context.Context, v scopeView) []ui.Field {
	switch v.question.Kind {
	case onboarding.Types:
		return []ui.Field{typesField(ctx, v)}
	case onboarding.Places:
		var fields []ui.Field
		for _, name := range []string{"established", "serves"} {
			places, other := placesField(ctx, v, name), otherPlacesField(ctx, v, name)
			other.Label = places.Label + ", " + other.Label
			fields = append(fields, places, other)
		}
		return fields
	case onboarding.Figure:
		return figureFields(ctx, v)
	case onboarding.Group:
		fields := []ui.Field{{Name: "member", Label: ui.T(ctx, "wizard.group.member")}}
		for i := range v.rows {
			for _, name := range []string{"name", "relation", "share", "employees", "turnover", "balance"} {
				f := rowField(ctx, v, i, name, "")
				f.Label = ui.T(ctx, "wizard.group.enterprise", "number", i+1) + ", " + f.Label
				fields = append(fields, f)
			}
		}
		return fields
	}
	return []ui.Field{{Name: "answer", Label: ui.T(ctx, "wizard.q."+v.question.ID)}}
}

func typesField(ctx context.Context, v scopeView) ui.Field {
	return ui.Field{Name: "type", Label: ui.T(ctx, "wizard.types.label"), Error: v.errors["type"]}
}

// typeGroups are the entity types by sector. The general kind of trust service
// provider is offered only where it was chosen: its two refinements decide more.
func typeGroups(ctx context.Context, v scopeView) []ui.OptionGroup {
	var out []ui.OptionGroup
	at := map[string]int{}
	for _, t := range annex.All() {
		chosen := slices.Contains(v.in.Values["type"], t.ID)
		if (t.ID == "digital-infra.trust" || t.ID == "cer.critical-entity") && !chosen {
			continue
		}
		key := string(t.Annex) + t.Sector
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			note := ui.Cite(ctx, strings.TrimPrefix(t.Citation, "Directive (EU) 2022/2555 "))
			if t.Listed() {
				note = ui.T(ctx, "registration.annex", "annex", string(t.Annex))
			}
			out = append(out, ui.OptionGroup{Title: ui.Say(ctx, t.SectorTitle()), Note: note})
		}
		hint := ui.Cite(ctx, t.Citation)
		if t.Subsector != "" {
			hint = ui.Say(ctx, t.SubsectorTitle()) + " · " + hint
		}
		out[i].Options = append(out[i].Options, ui.Option{Value: t.ID, Label: ui.Say(ctx, t.Title()), Hint: hint, Words: v.words[t.ID], Selected: chosen})
	}
	return out
}

// typesWanted is the name of the field in which people look for an entity type.
const typesWanted = "words"

// typeWords are further words that people use for each entity type, in all languages:
// who does not know the word of the law finds it by their own.
func (s *Site) typeWords() map[string]string {
	out := map[string]string{}
	for _, language := range s.messages.Languages() {
		p := s.messages.Printer(language)
		for _, t := range annex.All() {
			if key := "annex.words." + t.ID; p.Has(key) {
				out[t.ID] = strings.TrimPrefix(out[t.ID]+", "+p.T(key), ", ")
			}
		}
	}
	return out
}

// matches reports whether the text has all the words, as filter.js does: short ones, such
// as MSP, only where a word begins, so that "Umspannwerk" is none of them.
func matches(text, words string) bool {
	begins := " " + strings.Join(strings.FieldsFunc(catalog.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
	for _, w := range strings.Fields(catalog.Fold(words)) {
		if len([]rune(w)) <= 3 && !strings.Contains(begins, " "+w) || !has(text, w) {
			return false
		}
	}
	return true
}

// wantedTypes are the groups with the types that match what is looked for, or that are
// chosen; all of them, and false, when none matches.
func wantedTypes(groups []ui.OptionGroup, find string) ([]ui.OptionGroup, bool) {
	if find == "" {
		return groups, true
	}
	var out []ui.OptionGroup
	hits := 0
	for _, g := range groups {
		kept := ui.OptionGroup{Title: g.Title, Note: g.Note, Open: true}
		for _, o := range g.Options {
			hit := matches(strings.Join([]string{g.Title, g.Note, o.Label, o.Hint, o.Words}, " "), find)
			if hit {
				hits++
			}
			if hit || o.Selected {
				kept.Options = append(kept.Options, o)
			}
		}
		if len(kept.Options) > 0 {
			out = append(out, kept)
		}
	}
	if hits == 0 {
		return groups, false
	}
	return out, true
}

func placesField(ctx context.Context, v scopeView, name string) ui.Field {
	return ui.Field{Name: name, Label: ui.T(ctx, "wizard.places."+name), Error: v.errors[name]}
}

func otherPlacesField(ctx context.Context, v scopeView, name string) ui.Field {
	other := name + "_other"
	return ui.Field{Name: other, Label: ui.T(ctx, "wizard.places.other"), Hint: ui.T(ctx, "wizard.places.other.hint"), MaxLength: 200,
		Value: v.in.Get(other), Error: v.errors[other], Autocomplete: "off"}
}

// memberOptions are the Member States by name.
func memberOptions(ctx context.Context, chosen []string) []ui.Option {
	var out []ui.Option
	for _, code := range country.Codes() {
		out = append(out, ui.Option{Value: code, Label: ui.Say(ctx, country.Name(code)), Selected: slices.Contains(chosen, code)})
	}
	slices.SortStableFunc(out, func(a, b ui.Option) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

func countryOptions(ctx context.Context, v scopeView) []ui.Option {
	return append([]ui.Option{{Value: "", Label: ui.T(ctx, "wizard.country.choose")}}, memberOptions(ctx, v.in.Values["answer"])...)
}

// figureFields is one field for each accounting year.
func figureFields(ctx context.Context, v scopeView) []ui.Field {
	var out []ui.Field
	for i, year := range onboarding.Years(v.client.File, v.question.ID, v.year) {
		name := onboarding.YearField(year)
		f := ui.Field{Name: name, Label: ui.T(ctx, "wizard.figure.year", "year", strconv.Itoa(year)), Value: v.in.Get(name), Error: v.errors[name],
			InputMode: "decimal", Autocomplete: "off", MaxLength: 30}
		switch {
		case i > 0:
			f.Hint = ui.T(ctx, "wizard.figure.year.optional")
		case v.question.ID == onboarding.AskEmployees:
			f.Hint = ui.T(ctx, "wizard.figure.employees.hint")
		default:
			f.Hint = ui.T(ctx, "wizard.figure.hint")
		}
		out = append(out, f)
	}
	return out
}

func memberChoices(ctx context.Context, v scopeView) []ui.Option {
	return []ui.Option{
		{Value: onboarding.No, Label: ui.T(ctx, "wizard.group.no"), Hint: ui.T(ctx, "wizard.group.no.hint"), Selected: v.in.Get("member") == onboarding.No},
		{Value: onboarding.Yes, Label: ui.T(ctx, "wizard.group.yes"), Hint: ui.T(ctx, "wizard.group.yes.hint"), Selected: v.in.Get("member") == onboarding.Yes},
	}
}

func rowField(ctx context.Context, v scopeView, i int, name, value string) ui.Field {
	full := name + "_" + strconv.Itoa(i)
	f := ui.Field{Name: full, Label: ui.T(ctx, "wizard.group."+name), Value: value, Error: v.errors[full], Autocomplete: "off", MaxLength: 200}
	switch name {
	case "share":
		f.Placeholder, f.InputMode = "%", "decimal"
	case "employees", "turnover", "balance":
		f.InputMode = "decimal"
	}
	return f
}

func relationOptions(ctx context.Context) []ui.Option {
	return []ui.Option{{Value: onboarding.LinkedTo, Label: ui.T(ctx, "wizard.group.linked")}, {Value: onboarding.PartnerWith, Label: ui.T(ctx, "wizard.group.partner")}}
}

func investorOptions(ctx context.Context, chosen string) []ui.Option {
	return ui.Choices([]string{chosen}, onboarding.No, ui.T(ctx, "wizard.no"), onboarding.Yes, ui.T(ctx, "wizard.yes"), "", ui.T(ctx, "wizard.group.investor.unknown"))
}

// answerOptions are the answers to a question with a few.
func answerOptions(ctx context.Context, v scopeView) []ui.Option {
	chosen := v.in.Values["answer"]
	switch v.question.Kind {
	case onboarding.Security:
		return ui.Choices(chosen, scope.SecurityNone, ui.T(ctx, "wizard.security.none"), scope.SecurityMarginal, ui.T(ctx, "wizard.security.marginal"),
			scope.SecurityPredominant, ui.T(ctx, "wizard.security.predominant"))
	case onboarding.Decision:
		return ui.Choices(chosen, "none", ui.T(ctx, "wizard.decision.none"), string(law.Essential), ui.T(ctx, "wizard.decision.essential"),
			string(law.Important), ui.T(ctx, "wizard.decision.important"))
	}
	return ui.Choices(chosen, onboarding.Yes, ui.T(ctx, "wizard.yes"), onboarding.No, ui.T(ctx, "wizard.no"))
}

func claimOptions(ctx context.Context, v scopeView) []ui.Option {
	var out []ui.Option
	for _, name := range onboarding.Claims() {
		out = append(out, ui.Option{Value: name, Label: ui.T(ctx, "wizard.decision."+name), Selected: slices.Contains(v.in.Values["claim"], name)})
	}
	return out
}

func className(ctx context.Context, c law.Class) string {
	return ui.T(ctx, "report.class."+string(c)+".name")
}

func classNames(ctx context.Context, list []law.Class) string {
	var out []string
	for _, c := range list {
		out = append(out, className(ctx, c))
	}
	return strings.Join(out, ", ")
}

func placeNames(ctx context.Context, codes []string) string {
	var out []string
	for _, code := range codes {
		out = append(out, ui.Say(ctx, country.Name(code)))
	}
	return strings.Join(out, ", ")
}
