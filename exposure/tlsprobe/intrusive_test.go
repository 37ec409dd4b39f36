package tlsprobe

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

var labKey = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return tls.Certificate{}, err
	}
	c := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example.org"}, DNSNames: []string{"example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

// listening lets a server handle each connection.
func listening(t *testing.T, handle func(net.Conn)) *Server {
	t.Helper()
	l := exposuretest.Listen(t, "127.0.0.1")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				handle(c)
			}()
		}
	}()
	return NewServer(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	}, "example.org", 5*time.Second, 1)
}

// plainRecord reads one record.
func plainRecord(c net.Conn) (kind byte, body []byte) {
	var f Flight
	kind, body, err := readRecord(c, &f)
	if err != nil {
		return 0, nil
	}
	return kind, body
}

func message(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// firstFlight answers a hello of TLS 1.2 with RSA key exchange.
func firstFlight(c net.Conn, certificate []byte) bool {
	kind, hello := plainRecord(c)
	if kind != 22 || len(hello) < 6 || hello[5] != 3 { // TLS 1.2 is tried first
		return false
	}
	list := append([]byte{byte(len(certificate) >> 16), byte(len(certificate) >> 8), byte(len(certificate))}, certificate...)
	body := append(append([]byte{3, 3}, make([]byte, 32)...), 0, 0, 0x2f, 0)
	all := append(message(2, body), message(11, append([]byte{0, byte(len(list) >> 8), byte(len(list))}, list...))...)
	c.Write(record(22, TLS12, append(all, message(14, nil)...)))
	return true
}

func alert(c net.Conn, n byte) { c.Write([]byte{21, 3, 3, 0, 2, 2, n}) }

// TestEarlyChange: CVE-2014-0224.
func TestEarlyChange(t *testing.T) {
	certificate, err := labKey()
	if err != nil {
		t.Fatal(err)
	}
	real := tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS10}
	for name, tc := range map[string]struct {
		serve func(net.Conn)
		want  exposure.Outcome
	}{
		"flawed": {func(c net.Conn) {
			if firstFlight(c, certificate.Certificate[0]) {
				plainRecord(c)
				plainRecord(c)
				alert(c, 20)
			}
		}, exposure.Fail},
		"sound": {func(c net.Conn) {
			if firstFlight(c, certificate.Certificate[0]) {
				plainRecord(c)
				alert(c, 10)
			}
		}, exposure.Pass},
		"Go":     {func(c net.Conn) { tls.Server(c, &real).Handshake() }, exposure.Pass},
		"no TLS": {func(c net.Conn) { c.Write([]byte("220 hello\r\n")) }, exposure.Error},
	} {
		var f exposure.Finding
		if listening(t, tc.serve).earlyChange(t.Context(), &f); f.Outcome != tc.want {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestRobot: a server that says whether a secret has the right shape is found.
func TestRobot(t *testing.T) {
	certificate, err := labKey()
	if err != nil {
		t.Fatal(err)
	}
	key := certificate.PrivateKey.(*rsa.PrivateKey)
	serve := func(answer func(right bool) byte) func(net.Conn) {
		return func(c net.Conn) {
			if !firstFlight(c, certificate.Certificate[0]) {
				return
			}
			kind, body := plainRecord(c)
			if kind != 22 || len(body) < 6 {
				return
			}
			b := new(big.Int).Exp(new(big.Int).SetBytes(body[6:]), key.D, key.N).FillBytes(make([]byte, key.Size()))
			end := bytes.IndexByte(b[2:], 0) + 2
			right := b[0] == 0 && b[1] == 2 && end == len(b)-49 && b[end+1] == 3 && b[end+2] == 3
			alert(c, answer(right))
			io.Copy(io.Discard, c)
		}
	}
	for name, tc := range map[string]struct {
		answer func(bool) byte
		want   exposure.Outcome
	}{
		"flawed": {func(right bool) byte {
			if right {
				return 20
			}
			return 51
		}, exposure.Fail},
		"sound": {func(bool) byte { return 20 }, exposure.Pass},
	} {
		var f exposure.Finding
		if listening(t, serve(tc.answer)).robot(t.Context(), &f); f.Outcome != tc.want {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestLeaks: a server of Go gives nothing away; one that names more of a session than it
// was shown does. A right record is taken, so that the wrong ones are wrong in what
// they are meant to be.
func TestLeaks(t *testing.T) {
	certificate, err := labKey()
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: tls.VersionTLS12, CipherSuites: append(slices.Clone(cbcSuites), tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)}
	heard := make(chan string, 100)
	sound := func(c net.Conn) {
		s := tls.Server(c, config)
		b := make([]byte, 100)
		n, _ := s.Read(b)
		heard <- string(b[:n])
	}
	var f exposure.Finding
	s := listening(t, sound)
	if s.leaks(t.Context(), &f); f.Outcome != exposure.Pass || !strings.Contains(f.Observed, "no Ticketbleed; wrong records look alike: ") {
		t.Errorf("%+v", f)
	}
	for len(heard) > 0 {
		<-heard
	}
	h, err := s.finish(t.Context(), TLS12, TLS12, cbcSuites)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	right, err := h.cbcRecord([]byte("hello"), func(data, sum []byte) []byte { return padded(data, sum, func([]byte) {}) })
	if err != nil {
		t.Fatal(err)
	}
	if h.Conn.Write(right); <-heard != "hello" {
		t.Error("a right record is not taken")
	}
	bleeding := func(c net.Conn) {
		var f Flight
		kind, body, err := readRecord(c, &f)
		if err != nil {
			return
		}
		if len(body) > 38 && body[38] == 16 { // the number of the session
			answer := append(append([]byte{3, 3}, make([]byte, 32)...), 32)
			answer = append(append(answer, body[39:55]...), bytes.Repeat([]byte{0x42}, 16)...)
			c.Write(record(22, TLS12, message(2, append(answer, 0xc0, 0x2f, 0))))
			return
		}
		tls.Server(&replayed{c, record(kind, TLS10, body)}, config).Handshake()
	}
	f = exposure.Finding{}
	if listening(t, bleeding).leaks(t.Context(), &f); f.Outcome != exposure.Fail || !strings.Contains(f.Observed, "Ticketbleed") {
		t.Errorf("%+v", f)
	}
}

// replayed gives back what was read already.
type replayed struct {
	net.Conn
	first []byte
}

// Read reads it first.
func (r *replayed) Read(b []byte) (int, error) {
	if len(r.first) > 0 {
		n := copy(b, r.first)
		r.first = r.first[n:]
		return n, nil
	}
	return r.Conn.Read(b)
}

// TestOracle: answers count when they differ twice in the same way.
func TestOracle(t *testing.T) {
	n := 0
	for _, tc := range []struct {
		answers []string
		differ  bool
		failed  bool
	}{
		{[]string{"a", "a"}, false, false},
		{[]string{"a", "b", "a", "b"}, true, false},
		{[]string{"a", "b", "a", "a"}, false, true},
	} {
		n = 0
		differ, _, err := oracle(2, func(int) (string, error) { n++; return tc.answers[n-1], nil })
		if differ != tc.differ || err != nil != tc.failed {
			t.Errorf("%v: %v, %v", tc.answers, differ, err)
		}
	}
}
