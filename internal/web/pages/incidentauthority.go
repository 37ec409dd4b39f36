package pages

import (
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/app/filing"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	way "github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// answersTo are the answers that were given to a message of an authority.
func answersTo(m filing.Said, list []filing.Said) (out []way.Message) {
	for _, x := range list {
		if x.Number == 0 && x.About == m.Remote {
			out = append(out, x.Message)
		}
	}
	return out
}

// openRevision is the last message with which an authority sent the report back and
// still waits for another one.
func openRevision(said []filing.Said, report string) (x filing.Said, found bool) {
	for _, m := range slices.Backward(said) {
		if m.Kind == desk.Revision && m.About == report && m.Open() {
			return m, true
		}
	}
	return x, false
}

// report finds a report of the case.
func (v caseView) report(id string) (incident.Report, bool) {
	for _, d := range v.Duties {
		for _, x := range d.Reports {
			if x.ID == id {
				return x, true
			}
		}
	}
	return incident.Report{}, false
}

// sentBack is the report that was sent back and waits for a corrected version.
func (v caseView) sentBack() (x filing.Said, found bool) {
	for _, m := range v.said {
		if _, known := v.report(m.About); known && m.Kind == desk.Revision && m.Open() {
			return m, true
		}
	}
	return x, false
}

// reviews are what the authority made of the report, and of the one that it corrects,
// oldest first.
func (v reportView) reviews() (out []filing.Said) {
	for _, m := range v.said {
		if (m.Kind == desk.Revision || m.Kind == desk.Settled) && m.About != "" && (m.About == v.Report.ID || m.About == v.Report.Corrects) {
			out = append(out, m)
		}
	}
	return out
}

// corrected are the reports that mend this one, oldest first, given-up ones left out.
func (v reportView) corrected() (out []incident.Report) {
	for _, x := range reportsOfStage(v.duty, v.Report.Stage) {
		if x.Corrects == v.Report.ID {
			out = append(out, x)
		}
	}
	return out
}

// reviewTitle says what the authority made of a report, and when.
func reviewTitle(ctx context.Context, m filing.Said) string {
	key := "incident.authority.review.back"
	if m.Kind == desk.Settled {
		key = "incident.authority.review.settled"
	}
	return ui.T(ctx, key, "authority", m.Authority, "when", ui.MomentText(ctx, m.SaidAt))
}

// dueLabel names the time that an authority set with a message.
func dueLabel(ctx context.Context, m filing.Said) string {
	if m.Kind == desk.Revision {
		return ui.T(ctx, "incident.authority.due.revision")
	}
	return ui.T(ctx, "incident.authority.due")
}

func reviewTone(m filing.Said) ui.Tone {
	switch {
	case m.Open():
		return ui.Partly
	case m.Kind == desk.Settled:
		return ui.Good
	}
	return ui.Aside
}
