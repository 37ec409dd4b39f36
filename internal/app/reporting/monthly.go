package reporting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// monthly is the name of the setting of an organisation that holds a Schedule.
const monthly = "reports.monthly"

// Schedule is a report that is made on the first of each month in all its formats,
// with the rights that its person has then. The month begins where the person is.
type Schedule struct {
	Order
	Person string   `json:"person"`
	Name   string   `json:"name"` // of the person
	Mail   bool     `json:"mail"` // tells the person by mail
	Made   law.Date `json:"made"` // the first of the month for which it was made last
}

// SetMonthly has a report made on the first of each month from the next one on, in
// place of what was set before.
func (s *Service) SetMonthly(ctx context.Context, a authz.Actor, organisation string, o Order, mail bool) error {
	scope, err := a.Organisation(ctx, organisation, authz.ReportCreate)
	if err != nil {
		return err
	}
	if err := s.check(&o); err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		return putSchedule(tx, organisation, Schedule{Order: o, Person: a.Person, Name: a.Name, Mail: mail, Made: month(a.Day(tx.Now()))})
	})
}

// StopMonthly ends the monthly report.
func (s *Service) StopMonthly(ctx context.Context, a authz.Actor, organisation string) error {
	scope, err := a.Organisation(ctx, organisation, authz.ReportCreate)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error { return tx.RemoveSetting(organisation, monthly) })
}

// Monthly is the monthly report of an organisation; ok is false when there is none.
func (s *Service) Monthly(ctx context.Context, a authz.Actor, organisation string) (out Schedule, ok bool, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.AssessmentRead)
	if err != nil {
		return out, false, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		out, err = schedule(tx, organisation)
		return err
	})
	if fault.KindOf(err) == fault.NotFound {
		return out, false, nil
	}
	return out, err == nil, err
}

func schedule(tx *store.Tx, organisation string) (out Schedule, err error) {
	x, err := tx.Setting(organisation, monthly)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(x.Value, &out); err != nil {
		return out, fmt.Errorf("read the monthly report of %s: %w", organisation, err)
	}
	out.tidy()
	return out, nil
}

func putSchedule(tx *store.Tx, organisation string, x Schedule) error {
	old, err := tx.Setting(organisation, monthly)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	value, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("write the monthly report: %w", err)
	}
	_, err = tx.PutSetting(desk.Setting{Organisation: organisation, Name: monthly, Value: value, Version: old.Version})
	return err
}

// month is the first day of the month of a day.
func month(d law.Date) law.Date { return law.Date{Year: d.Year, Month: d.Month, Day: 1} }

// Schedule has reports that were asked for, and the monthly ones, made by the runner. It looks several times an
// hour for those that are due and not made yet, so that a server that was down makes
// each of them once.
func (s *Service) Schedule(r *jobs.Runner) error {
	r.Handle(MakeKind, s.makeRequested)
	r.Handle(monthly, func(ctx context.Context, run *jobs.Run) error { return s.MakeDue(ctx, run.Scope()) })
	return r.Every(monthly, monthly, "15m")
}

// due is a monthly report that was not made yet.
type due struct {
	Schedule
	workspace, organisation string
	person                  tenant.Person
	memberships             []tenant.Membership
	zone                    *time.Location // of the person
}

// first is the first of the month of an instant where the person is.
func (d due) first(at time.Time) law.Date { return month(law.DateOf(at.In(d.zone))) }

// MakeDue makes the monthly reports of all workspaces that are due and not made yet.
// One that fails does not keep the others from being made; one whose person may not
// make it any more is left out. It needs a scope of everything.
func (s *Service) MakeDue(ctx context.Context, everything tenant.Scope) error {
	var list []due
	err := s.store.Read(ctx, everything, func(tx *store.Tx) (err error) {
		list, err = allDue(tx)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, d := range list {
		if d.person.Disabled {
			continue
		}
		a := authz.NewActor(authz.Actor{Person: d.person.ID, Name: d.person.Name, Session: authz.Local, Zone: d.zone}, d.workspace, d.memberships, s.store)
		err := s.make(ctx, a, d.organisation, d.Order, func(tx *store.Tx, kept []assessment.Report) error { return s.made(tx, d, kept) })
		if k := fault.KindOf(err); err != nil && k != fault.Forbidden && k != fault.NotFound {
			failed = append(failed, fmt.Errorf("monthly report of %s: %w", d.organisation, err))
		}
	}
	return errors.Join(failed...)
}

func allDue(tx *store.Tx) ([]due, error) {
	workspaces, err := tx.Workspaces()
	if err != nil {
		return nil, err
	}
	var out []due
	for _, w := range workspaces {
		settings, err := tx.In(w.ID, "").Settings()
		if err != nil {
			return nil, err
		}
		archived, err := tx.In(w.ID, "").Archived()
		if err != nil {
			return nil, err
		}
		for _, x := range settings {
			d := due{workspace: w.ID, organisation: x.Organisation}
			if x.Name != monthly || json.Unmarshal(x.Value, &d.Schedule) != nil || archived[d.organisation] {
				continue
			}
			if d.person, err = tx.Person(d.Person); fault.KindOf(err) == fault.NotFound {
				continue // the account is gone, and with it the right
			} else if err != nil {
				return nil, err
			}
			if d.zone = tenant.ZoneOf(d.person.Zone, w.Zone); !d.Made.Before(d.first(tx.Now())) {
				continue
			}
			if d.memberships, err = tx.MembershipsOf(d.Person); err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// made notes that the report of the month was made, and tells its person.
func (s *Service) made(tx *store.Tx, d due, kept []assessment.Report) error {
	now, err := schedule(tx, d.organisation)
	if err != nil {
		return err
	}
	first := d.first(tx.Now())
	if !now.Made.Before(first) {
		return &fault.Error{Kind: fault.Conflict, What: "the report of this month was made already"}
	}
	now.Made = first
	if err := putSchedule(tx, d.organisation, now); err != nil || !d.Mail {
		return err
	}
	o, err := tx.Organisation(d.organisation)
	if err != nil {
		return err
	}
	var files []string
	for _, r := range kept {
		files = append(files, strings.ToUpper(r.Format)+": SHA-256 "+r.SHA256)
	}
	_, err = s.mailer.Post(tx, mailing.Letter{Key: monthly + "/" + d.organisation + "/" + first.String(), Organisation: d.organisation, To: d.person.Email,
		Language: d.person.Language, Message: "reports.mail", Arguments: []any{"organisation", o.Name, "files", strings.Join(files, "\n"),
			"link", s.mailer.Link("/organisations/" + d.organisation + "/reports")}})
	return err
}
