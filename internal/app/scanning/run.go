package scanning

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Result is the result of a job that scanned.
type Result struct {
	Grade    string `json:"grade"`
	Findings int    `json:"findings"`
	Worse    int64  `json:"worse"`
}

// run does one scan. Its journal lets it go on after the server was stopped.
func (s *Service) run(ctx context.Context, run *jobs.Run) error {
	var in args
	if err := run.Args(&in); err != nil {
		return err
	}
	x, g, before, err := s.prepare(ctx, run, in.Scan)
	if err != nil {
		return err
	}
	parts, err := s.parts(ctx, run, &x, g)
	if err != nil {
		return s.fail(ctx, run, x, err)
	}
	var list []exposure.Finding
	var journals []string
	for _, o := range parts {
		o.Earlier = before
		if err := scan.Run(ctx, o, func(f exposure.Finding) { list = append(list, f) }); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if errors.Is(err, scan.ErrOtherScan) { // the checks or the targets changed since the server was stopped
				err = errors.Join(err, os.Remove(o.Journal))
			}
			return err
		}
		journals = append(journals, o.Journal)
	}
	if len(x.Only) > 0 {
		list = replace(before, list)
	}
	now := s.store.Now()
	history := follow(g.history, list, now)
	if x.Supplier == "" { // no time limit binds others
		list = scan.Judge(s.knowledge.Catalogue, list, sinces(g, history), now)
	}
	return s.finish(ctx, run, x, before, list, history, journals)
}

// given is what an organisation said before a scan.
type given struct {
	targets []survey.Target
	names   []string // domains of the supplier; nil: the organisation itself is scanned
	plan    survey.Plan
	assets  []register.Asset
	risks   []register.Risk
	history []survey.Problem // up to the last scan
}

// prepare reads what a scan needs.
func (s *Service) prepare(ctx context.Context, run *jobs.Run, id string) (x survey.Scan, g given, before []exposure.Finding, err error) {
	err = s.store.Read(ctx, run.Scope(), func(tx *store.Tx) error {
		if x, err = tx.Scan(id); err != nil {
			return err
		}
		if g.targets, err = tx.SupplierTargets(x.Organisation, x.Supplier); err != nil {
			return err
		}
		if x.Supplier != "" {
			of, err := tx.Supplier(x.Supplier)
			if err != nil {
				return err
			}
			g.names = domainsOf(of)
		}
		if g.plan, _, err = plan(tx, x.Organisation); err != nil {
			return err
		}
		if g.assets, err = tx.Assets(x.Organisation); err != nil {
			return err
		}
		if g.risks, err = tx.Risks(x.Organisation); err != nil {
			return err
		}
		last, err := tx.LastSupplierScan(x.Organisation, x.Supplier)
		if err == nil {
			before, g.history, err = findingsAndHistory(tx, last.ID)
		}
		if err != nil && fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	})
	if err != nil && fault.KindOf(err) == fault.NotFound {
		err = jobs.Permanent(err)
	}
	return x, g, before, err
}

// fail ends a scan that cannot be made.
func (s *Service) fail(ctx context.Context, run *jobs.Run, x survey.Scan, why error) error {
	if fault.KindOf(why) == fault.Internal {
		return why
	}
	return run.Finish(ctx, nil, func(tx *store.Tx) error {
		x.State, x.Problem, x.EndedAt = survey.Failed, why.Error(), tx.Now()
		_, err := tx.PutScan(x)
		return err
	})
}

// parts are the scans of which a look is made: that of the targets that are proven now,
// and of a supplier also a visit of the names for which there is no consent.
func (s *Service) parts(ctx context.Context, run *jobs.Run, x *survey.Scan, g given) (list []scan.Options, err error) {
	targets := g.targets
	if x.Supplier != "" {
		targets = slices.DeleteFunc(slices.Clone(targets), func(t survey.Target) bool { return !slices.Contains(g.names, t.Declared) })
	}
	if targets, err = s.stillProven(ctx, run, targets); err != nil {
		return nil, err
	}
	visited := slices.DeleteFunc(slices.Clone(g.names), func(name string) bool {
		return slices.ContainsFunc(targets, func(t survey.Target) bool { return t.Declared == name })
	})
	if err := os.MkdirAll(s.o.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of journals: %w", err)
	}
	x.StartedAt, x.Scanner, x.Catalogue, x.Targets = s.store.Now(), s.o.Scanner, s.knowledge.Catalogue.Edition, nil
	var permits []exposure.Signed
	keep := func(scope exposure.Scope, entries []scan.Entry, journal string) error {
		signed, err := exposure.Sign(scope, s.o.Key)
		if err != nil {
			return err
		}
		permit, err := exposure.Open(signed, s.o.Key.Public().(ed25519.PublicKey))
		if err != nil {
			return err
		}
		for _, e := range entries {
			x.Targets = append(x.Targets, e.Declared)
		}
		permits = append(permits, signed)
		list = append(list, s.options(run, *x, g, permit, entries, journal))
		return nil
	}
	if len(targets) > 0 {
		scope, entries, err := s.scope(x.ID, targets, g.plan)
		if err != nil {
			return nil, err
		}
		if err := keep(scope, entries, journalOf(x.ID)); err != nil {
			return nil, err
		}
	}
	if len(visited) > 0 {
		scope, entries, err := s.visit(x.ID, visited, g.plan)
		if err != nil {
			return nil, err
		}
		if err := keep(scope, entries, visitJournalOf(x.ID)); err != nil {
			return nil, err
		}
	}
	if x.Permit, err = writePermits(permits, x.Supplier != ""); err != nil {
		return nil, err
	}
	if len(list) > 0 && len(x.Only) > 0 {
		return again(list, x.Entry)
	}
	if len(list) == 0 {
		return nil, errNoTarget
	}
	return list, nil
}

// writePermits keeps the permit of a scan, or the list of those of a supplier.
func writePermits(list []exposure.Signed, several bool) (json.RawMessage, error) {
	var what any = list
	if !several && len(list) == 1 {
		what = list[0]
	}
	b, err := json.Marshal(what)
	if err != nil {
		return nil, fmt.Errorf("keep the permit: %w", err)
	}
	return b, nil
}

// again leaves of the parts of a scan, for each of some places with spaces between them,
// the one that covers it.
func again(list []scan.Options, places string) (out []scan.Options, err error) {
	entries := make([][]scan.Entry, len(list))
	for place := range strings.FieldsSeq(places) {
		e, err := scan.Parse(place)
		if err != nil {
			return nil, fmt.Errorf("the place of the check: %w", err)
		}
		i := slices.IndexFunc(list, func(o scan.Options) bool {
			scope := o.Permit.Scope()
			return len(list) == 1 || scope.CoversName(e.Name)
		})
		if i >= 0 {
			entries[i] = append(entries[i], e)
		}
	}
	for i, o := range list {
		if o.Entries = entries[i]; len(o.Entries) > 0 {
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		return nil, errNoTarget
	}
	return out, nil
}

// options is a scan of some entries.
func (s *Service) options(run *jobs.Run, x survey.Scan, g given, permit *exposure.Permit, entries []scan.Entry, journal string) scan.Options {
	return scan.Options{Permit: permit, Entries: entries, Knowledge: s.knowledge, Resolver: s.o.Resolver, Resolvers: s.o.Resolvers, Scanner: s.o.Scanner,
		Agent: "Mozilla/5.0 (compatible; " + s.o.Scanner + "; exposure scan)", Journal: filepath.Join(s.o.Folder, journal), Only: x.Only, Now: s.store.Now, Declared: said(g.assets),
		Progress: func(p exposure.Progress) {
			if p.Known > 0 {
				run.Progress(float64(p.Done)/float64(p.Known), p.Now)
			}
		}}
}

// scope is what may be contacted in a scan: what is proven, without what is
// excluded.
func (s *Service) scope(id string, targets []survey.Target, p survey.Plan) (exposure.Scope, []scan.Entry, error) {
	scope := exposure.Scope{ID: "scan-" + id, From: s.store.Now().Add(-time.Minute), Classes: []exposure.Class{exposure.Passive, exposure.Handshake}, Services: true, Loopback: s.o.Loopback}
	var entries []scan.Entry
	for _, t := range targets {
		e, err := scan.Parse(t.Declared)
		if err != nil {
			return scope, nil, fmt.Errorf("target %s: %w", t.Declared, err)
		}
		entries = append(entries, e)
		proof := exposure.Proof{Kind: string(t.Proof), At: t.ProvenAt, Note: t.Letter}
		for _, who := range []string{t.RecordedName, t.ApprovedName} {
			if who != "" {
				proof.By = append(proof.By, who)
			}
		}
		scan.Covers(&scope, []scan.Entry{e}, proof, t.Sweep, t.Subtree)
		if end := t.Until.AddDays(1).At(time.UTC); scope.Until.IsZero() || end.Before(scope.Until) {
			scope.Until = end // the first end holds for all: none is contacted after its own
		}
	}
	for _, excluded := range p.Exclude {
		if err := scan.Exclude(&scope.Exclude, excluded); err != nil {
			return scope, nil, err
		}
	}
	return scope, entries, nil
}

// visit is what may be contacted of names whose owner did not consent: what every
// visitor contacts, without what is excluded.
func (s *Service) visit(id string, names []string, p survey.Plan) (exposure.Scope, []scan.Entry, error) {
	now := s.store.Now()
	scope := exposure.Scope{ID: "visit-" + id, From: now.Add(-time.Minute), Until: now.Add(longestVisit), Classes: []exposure.Class{exposure.Passive}, Services: true, Visit: true}
	if s.o.Loopback {
		scope.Loopback = true
		scope.Networks = []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}
	}
	var entries []scan.Entry
	for _, name := range names {
		e, err := scan.Parse(name)
		if err != nil {
			return scope, nil, fmt.Errorf("domain %s: %w", name, err)
		}
		entries = append(entries, e)
		scan.Covers(&scope, []scan.Entry{e}, exposure.Proof{Kind: "visit", At: now}, false, false)
	}
	for _, excluded := range p.Exclude {
		if err := scan.Exclude(&scope.Exclude, excluded); err != nil {
			return scope, nil, err
		}
	}
	return scope, entries, nil
}

// longestVisit is for how long a visit may go on.
const longestVisit = 12 * time.Hour

// stillProven looks for the records and files once more, and leaves out what is not
// proven any more.
func (s *Service) stillProven(ctx context.Context, run *jobs.Run, targets []survey.Target) (out []survey.Target, err error) {
	var today law.Date
	err = s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		today, err = tx.Today()
		return err
	})
	if err != nil {
		return nil, err
	}
	targets = slices.DeleteFunc(slices.Clone(targets), func(t survey.Target) bool { return !t.Proven(today) })
	problems := make([]error, len(targets))
	var wait sync.WaitGroup
	places := make(chan struct{}, 8)
	for i, t := range targets {
		if t.Proof == survey.Letter {
			continue
		}
		wait.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			_, problems[i] = s.look(ctx, t)
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, t := range targets {
		if problems[i] == nil {
			out = append(out, t)
			continue
		}
		err := s.store.Write(ctx, run.Scope(), run.Change(), func(tx *store.Tx) error {
			now, err := tx.ScanTarget(t.ID)
			if err != nil {
				return err
			}
			now.ProvenAt, now.Problem = time.Time{}, problems[i].Error()
			_, err = tx.PutScanTarget(now)
			return err
		})
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
	}
	return out, nil
}

// replace takes findings over from the scan before, but for those that were looked
// for again.
func replace(before, again []exposure.Finding) []exposure.Finding {
	fresh := map[string]bool{}
	for _, f := range again {
		fresh[f.Key()] = true
	}
	out := slices.DeleteFunc(slices.Clone(before), func(f exposure.Finding) bool { return fresh[f.Key()] })
	return append(out, again...)
}

// finish keeps what was found, in one transaction with the end of the job.
func (s *Service) finish(ctx context.Context, run *jobs.Run, x survey.Scan, before, list []exposure.Finding, history []survey.Problem, journals []string) error {
	body, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("keep the findings: %w", err)
	}
	sum := sha256.Sum256(body)
	areas, grade := scan.Grades(s.knowledge.Catalogue, list)
	_, was := scan.Grades(s.knowledge.Catalogue, before)
	x.State, x.Grade, x.Before, x.SHA256 = survey.Done, string(grade), string(was), hex.EncodeToString(sum[:])
	if x.Areas, err = json.Marshal(areas); err != nil {
		return fmt.Errorf("keep the grades: %w", err)
	}
	count(&x, before, list)
	if x.Supplier == "" { // what is seen of others says nothing of the organisation's own measures
		if x.Observations, err = json.Marshal(s.observe(list, s.o.Scanner, law.DateOf(s.store.Now()))); err != nil {
			return fmt.Errorf("keep the observations: %w", err)
		}
	}
	err = run.Finish(ctx, Result{string(grade), len(list), x.Worse}, func(tx *store.Tx) error {
		done := x
		done.EndedAt = tx.Now()
		if _, err := tx.PutScan(done); err != nil {
			return err
		}
		if _, err := tx.PutScanFindings(survey.Findings{Scan: x.ID, Organisation: x.Organisation, List: body, History: history}); err != nil {
			return err
		}
		if err := thin(tx, x.Organisation, x.Supplier); err != nil {
			return err
		}
		if x.Supplier != "" {
			return tellOfSupplier(tx, done)
		}
		if err := s.closeMended(tx, done, list); err != nil {
			return err
		}
		if err := s.clients.Recompute(tx, x.Organisation); err != nil {
			return err
		}
		return tell(tx, done)
	})
	if err == nil {
		for _, journal := range journals {
			_ = os.Remove(journal) // what is left of it is only in the way
		}
	}
	return err
}

// count counts the outcomes, and what changed since the scan before.
func count(x *survey.Scan, before, list []exposure.Finding) {
	x.Failures, x.Warnings, x.Errors, x.Worse, x.Better = 0, 0, 0, 0, 0
	for _, f := range list {
		switch f.Outcome {
		case exposure.Fail:
			x.Failures++
		case exposure.Warn:
			x.Warnings++
		case exposure.Error:
			x.Errors++
		}
	}
	if before == nil {
		return
	}
	for _, step := range scan.Drift(before, list) {
		switch step.Change {
		case scan.Worse, scan.Appeared:
			x.Worse++
		case scan.Better, scan.Gone:
			x.Better++
		}
	}
}

// tell says to whoever asked that the scan has ended, and when things got worse in a
// scan that nobody asked for, to everybody who may act.
func tell(tx *store.Tx, x survey.Scan) error {
	return tellAll(tx, x, "job.scan.done", "job.scan.worse", "/organisations/"+x.Organisation+"/exposure", map[string]any{"grade": cmp.Or(x.Grade, "–"), "worse": x.Worse})
}

// tellOfSupplier is tell for the scan of a supplier.
func tellOfSupplier(tx *store.Tx, x survey.Scan) error {
	of, err := tx.Supplier(x.Supplier)
	if err != nil {
		return err
	}
	return tellAll(tx, x, "job.scan.supplier_done", "job.scan.supplier_worse", "/organisations/"+x.Organisation+"/suppliers/"+x.Supplier+"/exposure",
		map[string]any{"supplier": of.Name, "grade": cmp.Or(x.Grade, "–"), "worse": x.Worse})
}

func tellAll(tx *store.Tx, x survey.Scan, done, worse, link string, args map[string]any) error {
	members, err := tx.MembersOf(x.Organisation)
	if err != nil {
		return err
	}
	b, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("notice of a scan: %w", err)
	}
	told := map[string]bool{}
	for _, m := range members {
		key := done
		if x.AskedBy == "" {
			key = worse
		}
		if told[m.Person] || x.AskedBy != "" && m.Person != x.AskedBy || x.AskedBy == "" && (x.Worse == 0 || !authz.Allows(m.Role, authz.ExposureScan)) {
			continue
		}
		told[m.Person] = true
		if err := tx.Notify(desk.Notice{Person: m.Person, Organisation: x.Organisation, Key: key, Args: b, Link: link}); err != nil {
			return err
		}
	}
	return nil
}
