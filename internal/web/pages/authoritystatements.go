package pages

import (
	"context"
	"net/http"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// deskStatements is the page of what the public was told.
const deskStatements = "/authority/statements"

// statementsView is the page of what the public was told.
type statementsView struct {
	list []authority.Told
	more bool
	text string
}

// statementText says when and by whom a statement was recorded and published.
func statementText(ctx context.Context, x authority.Told) string {
	parts := []string{ui.MomentText(ctx, x.CreatedAt), x.ByName}
	if !x.DoneOn.IsZero() {
		parts = append(parts, ui.T(ctx, "authority.public.on")+" "+ui.DayText(ctx, x.DoneOn))
	}
	return strings.Join(parts, " · ")
}

func (s *Site) statements(w http.ResponseWriter, r *http.Request) (err error) {
	v := statementsView{text: r.URL.Query().Get("text")}
	if v.list, v.more, err = s.authority.Statements(r.Context(), visitOf(r).Actor, v.text); err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "authority.statements"), ui.T(r.Context(), "authority.statements.lead"))
	return ui.Render(w, r, http.StatusOK, statementsPage(p, v))
}
