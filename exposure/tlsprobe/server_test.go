package tlsprobe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

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

func serve(t testing.TB, config *tls.Config) string {
	t.Helper()
	l := tls.NewListener(exposuretest.Listen(t, "127.0.0.1"), config)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				c.(*tls.Conn).Handshake()
				c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

func ask(address string) *tlsprobe.Server {
	return tlsprobe.NewServer(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}, "example.org", 5*time.Second, 4)
}

func byVersion(list []tlsprobe.Support) map[string]tlsprobe.Support {
	out := map[string]tlsprobe.Support{}
	for _, s := range list {
		out[tlsprobe.VersionName(s.Version)] = s
	}
	return out
}

func suiteNames(s tlsprobe.Support) (out []string) {
	for _, id := range s.Suites {
		out = append(out, tlsprobe.SuiteOf(id).Name)
	}
	slices.Sort(out)
	return out
}

// TestGoServer: a server of crypto/tls with known settings.
func TestGoServer(t *testing.T) {
	suites := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}
	s := ask(serve(t, &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS11, CipherSuites: suites,
		CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP384}}))
	v := byVersion(s.Versions(t.Context()))
	for name, want := range map[string]bool{"TLS 1.3": true, "TLS 1.2": true, "TLS 1.1": true, "TLS 1.0": false, "SSL 3": false, "SSL 2": false} {
		if v[name].Offered != want || v[name].Err != nil {
			t.Errorf("%s: offered %v, %v", name, v[name].Offered, v[name].Err)
		}
	}
	if got := suiteNames(v["TLS 1.2"]); !slices.Equal(got, []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"}) {
		t.Errorf("TLS 1.2: %v", got)
	}
	if got := suiteNames(v["TLS 1.3"]); len(got) != 3 {
		t.Errorf("TLS 1.3: %v", got)
	}
	if len(v["TLS 1.2"].Flights[0].Certificates) != 1 {
		t.Error("no certificate was seen")
	}
	for version, want := range map[string][]string{"TLS 1.3": {"X25519MLKEM768", "secp384r1", "x25519"}, "TLS 1.2": {"secp384r1", "x25519"}} {
		groups, err := s.Groups(t.Context(), v[version].Version, v[version].Suites)
		var got []string
		for _, g := range groups {
			got = append(got, tlsprobe.GroupName(g))
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("groups of %s: %v, %v", version, got, err)
		}
	}
	t.Logf("%d connections", s.Connections())
}

// blurt is a server that says one thing and hangs up.
func blurt(t testing.TB, what string) string {
	t.Helper()
	l := exposuretest.Listen(t, "127.0.0.1")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				c.Write([]byte(what))
				c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// openssl is a server of another make, with keys that no Go client would take.
func openssl(t testing.TB, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is not installed; make setup installs it")
	}
	c := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	address := exposuretest.Address(t, "127.0.0.1")
	cmd := exec.Command(program, append([]string{"s_server", "-accept", address, "-cert", file, "-quiet"}, args...)...)
	if _, err := cmd.StdinPipe(); err != nil { // it says goodbye to everybody when nothing more can be typed
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address
		}
	}
	t.Fatal("openssl did not start")
	return ""
}

// TestOpenSSL: every suite of a server that offers what no library would.
func TestOpenSSL(t *testing.T) {
	s := ask(openssl(t, "-cipher", "ALL:aNULL:eNULL:@SECLEVEL=0", "-tls1_2"))
	s12 := byVersion(s.Versions(t.Context()))["TLS 1.2"]
	names := strings.Join(suiteNames(s12), " ")
	for _, want := range []string{"TLS_DH_anon_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_NULL_SHA", "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256", "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"} {
		if !strings.Contains(names, want) {
			t.Errorf("%s was not found", want)
		}
	}
	primes := 0
	for _, f := range s12.Flights {
		if f.DHPrime != nil {
			primes = f.DHPrime.BitLen()
		}
	}
	if primes < 1024 {
		t.Errorf("the prime of anonymous DH has %d bits", primes)
	}
	t.Logf("%d suites, %d connections, prime of %d bits", len(s12.Suites), s.Connections(), primes)
}

// TestProtocols: the protocols of ALPN that a server takes are found, whatever it says
// to others: a refusal, nothing at all, or one of its own.
func TestProtocols(t *testing.T) {
	t.Parallel()
	c := certificate(t)
	for _, tc := range []struct {
		name       string
		has, wants []string
	}{
		{"two, and it refuses others", []string{"smtp", "h2"}, []string{"h2", "smtp"}},
		{"all", []string{"ftp", "smtp", "pop3", "imap", "http/1.1", "h2"}, []string{"h2", "http/1.1", "imap", "pop3", "smtp", "ftp"}},
		{"one that nobody asks for", []string{"dot"}, nil},
		{"none", nil, nil},
	} {
		at := serve(t, &tls.Config{NextProtos: tc.has, Certificates: []tls.Certificate{c}, MaxVersion: tls.VersionTLS12})
		v, err := ask(at).Look(t.Context())
		if err != nil || !slices.Equal(v.Protocols, tc.wants) {
			t.Errorf("%s: %q, %v; want %q", tc.name, v.Protocols, err, tc.wants)
		}
	}
}
