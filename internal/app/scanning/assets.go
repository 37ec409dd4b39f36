package scanning

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/ports"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// openPorts is the check that compares what is open with what the register says.
const openPorts = "PORT-00"

// said is what the register says should be open, as scans compare it. It is nil when
// the register says nothing of any port.
func said(assets []register.Asset) ports.Declared {
	var out ports.Declared
	for _, a := range assets {
		if !a.PortsSaid {
			continue
		}
		for _, h := range a.Hosts {
			if out == nil {
				out = ports.Declared{}
			}
			key := hostKey(h)
			out[key] = append(out[key], a.Ports...)
		}
	}
	for key, list := range out {
		slices.Sort(list)
		out[key] = slices.Compact(list)
	}
	return out
}

// hostKey is a host of the register as scans name it.
func hostKey(h string) string {
	if a, err := netip.ParseAddr(h); err == nil {
		return a.Unmap().String()
	}
	folded, err := exposure.FoldName(h)
	if err != nil {
		return h
	}
	return folded
}

// SeenAsset is an asset and what the last scan saw of it.
type SeenAsset struct {
	register.Asset
	Covered bool               // one of its hosts is, or is below, a target that may be scanned today
	Open    []exposure.Finding // what is open at its hosts
}

// Seen compares the register with the last scan.
type Seen struct {
	Assets     []SeenAsset
	Unlisted   []exposure.Finding // hosts with open ports that no asset names
	Candidates []string           // hosts of the register that are no targets yet
	Scanned    bool
}

// Compare sets the register against the targets and the last scan of an exposure, as of
// a day.
func (e Exposure) Compare(today law.Date) (out Seen) {
	out.Scanned = e.Last.ID != ""
	known := map[string]bool{}
	for _, a := range e.Assets {
		x := SeenAsset{Asset: a}
		for _, h := range a.Hosts {
			key := hostKey(h)
			known[key] = true
			target, proven := e.covers(key, today)
			x.Covered = x.Covered || proven
			if !target && !slices.Contains(out.Candidates, key) {
				out.Candidates = append(out.Candidates, key)
			}
		}
		out.Assets = append(out.Assets, x)
	}
	for _, f := range e.Findings {
		if f.Check != openPorts || f.Outcome == exposure.Error {
			continue
		}
		keys := []string{f.Target.Name, f.Target.Address.String()}
		listed := false
		for i, a := range out.Assets {
			if slices.ContainsFunc(a.Hosts, func(h string) bool { return slices.Contains(keys, hostKey(h)) }) {
				out.Assets[i].Open, listed = append(a.Open, f), true
			}
		}
		if !listed && f.Observed != "" && !ports.NoneOpen(f) {
			out.Unlisted = append(out.Unlisted, f)
		}
	}
	return out
}

// covers reports whether a host is, or is below, a target, and whether that may be
// scanned on a day.
func (e Exposure) covers(host string, today law.Date) (target, proven bool) {
	for _, t := range e.Targets {
		if !covers(t, host) {
			continue
		}
		target, proven = true, proven || t.Proven(today)
	}
	return target, proven
}

func covers(t survey.Target, host string) bool {
	if p, err := netip.ParsePrefix(t.Declared); err == nil {
		a, err := netip.ParseAddr(host)
		return err == nil && p.Contains(a)
	}
	return t.Declared == host || t.Subtree && exposure.Below(host, t.Declared)
}

// mostChosen is how many hosts of the register become targets at once.
const mostChosen = 200

// AddHosts makes targets of hosts that the register names; those that are targets
// already stay as they are. Either all are taken or none.
func (s *Service) AddHosts(ctx context.Context, a authz.Actor, organisation string, hosts []string) error {
	if len(hosts) == 0 || len(hosts) > mostChosen {
		return invalid("hosts", "no host is chosen, or too many are", fmt.Sprintf("1 to %d hosts of the register", mostChosen))
	}
	var drafts []Draft
	for _, h := range hosts {
		d, err := s.tidy(Draft{Declared: h})
		if err != nil {
			return chosen(err)
		}
		drafts = append(drafts, d)
	}
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		assets, err := tx.Assets(organisation)
		if err != nil {
			return err
		}
		for i, d := range drafts {
			if !slices.ContainsFunc(assets, func(x register.Asset) bool {
				return slices.ContainsFunc(x.Hosts, func(h string) bool { return hostKey(h) == hostKey(hosts[i]) })
			}) {
				return invalid("hosts", "a host is not in the register of assets", "hosts of the register")
			}
			if _, err := addTarget(tx, organisation, "", d); err != nil {
				return chosen(err)
			}
		}
		return nil
	})
}

// chosen names the field of the form in which hosts are chosen.
func chosen(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		f.Field = "hosts"
	}
	return err
}
