package site

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// TestIncidentTimes: times in the future, of long ago and that are none are refused
// beside their field, with what was typed; the case stays as it was.
func TestIncidentTimes(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	at := v.takeIn(organisation, "Files are encrypted")
	v.aware(at)
	times := func() string {
		_, page := v.get(at)
		return page[strings.Index(page, "<main"):strings.Index(page, "</main")]
	}
	before := times()
	for name, text := range map[string]string{"in two days": time.Now().Add(48 * time.Hour).UTC().Format("2006-01-02T15:04"), "ancient": "0001-01-01T00:00", "of the year 9999": "9999-12-31T23:59",
		"no time": "yesterday", "of no month": "2026-13-01T00:00", "in the gap of spring": "2026-03-29T02:30", "markup": `"><script>alert(1)</script>`} {
		status, page, _ := v.post(at+"/times", url.Values{"which": {"aware_at"}, "at": {text}, "zone": {"Europe/Vienna"}, "reason": {"seen"}})
		if status != http.StatusUnprocessableEntity || strings.Contains(page, "<script>alert(1)") || !strings.Contains(page, `id="f-times-aware_at-at-error"`) {
			t.Errorf("a time %s: %d", name, status)
		}
	}
	if after := times(); strings.Count(after, "<time") != strings.Count(before, "<time") {
		t.Errorf("the case has other times than before:\n%.3000s", after)
	}
	status, page, _ := v.post(organisation+"/incidents", url.Values{"title": {"Files"}, "zone": {"Europe/Vienna"}, "certainty": {"exact"}, "at": {"1800-01-01T00:00"}})
	if status != http.StatusUnprocessableEntity && status != http.StatusOK || strings.Contains(page, "1800") && status == http.StatusOK {
		t.Errorf("a case of the year 1800: %d", status)
	}
}

// TestSignedBadInput: over HTTP, what an entity sends that cannot be is answered with a
// problem that says what it is, and nothing of it reaches the inbox; the same again is
// the same report, and markup is shown as text.
func TestSignedBadInput(t *testing.T) {
	site, _ := start(t)
	olga := newVisitor(t, site)
	olga.found()
	_, w := olga.entity("managed-service-provider.yaml")
	now := time.Now().UTC()
	const markup = `<script>alert(1)</script>`
	good := func() []byte {
		b, _, err := incident.Freeze(incident.Frozen{Format: incident.FrozenFormat, ID: id.New(), Case: "case", Reference: markup, Regime: clocks.NIS2, Stage: clocks.EarlyWarning,
			Form: "nis2", FormVersion: 1, Entity: markup, Authority: "CSIRT", Country: "AT", TLP: "AMBER", AwareAt: now.Add(-time.Hour), DueAt: now.Add(23 * time.Hour), SubmittedAt: now,
			Values: reporting.Values{"description": {Text: markup}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	u, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(content []byte, key ed25519.PrivateKey, at time.Time) *filing.Message {
		m := &filing.Message{Method: http.MethodPost, Authority: u.Host, Path: filing.ReportsPath, Header: http.Header{"Content-Type": {"application/json"}}, Body: content}
		if err := filing.Sign(m, key, at); err != nil {
			t.Fatal(err)
		}
		return m
	}
	put := func(m *filing.Message, content io.Reader) (int, string) {
		r, err := http.NewRequest(m.Method, site+m.Path, content)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = m.Header
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err.Error()
		}
		return body(t, res)
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		content []byte
		key     ed25519.PrivateKey
		at      time.Time
		sent    io.Reader // nil: the content
		want    int
		code    string
	}{
		"malformed":       {[]byte(`{"format":`), w.key, now, nil, 422, filing.CodeInvalid},
		"no JSON":         {[]byte("\x00\xff"), w.key, now, nil, 422, filing.CodeInvalid},
		"deep":            {[]byte(strings.Repeat(`{"values":`, 50_000)), w.key, now, nil, 422, filing.CodeInvalid},
		"by a stranger":   {good(), stranger, now, nil, 401, filing.CodeSignature},
		"another content": {good(), w.key, now, bytes.NewReader(good()), 401, filing.CodeSignature},
		"an hour late":    {good(), w.key, now.Add(-time.Hour), nil, 401, filing.CodeClock},
		"an hour early":   {good(), w.key, now.Add(time.Hour), nil, 401, filing.CodeClock},
		"50 MB, said so":  {good(), w.key, now, io.LimitReader(repeating{}, 50<<20), 413, ""},
	} {
		content := tc.sent
		if content == nil {
			content = bytes.NewReader(tc.content)
		}
		status, answer := put(signed(tc.content, tc.key, tc.at), content)
		cut := tc.want == http.StatusRequestEntityTooLarge && status == 0 // hung up while sending
		if !cut && (status != tc.want || !strings.Contains(answer, tc.code)) {
			t.Errorf("%s: %d %.300s", name, status, answer)
		}
	}
	if _, page := olga.get("/authority"); !strings.Contains(page, `show=new">0</a>`) {
		t.Errorf("something that was refused is in the inbox:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	report := good()
	m := signed(report, w.key, time.Now())
	for range 2 { // a replay, byte for byte
		if status, answer := put(m, bytes.NewReader(report)); status != http.StatusOK {
			t.Errorf("%d %s", status, answer)
		}
	}
	if status, answer := put(signed(report, w.key, time.Now()), bytes.NewReader(report)); status != http.StatusOK {
		t.Errorf("the same report signed again: %d %s", status, answer)
	}
	_, page := olga.get("/authority")
	if !strings.Contains(page, `show=unanswered">1</a>`) || !strings.Contains(page, `show=new">1</a>`) || strings.Contains(page, markup) {
		t.Errorf("the inbox:\n%.3000s", page[strings.Index(page, "<main"):])
	}
}
