package site

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// TestDemo: the example workspace is made once, its link signs the consultant in
// once, and every page of every client opens.
func TestDemo(t *testing.T) {
	c := platform.Config(t)
	c.Data = filepath.Join(t.TempDir(), "demo")
	if err := server.BuildDemo(context.Background(), c, time.Now().UTC().Truncate(time.Millisecond), nil); err != nil {
		t.Fatal(err)
	}
	if !server.HasDemo(c.Data) {
		t.Fatal("the example is not where it should be")
	}
	s, err := server.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() { h.Close(); s.Close() })
	link, err := s.SignInLink(context.Background(), server.DemoEmail)
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, h.URL)
	if status, page := v.get(link); status != http.StatusOK || len(organisationLinks(page)) != 12 {
		t.Fatalf("the link led to %d with %d clients", status, len(organisationLinks(page)))
	}
	if status, _ := newVisitor(t, h.URL).get(link); status != http.StatusNotFound {
		t.Errorf("the link used a second time: %d", status)
	}
	_, page := v.get("/")
	for _, organisation := range organisationLinks(page) {
		for _, path := range clientPages {
			if status, body := v.get(organisation + path); status != http.StatusOK {
				t.Errorf("%s%s: %d\n%.300s", organisation, path, status, body)
			}
		}
	}
}
