package filing_test

import (
	"crypto/ed25519"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/filing"
)

// The test key and signature of RFC 9421 appendix B.1.4 and B.2.6.
const (
	rfcKey       = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
	rfcInput     = `sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`
	rfcSignature = `sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:`
)

// TestVectorOfRFC9421 checks the signature base against the published signature: it
// is good with the published key, and bad when anything that it covers changes.
func TestVectorOfRFC9421(t *testing.T) {
	public, err := filing.ParseKey(rfcKey)
	if err != nil {
		t.Fatal(err)
	}
	message := func() *filing.Message {
		return &filing.Message{Method: "POST", Authority: "example.com", Path: "/foo", Query: "param=Value&Pet=dog", Body: []byte(`{"hello": "world"}`),
			Header: http.Header{"Date": {"Tue, 20 Apr 2021 02:07:55 GMT"}, "Content-Type": {"application/json"}, "Content-Length": {"18"},
				"Signature-Input": {rfcInput}, "Signature": {rfcSignature}}}
	}
	if err := filing.VerifyBase(message(), public); err != nil {
		t.Errorf("the published signature: %v", err)
	}
	for name, change := range map[string]func(*filing.Message){
		"method":    func(m *filing.Message) { m.Method = "PUT" },
		"authority": func(m *filing.Message) { m.Authority = "example.org" },
		"path":      func(m *filing.Message) { m.Path = "/bar" },
		"field":     func(m *filing.Message) { m.Header.Set("Content-Type", "text/html") },
		"absent":    func(m *filing.Message) { m.Header.Del("Date") },
		"time": func(m *filing.Message) {
			m.Header.Set("Signature-Input", strings.Replace(rfcInput, "1618884473", "1618884474", 1))
		},
	} {
		m := message()
		change(m)
		if filing.VerifyBase(m, public) == nil {
			t.Errorf("another %s goes unseen", name)
		}
	}
}

var now = time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)

func key(seed string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte((seed + strings.Repeat(".", 32))[:32]))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func request(body string) *filing.Message {
	return &filing.Message{Method: "POST", Authority: "nis.example.org", Path: filing.ReportsPath, Header: http.Header{}, Body: []byte(body)}
}

func check(m *filing.Message, k ed25519.PrivateKey, at time.Time) error {
	c, err := filing.Claimed(m)
	if err == nil {
		_, err = c.Check(m, public(k), at)
	}
	return err
}

// TestRequestsAndReplies signs a request and the reply to it, and changes them.
func TestRequestsAndReplies(t *testing.T) {
	entity, authority := key("entity"), key("authority")
	signed := func() *filing.Message {
		m := request(`{"id":"r1"}`)
		if err := filing.Sign(m, entity, now); err != nil {
			t.Fatal(err)
		}
		return m
	}
	if err := check(signed(), entity, now.Add(4*time.Minute)); err != nil {
		t.Error(err)
	}
	first, second := signed(), signed()
	if first.Header.Get("Signature") == second.Header.Get("Signature") {
		t.Error("two requests have one nonce")
	}
	for name, change := range map[string]func(*filing.Message){
		"body":         func(m *filing.Message) { m.Body = []byte(`{"id":"r2"}`) },
		"digest":       func(m *filing.Message) { m.Header.Set("Content-Digest", "sha-256=:AAAA:") },
		"no digest":    func(m *filing.Message) { m.Header.Del("Content-Digest") },
		"query":        func(m *filing.Message) { m.Query = "after=1" },
		"host":         func(m *filing.Message) { m.Authority = "evil.example.org" },
		"no signature": func(m *filing.Message) { m.Header.Del("Signature") },
		"other tag": func(m *filing.Message) {
			m.Header.Set("Signature-Input", strings.Replace(m.Header.Get("Signature-Input"), "nisaba-filing", "other", 1))
		},
		"covers less": func(m *filing.Message) {
			m.Header.Set("Signature-Input", strings.Replace(m.Header.Get("Signature-Input"), ` "content-digest"`, "", 1))
		},
	} {
		m := signed()
		change(m)
		if check(m, entity, now) == nil {
			t.Errorf("%s: a changed message passes", name)
		}
	}
	if check(signed(), authority, now) == nil {
		t.Error("another key passes")
	}
	for _, off := range []time.Duration{time.Hour, -time.Hour, 6 * time.Minute} {
		var clock *filing.ClockError
		if err := check(signed(), entity, now.Add(off)); !errors.As(err, &clock) || !strings.Contains(err.Error(), "2026-03-29T01:30:00Z") || !strings.Contains(err.Error(), now.Add(off).Format(time.RFC3339)) {
			t.Errorf("%v: %v", off, err)
		}
	}
	reply := &filing.Message{Status: 200, Header: http.Header{}, Body: []byte("{}"), Request: first}
	if err := filing.Sign(reply, authority, now); err != nil {
		t.Fatal(err)
	}
	if err := check(reply, authority, now); err != nil {
		t.Error(err)
	}
	reply.Request = second
	if check(reply, authority, now) == nil {
		t.Error("a reply passes for that to another request")
	}
}

// TestReceipts: a receipt proves itself, and nothing else.
func TestReceipts(t *testing.T) {
	text, err := filing.Seal(filing.Receipt{Authority: "CSIRT", Report: "r1", SHA256: "aa", ReceivedAt: now, Reference: "2026-AB"}, key("authority"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := filing.Unseal(text, public(key("authority")))
	if err != nil || r.Report != "r1" || !r.ReceivedAt.Equal(now) {
		t.Errorf("%+v, %v", r, err)
	}
	for name, bad := range map[string]string{"changed": strings.Replace(text, "r1", "r2", 1), "empty": "{}", "none": ""} {
		if _, err := filing.Unseal(bad, public(key("authority"))); err == nil {
			t.Errorf("%s: a bad receipt passes", name)
		}
	}
	if _, err := filing.Unseal(text, public(key("entity"))); err == nil {
		t.Error("a receipt of another key passes")
	}
}

// TestAddresses: only https to a host, unless local ones are allowed.
func TestAddresses(t *testing.T) {
	for address, local := range map[string]bool{"https://nis.example.org": false, "https://nis.example.org:8443/": false, "http://127.0.0.1:8080": true} {
		if _, err := filing.CheckURL(address, local); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"", "nis.example.org", "http://nis.example.org", "http://127.0.0.1:8080", "https://user@nis.example.org", "https://nis.example.org/x", "file:///etc/passwd", "https://nis.example.org?x=1"} {
		if _, err := filing.CheckURL(address, false); err == nil {
			t.Errorf("%s passes", address)
		}
	}
	c, err := filing.NewClient("https://127.0.0.1:1", key("entity"), public(key("authority")), filing.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Notes(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "not on the public Internet") {
		t.Errorf("this machine is reached: %v", err)
	}
}

// FuzzClaimed: nothing that comes in the fields makes the reader fail, and nothing
// passes that was not signed.
func FuzzClaimed(f *testing.F) {
	f.Add(`nisaba=("@method" "@authority" "@path" "@query" "content-digest");created=1;expires=2;nonce="n";keyid="k";alg="ed25519";tag="nisaba-filing"`, `nisaba=:AAAA:`, `sha-256=:AAAA:`)
	f.Add(rfcInput, rfcSignature, "")
	f.Fuzz(func(t *testing.T, input, signature, digest string) {
		m := request("{}")
		m.Header.Set("Signature-Input", input)
		m.Header.Set("Signature", signature)
		m.Header.Set("Content-Digest", digest)
		if check(m, key("entity"), now) == nil {
			t.Errorf("%q %q passes", input, signature)
		}
	})
}
