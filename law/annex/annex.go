// Package annex is the catalogue of the entity types of Annexes I and II of
// Directive (EU) 2022/2555 and of the types that its articles name beside them,
// with the sets that other rules use.
package annex

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
	ID        string // stable id, for example "digital-infra.cloud"
	Annex     Annex
	Citation  string // for example "Directive (EU) 2022/2555, Annex I, point 8, 4th indent"
	Sector    string // key of the sector, for example "digital-infra"
	Subsector string // key of the subsector, for example "energy.electricity"; "" when the annex has none
	CarveOut  bool   // the annex row has an exception of its own
}

// Set is a group of entity types that a rule addresses.
type Set string

// The sets of scope.md section 6.3.
const (
	CIR2690       Set = "cir2690" // Implementing Regulation (EU) 2024/2690 Art. 1
	Article27     Set = "art27"   // ENISA registry, Art. 27(1)
	Article26b    Set = "art26b"  // main establishment, Art. 26(1)(b)
	Article28     Set = "art28"   // registration data, Art. 28
	DORA          Set = "dora"    // financial entities, Art. 4 and recital 28
	TrustServices Set = "trust"
	PublicAdmin   Set = "public-admin"
)

// Parse-free access is given by the functions below; the table is in types.go.
//
//	Lookup(id) (Type, bool)      canonical ids and their aliases
//	All() []Type                 in the order of the annexes
//	In(id, set) bool
