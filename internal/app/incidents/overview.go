package incidents

import (
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Row is one incident of a list.
type Row struct {
	incident.Incident
	Name string              // of the organisation
	Next clocks.Clock        // the clock that ends first and has no report yet; zero: none
	Duty incident.Obligation // of that clock
	Sent incident.Report     // the report of it that is on its way to the authority; zero: none
}

// Overview lists the incidents of an organisation with the next deadline of each,
// newest first.
func (s *Service) Overview(ctx context.Context, a authz.Actor, organisation string) (rows []Row, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		list, err := tx.Incidents(organisation)
		if err != nil {
			return err
		}
		rows, err = rowsOf(tx, list, nil)
		return err
	})
	return rows, err
}

// Everywhere lists the open incidents of all organisations in reach, and the closed ones
// of which a report is left, the nearest deadline first.
func (s *Service) Everywhere(ctx context.Context, a authz.Actor) (rows []Row, err error) {
	reach, err := a.Reach(authz.IncidentRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, reach, func(tx *store.Tx) error {
		organisations, err := tx.Organisations()
		if err != nil {
			return err
		}
		names := map[string]string{}
		for _, o := range organisations {
			names[o.ID] = o.Name
		}
		list, err := tx.OpenIncidents()
		if err != nil {
			return err
		}
		rows, err = rowsOf(tx, list, names)
		rows = slices.DeleteFunc(rows, func(r Row) bool { return r.State == incident.Closed && r.Next.Stage == "" })
		return err
	})
	slices.SortStableFunc(rows, func(x, y Row) int {
		switch {
		case x.Next.Strict.IsZero() == y.Next.Strict.IsZero():
			return x.Next.Strict.Compare(y.Next.Strict)
		case y.Next.Strict.IsZero():
			return -1
		}
		return 1
	})
	return rows, err
}

func rowsOf(tx *store.Tx, list []incident.Incident, names map[string]string) ([]Row, error) {
	rows := make([]Row, len(list))
	for n, i := range list {
		rows[n] = Row{Incident: i, Name: names[i.Organisation]}
		if i.State == incident.Dismissed || i.State == incident.Merged {
			continue
		}
		all, err := Duties(tx, i)
		if err != nil {
			return nil, err
		}
		clock, duty := next(all)
		rows[n].Next, rows[n].Duty = clock, duty.Obligation
		rows[n].Sent, _ = incident.Awaited(duty.Reports, clock.Stage)
	}
	return rows, nil
}

// Next is the clock of a case that ends first among those without a report
// that reached the authority, and
// its duty; a duty that surely applies goes before one that is not decided.
func (c Case) Next() (clocks.Clock, Duty) { return next(c.Duties) }

func next(all []Duty) (first clocks.Clock, of Duty) {
	for _, d := range all {
		if d.Applies == "no" {
			continue
		}
		for _, c := range d.Clocks {
			if c.Status != clocks.Open && c.Status != clocks.Overdue || c.Projected || c.Strict.IsZero() {
				continue
			}
			surer := c.Strict.Equal(first.Strict) && d.Applies == "yes" && of.Applies != "yes"
			if first.Strict.IsZero() || c.Strict.Before(first.Strict) || surer {
				first, of = c, d
			}
		}
	}
	return first, of
}

// Noticed lists what the actor said had happened, newest first: who may only say
// so sees what became of it.
func (s *Service) Noticed(ctx context.Context, a authz.Actor, organisation string) (mine []incident.Incident, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentNotice, func(tx *store.Tx) error {
		list, err := tx.Incidents(organisation)
		for _, i := range list {
			if i.CreatedBy == a.Person {
				mine = append(mine, i)
			}
		}
		return err
	})
	return mine, err
}

// Zones lists the time zones of the Member States, sorted.
func (s *Service) Zones() []string {
	out := []string{"UTC"}
	for _, p := range s.countries.All() {
		out = append(out, p.Zone)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
