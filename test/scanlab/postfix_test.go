package scanlab

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
)

// TestPostfixWithOpenSSL asks Postfix with OpenSSL: what is said to be true of it is
// true.
func TestPostfixWithOpenSSL(t *testing.T) {
	if !whole() {
		t.Skip("starts Postfix: make scan-lab")
	}
	l, all := newLab(t), targets(t)
	x := all[slices.IndexFunc(all, func(x target) bool { return x.Program == "postfix" })]
	if err := l.start(t, &x); errors.Is(err, errRoot) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		check     string
		arguments []string
		connects  map[exposure.Outcome]bool // what the verdict foretells
	}{
		{"TLS-03", []string{"-tls1"}, map[exposure.Outcome]bool{exposure.Fail: true}},
		{"TLS-04", []string{"-tls1_1"}, map[exposure.Outcome]bool{exposure.Fail: true}},
		{"TLS-05", []string{"-tls1_2"}, map[exposure.Outcome]bool{exposure.Info: true}},
		{"TLS-06", []string{"-tls1_3"}, map[exposure.Outcome]bool{exposure.Pass: true}},
		{"TLS-11", []string{"-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"}, map[exposure.Outcome]bool{exposure.Fail: true}},
		{"TLS-15", []string{"-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"}, map[exposure.Outcome]bool{exposure.Fail: true}},
		{"TLS-16", []string{"-tls1_2", "-cipher", "kDHE:@SECLEVEL=0"}, map[exposure.Outcome]bool{exposure.Fail: true}},
		{"TLS-19", []string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"}, map[exposure.Outcome]bool{exposure.Fail: true, exposure.Warn: true}},
		{"TLS-20", []string{"-tls1_2", "-cipher", "ECDHE-ECDSA-ARIA128-GCM-SHA256"}, map[exposure.Outcome]bool{exposure.Fail: true}},
		{"TLS-34", []string{"-tls1_2", "-cipher", "DEFAULT:@SECLEVEL=0", "-sigalgs", "ECDSA+SHA1"}, map[exposure.Outcome]bool{exposure.Fail: true}},
		{"CERT-01", []string{"-verify_return_error", "-CAfile", l.roots}, map[exposure.Outcome]bool{exposure.Pass: true}},
		{"CERT-03", []string{"-verify_return_error", "-CAfile", l.roots, "-verify_ip", "127.0.0.1"}, map[exposure.Outcome]bool{exposure.Pass: true}},
	} {
		args := append([]string{"s_client", "-starttls", "smtp", "-connect", x.address}, tc.arguments...)
		cmd := exec.CommandContext(t.Context(), must(program("openssl")), args...)
		cmd.Stdin = strings.NewReader("QUIT\r\n")
		out, err := cmd.CombinedOutput()
		want, known := x.truth(tc.check)
		if !known || tc.connects[want] != (err == nil) {
			t.Errorf("%s: said to be %q, and openssl %v: %v\n%s", tc.check, want, args, err, out)
		}
	}
}
