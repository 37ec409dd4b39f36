// Package annex is the catalogue of the entity types of Annexes I and II of
// Directive (EU) 2022/2555 and of the types that its articles name beside them,
// with the sets that other rules use. The rows are dated data: a change of the
// annexes is a change of the tables in types.go.
//
// The directive cites Directive 2009/73/EC for gas; its recast does not change
// the rows. Divisions of manufacturing are those of NACE Rev. 2.
package annex

import "github.com/nisaba-platform/nisaba/law"

// Annex names the place of an entity type in the directive.
type Annex string

// The annexes. Outside marks types that only an article names.
const (
	I       Annex = "I"
	II      Annex = "II"
	Outside Annex = "outside"
)

// Type is one entity type.
type Type struct {
	ID         string // stable id, for example "digital-infra.cloud"
	Annex      Annex
	Citation   string   // for example "Directive (EU) 2022/2555, Annex I, point 8, 4th indent"
	Sector     string   // key of the sector, for example "digital-infra"; its title is SectorTitle
	Subsector  string   // key of the subsector, for example "energy.electricity"; "" when the annex has none
	CarveOut   bool     // the annex row has an exception of its own
	Definition string   // the act and article whose definition the row uses; "" when the row defines itself
	ValidFrom  law.Date // first day on which the row applies, Art. 41
	ValidTo    law.Date // last day; zero: no end known
	sets       uint8
	index      int
}

// Index is the position of the type in All, from 0.
func (t Type) Index() int { return t.index }

// In reports whether the type belongs to the set.
func (t Type) In(set Set) bool { return t.sets&bitOf(set) != 0 }

// Listed reports whether the type stands in Annex I or II.
func (t Type) Listed() bool { return t.Annex != Outside }

// Title is the name of the type as a sentence for people.
func (t Type) Title() law.Message { return law.Message{Key: titleKeys[t.index]} }

// SectorTitle is the name of the sector.
func (t Type) SectorTitle() law.Message { return law.Message{Key: "annex.sector." + t.Sector} }

// SubsectorTitle is the name of the subsector; the key is empty when the annex has none.
func (t Type) SubsectorTitle() law.Message {
	if t.Subsector == "" {
		return law.Message{}
	}
	return law.Message{Key: "annex.subsector." + t.Subsector}
}

// Set is a group of entity types that a rule addresses.
type Set string

// The sets of entity types that several rules share.
const (
	CIR2690       Set = "cir2690"      // Implementing Regulation (EU) 2024/2690 Art. 1
	Article27     Set = "art27"        // ENISA registry, Art. 27(1)
	Article26b    Set = "art26b"       // main establishment, Art. 26(1)(b)
	Article28     Set = "art28"        // registration data, Art. 28
	DORA          Set = "dora"         // financial entities, Art. 4 and recital 28
	TrustServices Set = "trust"        // Art. 6(25), qualified or not
	PublicAdmin   Set = "public-admin" // Art. 6(35), central, regional and local
)

// bitOf is the bit of a set, 0 for a set that does not exist.
func bitOf(set Set) uint8 {
	switch set {
	case CIR2690:
		return bitCIR
	case Article27:
		return bit27
	case Article26b:
		return bit26b
	case Article28:
		return bit28
	case DORA:
		return bitDORA
	case TrustServices:
		return bitTrust
	case PublicAdmin:
		return bitPA
	}
	return 0
}

// Source is the text that the catalogue was read from.
func Source() law.Source {
	return law.Source{
		Title:      "Directive (EU) 2022/2555, Annexes I and II, consolidated text 02022L2555-20221227",
		URL:        "https://eur-lex.europa.eu/eli/dir/2022/2555/2022-12-27",
		Checked:    law.MustDate("2026-08-31"),
		Confidence: law.Verified,
	}
}

// table has all types, annex by annex; titleKeys their message keys. Both, and
// the map from ids to positions, are written once and only read afterwards.
var (
	table     = build()
	titleKeys = buildTitleKeys()
	positions = buildPositions()
)

func build() []Type {
	applies := law.Date{Year: 2024, Month: 10, Day: 18} // Art. 41(1), second subparagraph
	var all []Type
	add := func(rows []row, in Annex, prefix string) {
		for _, r := range rows {
			all = append(all, Type{
				ID: r.id, Annex: in, Citation: prefix + r.point, Sector: r.sector, Subsector: r.subsector,
				CarveOut: r.carveOut, Definition: r.definition, ValidFrom: applies, sets: r.sets, index: len(all),
			})
		}
	}
	add(annexI, I, "Directive (EU) 2022/2555, Annex I, point ")
	add(annexII, II, "Directive (EU) 2022/2555, Annex II, point ")
	add(refinements, I, "Directive (EU) 2022/2555, Annex I, point ")
	add(outside, Outside, "Directive (EU) 2022/2555 Art. ")
	return all
}

func buildTitleKeys() []string {
	keys := make([]string, len(table))
	for i, t := range table {
		keys[i] = "annex.type." + t.ID
	}
	return keys
}

func buildPositions() map[string]int {
	m := make(map[string]int, len(table)+len(aliases))
	for i, t := range table {
		m[t.ID] = i
	}
	for alias, id := range aliases {
		m[alias] = m[id]
	}
	return m
}

// Find returns the entity type with this id or alias; ok is false when there is
// none. The type must not be changed.
func Find(id string) (t *Type, ok bool) {
	i, ok := positions[id]
	if !ok {
		return nil, false
	}
	return &table[i], true
}

// Lookup returns the entity type with this id or alias; ok is false when there
// is none.
func Lookup(id string) (Type, bool) {
	t, ok := Find(id)
	if !ok {
		return Type{}, false
	}
	return *t, true
}

// At returns the type at a position of All; it panics outside 0 … Count()−1.
func At(index int) *Type { return &table[index] }

// Count is the number of types in All.
func Count() int { return len(table) }

// All lists every type: the 67 rows of Annexes I and II in the order of the
// directive, the two kinds of trust service provider, and the types outside the
// annexes.
func All() []Type { return append([]Type(nil), table...) }

// In reports whether the type with this id or alias belongs to the set.
func In(id string, set Set) bool {
	t, ok := Find(id)
	return ok && t.In(set)
}
