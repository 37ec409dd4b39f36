// Package nameprobe finds names below a domain: in lists that the operator
// imported, in public logs of certificates, and among usual names. What the scope
// does not cover is proposed, and not contacted.
package nameprobe

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// Kinds of exposure.Data that hold *Names.
const (
	NamesKind = "names" // from the operator's own lists
	CTKind    = "ct"    // from logs of certificate transparency
)

//go:embed labels.txt
var labelText string

// labels are usual names of hosts.
func labels() []string { return strings.Fields(labelText) }

// Probes is the probe of names.
func Probes() []exposure.Probe {
	return []exposure.Probe{{Name: "names", Level: exposure.OfDomain, Checks: Checks(), Class: exposure.Passive, Run: run}}
}

// Checks lists the checks that the probe answers.
func Checks() []string { return []string{"SUB-01", "SUB-03", "SUB-04", "SUB-05"} }

func run(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	entry, ok := entryOf(s.Dialer.Permit(), t.Name)
	if !ok {
		for _, check := range Checks() {
			s.Skip(check, t, exposure.NotApplicable, "the name is no entry of the scope: its names are looked for there")
		}
		return nil
	}
	p := &search{session: s, target: t, seen: map[string]bool{t.Name: true}}
	p.imported("SUB-01", NamesKind, "no list of names was imported")
	p.imported("SUB-04", CTKind, "no export of certificate transparency logs was imported")
	if err := p.usual(ctx, entry); err != nil {
		return err
	}
	p.outside()
	return nil
}

// entryOf is the entry of the scope that is the name itself.
func entryOf(p *exposure.Permit, name string) (exposure.Domain, bool) {
	for _, d := range p.Scope().Domains {
		if d.Name == name {
			return d, true
		}
	}
	return exposure.Domain{}, false
}

type search struct {
	session  *exposure.Session
	target   exposure.Target
	seen     map[string]bool
	proposed []string
}

// keep hands on a name that the scope covers, and proposes the others.
func (p *search) keep(name string) (covered bool) {
	scope := p.session.Dialer.Permit().Scope()
	if covered = scope.CoversName(name); p.seen[name] {
		return covered
	}
	p.seen[name] = true
	if covered {
		p.session.Discover(exposure.Target{Declared: p.target.Declared, Name: name})
	} else {
		p.proposed = append(p.proposed, name)
	}
	return covered
}

// imported reports what a list holds below the name.
func (p *search) imported(check, kind, missing string) {
	list, ok := p.session.Data.Kinds[kind].(*Names)
	if !ok {
		p.session.Skip(check, p.target, exposure.NotTested, missing)
		return
	}
	var covered, others []string
	for _, name := range list.below(p.target.Name) {
		if name == p.target.Name {
			continue
		}
		if p.keep(name) {
			covered = append(covered, name)
		} else {
			others = append(others, name)
		}
	}
	text := "no name below " + p.target.Name
	if len(covered)+len(others) > 0 {
		text = join("looked at: ", covered, "not covered by the scope: ", others)
	}
	p.session.Report(check, p.target, exposure.Info, text+" (list: "+list.Source+")")
}

func join(a string, x []string, b string, y []string) string {
	var parts []string
	if len(x) > 0 {
		parts = append(parts, a+listed(x))
	}
	if len(y) > 0 {
		parts = append(parts, b+listed(y))
	}
	return strings.Join(parts, "; ")
}

// listed writes the first of a list.
func listed(names []string) string {
	slices.Sort(names)
	if n := len(names); n > 50 {
		return strings.Join(names[:50], ", ") + fmt.Sprintf(" and %d more", n-50)
	}
	return strings.Join(names, ", ")
}

// parallel is how many names are asked for at a time.
const parallel = 8

// usual asks for usual names below a domain whose names the scope covers.
func (p *search) usual(ctx context.Context, entry exposure.Domain) error {
	if !p.session.Lets("SUB-03") {
		p.session.Skip("SUB-03", p.target, exposure.NotTested, exposure.NoConsent)
		return nil
	}
	if !entry.Subtree {
		p.session.Skip("SUB-03", p.target, exposure.NotTested, "the scope does not cover the names below")
		return nil
	}
	for range 2 {
		var word [8]byte
		rand.Read(word[:])
		found, err := p.exists(ctx, "nisaba-"+hex.EncodeToString(word[:]))
		if err != nil {
			return err
		}
		if found {
			p.session.Report("SUB-03", p.target, exposure.Info, "the domain answers for every name, so that nothing can be told")
			return nil
		}
	}
	found, err := p.all(ctx)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("none of %d usual names exists", len(labels()))
	if len(found) > 0 {
		for _, name := range found {
			p.keep(name)
		}
		text = listed(found)
	}
	p.session.Report("SUB-03", p.target, exposure.Info, text)
	return nil
}

// all asks for every usual name. It ends with the first error, because a resolver
// that fails shows nothing.
func (p *search) all(ctx context.Context) (found []string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var wait sync.WaitGroup
	places := make(chan struct{}, parallel)
	for _, label := range labels() {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			exists, e := p.exists(ctx, label)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case e != nil && err == nil:
				err = e
				cancel()
			case exists:
				found = append(found, label+"."+p.target.Name)
			}
		})
	}
	wait.Wait()
	return found, err
}

// exists reports whether a name has an address. An alias that leaves the scope
// exists, too.
func (p *search) exists(ctx context.Context, label string) (bool, error) {
	_, err := p.session.Dialer.Lookup(ctx, label+"."+p.target.Name)
	var refused *exposure.Refusal
	var dns *net.DNSError
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, dnsprobe.ErrNoAddress), errors.As(err, &dns) && dns.IsNotFound:
		return false, nil
	case errors.As(err, &refused):
		return strings.Contains(refused.Reason, "alias"), nil
	}
	return false, err
}

// outside reports the names that wait for the scope.
func (p *search) outside() {
	if len(p.proposed) == 0 {
		p.session.Skip("SUB-05", p.target, exposure.NotApplicable, "no name outside the scope was found")
		return
	}
	p.session.Report("SUB-05", p.target, exposure.Info, listed(p.proposed))
}
