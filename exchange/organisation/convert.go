package organisation

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/scope"
	"github.com/nisaba-platform/nisaba/posture"
)

// ScopeFacts is what the scope test needs of the file.
func (f *File) ScopeFacts() scope.Facts {
	e := f.Establishment
	s := scope.Facts{
		EntityTypes: slices.Clone(f.Activity.EntityTypes), EntityTypesKnown: f.Activity.EntityTypes != nil,
		EstablishedIn: e.EstablishedIn, Serves: e.Serves,
		DecisionsIn: e.DecisionsIn, OperationsIn: e.OperationsIn, MostStaffIn: e.MostStaffIn,
		RepresentativeIn: e.RepresentativeIn, EstablishedBy: e.EstablishedBy,
		CERCritical: f.Status.CERCritical, DORAExempt: f.Status.DORAExempt,
		NIS1OES: f.Status.NIS1OES, NIS1OESBefore16January2023: f.Status.NIS1OESBefore16January2023,
		IdentifiedAs: law.Class(f.Status.IdentifiedAs),
		Definition:   map[string]law.Truth{}, Security: "none",
		National: f.National.options(),
	}
	for _, y := range f.Figures {
		s.Figures = append(s.Figures, scope.Figures{Year: y.Year, Employees: number(y.Employees),
			Turnover: number(y.Turnover), BalanceSheet: number(y.BalanceSheet)})
	}
	s.Linked, s.Partners = linked(f.Group.Linked), partners(f.Group.Partners)
	for name, v := range f.Activity.Facts {
		switch name {
		case "security_activity":
			s.Security = v.Word
		case "public_ownership_pct":
			s.PublicOwnership = number(v.Number)
		default:
			s.Definition[name] = v.Truth
		}
	}
	return s
}

func (n National) options() map[string]law.Truth {
	out := map[string]law.Truth{}
	for name, v := range map[string]*bool{
		country.OESAreEssential:        n.OESAreEssential,
		country.CoversLocalPublicAdmin: n.CoversLocalPublicAdmin,
		country.CoversEducation:        n.CoversEducation,
		country.AppliesRecital16:       n.AppliesRecital16,
		country.Exempts28:              n.Exempts28,
	} {
		if v != nil {
			out[name] = law.TruthOf(*v)
		}
	}
	return out
}

func number(v *float64) scope.Number {
	if v == nil {
		return scope.Number{}
	}
	return scope.Num(*v)
}

func linked(list []Linked) []scope.Linked {
	var out []scope.Linked
	for _, l := range list {
		out = append(out, scope.Linked{Name: l.Name, Employees: number(l.Employees), Turnover: number(l.Turnover),
			BalanceSheet: number(l.BalanceSheet), Partners: partners(l.Partners)})
	}
	return out
}

func partners(list []Partner) []scope.Partner {
	var out []scope.Partner
	for _, p := range list {
		out = append(out, scope.Partner{Name: p.Name, Share: number(p.Share), Employees: number(p.Employees),
			Turnover: number(p.Turnover), BalanceSheet: number(p.BalanceSheet), Investor: p.Investor, Linked: linked(p.Linked)})
	}
	return out
}

// Traits are the profile traits by their names in the file.
func (p Profile) Traits() map[string]bool {
	return map[string]bool{
		"ot": p.OT, "develops_software": p.DevelopsSoftware, "outsourced_development": p.OutsourcedDevelopment,
		"remote_work": p.RemoteWork, "cloud_hosted": p.CloudHosted, "own_data_centre": p.OwnDataCentre,
		"outsourced_it": p.OutsourcedIT, "personal_data": p.PersonalData, "public_services": p.PublicServices,
		"several_sites": p.SeveralSites, "removable_media": p.RemovableMedia, "critical_suppliers": p.CriticalSuppliers,
		"cross_border": p.CrossBorder, "shift_work_24x7": p.ShiftWork, "board_exists_separately": p.SeparateBoard,
	}
}

// PostureFacts is what the assessment needs of the file; the caller adds what
// the scope test decided.
func (f *File) PostureFacts() posture.Facts {
	p := posture.Facts{Traits: f.Profile.Traits(), Observations: f.observed}
	for id, a := range f.Answers {
		p.Answers = append(p.Answers, posture.Answer{Question: id, Options: a.Options, By: a.By, On: a.On, Note: a.Note})
	}
	slices.SortFunc(p.Answers, func(a, b posture.Answer) int { return strings.Compare(a.Question, b.Question) })
	for _, e := range f.Evidence {
		p.Evidence = append(p.Evidence, posture.Evidence{ID: e.ID, Kind: e.Kind, Title: e.Title, Date: e.Date,
			ValidUntil: e.ValidUntil, Owner: e.Owner, Location: e.Location, Covers: e.Covers,
			Shows: posture.Status(e.Shows), Note: e.Note})
	}
	for _, e := range f.Exceptions {
		p.Exceptions = append(p.Exceptions, posture.Exception{Requirement: e.Requirement, Kind: e.Kind, Reason: e.Reason,
			Compensation: e.Compensation, ApprovedBy: e.ApprovedBy, On: e.On, Until: e.Until})
	}
	for _, a := range f.Assertions {
		p.Assertions = append(p.Assertions, posture.Assertion{Requirement: a.Requirement, Status: posture.Status(a.Status),
			By: a.By, On: a.On, Note: a.Note})
	}
	if len(f.Figures) > 0 {
		latest := slices.MaxFunc(f.Figures, func(a, b Figures) int { return a.Year - b.Year })
		if latest.Employees != nil {
			p.Employees = int(*latest.Employees)
		}
	}
	return p
}
