// Package tsatest is a time-stamping authority for tests: "openssl ts" behind a
// small HTTP handler.
package tsatest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Authority is a running authority.
type Authority struct {
	URL   string
	Roots []byte // its root certificate, PEM

	mu    sync.Mutex
	asked int
	down  bool
}

// Asked is how many requests came.
func (a *Authority) Asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

// Down lets requests fail, or no longer.
func (a *Authority) Down(down bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = down
}

const config = `
[req]
distinguished_name = name
prompt = no
[name]
CN = Test Time Stamping
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[ts]
default_tsa = one
[one]
serial = %[1]s/serial
crypto_device = builtin
signer_cert = %[1]s/tsa.pem
certs = %[1]s/ca.pem
signer_key = %[1]s/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
`

// Start runs an authority until the test ends. A machine without openssl skips the
// test.
func Start(t testing.TB) *Authority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{"conf": fmt.Sprintf(config, dir), "serial": "01\n"} {
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-config", file("conf"), "-extensions", "ca", "-subj", "/CN=Test Root", "-keyout", file("ca.key"), "-out", file("ca.pem")},
		{"req", "-newkey", "rsa:2048", "-nodes", "-config", file("conf"), "-keyout", file("tsa.key"), "-out", file("tsa.csr")},
		{"x509", "-req", "-in", file("tsa.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-days", "20", "-extfile", file("conf"), "-extensions", "tsa", "-out", file("tsa.pem")},
	} {
		if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
		}
	}
	a := &Authority{}
	var err error
	if a.Roots, err = os.ReadFile(file("ca.pem")); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.answer(w, r, dir) }))
	t.Cleanup(h.Close)
	a.URL = h.URL
	return a
}

// answer signs one request at a time, because the serial number is in a file.
func (a *Authority) answer(w http.ResponseWriter, r *http.Request, dir string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	query, err := io.ReadAll(r.Body)
	if err != nil || a.down || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	name := filepath.Join(dir, "query")
	if err := os.WriteFile(name, query, 0o600); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c := exec.Command("openssl", "ts", "-reply", "-config", filepath.Join(dir, "conf"), "-section", "one", "-queryfile", name)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		http.Error(w, said.String(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(out.Bytes()) // the client has gone if this fails
}
