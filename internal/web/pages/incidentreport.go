package pages

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	way "github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// reportView is the page of one report.
type reportView struct {
	incidents.Sheet
	found  incidents.Case
	duty   incidents.Duty
	zones  []ui.Option
	said   []filing.Said // to and by authorities
	wired  bool          // the authority of the duty is connected
	act    string        // the form that has errors
	errors ui.Errors
}

func (s *Site) openIncidentReport(w http.ResponseWriter, r *http.Request) error {
	return s.showReport(w, r, "", nil)
}

func (s *Site) showReport(w http.ResponseWriter, r *http.Request, act string, wrong ui.Errors) (err error) {
	v := reportView{act: act, errors: wrong}
	actor, organisation, id := visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident")
	if v.found, err = s.incidents.Load(r.Context(), actor, organisation, id); err != nil {
		return err
	}
	if v.Sheet, err = s.incidents.Sheet(r.Context(), actor, organisation, id, r.PathValue("report")); err != nil {
		return err
	}
	for _, d := range v.found.Duties {
		if d.ID == v.Report.Obligation {
			v.duty = d
		}
	}
	if v.said, err = s.filing.Correspondence(r.Context(), actor, organisation, id); err != nil {
		return err
	}
	ways, err := s.filing.Endpoints(r.Context(), actor, organisation)
	if err != nil {
		return err
	}
	v.wired = slices.ContainsFunc(ways, func(e way.Endpoint) bool {
		return !e.RegisteredAt.IsZero() && e.For(v.duty.Authority, v.duty.Country)
	})
	c, err := s.load(r)
	if err != nil {
		return err
	}
	v.zones = s.zoneOptions(v.found.Zone)
	p := s.caseFrame(r, c, v.found.Incident)
	p.Crumbs = append(p.Crumbs, ui.Link{Text: v.found.Title, URL: incidentURL(r, "")})
	p.Title = stageTitle(r.Context(), v.Report.Stage) + " · " + regimeTitle(r.Context(), v.duty.Regime)
	if v.found.Exercise {
		p.Title = ui.Label(r.Context(), ui.T(r.Context(), "incidents.exercise")) + p.Title
	}
	p.Lead = v.found.Reference + " · " + v.found.Title + " · " + v.reader(r.Context())
	return ui.Render(w, r, statusOf(wrong), reportFormPage(r, p, v))
}

// reader is to whom the report goes: the authority of the duty, or those who are told.
func (v reportView) reader(ctx context.Context) string {
	if !v.Report.Stage.ToAuthority() {
		return ui.Say(ctx, clocks.RecipientOf(v.duty.Regime, v.Report.Stage))
	}
	return recipient(ctx, v.duty.Obligation)
}

// saveReport keeps the answers of the whole form, or with "field" of one field.
func (s *Site) saveReport(w http.ResponseWriter, r *http.Request) error {
	only := r.PostFormValue("field")
	var withhold []string
	if r.PostFormValue("withholding") != "" {
		withhold = slices.DeleteFunc(slices.Clone(r.PostForm["withhold"]), func(id string) bool { return id == "" })
		if withhold == nil {
			withhold = []string{}
		}
	}
	answers := func(f reporting.Field, i incident.Incident) (reporting.Value, bool) {
		if only != "" && f.ID != only || r.PostFormValue("asked."+f.ID) == "" {
			return reporting.Value{}, false
		}
		return reportAnswer(r, f, i.Zone), true
	}
	err := s.incidents.Answer(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PathValue("report"), answers, withhold)
	wrong, mendable := ui.ErrorsOf(r.Context(), err)
	if err != nil && !mendable {
		return err
	}
	if only == "" {
		if err != nil {
			return s.showReport(w, r, "answers", wrong)
		}
		return guard.Redirect(w, r, incidentURL(r, "reports/"+r.PathValue("report")+"?saved=1"))
	}
	if err != nil {
		return ui.Render(w, r, http.StatusUnprocessableEntity, ui.Words(wrong[only]))
	}
	sheet, err := s.incidents.Sheet(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PathValue("report"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, savedPart(reportView{Sheet: sheet}))
}

// reportAnswer reads what was answered to a field.
func reportAnswer(r *http.Request, f reporting.Field, zone string) reporting.Value {
	text := strings.ReplaceAll(strings.TrimSpace(r.PostFormValue("v."+f.ID)), "\r\n", "\n")
	if r.PostFormValue("unknown."+f.ID) != "" || f.Type == reporting.YesNo && text == "unknown" {
		return reporting.Value{Unknown: true}
	}
	switch f.Type {
	case reporting.Choices:
		return reporting.Value{List: r.PostForm["v."+f.ID]}
	case reporting.Lines:
		var lines []string
		for l := range strings.SplitSeq(text, "\n") {
			if l = strings.TrimSpace(l); l != "" {
				lines = append(lines, l)
			}
		}
		return reporting.Value{List: lines}
	case reporting.States:
		return reporting.Value{List: strings.FieldsFunc(strings.ToUpper(text), func(c rune) bool { return c == ',' || c == ';' || c == ' ' || c == '\n' })}
	case reporting.Instant:
		if at, err := wallTime(text, zone); err == nil {
			return reporting.Value{Text: (incident.Moment{At: at, Zone: zone}).Local().Format(time.RFC3339)}
		}
	}
	return reporting.Value{Text: text}
}

// reportAct does something with a report as a whole.
type reportAct func(r *http.Request, a authz.Actor, organisation, id, report string) error

func (s *Site) reportAct(name string, do reportAct) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PathValue("report"))
		if err == nil && name == "withdraw" {
			return guard.Redirect(w, r, incidentURL(r, ""))
		}
		if err == nil {
			return guard.Redirect(w, r, incidentURL(r, "reports/"+r.PathValue("report")))
		}
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		return s.showReport(w, r, name, wrong)
	}
}

func (s *Site) reportActs() map[string]reportAct {
	return map[string]reportAct{
		"approve": func(r *http.Request, a authz.Actor, organisation, id, report string) error {
			return s.incidents.Approve(r.Context(), a, organisation, id, report)
		},
		"withdraw": func(r *http.Request, a authz.Actor, organisation, id, report string) error {
			return s.incidents.Withdraw(r.Context(), a, organisation, id, report)
		},
		"submit": func(r *http.Request, a authz.Actor, organisation, id, report string) error {
			m, err := momentOf(r, "at")
			if err != nil {
				return err
			}
			return s.incidents.Submit(r.Context(), a, organisation, id, report, incidents.Sending{Channel: r.PostFormValue("channel"), At: m.At,
				Reference: strings.TrimSpace(r.PostFormValue("reference")), Bypass: strings.TrimSpace(r.PostFormValue("bypass"))})
		},
		"receive": func(r *http.Request, a authz.Actor, organisation, id, report string) error {
			m, err := momentOf(r, "received_at")
			if err != nil {
				return err
			}
			if !m.Known() {
				return &fault.Error{Kind: fault.Invalid, Field: "received_at", What: ui.T(r.Context(), "incidents.wrong.time")}
			}
			return s.incidents.Receive(r.Context(), a, organisation, id, report, incidents.Received{At: m.At,
				Reference: strings.TrimSpace(r.PostFormValue("reference")), Receipt: strings.TrimSpace(r.PostFormValue("receipt")), Channel: r.PostFormValue("channel")})
		},
	}
}

// reportSection is the fields of a part of the form, in order.
type reportSection struct {
	id     string
	fields []reporting.Field
}

// sections are the fields of the stage that are wanted.
func (v reportView) sections(want func(reporting.Field) bool) (out []reportSection) {
	for _, f := range v.Form.Shown(v.Report.Stage) {
		if !want(f) {
			continue
		}
		at := slices.IndexFunc(out, func(s reportSection) bool { return s.id == f.Section })
		if at < 0 {
			out = append(out, reportSection{id: f.Section})
			at = len(out) - 1
		}
		out[at].fields = append(out[at].fields, f)
	}
	return out
}

// every wants all fields.
func every(reporting.Field) bool { return true }

// required reports whether the report waits for the field.
func (v reportView) required(f reporting.Field) bool {
	return v.Form.Need(f, v.Report.Stage, v.Values) == reporting.Required
}

// optional reports whether the report goes out without the field.
func (v reportView) optional(f reporting.Field) bool { return !v.required(f) }

// opens reports whether a part of the form shows its fields at once: when somebody
// answered one of them for this case, or one is wrong. What is only known from
// elsewhere stands in its title.
func (v reportView) opens(s reportSection) bool {
	return slices.ContainsFunc(s.fields, func(f reporting.Field) bool {
		_, fact := v.found.Facts[f.ID]
		_, own := v.Report.Own[f.ID]
		wrong := v.errorsOf("answers")[f.ID] != "" || v.errorsOf("submit")[f.ID] != ""
		return f.Type != reporting.Computed && (wrong || (fact || own) && !v.Values[f.ID].Empty())
	})
}

// answered is how many fields have an answer.
func (v reportView) answered(fields []reporting.Field) (n int) {
	for _, f := range fields {
		if !v.Values[f.ID].Empty() {
			n++
		}
	}
	return n
}

// Of what a closed part of the form says, its title shows this much, in characters.
const (
	longestGlance = 40
	mostGlances   = 4
)

// glance is what a part of the form says, in short.
func (v reportView) glance(ctx context.Context, fields []reporting.Field) string {
	var said []string
	for _, f := range fields {
		x := v.Values[f.ID]
		if x.Empty() || x.Unknown {
			continue
		}
		if len(said) == mostGlances {
			said = append(said, "…")
			break
		}
		text := []rune(valueText(ctx, f, x))
		if len(text) > longestGlance {
			text = append(text[:longestGlance-1], '…')
		}
		said = append(said, fieldWords(ctx, f.Title)+": "+string(text))
	}
	return strings.Join(said, " · ")
}

// editable reports whether the person may write the report.
func (v reportView) editable(r *http.Request) bool {
	return (v.Report.Status == incident.Draft || v.Report.Status == incident.Approved) && can(r, authz.IncidentEdit)
}

func (v reportView) errorsOf(act string) ui.Errors {
	if v.act == act {
		return v.errors
	}
	return nil
}

// words of a field in the language of the reader.
func fieldWords(ctx context.Context, in map[string]string) string {
	if p := ui.From(ctx).Printer; p != nil && in[p.Language] != "" {
		return in[p.Language]
	}
	return in["en"]
}

// optionText is the word of a choice; a form of a country may have choices whose
// words nobody wrote.
func optionText(ctx context.Context, field, option string) string {
	key := "reports.option." + field + "." + option
	if p := ui.From(ctx).Printer; p != nil && p.Has(key) {
		return p.T(key)
	}
	return strings.ReplaceAll(option, "_", " ")
}

func sectionText(ctx context.Context, id string) string {
	key := "reports.section." + id
	if p := ui.From(ctx).Printer; p != nil && p.Has(key) {
		return p.T(key)
	}
	return ui.T(ctx, "incidents.section."+id)
}

// valueText is a value as people read it.
func valueText(ctx context.Context, f reporting.Field, x reporting.Value) string {
	switch {
	case x.Unknown:
		return ui.T(ctx, "incidents.answer.unknown")
	case f.ID == "incident_state" && x.Text != "":
		return ui.T(ctx, "incidents.state."+x.Text)
	case f.ID == "report_kind" && x.Text != "":
		return ui.T(ctx, "incidents.report_kind."+x.Text)
	case f.ID == "provider_kind" && x.Text != "":
		return optionText(ctx, f.ID, x.Text)
	case f.Type == reporting.Instant || f.Type == reporting.Computed:
		return instantText(ctx, x.String())
	case f.Type == reporting.YesNo && x.Text != "":
		return ui.T(ctx, "incidents.answer."+map[string]string{"yes": "true", "no": "false"}[x.Text])
	case f.Type == reporting.Choice && x.Text != "":
		return optionText(ctx, f.ID, x.Text)
	case f.Type == reporting.Choices:
		var words []string
		for _, o := range x.List {
			words = append(words, optionText(ctx, f.ID, o))
		}
		return strings.Join(words, ", ")
	}
	return x.String()
}

// instantText is a time as a report keeps it, with its distance from UTC, for people;
// any other text stays as it is.
func instantText(ctx context.Context, text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	zone := "UTC"
	if _, seconds := at.Zone(); seconds != 0 {
		zone += at.Format("-07:00")
	}
	return ui.DayText(ctx, law.DateOf(at)) + ", " + at.Format("15:04") + " (" + zone + ")"
}

// input is the field of a page for a field of the form.
func (v reportView) input(r *http.Request, f reporting.Field) ui.Field {
	ctx := r.Context()
	x := v.Values[f.ID]
	out := ui.Field{Name: "v." + f.ID, ID: "f-" + f.ID, Label: fieldWords(ctx, f.Title), Hint: fieldWords(ctx, f.Help), Value: x.Text,
		Required: v.required(f), Error: v.errorsOf("answers")[f.ID]}
	if out.Error == "" {
		out.Error = v.errorsOf("submit")[f.ID]
	}
	switch f.Type {
	case reporting.Lines:
		out.Value, out.Hint, out.Rows = strings.Join(x.List, "\n"), ui.T(ctx, "incidents.hint.lines"), 3
	case reporting.States:
		out.Value, out.Hint = strings.Join(x.List, ", "), ui.T(ctx, "incidents.hint.states")
	case reporting.Money:
		out.Hint = ui.T(ctx, "incidents.hint.money")
	case reporting.Instant:
		out.Hint = ui.T(ctx, "incidents.hint.instant", "zone", v.found.Zone)
		if at, err := time.Parse(time.RFC3339, x.Text); err == nil {
			out.Value = localInput(incident.Moment{At: at}, v.found.Zone)
		}
	case reporting.Number, reporting.Percent:
		out.InputMode = "decimal"
	case reporting.YesNo:
		if x.Unknown {
			out.Value = "unknown"
		}
	}
	if v.act == "answers" {
		if typed := r.PostFormValue(out.Name); typed != "" {
			out.Value = typed
		}
	}
	return out
}

func choicesOf(ctx context.Context, f reporting.Field, x reporting.Value) (out []ui.Option) {
	if f.Type == reporting.Choice {
		out = append(out, ui.Option{Value: "", Label: ui.T(ctx, "incidents.choose")})
	}
	for _, o := range f.Options {
		out = append(out, ui.Option{Value: o, Label: optionText(ctx, f.ID, o), Selected: x.Text == o || slices.Contains(x.List, o)})
	}
	return out
}

func yesNoOptions(ctx context.Context) []ui.Option {
	return ui.Choices(nil, "yes", ui.T(ctx, "incidents.answer.true"), "no", ui.T(ctx, "incidents.answer.false"), "unknown", ui.T(ctx, "incidents.answer.unknown"))
}

func (v reportView) changes(ctx context.Context) (out []ui.Change) {
	for _, c := range v.Changes {
		if f, ok := v.Form.Field(c.Field); ok {
			out = append(out, ui.Change{Field: fieldWords(ctx, f.Title), Before: valueText(ctx, f, c.Before), After: valueText(ctx, f, c.After)})
		}
	}
	return out
}

func (v reportView) withholdOptions(ctx context.Context) (out []ui.Option) {
	for _, f := range v.Form.Shown(v.Report.Stage) {
		if v.optional(f) && !v.Values[f.ID].Empty() {
			out = append(out, ui.Option{Value: f.ID, Label: fieldWords(ctx, f.Title), Selected: slices.Contains(v.Report.Withhold, f.ID)})
		}
	}
	return out
}

// reportStatus is the word for how far a report has come.
func reportStatus(ctx context.Context, x incident.Report) string {
	if x.Underway() {
		return ui.T(ctx, "incidents.status.underway")
	}
	return ui.T(ctx, "incidents.status."+string(x.Status))
}

// refusal is why the authority's server does not take the report, in its words.
func (v reportView) refusal() (text string, refused bool) {
	for _, e := range v.found.Entries {
		if e.Kind == "system" && e.Object == v.Report.ID {
			return e.Text, true
		}
	}
	return "", false
}

// handedOver is the head of a sent report: whether it has arrived and when, is on its
// way, or does not get there: it was refused, or no authority is connected to which it
// could go.
func (v reportView) handedOver(ctx context.Context) (ui.Tone, string) {
	when := ui.MomentText(ctx, v.Report.SubmittedAt)
	_, refused := v.refusal()
	c, _ := v.clock()
	switch {
	case v.Report.Underway() && refused:
		return ui.Bad, ui.T(ctx, "incidents.refused")
	case v.Report.Underway() && !v.wired:
		return ui.Bad, ui.T(ctx, "incidents.waits", "authority", recipient(ctx, v.duty.Obligation))
	case v.Report.Underway() && c.Status == clocks.Overdue:
		return ui.Bad, ui.T(ctx, "incidents.underway", "when", when)
	case v.Report.Underway():
		return ui.Partly, ui.T(ctx, "incidents.underway", "when", when)
	}
	if x, ok := tooLateThere(v.duty, c); ok && x.ID == v.Report.ID {
		return ui.Bad, lateThereText(ctx, x)
	}
	return ui.Good, ui.T(ctx, "incidents.sent", "when", when, "channel", ui.T(ctx, "incidents.channel."+v.Report.Channel))
}

// tooLateThere is the report with which a clock was met too late, although it was
// submitted in time.
func tooLateThere(d incidents.Duty, c clocks.Clock) (x incident.Report, found bool) {
	x, found = incident.Made(d.Reports, c.Stage)
	return x, found && !c.Strict.IsZero() && x.MadeAt().After(c.Strict) && !x.SubmittedAt.After(c.Strict)
}

func lateThereText(ctx context.Context, x incident.Report) string {
	return ui.T(ctx, "incidents.late_there", "submitted", ui.MomentText(ctx, x.SubmittedAt), "made", ui.MomentText(ctx, x.MadeAt()))
}

// otherChannels are the ways in which a person can hand over what the platform did not
// deliver.
func otherChannels(ctx context.Context) (out []ui.Option) {
	for _, c := range []string{incidents.ChannelPortal, incidents.ChannelMail, incidents.ChannelPhone, incidents.ChannelPaper} {
		out = append(out, ui.Option{Value: c, Label: ui.T(ctx, "incidents.channel."+c)})
	}
	return out
}

func (v reportView) channels(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, c := range []string{incidents.ChannelPortal, incidents.ChannelMail, incidents.ChannelPhone, incidents.ChannelPaper, incidents.ChannelNisaba} {
		if c == incidents.ChannelNisaba && (v.found.Exercise || !incidents.Wired(v.duty.Regime, v.Report.Stage)) {
			continue
		}
		o := ui.Option{Value: c, Label: ui.T(ctx, "incidents.channel."+c)}
		if c == incidents.ChannelNisaba && !v.wired {
			o.Hint = ui.T(ctx, "incidents.channel.nisaba.none")
		}
		out = append(out, o)
	}
	return out
}

// clock is the clock of the report.
func (v reportView) clock() (clocks.Clock, bool) { return v.duty.Clock(v.Report.Stage) }

// withheldText names what a sent report left out.
func (v reportView) withheldText(ctx context.Context) string {
	var words []string
	for _, id := range v.Report.Withhold {
		if f, ok := v.Form.Field(id); ok {
			words = append(words, fieldWords(ctx, f.Title))
		}
	}
	return strings.Join(words, ", ")
}

// channel is the channel that is chosen already: the platform's own where it leads to
// the authority.
func (v reportView) channel(r *http.Request) string {
	switch c := r.PostFormValue("channel"); {
	case c != "":
		return c
	case v.wired && !v.found.Exercise && incidents.Wired(v.duty.Regime, v.Report.Stage):
		return incidents.ChannelNisaba
	}
	return incidents.ChannelPortal
}
