package scanlab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// The zones of the laboratory: Knot signs the root, test and knot.test while it serves
// them; NSD serves nsd.test, which was signed before, to everybody and as a whole, and
// late.test, whose signatures have ended. Unbound looks them up.
const (
	knotAt = "127.0.0.1"
	nsdAt  = "127.0.0.2"
)

const zoneHead = "$TTL 300\n@ SOA ns.knot.test. host.knot.test. 1 3600 600 86400 300\n"

// names are running name servers.
type names struct {
	t        *testing.T
	folder   string
	port     string // of the servers of zones
	resolver string // address and port
	anchor   string // DS record of the root
}

// TestNames compares the verdicts about the names of real servers with what dig and
// delv say of the same.
func TestNames(t *testing.T) {
	if !whole() {
		t.Skip("starts name servers: make scan-lab")
	}
	for _, p := range []string{"knotd", "keymgr", "nsd", "unbound", "dnssec-keygen", "dnssec-signzone", "dig", "delv"} {
		if _, err := program(p); err != nil {
			t.Fatal(err)
		}
	}
	n := startNames(t)
	for zone, want := range map[string]map[string]exposure.Outcome{
		"knot.test": {"DNS-02": exposure.Pass, "DNS-04": exposure.Pass, "DNS-05": exposure.Pass, "DNS-06": exposure.Pass, "DNS-07": exposure.Pass, "DNS-08": exposure.Pass,
			"DNS-09": exposure.Pass, "DNS-10": exposure.NotApplicable, "DNS-12": exposure.Pass, "DNS-13": exposure.Info, "DNS-14": exposure.Fail, "DNS-16": exposure.Pass, "DNS-20": exposure.Pass},
		"nsd.test": {"DNS-01": exposure.Fail, "DNS-02": exposure.Pass, "DNS-04": exposure.Pass, "DNS-05": exposure.Pass, "DNS-06": exposure.Fail, "DNS-07": exposure.Pass,
			"DNS-08": exposure.Pass, "DNS-09": exposure.Pass, "DNS-12": exposure.Pass, "DNS-13": exposure.Info, "DNS-14": exposure.Fail, "DNS-20": exposure.Fail},
		"late.test": {"DNS-07": exposure.Pass, "DNS-08": exposure.Fail, "DNS-12": exposure.Fail},
	} {
		got := n.scan(zone)
		for check, outcome := range want {
			if f := got[check]; f.Outcome != outcome {
				t.Errorf("%s %s: %q (%s%s), true is %s", zone, check, f.Outcome, f.Observed, f.Reason, outcome)
			}
		}
		n.confirm(zone, got)
	}
}

// confirm asks dig and delv.
func (n *names) confirm(zone string, got map[string]exposure.Finding) {
	n.t.Helper()
	server := map[bool]string{true: knotAt, false: nsdAt}[zone == "knot.test"]
	for check, second := range map[string]struct {
		command []string
		fails   *regexp.Regexp // output with which the check fails
	}{
		"DNS-06": {[]string{"dig", "@" + server, "-p", n.port, "+noall", "+answer", "AXFR", zone}, regexp.MustCompile(`\sSOA\s`)},
		"DNS-20": {[]string{"dig", "@" + server, "-p", n.port, "+short", "CH", "TXT", "version.bind"}, regexp.MustCompile(`\d`)},
		"DNS-14": {[]string{"dig", "@" + server, "-p", n.port, "+noall", "+comments", "CAA", zone}, regexp.MustCompile(`ANSWER: 0,`)},
		"DNS-08": {[]string{"delv", "-a", n.file("anchors"), "+root=.", "@127.0.0.1", "-p", port(n.resolver), "www." + zone}, regexp.MustCompile(`resolution failed`)},
	} {
		out, _ := exec.Command(second.command[0], second.command[1:]...).CombinedOutput() // what it says decides
		if check == "DNS-08" && !second.fails.Match(out) && !strings.Contains(string(out), "; fully validated") {
			n.t.Errorf("%s: delv says neither: %s", zone, out)
		}
		if failed := got[check].Outcome == exposure.Fail; failed != second.fails.Match(out) {
			n.t.Errorf("%s %s: %s, and %v says: %s", zone, check, got[check].Outcome, second.command, out)
		}
	}
}

func (n *names) scan(zone string) map[string]exposure.Finding {
	n.t.Helper()
	permit := must(exposure.Own(exposure.Scope{ID: "lab", Until: time.Now().Add(time.Hour), Loopback: true, Services: true,
		Classes:  []exposure.Class{exposure.Passive, exposure.Handshake},
		Domains:  []exposure.Domain{{Name: "test", Subtree: true}},
		Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}, Exclude: exposure.Exclusion{Ports: []uint16{443}}}))
	at := netip.MustParseAddrPort(net.JoinHostPort(knotAt, n.port))
	d := dnsprobe.Connect(permit, exposure.DialerOptions{Resolvers: []netip.AddrPort{netip.MustParseAddrPort(n.resolver)}},
		dnsprobe.Options{Port: at.Port(), Timeout: 5 * time.Second, Anchors: []*dns.DS{must(dns.NewRR(n.anchor)).(*dns.DS)}})
	got := map[string]exposure.Finding{}
	s := exposure.Scan{Probes: dnsprobe.Probes(), Targets: []exposure.Target{{Declared: zone, Name: zone}},
		Session: exposure.Session{Dialer: d, Catalogue: exposuretest.Catalogue(n.t), Scanner: "lab"}}
	if err := s.Run(n.t.Context(), func(f exposure.Finding) { got[f.Check] = f }); err != nil {
		n.t.Fatal(err)
	}
	return got
}

func (n *names) file(name string) string { return filepath.Join(n.folder, name) }

func (n *names) write(name, format string, args ...any) {
	n.t.Helper()
	if err := os.WriteFile(n.file(name), fmt.Appendf(nil, format, args...), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// do runs a program to its end.
func (n *names) do(name string, args ...string) string {
	n.t.Helper()
	cmd := exec.Command(must(program(name)), args...)
	cmd.Dir = n.folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		n.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// daemon runs a program until the test ends, and waits until it answers for a zone.
func (n *names) daemon(address, zone, name string, args ...string) {
	n.t.Helper()
	cmd := exec.Command(must(program(name)), args...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	stop := func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() } // NSD ends its children then
	n.t.Cleanup(stop)
	q := new(dns.Msg).SetQuestion(zone, dns.TypeSOA)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if r, _, err := (&dns.Client{Timeout: 200 * time.Millisecond}).Exchange(q, address); err == nil && len(r.Answer) > 0 {
			return
		}
	}
	stop()
	n.t.Fatalf("%s does not answer: %s", name, said.String())
}

// knotKey makes the key of a zone that Knot signs, and gives its DS record.
func (n *names) knotKey(zone string) string {
	n.t.Helper()
	n.do("keymgr", "-c", n.file("knot.conf"), zone, "generate", "algorithm=ecdsap256sha256", "ksk=yes", "zsk=yes")
	for line := range strings.Lines(n.do("keymgr", "-c", n.file("knot.conf"), zone, "ds")) {
		if strings.Contains(line, " 13 2 ") {
			return line
		}
	}
	n.t.Fatalf("%s has no DS record of SHA-256", zone)
	return ""
}

// signed makes a zone that was signed before it is served, and gives its DS record.
func (n *names) signed(zone, records string, how ...string) string {
	n.t.Helper()
	n.write(zone+".zone", "%s%s", zoneHead, records)
	n.do("dnssec-keygen", "-q", "-K", n.folder, "-a", "ECDSAP256SHA256", "-f", "KSK", zone)
	n.do("dnssec-signzone", append(append([]string{"-q", "-z", "-S", "-K", n.folder, "-o", zone, "-f", n.file(zone + ".signed")}, how...), n.file(zone+".zone"))...)
	b, err := os.ReadFile(n.file("dsset-" + zone + "."))
	if err != nil {
		n.t.Fatal(err)
	}
	return string(b)
}

func startNames(t *testing.T) *names {
	n := &names{t: t, folder: t.TempDir(), resolver: exposuretest.Address(t, "127.0.0.1"), port: fmt.Sprint(exposuretest.Port(t))}
	n.write("knot.conf", `server:
  listen: %s@%s
  rundir: %[3]s
  version: ""
  identity: ""
database:
  storage: %[3]s
policy:
  - id: laboratory
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: %[3]s
    zonefile-load: difference
    zonefile-sync: -1
    dnssec-signing: on
    dnssec-policy: laboratory
zone:
  - domain: .
    file: root.zone
  - domain: test
  - domain: knot.test
`, knotAt, n.port, n.folder)
	n.write("nsd.conf", `server:
  ip-address: %s@%s
  username: ""
  zonesdir: %q
  database: ""
  pidfile: ""
  xfrdfile: %q
  xfrdir: %q
  zonelistfile: %q
  hide-version: no
remote-control:
  control-enable: no
zone:
  name: nsd.test
  zonefile: nsd.test.signed
  provide-xfr: 0.0.0.0/0 NOKEY
zone:
  name: late.test
  zonefile: late.test.signed
`, nsdAt, n.port, n.folder, n.file("xfrd.state"), n.folder, n.file("zone.list"))
	records := "@ NS ns\nns A " + nsdAt + "\nwww A 203.0.113.1\n"
	below := n.signed("nsd.test", records) + n.signed("late.test", records, "-P", "-s", "20200101000000", "-e", "20200201000000")
	n.write("knot.test.zone", "%s@ NS ns\n@ NS ns2\nns A %s\nns2 A %[2]s\nwww A 203.0.113.1\n", zoneHead, knotAt)
	n.write("test.zone", "%s@ NS ns.knot.test.\nknot NS ns.knot\nknot NS ns2.knot\nns.knot A %s\nns2.knot A %[2]s\nnsd NS ns.nsd\nns.nsd A %s\nlate NS ns.late\nns.late A %[3]s\n%s%s",
		zoneHead, knotAt, nsdAt, below, n.knotKey("knot.test."))
	n.write("root.zone", "%s@ NS ns.knot.test.\ntest NS ns.knot.test.\nns.knot.test. A %s\n%s", zoneHead, knotAt, n.knotKey("test."))
	n.anchor = strings.TrimSpace(n.knotKey("."))
	ds := must(dns.NewRR(n.anchor)).(*dns.DS)
	n.write("anchors", "trust-anchors { \".\" static-ds %d %d %d %q; };\n", ds.KeyTag, ds.Algorithm, ds.DigestType, ds.Digest)
	n.daemon(net.JoinHostPort(knotAt, n.port), "knot.test.", "knotd", "-c", n.file("knot.conf"))
	n.daemon(net.JoinHostPort(nsdAt, n.port), "nsd.test.", "nsd", "-d", "-c", n.file("nsd.conf"))
	n.write("unbound.conf", "server:\n directory: %q\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n interface: 127.0.0.1\n port: %s\n do-not-query-localhost: no\n do-ip6: no\n"+
		" module-config: \"validator iterator\"\n local-zone: \"test.\" nodefault\n trust-anchor: %q\nremote-control:\n control-enable: no\n", n.folder, port(n.resolver), n.anchor)
	stubs, err := os.OpenFile(n.file("unbound.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for zone, at := range map[string]string{".": knotAt, "test": knotAt, "knot.test": knotAt, "nsd.test": nsdAt, "late.test": nsdAt} {
		fmt.Fprintf(stubs, "stub-zone:\n name: %q\n stub-addr: %s@%s\n", zone, at, n.port)
	}
	if err := stubs.Close(); err != nil {
		t.Fatal(err)
	}
	n.daemon(n.resolver, "knot.test.", "unbound", "-d", "-c", n.file("unbound.conf"))
	return n
}

// port is the port of an address.
func port(address string) string {
	_, p, err := net.SplitHostPort(address)
	if err != nil {
		panic(err)
	}
	return p
}
