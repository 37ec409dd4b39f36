package scope

import (
	"math/bits"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// kind is how a claim is judged.
type kind uint8

const (
	kAnnexI kind = iota
	kAnnexII
	kDNS
	kTLD
	kECom      // public electronic communications, Art. 2(2)(a)(i)
	kTrust     // a: qualified
	kCentral   // public administration
	kRegional  // a: risk assessment significant
	kLocal     // a: option of Art. 2(5)(a)
	kEducation // a: education institution, b: option of Art. 2(5)(b); with research.organisation when claimed
	kRegistrar
	kCER // a: critical entity
	kOES // a: operator of essential services and option of Art. 3(1)(g)
	kAny // the activity is not known: a, b number the four classes
)

// claim is one reason why the directive may bind: an entity type, an
// identification, a status. Its unknowns a and b belong to it alone.
type claim struct {
	kind             kind
	typ              int16 // position in annex.All; -1 for none
	rank             uint8 // class that a national option gives, kLocal and kEducation
	a, b             law.Truth
	aFields, bFields fieldSet
}

// situation is one completion of what all claims share.
type situation struct {
	level               level
	pa, trust           bool // public administration and trust service types remain
	predominant, exempt bool // Art. 2(7) activity; DORA exemption
}

// model is a set of facts made ready for judging: what is known, and what may
// be one or the other.
type model struct {
	facts  *Facts
	regime *regime
	sizer  sizer

	levels                levelSet
	independent           law.Truth // recital 16 applies
	pa, trust             law.Truth // the claimed types of that kind remain
	predominant, exempt   law.Truth
	paFields, trustFields fieldSet
	independentFields     fieldSet
	claimsPA, claimsTrust bool
	outside               bool // no activity in the Union
	identified            uint8
	claims                []claim
	buffer                [8]claim
	claimed               typeSet
	unknownTypes          []string
}

func (m *model) init(f *Facts, opt *Options) {
	m.facts, m.regime = f, regimeAt(opt.AsOf, opt.WhatIf)
	m.claims = m.buffer[:0]
	m.exempt = f.DORAExempt
	switch f.Security {
	case SecurityPredominant:
		m.predominant = law.True
	case SecurityUnknown:
		m.predominant = law.Unknown
	default:
		m.predominant = law.False
	}
	if r := f.IdentifiedAs.Rank(); r > 0 {
		m.identified = uint8(r)
	}
	m.outside = f.outsideUnion()
	m.addTypes(opt)
	m.addStatuses(opt)
	m.measure(opt)
}

// addTypes turns the entity types into claims.
func (m *model) addTypes(opt *Options) {
	f := m.facts
	m.pa, m.trust = law.False, law.False
	if !f.EntityTypesKnown {
		m.addUnknownTypes()
		return
	}
	for _, id := range f.EntityTypes {
		if t, ok := annex.Find(id); ok {
			m.claimed.add(t.Index())
		} else {
			m.unknownTypes = append(m.unknownTypes, id)
		}
	}
	refined := m.claimed.has(atQualified) || m.claimed.has(atUnqualified)
	for i := range m.claimed.all {
		if t := annex.At(i); t.ID != trust || !refined {
			remains, fields := f.remains(&typeInfos[i])
			m.addType(t, typeInfos[i].kind, remains, fields, opt)
		}
	}
}

// addType adds the claim of one entity type.
func (m *model) addType(t *annex.Type, k kind, remains law.Truth, fields fieldSet, opt *Options) {
	c := claim{kind: k, typ: int16(t.Index()), a: remains, aFields: fields, b: law.False}
	switch k {
	case kTrust:
		m.claimsTrust, m.trust, m.trustFields = true, remains, fields
		c.a, c.aFields = law.TruthOf(t.ID == trustQualified), 0
		if t.ID == trust {
			c.a, c.aFields = law.Unknown, fEntityTypes
		}
	case kCentral, kRegional, kLocal:
		m.claimsPA, m.pa, m.paFields = true, remains, fields
		c.a, c.aFields = law.True, 0
		if k == kRegional {
			c.a, c.aFields = m.facts.Definition[RegionalRiskAssessment], fRegional
		}
		if k == kLocal {
			c.a, c.rank = m.option(opt, OptionLocal)
			c.aFields = fOptionLocal
		}
	case kEducation, kCER:
		return // added with the statuses
	}
	if c.a != law.False || k == kTrust || k == kRegional {
		m.claims = append(m.claims, c)
	}
}

// addUnknownTypes stands for any entity type whatever.
func (m *model) addUnknownTypes() {
	m.claimsPA, m.pa, m.paFields = true, law.Unknown, fEntityTypes
	m.claimsTrust, m.trust, m.trustFields = true, law.Unknown, fEntityTypes
	m.claims = append(m.claims, claim{kind: kAny, typ: -1,
		a: law.Unknown, aFields: fEntityTypes, b: law.Unknown, bFields: fEntityTypes})
}

// addStatuses adds the claims that rest on a decision of a Member State, and
// those of research organisations and education institutions, which exclude
// each other (Art. 6(41)).
func (m *model) addStatuses(opt *Options) {
	f := m.facts
	if cer := f.CERCritical; cer != law.False || m.claimed.has(atCER) {
		if m.claimed.has(atCER) {
			cer = law.True
		}
		m.claims = append(m.claims, claim{kind: kCER, typ: -1, a: cer, aFields: fCER})
	}
	if oes := f.NIS1OES.And(f.NIS1OESBefore16January2023); oes != law.False {
		option, _ := m.option(opt, OptionOES)
		if oes = oes.And(option); oes != law.False {
			c := claim{kind: kOES, typ: -1, a: oes}
			c.aFields = unknownField(f.NIS1OES, fOES) |
				unknownField(f.NIS1OESBefore16January2023, fOESBefore) | unknownField(option, fOptionOES)
			m.claims = append(m.claims, c)
		}
	}
	c := claim{kind: kEducation, typ: -1, a: m.educational(), aFields: fEducation, bFields: fOptionEducation}
	if m.claimed.has(atResearch) {
		c.typ = int16(atResearch)
	}
	if c.typ < 0 && c.a == law.False {
		return
	}
	c.b = law.False
	if c.a != law.False {
		c.b, c.rank = m.option(opt, OptionEducation)
	}
	m.claims = append(m.claims, c)
}

func unknownField(t law.Truth, field fieldSet) fieldSet {
	if t == law.Unknown {
		return field
	}
	return 0
}

// measure finds the possible sizes, with or without partner and linked
// enterprises as recital 16 has it.
func (m *model) measure(opt *Options) {
	f := m.facts
	m.sizer.init(f, m.regime.ceilings)
	m.independent = law.False
	if len(f.Linked)+len(f.Partners) > 0 {
		if m.independent = f.stated(IndependentSystems); m.independent != law.False {
			option, _ := m.option(opt, OptionRecital16)
			m.independentFields = unknownField(m.independent, fIndependent) | unknownField(option, fOptionRecital16)
			m.independent = m.independent.And(option)
		}
	}
	if m.independent != law.True {
		m.levels = m.sizer.group()
	}
	if m.independent != law.False {
		m.levels |= m.sizer.own()
	}
}

// size is the one size that all possible levels mean, "" when they differ.
func (m *model) size() law.Size {
	low, high := level(bits.TrailingZeros8(uint8(m.levels))), level(bits.Len8(uint8(m.levels))-1)
	if low.size() != high.size() {
		return ""
	}
	return low.size()
}

// typeSet is a set of entity types by their position in annex.All.
type typeSet [2]uint64

func (s *typeSet) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s *typeSet) has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

// all visits the members in order.
func (s *typeSet) all(visit func(i int) bool) {
	for word, left := range s {
		for ; left != 0; left &= left - 1 {
			if !visit(word<<6 + bits.TrailingZeros64(left)) {
				return
			}
		}
	}
}

// Positions of entity types that the model asks for by name; written once.
var (
	atCER         = position(cerEntity)
	atResearch    = position(research)
	atEducation   = position(education)
	atQualified   = position(trustQualified)
	atUnqualified = position(trustNonqualified)
	atECS         = position(ecs)
)

func position(id string) int {
	t, ok := annex.Find(id)
	if !ok {
		panic("scope: the annex has no entity type " + id)
	}
	return t.Index()
}

// educational says whether the organisation is an education institution, which
// its entity type or the fact may state.
func (m *model) educational() law.Truth {
	if m.claimed.has(atEducation) {
		return law.True
	}
	return m.facts.stated(EducationInstitution)
}
