package onboarding

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Current is the answer that the facts hold, as a form would send it: applied
// again it changes nothing.
func Current(f *organisation.File, q Question) Input {
	in := Input{Values: map[string][]string{}}
	put := func(name, value string) {
		if value != "" {
			in.Values[name] = []string{value}
		}
	}
	switch q.Kind {
	case Types:
		in.Values["type"] = slices.Clone(f.Activity.EntityTypes)
		if f.Activity.EntityTypes != nil && len(f.Activity.EntityTypes) == 0 {
			put(none, Yes)
		}
	case Places:
		placesOf(in, "established", f.Establishment.EstablishedIn)
		placesOf(in, "serves", f.Establishment.Serves)
	case Figure:
		for i := range f.Figures {
			put(YearField(f.Figures[i].Year), FigureText(*figureOf(&f.Figures[i], q.ID)))
		}
	case Group:
		currentGroup(in, f, q)
	case YesNo:
		switch q.Truth(f) {
		case law.True:
			put("answer", Yes)
		case law.False:
			put("answer", No)
		}
	case Security:
		if word := f.Activity.Facts["security_activity"].Word; word != scope.SecurityUnknown {
			put("answer", word)
		}
	case Decision:
		put("answer", f.Status.IdentifiedAs)
		if f.Status.IdentifiedAs == "" && q.Asked(f) {
			put("answer", none)
		}
		for _, name := range Claims() {
			if f.Activity.Facts[name].Truth == law.True {
				in.Values["claim"] = append(in.Values["claim"], name)
			}
		}
	case Country:
		put("answer", q.Place(f))
	}
	return in
}

// placesOf splits countries into those of the Union, which are chosen, and others,
// which are typed.
func placesOf(in Input, name string, codes []string) {
	var others []string
	for _, code := range codes {
		if canonical, _ := scope.Country(code); scope.InUnion(code) {
			in.Values[name] = append(in.Values[name], canonical)
		} else {
			others = append(others, canonical)
		}
	}
	if len(others) > 0 {
		in.Values[name+"_other"] = []string{strings.Join(others, ", ")}
	}
}

func currentGroup(in Input, f *organisation.File, q Question) {
	rows := Enterprises(f)
	switch {
	case unknownGroup(f):
		return
	case len(rows) > 0:
		in.Values["member"] = []string{Yes}
	case q.Asked(f):
		in.Values["member"] = []string{No}
	}
	for i, e := range rows {
		n := "_" + strconv.Itoa(i)
		for name, value := range map[string]string{"from": e.From, "relation": e.Relation, "name": e.Name, "share": e.Share, "employees": e.Employees,
			"turnover": e.Turnover, "balance": e.BalanceText, "investor": e.Investor} {
			in.Values[name+n] = []string{value}
		}
	}
}

// unknownGroup reports whether the group is the one enterprise of which nothing is
// known, which stands for not knowing.
func unknownGroup(f *organisation.File) bool {
	return len(f.Group.Partners) == 0 && len(f.Group.Linked) == 1 && len(f.Group.Linked[0].Partners) == 0 &&
		Enterprises(f)[0].blank()
}

// Known reports whether the facts hold an answer to the question, other than that
// it is not known.
func (q Question) Known(f *organisation.File) bool {
	in := Current(f, q)
	for name, v := range in.Values {
		if name != "claim" && len(v) > 0 && v[0] != "" {
			return true
		}
	}
	return false
}

// Settled reports whether other answers settle the question, so that nobody is asked
// it: only financial entities can be exempted from Regulation (EU) 2022/2554.
func (q Question) Settled(f *organisation.File) bool {
	_, known := exemption(f)
	return q.ID == AskDORA && known
}
