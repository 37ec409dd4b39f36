package static_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/web/static"
)

// TestVendoredFilesAreTheReleasedOnes compares with the files of the npm
// package htmx.org 4.0.1.
func TestVendoredFilesAreTheReleasedOnes(t *testing.T) {
	for name, want := range map[string]string{
		"vendor/htmx-4.0.1.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
	} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != want {
			t.Errorf("%s has SHA-256 %x, want %s", name, got, want)
		}
	}
}

func TestServing(t *testing.T) {
	a, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	const year = "public, max-age=31536000, immutable"
	for _, tc := range []struct {
		name, method, path string
		header             http.Header
		status             int
		kind, cache, has   string
		zipped             bool
	}{
		{name: "style sheet", path: a.URL("app.css"), status: 200, kind: "text/css; charset=utf-8", cache: year, has: ":focus-visible"},
		{name: "compressed", path: a.URL("app.css"), header: http.Header{"Accept-Encoding": {"br, gzip;q=0.8"}}, status: 200, cache: year, has: ":focus-visible", zipped: true},
		{name: "gzip refused", path: a.URL("app.css"), header: http.Header{"Accept-Encoding": {"gzip;q=0"}}, status: 200, cache: year},
		{name: "module", path: a.URL("js/app.js"), status: 200, kind: "text/javascript; charset=utf-8", cache: year, has: `import "./theme.js"`},
		{name: "brand", path: a.BrandURL("#aa3300"), status: 200, kind: "text/css; charset=utf-8", cache: year, has: "--accent:light-dark(#aa3300,"},
		{name: "hash of an older program", path: "/static/000000000000/app.css", status: 200, cache: "no-cache"},
		{name: "unknown", path: a.URL("nothing.css"), status: 404},
		{name: "out of the folder", path: a.URL("../static.go"), status: 404},
		{name: "source of the parts", path: a.URL("css/10-base.css"), status: 404},
		{name: "bad brand", path: a.URL("brand/zzzzzz.css"), status: 404},
		{name: "no hash", path: "/static/app.css", status: 404},
		{name: "post", method: http.MethodPost, path: a.URL("app.css"), status: 405},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tc.method, "/", nil)
			r.URL.Path = tc.path
			for k, v := range tc.header {
				r.Header[k] = v
			}
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if w.Code != tc.status {
				t.Fatalf("status %d, want %d", w.Code, tc.status)
			}
			if got := w.Header().Get("Cache-Control"); tc.cache != "" && got != tc.cache {
				t.Errorf("Cache-Control %q, want %q", got, tc.cache)
			}
			if got := w.Header().Get("Content-Type"); tc.kind != "" && got != tc.kind {
				t.Errorf("Content-Type %q, want %q", got, tc.kind)
			}
			var body io.Reader = w.Body
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != tc.zipped {
				t.Fatalf("compressed: %t, want %t", got, tc.zipped)
			}
			if tc.zipped {
				z, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			b, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(b), tc.has) {
				t.Errorf("body lacks %q", tc.has)
			}
		})
	}
}

// TestBrandIsCleaned shows that a brand colour cannot carry anything else into
// an address.
func TestBrandIsCleaned(t *testing.T) {
	a, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "red", "#12345", `#000000"><script>`, "../../x"} {
		if got, want := a.BrandURL(bad), a.BrandURL(""); got != want {
			t.Errorf("BrandURL(%q) = %q, want the default %q", bad, got, want)
		}
	}
}
