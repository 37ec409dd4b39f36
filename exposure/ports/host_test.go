package ports

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// TestHost: a host with an SSH server on an unusual port, a web server, and a
// closed rest.
func TestHost(t *testing.T) {
	t.Parallel()
	ssh := serve(t, exposuretest.Address(t, "127.2.0.4"), goodSSH())
	web := serve(t, exposuretest.Address(t, "127.2.0.4"), webpage(200, "", "hello"))
	host := exposure.Target{Declared: "127.2.0.4", Address: ssh.Addr()}
	settings := map[string]string{SettingPorts: fmt.Sprintf("23,135,137,139,445,502,%d,%d", ssh.Port(), web.Port())}
	got := scan(t, lab(), settings, exposure.Data{Kinds: map[string]any{DeclaredKind: Declared{"127.2.0.4": {ssh.Port(), 25}}}}, host)
	for check, want := range map[string]exposure.Outcome{"PORT-00": exposure.Fail, "PORT-01": exposure.NotTested, "PORT-02": exposure.Pass, "PORT-03": exposure.NotTested, "PORT-05": exposure.NotTested,
		"BAN-02": exposure.Pass, "OT-01": exposure.NotTested, "PORT-11": exposure.NotTested} {
		if f := find(got, check); f.Outcome != want || f.Reason == "" && want == exposure.NotTested {
			t.Errorf("%s: %+v", check, f)
		}
	}
	f := find(got, "PORT-00")
	if !strings.Contains(f.Observed, fmt.Sprintf("not declared: %d", web.Port())) || !strings.Contains(f.Observed, "declared and not seen: 25") {
		t.Errorf("%+v", f)
	}
	i := slices.IndexFunc(got, func(f exposure.Finding) bool { return f.Check == "PORT-05" && f.Target.Port == ssh.Port() })
	if i < 0 || got[i].Outcome != exposure.Pass || got[i].Target.Service != "ssh" {
		t.Errorf("the server of SSH was not found: %+v", got)
	}
}

// TestSharedAddress: two names of one address are two hosts in the findings, and one
// for whoever is asked.
func TestSharedAddress(t *testing.T) {
	s := lab()
	contacts := map[netip.AddrPort]int{}
	var mu sync.Mutex
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	host := netip.MustParseAddr("127.2.0.8")
	d := exposure.NewDialer(p, exposure.DialerOptions{Log: func(c exposure.Contact) {
		mu.Lock()
		contacts[c.Address]++
		mu.Unlock()
	}})
	catalogue := exposuretest.Catalogue(t)
	session := exposure.Session{Dialer: d, Catalogue: catalogue, Settings: map[string]string{SettingPorts: "1,2,3"}}
	scan := exposure.Scan{Probes: Probes(), Session: session, Targets: []exposure.Target{{Declared: "a", Address: host}}}
	n := 0
	for range 2 { // the second run stands for the second name
		if err := scan.Run(t.Context(), func(exposure.Finding) { n++ }); err != nil {
			t.Fatal(err)
		}
	}
	for at, times := range contacts {
		if times != 1 {
			t.Errorf("%s was contacted %d times", at, times)
		}
	}
	if len(contacts) != 3 || n != 2*len(hostChecks()) {
		t.Errorf("%d contacts, %d findings", len(contacts), n)
	}
}

// TestTarpit: a host on which everything is open is not judged.
func TestTarpit(t *testing.T) {
	t.Parallel()
	var list []string
	for range 30 {
		list = append(list, fmt.Sprint(serve(t, exposuretest.Address(t, "127.2.0.5"), says("220 tarpit\r\n")).Port()))
	}
	host := exposure.Target{Address: netip.MustParseAddr("127.2.0.5")}
	for name, ports := range map[string]string{"share": strings.Join(list, ","), "banners": strings.Join(list, ",") + ",1-100"} {
		got := scan(t, lab(), map[string]string{SettingPorts: ports}, exposure.Data{}, host)
		for _, f := range got {
			if f.Outcome != exposure.NotTested || f.Reason == "" || f.Target.Port != 0 {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if len(got) != len(hostChecks()) {
			t.Errorf("%s: %d findings", name, len(got))
		}
	}
}

// TestPrivateAddresses: that a service can be reached from inside is no finding of
// what strangers see; a defect is one everywhere.
func TestPrivateAddresses(t *testing.T) {
	sv := service{title: "Redis"}
	for _, tc := range []struct {
		r    reading
		want exposure.Outcome
	}{{reading{known: true}, exposure.Warn}, {reading{known: true, defect: true}, exposure.Fail}} {
		var f exposure.Finding
		if sv.judge(&f, tc.r, nil, true); f.Outcome != tc.want {
			t.Errorf("%+v", f)
		}
	}
}
