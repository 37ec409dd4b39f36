package scope

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// unionStates are the 27 Member States, sorted.
const unionStates = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"

// otherStates are the remaining codes of ISO 3166-1 alpha-2, sorted.
const otherStates = "AD AE AF AG AI AL AM AO AQ AR AS AU AW AX AZ BA BB BD BF BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX DJ DM DO DZ EC EG EH ER ET FJ FK FM FO GA GB GD GE GF GG GH GI GL " +
	"GM GN GP GQ GS GT GU GW GY HK HM HN HT ID IL IM IN IO IQ IR IS JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC " +
	"LI LK LR LS LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MU MV MW MX MY MZ NA NC NE NF NG NI NO NP NR NU NZ OM " +
	"PA PE PF PG PH PK PM PN PR PS PW PY QA RE RS RU RW SA SB SC SD SG SH SJ SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG " +
	"TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// inList reports whether a list of two-letter codes has the code.
func inList(list, code string) bool {
	if len(code) != 2 {
		return false
	}
	for i := 0; i+2 <= len(list); i += 3 {
		if list[i:i+2] == code {
			return true
		}
	}
	return false
}

// Country is the canonical code of a country, ISO 3166-1 alpha-2 with GR for
// EL; ok is false for a code that does not exist.
func Country(code string) (canonical string, ok bool) {
	if code == "EL" {
		return "GR", true
	}
	return code, inList(unionStates, code) || inList(otherStates, code)
}

// InUnion reports whether the code is one of the 27 Member States.
func InUnion(code string) bool { return code == "EL" || inList(unionStates, code) }

// union keeps the Member States of a list, canonical, sorted, without repeats.
func union(codes []string) []string {
	var out []string
	for _, c := range codes {
		if InUnion(c) {
			canonical, _ := Country(c)
			out = append(out, canonical)
		}
	}
	if len(out) > 1 {
		slices.Sort(out)
		out = slices.Compact(out)
	}
	return out
}

// one is a list with the State when it is in the Union, else nil.
func one(code string) []string {
	if !InUnion(code) {
		return nil
	}
	code, _ = Country(code)
	return []string{code}
}

func anyInUnion(codes []string) bool { return slices.ContainsFunc(codes, InUnion) }

// outsideUnion reports whether the organisation neither is established in a
// Member State nor provides services or acts there, Art. 2(1). Only when both
// lists are stated, for silence is not a statement, and nothing else places it
// in the Union.
func (f *Facts) outsideUnion() bool {
	if len(f.EstablishedIn) == 0 || len(f.Serves) == 0 || anyInUnion(f.EstablishedIn) || anyInUnion(f.Serves) {
		return false
	}
	return !InUnion(f.DecisionsIn) && !InUnion(f.OperationsIn) && !InUnion(f.MostStaffIn) &&
		!InUnion(f.EstablishedBy) && !InUnion(f.RepresentativeIn)
}

// homes are the Member States whose national options may apply. Where every
// activity falls under Art. 26(1)(b), that is the State of the main
// establishment once it is known.
func (m *model) homes() []string {
	f := m.facts
	if m.claimsPA && f.EntityTypesKnown && InUnion(f.EstablishedBy) {
		return one(f.EstablishedBy)
	}
	if m.onlyMainEstablishment() {
		if _, states := f.mainEstablishment(); len(states) == 1 {
			return states
		}
	}
	if states := union(f.EstablishedIn); len(states) > 0 {
		return states
	}
	if states := one(f.EstablishedBy); states != nil {
		return states
	}
	return one(f.RepresentativeIn)
}

// onlyMainEstablishment reports whether Art. 26(1)(b) governs every claimed type.
func (m *model) onlyMainEstablishment() bool {
	if m.claimed == (typeSet{}) {
		return false
	}
	for i := range m.claimed.all {
		if !annex.At(i).In(annex.Article26b) {
			return false
		}
	}
	return true
}

// option is the value of a national option and the rank of the class that it
// gives, important unless the national act says otherwise. With several States
// the value counts only when they agree.
func (m *model) option(opt *Options, name string) (law.Truth, uint8) {
	const important = 2
	stated, isStated := m.facts.National[name]
	if opt.National == nil {
		return stated, important
	}
	var value law.Truth
	rank := uint8(important)
	for i, state := range m.homes() {
		o := opt.National(state, name)
		if i > 0 && o.Value != value {
			value = law.Unknown
			break
		}
		value = o.Value
		if r := o.Class.Rank(); r > important {
			rank = uint8(r)
		}
	}
	if isStated {
		value = stated
	}
	return value, rank
}

// Option is the value of a national option for an organisation: the one stated
// with the facts, else that of the Member States concerned when they agree.
func Option(f Facts, opt Options, name string) law.Truth {
	var m model
	m.init(&f, &opt)
	value, _ := m.option(&opt, name)
	return value
}
