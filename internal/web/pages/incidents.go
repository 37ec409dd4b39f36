package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

const oneIncident = client + "/incidents/{incident}"

func (s *Site) incidentRoutes(add adder) {
	add(Workspace, "GET /incidents", s.everyIncident)
	add(Workspace, "GET /report", s.reportAny)
	add(Client, "GET "+client+"/incidents", s.listIncidents)
	add(Client, "GET "+client+"/incidents/new", s.newIncident)
	add(Client, "POST "+client+"/incidents", s.takeIn)
	add(Client, "GET "+oneIncident, s.openCase)
	for act, do := range s.caseActs() {
		add(Client, "POST "+oneIncident+"/"+act, s.caseAct(act, do))
	}
	add(Client, "POST "+oneIncident+"/reports", s.beginReport)
	add(Client, "GET "+oneIncident+"/reports/{report}", s.openIncidentReport)
	add(Client, "POST "+oneIncident+"/reports/{report}", s.saveReport)
	for act, do := range s.reportActs() {
		add(Client, "POST "+oneIncident+"/reports/{report}/"+act, s.reportAct(act, do))
	}
}

// incidentURL is a page of the case of the address.
func incidentURL(r *http.Request, page string) string {
	at := clientURL(r, "incidents/"+r.PathValue("incident"))
	if page == "" || page[0] == '#' || page[0] == '?' {
		return at + page
	}
	return at + "/" + page
}

// can reports whether the role of the person holds a permission in the
// organisation of the address; what it cannot do is not offered.
func can(r *http.Request, p authz.Permission) bool {
	role, ok := visitOf(r).Actor.RoleIn(r.PathValue("organisation"))
	return ok && authz.Allows(role, p)
}

// personZone is the zone in which a person says times.
func (s *Site) personZone(r *http.Request, c clients.Client) string {
	if z := visitOf(r).Person.Zone; zoneOf(z) != nil {
		return z
	}
	if len(c.In.Countries) > 0 {
		return c.In.Countries[0].Zone
	}
	return ui.Zone(r.Context()).String()
}

func (s *Site) zoneOptions(more string) []ui.Option {
	zones := s.incidents.Zones()
	if more != "" && !slices.Contains(zones, more) {
		zones = append(zones, more)
	}
	var out []ui.Option
	for _, z := range zones {
		out = append(out, ui.Option{Value: z, Label: z, Selected: z == more})
	}
	return out
}

// incidentFilter is what a list shows; it stands in the address.
type incidentFilter struct{ Show, Text string }

func incidentFilterOf(q url.Values) incidentFilter {
	f := incidentFilter{Show: q.Get("show"), Text: strings.TrimSpace(q.Get("q"))}
	if !slices.Contains([]string{"all", "exercises", "due"}, f.Show) {
		f.Show = "open"
	}
	return f
}

func (f incidentFilter) keeps(x incidents.Row) bool {
	open := x.State == incident.Open || x.State == incident.Contained || x.State == incident.Handled || !x.Next.Strict.IsZero()
	switch {
	case f.Text != "" && !strings.Contains(strings.ToLower(x.Reference+" "+x.Title+" "+x.Name), strings.ToLower(f.Text)):
		return false
	case f.Show == "exercises":
		return x.Exercise
	case f.Show == "due":
		return !x.Next.Strict.IsZero()
	}
	return f.Show == "all" || open
}

func (s *Site) everyIncident(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.incidents.Everywhere(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "incidents.title"), ui.T(r.Context(), "incidents.everywhere.lead"))
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "handling.playbooks"), URL: "/playbooks", Kind: ui.Quiet}, {Text: ui.T(r.Context(), "handling.statistics"), URL: "/incident-statistics", Kind: ui.Quiet}}
	if _, err := visitOf(r).Actor.Reach(authz.IncidentNotice); err == nil {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "incidents.new"), URL: "/report", Kind: ui.Primary})
	}
	return ui.Render(w, r, http.StatusOK, incidentsPage(p, "/incidents", rows, incidentFilterOf(r.URL.Query()), ""))
}

// reportAny leads to the form of the one organisation, or lists those in reach.
func (s *Site) reportAny(w http.ResponseWriter, r *http.Request) error {
	list, err := s.clients.Portfolio(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	var links []ui.Link
	for _, x := range list {
		if role, ok := visitOf(r).Actor.RoleIn(x.Organisation.ID); ok && authz.Allows(role, authz.IncidentNotice) {
			links = append(links, ui.Link{Text: x.Organisation.Name, URL: "/organisations/" + x.Organisation.ID + "/incidents/new"})
		}
	}
	if len(links) == 1 {
		return guard.Redirect(w, r, links[0].URL)
	}
	return ui.Render(w, r, http.StatusOK, whoseIncidentPage(s.frame(r, ui.T(r.Context(), "incidents.new"), ui.T(r.Context(), "incidents.whose")), links))
}

func (s *Site) listIncidents(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.incidents.Overview(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	p := s.clientFrame(r, c, "incidents")
	p.Lead = ui.T(r.Context(), "incidents.lead")
	for _, page := range []struct{ key, path string }{{"alarms.title", "alarms"}, {"handling.oncall", "on-call"}, {"handling.exercises", "exercises"}, {"handling.statistics", "incident-statistics"}} {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), page.key), URL: clientURL(r, page.path), Kind: ui.Quiet})
	}
	fresh := ""
	if can(r, authz.IncidentNotice) {
		fresh = clientURL(r, "incidents/new")
		p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "incidents.new"), URL: fresh, Kind: ui.Primary})
	}
	p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "signals.title"), URL: clientURL(r, "signals")},
		ui.ButtonProps{Text: ui.T(r.Context(), "binder.title"), URL: clientURL(r, "binder")})
	return ui.Render(w, r, http.StatusOK, incidentsPage(p, clientURL(r, "incidents"), rows, incidentFilterOf(r.URL.Query()), fresh))
}

// intakeView is the form of the first minute.
type intakeView struct {
	zone   string
	zones  []ui.Option
	mine   []incident.Incident // for who may not open cases
	done   string              // reference of what was just said
	errors ui.Errors
}

func (s *Site) newIncident(w http.ResponseWriter, r *http.Request) error {
	return s.showIntake(w, r, intakeView{done: r.URL.Query().Get("done")})
}

func (s *Site) showIntake(w http.ResponseWriter, r *http.Request, v intakeView) error {
	mine, err := s.incidents.Noticed(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	if !can(r, authz.IncidentRead) {
		v.mine = mine
	}
	if !slices.ContainsFunc(mine, func(i incident.Incident) bool { return i.Reference == v.done }) {
		v.done = ""
	}
	v.zone = s.personZone(r, c)
	v.zones = s.zoneOptions(v.zone)
	p := s.clientFrame(r, c, "incidents")
	if can(r, authz.IncidentRead) {
		p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "incidents")})
	}
	p.Title, p.Lead = ui.T(r.Context(), "incidents.new"), ui.T(r.Context(), "incidents.new.lead")
	return ui.Render(w, r, statusOf(v.errors), intakePage(r, p, v))
}

func (s *Site) takeIn(w http.ResponseWriter, r *http.Request) error {
	detected, err := momentOf(r, "detected_at")
	i := incident.Incident{}
	if err == nil {
		i, err = s.incidents.Intake(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), incidents.Notice{Title: r.PostFormValue("title"),
			Text: strings.TrimSpace(r.PostFormValue("text")), Zone: r.PostFormValue("zone"), DetectedAt: detected,
			OccurredAt: incident.Moment{Zone: r.PostFormValue("zone"), Certainty: incident.Unknown},
			Reporter:   visitOf(r).Person.Name, Exercise: r.PostFormValue("exercise") != ""})
	}
	if err != nil {
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		return s.showIntake(w, r, intakeView{errors: wrong})
	}
	if !can(r, authz.IncidentRead) {
		return guard.Redirect(w, r, clientURL(r, "incidents/new?done="+escape(i.Reference)))
	}
	return guard.Redirect(w, r, clientURL(r, "incidents/"+i.ID))
}

// momentOf reads a time with its zone and certainty; an empty field is the zero
// Moment. The fields are name, "zone", "certainty" and "reason".
func momentOf(r *http.Request, name string) (incident.Moment, error) {
	m := incident.Moment{Zone: r.PostFormValue("zone"), Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	text := strings.TrimSpace(r.PostFormValue(name))
	certainty := incident.Certainty(r.PostFormValue("certainty"))
	if certainty == incident.Unknown || text == "" {
		m.Certainty = incident.Unknown
		return m, nil
	}
	at, err := wallTime(text, m.Zone)
	if err != nil {
		return m, &fault.Error{Kind: fault.Invalid, Field: name, What: wrongTime(r.Context(), err)}
	}
	if second, twice := secondOf(at, m.Zone); twice && !second.After(ui.From(r.Context()).Now) {
		if r.PostFormValue(name+"_asked") == "" {
			return m, &fault.Error{Kind: fault.Invalid, Field: name, What: ui.T(r.Context(), "incidents.wrong.twice")}
		}
		if r.PostFormValue(name+"_second") != "" {
			at = second
		}
	}
	m.At, m.Certainty = at, incident.Exact
	if certainty == incident.Estimated {
		m.Certainty = incident.Estimated
	}
	return m, nil
}

// errSkipped is why a time cannot be used that the clocks skip in spring.
var errSkipped = errors.New("the clocks skip this time")

// wrongTime says what is wrong with a time that was typed.
func wrongTime(ctx context.Context, err error) string {
	if errors.Is(err, errSkipped) {
		return ui.T(ctx, "incidents.wrong.skipped")
	}
	return ui.T(ctx, "incidents.wrong.time")
}

// besideTime puts an error about a time of the case beside the field of its form.
func besideTime(err error, which string) error {
	var wrong *fault.Error
	if !errors.As(err, &wrong) || wrong.Field != which || which == "" {
		return err
	}
	beside := *wrong
	beside.Field = "at"
	return &beside
}

// wallTime is the instant of a local time as browsers write it. One that the clocks of
// the zone skip is none; of one that they show twice it is the first.
func wallTime(text, zone string) (time.Time, error) {
	z := zoneOf(zone)
	if z == nil {
		z = time.UTC
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			since := t.Sub(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
			at, occurs := clocks.Wall(law.DateOf(t), since, z)
			if occurs == clocks.Never {
				return time.Time{}, errSkipped
			}
			return at, nil
		}
	}
	return time.Time{}, errors.New("no time")
}

// secondOf is the later instant at which the clocks of a zone show what they show at the
// first one; twice is false when they show it once.
func secondOf(first time.Time, zone string) (second time.Time, twice bool) {
	z := zoneOf(zone)
	if z == nil {
		return first, false
	}
	_, end := first.In(z).ZoneBounds()
	if end.IsZero() {
		return first, false
	}
	_, before := first.In(z).Zone()
	_, after := end.In(z).Zone()
	second = first.Add(time.Duration(before-after) * time.Second)
	return second, before > after && !second.Before(end)
}

// zonedText writes an instant as people of the zone read it.
func zonedText(ctx context.Context, t time.Time) string {
	return ui.DayText(ctx, law.DateOf(t)) + ", " + t.Format("15:04 MST")
}

// incidentState is the state of a case with its mark.
func incidentState(ctx context.Context, i incident.Incident) ui.Status {
	tones := map[incident.State]ui.Tone{incident.Open: ui.Bad, incident.Contained: ui.Partly, incident.Handled: ui.Good,
		incident.Closed: ui.Aside, incident.Dismissed: ui.Aside, incident.Merged: ui.Aside}
	return ui.Status{Tone: tones[i.State], Word: ui.T(ctx, "incidents.state."+string(i.State))}
}

// clockStatus is the status of a clock with its mark.
func clockStatus(ctx context.Context, c clocks.Clock) ui.Status {
	tones := map[clocks.Status]ui.Tone{clocks.OnTime: ui.Good, clocks.LateStrictWithinLegal: ui.Partly, clocks.Late: ui.Bad, clocks.Open: ui.Partly,
		clocks.Overdue: ui.Bad, clocks.Voluntary: ui.Aside, clocks.NotStarted: ui.Open, clocks.WaitingForMeasure: ui.Open}
	return ui.Status{Tone: tones[c.Status], Word: ui.Say(ctx, c.Status.Title())}
}

// regimeTitle names the ground of a duty.
func regimeTitle(ctx context.Context, r clocks.Regime) string {
	return ui.Say(ctx, r.Title())
}

func stageTitle(ctx context.Context, s clocks.Stage) string {
	return ui.Say(ctx, s.Title())
}

func incidentTable(ctx context.Context, rows []incidents.Row, f incidentFilter, fresh string) ui.TableProps {
	t := ui.TableProps{ID: "incidents", Caption: ui.T(ctx, "incidents.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "incidents.column.case")}, {Label: ui.T(ctx, "incidents.column.state"), Narrow: true}, {Label: ui.T(ctx, "incidents.column.next")}},
		Empty: ui.Empty{Title: ui.T(ctx, "incidents.none"), Text: ui.T(ctx, "incidents.none.text")}}
	if fresh != "" {
		t.Empty.Action = ui.ButtonProps{Text: ui.T(ctx, "incidents.new"), URL: fresh}
	}
	for _, x := range rows {
		if !f.keeps(x) {
			continue
		}
		note := x.Reference
		if x.Name != "" {
			note += " · " + x.Name
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			caseCell(x, "/organisations/"+x.Organisation+"/incidents/"+x.ID, note), ui.StatusBadge(incidentState(ctx, x.Incident)), nextCell(x)}})
	}
	return t
}
