package ui_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/static"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func view(t testing.TB, lang string) ui.View {
	t.Helper()
	c, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	a, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return ui.View{Printer: c.Printer(lang), Assets: a, Zone: zone, Now: noon}
}

func render(t testing.TB, ctx context.Context, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRemaining(t *testing.T) {
	for _, tc := range []struct {
		after  time.Duration
		en, de string
	}{
		{0, "now", "jetzt"},
		{59 * time.Second, "now", "jetzt"},
		{time.Minute, "in 1 minute", "in 1 Minute"},
		{119 * time.Minute, "in 119 minutes", "in 119 Minuten"},
		{2 * time.Hour, "in 2 hours", "in 2 Stunden"},
		{47*time.Hour + 59*time.Minute, "in 47 hours", "in 47 Stunden"},
		{72*time.Hour - time.Second, "in 2 days", "in 2 Tagen"},
		{-time.Minute, "1 minute ago", "vor 1 Minute"},
		{-90 * 24 * time.Hour, "90 days ago", "vor 90 Tagen"},
	} {
		for lang, want := range map[string]string{"en": tc.en, "de": tc.de} {
			ctx := ui.With(t.Context(), view(t, lang))
			if got := ui.RemainingText(ctx, noon.Add(tc.after)); got != want {
				t.Errorf("%s in %s: %q, want %q", tc.after, lang, got, want)
			}
		}
	}
	if got := ui.RemainingText(ui.With(t.Context(), view(t, "en")), noon.AddDate(400, 0, 0)); got != "in 146,097 days" {
		t.Errorf("in 400 years: %q", got)
	}
}

func TestDeadline(t *testing.T) {
	ctx := ui.With(t.Context(), view(t, "en"))
	for _, tc := range []struct {
		name     string
		d        ui.DeadlineProps
		has, not string
	}{
		{"with zone", ui.DeadlineProps{By: noon.Add(30 * 24 * time.Hour)}, "25 December 2026, 13:00 CET", "Soon"},
		{"summer time", ui.DeadlineProps{By: time.Date(2027, 7, 1, 10, 0, 0, 0, time.UTC)}, "1 July 2027, 12:00 CEST", "Soon"},
		{"machine readable", ui.DeadlineProps{By: noon.Add(time.Hour)}, `datetime="2026-11-25T13:00:00Z"`, ""},
		{"near", ui.DeadlineProps{By: noon.Add(time.Hour)}, "Soon", "Overdue"},
		{"over", ui.DeadlineProps{By: noon.Add(-time.Hour)}, "Overdue", "Soon"},
		{"own idea of near", ui.DeadlineProps{By: noon.Add(time.Hour), Soon: time.Minute}, "in 60 minutes", "Soon"},
		{"the whole day counts", ui.DeadlineProps{On: law.MustDate("2026-11-25")}, "in 11 hours", "Overdue"},
		{"until midnight of the zone", ui.DeadlineProps{On: law.MustDate("2026-11-24")}, "Overdue", "Soon"},
		{"kept", ui.DeadlineProps{On: law.MustDate("2026-10-17"), Done: true}, "17 October 2026", "ago"},
	} {
		html := render(t, ctx, ui.Deadline(tc.d))
		if !strings.Contains(html, tc.has) {
			t.Errorf("%s: lacks %q: %s", tc.name, tc.has, html)
		}
		if tc.not != "" && strings.Contains(html, tc.not) {
			t.Errorf("%s: has %q: %s", tc.name, tc.not, html)
		}
	}
}

func TestErrorsOf(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want ui.Errors
		ok   bool
	}{
		{"list", fmt.Errorf("save: %w", fault.List{
			{Kind: fault.Invalid, Field: "name", What: "the name is empty"},
			{Kind: fault.Invalid, Field: "name", What: "second fault of the field"},
			{Kind: fault.Invalid, Field: "people", What: "-3 is too small", Expected: "0 or more"}}),
			ui.Errors{"name": "The name is empty", "people": "-3 is too small; expected 0 or more"}, true},
		{"one", &fault.Error{Kind: fault.Conflict, What: "ändern geht nicht"}, ui.Errors{"": "Ändern geht nicht"}, true},
		{"not at the form", &fault.Error{Kind: fault.NotFound, What: "gone"}, nil, false},
		{"mixed", fault.List{{Kind: fault.Invalid, Field: "a", What: "x"}, {Kind: fault.Forbidden, What: "y"}}, nil, false},
		{"internal", errors.New("disk full"), nil, false},
	} {
		got, ok := ui.ErrorsOf(ui.With(t.Context(), view(t, "en")), tc.err)
		if diff := cmp.Diff(tc.want, got); diff != "" || ok != tc.ok {
			t.Errorf("%s: ok %t, want %t; %s", tc.name, ok, tc.ok, diff)
		}
	}
}

// TestFieldsAreLinked shows that label, hint and error belong to their input.
func TestFieldsAreLinked(t *testing.T) {
	ctx := ui.With(t.Context(), view(t, "en"))
	f := ui.Field{Name: "people", Label: "People", Hint: "of the last year", Error: "Too few", Required: true, Value: "3"}
	for name, c := range map[string]templ.Component{
		"text": ui.TextField(f), "email": ui.EmailField(f), "password": ui.PasswordField(f), "number": ui.NumberField(f), "date": ui.DateField(f),
		"area": ui.TextArea(f), "file": ui.FileField(f), "select": ui.Select(f, ui.Choices(nil, "3", "Three")), "box": ui.Checkbox(f, true),
	} {
		html := render(t, ctx, c)
		wants := []string{`id="f-people"`, `name="people"`, `aria-describedby="f-people-hint f-people-error"`, `id="f-people-hint"`, `id="f-people-error"`, `aria-invalid="true"`, ` required`}
		if name != "box" {
			wants = append(wants, `for="f-people"`)
		}
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s lacks %s: %s", name, want, html)
			}
		}
	}
	if html := render(t, ctx, ui.PasswordField(f)); strings.Contains(html, `value="3"`) {
		t.Errorf("the password goes back to the browser: %s", html)
	}
	summary := render(t, ctx, ui.ErrorSummary(ui.Errors{"people": "Too few", "other": "Unknown"}, []ui.Field{f}))
	for _, want := range []string{`href="#f-people"`, "People: Too few", "other: Unknown", "2 entries"} {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary lacks %q: %s", want, summary)
		}
	}
}

// TestTextStaysText puts markup into every part that shows text or an address.
func TestTextStaysText(t *testing.T) {
	ctx := ui.With(t.Context(), view(t, "en"))
	for _, evil := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><svg onload=alert(1)>`, `javascript:alert(1)`} {
		f := ui.Field{Name: evil, Label: evil, Hint: evil, Error: evil, Value: evil, Placeholder: evil, Unit: evil}
		link := ui.Link{Text: evil, URL: evil, CountText: evil, Count: 1}
		page := ui.PageProps{Title: evil, Lead: evil, Workspace: link, Nav: []ui.Section{{Title: evil, Links: []ui.Link{link}}}, Switch: ui.Switcher{Current: evil, Links: []ui.Link{link}, All: link},
			Search: ui.Search{URL: evil, Label: evil}, Inbox: link, Person: ui.Person{Name: evil, Note: evil, Links: []ui.Link{link}, SignOut: evil}, Crumbs: []ui.Link{link},
			Flashes: []ui.Flash{{Text: evil, Undo: ui.Undo{Action: evil, Fields: map[string]string{evil: evil}, Text: evil}}}, Footer: []ui.Link{link}, Actions: []ui.ButtonProps{{Text: evil, URL: evil}, {Text: evil, Name: evil, Value: evil}}}
		parts := []templ.Component{
			ui.Page(page), ui.PlainPage(evil, evil, nil), ui.TextField(f), ui.NumberField(f), ui.TextArea(f), ui.Checkbox(f, false), ui.Select(f, ui.Choices(nil, evil, evil)),
			ui.RadioCards(f, []ui.Option{{Value: evil, Label: evil, Hint: evil}}), ui.ErrorSummary(ui.Errors{"": evil, evil: evil}, []ui.Field{f}),
			ui.Table(ui.TableProps{ID: evil, Caption: evil, Select: evil, Columns: []ui.Column{{Label: evil, Sort: evil}}, Rows: []ui.Row{{ID: evil, Value: evil, Name: evil, Cells: []templ.Component{ui.Words(evil), ui.LinkCell(evil, evil, evil)}}}}),
			ui.EmptyState(ui.Empty{Title: evil, Text: evil}), ui.StatusBadge(ui.Status{Word: evil}), ui.ScoreBar(ui.Score{Text: evil, Why: evil, WhyText: evil}),
			ui.MeasureBars(evil, []ui.Measure{{Key: evil, Name: evil, Text: evil}}), ui.Trend(evil, []float64{1, 2}), ui.KeyFigures([]ui.Figure{{Label: evil, Value: evil, Note: evil, URL: evil}}),
			ui.Timeline(evil, []ui.Event{{Who: evil, What: evil, URL: evil, Changes: []ui.Change{{Field: evil, Before: evil, After: evil}}}}), ui.Trace(evil, evil, []ui.TraceItem{{Kind: evil, Text: evil, Note: evil, URL: evil}}),
			ui.Stepper(evil, []ui.Step{{Text: evil, Note: evil, URL: evil}}), ui.Tabs(evil, []ui.Link{link}), ui.Progress(ui.ProgressProps{ID: evil, Label: evil, Text: evil, Refresh: evil}), ui.Copyable(evil, evil),
			ui.Chart("c", chart.Stack{Heading: evil, About: evil, Columns: [3]string{evil, evil, evil}, Parts: []chart.Part{{Label: evil, Count: 1, Text: evil, Share: evil}}}),
			ui.SearchResults([]ui.ResultGroup{{Title: evil, Links: []ui.Link{link}}}, evil),
		}
		for i, c := range parts {
			html := render(t, ctx, c)
			for _, bad := range []string{"<script>alert", "<img", "<svg onload", `' onmouseover='`, `href="javascript:`, `action="javascript:`} {
				if strings.Contains(html, bad) {
					t.Errorf("part %d: %q comes out as markup: %s", i, evil, html)
				}
			}
		}
	}
}

// TestNothingInline shows that no part needs a weaker content policy.
func TestNothingInline(t *testing.T) {
	ctx := ui.With(t.Context(), view(t, "en"))
	html := render(t, ctx, ui.Page(ui.PageProps{Title: "A", Search: ui.Search{URL: "/s", Label: "S"}, Nav: []ui.Section{{Links: []ui.Link{{Text: "a", URL: "/"}}}}}))
	for _, bad := range []string{" style=", "<style", " onclick=", " onload=", "javascript:", "<script>"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

func TestErrorPage(t *testing.T) {
	g := guard.New(guard.Options{ErrorPage: ui.ErrorPage(func(*http.Request) ui.View { return view(t, "de") })})
	h := g.Wrap(g.Page(func(_ http.ResponseWriter, r *http.Request) error {
		if r.URL.Path == "/broken" {
			return errors.New("secret detail")
		}
		return &fault.Error{Kind: fault.Forbidden, What: "only owners may do this"}
	}))
	for _, tc := range []struct {
		path, part string
		status     int
		has, not   string
		retarget   string
	}{
		{"/", "", 403, "Das dürfen Sie nicht", "⟪", ""},
		{"/", "", 403, "Only owners may do this", "", ""},
		{"/", "true", 403, "Only owners may do this", "<html", "#notices"},
		{"/broken", "", 500, "name", "secret", ""},
	} {
		r := httptest.NewRequest("GET", tc.path, nil)
		r.Header.Set("HX-Request", tc.part)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != tc.status || !strings.Contains(body, tc.has) || tc.not != "" && strings.Contains(body, tc.not) || w.Header().Get("HX-Retarget") != tc.retarget {
			t.Errorf("%+v: status %d, retarget %q: %s", tc, w.Code, w.Header().Get("HX-Retarget"), body)
		}
	}
}

func TestTheme(t *testing.T) {
	for value, want := range map[string]ui.Theme{"dark": ui.DarkTheme, "light": ui.LightTheme, "": ui.FollowMachine, `x" onload=`: ui.FollowMachine} {
		r := httptest.NewRequest("POST", "http://example.com"+ui.ThemePath, strings.NewReader("theme="+value))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", "http://example.com/o/1?x=2")
		w := httptest.NewRecorder()
		if err := ui.SetTheme(w, r); err != nil {
			t.Fatal(err)
		}
		if at := w.Header().Get("Location"); at != "/o/1?x=2" {
			t.Errorf("%q leads to %q", value, at)
		}
		next := httptest.NewRequest("GET", "/", nil)
		for _, c := range w.Result().Cookies() {
			if c.MaxAge > 0 {
				next.AddCookie(c)
			}
		}
		if got := ui.ThemeOf(next); got != want {
			t.Errorf("%q gives %q, want %q", value, got, want)
		}
	}
}

// TestEveryMessageInEveryLanguage compares the keys of the parts.
func TestEveryMessageInEveryLanguage(t *testing.T) {
	keys := messageKeys(t, "en")
	for _, lang := range []string{"de", "fr"} {
		if diff := cmp.Diff(keys, messageKeys(t, lang)); diff != "" {
			t.Errorf("%s: %s", lang, diff)
		}
	}
}

// BenchmarkPortfolioPage renders a page with 500 rows of nine cells.
func BenchmarkPortfolioPage(b *testing.B) {
	ctx := ui.With(b.Context(), view(b, "en"))
	t := ui.TableProps{ID: "clients", Caption: "Clients", Select: "id", Columns: make([]ui.Column, 8)}
	measures := make([]ui.Measure, 10)
	for i := range measures {
		measures[i] = ui.Measure{Key: string(rune('a' + i)), Name: "Measure", Percent: 40, Text: "40%"}
	}
	for i := range 500 {
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprint(i), Name: "Client", Cells: []templ.Component{ui.LinkCell("Client", "/o/1", "Energy"), ui.StatusBadge(ui.Status{Word: "Essential"}),
			ui.ScoreBar(ui.Score{Percent: 40, Text: "40%"}), ui.MeasureBars("Measures", measures), ui.Trend("up", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}),
			ui.Deadline(ui.DeadlineProps{By: noon.Add(time.Hour)}), ui.Words("3"), ui.Words("4")}})
	}
	page := ui.Page(ui.PageProps{Title: "Portfolio"})
	var w httptest.ResponseRecorder
	for b.Loop() {
		w = *httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil).WithContext(templ.WithChildren(ctx, ui.Table(t)))
		if err := ui.Render(&w, r, http.StatusOK, page); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(w.Body.Len())/1000, "kB/page")
}
