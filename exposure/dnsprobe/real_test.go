package dnsprobe_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// TestRealServers: zones that BIND signs and serves, looked up at Unbound. Skipped
// where these programs are not installed.
func TestRealServers(t *testing.T) {
	tools := installed(t, "named", "unbound", "dnssec-keygen", "dnssec-signzone")
	dir := t.TempDir()
	zones, resolver := exposuretest.Port(t), exposuretest.Port(t)
	b := bind{t: t, dir: dir, tools: tools}
	b.zone("zone.test", "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.1\n@ A 203.0.113.1\nwww CNAME @\n*.wild A 203.0.113.2\ndeep.empty A 203.0.113.3\n@ MX 10 www\n", "-3", "-", "-H", "0")
	b.zone("late.test", "@ NS ns1\nns1 A 127.0.0.1\n@ A 203.0.113.1\n", "-P", "-s", "20200101000000", "-e", "20200201000000")
	b.zone("plain.test", "@ NS ns1\nns1 A 127.0.0.1\n@ A 203.0.113.1\n")
	b.zone("test", "@ NS ns.test.\nns A 127.0.0.1\nzone NS ns1.zone\nzone NS ns2.zone\nns1.zone A 127.0.0.1\nns2.zone A 127.0.0.1\nlate NS ns1.late\nns1.late A 127.0.0.1\nplain NS ns1.plain\nns1.plain A 127.0.0.1\n"+b.ds("zone.test")+b.ds("late.test"), "-3", "-", "-H", "0", "-A")
	b.zone(".", "@ NS ns.test.\ntest. NS ns.test.\nns.test. A 127.0.0.1\n"+b.ds("test"), "-n", "1")
	var conf strings.Builder
	fmt.Fprintf(&conf, "options { directory %q; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; allow-transfer { none; }; pid-file none; session-keyfile none; dnssec-validation no; };\ncontrols { };\n", dir, zones)
	for _, z := range []string{".", "test", "zone.test", "late.test", "plain.test"} {
		fmt.Fprintf(&conf, "zone %q { type primary; file %q; };\n", z, b.file(z)+".signed")
	}
	run(t, tools["named"], b.write("named.conf", conf.String()), "-g", "-c")
	up(t, fmt.Sprintf("127.0.0.1:%d", zones)) // a resolver remembers servers that did not answer
	b.resolver(resolver, zones, " trust-anchor: \""+strings.TrimSpace(b.ds("."))+"\"\n", ".", "test", "zone.test", "late.test", "plain.test")
	anchor, err := dns.NewRR(b.ds("."))
	if err != nil {
		t.Fatal(err)
	}
	d := b.dialer(resolver, zones, anchor.(*dns.DS))
	c, _ := dnsprobe.From(d)
	for _, tc := range []struct {
		name string
		kind uint16
		want dnsprobe.Security
	}{{"www.zone.test", dns.TypeA, dnsprobe.Secure}, {"a.wild.zone.test", dns.TypeA, dnsprobe.Secure}, {"a.wild.zone.test", dns.TypeTXT, dnsprobe.Secure}, {"nothing.zone.test", dns.TypeA, dnsprobe.Secure},
		{"empty.zone.test", dns.TypeA, dnsprobe.Secure}, {"zone.test", dns.TypeTXT, dnsprobe.Secure}, {"plain.test", dns.TypeA, dnsprobe.Insecure}, {"late.test", dns.TypeA, dnsprobe.Bogus}, {"nowhere", dns.TypeA, dnsprobe.Secure}} {
		if v, err := c.Validate(t.Context(), tc.name, tc.kind); err != nil || v.Security != tc.want {
			t.Errorf("%s %s: %s (%s) %v, want %s", tc.name, dns.TypeToString[tc.kind], v.Security, v.Why, err, tc.want)
		}
	}
	got := look(t, d, "zone.test")
	for check, want := range map[string]exposure.Outcome{"DNS-01": exposure.Fail, "DNS-02": exposure.Pass, "DNS-03": exposure.Fail, "DNS-04": exposure.Pass, "DNS-05": exposure.Pass, "DNS-06": exposure.Pass, "DNS-07": exposure.Pass,
		"DNS-08": exposure.Pass, "DNS-09": exposure.Pass, "DNS-11": exposure.Pass, "DNS-12": exposure.Pass, "DNS-14": exposure.Fail, "DNS-16": exposure.Pass, "DNS-20": exposure.Fail} {
		if f := got[check]; f.Outcome != want {
			t.Errorf("%s: %q (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
		}
	}
}

// TestConfigurations: BIND with the ready configuration passes the checks that it
// mends.
func TestConfigurations(t *testing.T) {
	b := bind{t: t, dir: t.TempDir(), tools: installed(t, "named", "unbound")}
	zones, resolver := exposuretest.Port(t), exposuretest.Port(t)
	parts, mended := map[string]string{}, map[string]bool{}
	all := exposuretest.Catalogue(t)
	for _, c := range all.Checks {
		for _, s := range all.Snippets(c.ID) {
			if s.Software == "BIND" {
				if mended[c.ID] = true; !strings.Contains(parts[s.Context], s.Text) {
					parts[s.Context] += s.Text
				}
			}
		}
	}
	b.zone(".", "@ NS ns.test.\ntest. NS ns.test.\nns.test. A 127.0.0.1\n")
	b.zone("test", "@ NS ns.test.\nns A 127.0.0.1\nzone NS ns1.zone\nns1.zone A 127.0.0.1\n")
	b.zone("zone.test", "@ NS ns1\nns1 A 127.0.0.1\n@ A 203.0.113.1\n")
	conf := fmt.Sprintf("options { directory %q; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; dnssec-validation no;\n%s};\ncontrols { };\n%s", b.dir, zones, parts["block options of named.conf"], parts["named.conf"])
	for _, z := range []string{".", "test"} {
		conf += fmt.Sprintf("zone %q { type primary; file %q; };\n", z, b.file(z)+".signed")
	}
	conf += fmt.Sprintf("zone \"zone.test\" { type primary; file %q; dnssec-policy \"today\"; inline-signing yes; };\n", b.file("zone.test")+".signed")
	run(t, b.tools["named"], b.write("named.conf", conf), "-g", "-c")
	up(t, fmt.Sprintf("127.0.0.1:%d", zones))
	until(t, fmt.Sprintf("127.0.0.1:%d", zones), dns.TypeNSEC3PARAM) // the zone is signed
	b.resolver(resolver, zones, "", ".", "test", "zone.test")
	got := look(t, b.dialer(resolver, zones, nil), "zone.test")
	delete(mended, "DNS-07") // the zone above is for somebody else to change
	for check := range mended {
		if f := got[check]; f.Outcome != exposure.Pass && !(check == "DNS-10" && f.Outcome == exposure.NotApplicable) {
			t.Errorf("%s: %s (%s%s)", check, f.Outcome, f.Observed, f.Reason)
		}
	}
	if f := got["DNS-07"]; f.Outcome != exposure.Fail || !strings.Contains(f.Observed, "the zone has keys") {
		t.Errorf("DNS-07: %s (%s%s)", f.Outcome, f.Observed, f.Reason)
	}
}

// installed finds programs, or skips the test.
func installed(t *testing.T, names ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("%s is not installed", name)
		}
		out[name] = path
	}
	return out
}

// look scans a name.
func look(t *testing.T, d *exposure.Dialer, name string) map[string]exposure.Finding {
	t.Helper()
	got := map[string]exposure.Finding{}
	s := exposure.Scan{Probes: dnsprobe.Probes(), Targets: []exposure.Target{{Name: name}}, Session: exposure.Session{Dialer: d, Catalogue: exposuretest.Catalogue(t), Scanner: "test"}}
	if err := s.Run(t.Context(), func(f exposure.Finding) { got[f.Check] = f }); err != nil {
		t.Fatal(err)
	}
	return got
}

// resolver runs Unbound, which finds the zones at the port of BIND.
func (b bind) resolver(port, zones uint16, more string, names ...string) {
	b.t.Helper()
	var conf strings.Builder
	fmt.Fprintf(&conf, "server:\n directory: %q\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n interface: 127.0.0.1\n port: %d\n do-not-query-localhost: no\n do-ip6: no\n module-config: \"validator iterator\"\n local-zone: \"test.\" nodefault\n%s", b.dir, port, more)
	for _, name := range names {
		fmt.Fprintf(&conf, "stub-zone:\n name: %q\n stub-addr: 127.0.0.1@%d\n", name, zones)
	}
	conf.WriteString("remote-control:\n control-enable: no\n")
	run(b.t, b.tools["unbound"], b.write("unbound.conf", conf.String()), "-d", "-c")
	up(b.t, fmt.Sprintf("127.0.0.1:%d", port))
}

// dialer looks names up at the resolver.
func (b bind) dialer(resolver, zones uint16, anchor *dns.DS) *exposure.Dialer {
	b.t.Helper()
	permit, err := exposure.Own(exposure.Scope{ID: "lab", Until: time.Now().Add(time.Hour), Loopback: true, Services: true, Classes: []exposure.Class{exposure.Passive, exposure.Handshake},
		Domains: []exposure.Domain{{Name: "test", Subtree: true}}, Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}, Exclude: exposure.Exclusion{Ports: []uint16{443}}})
	if err != nil {
		b.t.Fatal(err)
	}
	own := dnsprobe.Options{Port: zones, Timeout: 5 * time.Second}
	if anchor != nil {
		own.Anchors = []*dns.DS{anchor}
	}
	return dnsprobe.Connect(permit, exposure.DialerOptions{Resolvers: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), resolver)}}, own)
}

// bind makes zone files.
type bind struct {
	t     *testing.T
	dir   string
	tools map[string]string
}

func (b bind) file(zone string) string { return filepath.Join(b.dir, "zone-"+strings.Trim(zone, ".")) }

func (b bind) write(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// zone writes a zone, and signs it when it is told how.
func (b bind) zone(name, text string, how ...string) {
	b.t.Helper()
	b.write(filepath.Base(b.file(name)), "$TTL 300\n@ SOA ns.test. host.test. 1 3600 600 86400 300\n"+text)
	if len(how) == 0 {
		b.write(filepath.Base(b.file(name))+".signed", "$TTL 300\n@ SOA ns.test. host.test. 1 3600 600 86400 300\n"+text)
		return
	}
	b.do("dnssec-keygen", "-q", "-K", b.dir, "-a", "ECDSAP256SHA256", "-f", "KSK", "-n", "ZONE", name)
	b.do("dnssec-keygen", "-q", "-K", b.dir, "-a", "ECDSAP256SHA256", "-n", "ZONE", name)
	b.do("dnssec-signzone", append(append([]string{"-q", "-S", "-K", b.dir, "-o", name}, how...), b.file(name))...)
}

func (b bind) do(tool string, args ...string) {
	b.t.Helper()
	cmd := exec.Command(b.tools[tool], args...)
	cmd.Dir = b.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%s %v: %v\n%s", tool, args, err, out)
	}
}

// ds is the record that the zone above gets.
func (b bind) ds(zone string) string {
	b.t.Helper()
	raw, err := os.ReadFile(filepath.Join(b.dir, "dsset-"+strings.TrimSuffix(zone, ".")+"."))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(raw)
}

// run starts a server until the test ends.
func run(t *testing.T, program, config string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, append(args, config)...)
	log, err := os.Create(config + ".log")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if b, err := os.ReadFile(config + ".log"); err == nil && t.Failed() {
			t.Logf("%s:\n%s", filepath.Base(program), b)
		}
		log.Close()
	})
}

// up waits until a server answers.
func up(t *testing.T, address string) {
	t.Helper()
	until(t, address, dns.TypeSOA)
}

// until waits for a record of the zone.
func until(t *testing.T, address string, kind uint16) {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion("zone.test.", kind)
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		if r, _, err := (&dns.Client{Timeout: 200 * time.Millisecond}).Exchange(m, address); err == nil && len(r.Answer) > 0 {
			return
		}
	}
	t.Fatalf("%s does not answer", address)
}
