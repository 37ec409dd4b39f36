package scanning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Suppliers are looked at from outside as their customer may: with their consent, which
// is proven as that of any owner of names, as an own target; without it as a visitor,
// who asks name servers and looks at the web of the name, and contacts nothing else
// (see exposure.Own). Which of both a name gets is decided anew before each scan.

// domainsOf are the domains of a supplier as scans name them, each once. What is no
// name of a host is left out.
func domainsOf(x register.Supplier) (out []string) {
	for _, d := range x.Domains {
		if e, err := scan.Parse(d); err == nil && e.Name != "" && e.Port == 0 && !slices.Contains(out, e.Name) {
			out = append(out, e.Name)
		}
	}
	return out
}

var errNoDomain = &fault.Error{Kind: fault.Conflict, What: "the supplier has no domain in the register", Expected: "the domains of its web and mail"}

// supplierOf is a supplier of the organisation.
func supplierOf(tx *store.Tx, organisation, id string) (register.Supplier, error) {
	x, err := tx.Supplier(id)
	if err == nil && x.Organisation != organisation {
		return register.Supplier{}, &fault.Error{Kind: fault.NotFound, What: "there is no such supplier"}
	}
	return x, err
}

// SupplierExposure is what the page of one supplier shows.
type SupplierExposure struct {
	Exposure
	Supplier register.Supplier
	Domains  []string           // as scans name them
	Requests []register.Request // newest first
	Risk     string             // id of the open risk that came from its findings; "" without one
}

// Consented reports whether a domain of the supplier may be scanned as an own target
// on a day.
func (e SupplierExposure) Consented(domain string, today law.Date) bool {
	return slices.ContainsFunc(e.Targets, func(t survey.Target) bool { return t.Declared == domain && t.Proven(today) })
}

// LoadSupplier gives what is known of the exposure of a supplier.
func (s *Service) LoadSupplier(ctx context.Context, a authz.Actor, organisation, supplier string) (e SupplierExposure, err error) {
	err = s.read(ctx, a, organisation, authz.ExposureRead, func(tx *store.Tx) error {
		e, err = s.loadSupplier(tx, organisation, supplier)
		return err
	})
	e.Zone = a.Location()
	return e, err
}

func (s *Service) loadSupplier(tx *store.Tx, organisation, supplier string) (e SupplierExposure, err error) {
	if e.Supplier, err = supplierOf(tx, organisation, supplier); err != nil {
		return e, err
	}
	e.Domains = domainsOf(e.Supplier)
	if e.Exposure, err = s.load(tx, organisation, supplier); err != nil {
		return e, err
	}
	e.Targets = slices.DeleteFunc(e.Targets, func(t survey.Target) bool { return !slices.Contains(e.Domains, t.Declared) })
	all, err := tx.SupplierRequests(organisation)
	if err != nil {
		return e, err
	}
	e.Requests = slices.DeleteFunc(all, func(r register.Request) bool { return r.Supplier != supplier })
	risks, err := tx.Risks(organisation)
	if i := slices.IndexFunc(risks, func(r register.Risk) bool {
		return r.Origin == SupplierOrigin+supplier && r.ClosedOn.IsZero()
	}); i >= 0 {
		e.Risk = risks[i].ID
	}
	return e, err
}

// SupplierStanding is where a supplier stands. Organisation and Name are those of the
// customer.
type SupplierStanding struct {
	Standing
	Supplier register.Supplier
	Areas    []scan.AreaGrade // of the last scan, worst first
	AskedAt  time.Time        // of the last request to mend; zero: never
	Consent  bool             // at least one domain may be scanned as an own target today
}

// Suppliers lists the suppliers of an organisation: those that got worse within the
// week first, then by grade, worst first; those never looked at come last.
func (s *Service) Suppliers(ctx context.Context, a authz.Actor, organisation string) (out []SupplierStanding, weekly bool, err error) {
	err = s.read(ctx, a, organisation, authz.ExposureRead, func(tx *store.Tx) error {
		list, err := tx.Suppliers(organisation)
		if err != nil {
			return err
		}
		requests, err := tx.SupplierRequests(organisation)
		if err != nil {
			return err
		}
		today, week := a.Day(tx.Now()), tx.Now().Add(-7*24*time.Hour)
		for _, x := range list {
			scans, err := tx.SupplierScans(organisation, x.ID)
			if err != nil {
				return err
			}
			targets, err := tx.SupplierTargets(organisation, x.ID)
			if err != nil {
				return err
			}
			names := domainsOf(x)
			y := SupplierStanding{Standing: stand(Standing{Organisation: organisation}, done(scans), week), Supplier: x,
				Consent: slices.ContainsFunc(targets, func(t survey.Target) bool { return t.Proven(today) && slices.Contains(names, t.Declared) })}
			if y.Areas, err = areasOf(y.Last); err != nil {
				return err
			}
			if i := slices.IndexFunc(requests, func(r register.Request) bool { return r.Supplier == x.ID }); i >= 0 {
				y.AskedAt = requests[i].CreatedAt
			}
			out = append(out, y)
		}
		plan, _, err := supplierPlan(tx, organisation)
		weekly = plan.Weekly
		return err
	})
	slices.SortStableFunc(out, func(x, y SupplierStanding) int { return compareStandings(x.Standing, y.Standing) })
	return out, weekly, err
}

// done leaves the scans that have ended.
func done(list []survey.Scan) []survey.Scan {
	return slices.DeleteFunc(slices.Clone(list), func(x survey.Scan) bool { return x.State != survey.Done })
}

// areasOf are the grades of areas as a scan kept them.
func areasOf(x survey.Scan) (list []scan.AreaGrade, err error) {
	if len(x.Areas) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(x.Areas, &list); err != nil {
		return nil, fmt.Errorf("read the grades of scan %s: %w", x.ID, err)
	}
	return list, nil
}

// SharedSupplier is a supplier with all organisations in reach that depend on it:
// entries of their registers that have a domain in common.
type SharedSupplier struct {
	Name    string // in the register of the first
	Domains []string
	Grade   string             // of the newest look; "" when nothing could be judged
	Worse   bool               // it got worse within the week for somebody
	Clients []SupplierStanding // those that depend on it most first
}

// SharedSuppliers lists the suppliers of all organisations in reach: those that got
// worse within the week first, then by grade, then those on whom most depend.
func (s *Service) SharedSuppliers(ctx context.Context, a authz.Actor) (out []SharedSupplier, err error) {
	scope, err := a.Reach(authz.ExposureRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err := tx.SuppliersInReach()
		if err != nil {
			return err
		}
		organisations, err := tx.Portfolio()
		if err != nil {
			return err
		}
		names := map[string]string{}
		for _, o := range organisations {
			names[o.Organisation.ID] = o.Organisation.Name
		}
		scans, err := tx.ScansSince(tx.Now().Add(-lookBack), true)
		if err != nil {
			return err
		}
		of := map[string][]survey.Scan{}
		for _, x := range scans {
			of[x.Supplier] = append(of[x.Supplier], x)
		}
		week := tx.Now().Add(-7 * 24 * time.Hour)
		var all []SupplierStanding
		for _, x := range list {
			if name, active := names[x.Organisation]; active {
				all = append(all, SupplierStanding{Standing: stand(Standing{Organisation: x.Organisation, Name: name}, of[x.ID], week), Supplier: x})
			}
		}
		out = share(all)
		return nil
	})
	return out, err
}

// SupplierOrigin begins the origin of tasks and risks that come from the look at a
// supplier; its id follows.
const SupplierOrigin = "supplier."

// StartSupplier asks for a look at a supplier. Conflict while one waits or runs, and
// when the register knows no domain of it.
func (s *Service) StartSupplier(ctx context.Context, a authz.Actor, organisation, supplier string) error {
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		return s.ask(tx, survey.Scan{Organisation: organisation, Supplier: supplier, AskedBy: a.Person, AskedName: a.Name})
	})
}

// RescanSupplier asks for one check at the place of a finding of the last look at a
// supplier, named by its ID.
func (s *Service) RescanSupplier(ctx context.Context, a authz.Actor, organisation, supplier, key string) error {
	return s.rescan(ctx, a, organisation, supplier, key)
}

// AddSupplierTargets notes the domains of a supplier as what it may let be scanned.
// Those that are noted already keep their token.
func (s *Service) AddSupplierTargets(ctx context.Context, a authz.Actor, organisation, supplier string) error {
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		of, err := supplierOf(tx, organisation, supplier)
		if err != nil {
			return err
		}
		return addDomains(tx, of)
	})
}

func addDomains(tx *store.Tx, of register.Supplier) error {
	names := domainsOf(of)
	if len(names) == 0 {
		return errNoDomain
	}
	for _, name := range names {
		if _, err := addTarget(tx, of.Organisation, of.ID, Draft{Declared: name}); err != nil {
			return err
		}
	}
	return nil
}

// SetSupplierPlan says whether the suppliers of an organisation are looked at each
// week.
func (s *Service) SetSupplierPlan(ctx context.Context, a authz.Actor, organisation string, p survey.SupplierPlan) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keep the plan of looks at suppliers: %w", err)
	}
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		row, err := tx.Setting(organisation, survey.SupplierPlanSetting)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		row.Organisation, row.Name, row.Value = organisation, survey.SupplierPlanSetting, b
		_, err = tx.PutSetting(row)
		return err
	})
}

func supplierPlan(tx *store.Tx, organisation string) (p survey.SupplierPlan, version int64, err error) {
	row, err := tx.Setting(organisation, survey.SupplierPlanSetting)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return p, 0, nil
	}
	if err != nil {
		return p, 0, err
	}
	if err := json.Unmarshal(row.Value, &p); err != nil {
		return p, 0, fmt.Errorf("read the plan of looks at suppliers of %s: %w", organisation, err)
	}
	return p, row.Version, nil
}

// askOfSuppliers asks for the weekly looks at the suppliers of an organisation.
func (s *Service) askOfSuppliers(tx *store.Tx, organisation string) error {
	p, _, err := supplierPlan(tx, organisation)
	if err != nil || !p.Weekly {
		return err
	}
	list, err := tx.Suppliers(organisation)
	if err != nil {
		return err
	}
	for _, x := range list {
		if len(domainsOf(x)) == 0 {
			continue
		}
		scans, err := tx.SupplierScans(organisation, x.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(scans, func(x survey.Scan) bool { return countsForWeek(x, tx.Now()) }) {
			continue
		}
		if err := s.ask(tx, survey.Scan{Organisation: organisation, Supplier: x.ID}); err != nil && !errors.Is(err, errRuns) {
			return err
		}
	}
	return nil
}

// SupplierFormats lists the formats of ExportSupplier.
func SupplierFormats() []string { return []string{PDF, HTML, DOCX, CSV, JSON} }

// ExportSupplier is the last look at a supplier as a file. NotFound when there is none.
func (s *Service) ExportSupplier(ctx context.Context, a authz.Actor, organisation, supplier, format string, p *locale.Printer, brand model.Brand) (file []byte, day law.Date, err error) {
	e, err := s.LoadSupplier(ctx, a, organisation, supplier)
	if err != nil {
		return nil, day, err
	}
	if !slices.Contains(SupplierFormats(), format) {
		return nil, day, invalid("format", fmt.Sprintf("there is no format %q", format), "pdf, html, docx, csv, json")
	}
	e.Problems = nil // no time limit binds others
	return s.export(e.Exposure, format, p, brand, e.Supplier.Name)
}

// failing are the findings that ask for something, worst first.
func failing(worstFirst []exposure.Finding) []exposure.Finding {
	return slices.DeleteFunc(slices.Clone(worstFirst), func(f exposure.Finding) bool { return f.Outcome != exposure.Fail && f.Outcome != exposure.Warn })
}
