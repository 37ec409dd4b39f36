package scan_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/ports"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct{ in, name, prefix, service, wrong string }{
		{in: "Example.ORG", name: "example.org"},
		{in: "bücher.example", name: "xn--bcher-kva.example"},
		{in: "example.org:8443", name: "example.org:8443"},
		{in: "https://example.org/path", name: "example.org:443", service: "https"},
		{in: "smtp://mx.example.org:2525", name: "mx.example.org:2525", service: "smtp"},
		{in: "192.0.2.1", prefix: "192.0.2.1/32:0"},
		{in: "192.0.2.9/28", prefix: "192.0.2.0/28:0"},
		{in: "192.0.2.1:22", prefix: "192.0.2.1/32:22"},
		{in: "2001:db8::1", prefix: "2001:db8::1/128:0"},
		{in: "[2001:db8::1]:443", prefix: "2001:db8::1/128:443"},
		{in: "::ffff:192.0.2.1", prefix: "192.0.2.1/32:0"},
		{in: "10.0.0.0/8", wrong: "more than 65536"},
		{in: "2001:db8::/64", wrong: "more than 65536"},
		{in: "127.1", wrong: "expected a name"},
		{in: "0x7f000001", wrong: "expected a name"},
		{in: "2130706433", wrong: "expected a name"},
		{in: "localhost", wrong: "expected a name"},
		{in: "...", wrong: "expected a name"},
		{in: "example..org", wrong: "expected a name"},
		{in: "https://.example.org", wrong: "expected a name"},
		{in: "example.org:0", wrong: "no number from 1"},
		{in: "gopher://example.org", wrong: "not known"},
		{in: "fe80::1%eth0", wrong: "zone"},
		{in: "", wrong: "expected a name"},
	} {
		e, err := scan.Parse(tc.in)
		switch {
		case tc.wrong != "":
			if err == nil || !strings.Contains(err.Error(), tc.wrong) {
				t.Errorf("%q: %v, want %q", tc.in, err, tc.wrong)
			}
		case err != nil:
			t.Errorf("%q: %v", tc.in, err)
		case tc.name != "" && tc.name != e.Name && tc.name != fmt.Sprint(e.Name, ":", e.Port),
			tc.prefix != "" && tc.prefix != fmt.Sprint(e.Prefix, ":", e.Port), e.Service != tc.service:
			t.Errorf("%q: %+v", tc.in, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"example.org:8443", "https://[::1]:443/x", "192.0.2.0/28", "a://b", ":", "[", "::%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := scan.Parse(s)
		if err == nil && (e.Name == "") == !e.Prefix.IsValid() {
			t.Errorf("%q: %+v", s, e)
		}
	})
}

func finding(check, at string, o exposure.Outcome, s exposure.Severity) exposure.Finding {
	return exposure.Finding{Check: check, Outcome: o, Severity: s, Target: exposure.Target{Declared: at, Address: netip.MustParseAddr(at), Port: 443}}
}

func TestGrades(t *testing.T) {
	k := knowledge(t)
	const at = "192.0.2.1"
	for _, tc := range []struct {
		findings []exposure.Finding
		want     scan.Grade
	}{
		{nil, ""},
		{[]exposure.Finding{finding("TLS-01", at, exposure.Pass, exposure.Critical)}, "A"},
		{[]exposure.Finding{finding("TLS-01", at, exposure.Error, exposure.Critical)}, ""},
		{[]exposure.Finding{finding("TLS-01", at, exposure.Pass, exposure.Critical), finding("TLS-02", at, exposure.Error, exposure.Critical)}, "B"},
		{[]exposure.Finding{finding("TLS-01", at, exposure.NotTested, exposure.Critical)}, ""},
		{[]exposure.Finding{finding("TLS-01", at, exposure.Warn, exposure.Medium), finding("TLS-02", at, exposure.Pass, exposure.Critical)}, "C"},
		{[]exposure.Finding{finding("TLS-01", at, exposure.Fail, exposure.Critical), finding("CERT-01", at, exposure.Fail, exposure.Low)}, "F"},
	} {
		if _, got := scan.Grades(k.Catalogue, tc.findings); got != tc.want {
			t.Errorf("%v: grade %q, want %q", tc.findings, got, tc.want)
		}
	}
	areas, _ := scan.Grades(k.Catalogue, []exposure.Finding{finding("TLS-01", at, exposure.Pass, exposure.High), finding("CERT-01", at, exposure.Fail, exposure.High)})
	if len(areas) != 2 || areas[0].Area != exposure.AreaCertificate {
		t.Errorf("not worst first: %v", areas)
	}
}

func TestDrift(t *testing.T) {
	const at = "192.0.2.1"
	f := func(check string, o exposure.Outcome) exposure.Finding { return finding(check, at, o, exposure.High) }
	before := []exposure.Finding{f("TLS-01", exposure.Pass), f("TLS-02", exposure.Fail), f("TLS-03", exposure.Fail), f("TLS-04", exposure.Fail), f("TLS-06", exposure.Pass), f("TLS-07", exposure.Error)}
	after := []exposure.Finding{f("TLS-01", exposure.Fail), f("TLS-02", exposure.Pass), f("TLS-03", exposure.Error), f("TLS-05", exposure.Fail), f("TLS-06", exposure.Pass), f("TLS-07", exposure.Pass)}
	var got []string
	for _, s := range scan.Drift(before, after) {
		got = append(got, string(s.Change)+" "+s.Finding().Check)
	}
	if want := "[worse TLS-01 appeared TLS-05 unseen TLS-03 better TLS-02 gone TLS-04]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if d := scan.Drift(after, after); len(d) != 0 {
		t.Errorf("a scan differs from itself: %v", d)
	}
}

func knowledge(t testing.TB) scan.Knowledge {
	t.Helper()
	k, err := scan.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// options covers what is declared on this machine.
func options(t testing.TB, targets ...string) scan.Options {
	t.Helper()
	o := scan.Options{Knowledge: knowledge(t), Scanner: "Test 1", Timeout: time.Minute}
	s := exposure.Scope{ID: "auth-1", Until: time.Now().Add(time.Hour), Classes: []exposure.Class{exposure.Passive, exposure.Handshake}, Loopback: true,
		Rate: exposure.Rate{PerAddress: 1e5, PerNetwork: 1e5, Total: 1e5}}
	for _, target := range targets {
		e, err := scan.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		o.Entries = append(o.Entries, e)
	}
	scan.Covers(&s, o.Entries, exposure.Proof{Kind: "statement"}, false, false)
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	o.Permit = p
	return o
}

func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example.org"}, DNSNames: []string{"example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// last is an address that no scan contacts.
const last = "127.200.0.1"

// serve answers TLS on every loopback address and counts who was contacted: up to the
// moment in which the contacts are asked for.
func serve(t testing.TB) (port int, contacts func() map[string]int) {
	t.Helper()
	l := exposuretest.Listen(t, "0.0.0.0")
	var mu sync.Mutex
	seen := map[string]int{}
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			seen[c.LocalAddr().(*net.TCPAddr).IP.String()]++
			mu.Unlock()
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				_ = tls.Server(c, config).Handshake() // most questions end in an alert
			}()
		}
	}()
	port = l.Addr().(*net.TCPAddr).Port
	return port, func() map[string]int {
		c, err := net.Dial("tcp", net.JoinHostPort(last, fmt.Sprint(port)))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for {
			mu.Lock()
			out := seen
			if out[last] > 0 { // who came before it was counted before it
				seen = map[string]int{}
				mu.Unlock()
				delete(out, last)
				return out
			}
			mu.Unlock()
			time.Sleep(time.Millisecond)
		}
	}
}

// TestScan goes from an address with a port that no table knows to findings, and to
// every output.
func TestScan(t *testing.T) {
	port, _ := serve(t)
	target := fmt.Sprintf("127.0.0.1:%d", port)
	o := options(t, target)
	r := scan.Result{Scanner: o.Scanner, Catalogue: o.Knowledge.Catalogue, Permit: o.Permit.ID(), Start: time.Now(), Declared: []string{target}}
	var list scan.List
	if err := scan.Run(t.Context(), o, func(f exposure.Finding) { list = append(list, f) }); err != nil {
		t.Fatal(err)
	}
	r.End, r.Findings = time.Now(), list
	outcomes := map[string]exposure.Outcome{}
	for _, f := range list {
		outcomes[f.Check] = f.Outcome
		if f.Target.Declared != target || f.Permit != "auth-1" || f.Citation == "" || f.End.IsZero() {
			t.Errorf("%+v", f)
		}
	}
	for check, want := range map[string]exposure.Outcome{"TLS-01": exposure.Pass, "TLS-06": exposure.Pass, "TLS-31": exposure.Pass, "CERT-01": exposure.Fail} {
		if outcomes[check] != want {
			t.Errorf("%s: %s, want %s", check, outcomes[check], want)
		}
	}
	var written bytes.Buffer
	var line scan.Line
	if err := r.WriteJSON(&written); err != nil || json.Unmarshal(written.Bytes(), &line) != nil || line.Grade != "E" || len(line.Checks) != len(list) || line.Checks[0].Status != "fail" {
		t.Errorf("%v %+v", err, line)
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"json":  func(b *bytes.Buffer) error { return r.WriteJSON(b) },
		"sarif": func(b *bytes.Buffer) error { return r.WriteSARIF(b) },
		"oscal": func(b *bytes.Buffer) error { return r.WriteOSCAL(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil || !json.Valid(b.Bytes()) || !strings.Contains(b.String(), "TLS-31") {
			t.Errorf("%s: %v %s", name, err, b.String())
		}
	}
	rows := 0
	for row, err := range r.Rows() {
		if rows++; err != nil || len(row) != len(scan.TableHead()) {
			t.Errorf("table: %v %v", row, err)
		}
	}
	if rows != len(list) {
		t.Errorf("%d rows of %d findings", rows, len(list))
	}
	if b := string(scan.Badge("a<b", "E", "today")); !strings.Contains(b, "a&lt;b: E · today") {
		t.Error(b)
	}
}

// TestOnly asks for one check alone, as after a repair.
func TestOnly(t *testing.T) {
	port, _ := serve(t)
	o := options(t, fmt.Sprintf("tls://127.0.0.1:%d", port))
	o.Only = []string{"TLS-06"}
	var got []string
	if err := scan.Run(t.Context(), o, func(f exposure.Finding) { got = append(got, f.Check) }); err != nil || fmt.Sprint(got) != "[TLS-06]" {
		t.Errorf("%v %v", got, err)
	}
	o = options(t, "127.0.0.1") // the port has to be found first
	o.Only, o.Ports, got = []string{"TLS-06"}, []uint16{uint16(port)}, nil
	if err := scan.Run(t.Context(), o, func(f exposure.Finding) { got = append(got, f.Check) }); err != nil || fmt.Sprint(got) != "[TLS-06]" {
		t.Errorf("of a host: %v %v", got, err)
	}
}

type failing struct{ err error }

func (f failing) Addresses(context.Context, string) (exposure.Answer, error) {
	return exposure.Answer{}, f.err
}

// TestUnresolved: a name without addresses is an error, with a port and without.
func TestUnresolved(t *testing.T) {
	for _, target := range []string{"example.org", "example.org:443"} {
		o := options(t, target)
		o.Resolver = failing{errors.New("no such name")}
		o.Only = []string{"SCN-01"}
		var got []exposure.Finding
		if err := scan.Run(t.Context(), o, func(f exposure.Finding) { got = append(got, f) }); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Outcome != exposure.Error || !strings.Contains(got[0].Reason, "no such name") || got[0].Target.Declared != target {
			t.Errorf("%s: %+v", target, got)
		}
	}
}

// TestNothingAllowed: what the permit does not cover is not tested, and says why.
func TestNothingAllowed(t *testing.T) {
	_, contacts := serve(t)
	o := options(t, "127.0.0.1")
	s := o.Permit.Scope()
	s.Loopback = false
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	o.Permit = p
	var got []exposure.Finding
	if err := scan.Run(t.Context(), o, func(f exposure.Finding) { got = append(got, f) }); err != nil {
		t.Fatal(err)
	}
	if len(got) == 0 || len(contacts()) > 0 {
		t.Errorf("%+v", got)
	}
	for _, f := range got {
		if f.Outcome != exposure.NotTested && f.Outcome != exposure.NotApplicable {
			t.Errorf("%s: %s %s", f.Check, f.Outcome, f.Reason)
		}
	}
}

// childJournal is set in the process that TestKill kills.
const childJournal, childPort = "SCAN_TEST_JOURNAL", "SCAN_TEST_PORT"

func killOptions(t testing.TB, port string) scan.Options {
	var targets []string
	for i := range 64 {
		targets = append(targets, fmt.Sprintf("tls://127.0.3.%d:%s", i, port))
	}
	o := options(t, targets...)
	o.Workers, o.Only = 4, []string{"TLS-06", "CERT-01"}
	return o
}

// TestKillChild is the scan that is killed; alone it does nothing.
func TestKillChild(t *testing.T) {
	path := os.Getenv(childJournal)
	if path == "" {
		t.Skip("runs in a process of its own")
	}
	o := killOptions(t, os.Getenv(childPort))
	o.Journal = path
	if err := scan.Run(t.Context(), o, func(exposure.Finding) {}); err != nil {
		t.Fatal(err)
	}
}

// TestKill: a scan that is killed without warning goes on with its journal, contacts
// no host again that was finished, and ends with the findings of a whole scan.
func TestKill(t *testing.T) {
	n, contacts := serve(t)
	port := fmt.Sprint(n)
	path := filepath.Join(t.TempDir(), "journal")
	child := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	child.Env = append(os.Environ(), childJournal+"="+path, childPort+"="+port)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(path); err == nil && bytes.Count(b, []byte(`"key":"certificates`)) > 5 {
			break
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	torn.WriteString(`{"key":"tls|service|127.0.3.60:1","find`)
	torn.Close()
	contacts()

	_, before, err := scan.ReadJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	for _, f := range before {
		if f.Target.Port != 0 && strings.HasPrefix(f.Check, "TLS-") { // its certificate may still be open
			done["tls "+f.Target.Address.String()] = true
		}
		if strings.HasPrefix(f.Check, "CERT-") {
			done["cert "+f.Target.Address.String()] = true
		}
	}
	o := killOptions(t, port)
	o.Journal = path
	findings := map[string]int{}
	if err := scan.Run(t.Context(), o, func(f exposure.Finding) { findings[f.Target.Address.String()]++ }); err != nil {
		t.Fatal(err)
	}
	again, whole := contacts(), 0
	for i := range 64 {
		address := fmt.Sprintf("127.0.3.%d", i)
		if findings[address] != findings["127.0.3.0"] {
			t.Errorf("%s has %d findings, the first %d", address, findings[address], findings["127.0.3.0"])
		}
		if done["tls "+address] && done["cert "+address] {
			whole++
			if again[address] > 0 {
				t.Errorf("%s was finished, and was contacted %d times again", address, again[address])
			}
		}
	}
	if whole == 0 || len(again) == 0 {
		t.Errorf("%d hosts were finished before, %d after: the test shows nothing", whole, len(again))
	}
	o.Entries = o.Entries[:0]
	if err := scan.Run(t.Context(), o, func(exposure.Finding) {}); !errors.Is(err, scan.ErrOtherScan) {
		t.Errorf("the journal of another scan was taken: %v", err)
	}
}

// TestJournalDamaged: a journal that is damaged in its middle is refused.
func TestJournalDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	head := scan.Head{Permit: "auth-1"}
	j, err := scan.OpenJournal(path, head)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Finish("a", nil, nil), j.Finish("b", nil, nil), j.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(b, []byte(`{"key":"a"`), []byte(`{"key"x"a"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scan.OpenJournal(path, head); err == nil {
		t.Error("a damaged journal was taken")
	}
}

// TestEveryCheckHasItsProbe: the catalogue promises nothing that nobody looks at, and
// no two probes have one name.
func TestEveryCheckHasItsProbe(t *testing.T) {
	answered, names := map[string]bool{"SCN-01": true}, map[string]bool{} // SCN-01 is found on the way, by the probe of addresses
	for _, p := range scan.Probes() {
		if names[p.Name] {
			t.Errorf("two probes are called %q", p.Name)
		}
		names[p.Name] = true
		for _, c := range p.Checks {
			answered[c] = true
		}
	}
	for _, c := range scan.Judged() { // from earlier scans, after the end of a scan
		answered[c] = true
	}
	for _, c := range ports.Checks() { // of the probe that finds ports, which always runs
		answered[c] = true
	}
	k := knowledge(t)
	for _, c := range k.Catalogue.Checks {
		if !answered[c.ID] {
			t.Errorf("%s is answered by no probe", c.ID)
		}
		delete(answered, c.ID)
	}
	for id := range answered {
		t.Errorf("%s is not in the catalogue", id)
	}
}
