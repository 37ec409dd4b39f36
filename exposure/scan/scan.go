// Package scan puts the probes of every area together and runs them: what a person
// asks for becomes targets, targets become findings, and findings become grades,
// differences to an earlier scan, and files that other programs read.
package scan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/httpprobe"
	"github.com/nisaba-platform/nisaba/exposure/mailprobe"
	"github.com/nisaba-platform/nisaba/exposure/nameprobe"
	"github.com/nisaba-platform/nisaba/exposure/netprobe"
	"github.com/nisaba-platform/nisaba/exposure/ports"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
	"github.com/nisaba-platform/nisaba/exposure/vulnprobe"
)

// Probes lists the probes of all areas.
func Probes() []exposure.Probe {
	return slices.Concat(basics(), dnsprobe.Probes(), mailprobe.Probes(), ports.Probes(), tlsprobe.Probes(), certprobe.Probes(), netprobe.Probes(),
		httpprobe.Probes(), vulnprobe.Probes(), nameprobe.Probes())
}

// probesOf are the probes that a permit lets run.
func probesOf(p *exposure.Permit) []exposure.Probe {
	if p.Visits() {
		return visitProbes()
	}
	return Probes()
}

// probesFor are the probes that a scan of some checks needs: those that answer them,
// and those that find where to look. The hosts of names are not looked for when the
// names alone answer.
func probesFor(all []exposure.Probe, only []string) []exposure.Probe {
	if len(only) == 0 {
		return all
	}
	ofNames := map[string]bool{}
	for _, p := range all {
		for _, c := range p.Checks {
			ofNames[c] = ofNames[c] || p.Level == exposure.OfDomain
		}
	}
	hosts := slices.ContainsFunc(only, func(c string) bool { return !ofNames[c] })
	return slices.DeleteFunc(all, func(p exposure.Probe) bool {
		if len(p.Checks) == 0 {
			return p.Level == exposure.OfDomain && !hosts
		}
		return !slices.ContainsFunc(p.Checks, func(c string) bool { return slices.Contains(only, c) })
	})
}

// Knowledge is what a scan knows before it begins.
type Knowledge struct {
	Catalogue *exposure.Catalogue
	Data      exposure.Data
}

// Load reads the catalogue and the shipped data from a content folder.
func Load(content fs.FS) (Knowledge, error) {
	c, err := exposure.LoadCatalogue(content)
	if err != nil {
		return Knowledge{}, fmt.Errorf("load the checks: %w", err)
	}
	k := Knowledge{Catalogue: c, Data: exposure.Data{Kinds: map[string]any{}}}
	var about struct{ Source string }
	if b, err := fs.ReadFile(content, "exposure/roots.yaml"); err != nil {
		return k, fmt.Errorf("load the root certificates: %w", err)
	} else if err := yaml.Unmarshal(b, &about); err != nil {
		return k, fmt.Errorf("load the root certificates: %w", err)
	}
	pem, err := fs.ReadFile(content, "exposure/roots.pem")
	if err != nil {
		return k, fmt.Errorf("load the root certificates: %w", err)
	}
	roots, err := certprobe.LoadRoots(about.Source, pem)
	if err != nil {
		return k, err
	}
	k.Data.Kinds[certprobe.RootsKind] = roots
	if k.Data.Kinds[tlsprobe.ProfilesKind], err = tlsprobe.LoadProfiles(content); err != nil {
		return k, fmt.Errorf("load the profiles: %w", err)
	}
	k.Data.Kinds[vulnprobe.KEVKind], err = vulnprobe.LoadShippedKEV(content)
	return k, err
}

// Options say what a scan does.
type Options struct {
	Permit    *exposure.Permit
	Entries   []Entry
	Knowledge Knowledge
	Resolvers []netip.AddrPort   // recursive resolvers that are asked about names
	Resolver  exposure.Resolver  // finds addresses in their place, and nothing else: checks of names are then errors
	Scanner   string             // product and version, kept with every finding
	Agent     string             // how probes introduce themselves
	Selectors []string           // of DKIM keys, beside the usual ones
	Ports     []uint16           // looked at on every host; nil: the usual ones
	Declared  ports.Declared     // what should be open, by name or address; nil: nothing was said
	Journal   string             // file to go on from; "": nothing is remembered
	Only      []string           // ids of checks; nil: all
	Earlier   []exposure.Finding // of the scan before: what checks that compare keys know of then, and of hosts that Only leaves out
	Workers   int                // pieces of work at a time; 0: 64
	Timeout   time.Duration      // of a connection; 0: five seconds
	Now       func() time.Time   // nil: time.Now

	Progress func(exposure.Progress) // nil: nobody looks
	Contact  func(exposure.Contact)  // log of everything that was contacted or refused
}

// Run looks at everything that the entries name and hands the findings out as they
// come. It ends with the error of ctx when that ends first; with a journal, the next
// run goes on from there.
func Run(ctx context.Context, o Options, found func(exposure.Finding)) (err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := o.Dialer()
	defer d.Stop()
	data := exposure.Data{Kinds: map[string]any{}}
	maps.Copy(data.Kinds, o.Knowledge.Data.Kinds)
	if o.Declared != nil {
		data.Kinds[ports.DeclaredKind] = o.Declared
	}
	stop := context.AfterFunc(ctx, d.Stop)
	defer stop()
	s := exposure.Scan{Probes: probesFor(probesOf(o.Permit), o.Only), Workers: o.Workers, Progress: o.Progress,
		Session: exposure.Session{Dialer: d, Catalogue: o.Knowledge.Catalogue, Data: data, Scanner: o.Scanner,
			Agent: o.Agent, Now: o.Now, Settings: settings(o)}}
	if o.Journal != "" {
		var j *Journal
		if j, err = OpenJournal(o.Journal, Head{Permit: o.Permit.ID(), Catalogue: o.Knowledge.Catalogue.Edition, Request: o.request()}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, j.Close()) }()
		s.Journal = j
	}
	report := func(f exposure.Finding) {
		if len(o.Only) > 0 && !slices.Contains(o.Only, f.Check) {
			return
		}
		f.Target.Declared = cmp.Or(f.Target.Declared, o.declared(f.Target))
		c, _ := o.Knowledge.Catalogue.Get(f.Check)
		f.Citation = cmp.Or(f.Citation, c.Citation())
		found(f)
	}
	for _, e := range o.Entries {
		if e.Name == "" || e.Port == 0 {
			s.Targets = append(s.Targets, e.targets()...)
			continue
		}
		targets, err := e.resolve(ctx, d)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			f := s.Session.Finding(addressCheck, exposure.Target{Declared: e.Declared, Name: e.Name, Port: e.Port})
			f.Outcome, f.Reason = verdict(err)
			f.End = f.Start
			report(f)
		}
		s.Targets = append(s.Targets, targets...)
	}
	var keys []exposure.Finding // wait for those of all hosts
	err = s.Run(ctx, func(f exposure.Finding) {
		if f.Check == certprobe.KeyCheck && len(f.Keys) > 0 {
			keys = append(keys, f)
			return
		}
		report(f)
	})
	compareKeys(keys, o.Earlier, len(o.Only) > 0)
	for _, f := range keys {
		report(f)
	}
	if err != nil {
		return err
	}
	for _, e := range o.Entries {
		for _, f := range slices.Concat(unjudged(&s.Session, e), unasked(&s.Session, e)) {
			report(f)
		}
	}
	return nil
}

// Dialer contacts what the permit allows. Names are looked up at the recursive
// resolvers, unless another way was given.
func (o Options) Dialer() *exposure.Dialer {
	parts := exposure.DialerOptions{Resolver: o.Resolver, Resolvers: o.Resolvers, Now: o.Now, Log: o.Contact, Timeout: o.Timeout}
	if o.Resolver != nil {
		return exposure.NewDialer(o.Permit, parts)
	}
	return dnsprobe.Connect(o.Permit, parts, dnsprobe.Options{})
}

func settings(o Options) map[string]string {
	var list []string
	for _, p := range o.Ports {
		list = append(list, strconv.Itoa(int(p)))
	}
	return map[string]string{ports.SettingPorts: strings.Join(list, ","), mailprobe.SelectorsSetting: strings.Join(o.Selectors, ",")}
}

// request is the same for the same question, so that a journal is not taken for
// another one.
func (o Options) request() string {
	h := sha256.New()
	for _, e := range o.Entries {
		fmt.Fprintln(h, e.Declared)
	}
	fmt.Fprintln(h, o.Ports, o.Selectors, o.Declared, o.Only, o.Permit.Scope().Classes, o.Permit.Scope().OT)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// declared finds the entry to which a target belongs that a probe found.
func (o Options) declared(t exposure.Target) string {
	for _, e := range o.Entries {
		if e.Name != "" && exposure.Below(t.Name, e.Name) || e.Name == "" && e.Prefix.Contains(t.Address) {
			return e.Declared
		}
	}
	return ""
}
