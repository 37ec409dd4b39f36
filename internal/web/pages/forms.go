package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func escape(s string) string { return url.QueryEscape(s) }

// mistakes turns the faults of a person's entries into errors beside the fields;
// ok is false for every other error.
func mistakes(ctx context.Context, err error) (e ui.Errors, ok bool) {
	var list fault.List
	var one *fault.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = fault.List{one}
	default:
		return nil, false
	}
	e = ui.Errors{}
	for _, f := range list {
		if f.Kind == fault.Internal || f.Kind == fault.NotFound {
			return nil, false
		}
		text := f.What
		if f.Expected != "" {
			text += "; " + ui.T(ctx, "pages.expected", "what", f.Expected)
		}
		e[f.Field] = text
	}
	return e, true
}

// field is a field with what was typed and what is wrong with it. Values of
// passwords and codes are never sent back.
func field(r *http.Request, e ui.Errors, f ui.Field) ui.Field {
	f.Error = e[f.Name]
	if f.Autocomplete != "new-password" && f.Autocomplete != "current-password" && f.Autocomplete != "one-time-code" {
		if v := r.PostFormValue(f.Name); v != "" {
			f.Value = v
		}
	}
	return f
}

// statusOf is 422 for a form with mistakes.
func statusOf(e ui.Errors) int {
	if len(e) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}
