package onboarding

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Input is an answer as a form sends it. The names of the values are:
//
//	types     "type" (ids), or "none" = "yes"
//	places    "established", "serves" (codes), "established_other", "serves_other" (codes in one text)
//	figure    "y2025" and so on, one per accounting year
//	group     "member" = "yes" or "no"; per row i "relation_i", "name_i", "share_i", "employees_i",
//	          "turnover_i", "balance_i", "investor_i" and "from_i", the enterprise that the row was made from
//	yes-no    "answer" = "yes" or "no"
//	security  "answer" = "none", "marginal" or "predominant"
//	decision  "answer" = "none", "important" or "essential"; "claim" (names of facts)
//	country   "answer" (code)
type Input struct {
	Values  map[string][]string
	Unknown bool // "not known"; the values are not looked at
}

// Get is the first value of a name without space around it.
func (in Input) Get(name string) string {
	if v := in.Values[name]; len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

// Wrong says what is wrong with an answer, by name of the value.
type Wrong map[string]law.Message

// None are the answer words for questions that have them.
const (
	Yes  = "yes"
	No   = "no"
	none = "none"
)

// Apply gives a copy of the facts with the answer in them, and marks the question
// as asked. The facts are not changed when anything is wrong.
func Apply(f *organisation.File, q Question, in Input) (*organisation.File, Wrong) {
	c := f.Clone()
	wrong := Wrong{}
	switch q.Kind {
	case Types:
		applyTypes(c, in, wrong)
	case Places:
		applyPlaces(c, in, wrong)
	case Figure:
		applyFigures(c, q.ID, in, wrong)
	case Group:
		applyGroup(c, in, wrong)
	case YesNo:
		applyTruth(c, q, in, wrong)
	case Security:
		applySecurity(c, in, wrong)
	case Decision:
		applyDecision(c, in, wrong)
	case Country:
		applyCountry(c, q, in, wrong)
	}
	if len(wrong) > 0 {
		return f, wrong
	}
	if !slices.Contains(c.Asked, q.ID) {
		c.Asked = append(c.Asked, q.ID)
	}
	return c, nil
}

func problem(key string, args ...any) law.Message { return law.Say("wizard.wrong."+key, args...) }

func applyTypes(f *organisation.File, in Input, wrong Wrong) {
	before := f.Activity.EntityTypes
	switch chosen := in.Values["type"]; {
	case in.Unknown:
		f.Activity.EntityTypes = nil
	case len(chosen) == 0 && in.Get(none) == "":
		wrong["type"] = problem("types.none")
	case len(chosen) > 0 && in.Get(none) != "":
		wrong["type"] = problem("types.both")
	default:
		f.Activity.EntityTypes = []string{}
		for _, id := range chosen {
			t, ok := annex.Find(id)
			if !ok {
				wrong["type"] = problem("types.unknown", "type", id)
				return
			}
			if !slices.Contains(f.Activity.EntityTypes, t.ID) {
				f.Activity.EntityTypes = append(f.Activity.EntityTypes, t.ID)
			}
		}
	}
	settleExemption(f, before)
}

// settleExemption keeps the exemption of financial entities in step with the
// entity types: those who are none have none, and those who become one are asked.
func settleExemption(f *organisation.File, before []string) {
	exempt, known := exemption(f)
	q, _ := Find(AskDORA)
	switch {
	case known:
		f.Status.DORAExempt = exempt
		f.Asked = slices.DeleteFunc(f.Asked, func(id string) bool { return id == AskDORA })
	case !slices.ContainsFunc(before, financial) && !q.Asked(f) && f.Status.DORAExempt != law.True:
		f.Status.DORAExempt = law.Unknown
	}
}

func applyPlaces(f *organisation.File, in Input, wrong Wrong) {
	e := &f.Establishment
	if in.Unknown {
		e.EstablishedIn, e.Serves = nil, nil
		return
	}
	e.EstablishedIn = countries(in, "established", wrong)
	e.Serves = countries(in, "serves", wrong)
	if len(wrong) == 0 && len(e.EstablishedIn) == 0 {
		wrong["established"] = problem("places.none")
	}
}

// countries are the codes that were chosen and those that were typed.
func countries(in Input, name string, wrong Wrong) []string {
	var out []string
	add := func(field string, codes []string) {
		for _, code := range codes {
			canonical, ok := scope.Country(strings.ToUpper(code))
			if !ok {
				wrong[field] = problem("country", "code", code)
				return
			}
			if !slices.Contains(out, canonical) {
				out = append(out, canonical)
			}
		}
	}
	add(name, in.Values[name])
	add(name+"_other", strings.FieldsFunc(in.Get(name+"_other"), func(r rune) bool { return r == ',' || r == ';' || r == ' ' }))
	return out
}

// YearField is the name of the value of an accounting year.
func YearField(year int) string { return "y" + strconv.Itoa(year) }

// Years are the accounting years that a figure is asked for, newest first: those
// on record, and for the first figure also the two that ended last before today.
func Years(f *organisation.File, id string, today int) []int {
	years := []int{today - 1, today - 2}
	if id != AskEmployees && len(f.Figures) > 0 {
		years = nil
	}
	for _, y := range f.Figures {
		if !slices.Contains(years, y.Year) {
			years = append(years, y.Year)
		}
	}
	slices.Sort(years)
	slices.Reverse(years)
	return years
}

func applyFigures(f *organisation.File, id string, in Input, wrong Wrong) {
	values := map[int]*float64{}
	for name := range in.Values {
		year, err := strconv.Atoi(strings.TrimPrefix(name, "y"))
		if err != nil || !strings.HasPrefix(name, "y") || year < 1990 || year > 2200 || in.Unknown {
			continue
		}
		if v, ok := amount(in, name, wrong); ok {
			values[year] = v
		}
	}
	if len(wrong) > 0 {
		return
	}
	known := false
	for _, v := range values {
		known = known || v != nil
	}
	if !known && !in.Unknown {
		wrong[newest(in.Values)] = problem("figure.none")
		return
	}
	for i := range f.Figures {
		y := &f.Figures[i]
		*figureOf(y, id) = values[y.Year]
		delete(values, y.Year)
	}
	for _, year := range slices.Sorted(maps.Keys(values)) {
		if values[year] == nil {
			continue
		}
		y := organisation.Figures{Year: year}
		*figureOf(&y, id) = values[year]
		f.Figures = append(f.Figures, y)
	}
	f.Figures = slices.DeleteFunc(f.Figures, func(y organisation.Figures) bool {
		return y.Employees == nil && y.Turnover == nil && y.BalanceSheet == nil
	})
}

// newest is the name of the latest year among the values.
func newest(values map[string][]string) string {
	out := "y"
	for name := range values {
		if strings.HasPrefix(name, "y") && name > out {
			out = name
		}
	}
	return out
}

func applyTruth(f *organisation.File, q Question, in Input, wrong Wrong) {
	v := law.Unknown
	switch answer := in.Get("answer"); {
	case in.Unknown:
	case answer == Yes:
		v = law.True
	case answer == No:
		v = law.False
	default:
		wrong["answer"] = problem("choose")
		return
	}
	switch at := q.option(f); {
	case q.truth != nil:
		*q.truth(f) = v
	case at != nil && v == law.Unknown:
		*at = nil
	case at != nil:
		is := v == law.True
		*at = &is
	default:
		setFact(f, q.factName(), organisation.Setting{Truth: v})
	}
}

func setFact(f *organisation.File, name string, s organisation.Setting) {
	if f.Activity.Facts == nil {
		f.Activity.Facts = map[string]organisation.Setting{}
	}
	f.Activity.Facts[name] = s
}

func applySecurity(f *organisation.File, in Input, wrong Wrong) {
	answer := in.Get("answer")
	if in.Unknown {
		answer = scope.SecurityUnknown
	} else if !slices.Contains([]string{scope.SecurityNone, scope.SecurityMarginal, scope.SecurityPredominant}, answer) {
		wrong["answer"] = problem("choose")
		return
	}
	setFact(f, "security_activity", organisation.Setting{Word: answer})
}

// Claims are the facts that may lead a Member State to a decision under
// Art. 2(2)(b) and (c). They change no class and are shown for review.
func Claims() []string { return []string{scope.SoleProviderClaimed, scope.PublicSafetyClaimed} }

func applyDecision(f *organisation.File, in Input, wrong Wrong) {
	switch answer := in.Get("answer"); {
	case in.Unknown || answer == none:
		f.Status.IdentifiedAs = ""
	case answer == string(law.Essential) || answer == string(law.Important):
		f.Status.IdentifiedAs = answer
	default:
		wrong["answer"] = problem("choose")
		return
	}
	for _, name := range Claims() {
		_, stated := f.Activity.Facts[name]
		if claimed := slices.Contains(in.Values["claim"], name); claimed || stated {
			setFact(f, name, organisation.Setting{Truth: law.TruthOf(claimed)})
		}
	}
}

func applyCountry(f *organisation.File, q Question, in Input, wrong Wrong) {
	at := q.country(f)
	if in.Unknown {
		*at = ""
		return
	}
	code, ok := scope.Country(strings.ToUpper(in.Get("answer")))
	if !ok {
		wrong["answer"] = problem("choose")
		return
	}
	*at = code
}

// Anew leaves of the facts what enterprises of one kind share - activities, places,
// national law - so that another enterprise can begin with them. Size, group and
// decisions of a Member State are of one enterprise alone and are asked again.
func Anew(f *organisation.File) {
	f.Figures, f.Group, f.Status = nil, organisation.Group{}, organisation.Status{}
	for _, name := range append(Claims(), scope.IndependentSystems) {
		delete(f.Activity.Facts, name)
	}
	f.Asked = slices.DeleteFunc(f.Asked, func(id string) bool {
		q, _ := Find(id)
		return q.Step == Size || q.Step == Status
	})
	settleExemption(f, nil)
}
