package ui

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// ErrorPage is the error page for guard.Options. view finds language and theme
// for a request that may not have got as far as having a view.
func ErrorPage(view func(*http.Request) View) func(http.ResponseWriter, *http.Request, guard.Problem) {
	return func(w http.ResponseWriter, r *http.Request, p guard.Problem) {
		if From(r.Context()).Printer == nil {
			r = r.WithContext(With(r.Context(), view(r)))
		}
		page := problemPage(p)
		if r.Header.Get("HX-Request") == "true" { // a part of a page: say it above the content
			w.Header().Set("HX-Retarget", "#notices")
			w.Header().Set("HX-Reswap", "innerHTML")
			page = problemNotice(p)
		}
		if err := Render(w, r, p.Status, page); err != nil {
			// The page of the error failed too: words that need nothing.
			http.Error(w, strconv.Itoa(p.Status)+" "+http.StatusText(p.Status)+"\nrequest "+p.RequestID, p.Status)
		}
	}
}

// problemKey is the prefix of the messages of a status.
func problemKey(status int) string {
	switch status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "ui.problem." + strconv.Itoa(status)
	case http.StatusUnauthorized, http.StatusMethodNotAllowed, http.StatusBadRequest, http.StatusMisdirectedRequest:
		return "ui.problem.400"
	}
	return "ui.problem.500"
}

// problemText is what the page says below its title. A request that is not allowed has
// its reason in the faults, unless it is the role, or there are none.
func problemText(ctx context.Context, p guard.Problem) string {
	role := func(f *fault.Error) bool { return errors.Is(f, authz.ErrRole) }
	switch {
	case p.Status != http.StatusForbidden || slices.ContainsFunc(p.Faults, role):
		return T(ctx, problemKey(p.Status)+".text")
	case len(p.Faults) > 0:
		return T(ctx, "ui.problem.403.because")
	}
	return T(ctx, "ui.problem.403.refused")
}

func faultTexts(ctx context.Context, faults []*fault.Error) []string {
	out := make([]string, len(faults))
	for i, f := range faults {
		out[i] = FaultText(ctx, f)
		if f.Kind == fault.Invalid && f.Field != "" {
			out[i] = Label(ctx, FieldName(ctx, f.Field)) + out[i]
		}
	}
	return out
}
