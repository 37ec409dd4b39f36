package scan

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// The checks that compare scans over time. No probe answers them.
const (
	InTime  = "VULN-06"
	Decided = "VULN-07"
)

// Judged lists the checks that Judge answers.
func Judged() []string { return []string{InTime, Decided} }

// Since is what earlier scans say of a failure.
type Since struct {
	First    time.Time   // when it was seen first, without having been mended since
	Again    bool        // it had been mended before First
	Due      time.Time   // first instant after its time limit; zero: there is no limit
	Accepted *Acceptance // nil: nobody accepted the risk
}

// Acceptance is the decision that a failure stays.
type Acceptance struct {
	Reason, Owner string
	Until         time.Time // first instant after its end
}

func (a *Acceptance) holds(at time.Time) bool {
	return a != nil && a.Reason != "" && a.Owner != "" && at.Before(a.Until)
}

// Judge answers the checks over time for the findings of one scan, and leaves its
// findings as they are; earlier answers are dropped. history holds what is known of
// failures by exposure.Finding.Key; one that is new has no entry or begins now.
func Judge(c *exposure.Catalogue, list []exposure.Finding, history map[string]Since, at time.Time) []exposure.Finding {
	out := slices.DeleteFunc(slices.Clone(list), func(f exposure.Finding) bool { return slices.Contains(Judged(), f.Check) })
	var order []string
	places, declared := map[string]*place{}, map[string]bool{}
	for _, f := range out {
		key := f.Target.Declared + "|" + f.Target.String()
		if _, seen := declared[f.Target.Declared]; !seen {
			declared[f.Target.Declared] = false
		}
		if f.Outcome != exposure.Fail {
			continue
		}
		declared[f.Target.Declared] = true
		if places[key] == nil {
			places[key] = &place{target: f.Target, like: f}
			order = append(order, key)
		}
		places[key].add(f, history[f.Key()], at)
	}
	for _, key := range order {
		p := places[key]
		out = append(out, p.inTime(c, at))
		if f, ok := p.decided(c, at); ok {
			out = append(out, f)
		}
	}
	return append(out, nothingOpen(c, out, declared, at)...)
}

// place is what fails at one target.
type place struct {
	target exposure.Target
	like   exposure.Finding // with scanner, permit and catalogue

	late, again, accepted, lapsed []string
	open                          int
	worst                         exposure.Severity // of what is late
}

func (p *place) add(f exposure.Finding, s Since, at time.Time) {
	first := s.First
	if first.IsZero() {
		first = at
	}
	words := f.Check + " since " + first.UTC().Format(time.DateOnly)
	if s.Accepted != nil {
		until := words + ", accepted until " + s.Accepted.Until.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
		if s.Accepted.holds(at) {
			p.accepted = append(p.accepted, until)
			return
		}
		p.lapsed = append(p.lapsed, until)
	}
	p.open++
	switch {
	case !s.Due.IsZero() && !at.Before(s.Due):
		p.late = append(p.late, words+", due "+s.Due.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
		if p.worst == "" || slices.Index(exposure.Severities(), f.Severity) < slices.Index(exposure.Severities(), p.worst) {
			p.worst = f.Severity
		}
	case s.Again:
		p.again = append(p.again, words+", mended before and there again")
	}
}

// answer begins a finding about time at a target.
func answer(c *exposure.Catalogue, check string, like exposure.Finding, t exposure.Target, at time.Time) exposure.Finding {
	entry, _ := c.Get(check)
	return exposure.Finding{Check: check, Catalogue: like.Catalogue, Target: t, Start: at.UTC(), End: at.UTC(), Scanner: like.Scanner, Severity: entry.Severity, Permit: like.Permit,
		Measures: entry.Measures, Points: entry.Points, Citation: entry.Citation()}
}

func (p *place) inTime(c *exposure.Catalogue, at time.Time) exposure.Finding {
	f := answer(c, InTime, p.like, p.target, at)
	f.Expected = "each failure mended within the limit of its severity"
	switch {
	case len(p.late) > 0:
		f.Outcome, f.Severity, f.Observed = exposure.Fail, p.worst, strings.Join(append(p.late, p.again...), "; ")
	case len(p.again) > 0:
		f.Outcome, f.Observed = exposure.Warn, strings.Join(p.again, "; ")
	case p.open == 0:
		f.Outcome, f.Reason = exposure.NotApplicable, "the risk of what fails is accepted"
	default:
		f.Outcome, f.Observed = exposure.Pass, "what fails is within its limit"
	}
	return f
}

// decided answers whether accepted risks are accepted in full; ok is false when none
// is.
func (p *place) decided(c *exposure.Catalogue, at time.Time) (f exposure.Finding, ok bool) {
	f = answer(c, Decided, p.like, p.target, at)
	f.Expected = "a reason, an owner and a day of review that has not passed"
	switch {
	case len(p.lapsed) > 0:
		f.Outcome, f.Observed = exposure.Fail, strings.Join(p.lapsed, "; ")
	case len(p.accepted) > 0:
		f.Outcome, f.Observed = exposure.Pass, strings.Join(p.accepted, "; ")
	default:
		return f, false
	}
	return f, true
}

// nothingOpen answers for the targets at which nothing fails.
func nothingOpen(c *exposure.Catalogue, list []exposure.Finding, fails map[string]bool, at time.Time) (out []exposure.Finding) {
	seen := map[string]bool{}
	for _, f := range list {
		d := f.Target.Declared
		if seen[d] || fails[d] {
			continue
		}
		seen[d] = true
		pass := answer(c, InTime, f, bare(d), at)
		pass.Outcome, pass.Observed = exposure.Pass, "nothing fails"
		out = append(out, pass)
	}
	return out
}

// bare is a target as such.
func bare(declared string) exposure.Target {
	t := exposure.Target{Declared: declared}
	if e, err := Parse(declared); err == nil {
		t.Name, t.Port, t.Service = e.Name, e.Port, e.Service
		if e.Name == "" && e.Prefix.IsSingleIP() {
			t.Address = e.Prefix.Addr()
		}
	}
	if t.Name == "" && t.Address == (netip.Addr{}) {
		t.Name = cmp.Or(t.Name, declared)
	}
	return t
}

// unjudged answers the checks over time for a scan that stands alone.
func unjudged(s *exposure.Session, e Entry) (out []exposure.Finding) {
	for check, reason := range map[string]string{InTime: "no earlier scan is known", Decided: "no register of risks is known"} {
		f := s.Finding(check, bare(e.Declared))
		f.Outcome, f.Reason, f.End = exposure.NotTested, reason, f.Start
		out = append(out, f)
	}
	slices.SortFunc(out, func(x, y exposure.Finding) int { return cmp.Compare(x.Check, y.Check) })
	return out
}
