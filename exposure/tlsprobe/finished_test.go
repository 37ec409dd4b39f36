package tlsprobe_test

import (
	"crypto/tls"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
)

// TestFinished: what a server does after the handshake.
func TestFinished(t *testing.T) {
	whole := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	without := whole.Clone()
	without.SessionTicketsDisabled = true
	for _, tc := range []struct {
		name string
		at   string
		want map[string]exposure.Outcome
	}{
		{"Go, which leaves at once", serve(t, whole), map[string]exposure.Outcome{"TLS-42": exposure.NotTested, "TLS-44": exposure.Pass, "TLS-45": exposure.Pass}},
		{"Go without tickets", serve(t, without), map[string]exposure.Outcome{"TLS-44": exposure.NotApplicable, "TLS-45": exposure.Pass}},
		{"OpenSSL", openssl(t), map[string]exposure.Outcome{"TLS-42": exposure.Pass, "TLS-44": exposure.Pass, "TLS-45": exposure.Pass}},
		{"OpenSSL with everything on", openssl(t, "-early_data", "-client_renegotiation"), map[string]exposure.Outcome{"TLS-42": exposure.Info, "TLS-44": exposure.Pass, "TLS-45": exposure.Warn}},
		{"ChaCha20", openssl(t, "-early_data", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", "-no_tls1_2"), map[string]exposure.Outcome{"TLS-42": exposure.NotApplicable, "TLS-45": exposure.Warn}},
		{"AES-256", openssl(t, "-early_data", "-ciphersuites", "TLS_AES_256_GCM_SHA384", "-cipher", "ECDHE+AES256:!AESCCM", "-client_renegotiation"), map[string]exposure.Outcome{"TLS-42": exposure.Info, "TLS-45": exposure.Warn}},
		{"finite field alone", openssl(t, "-tls1_2", "-cipher", "ADH:@SECLEVEL=0"), map[string]exposure.Outcome{"TLS-42": exposure.NotTested, "TLS-44": exposure.NotTested, "TLS-45": exposure.NotApplicable}},
	} {
		t.Run(tc.name, func(t *testing.T) { expect(t, scan(t, tc.at, "https"), tc.want) })
	}
}
