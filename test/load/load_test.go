// Package load measures the whole platform over loopback, on both engines: pages,
// answers, sessions and the start of the program. "make bench" prints the table.
package load

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/country"
)

var kit storetest.Kit

func TestMain(m *testing.M) {
	server.Spare() // as "nisaba serve" does
	os.Exit(kit.Main(m))
}

// engines runs a benchmark on SQLite and on PostgreSQL.
func engines(b *testing.B, f func(b *testing.B, s *site)) {
	b.Run("SQLite", func(b *testing.B) { f(b, open(b, "")) })
	b.Run("PostgreSQL", func(b *testing.B) { f(b, open(b, kit.Postgres(b))) })
}

// site is a running server with a consultant who is signed in.
type site struct {
	url           string
	client        *http.Client
	target        string   // of store.Open
	organisations []string // paths of those that were imported
}

func config(b testing.TB) server.Config {
	b.Helper()
	cat, err := catalog.Load(content.FS)
	check(b, err)
	set, err := country.Load(content.FS)
	check(b, err)
	messages, err := locale.Load(content.FS, "messages")
	check(b, err)
	return server.Config{Address: "127.0.0.1:0", Data: b.TempDir(), Messages: messages,
		Knowledge: assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "Nisaba"}, Log: slog.New(slog.DiscardHandler)}
}

func check(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func open(b *testing.B, database string) *site {
	b.Helper()
	c := config(b)
	c.DatabaseURL = database
	s, err := server.Open(context.Background(), c)
	check(b, err)
	h := httptest.NewServer(s.Handler())
	b.Cleanup(func() { h.Close(); s.Close() })
	out := &site{url: h.URL, target: database, client: browser(b)}
	if database == "" {
		out.target = filepath.Join(c.Data, "nisaba.db")
	}
	out.post(b, "/start", url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"},
		"email": {"anna@example.org"}, "password": {password}})
	for _, name := range examples.Names() {
		text, err := examples.FS.ReadFile(name)
		check(b, err)
		out.organisations = append(out.organisations, out.post(b, "/organisations/import", url.Values{"kind": {"client"}, "text": {string(text)}}))
	}
	return out
}

const password = "correct horse battery staple"

// browser is one with its own connection and cookies. It unpacks nothing: a browser
// does that on a machine of its own.
func browser(b testing.TB) *http.Client {
	b.Helper()
	jar, err := cookiejar.New(nil)
	check(b, err)
	return &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
}

// browsers are so many, each with a session of its own.
func (s *site) browsers(b testing.TB, n int) []*site {
	b.Helper()
	out := make([]*site, n)
	for i := range out {
		one := *s
		one.client = browser(b)
		one.post(b, "/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
		out[i] = &one
	}
	return out
}

// post sends a form and returns the path that it led to.
func (s *site) post(b testing.TB, path string, form url.Values) string {
	b.Helper()
	r, err := s.client.PostForm(s.url+path, form)
	check(b, err)
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	check(b, err)
	if r.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d\n%.400s", path, r.StatusCode, page)
	}
	return r.Request.URL.Path
}

// get reads a page and returns how many bytes were transferred.
func (s *site) get(path string) (int64, error) {
	q, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		return 0, err
	}
	q.Header.Set("Accept-Encoding", "gzip")
	r, err := s.client.Do(q)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	n, err := io.Copy(io.Discard, r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %d", path, r.StatusCode)
	}
	return n, err
}

// timed measures each run on its own and reports the median and the 95th
// percentile.
func timed(b *testing.B, f func(i int)) {
	b.Helper()
	defer processor(b, 1)()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		from := time.Now()
		f(i)
		took = append(took, time.Since(from))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
}

// processor reports the processor time of each of the things that one run does: of
// browser and server together, and of PostgreSQL.
func processor(b *testing.B, each int) func() {
	var from, to syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &from) // cannot fail with this argument
	database := kit.Spent()
	return func() {
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &to)
		spent := to.Utime.Nano() + to.Stime.Nano() - from.Utime.Nano() - from.Stime.Nano()
		b.ReportMetric(float64(spent)/1e6/float64(b.N*each), "cpu-ms")
		b.ReportMetric(float64(kit.Spent()-database)/1e6/float64(b.N*each), "database-cpu-ms")
	}
}

// write changes the only workspace behind the back of the server.
func (s *site) write(b *testing.B, f func(tx *store.Tx) error) {
	b.Helper()
	db, err := store.Open(context.Background(), s.target, store.Options{})
	check(b, err)
	defer db.Close()
	everything := tenant.System("load")
	var home string
	check(b, db.Read(context.Background(), everything, func(tx *store.Tx) error {
		all, err := tx.Workspaces()
		if err == nil {
			home = all[0].ID
		}
		return err
	}))
	check(b, db.Write(context.Background(), everything.In(home, ""), store.Change{Actor: "load"}, f))
}

// fill adds organisations with roll-ups like that of the first one, up to n in all.
func (s *site) fill(b *testing.B, n int) {
	b.Helper()
	s.write(b, func(tx *store.Tx) error {
		list, err := tx.Portfolio()
		if err != nil {
			return err
		}
		seed, err := tx.Organisation(list[0].Organisation.ID)
		if err != nil {
			return err
		}
		for i := len(list); i < n; i++ {
			o, err := tx.PutOrganisation(tenant.Organisation{Kind: tenant.Client, Name: fmt.Sprintf("Client %03d", i), Facts: seed.Facts, Tags: []string{"north"}})
			if err != nil {
				return err
			}
			row := list[i%len(list)].Rollup
			row.Organisation = o.ID
			if err := tx.PutRollup(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkPortfolio opens the portfolio of 500 clients, sorted and filtered.
func BenchmarkPortfolio(b *testing.B) {
	engines(b, func(b *testing.B, s *site) {
		s.fill(b, 500)
		pages := []string{"/", "/?sort=score", "/?class=important&sort=deadline", "/?q=client&page=3"}
		var size int64
		timed(b, func(i int) {
			n, err := s.get(pages[i%len(pages)])
			check(b, err)
			size = max(size, n)
		})
		b.ReportMetric(float64(size)/1000, "KB")
	})
}

// BenchmarkHome opens the first page of an organisation.
func BenchmarkHome(b *testing.B) {
	engines(b, func(b *testing.B, s *site) {
		timed(b, func(int) {
			_, err := s.get(s.organisations[0])
			check(b, err)
		})
	})
}

// BenchmarkSession opens a page whose only cost is the session, with 3, 41 and 500
// clients.
func BenchmarkSession(b *testing.B) {
	for _, n := range []int{3, 41, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			engines(b, func(b *testing.B, s *site) {
				s.fill(b, n)
				timed(b, func(int) {
					_, err := s.get("/step-up")
					check(b, err)
				})
			})
		})
	}
}

// BenchmarkViews opens pages of all kinds from sixteen browsers at a time.
func BenchmarkViews(b *testing.B) {
	engines(b, func(b *testing.B, s *site) {
		paths := []string{"/", "/?sort=score", "/members", "/ledger", "/account", "/templates"}
		for _, o := range s.organisations {
			for _, page := range []string{"", "/requirements?measure=b", "/questions?topic=c", "/evidence", "/plan", "/history"} {
				paths = append(paths, o+page)
			}
		}
		all := s.browsers(b, 16)
		for _, p := range paths { // warm
			_, err := s.get(p)
			check(b, err)
		}
		defer processor(b, viewsPerRound)()
		views, from := 0, time.Now()
		for b.Loop() {
			views += round(b, all, paths)
		}
		b.ReportMetric(float64(views)/time.Since(from).Seconds(), "views/s")
	})
}

const viewsPerRound = 480

// round opens so many pages from the browsers and returns how many.
func round(b *testing.B, browsers []*site, paths []string) int {
	var next, failed atomic.Int64
	var wait sync.WaitGroup
	for _, s := range browsers {
		wait.Go(func() {
			for i := next.Add(1); i <= viewsPerRound; i = next.Add(1) {
				if _, err := s.get(paths[int(i)%len(paths)]); err != nil {
					failed.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if failed.Load() > 0 {
		b.Fatalf("%d of %d views failed", failed.Load(), viewsPerRound)
	}
	return viewsPerRound
}

// BenchmarkAnswerPage saves an answer through its form and computes the scores.
func BenchmarkAnswerPage(b *testing.B) {
	engines(b, func(b *testing.B, s *site) {
		plain := &http.Client{Jar: s.client.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		options := []string{"none", "most"}
		timed(b, func(i int) {
			r, err := plain.PostForm(s.url+s.organisations[0]+"/questions/q.backup.exists", url.Values{"option": {options[i%2]}})
			check(b, err)
			r.Body.Close()
			if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/organisations/") {
				b.Fatalf("%d", r.StatusCode)
			}
		})
	})
}

// BenchmarkCase opens the page of an incident with 500 entries in its timeline.
func BenchmarkCase(b *testing.B) {
	engines(b, func(b *testing.B, s *site) {
		page := s.post(b, s.organisations[0]+"/incidents", url.Values{"title": {"Encrypted files"}, "text": {"Files on the server have a new ending."},
			"zone": {"Europe/Vienna"}, "certainty": {"exact"}})
		s.tell(b, page, 500)
		var size int64
		timed(b, func(int) {
			n, err := s.get(page)
			check(b, err)
			size = n
		})
		b.ReportMetric(float64(size)/1000, "KB")
	})
}

// tell fills the timeline of the incident of a page up to n entries.
func (s *site) tell(b *testing.B, page string, n int) {
	b.Helper()
	part := strings.Split(page, "/") // "", organisations, id, incidents, id
	s.write(b, func(tx *store.Tx) error {
		said, err := tx.IncidentEntries(part[2], part[4])
		for i := len(said); i < n && err == nil; i++ {
			_, err = tx.AddIncidentEntry(incident.Entry{Organisation: part[2], Incident: part[4], Kind: []string{"note", "action", "decision"}[i%3],
				At:   incident.Moment{At: tx.Now().Add(time.Duration(i-n) * time.Minute), Zone: "Europe/Vienna", Certainty: "exact"},
				Text: fmt.Sprintf("Step %d: the second file server was taken off the network and its log kept.", i), ByName: "Anna Huber"})
		}
		return err
	})
}
