package scan_test

import (
	"encoding/pem"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// TestSharedKeys: two hosts with one key are told at each of them, whichever was looked
// at first, also from a journal; one host with two ports is not.
func TestSharedKeys(t *testing.T) {
	port, _ := serve(t)
	journal := filepath.Join(t.TempDir(), "journal")
	keys := func(targets ...string) map[string]exposure.Finding {
		o := options(t, targets...)
		o.Only, o.Journal = []string{"CERT-12"}, journal
		out := map[string]exposure.Finding{}
		if err := scan.Run(t.Context(), o, func(f exposure.Finding) { out[f.Target.Declared] = f }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	one, two := fmt.Sprintf("tls://127.0.0.1:%d", port), fmt.Sprintf("tls://127.0.0.2:%d", port)
	for range 2 { // the second time from the journal
		for at, other := range map[string]string{one: "127.0.0.2", two: "127.0.0.1"} {
			if f := keys(one, two)[at]; f.Outcome != exposure.Warn || !strings.HasSuffix(f.Observed, ": "+other) || f.Reason != "" || f.Citation == "" {
				t.Errorf("%s: %s (%s%s)", at, f.Outcome, f.Observed, f.Reason)
			}
		}
	}
	_, list, err := scan.ReadJournal(journal)
	warned := 0
	for _, f := range list {
		if f.Check == "CERT-12" && f.Outcome == exposure.Warn {
			warned++
		}
	}
	if err != nil || warned != 2 {
		t.Errorf("%d warnings in the journal, %v", warned, err)
	}
	journal = ""
	if f := keys(one)[one]; f.Outcome != exposure.NotTested || len(f.Keys) != 1 {
		t.Errorf("alone: %s (%s%s)", f.Outcome, f.Observed, f.Reason)
	}
}

// TestKeysAgain: one check at one place is judged with what the scan before knows of
// the other hosts, and of the key that the place had then.
func TestKeysAgain(t *testing.T) {
	port, _ := serve(t)
	one, two := fmt.Sprintf("tls://127.0.0.1:%d", port), fmt.Sprintf("tls://127.0.0.2:%d", port)
	look := func(earlier []exposure.Finding, targets ...string) (out []exposure.Finding) {
		o := options(t, targets...)
		o.Only, o.Earlier = []string{"CERT-12"}, earlier
		if err := scan.Run(t.Context(), o, func(f exposure.Finding) { out = append(out, f) }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := look(nil, one, two)
	if again := look(before, one); len(again) != 1 || again[0].Outcome != exposure.Warn || !strings.HasSuffix(again[0].Observed, ": 127.0.0.2") {
		t.Errorf("the key that another host has: %+v", again)
	}
	for i := range before {
		before[i].Keys = []string{"old"}
	}
	if again := look(before, one); len(again) != 1 || again[0].Outcome != exposure.Pass || before[0].Keys[0] != "old" {
		t.Errorf("a new key of its own: %+v", again)
	}
	for i := range before {
		before[i].Keys = look(nil, one)[0].Keys
		before[i].Target.Address = netip.MustParseAddr("127.0.0.1")
	}
	if again := look(before, one); len(again) != 1 || again[0].Outcome != exposure.NotTested {
		t.Errorf("nothing to compare with: %+v", again)
	}
}

// TestOneHost: names at one address, and addresses of one name, are one host, also by
// way of one another.
func TestOneHost(t *testing.T) {
	at := func(name, address string) exposure.Target {
		return exposure.Target{Name: name, Address: netip.MustParseAddr(address), Port: 443}
	}
	for name, tc := range map[string]struct {
		targets []exposure.Target
		warned  int
	}{
		"two ports":                    {[]exposure.Target{at("", "192.0.2.1"), {Address: netip.MustParseAddr("192.0.2.1"), Port: 993}}, 0},
		"two names":                    {[]exposure.Target{at("a.test", "192.0.2.1"), at("b.test", "192.0.2.1")}, 0},
		"IPv4 and IPv6":                {[]exposure.Target{at("a.test", "192.0.2.1"), at("a.test", "2001:db8::1")}, 0},
		"two names, IPv4 and IPv6":     {[]exposure.Target{at("a.test", "192.0.2.1"), at("b.test", "2001:db8::1"), at("a.test", "2001:db8::1"), at("b.test", "192.0.2.1")}, 0},
		"two hosts":                    {[]exposure.Target{at("a.test", "192.0.2.1"), at("b.test", "192.0.2.2")}, 2},
		"two hosts, one with two ways": {[]exposure.Target{at("a.test", "192.0.2.1"), at("b.test", "192.0.2.2"), at("a.test", "192.0.2.3")}, 3},
	} {
		path := filepath.Join(t.TempDir(), "journal")
		j, err := scan.OpenJournal(path, scan.Head{})
		if err != nil {
			t.Fatal(err)
		}
		for i, target := range tc.targets {
			f := exposure.Finding{Check: "CERT-12", Target: target, Outcome: exposure.Pass, Keys: []string{"aa"}}
			if err := j.Finish(fmt.Sprint(i), []exposure.Finding{f}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		_, list, err := scan.ReadJournal(path)
		warned := 0
		for _, f := range list {
			if f.Outcome == exposure.Warn {
				warned++
			}
		}
		if err != nil || len(list) != len(tc.targets) || warned != tc.warned {
			t.Errorf("%s: %d warnings, want %d: %+v %v", name, warned, tc.warned, list, err)
		}
	}
}

// TestImportCertificates: an earlier certificate comes from a file, and several files
// add up.
func TestImportCertificates(t *testing.T) {
	k := knowledge(t)
	for range 2 {
		c := certificate(t)
		path := filepath.Join(t.TempDir(), "certificates.pem")
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := k.Import("certificates=" + path); err != nil {
			t.Fatal(err)
		}
	}
	bad := filepath.Join(t.TempDir(), "noise")
	if err := os.WriteFile(bad, []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.Import("certificates=" + bad); err == nil || !strings.Contains(err.Error(), "expected DER or PEM") {
		t.Error(err)
	}
}
