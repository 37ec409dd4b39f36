package site

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/country"
)

// BenchmarkAssessmentWorkspacePage opens the workspace of an organisation that the
// annex binds, with one requirement open, through the whole handler, on both
// engines. It reports the 95th percentile of the time of the server, the bytes
// transferred (compressed) and the number of requirements in the list.
func BenchmarkAssessmentWorkspacePage(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkWorkspace(b, "") })
	b.Run("PostgreSQL", func(b *testing.B) {
		if !storetest.Installed() {
			b.Skip("there is no PostgreSQL")
		}
		s, err := storetest.Start()
		if err != nil {
			b.Fatal(err)
		}
		defer s.Stop()
		database, err := s.Database()
		if err != nil {
			b.Fatal(err)
		}
		benchmarkWorkspace(b, database)
	})
}

func benchmarkWorkspace(b *testing.B, database string) {
	h, cookies, path := workspaceOf(b, database)
	var took []time.Duration
	var last *httptest.ResponseRecorder
	for b.Loop() {
		start := time.Now()
		last = ask(h, http.MethodGet, path, nil, cookies)
		took = append(took, time.Since(start))
		if last.Code != http.StatusOK {
			b.Fatalf("%s answers %d", path, last.Code)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(last.Body.Len()), "bytes")
	r, err := gzip.NewReader(last.Body)
	if err != nil {
		b.Fatal(err)
	}
	page, err := io.ReadAll(r)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(strings.Count(string(page), `<tr role="row" id="r-`)), "requirements")
}

// ask sends one request to the handler.
func ask(h http.Handler, method, path string, form url.Values, cookies []*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Encoding", "gzip")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// workspaceOf is a server with one imported organisation, the cookies of its owner,
// and the address of the workspace page.
func workspaceOf(b *testing.B, database string) (h http.Handler, cookies []*http.Cookie, path string) {
	b.Helper()
	cat, err := catalog.Load(content.FS)
	if err != nil {
		b.Fatal(err)
	}
	set, err := country.Load(content.FS)
	if err != nil {
		b.Fatal(err)
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		b.Fatal(err)
	}
	s, err := server.Open(context.Background(), server.Config{Address: "127.0.0.1:0", Data: b.TempDir(), DatabaseURL: database, Messages: messages,
		Knowledge: assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "Nisaba"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	text, err := examples.FS.ReadFile("managed-service-provider.yaml")
	if err != nil {
		b.Fatal(err)
	}
	h = s.Handler()
	first := ask(h, http.MethodPost, "/start", url.Values{"workspace": {"W"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}}, nil)
	cookies = first.Result().Cookies()
	made := ask(h, http.MethodPost, "/organisations/import", url.Values{"kind": {"client"}, "text": {string(text)}}, cookies)
	at := made.Header().Get("Location")
	if !strings.HasPrefix(at, "/organisations/") {
		b.Fatalf("the import answers %d", made.Code)
	}
	return h, cookies, at + "/requirements?open=cir.4.2.1"
}
