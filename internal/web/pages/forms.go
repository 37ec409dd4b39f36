package pages

import (
	"net/http"
	"net/url"

	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func escape(s string) string { return url.QueryEscape(s) }

// field is a field with what was typed and what is wrong with it. Values of
// passwords and codes are never sent back.
func field(r *http.Request, e ui.Errors, f ui.Field) ui.Field {
	f.Error = e[f.Name]
	if f.Autocomplete != "new-password" && f.Autocomplete != "current-password" && f.Autocomplete != "one-time-code" {
		if v := r.PostFormValue(f.Name); v != "" || r.PostForm.Has(f.Name) { // also what was emptied
			f.Value = v
		}
	}
	return askedTwice(r, f)
}

// askedTwice has a field ask which of two times is meant that the clocks of its zone
// showed the same.
func askedTwice(r *http.Request, f ui.Field) ui.Field {
	if at, err := wallTime(r.PostFormValue(f.Name), r.PostFormValue("zone")); err == nil {
		_, f.Twice = secondOf(at, r.PostFormValue("zone"))
		f.Second = r.PostFormValue(f.Name+"_second") != ""
	}
	return f
}

// errorsWhen are the errors for the form that has them.
func errorsWhen(its bool, e ui.Errors) ui.Errors {
	if its {
		return e
	}
	return nil
}

// dayOf reads a day of a form; one that cannot be read is among the errors.
func dayOf(r *http.Request, e ui.Errors, name string) law.Date {
	text := r.PostFormValue(name)
	d, err := law.ParseDate(text)
	if err != nil && text != "" {
		e[name] = ui.T(r.Context(), "pages.expected_day")
	}
	return d
}

// statusOf is 422 for a form with mistakes.
func statusOf(e ui.Errors) int {
	if len(e) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}
