// Package vulnprobe recognises programs by what they say about themselves, and
// compares their versions with what is known: which vulnerabilities concern them,
// which of those are exploited, until when they are mended.
//
// It tests no vulnerability. A version that a distribution may have mended without
// giving it a new number is unconfirmed, never a plain claim.
package vulnprobe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Probes is the probe of programs.
func Probes() []exposure.Probe {
	return []exposure.Probe{{Name: "programs", Level: exposure.OfService, Checks: Checks(), Class: exposure.Handshake, Wants: Wanted, Run: run}}
}

// judge decides one check.
type judge struct {
	check string
	judge func(*view, *exposure.Finding)
}

func judges() []judge {
	return []judge{{"BAN-01", recognised}, {"VULN-01", exploited}, {"VULN-02", known}, {"VULN-03", likely}, {"VULN-04", european}, {"VULN-05", outlived}}
}

// Checks lists the checks that the probe answers.
func Checks() (out []string) {
	for _, j := range judges() {
		out = append(out, j.check)
	}
	return out
}

// view is what is known about the programs of a service.
type view struct {
	products []Product
	matches  [][]Match // by product; nil without a database
	nvd      *NVD
	kev      *KEV
	epss     *EPSS
	euvd     *EUVD
	table    *EndOfLife
	now      time.Time
}

func run(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	begin := s.Now().UTC()
	said, err := banners(ctx, s, t)
	if err != nil {
		return err
	}
	v := newView(s.Data, Identify(said), begin)
	var transcript [][]byte
	for _, b := range said {
		transcript = append(transcript, []byte(b.From+": "+b.Text+"\n"))
	}
	for _, j := range judges() {
		f := s.Finding(j.check, t)
		f.Start, f.Transcript, f.Reproduce = begin, exposure.TranscriptHash(transcript...), reproduce(t)
		if len(v.products) == 0 {
			f.Outcome, f.Reason = exposure.NotApplicable, "no program was recognised by what the service says"
		} else {
			j.judge(v, &f)
		}
		s.Record(f)
	}
	return nil
}

func newView(data exposure.Data, products []Product, now time.Time) *view {
	v := &view{products: products, now: now, table: shippedEndOfLife()}
	v.nvd, _ = data.Kinds[NVDKind].(*NVD)
	v.kev, _ = data.Kinds[KEVKind].(*KEV)
	v.epss, _ = data.Kinds[EPSSKind].(*EPSS)
	v.euvd, _ = data.Kinds[EUVDKind].(*EUVD)
	if table, ok := data.Kinds[EndOfLifeKind].(*EndOfLife); ok {
		v.table = table
	}
	if v.nvd != nil {
		for _, p := range products {
			v.matches = append(v.matches, v.nvd.Matches(p))
		}
	}
	return v
}

func reproduce(t exposure.Target) string {
	host := t.Name
	if host == "" {
		host = t.Address.String()
	}
	g, greets := greeterOf(t)
	switch {
	case greets && g.secure:
		return fmt.Sprintf("openssl s_client -quiet -connect %s:%d", host, t.Port)
	case greets:
		return fmt.Sprintf("nc %s %d </dev/null", host, t.Port)
	case t.Service == "https" || t.Port == 443 || t.Port == 8443:
		return fmt.Sprintf("curl -k -s -i https://%s:%d/", host, t.Port)
	}
	return fmt.Sprintf("curl -s -i http://%s:%d/", host, t.Port)
}

// Deadlines say how many days an organisation gives itself for a finding.
type Deadlines map[exposure.Severity]int

// Open is a finding that was not mended yet.
type Open struct {
	Finding exposure.Finding
	Since   time.Time // when it was first seen
	Accept  *Acceptance
}

// Acceptance is a decision to live with a finding.
type Acceptance struct {
	Reason string
	Owner  string
	Review time.Time // when it is decided anew
}

// errNotOpen is returned for findings that neither failed nor warned.
var errNotOpen = errors.New("the finding is not open")

// Overdue judges VULN-06: whether a finding is open for longer than the
// organisation allows itself. Whoever accepted it properly is asked at the review.
func Overdue(o Open, limits Deadlines, now time.Time) (exposure.Outcome, string, error) {
	if o.Finding.Outcome != exposure.Fail && o.Finding.Outcome != exposure.Warn {
		return "", "", errNotOpen
	}
	days, ok := limits[o.Finding.Severity]
	age := int(now.Sub(o.Since).Hours() / 24)
	switch {
	case !ok:
		return exposure.NotTested, fmt.Sprintf("no deadline is set for severity %s", o.Finding.Severity), nil
	case o.Accept != nil && len(o.Accept.faults(now)) == 0:
		return exposure.NotApplicable, "the risk was accepted until " + o.Accept.Review.UTC().Format(time.DateOnly), nil
	case age > days:
		return exposure.Fail, fmt.Sprintf("open for %d days, %d are allowed", age, days), nil
	case age > days*3/4:
		return exposure.Warn, fmt.Sprintf("open for %d of %d days", age, days), nil
	}
	return exposure.Pass, fmt.Sprintf("open for %d of %d days", age, days), nil
}

// Accepted judges VULN-07: whether the acceptance of a risk has a reason, an owner
// and a day of review in the future.
func Accepted(a Acceptance, now time.Time) (exposure.Outcome, string) {
	if faults := a.faults(now); len(faults) > 0 {
		return exposure.Fail, strings.Join(faults, "; ")
	}
	return exposure.Pass, "accepted by " + a.Owner + " until " + a.Review.UTC().Format(time.DateOnly)
}

func (a Acceptance) faults(now time.Time) (out []string) {
	if strings.TrimSpace(a.Reason) == "" {
		out = append(out, "the reason is missing")
	}
	if strings.TrimSpace(a.Owner) == "" {
		out = append(out, "the owner is missing")
	}
	switch {
	case a.Review.IsZero():
		out = append(out, "the day of review is missing")
	case !a.Review.After(now):
		out = append(out, "the review was due on "+a.Review.UTC().Format(time.DateOnly))
	}
	return out
}
