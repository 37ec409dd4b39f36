package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func signalForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/signals":        {"name": {"SIEM"}, "window": {"60"}},
		client + "/signals/revoke": {"source": {"x"}},
	}
}

var intakeAddress = regexp.MustCompile(`/intake/[a-z0-9]{20,}`)

// send posts a message as a monitoring system does.
func send(t *testing.T, site, address, body string) (status int, answer struct {
	Reference        string
	Repeated, Joined bool
	Title            string
}) {
	t.Helper()
	r, err := http.Post(site+address, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
		t.Fatalf("%d: %v", r.StatusCode, err)
	}
	return r.StatusCode, answer
}

// TestSignals: a monitoring system sends with its address what becomes a security event
// and nothing else; the same counts once; whatever cannot be used is said.
func TestSignals(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	if status, _, _ := v.post(organisation+"/signals", url.Values{"name": {"SIEM"}, "window": {"60"}, "mapping": {"colour = x"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a part that no event has: %d", status)
	}
	page, _ := v.must(organisation+"/signals", url.Values{"name": {"Watch <b>tower</b>"}, "window": {"60"}, "mapping": {"title = what.is"}})
	address := intakeAddress.FindString(page)
	if address == "" {
		t.Fatalf("no address:\n%.3000s", page)
	}
	if _, page := v.get(organisation + "/signals"); intakeAddress.MatchString(page) {
		t.Error("the address is shown a second time")
	}
	status, first := send(t, site, address, `{"id":"1","what":{"is":"<script>alert(1)</script>"},"severity":"high","host":"plc-7","time":"2020-06-10T10:20:00Z"}`)
	if status != http.StatusCreated || first.Reference == "" {
		t.Fatalf("%d %+v", status, first)
	}
	if status, again := send(t, site, address, `{"id":"1","what":{"is":"other words"}}`); status != http.StatusOK || !again.Repeated || again.Reference != first.Reference {
		t.Errorf("the same event again: %d %+v", status, again)
	}
	if status, joined := send(t, site, address, `{"id":"2","what":{"is":"<script>alert(1)</script>"},"severity":"HIGH","host":"plc-7"}`); status != http.StatusOK || !joined.Joined || joined.Reference != first.Reference {
		t.Errorf("the same words again: %d %+v", status, joined)
	}
	if status, other := send(t, site, address, `{"id":"3","host":"plc-8"}`); status != http.StatusCreated || other.Reference == first.Reference {
		t.Errorf("another event: %d %+v", status, other)
	}
	for body, want := range map[string]int{"{": 400, "": 400, "[1]": 400, `{"a":"` + strings.Repeat("x", 300<<10) + `"}`: 413} {
		if status, answer := send(t, site, address, body); status != want || answer.Title == "" {
			t.Errorf("%.10q: %d %+v, want %d", body, status, answer, want)
		}
	}
	if status, _ := send(t, site, "/intake/nonsense", "{}"); status != http.StatusNotFound {
		t.Errorf("a token that is none: %d", status)
	}
	_, page = v.get(organisation + "/incidents?show=all")
	cases := regexp.MustCompile(`href="(/organisations/[^"]+/incidents/[0-9a-f-]{36})"`).FindAllStringSubmatch(page, -1)
	if len(cases) != 2 {
		t.Fatalf("%d cases", len(cases))
	}
	_, page = v.get(cases[1][1])
	if !strings.Contains(page, "Security event") || strings.Contains(page, "<script>alert(1)") || !strings.Contains(page, "plc-7") || !strings.Contains(page, "2 in all") {
		t.Errorf("the case:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	raw := regexp.MustCompile(`href="([^"]+/signals/[0-9a-f-]{36})"`).FindAllStringSubmatch(page, -1)
	if len(raw) != 2 {
		t.Fatalf("%d messages", len(raw))
	}
	r, err := v.http.Get(site + raw[1][1])
	if err != nil {
		t.Fatal(err)
	}
	if _, text := body(t, r); !strings.Contains(text, `"time":"2020-06-10T10:20:00Z"`) || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the message: %q", text)
	}
	if _, page = v.get("/inbox"); !strings.Contains(page, first.Reference) {
		t.Error("nobody was told")
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		b := browser.Start(t)
		open(b, site, cases[1][1])
		for name, path := range map[string]string{"signals": organisation + "/signals", "signal-case": cases[1][1]} {
			for _, width := range []int{1280, 360} {
				b.Open(site+path, width, width == 360)
				b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d.png", name, width)))
				for _, x := range b.Axe() {
					t.Errorf("%s: %s", name, x)
				}
			}
		}
	}
	_, page = v.get(organisation + "/signals")
	source := regexp.MustCompile(`name="source" value="([^"]+)"`).FindStringSubmatch(page)
	v.must(organisation+"/signals/revoke", url.Values{"source": {source[1]}})
	if status, _ := send(t, site, address, `{"id":"9"}`); status != http.StatusNotFound {
		t.Errorf("after it was revoked: %d", status)
	}
}

// TestSignalStorm: more signals than the limit are refused with the time to wait, before
// they are read.
func TestSignalStorm(t *testing.T) {
	site, _ := start(t, func(c *server.Config) { c.Clock = clock.At(time.Now()) }) // however slowly they come, it is at once
	refused := 0
	for range 200 {
		r, err := http.Post(site+"/intake/nonsense", "application/json", bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode == http.StatusTooManyRequests && r.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused != 80 {
		t.Errorf("%d of 200 were refused", refused)
	}
}
