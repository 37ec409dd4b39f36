package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/duties"
	"github.com/nisaba-platform/nisaba/law/fines"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// said has the messages that were emitted: key → names of the arguments that
// came with it every time.
type said map[string][]string

func (s said) add(messages ...law.Message) {
	for _, m := range messages {
		if m.Key == "" {
			continue
		}
		var names []string
		for _, a := range m.Args {
			names = append(names, a.Name)
			if nested, ok := a.Value.(law.Message); ok {
				s.add(nested)
			}
		}
		if before, ok := s[m.Key]; ok {
			names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(before, n) })
		}
		s[m.Key] = names
	}
}

// situations are organisations that between them meet every rule: each entity
// type in several sizes, with each fact and each status by itself.
func situations() []scope.Facts {
	base := scope.Facts{EntityTypesKnown: true, EstablishedIn: []string{"DE"},
		CERCritical: law.False, DORAExempt: law.False, NIS1OES: law.False, NIS1OESBefore16January2023: law.True}
	changes := []func(*scope.Facts){
		func(*scope.Facts) {},
		func(f *scope.Facts) { f.CERCritical = law.True },
		func(f *scope.Facts) { f.DORAExempt = law.True },
		func(f *scope.Facts) { f.CERCritical = law.Unknown },
		func(f *scope.Facts) { f.NIS1OES = law.True },
		func(f *scope.Facts) { f.IdentifiedAs = law.Essential },
		func(f *scope.Facts) { f.IdentifiedAs = law.Important },
		func(f *scope.Facts) { f.Security = scope.SecurityPredominant },
		func(f *scope.Facts) { f.Security = scope.SecurityMarginal },
		func(f *scope.Facts) { f.EstablishedIn, f.Serves = []string{"US"}, []string{"US"} },
		func(f *scope.Facts) { f.EstablishedIn, f.Serves = []string{"US"}, []string{"FR"} },
		func(f *scope.Facts) { f.EstablishedIn = nil },
		func(f *scope.Facts) { f.PublicOwnership = scope.Num(60) },
		func(f *scope.Facts) { f.EntityTypes = append(f.EntityTypes, "digital-infra.cloud") },
		func(f *scope.Facts) {
			f.EntityTypes, f.Security = append(f.EntityTypes, "digital-infra.trust.qualified"), scope.SecurityPredominant
		},
		func(f *scope.Facts) { f.EntityTypes = []string{"invented"} },
		func(f *scope.Facts) { f.EntityTypes, f.NIS1OES = nil, law.True },
		func(f *scope.Facts) { f.Partners = []scope.Partner{{Share: scope.Num(60), Investor: law.False}} },
		func(f *scope.Facts) {
			f.Linked = []scope.Linked{{}}
			f.Definition = map[string]law.Truth{scope.IndependentSystems: law.True}
		},
		func(f *scope.Facts) {
			f.Figures = append([]scope.Figures{{Year: 2019, Employees: scope.Num(3), Turnover: scope.Num(0), BalanceSheet: scope.Num(0)}}, f.Figures...)
		},
	}
	for _, name := range scope.FactNames() {
		for _, v := range []law.Truth{law.True, law.False} {
			changes = append(changes, func(f *scope.Facts) { f.Definition = map[string]law.Truth{name: v} })
		}
	}
	sizes := []scope.Figures{
		{Year: 2025, Employees: scope.Num(3), Turnover: scope.Num(1e6), BalanceSheet: scope.Num(1e6)},
		{Year: 2025, Employees: scope.Num(60), Turnover: scope.Num(1e6), BalanceSheet: scope.Num(1e6)},
		{Year: 2025, Employees: scope.Num(3), Turnover: scope.Num(60e6), BalanceSheet: scope.Num(1e6)},
		{Year: 2025, Employees: scope.Num(3), Turnover: scope.Num(1e6), BalanceSheet: scope.Num(60e6)},
		{Year: 2025, Employees: scope.Num(900), Turnover: scope.Num(90e6), BalanceSheet: scope.Num(90e6)},
		{Year: 2025},
	}
	var out []scope.Facts
	for i, typ := range annex.All() {
		tried := changes
		if i > 0 && (typ.Sector == "energy" || typ.Sector == "manufacturing") {
			tried = changes[:1] // judged by size alone, like the first
		}
		for _, size := range sizes {
			for _, change := range tried {
				f := base
				f.EntityTypes, f.Figures = []string{typ.ID}, []scope.Figures{size}
				change(&f)
				out = append(out, f)
			}
		}
	}
	return out
}

// everything that the packages can say about an organisation.
func (s said) organisation(f scope.Facts, opt scope.Options) {
	d := scope.Classify(f, opt)
	for _, g := range append(d.Grounds, d.Exclusions...) {
		s.add(g.Text)
	}
	s.add(d.Reviews...)
	if d.Nearest != nil {
		s.add(d.Nearest.Text, d.Nearest.Ground.Text)
	}
	owed := duties.Of(d, f, duties.Options{National: opt.National})
	for _, b := range owed.Binding {
		s.add(b.Title, b.Text)
	}
	s.registrations(owed.Registrations)
	s.registrations(duties.Of(d, f, duties.Options{FirstDue: law.MustDate("2026-03-06")}).Registrations)
	s.add(owed.Supervision.Text)
	for _, p := range owed.Supervision.Powers {
		s.add(p.Text)
	}
	for _, date := range owed.Dates {
		s.add(date.Text)
	}
	for _, turnover := range []scope.Number{{}, scope.Num(1e6), scope.Num(9e9)} {
		a := fines.Ceiling(d, turnover)
		s.add(append(a.Notes, a.Text, a.Formula)...)
	}
}

func (s said) registrations(list []duties.Registration) {
	for _, r := range list {
		s.add(append(append(r.Data, r.Shared...), r.Title, r.DueText, r.ChangeWithin, r.SharedWithin)...)
	}
}

// emitted runs everything.
func emitted() said {
	s := said{}
	for _, typ := range annex.All() {
		s.add(typ.Title(), typ.SectorTitle(), typ.SubsectorTitle())
	}
	national := func(v law.Truth) scope.Options {
		return scope.Options{National: func(string, string) scope.NationalOption { return scope.NationalOption{Value: v} }}
	}
	for _, f := range situations() {
		s.organisation(f, national(law.True))
		if len(f.EntityTypes) == 0 || slices.Contains([]string{"public-admin.local", "education", "research.organisation"}, f.EntityTypes[0]) {
			s.organisation(f, national(law.False))
		}
	}
	s.organisation(situations()[0], scope.Options{WhatIf: true})
	return s
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// messageFile is one file: key → text by plural form, "other" for plain ones.
func messageFile(t *testing.T, language, area string) map[string]map[string]string {
	t.Helper()
	b, err := os.ReadFile("../../content/messages/" + language + "/" + area + ".json")
	if err != nil {
		t.Fatal(err)
	}
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatalf("%s/%s: %v", language, area, err)
	}
	out := map[string]map[string]string{}
	for key, value := range raw {
		forms := map[string]string{}
		var plain string
		if json.Unmarshal(value, &plain) == nil {
			forms["other"] = plain
		} else if err := json.Unmarshal(value, &forms); err != nil {
			t.Fatalf("%s/%s: %s: %v", language, area, key, err)
		}
		out[key] = forms
	}
	return out
}

// TestEveryMessageHasItsTexts: what the legal packages can say has a text in
// each language, with placeholders that the arguments fill and that are the same
// in all languages; and there is no text that nothing says.
func TestEveryMessageHasItsTexts(t *testing.T) {
	t.Parallel()
	all := emitted()
	english := map[string]map[string]string{}
	for _, language := range []string{"en", "de", "fr"} {
		texts := map[string]map[string]string{}
		for _, area := range []string{"annex", "scope", "duties", "fines"} {
			for key, forms := range messageFile(t, language, area) {
				if !strings.HasPrefix(key, area+".") {
					t.Errorf("%s/%s.json: %s belongs elsewhere", language, area, key)
				}
				texts[key] = forms
			}
		}
		if language == "en" {
			english = texts
		}
		for _, key := range slices.Sorted(maps.Keys(all)) {
			checkTexts(t, language+": "+key, texts[key], english[key], all[key])
		}
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			if _, ok := all[key]; !ok {
				t.Errorf("%s: %s is never said", language, key)
			}
		}
	}
}

func checkTexts(t *testing.T, what string, forms, english map[string]string, args []string) {
	t.Helper()
	if forms["other"] == "" {
		t.Errorf("%s: no text", what)
	}
	if plural := len(english) > 1; plural != (len(forms) > 1) || plural && !slices.Contains(args, "count") {
		t.Errorf("%s: plural forms %v, arguments %v", what, forms, args)
	}
	for form, text := range forms {
		got := placeholders(text)
		for _, name := range got {
			if !slices.Contains(args, name) {
				t.Errorf("%s: {{.%s}} is not among the arguments %v", what, name, args)
			}
		}
		if want := placeholders(english[form]); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: placeholders %v, in English %v", what, got, want)
		}
	}
}

func placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
