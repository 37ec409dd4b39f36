// Package ui holds the parts from which all pages are built: the frame, forms,
// tables, status marks, charts, deadlines and the rest. A part demands what makes
// it accessible (its label, its caption, its error) as a field of its type.
//
// Labels come as sentences in the reader's language; pages get them with T. The
// words that belong to a part itself, such as "required" or "sorted ascending",
// come from the messages with the prefix "ui.".
package ui

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/web/static"
	"github.com/nisaba-platform/nisaba/law"
)

// View is what every part needs to know about the request. It travels in the
// context.
type View struct {
	Printer *locale.Printer
	Assets  *static.Assets
	Theme   Theme
	Accent  string         // colour of the workspace as "#rrggbb"; "" is the default
	Zone    *time.Location // nil means UTC
	Now     time.Time
}

type viewKey struct{}

// With puts the view into the context.
func With(ctx context.Context, v View) context.Context { return context.WithValue(ctx, viewKey{}, v) }

// From is the view of the context; without one it is the zero View.
func From(ctx context.Context) View {
	v, _ := ctx.Value(viewKey{}).(View)
	return v
}

// T renders a message key with name, value pairs in the reader's language.
func T(ctx context.Context, key string, nameValue ...any) string {
	if p := From(ctx).Printer; p != nil {
		return p.T(key, nameValue...)
	}
	return "⟪" + key + "⟫"
}

// Label is a text before its value, with the colon and space of the reader's language.
func Label(ctx context.Context, text string) string {
	return T(ctx, "ui.label", "text", text)
}

// Cite writes the citation of a legal act in the way of the reader's language.
func Cite(ctx context.Context, citation string) string {
	if p := From(ctx).Printer; p != nil {
		return p.Cite(citation)
	}
	return citation
}

// Say renders a message of the core in the reader's language.
func Say(ctx context.Context, m law.Message) string {
	if p := From(ctx).Printer; p != nil {
		return p.Say(m)
	}
	return "⟪" + m.Key + "⟫"
}

// Number writes v with the separators of the reader's language.
func Number(ctx context.Context, v float64, decimals int) string {
	if p := From(ctx).Printer; p != nil {
		return p.Number(v, decimals)
	}
	return fmt.Sprintf("%.*f", decimals, v)
}

// language is the tag of the page.
func language(ctx context.Context) string {
	if p := From(ctx).Printer; p != nil {
		return p.Language
	}
	return "en"
}

// asset is the address of a static file.
func asset(ctx context.Context, name string) string {
	if a := From(ctx).Assets; a != nil {
		return a.URL(name)
	}
	return static.Prefix + name
}

// brandURL is the address of the colours: of the accent, or, when it is "", of the
// workspace.
func brandURL(ctx context.Context, accent string) string {
	v := From(ctx)
	if v.Assets == nil {
		return static.Prefix
	}
	return v.Assets.BrandURL(cmp.Or(accent, v.Accent))
}

// Render writes a component as a page with the given status. Nothing is sent when
// a part fails, so that the guard can answer with an error page.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := templ.GetBuffer()
	defer templ.ReleaseBuffer(b)
	if err := c.Render(r.Context(), b); err != nil {
		return fmt.Errorf("render the page: %w", err)
	}
	return send(w, status, b)
}

func send(w http.ResponseWriter, status int, b *bytes.Buffer) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("send the page: %w", err)
	}
	return nil
}
