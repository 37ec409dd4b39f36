// Package mailprobe judges the mail of a domain: who may send in its name (SPF, DKIM,
// DMARC), how senders must reach it (MX, MTA-STS, DANE, TLS-RPT), and its mail
// servers. Records are read as their standards say and linted, not only looked for;
// no mail is ever sent.
package mailprobe

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// Keys of Session.Settings that the probes read.
const (
	SelectorsSetting = "mail.selectors"  // selectors of DKIM keys beside the usual ones, with commas
	PortSetting      = "mail.port"       // of mail servers in a laboratory; "": 25
	RulesPortSetting = "mail.rules.port" // of the host of mail rules in a laboratory; "": 443
)

// domain is what is known of the mail of a domain.
type domain struct {
	s       *exposure.Session
	names   *dnsprobe.Client
	t       exposure.Target
	name    string
	zone    string
	mx      []dnsprobe.MX // without a null MX
	null    bool          // a null MX is there
	implied bool          // no MX, but addresses: mail goes to them (RFC 5321 section 5.1)
	alias   string        // what the name is an alias of; ""

	texts []string // SPF records of the name
	spf   SPF
	bad   error // of the SPF record
	view  *SPFView
	dmarc DMARCWalk

	servers []*server // nil unless they were talked to
}

// receives reports whether the domain takes mail.
func (d *domain) receives() bool { return len(d.mx) > 0 }

// Probes are the probes of mail: of the records of a domain, of its mail servers, of
// the ports for mailboxes of a host, and of single mail services.
func Probes() []exposure.Probe {
	return []exposure.Probe{
		{Name: "mail-records", Level: exposure.OfDomain, Checks: checks(recordJudges()), Class: exposure.Passive, Run: runRecords},
		{Name: "mail-servers", Level: exposure.OfDomain, Checks: checks(serverJudges()), Class: exposure.Handshake, Run: runServers},
		{Name: "mail-ports", Level: exposure.OfHost, Checks: []string{"MAIL-19", "MAIL-25"}, Class: exposure.Handshake, Wants: isNamed, Run: runPorts},
		{Name: "mail-service", Level: exposure.OfService, Checks: []string{"MAIL-18", "MAIL-19", "MAIL-24"}, Class: exposure.Handshake, Wants: isMail, Run: runService},
		{Name: "mail-intrusive", Level: exposure.OfService, Checks: []string{"MAIL-20", "MAIL-21"}, Class: exposure.Intrusive, Wants: isSMTP, Run: runIntrusive},
	}
}

// Checks lists the checks that the probes answer, each once.
func Checks() (out []string) {
	for _, p := range Probes() {
		for _, c := range p.Checks {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// judge decides one check about a domain. In reproduce, %s is the domain.
type judge struct {
	check     string
	reproduce string
	always    bool // also for a domain that takes no mail
	judge     func(context.Context, *domain, *exposure.Finding) error
}

func checks(list []judge) (out []string) {
	for _, j := range list {
		out = append(out, j.check)
	}
	return out
}

// begin finds out what every check of a domain needs. ours is false for a name that
// has nothing to do with mail.
func begin(ctx context.Context, s *exposure.Session, t exposure.Target) (d *domain, ours bool, err error) {
	d = &domain{s: s, t: t, name: t.Name}
	if d.names, err = dnsprobe.From(s.Dialer); err != nil {
		return nil, false, err
	}
	if d.zone, err = d.names.Zone(ctx, t.Name); err != nil {
		return nil, false, err
	}
	found, err := d.names.MX(ctx, t.Name)
	if err != nil {
		return nil, false, err
	}
	if len(found.Chain) > 0 {
		d.alias = found.Chain[0]
		return d, false, nil
	}
	for _, m := range found.Values {
		if m.Host == "" {
			d.null = true
		} else {
			d.mx = append(d.mx, m)
		}
	}
	texts, err := d.names.TXT(ctx, t.Name)
	if err != nil {
		return nil, false, err
	}
	d.texts = slices.DeleteFunc(slices.Clone(texts.Values), func(v string) bool { return !IsSPF(v) })
	if d.dmarc, err = WalkDMARC(ctx, d.names, t.Name); err != nil {
		return nil, false, err
	}
	if len(found.Values) == 0 {
		own, err := d.names.IPs(ctx, t.Name)
		if err != nil {
			return nil, false, err
		}
		d.implied = len(own.Values) > 0
	}
	if len(d.texts) == 1 {
		if d.spf, d.bad = ParseSPF(d.texts[0]); d.bad == nil {
			if d.view, err = EvaluateSPF(ctx, d.names, d.name, d.spf); err != nil {
				return nil, false, err
			}
		}
	}
	return d, len(found.Values) > 0 || len(d.texts) > 0 || d.dmarc.At == t.Name || d.zone == t.Name, nil
}

func run(ctx context.Context, s *exposure.Session, t exposure.Target, list []judge, prepare func(context.Context, *domain)) error {
	start := s.Now().UTC()
	d, ours, err := begin(ctx, s, t)
	if err != nil {
		return err
	}
	if ours && prepare != nil && d.receives() {
		prepare(ctx, d)
	}
	for _, j := range list {
		f := s.Finding(j.check, t)
		f.Start, f.Reproduce = start, strings.ReplaceAll(j.reproduce, "%s", t.Name)
		switch {
		case d.alias != "":
			skip(&f, exposure.NotApplicable, "the name is an alias of %s", exposure.Clip(d.alias))
		case !ours:
			skip(&f, exposure.NotApplicable, "the name has no mail of its own")
		case !j.always && !d.receives():
			skip(&f, exposure.NotApplicable, "the domain has no mail servers")
		default:
			if err := j.judge(ctx, d, &f); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				skip(&f, exposure.Error, "%v", err)
				if refused(err) {
					f.Outcome = exposure.NotTested
				}
			}
		}
		s.Record(f)
	}
	return nil
}

func runRecords(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	return run(ctx, s, t, recordJudges(), nil)
}

func runServers(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	if !s.Dialer.Permit().Allows(exposure.Handshake) {
		for _, j := range serverJudges() {
			s.Skip(j.check, t, exposure.NotTested, "the scope does not allow checks of class "+string(exposure.Handshake))
		}
		return nil
	}
	return run(ctx, s, t, serverJudges(), func(ctx context.Context, d *domain) {
		k := &talker{s: s, names: d.names, domain: d.name, port: number(s.Settings[PortSetting], 25)}
		d.servers = k.servers(ctx, d.mx)
		scope := s.Dialer.Permit().Scope()
		for _, server := range d.servers {
			for _, p := range server.places {
				if scope.CoversName(server.name) {
					s.Discover(exposure.Target{Declared: t.Declared, Name: server.name, Address: p.address})
				}
			}
		}
	})
}

func number(setting string, usual uint16) uint16 {
	n, err := strconv.ParseUint(setting, 10, 16)
	if err != nil {
		return usual
	}
	return uint16(n)
}

// set fills a finding.
func set(f *exposure.Finding, o exposure.Outcome, format string, args ...any) {
	f.Outcome, f.Observed = o, fmt.Sprintf(format, args...)
}

// skip fills a finding that could not be decided.
func skip(f *exposure.Finding, o exposure.Outcome, format string, args ...any) {
	f.Outcome, f.Reason = o, fmt.Sprintf(format, args...)
}

// most is how many values stand in one finding.
const most = 12

func list(values []string) string {
	values = slices.Compact(slices.Clone(values))
	if len(values) > most {
		return strings.Join(values[:most], "; ") + fmt.Sprintf("; and %d more", len(values)-most)
	}
	return strings.Join(values, "; ")
}

// problems collects what is wrong, by how bad it is.
type problems struct {
	fail, warn []string
	unknown    []string // what could not be seen
}

func (p *problems) failf(format string, args ...any) {
	p.fail = append(p.fail, fmt.Sprintf(format, args...))
}
func (p *problems) warnf(format string, args ...any) {
	p.warn = append(p.warn, fmt.Sprintf(format, args...))
}
func (p *problems) unknownf(format string, args ...any) {
	p.unknown = append(p.unknown, fmt.Sprintf(format, args...))
}

// settle fills a finding with the worst that was found. What could not be seen is
// never a pass.
func (p *problems) settle(f *exposure.Finding, good string, args ...any) {
	switch {
	case len(p.fail) > 0:
		set(f, exposure.Fail, "%s", list(append(p.fail, p.warn...)))
	case len(p.unknown) > 0:
		skip(f, exposure.Error, "%s", list(p.unknown))
		f.Observed = list(p.warn)
	case len(p.warn) > 0:
		set(f, exposure.Warn, "%s", list(p.warn))
	default:
		set(f, exposure.Pass, good, args...)
	}
}
