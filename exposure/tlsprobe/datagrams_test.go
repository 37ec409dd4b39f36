package tlsprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/quic"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// TestQUIC: a server of QUIC lists its versions and shows its certificate, which is
// compared with that of TLS.
func TestQUIC(t *testing.T) {
	certificate, err := labKey()
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, NextProtos: []string{"h3"}}
	end, err := quic.Listen("udp", exposuretest.Address(t, "127.0.0.1"), &quic.Config{TLSConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	over, stop := context.WithCancel(t.Context())
	defer end.Close(over)
	defer stop()
	go func() {
		for {
			if _, err := end.Accept(over); err != nil {
				return
			}
		}
	}()
	connect := func() net.Conn {
		c, err := net.Dial("udp", end.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := connect()
	versions, ok, err := quicVersions(c)
	if err != nil || !ok || !slices.Contains(versions, 1) {
		t.Fatalf("%v, %v, %v", versions, ok, err)
	}
	state, err := quicHandshake(t.Context(), c, "example.org")
	if err != nil || len(state.PeerCertificates) != 1 {
		t.Fatalf("%v, %v", state.PeerCertificates, err)
	}
	same := listening(t, func(c net.Conn) { tls.Server(c, config).Handshake() })
	var f exposure.Finding
	if same.compare(t.Context(), state, &f); f.Outcome != exposure.Pass {
		t.Errorf("%+v", f)
	}
	state.PeerCertificates = []*x509.Certificate{{Raw: []byte("another")}}
	if same.compare(t.Context(), state, &f); f.Outcome != exposure.Warn || !strings.Contains(f.Observed, "another certificate") {
		t.Errorf("%+v", f)
	}
	end.Close(over)
	if _, ok, err := quicVersions(connect()); ok || err != nil {
		t.Errorf("nobody is there: %v, %v", ok, err)
	}
}

// mute is a service of UDP that is not DTLS.
func mute(t *testing.T, answer string) string {
	t.Helper()
	c := exposuretest.ListenPacket(t, "127.0.0.1")
	go func() {
		b := make([]byte, 2048)
		for {
			_, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo([]byte(answer), from)
		}
	}()
	return c.LocalAddr().String()
}

// TestNoDTLS: what is not DTLS is not taken for it.
func TestNoDTLS(t *testing.T) {
	c, err := net.Dial("udp", mute(t, "HTTP/1.1 400 Bad Request\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if v, err := askDTLS(c, dtls12); err != errNoDTLS || v != 0 {
		t.Errorf("%x, %v", v, err)
	}
}

// TestDTLS: versions of a real server.
func TestDTLS(t *testing.T) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is not installed; make setup installs it")
	}
	certificate, err := labKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want exposure.Outcome
		seen string
	}{{[]string{"-dtls1_2"}, exposure.Pass, "DTLS 1.2"}, {[]string{"-dtls", "-cipher", "ALL:@SECLEVEL=0"}, exposure.Fail, "DTLS 1.0, DTLS 1.2"}} {
		offers := map[uint16]bool{}
		for _, v := range []uint16{dtls12, dtls10} {
			chosen, err := askOpenSSL(t, program, append([]string{"-cert", file}, tc.args...), v)
			if err != nil {
				t.Errorf("%v, %s: %v", tc.args, dtlsName(v), err)
			}
			if chosen != 0 {
				offers[chosen] = true
			}
		}
		var f exposure.Finding
		if judgeDTLS(&f, offers); f.Outcome != tc.want || f.Observed != tc.seen {
			t.Errorf("%v: %+v", tc.args, f)
		}
	}
}

// askOpenSSL asks a server that serves one visitor.
func askOpenSSL(t *testing.T, program string, args []string, version uint16) (chosen uint16, err error) {
	t.Helper()
	address := exposuretest.Address(t, "127.0.0.1")
	cmd := exec.Command(program, append([]string{"s_server", "-listen", "-accept", address, "-quiet"}, args...)...)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) { // it takes a while until it is there
		var c net.Conn
		if c, err = net.Dial("udp", address); err == nil {
			chosen, err = askDTLS(c, version)
			c.Close()
		}
		if err == nil {
			break
		}
	}
	return chosen, err
}

// FuzzDatagrams: whatever a datagram holds, reading it ends.
func FuzzDatagrams(f *testing.F) {
	f.Add([]byte("\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x23\x03\x00\x00\x17\x00\x00\x00\x00\x00\x00\x00\x17\xfe\xff\x14aaaaaaaaaaaaaaaaaaaa"))
	f.Add([]byte("\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x28"))
	f.Add([]byte("\xc0\x00\x00\x00\x00\x01c\x01s\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a := readDTLS(b); a.version != 0 && dtlsName(a.version) == "" && a.version>>8 != 0xfe {
			t.Errorf("version %x", a.version)
		}
		if v, ok := readQUICVersions(b, []byte("s"), []byte("c")); len(v) > 64 || ok && len(b) < 9 {
			t.Errorf("%d versions", len(v))
		}
	})
}
