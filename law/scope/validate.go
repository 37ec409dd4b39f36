package scope

import (
	"fmt"
	"math"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// FieldError says which input field cannot be used and why. Field is a path
// such as "figures[1].employees".
type FieldError struct {
	Field, Message string
}

// Error prints the field and the message.
func (e *FieldError) Error() string { return e.Field + ": " + e.Message }

func wrong(field, format string, args ...any) error {
	return &FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// Years that figures may be of.
const (
	firstYear = 1900
	lastYear  = 2200
)

// Validate reports the first field that makes the facts unusable, as a
// *FieldError: an entity type or country that does not exist, a negative
// figure, a share outside 0 to 100, a year given twice.
func (f *Facts) Validate() error {
	for i, id := range f.EntityTypes {
		if _, ok := annex.Find(id); !ok {
			return wrong(fmt.Sprintf("entity_types[%d]", i), "there is no entity type %q; expected an id such as digital-infra.cloud", id)
		}
	}
	if err := f.validateFigures(); err != nil {
		return err
	}
	if err := validateLinked("linked", f.Linked, maxDepth); err != nil {
		return err
	}
	if err := validatePartners("partners", f.Partners, maxDepth); err != nil {
		return err
	}
	if err := f.validateCountries(); err != nil {
		return err
	}
	switch f.IdentifiedAs {
	case "", law.Essential, law.Important:
	default:
		return wrong("identified_as", "%q is not a class; expected essential, important or null", f.IdentifiedAs)
	}
	switch f.Security {
	case "", SecurityNone, SecurityMarginal, SecurityPredominant, SecurityUnknown:
	default:
		return wrong("facts.security_activity", "%q is not an answer; expected none, marginal, predominant or null", f.Security)
	}
	return validateShare("facts.public_ownership_pct", f.PublicOwnership)
}

func (f *Facts) validateFigures() error {
	seen := make(map[int]bool, len(f.Figures))
	for i, y := range f.Figures {
		path := fmt.Sprintf("figures[%d]", i)
		if y.Year < firstYear || y.Year > lastYear {
			return wrong(path+".year", "%d is not a year; expected %d to %d", y.Year, firstYear, lastYear)
		}
		if seen[y.Year] {
			return wrong(path+".year", "the year %d is given twice", y.Year)
		}
		seen[y.Year] = true
		if err := validateAmounts(path, y.Employees, y.Turnover, y.BalanceSheet); err != nil {
			return err
		}
	}
	return nil
}

func validateAmounts(path string, employees, turnover, balance Number) error {
	for i, n := range []Number{employees, turnover, balance} {
		if n.Known && (n.Value < 0 || math.IsNaN(n.Value) || math.IsInf(n.Value, 0)) {
			name := [...]string{"employees", "turnover_eur", "balance_sheet_eur"}[i]
			return wrong(path+"."+name, "%v cannot be; expected a number from 0, or null when it is not known", n.Value)
		}
	}
	return nil
}

func validateShare(path string, n Number) error {
	if n.Known && !(n.Value >= 0 && n.Value <= 100) {
		return wrong(path, "%v is not a percentage; expected 0 to 100, or null when it is not known", n.Value)
	}
	return nil
}

// maxDepth bounds how deeply enterprises may be nested.
const maxDepth = 8

func validateLinked(path string, list []Linked, depth int) error {
	for i := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if depth == 0 {
			return wrong(at, "enterprises are nested more than %d deep", maxDepth)
		}
		if err := validateAmounts(at, list[i].Employees, list[i].Turnover, list[i].BalanceSheet); err != nil {
			return err
		}
		if err := validatePartners(at+".partners", list[i].Partners, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func validatePartners(path string, list []Partner, depth int) error {
	for i := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if depth == 0 {
			return wrong(at, "enterprises are nested more than %d deep", maxDepth)
		}
		p := &list[i]
		if err := validateShare(at+".share_pct", p.Share); err != nil {
			return err
		}
		if err := validateAmounts(at, p.Employees, p.Turnover, p.BalanceSheet); err != nil {
			return err
		}
		if err := validateLinked(at+".linked", p.Linked, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func (f *Facts) validateCountries() error {
	lists := []struct {
		field string
		codes []string
	}{{"established_in", f.EstablishedIn}, {"serves", f.Serves}}
	for _, l := range lists {
		for i, code := range l.codes {
			if err := validateCountry(fmt.Sprintf("%s[%d]", l.field, i), code); err != nil {
				return err
			}
		}
	}
	single := []struct{ field, code string }{
		{"decisions_in", f.DecisionsIn}, {"operations_in", f.OperationsIn}, {"most_staff_in", f.MostStaffIn},
		{"representative_in", f.RepresentativeIn}, {"established_by", f.EstablishedBy},
	}
	for _, s := range single {
		if s.code != "" {
			if err := validateCountry(s.field, s.code); err != nil {
				return err
			}
		}
	}
	return nil
}

func validateCountry(field, code string) error {
	if _, ok := Country(code); !ok {
		return wrong(field, "there is no country %q; expected two capital letters of ISO 3166-1, for example DE", code)
	}
	return nil
}
