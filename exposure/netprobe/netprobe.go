// Package netprobe judges the networks in which the services of a domain stand: IPv6
// beside IPv4, and whether their routes are registered and valid.
package netprobe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// PortsSetting is the key of Session.Settings with the ports that are compared, as a
// list such as "22,80"; "" stands for the usual ones.
const PortsSetting = "ports"

// usual are the ports that are compared between IPv4 and IPv6.
var usual = []uint16{21, 22, 25, 80, 110, 143, 389, 443, 465, 587, 636, 993, 995, 3389, 8080, 8443}

// mostPorts bounds the comparison when a long list is set.
const mostPorts = 64

// Probes are the probes of networks.
func Probes() []exposure.Probe {
	return []exposure.Probe{
		{Name: "network", Level: exposure.OfDomain, Checks: []string{"NET-01", "NET-03", "NET-04", "NET-05", "NET-06"}, Class: exposure.Passive, Run: run},
		{Name: "network-parity", Level: exposure.OfDomain, Checks: []string{"NET-02"}, Class: exposure.Handshake, Run: parity},
	}
}

// Checks lists the checks that the probes answer.
func Checks() (out []string) {
	for _, p := range Probes() {
		out = append(out, p.Checks...)
	}
	return out
}

// place is an address of a service of a domain.
type place struct {
	what    string // "web", "mail" or "names"
	host    string
	address netip.Addr
}

func (p place) String() string { return fmt.Sprintf("%s (%s)", p.address, p.host) }

// view are the places of a domain.
type view struct {
	s      *exposure.Session
	t      exposure.Target
	places []place
	hosts  map[string][]string // names of hosts by what they do
}

// mostHosts is how many mail and name servers are looked at.
const mostHosts = 13

func look(ctx context.Context, s *exposure.Session, t exposure.Target) (*view, error) {
	c, err := dnsprobe.From(s.Dialer)
	if err != nil {
		return nil, err
	}
	v := &view{s: s, t: t, hosts: map[string][]string{}}
	mail, err := c.MX(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	servers, err := c.NS(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	if len(mail.Chain) == 0 { // those of an alias belong to another name
		for _, m := range mail.Values {
			if m.Host != "" {
				v.hosts["mail"] = append(v.hosts["mail"], m.Host)
			}
		}
		v.hosts["names"] = servers.Values
	}
	v.hosts["web"] = []string{t.Name}
	for what, hosts := range v.hosts {
		for _, h := range hosts[:min(len(hosts), mostHosts)] {
			found, err := c.IPs(ctx, h)
			if err != nil {
				return nil, err
			}
			for _, a := range found.Values {
				v.places = append(v.places, place{what, h, a})
			}
		}
	}
	slices.SortFunc(v.places, func(a, b place) int {
		return strings.Compare(a.what+a.host+a.address.String(), b.what+b.host+b.address.String())
	})
	return v, nil
}

// of are the places of one kind or host; "" for any.
func (v *view) of(what, host string) (out []place) {
	for _, p := range v.places {
		if p.what == what && (host == "" || p.host == host) {
			out = append(out, p)
		}
	}
	return out
}

func run(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	v, err := look(ctx, s, t)
	if err != nil {
		return err
	}
	for _, j := range []struct {
		check, reproduce string
		judge            func(context.Context, *view, *exposure.Finding)
	}{
		{"NET-01", "dig +short AAAA " + t.Name + "; curl -6 https://" + t.Name + "/", overSix},
		{"NET-03", "", registered},
		{"NET-04", "", valid},
		{"NET-05", "", diverse},
		{"NET-06", "", participating},
	} {
		f := s.Finding(j.check, t)
		f.Reproduce = j.reproduce
		if len(v.places) == 0 {
			f.Leave(exposure.NotApplicable, "the name has no services with addresses")
		} else {
			j.judge(ctx, v, &f)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.Record(f)
	}
	return nil
}

// tunnels are IPv6 addresses that only work by way of somebody else.
var tunnels = map[string]netip.Prefix{"6to4": netip.MustParsePrefix("2002::/16"), "Teredo": netip.MustParsePrefix("2001::/32"), "inside IPv6": netip.MustParsePrefix("::ffff:0:0/96")}

// tunnel says what kind of tunnel an address is of; "" for a real one.
func tunnel(a netip.Addr) string {
	for what, p := range tunnels {
		if p.Contains(netip.AddrFrom16(a.As16())) && !a.Is4() {
			return what
		}
	}
	return ""
}

// noWay reports whether this machine itself has no way to an address.
func noWay(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}

func overSix(ctx context.Context, v *view, f *exposure.Finding) {
	f.Expected = "real IPv6 addresses of web, mail and names, and an answer of the web server on one"
	var wrong, seen []string
	for what, hosts := range v.hosts {
		for _, h := range hosts[:min(len(hosts), mostHosts)] {
			places := v.of(what, h)
			if len(places) == 0 {
				continue // without any address there is no service
			}
			six := 0
			for _, p := range places {
				if p.address.Is4() {
					continue
				}
				if kind := tunnel(p.address); kind != "" {
					wrong = append(wrong, fmt.Sprintf("%s is an address of %s", p, kind))
					continue
				}
				six++
				seen = append(seen, p.String())
			}
			if six == 0 {
				wrong = append(wrong, fmt.Sprintf("%s (%s) has no IPv6 address", h, what))
			}
		}
	}
	note := ""
	switch answer, err := v.answers(ctx); {
	case errors.Is(err, errNothing) || answer:
	case err != nil && noWay(err):
		note = "; this machine has no IPv6, so that nothing was contacted"
	case err != nil:
		var r *exposure.Refusal
		if !errors.As(err, &r) {
			wrong = append(wrong, "the web server does not answer over IPv6")
		}
		note = "; the web server was not contacted: " + err.Error()
	}
	if len(wrong) > 0 {
		f.Say(exposure.Fail, "%s", exposure.Few(wrong, "; "))
		return
	}
	f.Say(exposure.Pass, "%s%s", exposure.Few(seen, "; "), note)
}

// errNothing is returned when there is no IPv6 address or no web server to ask.
var errNothing = errors.New("there is nothing to ask")

// answers asks whether the web server of the name answers over IPv6, when it does
// over IPv4.
func (v *view) answers(ctx context.Context) (bool, error) {
	var four, six []netip.Addr
	for _, p := range v.of("web", "") {
		switch {
		case p.address.Is4():
			four = append(four, p.address)
		case tunnel(p.address) == "":
			six = append(six, p.address)
		}
	}
	if len(six) == 0 {
		return false, errNothing
	}
	if _, err := v.s.Dialer.Lookup(ctx, v.t.Name); err != nil {
		return false, err
	}
	err := v.reaches(ctx, six)
	if err == nil || noWay(err) {
		return err == nil, err
	}
	var r *exposure.Refusal
	if errors.As(err, &r) {
		return false, err
	}
	if len(four) > 0 && v.reaches(ctx, four) != nil {
		return false, errNothing // no web server on either
	}
	return false, err
}

func (v *view) reaches(ctx context.Context, addresses []netip.Addr) error {
	err := errNothing
	for _, a := range addresses {
		for _, port := range v.webPorts() {
			c, dialErr := v.s.Dialer.Dial(ctx, exposure.Request{Name: v.t.Name, Address: netip.AddrPortFrom(a, port), Class: exposure.Passive, Timeout: patience})
			if dialErr == nil {
				return c.Close()
			}
			err = dialErr
		}
	}
	return err
}

// patience is how long a connection may take.
const patience = 3 * time.Second

// webPorts are 443 and 80, and in a laboratory those that are set.
func (v *view) webPorts() []uint16 {
	if set := ports(v.s.Settings); len(set) > 0 && v.s.Dialer.Permit().Scope().Loopback {
		return set
	}
	return []uint16{443, 80}
}

// ports reads the list of ports that is set.
func ports(settings map[string]string) (out []uint16) {
	for s := range strings.SplitSeq(settings[PortsSetting], ",") {
		if n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16); err == nil && n > 0 && len(out) < mostPorts {
			out = append(out, uint16(n))
		}
	}
	return out
}

// parity compares what a name offers over IPv4 and IPv6.
func parity(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	v, err := look(ctx, s, t)
	if err != nil {
		return err
	}
	f := s.Finding("NET-02", t)
	f.Expected = "the same ports and versions of TLS over IPv4 and IPv6"
	f.Reproduce = "nmap -Pn " + t.Name + "; nmap -6 -Pn " + t.Name
	v.compare(ctx, &f)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.Record(f)
	return nil
}

func (v *view) compare(ctx context.Context, f *exposure.Finding) {
	var four, six netip.Addr
	for _, p := range v.of("web", "") {
		switch {
		case p.address.Is4() && !four.IsValid():
			four = p.address
		case !p.address.Is4() && tunnel(p.address) == "" && !six.IsValid():
			six = p.address
		}
	}
	switch {
	case !four.IsValid() || !six.IsValid():
		f.Leave(exposure.NotApplicable, "the name has addresses of one version only")
		return
	case !v.s.Dialer.Permit().Allows(exposure.Handshake):
		f.Leave(exposure.NotTested, "the scope does not allow checks of class %s", exposure.Handshake)
		return
	}
	if _, err := v.s.Dialer.Lookup(ctx, v.t.Name); err != nil {
		f.Leave(exposure.NotTested, "%v", err)
		return
	}
	a, errA := v.open(ctx, four)
	b, errB := v.open(ctx, six)
	for _, err := range []error{errA, errB} {
		switch {
		case err == nil:
		case noWay(err):
			f.Leave(exposure.NotTested, "this machine has no way to one of the addresses: %v", err)
			return
		default:
			f.Leave(exposure.Error, "%v", err)
			return
		}
	}
	more, less := named(without(b, a)), named(without(a, b))
	for _, port := range a {
		if !slices.Contains(b, port) || !v.isTLS(port) {
			continue
		}
		old, young, err := v.versions(ctx, four, six, port)
		if err != nil {
			f.Leave(exposure.Error, "TLS on port %d: %v", port, err)
			return
		}
		for _, x := range without(young, old) {
			more = append(more, fmt.Sprintf("%s on port %d", tlsprobe.VersionName(x), port))
		}
		for _, x := range without(old, young) {
			less = append(less, fmt.Sprintf("%s on port %d", tlsprobe.VersionName(x), port))
		}
	}
	switch {
	case len(more) > 0:
		f.Say(exposure.Fail, "only over IPv6 (%s): %s", six, exposure.Few(more, "; "))
	case len(less) > 0:
		f.Say(exposure.Warn, "only over IPv4 (%s): %s", four, exposure.Few(less, "; "))
	default:
		f.Say(exposure.Pass, "%s and %s have the same %d ports open", four, six, len(a))
	}
}

func named(ports []uint16) (out []string) {
	for _, p := range ports {
		out = append(out, fmt.Sprintf("port %d", p))
	}
	return out
}

// without lists what of one list the other lacks.
func without(list, other []uint16) (out []uint16) {
	for _, v := range list {
		if !slices.Contains(other, v) {
			out = append(out, v)
		}
	}
	return out
}

func (v *view) compared() []uint16 {
	if set := ports(v.s.Settings); len(set) > 0 {
		return set
	}
	return usual
}

// open lists the ports that accept a connection. The error says that nothing can be
// reached from here, or nothing may be.
func (v *view) open(ctx context.Context, a netip.Addr) ([]uint16, error) {
	list := v.compared()
	errs := make([]error, len(list))
	var wait sync.WaitGroup
	for i, port := range list {
		wait.Go(func() {
			c, err := v.s.Dialer.Dial(ctx, exposure.Request{Name: v.t.Name, Address: netip.AddrPortFrom(a, port), Class: exposure.Handshake, Timeout: patience})
			if errs[i] = err; err == nil {
				c.Close()
			}
		})
	}
	wait.Wait()
	var out []uint16
	refusals := 0
	var last error
	for i, err := range errs {
		var r *exposure.Refusal
		switch {
		case err == nil:
			out = append(out, list[i])
		case noWay(err):
			return nil, err
		case errors.As(err, &r):
			refusals++
			last = err
		}
	}
	if refusals == len(list) {
		return nil, last
	}
	slices.Sort(out)
	return out, nil
}

func (v *view) isTLS(port uint16) bool {
	return port == 443 || port == 8443 || v.s.Dialer.Permit().Scope().Loopback && v.s.Settings[PortsSetting] != ""
}

// versions lists the versions of TLS of a port over IPv4 and over IPv6.
func (v *view) versions(ctx context.Context, four, six netip.Addr, port uint16) (a, b []uint16, err error) {
	for _, side := range []struct {
		at  netip.Addr
		out *[]uint16
	}{{four, &a}, {six, &b}} {
		server := tlsprobe.At(v.s.Dialer, exposure.Target{Name: v.t.Name, Address: side.at, Port: port, Service: "https"}, 2)
		for _, s := range server.Versions(ctx) {
			if s.Err != nil && (s.Version == tlsprobe.TLS12 || s.Version == tlsprobe.TLS13) {
				return nil, nil, s.Err
			}
			if s.Offered {
				*side.out = append(*side.out, s.Version)
			}
		}
	}
	return a, b, nil
}
