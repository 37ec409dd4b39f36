package httpprobe

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

var origin = &url.URL{Scheme: "https", Host: "www.example.org", Path: "/.well-known/security.txt"}

func FuzzHSTS(f *testing.F) {
	f.Add("max-age=31536000; includeSubDomains; preload")
	f.Add(`max-age="1"; max-age=2`)
	f.Fuzz(func(t *testing.T, value string) {
		if h, err := ParseHSTS(value); err != nil && h.Preload && h.MaxAge == 0 && !strings.Contains(strings.ToLower(value), "preload") {
			t.Errorf("preload out of nothing: %q", value)
		}
	})
}

func FuzzPolicies(f *testing.F) {
	f.Add("default-src 'self'; script-src 'nonce-AbC' https:, frame-ancestors *")
	f.Add(";;,,;default-src")
	f.Fuzz(func(t *testing.T, value string) {
		list := ParsePolicies(value)
		if len(list) > mostPolicies {
			t.Errorf("%d policies", len(list))
		}
		grave, weak := judgePolicies(list)
		if len(list) == 0 && len(grave)+len(weak) > 0 {
			t.Errorf("faults without a policy: %v %v", grave, weak)
		}
		// A further policy can only make it stricter.
		more, _ := judgePolicies(append(list, Policy{"default-src": {"'none'"}}))
		if len(list) > 0 && len(more) > len(grave) {
			t.Errorf("%q: %v became %v with a second policy", value, grave, more)
		}
	})
}

func FuzzCookie(f *testing.F) {
	f.Add("__Host-session=1; Path=/; Secure; HttpOnly; SameSite=Lax")
	f.Add("=; ;=;Domain=.;")
	f.Fuzz(func(t *testing.T, line string) {
		c, ok := ParseCookie(line)
		if ok && c.Secure && !strings.Contains(strings.ToLower(line), "secure") {
			t.Errorf("secure out of nothing: %q", line)
		}
		if grave, _ := c.faults(true); ok && !c.Secure && len(grave) == 0 {
			t.Errorf("a cookie without Secure is fine: %q", line)
		}
	})
}

func FuzzSecurityTxt(f *testing.F) {
	f.Add([]byte("Contact: mailto:a@example.org\nExpires: 2027-01-01T00:00:00Z\n"))
	f.Add([]byte("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nContact: x\n-----BEGIN PGP SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file := ParseSecurityTxt(b)
		wrong, _ := file.Judge(origin, time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
		if len(wrong) == 0 && (len(file.Contact) == 0 || len(file.Expires) != 1) {
			t.Errorf("%q is taken for valid", b)
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`<base href="//x"><script src=a.js></script><form action=http://y><input type=password>`))
	f.Add([]byte("<title><script><meta http-equiv=content-security-policy content=\"a\">"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := readDocument(b, origin)
		if len(d.resources) > mostKept+10 || len(d.links) > mostKept+10 || len(d.inline) > mostKept {
			t.Errorf("%d resources, %d links", len(d.resources), len(d.links))
		}
		for _, r := range d.resources {
			if r.url.Scheme != "http" && r.url.Scheme != "https" {
				t.Errorf("%s is no address of the web", r.url)
			}
		}
		findSecrets(b, "/")
		shippedLibraries().find("/"+string(b), b)
		simhash(b)
	})
}

// TestPolicies lists what is found in policies that are often seen.
func TestPolicies(t *testing.T) {
	for _, tc := range []struct {
		policy      string
		grave, weak int
	}{
		{"default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", 0, 0},
		{"default-src *", 1, 5},
		{"script-src 'nonce-x' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'; base-uri 'none'", 0, 4},
		{"upgrade-insecure-requests", 1, 6},
		{"default-src 'self' http://cdn.example.net", 1, 4},
		{"default-src 'self' 'unsafe-eval'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'", 1, 1},
		{"default-src 'self'; img-src http://localhost:3000; base-uri 'self'; form-action 'self'; frame-ancestors 'self'", 1, 1},
	} {
		grave, weak := judgePolicies(ParsePolicies(tc.policy))
		if len(grave) != tc.grave || len(weak) != tc.weak {
			t.Errorf("%s:\n%d %q\n%d %q", tc.policy, len(grave), grave, len(weak), weak)
		}
	}
}

func TestSecurityTxt(t *testing.T) {
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		file        string
		wrong, weak int
	}{
		{"Contact: https://example.org/report\nExpires: 2027-06-01T00:00:00.000Z\n", 0, 0},
		{"# a comment\ncontact: tel:+49-30-1\nEXPIRES: 2027-06-01t00:00:00z\nX-Extra: y\n", 0, 0},
		{"Contact: a@example.org\nExpires: 2027-06-01T00:00:00Z\n", 1, 0},
		{"Contact: http://example.org/\nExpires: 2026-06-01T00:00:00Z\n", 2, 0},
		{"Contact: mailto:a@example.org\nExpires: 2029-06-01T00:00:00Z\nCanonical: https://example.net/.well-known/security.txt\n", 0, 2},
		{"Contact: mailto:a@example.org\nExpires: 2027-01-01T00:00:00Z\nExpires: 2027-02-01T00:00:00Z\nPreferred-Languages: en\nPreferred-Languages: de\n", 2, 0},
		{"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nContact: mailto:a@example.org\nExpires: 2027-01-01T00:00:00Z\n-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\n", 0, 0},
		{"<html>nothing here</html>", 3, 0},
	} {
		wrong, weak := ParseSecurityTxt([]byte(tc.file)).Judge(origin, now)
		if len(wrong) != tc.wrong || len(weak) != tc.weak {
			t.Errorf("%s: wrong %q, weak %q", tc.file, wrong, weak)
		}
	}
}

// TestSignatures: the shipped lists can be read, and keep their bounds.
func TestSignatures(t *testing.T) {
	s := known()
	if n := len(s.Sensitive); n == 0 || n > 25 {
		t.Errorf("%d sensitive paths", n)
	}
	for _, sig := range append(append(s.Sensitive, s.Consoles...), s.Portals...) {
		if sig.What == "" || sig.Body.Regexp == nil && sig.Title.Regexp == nil && sig.Header == "" {
			t.Errorf("%s %q is not recognised by anything", sig.What, sig.Path)
		}
	}
	if len(shippedLibraries().List) == 0 || shippedLibraries().Source == "" {
		t.Error("the shipped list of libraries is empty")
	}
}

// TestLibraries: an imported list of retire.js takes the place of the excerpt.
func TestLibraries(t *testing.T) {
	l, err := LoadLibraries(strings.NewReader(`{"lodash": {"vulnerabilities": [{"ranges": [{"below": "4.17.21"}], "identifiers": {"CVE": ["CVE-2021-23337"]}}],
		"extractors": {"uri": ["/lodash@(§§version§§)/"], "filename": ["lodash-(§§version§§)(.min)?\\.js"], "filecontent": ["(?!x)never"]}}}`), "test")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{"/npm/lodash@4.17.20/lodash.js": 1, "/js/lodash-4.17.21.min.js": 0} {
		if got := l.find(address, nil); len(got) != 1 || len(got[0].ids) != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if _, err := LoadLibraries(strings.NewReader(`{}`), "test"); err == nil {
		t.Error("an empty list is taken")
	}
}
