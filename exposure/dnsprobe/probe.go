package dnsprobe

import (
	"context"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Probes are the probes of names: of a zone and its servers, of what the servers do
// for strangers, of a name, and of the authorities that may certify it.
func Probes() []exposure.Probe {
	return []exposure.Probe{
		{Name: "zone", Level: exposure.OfDomain, Checks: checks(zoneJudges()), Class: exposure.Passive, Run: zoneProbe(zoneJudges())},
		{Name: "zone-open", Level: exposure.OfDomain, Checks: checks(openJudges()), Class: exposure.Handshake, Run: zoneProbe(openJudges())},
		{Name: "name", Level: exposure.OfDomain, Checks: nameChecks(), Class: exposure.Passive, Run: nameProbe},
		{Name: "caa-use", Level: exposure.OfDomain, Checks: []string{"DNS-15"}, Class: exposure.Handshake, Run: authorityProbe},
	}
}

// Checks lists the checks that the probes answer.
func Checks() (out []string) {
	for _, p := range Probes() {
		out = append(out, p.Checks...)
	}
	return out
}

// judge decides one check about a zone. reproduce has %s for the zone.
type judge struct {
	check     string
	reproduce string
	judge     func(context.Context, *Client, *survey, *exposure.Finding)
}

func checks(list []judge) (out []string) {
	for _, j := range list {
		out = append(out, j.check)
	}
	return out
}

func zoneProbe(list []judge) func(context.Context, *exposure.Session, exposure.Target) error {
	return func(ctx context.Context, s *exposure.Session, t exposure.Target) error {
		c, err := From(s.Dialer)
		if err != nil {
			return err
		}
		begin := s.Now().UTC()
		v, err := c.survey(ctx, t.Name)
		if err != nil {
			return err
		}
		for _, j := range list {
			f := s.Finding(j.check, t)
			f.Start, f.Reproduce = begin, strings.ReplaceAll(j.reproduce, "%s", v.name)
			class := exposure.Passive
			if check, ok := s.Catalogue.Get(j.check); ok {
				class = check.Class
			}
			switch {
			case v.zone != v.name:
				f.Outcome, f.Reason = exposure.NotApplicable, "the name stands in the zone "+dot(v.zone)
			case !s.Dialer.Permit().Allows(class):
				f.Outcome, f.Reason = exposure.NotTested, "the scope does not allow checks of class "+string(class)
			case !s.Lets(j.check):
				f.Outcome, f.Reason = exposure.NotTested, exposure.NoConsent
			default:
				j.judge(ctx, c, v, &f)
			}
			s.Record(f)
		}
		return nil
	}
}

func dot(zone string) string {
	if zone == "" {
		return "."
	}
	return zone
}

// problems collects what is wrong, by how bad it is.
type problems struct{ fail, warn []string }

func (p *problems) failf(format string, args ...any) {
	p.fail = append(p.fail, fmt.Sprintf(format, args...))
}
func (p *problems) warnf(format string, args ...any) {
	p.warn = append(p.warn, fmt.Sprintf(format, args...))
}

// settle fills a finding with the worst that was found.
func (p *problems) settle(f *exposure.Finding, good string, args ...any) {
	f.Expected = ""
	switch {
	case len(p.fail) > 0:
		f.Say(exposure.Fail, "%s", exposure.Few(append(p.fail, p.warn...), "; "))
	case len(p.warn) > 0:
		f.Say(exposure.Warn, "%s", exposure.Few(p.warn, "; "))
	default:
		f.Say(exposure.Pass, good, args...)
	}
}
