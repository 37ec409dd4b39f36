// Package gallery shows every part of package ui in all its states, on pages
// like those of the product. Only tests serve it.
package gallery

import (
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/static"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// now is when the gallery's clock stands.
func now() time.Time { return time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC) }

// New serves the gallery with the messages below root of fsys. The language is
// the query value "lang", the accent "accent".
func New(messages fs.FS, root string) (http.Handler, error) {
	catalogue, err := locale.Load(messages, root)
	if err != nil {
		return nil, err
	}
	assets, err := static.New()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return nil, fmt.Errorf("load the zone: %w", err)
	}
	view := func(r *http.Request) ui.View {
		lang := r.URL.Query().Get("lang")
		if lang == "" {
			lang = "en"
		}
		return ui.View{Printer: catalogue.Printer(lang), Assets: assets, Theme: ui.ThemeOf(r), Accent: r.URL.Query().Get("accent"), Zone: zone, Now: now()}
	}
	g := guard.New(guard.Options{ErrorPage: ui.ErrorPage(view)})
	mux := http.NewServeMux()
	mux.Handle("GET "+static.Prefix, assets)
	mux.Handle("POST "+ui.ThemePath, g.Page(ui.SetTheme))
	for path, c := range Pages() {
		mux.Handle("GET "+path, g.Page(func(w http.ResponseWriter, r *http.Request) error {
			return ui.Render(w, r.WithContext(ui.With(r.Context(), view(r))), http.StatusOK, c)
		}))
	}
	mux.Handle("GET /search", g.Page(func(w http.ResponseWriter, r *http.Request) error {
		found := ui.SearchResults(results(r.URL.Query().Get("q")), "Nothing found. Try fewer letters.")
		return ui.Render(w, r.WithContext(ui.With(r.Context(), view(r))), http.StatusOK, found)
	}))
	mux.Handle("POST /save", g.Page(func(w http.ResponseWriter, r *http.Request) error {
		if r.FormValue("people") == "0" {
			return &fault.Error{Kind: fault.Invalid, Field: "people", What: "nobody works here"}
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}))
	mux.Handle("/", g.Page(func(http.ResponseWriter, *http.Request) error {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such page in the gallery"}
	}))
	return g.Wrap(mux), nil
}

// Pages are the pages of the gallery by path.
func Pages() map[string]templ.Component {
	return map[string]templ.Component{
		"/parts":     parts(),
		"/forms":     forms(),
		"/portfolio": portfolio(),
		"/wizard":    wizard(),
		"/workspace": workspace(),
		"/sign-in":   signIn(),
	}
}
