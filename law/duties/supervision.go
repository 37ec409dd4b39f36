package duties

import (
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// SupervisionRegime is how an authority watches an organisation.
type SupervisionRegime string

// The regimes.
const (
	NoSupervision SupervisionRegime = "none"
	ExAnte        SupervisionRegime = "ex-ante" // before and after the fact, Art. 32
	ExPost        SupervisionRegime = "ex-post" // only upon evidence of non-compliance, Art. 33
	EitherRegime  SupervisionRegime = "either"  // essential or important is not decided
	ByDORA        SupervisionRegime = "dora"    // financial entity: Regulation (EU) 2022/2554
	ByPenalties   SupervisionRegime = "national-penalties"
)

// Power is one thing that an authority may do.
type Power struct {
	ID, Citation string
	Text         law.Message
}

// Supervision is the regime with the powers of the authority.
type Supervision struct {
	Regime   SupervisionRegime
	Citation string
	Text     law.Message
	Powers   []Power
}

// power is a line of the table: id and its points in Arts. 32 and 33; "" where
// the article does not have it.
type power struct{ id, essential, important string }

var powers = []power{
	{"sup.inspect", "32(2)(a)", "33(2)(a)"},
	{"sup.audit.regular", "32(2)(b)", ""},
	{"sup.audit.targeted", "32(2)(b)", "33(2)(b)"},
	{"sup.audit.adhoc", "32(2)(c)", ""},
	{"sup.scan", "32(2)(d)", "33(2)(c)"},
	{"sup.info", "32(2)(e)", "33(2)(d)"},
	{"sup.data", "32(2)(f)", "33(2)(e)"},
	{"sup.evidence", "32(2)(g)", "33(2)(f)"},
	{"enf.warn", "32(4)(a)", "33(4)(a)"},
	{"enf.instruct", "32(4)(b)", "33(4)(b)"},
	{"enf.cease", "32(4)(c)", "33(4)(c)"},
	{"enf.comply", "32(4)(d)", "33(4)(d)"},
	{"enf.inform", "32(4)(e)", "33(4)(e)"},
	{"enf.audit-recs", "32(4)(f)", "33(4)(f)"},
	{"enf.monitor", "32(4)(g)", ""},
	{"enf.publish", "32(4)(h)", "33(4)(g)"},
	{"enf.fine", "32(4)(i)", "33(4)(h)"},
	{"enf.suspend", "32(5)(a)", ""},
	{"enf.ban", "32(5)(b)", ""},
	{"enf.persons", "32(6)", "33(5)"},
}

// supervision is the regime for a class. Those powers are listed that the
// authority has in every class that is still possible.
func supervision(d scope.Determination, least int, give map[part]Displaced) Supervision {
	s := Supervision{Regime: NoSupervision, Powers: []Power{}}
	regime := func(r SupervisionRegime, citation string) Supervision {
		s.Regime, s.Citation = r, citation
		s.Text = law.Message{Key: "duties.supervision." + string(r)}
		return s
	}
	switch {
	case least < law.RegistrationOnly.Rank():
		return regime(NoSupervision, "")
	case least < law.Important.Rank():
		return regime(ByPenalties, directive+"36")
	case give[partMeasures].Rule == "lexspec.dora":
		return regime(ByDORA, directive+"4(1)")
	}
	for _, p := range powers {
		point := p.important
		if least == law.Essential.Rank() {
			point = p.essential
		}
		if point == "" || p.id == "enf.ban" && publicAdministration(d) {
			continue
		}
		s.Powers = append(s.Powers, Power{p.id, directive + point, law.Message{Key: "duties.power." + p.id}})
	}
	switch {
	case d.Class == law.Depends && len(d.CouldBe) > 1:
		return regime(EitherRegime, directive+"33(1)")
	case least == law.Essential.Rank():
		return regime(ExAnte, directive+"32(1)")
	}
	return regime(ExPost, directive+"33(1)")
}

// publicAdministration reports whether the organisation is public
// administration, to which Art. 32(5)(b) does not apply.
func publicAdministration(d scope.Determination) bool {
	for _, id := range d.EntityTypes {
		if annex.In(id, annex.PublicAdmin) {
			return true
		}
	}
	return false
}
