package mailprobe

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func FuzzSPF(f *testing.F) {
	for _, s := range []string{"v=spf1 -all", "v=spf1 a:x.test/24//64 include:%{d} ip4:192.0.2.0/24 ip6:2001:db8::/32 exists:%{ir}.x redirect=y.test", "v=spf1 %", "v=spf1 =", "v=spf1 a/", "v=spf1 -"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseSPF(s)
		if err != nil {
			return
		}
		for _, m := range r.Terms {
			if m.Four < 0 || m.Four > 32 || m.Six < 0 || m.Six > 128 || strings.IndexByte("+-~?", m.Qualifier) < 0 {
				t.Errorf("%+v", m)
			}
			if (m.Mechanism == "ip4" || m.Mechanism == "ip6") && !m.Network.IsValid() {
				t.Errorf("%+v", m)
			}
		}
	})
}

// FuzzTags: the records that are lists of tags.
func FuzzTags(f *testing.F) {
	for _, s := range []string{"v=DMARC1; p=reject; rua=mailto:a@b.test!10m,mailto:x", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "v=DKIM1;p=MIG=;t=y:s;h=sha1",
		"v=TLSRPTv1;rua=https://x.test/,mailto:a@b.test", "v=STSv1; id=1;", "v=BIMI1; l=; a=self", ";;;=;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDMARC(s); err == nil && d.Policy != "" && strength(d.Policy) < 0 {
			t.Errorf("policy %q", d.Policy)
		}
		if k, err := ParseDKIM(s); err == nil && !k.Revoked && k.Bits <= 0 {
			t.Errorf("a key without bits: %+v", k)
		}
		ParseSTS(s)
		if to, err := ParseReporting(s); err == nil && len(to) == 0 {
			t.Error("reports go nowhere")
		}
	})
}

func FuzzRules(f *testing.F) {
	f.Add("version: STSv1\r\nmode: enforce\r\nmx: *.example.org\r\nmax_age: 1\r\n")
	f.Add("version:STSv1\nmode:none\nmax_age:0")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRules(s)
		if err == nil && (r.MaxAge < 0 || r.MaxAge > longestAge || len(r.MX) > mostRuleLines+1) {
			t.Errorf("%+v", r)
		}
		r.Names("mail.example.org")
	})
}

// hostile is a server that says what it likes and hears nothing.
type hostile struct {
	io.Reader
	written int
}

func (h *hostile) Write(b []byte) (int, error)      { h.written += len(b); return len(b), nil }
func (*hostile) Close() error                       { return nil }
func (*hostile) LocalAddr() net.Addr                { return nil }
func (*hostile) RemoteAddr() net.Addr               { return nil }
func (*hostile) SetDeadline(time.Time) error        { return nil }
func (*hostile) SetReadDeadline(time.Time) error    { return nil }
func (h *hostile) SetWriteDeadline(time.Time) error { return nil }

// FuzzDialogue: whatever a mail server says, it is heard within limits.
func FuzzDialogue(f *testing.F) {
	f.Add([]byte("220 x\r\n250-y\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"))
	f.Add([]byte("* OK x\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\na OK\r\n"))
	f.Add([]byte("+OK x\r\n+OK\r\nSTLS\r\nUSER\r\n.\r\n"))
	f.Add([]byte(strings.Repeat("220-x\r\n", 200)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, service := range []string{"smtp", "imap", "pop3"} {
			h := &hostile{Reader: bytes.NewReader(b)}
			g, _, err := greet(h, service)
			if len(g.Offers) > mostLines*longestLine || h.written > 100 {
				t.Errorf("%d capabilities, %d bytes written", len(g.Offers), h.written)
			}
			if err == nil && g.Banner == "" && service != "smtp" {
				t.Error("a greeting without words")
			}
			tellsVersion(g.Banner)
		}
	})
}

// TestEndless: a server that never stops is left.
func TestEndless(t *testing.T) {
	for _, piece := range []string{"220-x\r\n", "x", "* CAPABILITY\r\n", "+OK\r\n", "* OK\r\n"} {
		for _, service := range []string{"smtp", "imap", "pop3"} {
			done := make(chan struct{})
			go func() {
				defer close(done)
				greet(&hostile{Reader: endless(piece)}, service)
			}()
			select {
			case <-done:
			case <-time.After(3 * time.Minute):
				t.Fatalf("%s goes on for ever with %q", service, piece)
			}
		}
	}
}

type endless string

func (e endless) Read(b []byte) (int, error) {
	n := 0
	for n+len(e) <= len(b) {
		n += copy(b[n:], e)
	}
	if n == 0 {
		n = copy(b, e)
	}
	return n, nil
}
