package exposure

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Data is knowledge that does not come from the network: vulnerabilities, routing,
// root certificates. Each kind is imported by the operator or shipped with its
// date; a check whose kind is missing says not-tested.
type Data struct {
	Kinds map[string]any // by kind, such as "kev", "epss", "vrps", "origins"; the probes know the types
}

// Session is what a probe works with.
type Session struct {
	Dialer    *Dialer
	Catalogue *Catalogue
	Data      Data
	Scanner   string // product and version
	Agent     string // how probes introduce themselves: product, address for questions
	Settings  map[string]string
	Now       func() time.Time

	record   func(Finding)
	discover func(Target)
}

// Finding starts a finding of a check with what the catalogue and the permit say.
func (s *Session) Finding(check string, t Target) Finding {
	c, _ := s.Catalogue.Get(check)
	return Finding{Check: check, Catalogue: s.Catalogue.Edition, Target: t, Start: s.Now().UTC(), Scanner: s.Scanner,
		Severity: c.Severity, Permit: s.Dialer.permit.scope.ID, Measures: c.Measures, Points: c.Points}
}

// Lets reports whether a check may be done: some need the consent of the owner.
func (s *Session) Lets(check string) bool {
	c, _ := s.Catalogue.Get(check)
	return s.Dialer.permit.Lets(c) || c.ID == ""
}

// Record keeps a finding. A finding without an end ends now.
func (s *Session) Record(f Finding) {
	if f.End.IsZero() {
		f.End = s.Now().UTC()
	}
	s.record(f)
}

// Report records a finding in one go.
func (s *Session) Report(check string, t Target, o Outcome, observed string) {
	f := s.Finding(check, t)
	f.Outcome, f.Observed = o, observed
	s.Record(f)
}

// Skip records that a check was not tested, does not apply, or failed with an
// error, with the reason.
func (s *Session) Skip(check string, t Target, o Outcome, reason string) {
	f := s.Finding(check, t)
	f.Outcome, f.Reason = o, reason
	s.Record(f)
}

// Discover hands on a target that was found: the address of a name, an open port.
// It is looked at by the probes of its level when the permit covers it.
func (s *Session) Discover(t Target) { s.discover(t) }

// Level is what a probe looks at.
type Level string

// The levels.
const (
	OfDomain  Level = "domain"  // a name without address
	OfHost    Level = "host"    // an address without port
	OfService Level = "service" // an address with an open port
)

// level of a target.
func (t Target) level() Level {
	switch {
	case t.Port != 0:
		return OfService
	case t.Address.IsValid():
		return OfHost
	}
	return OfDomain
}

// Probe looks at targets of one level and records findings.
type Probe struct {
	Name   string   // unique
	Level  Level    // of its targets
	Checks []string // that it answers
	Class  Class    // the highest that it needs
	Wants  func(Target) bool
	Run    func(ctx context.Context, s *Session, t Target) error
}

// Progress tells how far a scan is.
type Progress struct {
	Done, Known int    // pieces of work: a probe at a target
	Now         string // what was begun last
}

// Journal remembers finished work, so that a scan that was stopped goes on where
// it was. Finished is asked before a piece of work and told after it, together
// with what it found.
type Journal interface {
	Finished(key string) ([]Finding, []Target, bool)
	Finish(key string, f []Finding, found []Target) error
}

// Scan is one run.
type Scan struct {
	Session  Session
	Probes   []Probe
	Targets  []Target
	Workers  int            // pieces of work at a time; 0: 64
	Journal  Journal        // nil: nothing is remembered
	Progress func(Progress) // nil: nobody looks
	Only     []string       // ids of checks; probes without any of them are left out
}

// Run looks at every target with every probe of its level and hands the findings
// out as they come. It ends when nothing is left, or with the error of ctx or
// ErrStopped; what is finished then is in the journal.
func (s *Scan) Run(ctx context.Context, found func(Finding)) error {
	r := &run{scan: s, found: found, seen: map[string]bool{}, wake: make(chan struct{}, 1)}
	for _, t := range s.Targets {
		r.add(t)
	}
	workers := s.Workers
	if workers <= 0 {
		workers = 64
	}
	return r.work(ctx, workers)
}

type piece struct {
	probe  *Probe
	target Target
}

func (p piece) key() string {
	return p.probe.Name + "|" + string(p.probe.Level) + "|" + p.target.String()
}

type run struct {
	scan  *Scan
	found func(Finding)

	mu    sync.Mutex
	seen  map[string]bool
	queue []piece
	busy  int
	done  int
	known int
	now   string // what was begun last
	err   error
	wake  chan struct{}
}

// add queues the probes for a target, once.
func (r *run) add(t Target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.scan.Probes {
		p := &r.scan.Probes[i]
		if p.Level != t.level() || p.Wants != nil && !p.Wants(t) || !r.scan.asked(p) {
			continue
		}
		work := piece{p, t}
		if r.seen[work.key()] {
			continue
		}
		r.seen[work.key()] = true
		r.queue = append(r.queue, work)
		r.known++
	}
	r.nudge()
}

// pin looks up the name of a target that the journal knows, because this run has not:
// without its addresses nothing at the name may be contacted. What cannot be found is
// refused then, with the reason.
func (r *run) pin(ctx context.Context, t Target) {
	if d := r.scan.Session.Dialer; d != nil && r.scan.Journal != nil && t.Name != "" && t.Address.IsValid() && d.Permit().scope.CoversName(t.Name) {
		_, _ = d.Lookup(ctx, t.Name)
	}
}

func (r *run) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// asked reports whether a probe answers a check that was asked for. Probes that
// only find targets answer none and always run.
func (s *Scan) asked(p *Probe) bool {
	if len(s.Only) == 0 || len(p.Checks) == 0 {
		return true
	}
	for _, only := range s.Only {
		for _, c := range p.Checks {
			if c == only {
				return true
			}
		}
	}
	return false
}

// work runs the queue with at most n pieces at a time until it is empty.
func (r *run) work(ctx context.Context, n int) error {
	var wait sync.WaitGroup
	defer wait.Wait()
	for {
		r.mu.Lock()
		switch {
		case r.err != nil:
			defer r.mu.Unlock()
			return r.err
		case len(r.queue) == 0 && r.busy == 0:
			defer r.mu.Unlock()
			return nil
		case len(r.queue) > 0 && r.busy < n:
			p := r.queue[0]
			r.queue = r.queue[1:]
			r.busy++
			r.mu.Unlock()
			wait.Go(func() { r.do(ctx, p) })
			continue
		}
		r.mu.Unlock()
		select {
		case <-r.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// do runs one piece of work, or takes its result from the journal.
func (r *run) do(ctx context.Context, p piece) {
	findings, targets, known := []Finding(nil), []Target(nil), false
	if j := r.scan.Journal; j != nil {
		findings, targets, known = j.Finished(p.key())
	}
	var err error
	if !known {
		r.progress(p.probe.Name + " " + p.target.String())
		r.pin(ctx, p.target)
		findings, targets, err = r.probe(ctx, p)
		if err == nil && r.scan.Journal != nil {
			err = r.scan.Journal.Finish(p.key(), findings, targets)
		}
	}
	if err == nil {
		r.mu.Lock()
		for _, f := range findings {
			r.found(f)
		}
		r.mu.Unlock()
		for _, t := range targets {
			r.add(t)
		}
	}
	r.mu.Lock()
	r.busy--
	r.done++
	if err != nil && r.err == nil {
		r.err = err
	}
	r.mu.Unlock()
	r.progress("")
	r.nudge()
}

// progress tells how far the scan is; begun is what begins now, or "".
func (r *run) progress(begun string) {
	if r.scan.Progress == nil {
		return
	}
	r.mu.Lock()
	if begun != "" {
		r.now = begun
	}
	p := Progress{Done: r.done, Known: r.known, Now: r.now}
	r.mu.Unlock()
	r.scan.Progress(p)
}

// probe runs a probe on a target. A probe that fails or panics yields the outcome
// error for each of its checks without a finding; only the end of the scan is an
// error.
func (r *run) probe(ctx context.Context, p piece) (findings []Finding, targets []Target, err error) {
	s := r.scan.Session
	if s.Now == nil {
		s.Now = time.Now
	}
	var mu sync.Mutex
	s.record = func(f Finding) { mu.Lock(); findings = append(findings, f); mu.Unlock() }
	s.discover = func(t Target) { mu.Lock(); targets = append(targets, t); mu.Unlock() }
	err = guarded(ctx, &s, p)
	if ctx.Err() != nil || errors.Is(err, ErrStopped) {
		return nil, nil, errors.Join(ctx.Err(), err)
	}
	mu.Lock()
	defer mu.Unlock()
	answered := map[string]bool{}
	for _, f := range findings {
		answered[f.Check] = true
	}
	if err != nil {
		for _, check := range p.probe.Checks {
			if !answered[check] {
				f := s.Finding(check, p.target)
				f.Outcome, f.Reason, f.End = Error, err.Error(), s.Now().UTC()
				findings = append(findings, f)
			}
		}
	}
	return findings, targets, nil
}

// guarded turns a panic of a probe, which reads what hostile servers send, into an
// error.
func guarded(ctx context.Context, s *Session, p piece) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the probe %s failed: %v\n%s", p.probe.Name, v, debug.Stack())
		}
	}()
	return p.probe.Run(ctx, s, p.target)
}
