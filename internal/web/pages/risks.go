package pages

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) riskRegister(w http.ResponseWriter, r *http.Request) error {
	v, err := s.rosterView(r, nil)
	if err != nil {
		return err
	}
	if v.risks, err = s.registers.Risks(r.Context(), visitOf(r).Actor, v.c.Organisation.ID); err != nil {
		return err
	}
	p := s.clientFrame(r, v.c, "risks")
	p.Lead, p.Wide = v.t("risks.lead"), true
	if v.may {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: v.t("risks.add"), URL: clientURL(r, "risks/new"), Icon: ui.IconPlus, Kind: ui.Primary})
	}
	return ui.Render(w, r, http.StatusOK, risksPage(p, v))
}

func (s *Site) newRisk(w http.ResponseWriter, r *http.Request) error {
	return s.showRisk(w, r, register.Risk{Treatment: register.Undecided, Likelihood: 3, Impact: 3}, nil)
}

func (s *Site) openRisk(w http.ResponseWriter, r *http.Request) error {
	x, err := s.registers.Risk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("risk"))
	if err != nil {
		return err
	}
	return s.showRisk(w, r, x, nil)
}

func (s *Site) showRisk(w http.ResponseWriter, r *http.Request, x register.Risk, e ui.Errors) error {
	v, err := s.rosterView(r, e)
	if err != nil {
		return err
	}
	v.risk = x
	title := v.t("risks.add")
	if x.ID != "" {
		title = x.Title
	}
	return ui.Render(w, r, statusOf(e), riskPage(s.entryFrame(v, "risks", title), v))
}

func (s *Site) putRisk(w http.ResponseWriter, r *http.Request) error {
	e := ui.Errors{}
	rating := func(name string) int64 {
		n, err := strconv.ParseInt(cmp.Or(entered(r, name), "0"), 10, 64)
		if err != nil {
			e[name] = ui.T(r.Context(), "registers.risks.expected_rating")
		}
		return n
	}
	x := register.Risk{ID: r.PathValue("risk"), Title: entered(r, "title"), Scenario: entered(r, "scenario"), Asset: entered(r, "asset"), Likelihood: rating("likelihood"), Impact: rating("impact"),
		Reason: entered(r, "reason"), Owner: entered(r, "owner"), Treatment: entered(r, "treatment"), Measures: entered(r, "measures"), Left: register.Rest{Likelihood: rating("left_likelihood"), Impact: rating("left_impact")},
		Acceptance: entered(r, "acceptance"), ReviewBy: dayOf(r, e, "review_by"), Version: version(r)}
	if len(e) > 0 {
		return s.showRisk(w, r, x, e)
	}
	_, err := s.registers.PutRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), x)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showRisk(w, r, x, e)
	}
	return s.acted(w, r, "risks", err)
}

func (s *Site) closeRisk(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "risks", s.registers.CloseRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("risk"), r.PostFormValue("open") == ""))
}

func (s *Site) removeRisk(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "risks", s.registers.RemoveRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("risk")))
}

// levelStatus is how much depends on something, or how large a risk is.
func levelStatus(ctx context.Context, level string) ui.Status {
	tones := map[string]ui.Tone{"critical": ui.Bad, "high": ui.Bad, "medium": ui.Partly, "low": ui.Good}
	return ui.Status{Tone: tones[level], Word: ui.T(ctx, "registers.level."+level)}
}

func riskRows(v rosterView) ui.TableProps {
	ctx := v.r.Context()
	t := ui.TableProps{ID: "risks", Caption: ui.T(ctx, "pages.client.risks"), HideCaption: true, Columns: []ui.Column{
		{Label: v.t("risk")}, {Label: v.t("level"), Narrow: true}, {Label: v.t("left"), Narrow: true}, {Label: v.t("treatment")}, {Label: v.t("owner"), Optional: true}, {Label: v.t("review_by"), Narrow: true}},
		Empty: ui.Empty{Title: v.t("risks.none"), Text: v.t("risks.none.text")}}
	for _, x := range v.risks {
		left := ui.Words("–")
		if x.Left.Likelihood > 0 {
			left = ui.StatusBadge(scoreStatus(ctx, register.Score(x.Left.Likelihood, x.Left.Impact)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Title, clientURL(v.r, "risks/"+x.ID), riskNote(v, x)), ui.StatusBadge(scoreStatus(ctx, x.Score())), left,
			ui.Words(treatmentText(v, x)), ui.Words(cmp.Or(x.Owner, "–")), reviewCell(v, x.ReviewBy)}})
	}
	return t
}

func scoreStatus(ctx context.Context, score int64) ui.Status {
	s := levelStatus(ctx, register.Level(score))
	s.Word += " · " + number(ctx, int(score))
	return s
}

// riskNote says where a risk came from, and that it is closed.
func riskNote(v rosterView, x register.Risk) string {
	var parts []string
	if !x.ClosedOn.IsZero() {
		parts = append(parts, v.t("risks.closed", "on", ui.DayText(v.r.Context(), x.ClosedOn)))
	}
	if check, ok := strings.CutPrefix(x.Origin, scanning.FindingOrigin); ok {
		parts = append(parts, v.t("origin.finding", "check", check))
	} else if strings.HasPrefix(x.Origin, scanning.SupplierOrigin) {
		parts = append(parts, ui.T(v.r.Context(), "supplier.risk.origin"))
	} else if x.Incident != "" {
		parts = append(parts, v.t("origin.incident"))
	}
	if x.Asset != "" {
		parts = append(parts, x.Asset)
	}
	return strings.Join(parts, " · ")
}

// treatmentText is the treatment of a risk, and whether an acceptance holds: past its day
// the risk is open again.
func treatmentText(v rosterView, x register.Risk) string {
	word := v.t("treatment." + x.Treatment)
	if x.Treatment == register.Accept && !x.AcceptedOn.IsZero() && x.ClosedOn.IsZero() && !x.Accepted(v.today) {
		return word + " · " + v.t("acceptance_over", "on", ui.DayText(v.r.Context(), x.ReviewBy))
	}
	if x.Treatment == register.Accept && !x.AcceptedOn.IsZero() {
		word += " · " + v.t("accepted", "name", x.AcceptedName, "on", ui.DayText(v.r.Context(), x.AcceptedOn))
	}
	return word
}

func riskFields(v rosterView) []ui.Field {
	x, day := v.risk, ""
	if !x.ReviewBy.IsZero() {
		day = x.ReviewBy.String()
	}
	return []ui.Field{
		v.field("title", x.Title, ui.Field{Required: true, MaxLength: register.LongestName, Label: v.t("risk"), Hint: v.t("risk.hint")}), v.field("scenario", x.Scenario, ui.Field{Rows: 3, Hint: v.t("scenario.hint"), MaxLength: register.LongestText}),
		v.field("asset", x.Asset, ui.Field{Label: v.t("endangers"), MaxLength: register.LongestName}), v.field("likelihood", "", ui.Field{}), v.field("impact", "", ui.Field{}),
		v.field("reason", x.Reason, ui.Field{Hint: v.t("reason.hint"), Rows: 2, MaxLength: register.LongestText}), v.field("owner", x.Owner, ui.Field{Hint: v.t("owner.hint"), MaxLength: register.LongestName}),
		v.field("treatment", x.Treatment, ui.Field{}), v.field("measures", x.Measures, ui.Field{Rows: 3, MaxLength: register.LongestText}),
		v.field("left_likelihood", "", ui.Field{}), v.field("left_impact", "", ui.Field{}),
		v.field("acceptance", x.Acceptance, ui.Field{Hint: v.t("acceptance.hint"), Rows: 2, MaxLength: register.LongestText}), v.field("review_by", day, ui.Field{Hint: v.t("risk.review.hint")}),
	}
}

// scale are the points of a scale; without is the choice of none.
func (v rosterView) scale(name string, chosen int64, without bool) []ui.Option {
	var list []string
	if without {
		list = append(list, "0", v.t("not_rated"))
	}
	for n := register.Least; n <= register.Most; n++ {
		list = append(list, strconv.Itoa(n), v.t(name+"."+strconv.Itoa(n)))
	}
	return ui.Choices([]string{strconv.FormatInt(chosen, 10)}, list...)
}

func (v rosterView) treatments() []ui.Option {
	var list []string
	for _, t := range register.Treatments() {
		list = append(list, t, v.t("treatment."+t))
	}
	return ui.Choices([]string{v.risk.Treatment}, list...)
}
