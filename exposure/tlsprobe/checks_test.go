package tlsprobe_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// scan runs the probe on one address and gives the findings by check.
func scan(t *testing.T, at string, service string) map[string]exposure.Finding {
	t.Helper()
	out := map[string]exposure.Finding{}
	for _, f := range findings(t, at, service) {
		out[f.Check] = f
	}
	return out
}

func findings(t *testing.T, at string, service string) (out []exposure.Finding) {
	t.Helper()
	catalogue := exposuretest.Catalogue(t)
	place := netip.MustParseAddrPort(at)
	permit, err := exposure.Own(exposure.Scope{ID: "test", Until: time.Now().Add(time.Hour), Classes: []exposure.Class{exposure.Handshake}, Loopback: true,
		Networks: []exposure.Network{{Prefix: netip.PrefixFrom(place.Addr(), 32)}}, Rate: exposure.Rate{Parallel: 8}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := tlsprobe.LoadProfiles(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	s := exposure.Scan{Probes: tlsprobe.Probes(), Targets: []exposure.Target{{Declared: at, Address: place.Addr(), Port: place.Port(), Service: service}},
		Session: exposure.Session{Dialer: exposure.NewDialer(permit, exposure.DialerOptions{Timeout: time.Minute}), Catalogue: catalogue, Scanner: "test",
			Data: exposure.Data{Kinds: map[string]any{tlsprobe.ProfilesKind: list}}}}
	if err := s.Run(t.Context(), func(f exposure.Finding) { out = append(out, f) }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	catalogue := exposuretest.Catalogue(t)
	for _, id := range tlsprobe.Checks() {
		if c, ok := catalogue.Get(id); !ok || c.Area != exposure.AreaTLS {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}

func expect(t *testing.T, got map[string]exposure.Finding, want map[string]exposure.Outcome) {
	t.Helper()
	for check, outcome := range want {
		if f := got[check]; f.Outcome != outcome {
			t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, outcome)
		}
	}
}

// TestGoodServer: nothing is wrong with a server of today.
func TestGoodServer(t *testing.T) {
	got := scan(t, serve(t, &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS12,
		CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519}}), "https")
	expect(t, got, map[string]exposure.Outcome{"TLS-01": exposure.Pass, "TLS-02": exposure.Pass, "TLS-03": exposure.Pass, "TLS-04": exposure.Pass, "TLS-05": exposure.Info,
		"TLS-06": exposure.Pass, "TLS-07": exposure.Pass, "TLS-10": exposure.Pass, "TLS-11": exposure.Pass, "TLS-14": exposure.Pass, "TLS-16": exposure.Pass,
		"TLS-17": exposure.NotApplicable, "TLS-31": exposure.Pass, "TLS-32": exposure.Pass, "TLS-33": exposure.Pass, "TLS-40": exposure.Pass, "TLS-41": exposure.Pass,
		"TLS-43": exposure.Pass, "TLS-60": exposure.Pass, "TLS-64": exposure.Pass, "TLS-65": exposure.NotApplicable})
	for _, id := range tlsprobe.Checks() {
		if f, ok := got[id]; !ok || f.Outcome == exposure.Error || f.Permit != "test" || f.Reproduce == "" {
			t.Errorf("%s: %+v", id, f)
		}
	}
}

// TestWeakServer: OpenSSL with everything that it still speaks.
func TestWeakServer(t *testing.T) {
	got := scan(t, openssl(t, "-cipher", "ALL:aNULL:eNULL:@SECLEVEL=0"), "https")
	expect(t, got, map[string]exposure.Outcome{"TLS-03": exposure.Fail, "TLS-04": exposure.Fail, "TLS-06": exposure.Pass, "TLS-10": exposure.Fail, "TLS-11": exposure.Fail,
		"TLS-16": exposure.Fail, "TLS-17": exposure.Fail, "TLS-19": exposure.Fail, "TLS-20": exposure.Fail, "TLS-31": exposure.Warn, "TLS-32": exposure.NotApplicable, "TLS-34": exposure.Fail, "TLS-60": exposure.Pass, "TLS-65": exposure.Pass})
}

// TestOrder: what counts is whether a good suite wins. Go lets the client choose among
// the good ones, and never takes a worse one before them; OpenSSL does, unless told.
func TestOrder(t *testing.T) {
	suites := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}
	for _, tc := range []struct {
		at   string
		want exposure.Outcome
	}{
		{serve(t, &tls.Config{Certificates: []tls.Certificate{certificate(t)}, CipherSuites: suites}), exposure.Pass},
		{serve(t, &tls.Config{Certificates: []tls.Certificate{certificate(t)}, CipherSuites: suites[1:]}), exposure.NotApplicable},
		{openssl(t, "-cipher", "ECDHE", "-tls1_2"), exposure.Fail},
		{openssl(t, "-cipher", "ECDHE+AESGCM:ECDHE", "-tls1_2", "-serverpref"), exposure.Pass},
	} {
		expect(t, scan(t, tc.at, "https"), map[string]exposure.Outcome{"TLS-22": tc.want})
	}
}

// TestNoTLS: a service without TLS is an error or does not apply, never a pass.
func TestNoTLS(t *testing.T) {
	for name, answer := range map[string]string{"http": "HTTP/1.1 400 Bad Request\r\n\r\n", "silence": "", "noise": "\x16\x03\x03\xff\xff" + string(make([]byte, 70000))} {
		for id, f := range scan(t, blurt(t, answer), "https") {
			if f.Outcome != exposure.Error && f.Outcome != exposure.NotApplicable && !(f.Outcome == exposure.NotTested && strings.Contains(f.Reason, "intrusive")) {
				t.Errorf("%s: %s is %s", name, id, f.Outcome)
			}
		}
	}
}

// dheSuites are suites of TLS 1.2 with finite-field Diffie-Hellman and no certificate.
var dheSuites = []uint16{0x00a6, 0x00a7, 0x0034, 0x003a, 0x006c, 0x006d}

// TestReusedValue: a server that shows one public value to everybody fails. Its
// answer is one of OpenSSL, said again with the suite that the client wants.
func TestReusedValue(t *testing.T) {
	flight := recorded(t, openssl(t, "-tls1_2", "-cipher", "ADH:@SECLEVEL=0"))
	suiteAt := 5 + 4 + 2 + 32
	suiteAt += 1 + int(flight[suiteAt])
	l := exposuretest.Listen(t, "127.0.0.1")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				b := make([]byte, 1<<14)
				n, _ := io.ReadAtLeast(c, b, 100)
				if answer := again(flight, suiteAt, b[:n]); answer != nil {
					c.Write(answer)
				} else {
					c.Write([]byte{21, 3, 3, 0, 2, 2, 40})
				}
			}()
		}
	}()
	expect(t, scan(t, l.Addr().String(), "https"), map[string]exposure.Outcome{"TLS-65": exposure.Fail, "TLS-16": exposure.Fail})
}

// again is the flight for a hello of TLS 1.2 that offers one of the suites; nil for
// any other.
func again(flight []byte, suiteAt int, hello []byte) []byte {
	if len(hello) < 46 || hello[0] != 22 || binary.BigEndian.Uint16(hello[9:]) != 0x0303 || bytes.Contains(hello, []byte{0, 43, 0, 3, 2, 3, 4}) {
		return nil
	}
	at := 5 + 4 + 2 + 32
	at += 1 + int(hello[at])
	length := int(binary.BigEndian.Uint16(hello[at:]))
	for i := at + 2; i+1 < min(at+2+length, len(hello)); i += 2 {
		if id := binary.BigEndian.Uint16(hello[i:]); slices.Contains(dheSuites, id) {
			out := bytes.Clone(flight)
			binary.BigEndian.PutUint16(out[suiteAt:], id)
			return out
		}
	}
	return nil
}

// recorded is what a server says to a hello of TLS 1.2 with the suites.
func recorded(t *testing.T, address string) []byte {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body := append([]byte{3, 3}, make([]byte, 33)...)
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(dheSuites)))
	for _, id := range dheSuites {
		body = binary.BigEndian.AppendUint16(body, id)
	}
	body = append(body, 1, 0)
	hello := append([]byte{22, 3, 1, 0, byte(len(body) + 4), 1, 0, 0, byte(len(body))}, body...)
	if _, err := c.Write(hello); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(time.Minute))
	var flight []byte
	for b := make([]byte, 1<<14); !bytes.HasSuffix(flight, []byte{14, 0, 0, 0}); { // until ServerHelloDone
		n, err := c.Read(b)
		if flight = append(flight, b[:n]...); err != nil {
			t.Fatalf("no flight: %x, %v", flight, err)
		}
	}
	return flight
}
