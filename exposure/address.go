package exposure

import "net/netip"

// special are addresses that a public service never has, with what they are.
// Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), not
// compared with the registries as they are today.
var special = []struct {
	prefix   netip.Prefix
	what     string
	internal bool // may be scanned when the scope names it as internal
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network", false},
	{netip.MustParsePrefix("10.0.0.0/8"), "private", true},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared address space", true},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback", false},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local, with the metadata of clouds", false},
	{netip.MustParsePrefix("172.16.0.0/12"), "private", true},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignments", false},
	{netip.MustParsePrefix("192.168.0.0/16"), "private", true},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking", true},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast", false},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved", false},
	{netip.MustParsePrefix("::/128"), "unspecified", false},
	{netip.MustParsePrefix("::1/128"), "loopback", false},
	{netip.MustParsePrefix("100::/64"), "discard only", false},
	{netip.MustParsePrefix("fd00:ec2::254/128"), "metadata of a cloud", false},
	{netip.MustParsePrefix("fc00::/7"), "unique local", true},
	{netip.MustParsePrefix("fe80::/10"), "link-local", false},
	{netip.MustParsePrefix("ff00::/8"), "multicast", false},
}

// nat64 and sixToFour carry an IPv4 address inside; that address is judged.
var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

// plain is the address that would really be reached: without a zone, an IPv4
// address instead of its form inside IPv6.
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	switch b := a.As16(); {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// specialUse says what a special address is; what is "" for a public one.
func specialUse(a netip.Addr) (what string, internal, loopback bool) {
	for _, s := range special {
		if s.prefix.Contains(a) {
			return s.what, s.internal, s.what == "loopback"
		}
	}
	return "", false, false
}

// SpecialUse says what an address is that no public service has, such as
// "private" or "loopback"; "" for a public address. The address inside NAT64 and
// 6to4 addresses is judged.
func SpecialUse(a netip.Addr) string {
	what, _, _ := specialUse(plain(a))
	return what
}
