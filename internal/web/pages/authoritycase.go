package pages

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// deskView is the page of one case at the authority.
type deskView struct {
	authority.Case
	fields []reporting.Field
	sheets []authority.Sheet
	act    string // the form that has errors
	errors ui.Errors
}

func (s *Site) deskCase(w http.ResponseWriter, r *http.Request) error {
	return s.showDeskCase(w, r, "", nil)
}

func (s *Site) showDeskCase(w http.ResponseWriter, r *http.Request, act string, wrong ui.Errors) (err error) {
	v := deskView{act: act, errors: wrong}
	if v.Case, err = s.authority.Load(r.Context(), visitOf(r).Actor, r.PathValue("case")); err != nil {
		return err
	}
	v.fields, v.sheets = s.authority.Compare(v.Case)
	p := s.frame(r, ui.Label(r.Context(), v.Name)+regimeTitle(r.Context(), clocks.Regime(v.Regime)), v.Reference)
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "authority.inbox"), URL: "/authority"}}
	p.Wide = true
	return ui.Render(w, r, statusOf(wrong), deskCasePage(r, p, v))
}

// deskOriginal hands the exact bytes of a report out.
func (s *Site) deskOriginal(w http.ResponseWriter, r *http.Request) error {
	x, err := s.authority.Original(r.Context(), visitOf(r).Actor, r.PathValue("case"), r.PathValue("report"))
	if err != nil {
		return err
	}
	b, ending, err := x.Bytes()
	if err != nil {
		return err
	}
	guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": "report-" + x.SHA256[:min(12, len(x.SHA256))] + ending}))
	w.Header().Set("Content-Type", x.Media)
	_, err = w.Write(b)
	return err
}

// deskReceipt hands the receipt of a report out, for who brought it by another way than
// the wire: in words, and signed.
func (s *Site) deskReceipt(w http.ResponseWriter, r *http.Request) error {
	x, err := s.authority.Original(r.Context(), visitOf(r).Actor, r.PathValue("case"), r.PathValue("report"))
	if err != nil {
		return err
	}
	c, err := s.authority.Load(r.Context(), visitOf(r).Actor, x.Case)
	if err != nil {
		return err
	}
	ctx := r.Context()
	guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": "receipt-" + x.SHA256[:min(12, len(x.SHA256))] + ".txt"}))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = fmt.Fprintf(w, "%s\n\n%s\n\n%s\n", visitOf(r).Workspace.Name, ui.T(ctx, "authority.receipt.text", "entity", c.Name, "stage", stageWord(ctx, x.Regime, x.Stage),
		"law", regimeTitle(ctx, clocks.Regime(x.Regime)), "when", ui.MomentText(ctx, x.ReceivedAt), "reference", c.Reference, "hash", x.SHA256), x.Receipt)
	return err
}

// deskAct runs a change of a case and leads back to its part of the page.
func (s *Site) deskAct(name string, do func(*http.Request, authz.Actor, string) error) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, visitOf(r).Actor, r.PathValue("case"))
		if err == nil {
			return guard.Redirect(w, r, "/authority/cases/"+r.PathValue("case")+"#"+name)
		}
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		if report := r.PostFormValue("report"); report != "" {
			name += "-" + report
		}
		return s.showDeskCase(w, r, name, wrong)
	}
}

func (s *Site) deskActs() map[string]func(*http.Request, authz.Actor, string) error {
	return map[string]func(*http.Request, authz.Actor, string) error{
		"say": s.deskSay,
		"take": func(r *http.Request, a authz.Actor, id string) error {
			return s.authority.Take(r.Context(), a, id)
		},
		"state": func(r *http.Request, a authz.Actor, id string) error {
			return s.authority.SetState(r.Context(), a, id, r.PostFormValue("state"))
		},
		"review": func(r *http.Request, a authz.Actor, id string) error {
			due, err := deskDue(r)
			if err != nil {
				return err
			}
			return s.authority.Review(r.Context(), a, id, r.PostFormValue("report"), r.PostFormValue("verdict"), r.PostFormValue("text"), due)
		},
	}
}

// deskDue is the time that an officer sets for the entity; zero when none is typed.
func deskDue(r *http.Request) (due time.Time, err error) {
	typed := strings.TrimSpace(r.PostFormValue("due"))
	if typed == "" {
		return due, nil
	}
	if due, err = wallTime(typed, visitOf(r).Person.Zone); err != nil {
		err = &fault.Error{Kind: fault.Invalid, Field: "due", What: wrongTime(r.Context(), err)}
	}
	return due, err
}

// reviewFields are those of the form with which a report is reviewed.
func (v deskView) reviewFields(r *http.Request, key string) []ui.Field {
	t := func(word string) string { return ui.T(r.Context(), "authority.review."+word) }
	return []ui.Field{
		v.typed(r, key, ui.Field{Name: "text", Label: t("text"), Hint: t("text.hint"), Rows: 3}),
		v.typed(r, key, ui.Field{Name: "due", Label: t("due"), Hint: t("due.hint")}),
	}
}

// deskSay says something to the entity, or keeps a remark.
func (s *Site) deskSay(r *http.Request, a authz.Actor, id string) (err error) {
	ctx, text, about := r.Context(), r.PostFormValue("text"), r.PostFormValue("about")
	due, err := deskDue(r)
	if err != nil {
		return err
	}
	switch r.PostFormValue("kind") {
	case desk.Feedback:
		_, err = s.authority.Answer(ctx, a, id, text)
	case desk.Question:
		_, err = s.authority.Ask(ctx, a, id, about, text, due)
	case desk.Request:
		_, err = s.authority.RequestReport(ctx, a, id, text, due)
	case desk.Decision:
		_, err = s.authority.Decide(ctx, a, id, text)
	case desk.Renamed:
		_, err = s.authority.Refer(ctx, a, id, text)
	default:
		err = s.authority.Remark(ctx, a, id, about, text)
	}
	return err
}

func (v deskView) errorsOf(act string) ui.Errors {
	if v.act == act {
		return v.errors
	}
	return nil
}

// typed is a field of the form with the key: what was typed when it came back.
func (v deskView) typed(r *http.Request, key string, f ui.Field) ui.Field {
	f.ID = "f-" + key + "-" + f.Name
	if v.act != key {
		return f
	}
	return field(r, v.errors, f)
}

// sayKinds are what an officer can say, what matters most first.
func (v deskView) sayKinds(r *http.Request) (out []ui.Option) {
	for _, k := range []string{desk.Feedback, desk.Question, desk.Request, desk.Decision, desk.Renamed, desk.Remark} {
		out = append(out, ui.Option{Value: k, Label: ui.T(r.Context(), "authority.say."+k), Selected: r.PostFormValue("kind") == k})
	}
	if v.Unanswered().IsZero() && r.PostFormValue("kind") == "" {
		out[1].Selected = true
	}
	return out
}

func (v deskView) abouts(r *http.Request) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(r.Context(), "authority.about.case")}}
	for _, x := range v.Reports {
		out = append(out, ui.Option{Value: x.Report, Label: stageWord(r.Context(), x.Regime, x.Stage) + " · " + ui.MomentText(r.Context(), x.ReceivedAt), Selected: r.PostFormValue("about") == x.Report})
	}
	return out
}

// side lays the reports side by side, a row per field.
func (v deskView) side(ctx context.Context) ui.TableProps {
	t := ui.TableProps{ID: "side", Caption: ui.T(ctx, "authority.side"), HideCaption: true, Dense: true, Columns: []ui.Column{{Label: ui.T(ctx, "authority.field")}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.side.none"), Text: ui.T(ctx, "authority.side.none.text")}}
	for i, sh := range v.sheets {
		if sh.Known {
			t.Columns = append(t.Columns, ui.Column{Label: ui.Number(ctx, float64(i+1), 0) + ". " + stageWord(ctx, v.Regime, sh.Stage)})
		}
	}
	section := ""
	for _, f := range bySection(v.fields) {
		if f.Section != section && f.Section != "" {
			section = f.Section
			t.Rows = append(t.Rows, ui.Row{Heading: sectionText(ctx, section)})
		}
		row := ui.Row{Cells: []templ.Component{ui.Words(fieldWords(ctx, f.Title))}}
		for _, sh := range v.sheets {
			if sh.Known {
				row.Cells = append(row.Cells, deskValueCell(sideText(ctx, f, sh), sh.Changed[f.ID]))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// bySection brings the fields of a section together; both keep their order.
func bySection(fields []reporting.Field) []reporting.Field {
	first := map[string]int{}
	for i, f := range fields {
		if _, seen := first[f.Section]; !seen {
			first[f.Section] = i
		}
	}
	out := slices.Clone(fields)
	slices.SortStableFunc(out, func(a, b reporting.Field) int { return first[a.Section] - first[b.Section] })
	return out
}

// sideText is a value as people read it, or that the entity left it out.
func sideText(ctx context.Context, f reporting.Field, sh authority.Sheet) string {
	if slices.Contains(sh.Frozen.Withheld, f.ID) {
		return ui.T(ctx, "authority.withheld")
	}
	x := sh.Frozen.Values[f.ID]
	if f.Type == reporting.YesNo && x.Text != "yes" && x.Text != "no" && !x.Unknown || f.ID == "incident_state" || f.ID == "report_kind" {
		if p := map[string]string{"incident_state": "incidents.state.", "report_kind": "incidents.report_kind."}[f.ID]; p != "" && x.Text != "" {
			return knownWord(ctx, p, x.Text)
		}
		return x.String()
	}
	return valueText(ctx, f, x)
}

// saidBy is who said a message.
func (v deskView) saidBy(m desk.Message) string {
	switch {
	case m.ByName != "":
		return m.ByName
	case m.Kind == desk.Answer || m.Kind == desk.Statement:
		return v.Name
	}
	return ""
}

func answerTone(ctx context.Context, due time.Time) ui.Tone {
	if due.Before(ui.From(ctx).Now) {
		return ui.Bad
	}
	return ui.Partly
}

func deskState(ctx context.Context, state string) ui.Status {
	if state == desk.Open {
		return ui.Status{Tone: ui.Partly, Word: ui.T(ctx, "authority.state.open")}
	}
	return ui.Status{Tone: ui.Aside, Word: ui.T(ctx, "authority.state.closed")}
}

func deskSayFields(r *http.Request, v deskView) []ui.Field {
	t := func(key string) string { return ui.T(r.Context(), "authority."+key) }
	return []ui.Field{
		v.typed(r, "say", ui.Field{Name: "kind", Label: t("say.kind")}),
		v.typed(r, "say", ui.Field{Name: "about", Label: t("say.about")}),
		v.typed(r, "say", ui.Field{Name: "due", Label: t("say.due"), Hint: t("say.due.hint")}),
		v.typed(r, "say", ui.Field{Name: "text", Label: t("say.text"), Hint: t("say.text.hint"), Required: true, Rows: 5}),
	}
}
