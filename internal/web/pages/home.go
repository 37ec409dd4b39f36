package pages

import (
	"context"
	"net/http"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

// home is the first page of an organisation: where it stands, what is due, what
// changed, what comes next, who decides.
func (s *Site) home(w http.ResponseWriter, r *http.Request) error {
	h, err := s.clients.Home(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	h.In = h.In.In(s.language(r))
	p := s.clientFrame(r, h.Client, "home")
	p.Lead = about(r.Context(), standingOf(h))
	p.Actions = []ui.ButtonProps{
		{Text: ui.T(r.Context(), "pages.report.pdf"), URL: clientURL(r, "report.pdf"), Icon: ui.IconDownload},
		{Text: ui.T(r.Context(), "pages.report.html"), URL: clientURL(r, "report.html"), Icon: ui.IconFile},
		{Text: ui.T(r.Context(), "pages.report.docx"), URL: clientURL(r, "report.docx"), Icon: ui.IconFile},
	}
	var stale *incidents.BinderStanding
	if b, ok := s.staleBinder(r); ok {
		stale = &b
	}
	return ui.Render(w, r, http.StatusOK, homePage(r, p, h, stale))
}

// step is what the page recommends to do first.
type step struct {
	title, text string
	button      ui.ButtonProps
	tone        ui.Tone
}

// recommend is the one step that helps most now: the class before the assessment,
// the dates of the law before the plan, the plan before its polish.
func recommend(ctx context.Context, r *http.Request, h clients.Home) step {
	do := func(tone ui.Tone, key, page string, args ...any) step {
		return step{ui.T(ctx, "home.step."+key, args...), ui.T(ctx, "home.step."+key+".text", args...),
			ui.ButtonProps{Text: ui.T(ctx, "home.step."+key+".do"), URL: clientURL(r, page), Kind: ui.Primary}, tone}
	}
	_, stands := h.Standing()
	class := ui.T(ctx, "report.class."+string(h.In.Scope.Class)+".name")
	switch {
	case h.In.Scope.Class == law.Depends:
		return do(ui.Open, "facts", "scope", "count", max(1, len(h.In.Scope.Missing)))
	case !stands && len(h.Determinations) > 0:
		return do(ui.Partly, "reopened", "scope/result", "class", class)
	case !stands:
		return do(ui.Open, "record", "scope/result", "class", class)
	case len(h.Deadlines) > 0 && h.Deadlines[0].By.Before(ui.From(ctx).Now.AddDate(0, 0, 30)):
		return do(ui.Bad, "deadline", "registration", "what", ui.Say(ctx, h.Deadlines[0].Text), "date", ui.DayText(ctx, h.Deadlines[0].On))
	case len(h.In.Posture.OpenQuestions) > 0 && len(h.Answers) == 0:
		return do(ui.Open, "begin", "questions", "count", len(h.In.Posture.OpenQuestions))
	case len(h.Next) == 0 && len(h.In.Tasks) > 0:
		return do(ui.Open, "plan", "plan", "count", len(h.In.Tasks))
	case h.Overdue > 0:
		return do(ui.Partly, "overdue", "plan", "count", h.Overdue)
	case len(h.Waiting) > 0:
		return do(ui.Partly, "approve", "board", "count", len(h.Waiting))
	case len(h.In.Posture.OpenQuestions) > 0:
		return do(ui.Open, "questions", "questions?topic="+escape(firstTopic(h)), "count", len(h.In.Posture.OpenQuestions))
	case len(h.Next) > 0:
		return do(ui.Neutral, "task", "plan", "task", h.Next[0].Title)
	case len(h.Expiring) > 0:
		return do(ui.Partly, "evidence", "evidence", "count", len(h.Expiring))
	}
	return do(ui.Good, "keep", "requirements")
}

func firstTopic(h clients.Home) string {
	for _, id := range h.In.Posture.OpenQuestions {
		if q, ok := h.In.Catalogue.Question(id); ok {
			return q.Topic
		}
	}
	return ""
}

// homeFigures are the figures at the top.
func homeFigures(ctx context.Context, r *http.Request, h clients.Home) []ui.Figure {
	overall, _ := h.In.Posture.Score("overall")
	class := ui.Figure{Label: ui.T(ctx, "report.figure.class"), Value: ui.T(ctx, "report.class."+string(h.In.Scope.Class)+".name"), URL: clientURL(r, "scope/result"),
		Note: ui.T(ctx, "home.class.unrecorded")}
	if d, ok := h.Standing(); ok {
		class.Note = ui.T(ctx, "home.class.recorded", "date", ui.DayText(ctx, d.On))
	} else if len(h.Determinations) > 0 {
		class.Note = ui.T(ctx, "home.class.reopened")
	}
	score := ui.Figure{Label: ui.T(ctx, "report.figure.score"), Value: points(ctx, overall.Points), Tone: tone(overall.Points, overall.Weight > 0),
		URL: clientURL(r, "requirements"), Note: ui.T(ctx, "home.score.target", "target", number(ctx, int(h.In.Target)))}
	if h.PointsThen >= 0 {
		score.Note = ui.T(ctx, "home.score.change", "change", signed(ctx, assessing.Shown(overall.Points)-assessing.Shown(h.PointsThen)),
			"target", number(ctx, int(h.In.Target)))
	}
	figures := []ui.Figure{class, score,
		{Label: ui.T(ctx, "report.figure.gaps"), Value: number(ctx, len(h.In.Posture.Gaps)), URL: clientURL(r, "requirements"),
			Note: ui.T(ctx, "home.open_questions", "count", len(h.In.Posture.OpenQuestions))},
		{Label: ui.T(ctx, "pages.figure.overdue"), Value: number(ctx, h.Overdue), Tone: warn(h.Overdue), URL: clientURL(r, "plan"),
			Note: ui.T(ctx, "home.open_tasks", "count", len(h.Next))}}
	if h.In.Fines.Euros > 0 {
		figures = append(figures, ui.Figure{Label: ui.T(ctx, "report.figure.fine"), Value: ui.From(ctx).Printer.Euros(h.In.Fines.Euros), Note: ui.Cite(ctx, h.In.Fines.Citation)})
	}
	return figures
}

// trendText says in words how the score moved.
func trendText(ctx context.Context, h clients.Home) string {
	first, last := h.Trend[0], h.Trend[len(h.Trend)-1]
	return ui.T(ctx, "home.trend", "from", points(ctx, first.Points), "to", points(ctx, last.Points), "since", ui.DayText(ctx, first.On))
}

func trendValues(h clients.Home) (out []float64) {
	for _, p := range h.Trend {
		out = append(out, p.Points)
	}
	return out
}

// mayApprove reports whether the reader decides for the management body.
func mayApprove(h clients.Home) bool { return authz.Allows(h.Role, authz.ApprovalDecide) }

// namesOf are the names of members, in order and once each.
func namesOf(members []tenant.Member) (out []string) {
	for _, m := range members {
		out = append(out, m.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mostDue is how many lines a panel of the page has.
const mostDue = 6

func letters() []string {
	out := make([]string, 10)
	for i := range out {
		out[i] = string(rune('a' + i))
	}
	return out
}

// effort is the work of a task as "1–3".
func effort(ctx context.Context, days [2]float64) string {
	if days[1] == 0 {
		return ""
	}
	one := func(v float64) string { return ui.Number(ctx, v, 2) }
	return ui.T(ctx, "home.effort", "from", one(days[0]), "to", one(days[1]))
}
