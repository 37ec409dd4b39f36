package programs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
)

// endless is a file without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// raw sends a body as it is.
func (w *world) raw(method, path, kind string, body io.Reader) (int, []byte) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.site.URL+path, body)
	check(w.t, err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+w.owner)
	res, err := http.DefaultClient.Do(r)
	check(w.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	check(w.t, err)
	return res.StatusCode, b
}

// TestIncidentBadInput: what programs send about incidents that cannot be is refused
// with a sentence that says what is wrong, and changes nothing; large files and long
// lists are taken in whole, and markup is kept as text.
func TestIncidentBadInput(t *testing.T) {
	w := start(t)
	for _, s := range w.steps()[:3] { // an organisation
		w.step(s)
	}
	const markup = `<script>alert(1)</script><img src=x onerror=alert(1)>`
	all := "/api/v1/organisations/" + w.ids["organisation"] + "/incidents"
	status, _, b := w.send(w.owner, "POST", all, object{"title": markup, "text": markup, "zone": "Europe/Vienna"}, nil)
	var made struct{ ID string }
	if check(t, json.Unmarshal(b, &made)); status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	one := all + "/" + made.ID
	_, before := w.raw("GET", one, "application/json", nil)
	const asJSON = "application/json"
	_, pattern := w.find("read-indicator-list")
	_, lists, _ := strings.Cut(pattern, "{incident}")
	for name, tc := range map[string]struct {
		method, path, kind string
		body               io.Reader
		want               int
		says               string
	}{
		"JSON without an end":      {"PUT", "/times/aware_at", asJSON, strings.NewReader(`{"at":`), 400, ""},
		"JSON of another shape":    {"PUT", "/times/aware_at", asJSON, strings.NewReader(`["at"]`), 422, "object"},
		"JSON in the deep":         {"PUT", "/facts/description", asJSON, strings.NewReader(strings.Repeat(`{"text":`, 50_000)), 400, ""},
		"a field that is none":     {"PUT", "/facts/description", asJSON, strings.NewReader(`{"text":"x","colour":"red"}`), 422, "colour"},
		"a time in the future":     {"PUT", "/times/aware_at", asJSON, strings.NewReader(`{"at":"` + time.Now().Add(48*time.Hour).UTC().Format(time.RFC3339) + `","zone":"Europe/Vienna","reason":"seen"}`), 422, "time"},
		"an ancient time":          {"PUT", "/times/aware_at", asJSON, strings.NewReader(`{"at":"0001-01-02T00:00:00Z","zone":"Europe/Vienna","reason":"seen"}`), 422, "time"},
		"a time of the year 99999": {"PUT", "/times/aware_at", asJSON, strings.NewReader(`{"at":"99999-01-02T00:00:00Z","zone":"Europe/Vienna","reason":"seen"}`), 422, "at"},
		"a zone that is none":      {"PUT", "/times/aware_at", asJSON, strings.NewReader(`{"at":"2026-03-01T00:00:00Z","zone":"Europe/Atlantis","reason":"seen"}`), 422, "zone"},
		"aware without a reason":   {"PUT", "/times/aware_at", asJSON, strings.NewReader(`{"at":"` + time.Now().UTC().Format(time.RFC3339) + `","zone":"Europe/Vienna"}`), 422, "reason"},
		"a list that is broken":    {"POST", "/indicator-lists?name=x.json&format=stix", "application/octet-stream", strings.NewReader(`{"type":"bundle","objects":[{]}`), 422, ""},
		"evidence beyond 50 MB":    {"POST", "/exhibits?name=disk.img&who=Anna&where=safe", "application/octet-stream", io.LimitReader(endless{}, incidents.LargestFile+1), 422, "50 MB"},
		"a list beyond 50 MB":      {"POST", "/indicator-lists?name=x.txt", "application/octet-stream", io.LimitReader(endless{}, incidents.LargestFile+1), 422, "50 MB"},
	} {
		status, b := w.raw(tc.method, one+strings.Replace(tc.path, "/indicator-lists", lists, 1), tc.kind, tc.body)
		if status != tc.want || !strings.Contains(string(b), tc.says) || len(b) == 0 {
			t.Errorf("%s: %d, want %d with %q: %.400s", name, status, tc.want, tc.says, b)
		}
	}
	if _, after := w.raw("GET", one, "application/json", nil); !bytes.Equal(before, after) {
		t.Errorf("what was refused changed the case:\n%s\n%s", before, after)
	}
	if status, b := w.raw("PUT", one+"/facts/description", asJSON, strings.NewReader("{\"text\":\"a\xff\xfeb\"}")); status != http.StatusNoContent {
		t.Errorf("text that is not UTF-8: %d %s", status, b)
	}
	if _, now := w.raw("GET", one, asJSON, nil); !utf8.Valid(now) {
		t.Errorf("text that is not UTF-8 is given out: %q", now)
	}
	if !json.Valid(before) || !bytes.Contains(before, []byte("alert(1)")) {
		t.Errorf("the markup was lost: %s", before)
	}
	if status, b := w.raw("POST", one+"/exhibits?name=disk.img&who=Anna&where=safe", "application/octet-stream", io.LimitReader(endless{}, incidents.LargestFile)); status != http.StatusCreated {
		t.Errorf("evidence of 50 MB: %d %s", status, b)
	}
	var list bytes.Buffer
	const rows = 100_000
	for n := range rows {
		fmt.Fprintf(&list, "h%d[.]evil.example\n", n)
	}
	list.WriteString(markup + "\n")
	status, b = w.raw("POST", one+lists+"?name=list.txt", "application/octet-stream", &list)
	var read struct {
		Good, Bad int64
	}
	if check(t, json.Unmarshal(b, &read)); status != http.StatusCreated || read.Good != rows || read.Bad != 1 {
		t.Errorf("a list of %d rows: %d %.400s", rows, status, b)
	}
}
