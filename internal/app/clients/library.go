package clients

import (
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Validity is whether a piece of evidence still counts.
type Validity string

// The validities.
const (
	Valid    Validity = "valid"
	Expiring Validity = "expiring" // within thirty days
	Expired  Validity = "expired"
	Drafted  Validity = "draft" // does not count yet
)

// ValidityOf is the validity of a piece of evidence on a day.
func ValidityOf(cat *catalog.Catalogue, e assessment.Evidence, day law.Date) Validity {
	switch end := ValidUntil(cat, e.Evidence); {
	case e.Draft:
		return Drafted
	case end.IsZero():
		return Valid
	case end.Before(day):
		return Expired
	case !end.After(day.AddDays(soon)):
		return Expiring
	}
	return Valid
}

// Serves lists the requirements, without headings, that a piece of evidence serves:
// those that name its kind and those that it covers, in catalogue order.
func Serves(cat *catalog.Catalogue, e posture.Evidence) []string {
	var places []int
	for _, n := range cat.Naming(e.Kind) {
		places = append(places, n.Leaf)
	}
	for _, id := range e.Covers {
		places = append(places, cat.LeafPlaces(id)...)
	}
	slices.Sort(places)
	var out []string
	for _, place := range slices.Compact(places) {
		out = append(out, cat.At(place).ID)
	}
	return out
}

// checkOwner refuses an owner who cannot work in the organisation. A piece that had the
// owner before keeps a person who has left.
func (s *Service) checkOwner(tx *store.Tx, e assessment.Evidence) error {
	if e.OwnerPerson == "" {
		return nil
	}
	if old, err := piece(tx, e.Organisation, e.ID); err != nil || old.OwnerPerson == e.OwnerPerson {
		return err
	}
	list, err := tx.MembersOf(e.Organisation)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(m tenant.Member) bool { return m.Person == e.OwnerPerson && CanWork(m) }) {
		return invalid("owner_person", "this person cannot work on the evidence", "a member whose role lets them edit")
	}
	return nil
}
