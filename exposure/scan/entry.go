package scan

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Entry is one thing that a person asks to be looked at.
type Entry struct {
	Declared string       // as it was written
	Name     string       // folded name of a host or domain; "" for addresses
	Prefix   netip.Prefix // addresses; a single one has all its bits
	Port     uint16       // 0: whatever is found
	Service  string       // "https", "smtp", …; "" when it is not said
}

// mostAddresses is how many addresses one entry may hold: what is larger is no list
// of machines, and would never end.
const mostAddresses = 1 << 16

// schemes are the services that an address of the form service://host may name,
// with their usual ports.
var schemes = map[string]uint16{"https": 443, "tls": 443, "http": 80, "smtp": 25, "submission": 587, "imap": 143, "pop3": 110, "ftp": 21, "ldap": 389,
	"nntp": 119, "sieve": 4190, "xmpp-client": 5222, "xmpp-server": 5269, "postgres": 5432, "mysql": 3306, "rdp": 3389, "mssql": 1433, "ssh": 22}

// Parse reads a target: a name (example.org), an address (192.0.2.1), a range
// (192.0.2.0/28), each of the first two also with a port (example.org:8443) or a
// service (smtp://mx.example.org). The error says what was expected.
func Parse(declared string) (Entry, error) {
	e := Entry{Declared: declared}
	host := strings.TrimSpace(declared)
	if scheme, rest, ok := strings.Cut(host, "://"); ok {
		port, known := schemes[strings.ToLower(scheme)]
		if !known {
			return e, fmt.Errorf("%q: the service %q is not known", declared, scheme)
		}
		u, err := url.Parse("x://" + rest)
		if err != nil {
			return e, fmt.Errorf("%q: it is no address of a service", declared)
		}
		e.Service, e.Port, host = strings.ToLower(scheme), port, u.Host
	}
	if p, err := netip.ParsePrefix(host); err == nil && e.Port == 0 {
		if bits := p.Addr().BitLen() - p.Bits(); bits > 16 {
			return e, fmt.Errorf("%q: it holds more than %d addresses", declared, mostAddresses)
		}
		e.Prefix = p.Masked()
		return e, nil
	}
	host, port, err := splitPort(host)
	if err != nil {
		return e, fmt.Errorf("%q: %w", declared, err)
	}
	if port != 0 {
		e.Port = port
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return e, fmt.Errorf("%q: an address with a zone is not public", declared)
		}
		e.Prefix = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		return e, nil
	}
	e.Name, err = exposure.FoldName(host)
	if err != nil || !strings.Contains(e.Name, ".") || numeric(e.Name) {
		return e, fmt.Errorf("%q: expected a name such as example.org, an address such as 192.0.2.1 or a range such as 192.0.2.0/28", declared)
	}
	return e, nil
}

// numeric reports whether the last label is a number: such names are odd ways to
// write addresses (0x7f.1, 127.1), and no names.
func numeric(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil
}

func splitPort(host string) (string, uint16, error) {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a.String(), 0, nil
	}
	i := strings.LastIndexByte(host, ':')
	if i < 0 {
		return host, 0, nil
	}
	port, err := strconv.ParseUint(host[i+1:], 10, 16)
	if err != nil || port == 0 {
		return "", 0, fmt.Errorf("the port %q is no number from 1 to 65535", host[i+1:])
	}
	return strings.Trim(host[:i], "[]"), uint16(port), nil
}

// Covers fills the domains and networks of a scope with what the entries name. sweep
// opens every port of the hosts of names; subtree takes the names below along.
func Covers(s *exposure.Scope, entries []Entry, proof exposure.Proof, sweep, subtree bool) {
	for _, e := range entries {
		if e.Name == "" {
			s.Networks = append(s.Networks, exposure.Network{Prefix: e.Prefix, Proof: proof})
			continue
		}
		s.Domains = append(s.Domains, exposure.Domain{Name: e.Name, Subtree: subtree, Sweep: sweep || e.Port != 0, Proof: proof})
	}
}

// Exclude adds what must not be contacted: a name, an address, a range, or a port
// as ":3389".
func Exclude(x *exposure.Exclusion, what string) error {
	if port, ok := strings.CutPrefix(what, ":"); ok {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return fmt.Errorf("%q: the port is no number from 1 to 65535", what)
		}
		x.Ports = append(x.Ports, uint16(n))
		return nil
	}
	if p, err := netip.ParsePrefix(what); err == nil {
		x.Prefixes = append(x.Prefixes, p.Masked())
		return nil
	}
	e, err := Parse(what)
	switch {
	case err != nil:
		return err
	case e.Port != 0:
		return fmt.Errorf("%q: expected a name, an address, a range, or a port alone as \":3389\"", what)
	case e.Name != "":
		x.Names = append(x.Names, e.Name)
	default:
		x.Prefixes = append(x.Prefixes, e.Prefix)
	}
	return nil
}

// resolve finds the targets of a name with a port.
func (e Entry) resolve(ctx context.Context, d *exposure.Dialer) (out []exposure.Target, err error) {
	addresses, err := d.Lookup(ctx, e.Name)
	for _, a := range addresses {
		out = append(out, exposure.Target{Declared: e.Declared, Name: e.Name, Address: a, Port: e.Port, Service: e.Service})
	}
	if err == nil && len(out) == 0 {
		err = errNoAddress
	}
	return out, err
}

// targets are the targets of an entry that needs no resolver: domains as such, and
// addresses.
func (e Entry) targets() []exposure.Target {
	if e.Name != "" {
		return []exposure.Target{{Declared: e.Declared, Name: e.Name}}
	}
	var out []exposure.Target
	for a := e.Prefix.Addr(); e.Prefix.Contains(a); a = a.Next() {
		out = append(out, exposure.Target{Declared: e.Declared, Address: a, Port: e.Port, Service: e.Service})
	}
	return out
}
