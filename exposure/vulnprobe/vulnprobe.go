// Package vulnprobe recognises programs by what they say about themselves, and
// compares their versions with what is known: which vulnerabilities concern them,
// which of those are exploited, until when they are mended.
//
// It tests no vulnerability. A version that a distribution may have mended without
// giving it a new number is unconfirmed, never a plain claim.
package vulnprobe

import (
	"context"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Probes is the probe of programs.
func Probes() []exposure.Probe {
	return []exposure.Probe{{Name: "programs", Level: exposure.OfService, Checks: Checks(), Class: exposure.Handshake, Wants: Wanted, Run: run}}
}

// Exploitation is the check whose findings cite the catalogue of exploited
// vulnerabilities that they were compared with, as KEV.State writes it.
const Exploitation = "VULN-01"

// judge decides one check.
type judge struct {
	check string
	judge func(*view, *exposure.Finding)
}

func judges() []judge {
	return []judge{{"BAN-01", recognised}, {Exploitation, exploited}, {"VULN-02", known}, {"VULN-03", likely}, {"VULN-04", european}, {"VULN-05", outlived}}
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
		if j.check == Exploitation && v.kev != nil {
			f.Citation = v.kev.State()
		}
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
