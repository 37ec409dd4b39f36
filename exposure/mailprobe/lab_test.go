package mailprobe_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() authority {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	return authority{must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)))), key}
}

func (a authority) issue(names ...string) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der := must(x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), a.key))
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}
}

// tlsa is the record of usage 3, selector 1 and SHA-256 of a certificate, or 2 1 1 of
// an authority.
func tlsa(usage int, raw []byte) string {
	sum := sha256.Sum256(must(x509.ParseCertificate(raw)).RawSubjectPublicKeyInfo)
	return fmt.Sprintf("%d 1 1 %s", usage, hex.EncodeToString(sum[:]))
}

// mailServer is a mail server of the laboratory.
type mailServer struct {
	config   *tls.Config // nil: STARTTLS is not offered
	banner   string
	auth     bool
	relay    bool   // accepts every recipient
	injected bool   // carries out what came with STARTTLS after TLS began
	silent   bool   // hangs up without a word
	service  string // "smtp", "imap" or "pop3"
}

func listen(t testing.TB, address string, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				handle(c)
			}()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func (m mailServer) handle(c net.Conn) {
	switch m.service {
	case "imap":
		m.lines(c, "* OK ready\r\n", map[string]string{"A CAPABILITY": "* CAPABILITY IMAP4rev1" + m.word(" STARTTLS LOGINDISABLED") + "\r\na OK done\r\n"})
		return
	case "pop3":
		m.lines(c, "+OK ready\r\n", map[string]string{"CAPA": "+OK\r\nTOP\r\n" + m.word("STLS\r\n") + m.when(m.auth, "USER\r\n") + ".\r\n"})
		return
	}
	if m.silent {
		return
	}
	banner := m.banner
	if banner == "" {
		banner = "mx1.corp.test ESMTP"
	}
	fmt.Fprintf(c, "220 %s\r\n", banner)
	m.smtp(c, bufio.NewReader(c), false)
}

func (m mailServer) when(yes bool, s string) string {
	if yes {
		return s
	}
	return ""
}

func (m mailServer) word(s string) string { return m.when(m.config != nil, s) }

func (m mailServer) lines(c net.Conn, greeting string, answers map[string]string) {
	fmt.Fprint(c, greeting)
	in := bufio.NewReader(c)
	for {
		l, err := in.ReadString('\n')
		if err != nil {
			return
		}
		fmt.Fprint(c, answers[strings.ToUpper(strings.TrimSpace(l))])
	}
}

func (m mailServer) smtp(c net.Conn, in *bufio.Reader, encrypted bool) {
	for {
		l, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(l)), " "); verb {
		case "EHLO":
			fmt.Fprintf(c, "250-mx1.corp.test\r\n%s%s250 SIZE 1000\r\n", m.when(m.config != nil && !encrypted, "250-STARTTLS\r\n"), m.when(m.auth, "250-AUTH PLAIN\r\n"))
		case "STARTTLS":
			fmt.Fprint(c, "220 go on\r\n")
			secure := tls.Server(c, m.config)
			if secure.Handshake() != nil {
				return
			}
			if m.injected && in.Buffered() > 0 {
				in.ReadString('\n')
				fmt.Fprint(secure, "250 done\r\n")
			}
			m.smtp(secure, bufio.NewReader(secure), true)
			return
		case "RCPT":
			fmt.Fprint(c, map[bool]string{true: "250 fine\r\n", false: "550 no relaying\r\n"}[m.relay])
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

// rulesServer tells a policy of MTA-STS.
func rulesServer(t testing.TB, cert tls.Certificate, status int, body string) netip.AddrPort {
	t.Helper()
	l := exposuretest.Listen(t, "127.0.0.1")
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/mta-sts.txt" || r.Host != "mta-sts.corp.test" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Location", "https://elsewhere.test/")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
	go s.ServeTLS(l, "", "")
	t.Cleanup(func() { s.Close() })
	return netip.MustParseAddrPort(l.Addr().String())
}
