package pages

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) figureRoutes(add adder) {
	for _, end := range []string{"", ".csv", ".json"} {
		add(Workspace, "GET /incident-statistics"+end, s.statistics)
		add(Client, "GET "+client+"/incident-statistics"+end, s.statistics)
	}
	add(Client, "GET "+client+"/on-call", s.onCall)
	add(Client, "POST "+client+"/on-call/contacts", s.addContact)
	add(Client, "POST "+client+"/on-call/contacts-remove", s.removeContact)
	add(Client, "POST "+client+"/on-call/rota", s.setRota)
}

// statistics shows figures of the cases of an organisation, or of all in reach, as
// a page or a file.
func (s *Site) statistics(w http.ResponseWriter, r *http.Request) error {
	today := visitOf(r).Actor.Day(s.clock.Now())
	from, to := today.AddMonths(-12).AddDays(1), today
	wrong := ui.Errors{}
	for name, day := range map[string]*law.Date{"from": &from, "to": &to} {
		if text := r.URL.Query().Get(name); text != "" {
			d, err := law.ParseDate(text)
			if err != nil {
				wrong[name] = ui.T(r.Context(), "pages.expected_day")
				continue
			}
			*day = d
		}
	}
	if to.Before(from) {
		wrong["to"], from, to = ui.T(r.Context(), "handling.wrong.period"), to, from
	}
	v, err := s.incidents.Statistics(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), from, to)
	if err != nil {
		return err
	}
	name := "incident-statistics-" + from.String() + "-" + to.String()
	switch {
	case strings.HasSuffix(r.URL.Path, ".json"):
		guard.Download(w, attachment(name+".json"))
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	case strings.HasSuffix(r.URL.Path, ".csv"):
		return table(w, name+".csv", []string{ui.T(r.Context(), "handling.figure"), ui.T(r.Context(), "handling.column.count")}, statisticRows(r.Context(), v))
	}
	p := s.frame(r, ui.T(r.Context(), "handling.statistics"), ui.T(r.Context(), "handling.statistics.lead"))
	if r.PathValue("organisation") != "" {
		c, err := s.load(r)
		if err != nil {
			return err
		}
		p = s.incidentFrame(r, c, "handling.statistics", "handling.statistics.lead")
	}
	return ui.Render(w, r, statusOf(wrong), statisticsPage(r, p, v, wrong))
}

// statisticsFile is where the figures that a page shows are handed out as a file.
func statisticsFile(r *http.Request, v incident.Statistics, ending string) string {
	page := "/incident-statistics"
	if r.PathValue("organisation") != "" {
		page = clientURL(r, "incident-statistics")
	}
	return page + "." + ending + "?from=" + v.From.String() + "&to=" + v.To.String()
}

// counted are the figures that are counts, in their order.
func counted(v incident.Statistics) []struct {
	Key string
	N   int
} {
	return []struct {
		Key string
		N   int
	}{{"cases", v.Cases}, {"open", v.Open}, {"significant", v.Significant}, {"not", v.Not}, {"undecided", v.Undecided}, {"cross_border", v.CrossBorder},
		{"recurring", v.Recurring}, {"near_misses", v.NearMisses}, {"threats", v.Threats}, {"exercises", v.Exercises}, {"false", v.False}, {"merged", v.Merged}}
}

// spans are the figures that are times, in their order.
func spans(v incident.Statistics) []struct {
	Key string
	incident.Span
} {
	return []struct {
		Key string
		incident.Span
	}{{"detect", v.Detect}, {"aware", v.Aware}, {"report", v.Report}, {"handle", v.Handle}}
}

func statisticRows(ctx context.Context, v incident.Statistics) (rows [][]string) {
	add := func(name string, n int) { rows = append(rows, []string{name, strconv.Itoa(n)}) }
	for _, c := range counted(v) {
		add(ui.T(ctx, "handling.figure."+c.Key), c.N)
	}
	for _, s := range spans(v) {
		name := ui.Label(ctx, ui.T(ctx, "handling.span."+s.Key))
		add(name+ui.T(ctx, "handling.column.cases"), s.Count)
		if s.Count > 0 {
			rows = append(rows, []string{name + ui.T(ctx, "handling.column.median") + " (min)", strconv.FormatFloat(s.Text[0], 'f', 0, 64)},
				[]string{name + ui.T(ctx, "handling.column.p90") + " (min)", strconv.FormatFloat(s.Text[1], 'f', 0, 64)})
		}
	}
	for _, p := range v.Stages {
		name := ui.Label(ctx, regimeTitle(ctx, p.Regime)+", "+stageTitle(ctx, p.Stage))
		for _, c := range []struct {
			key string
			n   int
		}{{"on_time", p.OnTime}, {"within", p.Within}, {"late", p.Late}, {"overdue", p.Overdue}, {"open", p.Open}} {
			add(name+ui.T(ctx, "handling.punctual."+c.key), c.n)
		}
	}
	for _, cause := range slices.Sorted(maps.Keys(v.Causes)) {
		add(ui.Label(ctx, ui.T(ctx, "handling.causes"))+causeText(ctx, cause), v.Causes[cause])
	}
	return rows
}

func causeText(ctx context.Context, cause string) string {
	if cause == "" {
		return ui.T(ctx, "handling.cause.unknown")
	}
	key := "reports.option.root_cause." + cause
	if text := ui.T(ctx, key); text != "⟪"+key+"⟫" {
		return text
	}
	return cause
}

// took writes how long something takes.
func took(ctx context.Context, d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return ui.T(ctx, "handling.took.days", "count", ui.Number(ctx, d.Hours()/24, 1))
	case d >= time.Hour:
		return ui.T(ctx, "handling.took.hours", "count", ui.Number(ctx, d.Hours(), 1))
	}
	return ui.T(ctx, "handling.took.minutes", "count", ui.Number(ctx, d.Minutes(), 0))
}

func spanTable(ctx context.Context, v incident.Statistics) ui.TableProps {
	t := ui.TableProps{ID: "spans", Caption: ui.T(ctx, "handling.spans"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.span")}, {Label: ui.T(ctx, "handling.column.median"), Numeric: true}, {Label: ui.T(ctx, "handling.column.p90"), Numeric: true},
		{Label: ui.T(ctx, "handling.column.cases"), Numeric: true}}}
	for _, s := range spans(v) {
		median, p90 := "–", "–"
		if s.Count > 0 {
			median, p90 = took(ctx, s.Median), took(ctx, s.P90)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(ui.T(ctx, "handling.span."+s.Key)), ui.Words(median), ui.Words(p90), ui.Words(strconv.Itoa(s.Count))}})
	}
	return t
}

// share is a part of a whole in percent.
func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

// punctualChart shows which part of the reports was on time, by regime and stage.
func punctualChart(ctx context.Context, v incident.Statistics) chart.Bars {
	b := chart.Bars{Heading: ui.T(ctx, "handling.punctual"), About: ui.T(ctx, "handling.punctual.about"),
		Columns: [5]string{"", ui.T(ctx, "handling.column.stage"), ui.T(ctx, "handling.punctual.on_time"), "", ui.T(ctx, "handling.column.of")}}
	for _, p := range v.Stages {
		all := p.Sent() + p.Overdue
		if all == 0 {
			continue
		}
		value, tone := share(p.OnTime, all), chart.ToneGood
		if p.OnTime < all {
			tone = chart.ToneBad
		}
		b.Items = append(b.Items, chart.Bar{Name: regimeTitle(ctx, p.Regime) + ", " + stageTitle(ctx, p.Stage), Value: value, Text: ui.Number(ctx, value, 0) + " %", Tone: tone,
			Word: ui.T(ctx, "handling.punctual.word."+map[bool]string{true: "all", false: "some"}[p.OnTime == all]), Note: strconv.Itoa(p.OnTime) + " / " + strconv.Itoa(all)})
	}
	return b
}

// causeChart shows the root causes by their part of the cases.
func causeChart(ctx context.Context, v incident.Statistics) chart.Bars {
	b := chart.Bars{Heading: ui.T(ctx, "handling.causes"), About: ui.T(ctx, "handling.causes.about"),
		Columns: [5]string{"", ui.T(ctx, "handling.causes"), ui.T(ctx, "handling.column.share"), "", ui.T(ctx, "handling.column.of")}}
	for _, cause := range slices.Sorted(maps.Keys(v.Causes)) {
		n := v.Causes[cause]
		b.Items = append(b.Items, chart.Bar{Name: causeText(ctx, cause), Value: share(n, v.Cases), Text: ui.Number(ctx, share(n, v.Cases), 0) + " %", Tone: chart.ToneNeutral, Note: strconv.Itoa(n) + " / " + strconv.Itoa(v.Cases)})
	}
	return b
}

// onCallView is the page of the contacts and the rota.
type onCallView struct {
	oncall.Roster
	people []tenant.Member
	zone   string
	zones  []ui.Option
	now    time.Time
	act    string
	errors ui.Errors
}

func (s *Site) onCall(w http.ResponseWriter, r *http.Request) error {
	return s.showOnCall(w, r, "", nil)
}

func (s *Site) showOnCall(w http.ResponseWriter, r *http.Request, act string, wrong ui.Errors) (err error) {
	v := onCallView{act: act, errors: wrong, now: s.clock.Now()}
	if v.Roster, err = s.incidents.Roster(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	if v.people, err = s.colleagues(r); err != nil {
		return err
	}
	v.people = slices.DeleteFunc(v.people, func(m tenant.Member) bool { return !authz.Allows(m.Role, authz.IncidentEdit) })
	c, err := s.load(r)
	if err != nil {
		return err
	}
	if v.zone = v.Rota.Zone; v.zone == "" {
		v.zone = s.personZone(r, c)
	}
	v.zones = s.zoneOptions(v.zone)
	return ui.Render(w, r, statusOf(wrong), onCallPage(r, s.incidentFrame(r, c, "handling.oncall", "handling.oncall.lead"), v))
}

func (s *Site) onCallChanged(w http.ResponseWriter, r *http.Request, act string, err error) error {
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showOnCall(w, r, act, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "on-call"))
}

func (s *Site) addContact(w http.ResponseWriter, r *http.Request) error {
	c := oncall.Contact{ID: r.PostFormValue("id"), Role: r.PostFormValue("role"), Name: r.PostFormValue("name"), Person: r.PostFormValue("person"), Phone: r.PostFormValue("phone"),
		Email: r.PostFormValue("email"), Note: r.PostFormValue("note")}
	return s.onCallChanged(w, r, "contacts", s.incidents.PutContact(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), c))
}

func (s *Site) removeContact(w http.ResponseWriter, r *http.Request) error {
	return s.onCallChanged(w, r, "", s.incidents.RemoveContact(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("id")))
}

func (s *Site) setRota(w http.ResponseWriter, r *http.Request) error {
	days, _ := strconv.Atoi(strings.TrimSpace(r.PostFormValue("days"))) // 0 is refused
	begins, _ := law.ParseDate(r.PostFormValue("begins"))               // so is no day
	v := oncall.Rota{Zone: r.PostFormValue("zone"), Begins: begins, Handover: strings.TrimSpace(r.PostFormValue("handover")), Days: days, Order: picked(r, "order")}
	return s.onCallChanged(w, r, "rota", s.incidents.SetRota(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), v))
}

func (v onCallView) typed(r *http.Request, act string, f ui.Field) ui.Field {
	f.ID = "f-" + act + "-" + f.Name
	if v.act != act {
		return f
	}
	return field(r, v.errors, f)
}

func (v onCallView) errorsOf(act string) ui.Errors {
	if v.act == act {
		return v.errors
	}
	return nil
}

// turnText says whose turn it is, and until when on the wall of the rota.
func turnText(ctx context.Context, r oncall.Roster, now time.Time) string {
	turn, ok := r.At(now)
	if !ok {
		return ""
	}
	until := turn.Until
	if zone := zoneOf(r.Rota.Zone); zone != nil {
		until = until.In(zone)
	}
	return ui.T(ctx, "handling.oncall.now", "name", turn.Contact.Name, "phone", reach(turn.Contact), "until", zonedText(ctx, until))
}

func (v onCallView) contactTable(r *http.Request, edit bool) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "contacts", Caption: ui.T(ctx, "handling.contacts"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.name")}, {Label: ui.T(ctx, "handling.column.role")}, {Label: ui.T(ctx, "handling.column.phone")},
		{Label: ui.T(ctx, "handling.column.act"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "handling.contacts.none"), Text: ui.T(ctx, "handling.contacts.none.text")}}
	for _, role := range oncall.Roles() {
		for _, c := range v.Contacts {
			if c.Role == role {
				t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(c.Name, "", c.Note), ui.Words(ui.T(ctx, "handling.role."+c.Role)), phoneCell(c), contactRemove(r, edit, c)}})
			}
		}
	}
	return t
}

// orderOptions are the contacts, those of the rota first and in its order.
func (v onCallView) orderOptions() (out []ui.Option) {
	for _, id := range v.Rota.Order {
		for _, c := range v.Contacts {
			if c.ID == id {
				out = append(out, ui.Option{Value: c.ID, Label: c.Name, Selected: true})
			}
		}
	}
	for _, c := range v.Contacts {
		if !slices.Contains(v.Rota.Order, c.ID) {
			out = append(out, ui.Option{Value: c.ID, Label: c.Name})
		}
	}
	return out
}

// telText is a telephone number as links take it.
func telText(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '+' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, s)
}

func figuresOf(ctx context.Context, v incident.Statistics) (out []ui.Figure) {
	for _, c := range counted(v) {
		out = append(out, ui.Figure{Label: ui.T(ctx, "handling.figure."+c.Key), Value: strconv.Itoa(c.N)})
	}
	return out
}

// reach is how a contact is reached first.
func reach(c oncall.Contact) string {
	if c.Phone != "" {
		return c.Phone
	}
	return c.Email
}
