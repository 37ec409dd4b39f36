package authority

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// Count is a line of the list for the Commission and the Cooperation Group.
type Count struct {
	Sector    string `json:"sector"`
	Subsector string `json:"subsector"`
	Essential int    `json:"essential"`
	Important int    `json:"important"`
}

// CommissionList counts the registered entities of each sector and subsector,
// Directive (EU) 2022/2555 Art. 3(5)(a), and those that were identified, (b). An entity of several counts in each; Entities
// has each once.
type CommissionList struct {
	AsOf      law.Date `json:"as_of"`
	Authority string   `json:"authority"`
	Essential int      `json:"essential"`
	Important int      `json:"important"`
	Counts    []Count  `json:"counts"`

	Identified []Identified `json:"identified"` // Art. 3(5)(b)
}

// Identified is how many entities of a type Member States identified under a provision,
// Directive (EU) 2022/2555 Art. 3(5)(b). An entity of several types counts in each.
type Identified struct {
	Provision string `json:"provision"` // "Art. 2(2)(b)"
	Sector    string `json:"sector"`
	Subsector string `json:"subsector"`
	Type      string `json:"type"` // of service
	Essential int    `json:"essential"`
	Important int    `json:"important"`
}

// RegistryEntry is a line of the list for the registry that ENISA keeps, with what
// Directive (EU) 2022/2555 Art. 27(2) names except the IP ranges, which stay here,
// Art. 27(4).
type RegistryEntry struct {
	Name           string   `json:"name"`
	Reference      string   `json:"reference"`
	Class          string   `json:"class"`
	Sectors        []string `json:"sectors"`
	Types          []string `json:"types"`
	Address        string   `json:"address"`
	Establishments []string `json:"establishments"`
	Representative string   `json:"representative_in"`
	Emails         []string `json:"emails"`
	Phones         []string `json:"phones"`
	Serves         []string `json:"serves"`
}

// RegistryList is the list for ENISA.
type RegistryList struct {
	AsOf      law.Date        `json:"as_of"`
	Authority string          `json:"authority"`
	Entities  []RegistryEntry `json:"entities"`
}

// assessed calls f with every registered entity and what the scope test makes of it.
func (s *Service) assessed(ctx context.Context, a authz.Actor, f func(authority.Entry, *organisation.File, assessing.Input)) (name string, today law.Date, err error) {
	today = a.Day(s.store.Now())
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		name = w.Name
		r, err := register(tx)
		if err != nil {
			return err
		}
		for _, x := range r.Entities {
			if x.Entry.State != authority.Registered {
				continue
			}
			o, err := tx.Organisation(x.Organisation.ID)
			if err != nil {
				return err
			}
			file, err := organisation.Read("", o.Facts)
			if err != nil {
				return fmt.Errorf("read the facts of %s: %w", x.Organisation.Name, err)
			}
			in, err := assessing.Score(s.options.Knowledge, file, assessing.Options{Today: today, Brief: true})
			if err != nil {
				return err
			}
			f(x.Entry, file, in)
		}
		return nil
	})
	return name, today, err
}

// Commission makes the list of Art. 3(5).
func (s *Service) Commission(ctx context.Context, a authz.Actor) (out CommissionList, err error) {
	counts := map[[2]string]*Count{}
	identified := map[[2]string]*Identified{}
	out.Authority, out.AsOf, err = s.assessed(ctx, a, func(e authority.Entry, _ *organisation.File, in assessing.Input) {
		class := in.Scope.Class
		identify(identified, e, in)
		if class != law.Essential && class != law.Important {
			return
		}
		if class == law.Essential {
			out.Essential++
		} else {
			out.Important++
		}
		seen := map[[2]string]bool{}
		for _, id := range in.Scope.EntityTypes {
			t, ok := annex.Find(id)
			if !ok || seen[[2]string{t.Sector, t.Subsector}] {
				continue
			}
			at := [2]string{t.Sector, t.Subsector}
			seen[at] = true
			if counts[at] == nil {
				counts[at] = &Count{Sector: t.Sector, Subsector: t.Subsector}
			}
			if class == law.Essential {
				counts[at].Essential++
			} else {
				counts[at].Important++
			}
		}
	})
	out.Counts = []Count{}
	for _, c := range counts {
		out.Counts = append(out.Counts, *c)
	}
	slices.SortFunc(out.Counts, func(x, y Count) int { return strings.Compare(x.Sector+" "+x.Subsector, y.Sector+" "+y.Subsector) })
	out.Identified = []Identified{}
	for _, x := range identified {
		out.Identified = append(out.Identified, *x)
	}
	slices.SortFunc(out.Identified, func(x, y Identified) int { return strings.Compare(x.Provision+" "+x.Type, y.Provision+" "+y.Type) })
	return out, err
}

// identify counts an entity that a Member State identified: in the class of the scope
// test, or, where the facts do not decide, in that of its entry.
func identify(counts map[[2]string]*Identified, e authority.Entry, in assessing.Input) {
	class := in.Scope.Class
	if class != law.Essential && class != law.Important {
		class = e.Class
	}
	if e.Provision == "" || class != law.Essential && class != law.Important {
		return
	}
	for _, id := range in.Scope.EntityTypes {
		t, ok := annex.Find(id)
		if !ok {
			continue
		}
		at := [2]string{e.Provision, id}
		if counts[at] == nil {
			counts[at] = &Identified{Provision: "Art. 2(2)(" + e.Provision + ")", Sector: t.Sector, Subsector: t.Subsector, Type: id}
		}
		if class == law.Essential {
			counts[at].Essential++
		} else {
			counts[at].Important++
		}
	}
}

// Registry makes the list of Art. 27(4): the registered entities of the types of
// Art. 27(1).
func (s *Service) Registry(ctx context.Context, a authz.Actor) (out RegistryList, err error) {
	out.Entities = []RegistryEntry{}
	out.Authority, out.AsOf, err = s.assessed(ctx, a, func(e authority.Entry, f *organisation.File, in assessing.Input) {
		r := RegistryEntry{Name: f.Organisation.Name, Reference: e.Reference, Class: string(in.Scope.Class), Address: f.Organisation.Address,
			Representative: f.Establishment.RepresentativeIn, Serves: nonNil(f.Establishment.Serves), Sectors: []string{}, Types: []string{}, Establishments: []string{},
			Emails: []string{}, Phones: []string{}}
		for _, id := range in.Scope.EntityTypes {
			if t, ok := annex.Find(id); ok && annex.In(id, annex.Article27) {
				r.Types = append(r.Types, id)
				if !slices.Contains(r.Sectors, t.Sector) {
					r.Sectors = append(r.Sectors, t.Sector)
				}
			}
		}
		if len(r.Types) == 0 {
			return
		}
		for _, site := range f.Establishment.Sites {
			r.Establishments = append(r.Establishments, strings.Trim(site.Address+", "+site.Country, ", "))
		}
		for _, c := range append([]organisation.Contact{f.Organisation.Contact}, f.Registration.Contacts...) {
			if c.Email != "" && !slices.Contains(r.Emails, c.Email) {
				r.Emails = append(r.Emails, c.Email)
			}
			if c.Phone != "" && !slices.Contains(r.Phones, c.Phone) {
				r.Phones = append(r.Phones, c.Phone)
			}
		}
		out.Entities = append(out.Entities, r)
	})
	return out, err
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
