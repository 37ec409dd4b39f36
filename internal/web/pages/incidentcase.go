package pages

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/significance"
)

func intakeFields(r *http.Request, v intakeView) []ui.Field {
	ctx := r.Context()
	now := ui.From(ctx).Now
	if z := zoneOf(v.zone); z != nil {
		now = now.In(z)
	}
	return []ui.Field{
		field(r, v.errors, ui.Field{Name: "title", Label: ui.T(ctx, "incidents.field.title"), Hint: ui.T(ctx, "incidents.field.title.hint"), Required: true, MaxLength: incidents.LongestTitle}),
		field(r, v.errors, ui.Field{Name: "text", Label: ui.T(ctx, "incidents.field.text"), Hint: ui.T(ctx, "incidents.field.text.hint"), Rows: 5}),
		field(r, v.errors, ui.Field{Name: "detected_at", Label: ui.T(ctx, "incidents.field.detected_at"), Value: now.Format("2006-01-02T15:04"), Attributes: templ.Attributes{"data-now": true}}),
		field(r, v.errors, ui.Field{Name: "zone", Label: ui.T(ctx, "incidents.field.zone"), Value: v.zone, Attributes: templ.Attributes{"data-own-zone": true}}),
		field(r, v.errors, ui.Field{Name: "certainty", Label: ui.T(ctx, "incidents.field.certainty")}),
	}
}

func certainties(ctx context.Context, chosen string) []ui.Option {
	return ui.Choices([]string{chosen}, "exact", ui.T(ctx, "incidents.certainty.exact"), "estimated", ui.T(ctx, "incidents.certainty.estimated"), "unknown", ui.T(ctx, "incidents.certainty.unknown"))
}

// caseView is the page of a case.
type caseView struct {
	incidents.Case
	verdict significance.Verdict
	said    []filing.Said     // to and by authorities
	signals []incident.Signal // the newest
	count   int64             // of all signals
	wired   bool              // reports go to an authority by themselves
	zones   []ui.Option
	forms   func(incident.Obligation, clocks.Stage) bool
	turn    string // who is on call
	before  int    // entries of the record that are newer than the page
	act     string // the form that has errors
	errors  ui.Errors
}

// mostEntries is how many lines of the record a page shows.
const mostEntries = 50

func (s *Site) openCase(w http.ResponseWriter, r *http.Request) error {
	return s.showCase(w, r, "", nil)
}

func (s *Site) showCase(w http.ResponseWriter, r *http.Request, act string, wrong ui.Errors) (err error) {
	v := caseView{act: act, errors: wrong}
	actor, organisation := visitOf(r).Actor, r.PathValue("organisation")
	if v.Case, err = s.incidents.Load(r.Context(), actor, organisation, r.PathValue("incident")); err != nil {
		return err
	}
	if v.verdict, err = s.incidents.Judge(r.Context(), actor, organisation, v.ID); err != nil {
		return err
	}
	if v.said, err = s.filing.Correspondence(r.Context(), actor, organisation, v.ID); err != nil {
		return err
	}
	if v.signals, v.count, err = s.incidents.Signals(r.Context(), actor, organisation, v.ID); err != nil {
		return err
	}
	ways, err := s.filing.Endpoints(r.Context(), actor, organisation)
	if err != nil {
		return err
	}
	v.wired = len(ways) > 0
	roster, err := s.incidents.Roster(r.Context(), actor, organisation)
	if err != nil {
		return err
	}
	v.turn = turnText(r.Context(), roster, s.clock.Now())
	c, err := s.load(r)
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("before")); err == nil && n > 0 && n < len(v.Entries) {
		v.before = n
	}
	v.forms = func(o incident.Obligation, st clocks.Stage) bool {
		_, ok := s.incidents.Forms().Find(o.Regime, st, o.Country, law.DateOf(s.clock.Now()))
		return ok
	}
	v.zones = s.zoneOptions(v.Zone)
	p := s.caseFrame(r, c, v.Incident)
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "handling.title"), URL: incidentURL(r, "handling")}}
	return ui.Render(w, r, statusOf(wrong), casePage(r, p, v))
}

// caseFrame is the frame of the pages of one case.
func (s *Site) caseFrame(r *http.Request, c clients.Client, i incident.Incident) ui.PageProps {
	p := s.clientFrame(r, c, "incidents")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "incidents")})
	p.Title, p.Lead = i.Title, i.Reference
	if i.Exercise {
		p.Title = ui.Label(r.Context(), ui.T(r.Context(), "incidents.exercise")) + i.Title
	}
	return p
}

// caseAct changes a case.
type caseAct func(r *http.Request, a authz.Actor, organisation, id string) error

// act runs a change and leads back to its part of the page; what cannot be used
// comes back with the form.
func (s *Site) caseAct(name string, do caseAct) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"))
		if err == nil {
			return guard.Redirect(w, r, incidentURL(r, "#"+name))
		}
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		return s.showCase(w, r, formKey(r, name), wrong)
	}
}

// formKey names one of several forms of the same act.
func formKey(r *http.Request, act string) string {
	for _, name := range []string{"which", "obligation", "message"} {
		if v := r.PostFormValue(name); v != "" {
			act += "-" + v
		}
	}
	return act
}

func (s *Site) caseActs() map[string]caseAct {
	text := func(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return map[string]caseAct{
		"state": func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.Triage(r.Context(), a, organisation, id, incident.Kind(r.PostFormValue("kind")), incident.State(r.PostFormValue("state")), text(r, "reason"))
		},
		"times": func(r *http.Request, a authz.Actor, organisation, id string) error {
			m, err := momentOf(r, "at")
			if err != nil {
				return err
			}
			return besideTime(s.incidents.SetMoment(r.Context(), a, organisation, id, r.PostFormValue("which"), m), r.PostFormValue("which"))
		},
		"criteria": func(r *http.Request, a authz.Actor, organisation, id string) error {
			value := strings.ReplaceAll(text(r, "value"), ",", ".")
			if r.PostFormValue("unknown") != "" {
				value = "unknown"
			}
			return s.incidents.PutCriterion(r.Context(), a, organisation, id, r.PostFormValue("name"), value)
		},
		"decide": func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.Decide(r.Context(), a, organisation, id, r.PostFormValue("is") == "yes", text(r, "reason"))
		},
		"propose": func(r *http.Request, a authz.Actor, organisation, id string) error {
			_, err := s.incidents.Propose(r.Context(), a, organisation, id)
			return err
		},
		"oblige": func(r *http.Request, a authz.Actor, organisation, id string) error {
			o := incident.Obligation{Regime: clocks.Regime(r.PostFormValue("regime")), Country: strings.ToUpper(text(r, "country")), Authority: text(r, "authority"),
				Partner: text(r, "partner"), Entity: text(r, "entity"), Applies: "yes", Reason: text(r, "reason"), Qualified: law.Unknown}
			if period := text(r, "period"); period != "" && (o.Regime == incident.Contract || o.Regime == incident.Insurer) {
				o.Terms = map[clocks.Stage]incident.Term{incident.ContractStage: {Period: periodOf(period, r.PostFormValue("unit")), From: clocks.AwareAt.String()}}
			}
			_, err := s.incidents.Oblige(r.Context(), a, organisation, id, o)
			return err
		},
		"applies": func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.Apply(r.Context(), a, organisation, id, r.PostFormValue("obligation"), r.PostFormValue("applies"), text(r, "reason"))
		},
		"inputs": func(r *http.Request, a authz.Actor, organisation, id string) error {
			m, err := momentOf(r, "at")
			if err != nil {
				return err
			}
			return besideTime(s.incidents.SetInput(r.Context(), a, organisation, id, r.PostFormValue("obligation"), r.PostFormValue("input"), m), r.PostFormValue("input"))
		},
		"answers": func(r *http.Request, a authz.Actor, organisation, _ string) error {
			_, err := s.filing.Answer(r.Context(), a, organisation, r.PostFormValue("message"), r.PostFormValue("text"))
			return err
		},
		"fetch": func(r *http.Request, a authz.Actor, organisation, _ string) error {
			return s.filing.Fetch(r.Context(), a, organisation)
		},
		"entries": func(r *http.Request, a authz.Actor, organisation, id string) error {
			e := incident.Entry{Kind: r.PostFormValue("kind"), Text: text(r, "text")}
			if r.PostFormValue("at") != "" {
				m, err := momentOf(r, "at")
				if err != nil {
					return err
				}
				e.At = m
			}
			return s.incidents.Say(r.Context(), a, organisation, id, e)
		},
	}
}

func (s *Site) beginReport(w http.ResponseWriter, r *http.Request) error {
	made, err := s.incidents.Begin(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"),
		r.PostFormValue("obligation"), clocks.Stage(r.PostFormValue("stage")), r.PostFormValue("corrects"))
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, incidentURL(r, "reports/"+made.ID))
}

// incidentStep is what to do now.
type incidentStep struct {
	tone        ui.Tone
	title, text string
	button      string
	url         string            // of a link
	action      string            // of a form
	fields      map[string]string // of the form
}

func (v caseView) next(r *http.Request) incidentStep {
	ctx := r.Context()
	step := func(key string, tone ui.Tone, url string) incidentStep {
		n := incidentStep{tone: tone, title: ui.T(ctx, "incidents.next."+key), text: ui.T(ctx, "incidents.next."+key+".text"), url: url}
		if url != "" {
			n.button = ui.T(ctx, "incidents.next."+key+".do")
		}
		return n
	}
	switch {
	case v.State == incident.Merged:
		into := v.Related[slices.IndexFunc(v.Related, func(x incidents.Relation) bool { return x.Way == incidents.MergedInto })]
		return incidentStep{tone: ui.Aside, title: ui.T(ctx, "incidents.next.merged", "reference", into.Reference, "title", into.Title),
			text: ui.T(ctx, "incidents.next.merged.text"), button: ui.T(ctx, "incidents.next.merged.do"), url: clientURL(r, "incidents/"+into.ID)}
	case v.State == incident.Dismissed:
		return step("closed", ui.Aside, "")
	case v.State == incident.Closed:
		if clock, _ := v.Next(); clock.Stage == "" {
			return step("closed", ui.Aside, "")
		}
	case len(v.Duties) == 0:
		n := step("duties", ui.Bad, "#duties")
		n.url = ""
		if can(r, authz.IncidentEdit) {
			n.action = incidentURL(r, "propose")
		}
		return n
	case v.Kind.Averted():
		if _, back := v.sentBack(); !back {
			return step("voluntary", ui.Good, "")
		}
	case !v.Significance.Decided:
		return step("decide", ui.Bad, "#significance")
	case v.Significance.Is && !v.AwareAt.Known():
		return step("aware", ui.Bad, "#times")
	}
	clock, duty := v.Next()
	if clock.Stage == "" {
		if x, back := v.sentBack(); back {
			n := step("revise", ui.Partly, incidentURL(r, "reports/"+x.About))
			if !x.DueAt.IsZero() {
				n.text = ui.T(ctx, "incident.authority.mend_by", "authority", x.Authority, "when", ui.MomentText(ctx, x.DueAt))
			}
			if x.DueAt.Before(ui.From(ctx).Now) && !x.DueAt.IsZero() {
				n.tone = ui.Bad
			}
			return n
		}
		return step("nothing", ui.Good, "")
	}
	n := incidentStep{tone: clockStatus(ctx, clock).Tone, title: ui.Label(ctx, stageTitle(ctx, clock.Stage)) + regimeTitle(ctx, clock.Regime),
		text: ui.T(ctx, "incidents.next.due", "when", zonedText(ctx, clock.Strict), "to", recipient(ctx, duty.Obligation))}
	if x := awaited(duty, clock); x.ID != "" {
		n.text += " " + ui.T(ctx, "incidents.next.underway", "since", ui.MomentText(ctx, x.SubmittedAt))
		n.button, n.url = ui.T(ctx, "incidents.next.revise.do"), incidentURL(r, "reports/"+x.ID)
		return n
	}
	if v.forms(duty.Obligation, clock.Stage) && can(r, authz.IncidentEdit) {
		n.button, n.action = ui.T(ctx, "incidents.report.write"), incidentURL(r, "reports")
		n.fields = map[string]string{"obligation": duty.ID, "stage": string(clock.Stage)}
	}
	return n
}

// awaited is the report of a clock that is on its way to the authority; zero: there is
// none.
func awaited(d incidents.Duty, c clocks.Clock) incident.Report {
	x, _ := incident.Awaited(d.Reports, c.Stage)
	return x
}

// recipient is to whom a duty reports.
func recipient(ctx context.Context, o incident.Obligation) string {
	who := o.Authority
	if who == "" {
		who = o.Partner
	}
	if who == "" {
		who = ui.T(ctx, "incidents.authority.unnamed")
	}
	if o.Country != "" {
		who += ", " + ui.T(ctx, "country.name."+strings.ToLower(o.Country))
	}
	return who
}

func (v caseView) clockTable(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "clock-list", Caption: ui.T(ctx, "incidents.clocks"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "incidents.column.duty")}, {Label: ui.T(ctx, "incidents.column.report")}, {Label: ui.T(ctx, "incidents.column.due")}, {Label: ui.T(ctx, "incidents.column.open"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "incidents.clocks.none"), Text: ui.T(ctx, "incidents.clocks.none.text")}}
	for _, d := range v.Duties {
		if d.Applies == "no" {
			continue
		}
		for _, c := range d.Clocks {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(regimeTitle(ctx, d.Regime)+" · "+recipient(ctx, d.Obligation), "", d.Entity),
				stageCell(c), dueCell(c, v.Incident, d), reportCell(r, v, d, c)}})
		}
	}
	return t
}

// reportsOfStage are the reports of a stage, oldest first, given-up ones left out.
func reportsOfStage(d incidents.Duty, st clocks.Stage) (out []incident.Report) {
	for _, x := range d.Reports {
		if x.Stage == st && x.Status != incident.Withdrawn {
			out = append(out, x)
		}
	}
	return out
}

// may reports whether the person may change the case: nothing is done any more in one
// that goes on in another.
func (v caseView) may(r *http.Request, p authz.Permission) bool {
	return v.State != incident.Merged && can(r, p)
}

// times are those of the case in the order of events.
func (v caseView) times() []saidTime {
	return []saidTime{{incidents.OccurredAt, v.OccurredAt}, {incidents.DetectedAt, v.DetectedAt}, {incidents.AwareAt, v.AwareAt}, {incidents.HandledAt, v.HandledAt}}
}

type saidTime struct {
	which string
	incident.Moment
}

func momentText(ctx context.Context, m incident.Moment) string {
	if !m.Known() {
		return ui.T(ctx, "incidents.certainty.unknown")
	}
	text := zonedText(ctx, m.Local())
	if m.Certainty == incident.Estimated {
		text += " (" + ui.T(ctx, "incidents.certainty.estimated") + ")"
	}
	return text
}

// localInput is the time as the field of a form shows it.
func localInput(m incident.Moment, zone string) string {
	if !m.Known() {
		return ""
	}
	z := zoneOf(zone)
	if z == nil {
		z = time.UTC
	}
	return m.At.In(z).Format("2006-01-02T15:04")
}

// errorsOf are the errors of one form of the page.
func (v caseView) errorsOf(key string) ui.Errors {
	if v.act == key {
		return v.errors
	}
	return nil
}

// typed is a field of the form with the key: what was typed when it came back.
func (v caseView) typed(r *http.Request, key string, f ui.Field) ui.Field {
	f.ID = "f-" + key + "-" + f.Name
	if v.act != key {
		return f
	}
	return field(r, v.errors, f)
}

// stated are the answers of the assistant, in the order of the law.
func (v caseView) stated() (out []significance.FieldInfo) {
	for _, f := range significance.Fields() {
		if _, ok := v.Criteria[f.Name]; ok {
			out = append(out, f)
		}
	}
	return out
}

// voluntarySource is where the law lets entities notify what they need not.
const voluntarySource = "Directive (EU) 2022/2555 Art. 30(1)"

func criterionText(ctx context.Context, value string) string {
	if slices.Contains([]string{"true", "false", "unknown"}, value) {
		return ui.T(ctx, "incidents.answer."+value)
	}
	return value
}

// asked is the question of the assistant that costs least.
func (v caseView) asked() (name string, unit significance.Unit) {
	if len(v.verdict.Missing) == 0 {
		return "", ""
	}
	name = v.verdict.Missing[0]
	if f, ok := significance.ParseField(name); ok {
		unit = f.Info().Unit
	}
	return name, unit
}

func criteriaTable(ctx context.Context, verdict significance.Verdict) ui.TableProps {
	t := ui.TableProps{ID: "criteria-list", Caption: ui.T(ctx, "incidents.criteria"), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "incidents.column.criterion")}, {Label: ui.T(ctx, "incidents.column.met"), Narrow: true}}}
	tones := map[law.Truth]ui.Tone{law.True: ui.Bad, law.False: ui.Good, law.Unknown: ui.Open}
	for _, c := range verdict.Criteria {
		note := ui.Cite(ctx, c.Citation)
		if m := c.Figures(); m.Key != "" {
			note = ui.Say(ctx, m) + " " + note
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(ui.Say(ctx, c.Title()), "", note), ui.StatusBadge(ui.Status{Tone: tones[c.Met], Word: ui.Say(ctx, c.MetTitle())})}})
	}
	return t
}

// periodOf is a period of the law: a number with its unit ("H", "D" or "M"), or written
// as PT24H.
func periodOf(text, unit string) string {
	if _, err := strconv.Atoi(text); err != nil {
		return strings.ToUpper(text)
	}
	if unit == "D" || unit == "M" {
		return "P" + text + unit
	}
	return "PT" + text + "H"
}

func periodUnits(ctx context.Context) []ui.Option {
	return ui.Choices(nil, "H", ui.T(ctx, "incidents.unit.hours"), "D", ui.T(ctx, "incidents.unit.days"), "M", ui.T(ctx, "incidents.unit.months"))
}

func incidentKinds(ctx context.Context, chosen incident.Kind) []ui.Option {
	var out []ui.Option
	for _, k := range incident.Kinds() {
		out = append(out, ui.Option{Value: string(k), Label: ui.T(ctx, "incidents.kind."+string(k)), Selected: k == chosen})
	}
	return out
}

func incidentStates(ctx context.Context, chosen incident.State) []ui.Option {
	var out []ui.Option
	for _, s := range incident.States() {
		if s != incident.Merged {
			out = append(out, ui.Option{Value: string(s), Label: ui.T(ctx, "incidents.state."+string(s)), Selected: s == chosen})
		}
	}
	return out
}

func regimeOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, r := range append(clocks.Regimes(), incident.Contract, incident.Insurer) {
		out = append(out, ui.Option{Value: string(r), Label: regimeTitle(ctx, r)})
	}
	return out
}

func inputOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, i := range []clocks.Input{clocks.AwareAt, clocks.ClassifiedAt, clocks.MeasureAvailableAt, clocks.RequestedAt, clocks.DueSetByAuthority} {
		out = append(out, ui.Option{Value: i.String(), Label: ui.Say(ctx, i.Title())})
	}
	return out
}

func entryOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, k := range []string{"note", "action", "decision", "communication"} {
		out = append(out, ui.Option{Value: k, Label: ui.T(ctx, "incidents.entry."+k)})
	}
	return out
}

// recordPage are the lines of the page, newest first.
func (v caseView) recordPage() (lines []incident.Entry, pages ui.Pages) {
	end := len(v.Entries) - v.before
	start := max(0, end-mostEntries)
	lines = slices.Clone(v.Entries[start:end])
	slices.Reverse(lines)
	return lines, ui.Pages{From: v.before + 1, To: v.before + len(lines), All: len(v.Entries)}
}

func (v caseView) recordPages(r *http.Request) ui.Pages {
	_, p := v.recordPage()
	p.Label = ui.T(r.Context(), "incidents.record.pages")
	if p.To < p.All {
		p.Next = incidentURL(r, "?before="+strconv.Itoa(p.To)+"#entries")
	}
	if v.before > 0 {
		p.Previous = incidentURL(r, "?before="+strconv.Itoa(max(0, v.before-mostEntries))+"#entries")
	}
	return p
}

func decisionTone(i incident.Incident) ui.Tone {
	if i.Significance.Is {
		return ui.Bad
	}
	return ui.Good
}

func decisionText(ctx context.Context, i incident.Incident) string {
	if i.Significance.Is {
		return ui.T(ctx, "incidents.decision.yes")
	}
	return ui.T(ctx, "incidents.decision.no")
}
