package public_test

import (
	"net/netip"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/public"
)

func TestIs(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2a00:1450:4001::1": true, "::ffff:8.8.8.8": true, "100.128.0.1": true, "172.32.0.1": true,
		"127.0.0.1": false, "::1": false, "::": false, "0.0.0.0": false, "0.1.2.3": false,
		"10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "fd00::1": false, "fec0::1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fd00:ec2::254%eth0": false, "100.64.0.1": false, "100.100.100.200": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "::10.0.0.1": false,
		"64:ff9b::169.254.169.254": false, "64:ff9b:1::a00:1": false, "2002:7f00:1::": false, "2001:0:1::1": false,
		"224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "ff02::1": false, "192.0.0.170": false, "198.18.0.1": false, "2001:db8::1": false,
	} {
		if got := public.Is(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v, want %v", address, got, want)
		}
	}
	if public.Is(netip.Addr{}) {
		t.Error("no address is a public one")
	}
}
