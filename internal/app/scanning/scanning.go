package scanning

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Options of New.
type Options struct {
	Key      ed25519.PrivateKey // signs what may be scanned
	Folder   string             // for the journals of scans that run
	Scanner  string             // product and version
	Mails    *mailing.Mailer    // asks suppliers to mend what is seen
	Loopback bool               // for tests: addresses of this machine may be targets

	Data      []string          // files with what the operator has, as scan.Imports says
	Resolvers []netip.AddrPort  // recursive resolvers; nil: those of this machine
	Resolver  exposure.Resolver // finds addresses in their place; checks of names are then errors

	TXT func(ctx context.Context, name string) (texts []string, err error) // records with proofs; nil: at Resolvers
}

// Service is the use cases. It is safe for concurrent use.
//
// Every method that takes an organisation answers NotFound to an actor who does not
// belong to it and Forbidden to one whose role is too low.
type Service struct {
	store     *store.Store
	clients   *clients.Service
	catalogue *catalog.Catalogue
	knowledge scan.Knowledge
	rules     []rule
	o         Options
}

// New makes the service.
func New(s *store.Store, c *clients.Service, cat *catalog.Catalogue, o Options) (*Service, error) {
	k, err := scan.Load(content.FS)
	if err != nil {
		return nil, err
	}
	rules, err := loadRules(content.FS, cat)
	if err != nil {
		return nil, err
	}
	for _, what := range o.Data {
		if err := k.Import(what); err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Field: "--exposure-data", What: err.Error(), Expected: scan.Imports, Cause: err}
		}
	}
	if o.TXT == nil {
		o.TXT = textsAt(o.Resolvers)
	}
	if o.Resolver == nil && len(o.Resolvers) == 0 {
		if o.Resolvers, err = dnsprobe.SystemResolvers("/etc/resolv.conf"); err != nil {
			o.Resolver = SystemResolver(netip.AddrPort{})
		}
	}
	return &Service{store: s, clients: c, catalogue: cat, knowledge: k, rules: rules, o: o}, nil
}

// Catalogue is the checks of the scanner.
func (s *Service) Catalogue() *exposure.Catalogue { return s.knowledge.Catalogue }

func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Write(ctx, s.store, a, organisation, need, f)
}

func (s *Service) read(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Read(ctx, s.store, a, organisation, need, f)
}

// Exposure is what the pages of one organisation show.
type Exposure struct {
	Targets  []survey.Target
	Plan     survey.Plan
	Scans    []survey.Scan      // newest first, without findings
	Last     survey.Scan        // that is done; without an id there is none
	Findings []exposure.Finding // of Last, worst first
	Areas    []scan.AreaGrade   // of Last, worst first
	Drift    []scan.Step        // from the scan before to Last
	Job      work.Job           // of a scan that waits or runs; without an id there is none
	Assets   []register.Asset   // of the register
	Problems []OpenProblem      // of Last: what is late first, then by the last day
	Zone     *time.Location     // where whoever loaded it is, else the workspace
}

// on is the day of the end of the last scan.
func (e Exposure) on() law.Date { return law.DateOf(e.Last.EndedAt.In(e.Zone)) }

// Load gives what is known of an organisation's exposure.
func (s *Service) Load(ctx context.Context, a authz.Actor, organisation string) (e Exposure, err error) {
	err = s.read(ctx, a, organisation, authz.ExposureRead, func(tx *store.Tx) error {
		e, err = s.load(tx, organisation, "")
		return err
	})
	e.Zone = a.Location()
	return e, err
}

// load reads what is known of an organisation, or of a supplier of it.
func (s *Service) load(tx *store.Tx, organisation, supplier string) (e Exposure, err error) {
	if e.Zone, err = tx.Zone(); err != nil {
		return e, err
	}
	if e.Targets, err = tx.SupplierTargets(organisation, supplier); err != nil {
		return e, err
	}
	if e.Plan, _, err = plan(tx, organisation); err != nil {
		return e, err
	}
	if e.Assets, err = tx.Assets(organisation); err != nil {
		return e, err
	}
	if e.Scans, err = tx.SupplierScans(organisation, supplier); err != nil {
		return e, err
	}
	if len(e.Scans) > 0 && e.Scans[0].State == survey.Waiting {
		j, err := tx.Job(e.Scans[0].Job)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return e, err
		}
		if err == nil && (j.State == work.Waiting || j.State == work.Running) {
			e.Job = j
		}
	}
	done := slices.DeleteFunc(slices.Clone(e.Scans), func(x survey.Scan) bool { return x.State != survey.Done })
	if len(done) == 0 {
		return e, nil
	}
	e.Last = done[0]
	if err := e.see(tx, organisation); err != nil {
		return e, err
	}
	e.Findings = scan.Worst(e.Findings)
	e.Areas, _ = scan.Grades(s.knowledge.Catalogue, e.Findings)
	if len(done) > 1 {
		before, err := findings(tx, done[1].ID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return e, err
		}
		if err == nil {
			e.Drift = append([]scan.Step{}, scan.Drift(before, e.Findings)...)
		}
	}
	return e, nil
}

// see reads what the last scan found, and since when.
func (e *Exposure) see(tx *store.Tx, organisation string) error {
	var history []survey.Problem
	var err error
	if e.Findings, history, err = findingsAndHistory(tx, e.Last.ID); err != nil {
		return err
	}
	risks, err := tx.Risks(organisation)
	if err != nil {
		return err
	}
	today, err := tx.Today()
	e.Problems = openProblems(history, e.Plan, risks, today)
	return err
}

// findings reads what a scan found.
func findings(tx *store.Tx, id string) ([]exposure.Finding, error) {
	list, _, err := findingsAndHistory(tx, id)
	return list, err
}

func findingsAndHistory(tx *store.Tx, id string) (list []exposure.Finding, history []survey.Problem, err error) {
	row, err := tx.ScanFindings(id)
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(row.List, &list); err != nil {
		return nil, nil, fmt.Errorf("read the findings of scan %s: %w", id, err)
	}
	return list, row.History, nil
}

// plan is the setting of an organisation and its version.
func plan(tx *store.Tx, organisation string) (p survey.Plan, version int64, err error) {
	row, err := tx.Setting(organisation, survey.PlanSetting)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return p, 0, nil
	}
	if err != nil {
		return p, 0, err
	}
	if err := json.Unmarshal(row.Value, &p); err != nil {
		return p, 0, fmt.Errorf("read the plan of scans of %s: %w", organisation, err)
	}
	return p, row.Version, nil
}

// kind is that of the jobs that scan.
const (
	kind    = "scanning.scan"
	dueKind = "scanning.due" // of the server: asks for the scans of the week
)

type args struct {
	Scan string `json:"scan"`
}

// Install adds the long work of the service to the queue.
func (s *Service) Install(r *jobs.Runner) error {
	r.Handle(kind, s.run)
	r.Handle(dueKind, s.due)
	return r.Every(dueKind, dueKind, "daily 02:20")
}

// Start asks for a scan of all proven targets. Conflict while one waits or runs.
func (s *Service) Start(ctx context.Context, a authz.Actor, organisation string) error {
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		return s.ask(tx, survey.Scan{Organisation: organisation, AskedBy: a.Person, AskedName: a.Name})
	})
}

// Rescan asks for one check at the place of a finding of the last scan, named by its
// key. Everything else is taken over from that scan.
func (s *Service) Rescan(ctx context.Context, a authz.Actor, organisation, key string) error {
	return s.rescan(ctx, a, organisation, "", key)
}

func (s *Service) rescan(ctx context.Context, a authz.Actor, organisation, supplier, key string) error {
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		last, err := tx.LastSupplierScan(organisation, supplier)
		if err != nil {
			return err
		}
		list, err := findings(tx, last.ID)
		if err != nil {
			return err
		}
		f, ok := Find(list, key)
		if !ok {
			return errNoFinding
		}
		if slices.Contains(scan.Judged(), f.Check) {
			return errNotAlone
		}
		return s.ask(tx, survey.Scan{Organisation: organisation, Supplier: supplier, Only: []string{f.Check}, Entry: entryOf(f.Target), AskedBy: a.Person, AskedName: a.Name})
	})
}

// mostAgain is at how many places a check is made again at once.
const mostAgain = 100

// RescanCheck asks for one check again at all places where it failed or warned in the
// last scan. Everything else is taken over from that scan.
func (s *Service) RescanCheck(ctx context.Context, a authz.Actor, organisation, check string) error {
	if slices.Contains(scan.Judged(), check) {
		return errNotAlone
	}
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		last, err := tx.LastScan(organisation)
		if err != nil {
			return err
		}
		list, err := findings(tx, last.ID)
		if err != nil {
			return err
		}
		var places []string
		for _, f := range list {
			if place := entryOf(f.Target); f.Check == check && bad(f) && !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
		if len(places) == 0 {
			return errNoFinding
		}
		return s.ask(tx, survey.Scan{Organisation: organisation, Only: []string{check}, Entry: strings.Join(places[:min(len(places), mostAgain)], " "), AskedBy: a.Person, AskedName: a.Name})
	})
}

var errNotAlone = &fault.Error{Kind: fault.Conflict, What: "this check cannot be done on its own", Expected: "a new scan of everything"}

var errNoFinding = &fault.Error{Kind: fault.NotFound, What: "there is no such finding in the last scan"}

// ID is how a finding is named in addresses.
func ID(f exposure.Finding) string { return exposure.TranscriptHash([]byte(f.Key()))[:16] }

// Find looks for a finding by its ID.
func Find(list []exposure.Finding, id string) (exposure.Finding, bool) {
	i := slices.IndexFunc(list, func(f exposure.Finding) bool { return ID(f) == id })
	if i < 0 {
		return exposure.Finding{}, false
	}
	return list[i], true
}

// entryOf is the target of a scan that looks at one place only.
func entryOf(t exposure.Target) string {
	host := t.Name
	if host == "" {
		host = t.Address.String()
		if t.Address.Is6() && t.Port != 0 {
			host = "[" + host + "]"
		}
	}
	if t.Port == 0 {
		return host
	}
	at := fmt.Sprintf("%s:%d", host, t.Port)
	if _, err := scan.Parse(t.Service + "://" + at); t.Service != "" && err == nil {
		return t.Service + "://" + at
	}
	return at
}

var (
	errRuns     = &fault.Error{Kind: fault.Conflict, What: "a scan waits or runs already", Expected: "its end"}
	errNoTarget = &fault.Error{Kind: fault.Conflict, What: "no target is proven", Expected: "a name or a range whose authorisation is proven and has not ended"}
)

// ask queues a scan.
func (s *Service) ask(tx *store.Tx, x survey.Scan) error {
	if x.Supplier != "" {
		of, err := supplierOf(tx, x.Organisation, x.Supplier)
		if err != nil {
			return err
		}
		if len(domainsOf(of)) == 0 {
			return errNoDomain
		}
	} else {
		targets, err := tx.ScanTargets(x.Organisation)
		if err != nil {
			return err
		}
		today, err := tx.Today()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(targets, func(t survey.Target) bool { return t.Proven(today) }) {
			return errNoTarget
		}
	}
	list, err := tx.SupplierScans(x.Organisation, x.Supplier)
	if err != nil {
		return err
	}
	for _, old := range list {
		if old.State != survey.Waiting {
			continue
		}
		j, err := tx.Job(old.Job)
		switch {
		case err != nil && fault.KindOf(err) != fault.NotFound:
			return err
		case err == nil && (j.State == work.Waiting || j.State == work.Running):
			return errRuns
		}
		old.State, old.EndedAt, old.Problem = survey.Failed, tx.Now(), stopped // whoever stopped its job could not say so here
		if _, err := tx.PutScan(old); err != nil {
			return err
		}
	}
	x.State = survey.Waiting
	x, err = tx.PutScan(x)
	if err != nil {
		return err
	}
	j, err := jobs.Enqueue(tx, kind, args{x.ID}, work.Job{Organisation: x.Organisation, Unique: x.Organisation + x.Supplier, Priority: 3})
	if err != nil {
		return err
	}
	x.Job = j.ID
	_, err = tx.PutScan(x)
	return err
}

// weekly is how old the last scan is when the next is asked for: a little less than
// a week, so that the hour of the night stays.
const weekly = 7*24*time.Hour - 2*time.Hour

// due asks for the weekly scans of all organisations that want them.
func (s *Service) due(ctx context.Context, run *jobs.Run) error {
	var places, supplied []store.Place
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		if places, err = tx.ScanPlaces(law.DateOf(tx.Now())); err != nil {
			return err
		}
		supplied, err = tx.SupplierPlaces()
		return err
	})
	if err != nil {
		return err
	}
	return run.Finish(ctx, nil, func(tx *store.Tx) error {
		for _, p := range places {
			at := tx.In(p.Workspace, p.Organisation)
			if err := errors.Join(s.askWhenDue(at, p.Organisation), tellLate(at, p.Organisation), tellEnding(at, p.Organisation)); err != nil {
				return err
			}
		}
		for _, p := range supplied {
			if err := s.askOfSuppliers(tx.In(p.Workspace, p.Organisation), p.Organisation); err != nil {
				return err
			}
		}
		return nil
	})
}

// countsForWeek reports whether a scan stands for that of the week: one of everything
// that did not fail. One that somebody stopped is not begun again by itself.
func countsForWeek(x survey.Scan, now time.Time) bool {
	return len(x.Only) == 0 && (x.State != survey.Failed || x.Problem == stopped) && now.Sub(x.CreatedAt) < weekly
}

func (s *Service) askWhenDue(tx *store.Tx, organisation string) error {
	p, _, err := plan(tx, organisation)
	if err != nil || !p.Weekly {
		return err
	}
	list, err := tx.Scans(organisation)
	if err != nil || slices.ContainsFunc(list, func(x survey.Scan) bool { return countsForWeek(x, tx.Now()) }) {
		return err
	}
	err = s.ask(tx, survey.Scan{Organisation: organisation})
	if errors.Is(err, errRuns) || errors.Is(err, errNoTarget) {
		return nil
	}
	return err
}

// SetPlan says whether the organisation is scanned each week, and what is never
// contacted: one name, address, range or port (as ":3389") each.
func (s *Service) SetPlan(ctx context.Context, a authz.Actor, organisation string, p survey.Plan) error {
	for _, x := range p.Exclude {
		if err := scan.Exclude(&exposure.Exclusion{}, x); err != nil {
			return &fault.Error{Kind: fault.Invalid, Field: "exclude", What: err.Error(), Expected: "one name, address, range, or port as :3389 per line"}
		}
	}
	for severity, n := range p.Days {
		if _, known := survey.Limits()[severity]; !known || n < 1 || n > survey.LongestLimit {
			return &fault.Error{Kind: fault.Invalid, Field: "days_" + severity, What: fmt.Sprintf("%d days do not fit", n), Expected: fmt.Sprintf("1 to %d days", survey.LongestLimit)}
		}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keep the plan of scans: %w", err)
	}
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		row, err := tx.Setting(organisation, survey.PlanSetting)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		row.Organisation, row.Name, row.Value = organisation, survey.PlanSetting, b
		_, err = tx.PutSetting(row)
		return err
	})
}

// Standing is where an organisation stands in the portfolio.
type Standing struct {
	Organisation string
	Name         string
	Last         survey.Scan // without an id: never scanned
	Before       string      // grade of a week ago; "" when there was none
	Worse        int64       // checks that got worse within the week
	Better       int64
}

// GotWorse reports whether the organisation stands worse than a week ago.
func (s Standing) GotWorse() bool { return s.Worse > 0 || s.Before != "" && s.Last.Grade > s.Before }

// lookBack is how far the portfolio looks back for scans.
const lookBack = 400 * 24 * time.Hour

// Portfolio lists the organisations in reach, those that got worse this week first,
// then by grade, worst first; those never scanned come last.
func (s *Service) Portfolio(ctx context.Context, a authz.Actor) (out []Standing, err error) {
	scope, err := a.Reach(authz.ExposureRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err := tx.Portfolio()
		if err != nil {
			return err
		}
		all, err := tx.ScansSince(tx.Now().Add(-lookBack), false)
		if err != nil {
			return err
		}
		week := tx.Now().Add(-7 * 24 * time.Hour)
		of := map[string][]survey.Scan{}
		for _, x := range all {
			of[x.Organisation] = append(of[x.Organisation], x)
		}
		for _, o := range list {
			out = append(out, stand(Standing{Organisation: o.Organisation.ID, Name: o.Organisation.Name}, of[o.Organisation.ID], week))
		}
		return nil
	})
	slices.SortStableFunc(out, compareStandings)
	return out, err
}

// stand fills a standing from the scans of an organisation, newest first.
func stand(s Standing, scans []survey.Scan, week time.Time) Standing {
	if len(scans) == 0 {
		return s
	}
	s.Last = scans[0]
	for _, x := range scans {
		if x.EndedAt.Before(week) {
			s.Before = x.Grade
			break
		}
		s.Worse, s.Better = s.Worse+x.Worse, s.Better+x.Better
		s.Before = x.Before
	}
	return s
}

func compareStandings(x, y Standing) int {
	tier := func(s Standing) int {
		switch {
		case s.Last.ID == "":
			return 2
		case s.GotWorse():
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(tier(x), tier(y)), cmp.Compare(y.Last.Grade, x.Last.Grade), cmp.Compare(y.Worse, x.Worse), cmp.Compare(x.Name, y.Name))
}

// kept is how many scans of an organisation, or of a supplier, keep their findings.
const kept = 15

// thin drops the findings of all but the newest scans.
func thin(tx *store.Tx, organisation, supplier string) error {
	ids, err := tx.ScansWithFindings(organisation)
	if err != nil {
		return err
	}
	list, err := tx.SupplierScans(organisation, supplier)
	if err != nil {
		return err
	}
	for i, x := range list {
		if i >= kept && slices.Contains(ids, x.ID) {
			if err := tx.RemoveScanFindings(x.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
