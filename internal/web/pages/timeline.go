package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) timelineRoutes(add adder) {
	add(Client, "GET "+oneIncident+"/timeline", s.openTimeline)
	add(Client, "GET "+oneIncident+"/timeline.csv", s.timelineFile)
	add(Client, "GET "+oneIncident+"/timeline.json", s.timelineFile)
	add(Client, "POST "+oneIncident+"/timeline", s.correctLine)
}

// linesPerPage is how many lines of a timeline a page has.
const linesPerPage = 100

// timelineView is the timeline of a case.
type timelineView struct {
	incidents.Case
	kind, words string
	newest      bool // first
	skip        int
	lines       []incident.Line // that the filter lets through
	chosen      incident.Line   // that is corrected; without an id: none
	zones       []ui.Option
	edit        bool
	errors      ui.Errors
}

// timelineOf is what the address of a timeline asks for.
func (s *Site) timelineOf(r *http.Request) (v timelineView, err error) {
	q := r.URL.Query()
	v = timelineView{kind: q.Get("kind"), words: strings.TrimSpace(q.Get("q")), newest: q.Get("order") == "newest"}
	if v.Case, err = s.incidents.Load(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident")); err != nil {
		return v, err
	}
	v.edit = can(r, authz.IncidentEdit) && v.State != incident.Merged
	for _, l := range incident.Timeline(v.Entries) {
		if l.Matches(v.kind, v.words) {
			v.lines = append(v.lines, l)
		}
		if l.ID == q.Get("line") && v.edit && l.Said.Handwritten() {
			v.chosen = l
		}
	}
	if v.newest {
		slices.Reverse(v.lines)
	}
	if n, err := strconv.Atoi(q.Get("skip")); err == nil && n > 0 && n < len(v.lines) {
		v.skip = n
	}
	return v, nil
}

func (s *Site) openTimeline(w http.ResponseWriter, r *http.Request) error {
	return s.showTimeline(w, r, nil)
}

func (s *Site) showTimeline(w http.ResponseWriter, r *http.Request, wrong ui.Errors) error {
	v, err := s.timelineOf(r)
	if err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	zone := v.Zone
	if v.chosen.ID != "" {
		zone = v.chosen.At.Zone
	}
	v.zones, v.errors = s.zoneOptions(zone), wrong
	p := s.caseFrame(r, c, v.Incident)
	p.Crumbs = append(p.Crumbs, ui.Link{Text: v.Incident.Title, URL: incidentURL(r, "")})
	p.Lead, p.Title = p.Lead+" · "+p.Title, ui.T(r.Context(), "incidents.timeline")
	return ui.Render(w, r, statusOf(wrong), timelinePage(r, p, v))
}

// address is that of the timeline with the filter, from a line on.
func (v timelineView) address(r *http.Request, file string, more ...string) string {
	q := url.Values{}
	for name, x := range map[string]string{"kind": v.kind, "q": v.words} {
		if x != "" {
			q.Set(name, x)
		}
	}
	if v.newest {
		q.Set("order", "newest")
	}
	for n := 0; n+1 < len(more); n += 2 {
		q.Set(more[n], more[n+1])
	}
	address := incidentURL(r, file)
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return address
}

// page are the lines that are shown.
func (v timelineView) page() []incident.Line {
	return v.lines[v.skip:min(v.skip+linesPerPage, len(v.lines))]
}

func (v timelineView) pages(r *http.Request) ui.Pages {
	p := ui.Pages{Label: ui.T(r.Context(), "incidents.record.pages"), From: v.skip + 1, To: min(v.skip+linesPerPage, len(v.lines)), All: len(v.lines)}
	if p.To < p.All {
		p.Next = v.address(r, "timeline", "skip", strconv.Itoa(p.To))
	}
	if v.skip > 0 {
		p.Previous = v.address(r, "timeline", "skip", strconv.Itoa(max(0, v.skip-linesPerPage)))
	}
	return p
}

func (v timelineView) kinds(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "incidents.timeline.every")}}
	for _, k := range incident.EntryKinds() {
		out = append(out, ui.Option{Value: k, Label: ui.T(ctx, "incidents.entry."+k), Selected: k == v.kind})
	}
	return out
}

// correctLine mends a line of the record.
func (s *Site) correctLine(w http.ResponseWriter, r *http.Request) error {
	m, err := momentOf(r, "at")
	if err == nil {
		m.Reason = ""
		err = s.incidents.Correct(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PostFormValue("line"), r.PostFormValue("text"), m, r.PostFormValue("reason"))
	}
	if err == nil {
		return guard.Redirect(w, r, incidentURL(r, "timeline")+"#line-"+url.PathEscape(r.PostFormValue("line")))
	}
	wrong, ok := ui.ErrorsOf(r.Context(), err)
	if !ok {
		return err
	}
	q := r.URL.Query() // the form is that of the line
	q.Set("line", r.PostFormValue("line"))
	r.URL.RawQuery = q.Encode()
	return s.showTimeline(w, r, wrong)
}

// timelineFile hands the timeline out: each line with its own time as it was said, its
// zone, the same in UTC, and what was corrected.
func (s *Site) timelineFile(w http.ResponseWriter, r *http.Request) error {
	v, err := s.timelineOf(r)
	if err != nil {
		return err
	}
	name := v.Reference + "-timeline"
	if v.Exercise {
		name = "exercise-" + name
	}
	if strings.HasSuffix(r.URL.Path, ".json") {
		guard.Download(w, attachment(name+".json"))
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(timelineJSON(v))
	}
	rows := make([][]string, len(v.lines))
	for n, l := range v.lines {
		before := ""
		if len(l.Corrections) > 0 {
			before = l.Said.At.Local().Format(time.RFC3339) + " " + l.Said.Text
		}
		rows[n] = []string{l.At.Local().Format(time.RFC3339), l.At.Zone, l.At.At.UTC().Format(time.RFC3339), string(l.At.Certainty), ui.T(r.Context(), "incidents.entry."+l.Kind),
			recordText(r.Context(), l.Entry), l.Before, l.After, before, l.ByName, l.CreatedAt.UTC().Format(time.RFC3339)}
	}
	var head []string
	for _, c := range []string{"at", "zone", "utc", "certainty", "kind", "text", "before", "after", "said", "by", "written"} {
		head = append(head, ui.T(r.Context(), "incidents.timeline.column."+c))
	}
	if v.Exercise {
		for n := range rows {
			rows[n][5] = ui.Label(r.Context(), ui.T(r.Context(), "incidents.exercise")) + rows[n][5]
		}
	}
	return table(w, name+".csv", head, rows)
}

// timelineLine is a line of a timeline in JSON.
type timelineLine struct {
	ID          string           `json:"id"`
	At          string           `json:"at"` // as it was said, with its distance from UTC
	Zone        string           `json:"zone"`
	Certainty   string           `json:"certainty"`
	Kind        string           `json:"kind"`
	Text        string           `json:"text"`
	Before      string           `json:"before,omitempty"`
	After       string           `json:"after,omitempty"`
	By          string           `json:"by,omitempty"`
	WrittenAt   time.Time        `json:"written_at"`
	Corrections []lineCorrection `json:"corrections,omitempty"`
}

type lineCorrection struct {
	Before    string    `json:"before"`
	After     string    `json:"after"`
	At        string    `json:"at"`
	Reason    string    `json:"reason"`
	By        string    `json:"by"`
	WrittenAt time.Time `json:"written_at"`
}

func timelineJSON(v timelineView) any {
	out := struct {
		Reference string         `json:"reference"`
		Title     string         `json:"title"`
		Exercise  bool           `json:"exercise"`
		TLP       string         `json:"tlp"`
		Lines     []timelineLine `json:"lines"`
	}{v.Reference, v.Incident.Title, v.Exercise, v.TLP, []timelineLine{}}
	for _, l := range v.lines {
		x := timelineLine{ID: l.ID, At: l.At.Local().Format(time.RFC3339), Zone: l.At.Zone, Certainty: string(l.At.Certainty), Kind: l.Kind, Text: l.Text,
			Before: l.Before, After: l.After, By: l.ByName, WrittenAt: l.CreatedAt}
		for _, c := range l.Corrections {
			x.Corrections = append(x.Corrections, lineCorrection{c.Before, c.After, c.At.Local().Format(time.RFC3339), c.Text, c.ByName, c.CreatedAt})
		}
		out.Lines = append(out.Lines, x)
	}
	return out
}

func timelineOrder(v timelineView) string {
	if v.newest {
		return "newest"
	}
	return "oldest"
}
