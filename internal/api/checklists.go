package api

import (
	"context"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/checklist"
	"github.com/nisaba-platform/nisaba/law"
)

// Checklist is a list of points that the law asks of a Member State, with what the
// authority said of each.
type Checklist struct {
	ID      string           `json:"id"`
	Title   string           `json:"title"`
	Source  string           `json:"source"`
	Checked string           `json:"checked" doc:"Day on which the list was compared with its source."`
	Points  []ChecklistPoint `json:"points"`
}

// ChecklistMark is what an authority says of a point.
type ChecklistMark struct {
	Status   string   `json:"status" enum:"open,begun,partly,met,aside"`
	Note     string   `json:"note,omitempty" maxLength:"5000" doc:"Required with \"aside\": why the point does not apply."`
	Evidence []string `json:"evidence,omitempty" doc:"Web addresses or references."`
	Owner    string   `json:"owner,omitempty" maxLength:"500"`
	Due      string   `json:"due,omitempty" format:"date"`
}

// ChecklistPoint is one point.
type ChecklistPoint struct {
	ID       string `json:"id"`
	Part     string `json:"part"`
	Citation string `json:"citation"`
	Title    string `json:"title"`
	ChecklistMark
	By      string    `json:"by,omitempty" doc:"Who said so last."`
	At      time.Time `json:"at,omitzero"`
	Version int64     `json:"version" doc:"Send it back to change the point."`
}

func checklistOf(w authority.Worked, language string) Checklist {
	out := Checklist{ID: w.ID, Title: w.Title.In(language), Source: w.Source, Checked: w.Checked.String()}
	for _, p := range w.Parts {
		for _, x := range p.Items {
			m := w.Mark(x.ID)
			due := ""
			if !m.Due.IsZero() {
				due = m.Due.String()
			}
			out.Points = append(out.Points, ChecklistPoint{ID: x.ID, Part: p.ID, Citation: x.Citation, Title: x.Title.In(language),
				ChecklistMark: ChecklistMark{string(m.Status), m.Note, m.Evidence, m.Owner, due}, By: m.By, At: m.At, Version: m.Version})
		}
	}
	return out
}

func checklistOperations(a *API) {
	in := area{a, "Workspace"}
	add(in, operation{id: "list-checklists", route: "GET checklists", summary: "What the law asks of the Member State itself, with what the authority said; workspaces of authorities only"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[ItemsOf[Checklist]], error) {
			all, err := a.Authority.Checklists(ctx, v.Actor)
			return answerWith(ItemsOf[Checklist]{list(all, func(w authority.Worked) Checklist { return checklistOf(w, v.Workspace.Language) })}, err)
		})
	add(in, operation{id: "mark-checklist-point", route: "PUT checklists/{list}/points/{point}", summary: "Say how far a point of a checklist is", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			List  string `path:"list" doc:"Id."`
			Point string `path:"point" doc:"Id."`
			Body  struct {
				ChecklistMark
				Version int64 `json:"version" minimum:"0" doc:"Of what is replaced; 0 for a point of which nothing was said."`
			}
		}) (*none, error) {
			b := q.Body
			m := checklist.Mark{Status: checklist.Status(b.Status), Note: b.Note, Evidence: b.Evidence, Owner: b.Owner}
			if b.Due != "" {
				due, err := law.ParseDate(b.Due)
				if err != nil {
					return nil, err
				}
				m.Due = due
			}
			return nil, a.Authority.MarkItem(ctx, v.Actor, q.List, q.Point, m, b.Version)
		})
}
