package server_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/country"
)

var knowledge = sync.OnceValues(func() (assessing.Knowledge, error) {
	cat, err := catalog.Load(content.FS)
	if err != nil {
		return assessing.Knowledge{}, err
	}
	set, err := country.Load(content.FS)
	return assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "Nisaba"}, err
})

var messages = sync.OnceValues(func() (*locale.Catalogue, error) { return locale.Load(content.FS, "messages") })

// config is a server of a test in its own folder.
func config(t *testing.T, c clock.Clock) server.Config {
	t.Helper()
	known, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := messages()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	storetest.Prepare(t, filepath.Join(folder, "nisaba.db"))
	return server.Config{Address: "127.0.0.1:0", Data: folder, Messages: texts, Clock: c, Poll: 5 * time.Millisecond,
		Knowledge: known, Log: slog.New(slog.DiscardHandler)}
}

// run serves pages and works until the test ends or stop is called.
func run(t *testing.T, c server.Config) (site string, stop func()) {
	t.Helper()
	s, err := server.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() { worked <- s.Work(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-worked; err != nil {
			t.Error(err)
		}
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return h.URL, stop
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("%s: not within three minutes", what)
}

const password = "correct horse battery staple"

func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func post(t *testing.T, h *http.Client, address string, form url.Values) *http.Response {
	t.Helper()
	r, err := h.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r
}

func begin(t *testing.T, h *http.Client, site string) {
	t.Helper()
	post(t, h, site+"/start", url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}})
}

// TestInvitationByMail: without a mail server the invitation is held; once there is
// one it arrives, and its link lets its reader in.
func TestInvitationByMail(t *testing.T) {
	inbox := mailtest.Start(t)
	c := config(t, clock.At(time.Now())) // a cookie of another day would be gone
	site, stop := run(t, c)
	anna := browser(t)
	begin(t, anna, site)
	if r := post(t, anna, site+"/members/invite", url.Values{"role": {"editor"}, "email": {"ben@example.org"}}); r.StatusCode != http.StatusOK || r.Request.URL.Path != "/members/invite" {
		t.Fatalf("the invitation was answered with %d", r.StatusCode)
	}
	stop()
	c.BaseURL, c.Mail = "https://nisaba.example.org", server.MailConfig{Server: inbox.Address, From: "nisaba@example.org"}
	site, _ = run(t, c)
	until(t, "the invitation arrives", func() bool { return len(inbox.Mails()) == 1 })
	got := strings.ReplaceAll(inbox.Mails()[0], "=\r\n", "")
	if !strings.HasPrefix(got, "ben@example.org\n") || !strings.Contains(got, "Subject: Invitation to Seewinkel Beratung") {
		t.Errorf("the mail:\n%s", got)
	}
	link := regexp.MustCompile(`/join/[a-z0-9]+`).FindString(got)
	ben := browser(t)
	if r := post(t, ben, site+link, url.Values{"name": {"Ben Maier"}, "email": {"ben@example.org"}, "password": {password}}); r.Request.URL.Path != "/" {
		t.Errorf("the link of the mail led to %s with %d", r.Request.URL.Path, r.StatusCode)
	}
}

func TestOpenRefusesHalfAMailServer(t *testing.T) {
	for name, change := range map[string]func(*server.Config){
		"no address of the platform": func(c *server.Config) {
			c.Mail = server.MailConfig{Server: "smtp://mail.example.org", From: "n@example.org"}
		},
		"no sender": func(c *server.Config) {
			c.BaseURL, c.Mail = "https://nisaba.example.org", server.MailConfig{Server: "smtp://mail.example.org"}
		},
		"a password without a user": func(c *server.Config) {
			c.BaseURL, c.Mail = "https://nisaba.example.org", server.MailConfig{Server: "smtp://mail.example.org", From: "n@example.org", Password: "geheim"}
		},
		"no web address": func(c *server.Config) { c.BaseURL = "nisaba" },
	} {
		c := config(t, clock.System{})
		change(&c)
		s, err := server.Open(context.Background(), c)
		if err == nil {
			s.Close()
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}
