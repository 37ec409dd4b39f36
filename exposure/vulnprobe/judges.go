package vulnprobe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// mostListed is how many vulnerabilities a finding names.
const mostListed = 12

func recognised(v *view, f *exposure.Finding) {
	var text []string
	confidence := Exact
	for _, p := range v.products {
		text = append(text, p.String()+" — "+p.CPE.String())
		if !p.Versioned() {
			confidence = VendorOnly
		}
	}
	f.Outcome, f.Observed, f.Confidence = exposure.Info, strings.Join(text, "; "), string(confidence)
}

func notTested(f *exposure.Finding, format string, args ...any) {
	f.Outcome, f.Reason = exposure.NotTested, fmt.Sprintf(format, args...)
}

// hit is a vulnerability of one of the programs.
type hit struct {
	product Product
	match   Match
}

// hits lists all, worst first within each program. versions reports whether a
// version was known at all.
func (v *view) hits() (out []hit, versions bool) {
	for i, p := range v.products {
		versions = versions || p.Versioned()
		for _, m := range v.matches[i] {
			out = append(out, hit{p, m})
		}
	}
	return out, versions
}

// unversioned lists the programs whose version is not known.
func (v *view) unversioned() string {
	var names []string
	for _, p := range v.products {
		if !p.Versioned() {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, ", ")
}

// comparable settles a check that needs the vulnerability database.
func (v *view) comparable(f *exposure.Finding) (list []hit, settled bool) {
	if v.nvd == nil {
		notTested(f, "no vulnerability database was imported (NVD, format 2.0)")
		return nil, true
	}
	list, versions := v.hits()
	if !versions {
		notTested(f, "the version of %s is not told", v.unversioned())
		return nil, true
	}
	return list, false
}

// surest is the highest confidence of some hits; an outcome follows from it.
func surest(list []hit) (Confidence, exposure.Outcome) {
	best := VendorOnly
	for _, h := range list {
		if surer(h.match.Confidence, best) {
			best = h.match.Confidence
		}
	}
	if best == Unconfirmed || best == VendorOnly {
		return best, exposure.Warn
	}
	return best, exposure.Fail
}

// exploited judges VULN-01. An old catalogue shows what is exploited, never that
// nothing is.
func exploited(v *view, f *exposure.Finding) {
	f.Expected = "no vulnerability of the program is known to be exploited"
	if v.kev == nil {
		notTested(f, "no catalogue of known exploited vulnerabilities was imported (KEV)")
		return
	}
	if v.nvd == nil {
		exploitedByName(v, f)
		return
	}
	list, settled := v.comparable(f)
	if settled {
		return
	}
	list = slices.DeleteFunc(list, func(h hit) bool { _, ok := v.kev.Get(h.match.ID); return !ok })
	state, old := v.kev.told(v.now)
	if len(list) == 0 {
		f.Outcome, f.Observed = exposure.Pass, "none; "+state+"; "+v.nvd.state()+v.rest()
		if old {
			f.Outcome = exposure.Info
		}
		return
	}
	var text []string
	for _, h := range list[:min(len(list), mostListed)] {
		text = append(text, fmt.Sprintf("%s: %s (%s%s)", h.product, h.match.ID, h.match.Confidence, v.kev.byID[h.match.ID].note()))
	}
	c, o := surest(list)
	f.Outcome, f.Confidence, f.Observed = o, string(c), strings.Join(text, "; ")+more(len(list))+"; "+state
}

func (e Exploited) note() string {
	note := ", exploited since " + e.Added + " at the latest"
	if e.Ransomware {
		note += ", by ransomware too"
	}
	return note
}

// rest names what was left out of a verdict.
func (v *view) rest() string {
	if names := v.unversioned(); names != "" {
		return "; not compared, because the version is not told: " + names
	}
	return ""
}

func more(n int) string {
	if n > mostListed {
		return fmt.Sprintf(" and %d more", n-mostListed)
	}
	return ""
}

// exploitedByName compares names alone, because the catalogue lists no versions: that
// informs, and says nothing for or against this version.
func exploitedByName(v *view, f *exposure.Finding) {
	var text []string
	for _, p := range v.products {
		if ids := v.kev.of(p); len(ids) > 0 {
			text = append(text, p.Name+": "+strings.Join(ids[max(0, len(ids)-mostListed):], ", "))
		}
	}
	state, _ := v.kev.told(v.now)
	if len(text) == 0 {
		notTested(f, "the catalogue lists nothing under the names of these programs, but versions were not compared: no vulnerability database was imported; %s", state)
		return
	}
	f.Outcome, f.Confidence = exposure.Info, string(VendorOnly)
	f.Observed = "of some version, exploited are " + strings.Join(text, "; ") + "; versions were not compared: no vulnerability database was imported; " + state
}

// known judges VULN-02.
func known(v *view, f *exposure.Finding) {
	f.Expected = "no vulnerability of the version is known"
	list, settled := v.comparable(f)
	if settled {
		return
	}
	f.Citation = v.nvd.state()
	if len(list) == 0 {
		f.Outcome, f.Observed = exposure.Pass, "none ("+v.nvd.state()+")"+v.rest()
		return
	}
	c, o := surest(list)
	worst := 0.0
	var text []string
	for i, h := range list {
		if _, decides := surest([]hit{h}); decides == o { // what is unconfirmed does not make a failure worse
			worst = max(worst, h.match.Score)
		}
		if i < mostListed {
			text = append(text, fmt.Sprintf("%s: %s (CVSS %.1f, %s)", h.product, h.match.ID, h.match.Score, h.match.Confidence))
		}
	}
	f.Outcome, f.Confidence, f.Severity, f.Observed = o, string(c), severity(worst), strings.Join(text, "; ")+more(len(list))
}

// severity of a CVSS score, by the qualitative scale of CVSS 3.1 section 5.
func severity(score float64) exposure.Severity {
	switch {
	case score >= 9:
		return exposure.Critical
	case score >= 7:
		return exposure.High
	case score >= 4:
		return exposure.Medium
	}
	return exposure.Low
}

// likely judges VULN-03: an order of work, no severity.
func likely(v *view, f *exposure.Finding) {
	if v.epss == nil {
		notTested(f, "no scores of exploitation were imported (EPSS)")
		return
	}
	list, settled := v.comparable(f)
	if settled {
		return
	}
	list = slices.DeleteFunc(list, func(h hit) bool { _, ok := v.epss.scores[h.match.ID]; return !ok })
	slices.SortStableFunc(list, func(a, b hit) int {
		x, y := v.epss.scores[a.match.ID].Percentile, v.epss.scores[b.match.ID].Percentile
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	f.Outcome, f.Citation, f.Observed = exposure.Info, "EPSS "+v.epss.Date, "no vulnerability of these programs has a score"
	var text []string
	for _, h := range list[:min(len(list), mostListed)] {
		s := v.epss.scores[h.match.ID]
		text = append(text, fmt.Sprintf("%s: %.1f %% within 30 days, higher than %.0f %% of all", h.match.ID, 100*s.Probability, 100*s.Percentile))
	}
	if len(text) > 0 {
		f.Observed = strings.Join(text, "; ") + more(len(list))
	}
}

// european judges VULN-04.
func european(v *view, f *exposure.Finding) {
	if v.euvd == nil {
		notTested(f, "no entries of the European vulnerability database were imported (EUVD)")
		return
	}
	list, settled := v.comparable(f)
	if settled {
		return
	}
	var text []string
	var used []hit
	for _, h := range list {
		e, ok := v.euvd.byCVE[h.match.ID]
		if !ok {
			continue
		}
		note := ""
		if e.ExploitedSince != "" {
			note = ", exploited since " + e.ExploitedSince
			used = append(used, h)
		}
		if len(text) < mostListed {
			text = append(text, fmt.Sprintf("%s = %s%s", h.match.ID, e.ID, note))
		}
	}
	f.Outcome, f.Observed = exposure.Info, "the database lists nothing that concerns these programs"
	if len(text) > 0 {
		f.Observed = strings.Join(text, "; ")
	}
	if len(used) > 0 {
		c, o := surest(used)
		f.Outcome, f.Confidence, f.Severity = o, string(c), exposure.Critical
	}
}

// staleAfter is how old a list may be to say that something is still mended.
const staleAfter = 180 * 24 * time.Hour

// outlived judges VULN-05: the worst program counts.
func outlived(v *view, f *exposure.Finding) {
	f.Expected, f.Citation = "the maker or the distribution still mends the version", v.table.Source
	var text []string
	outcome := exposure.NotTested
	order := []exposure.Outcome{exposure.Fail, exposure.Warn, exposure.Info, exposure.Pass}
	for _, p := range v.products {
		l, ok := v.table.of(p)
		if !ok {
			continue
		}
		o, what := l.judge(p, v.now)
		if outcome == exposure.NotTested || slices.Index(order, o) < slices.Index(order, outcome) {
			outcome = o
		}
		text = append(text, what)
		if o == exposure.Warn && p.Distribution == "" {
			f.Confidence = string(Unconfirmed)
		}
	}
	if len(text) == 0 {
		notTested(f, "the table of ends of life knows none of these programs and versions")
		return
	}
	f.Outcome, f.Observed = outcome, strings.Join(text, "; ")
}

func (l life) judge(p Product, now time.Time) (exposure.Outcome, string) {
	date := func(t time.Time) string { return t.Format(time.DateOnly) }
	switch {
	case l.ends.IsZero() && now.Sub(l.of) > staleAfter:
		return exposure.Info, fmt.Sprintf("%s was mended on %s; the table is too old to say more", l.what, date(l.of))
	case l.ends.IsZero():
		return exposure.Pass, fmt.Sprintf("%s was mended on %s", l.what, date(l.of))
	case now.Before(l.ends.AddDate(0, 0, 1)):
		return exposure.Pass, fmt.Sprintf("%s is mended until %s", l.what, date(l.ends))
	case !l.later.IsZero() && now.Before(l.later.AddDate(0, 0, 1)):
		return exposure.Warn, fmt.Sprintf("%s has been mended with long-term support only since %s, until %s", l.what, date(l.ends), date(l.later))
	case !p.Upstream && p.Distribution == "":
		return exposure.Warn, fmt.Sprintf("%s has not been mended by its makers since %s; a distribution may do so", l.what, date(l.ends))
	}
	return exposure.Fail, fmt.Sprintf("%s has not been mended since %s", l.what, date(l.ends))
}
