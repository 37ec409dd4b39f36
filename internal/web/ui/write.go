package ui

import (
	"bytes"
	"context"
	"io"

	"github.com/a-h/templ"
)

// markup builds the parts that stand in tables by the thousand. Such parts are
// written by hand, because a template costs several times as much per cell.
type markup struct{ *bytes.Buffer }

// raw adds markup that the code itself wrote.
func (m *markup) raw(parts ...string) {
	for _, p := range parts {
		m.WriteString(p)
	}
}

// text adds text, escaped for elements and quoted attributes alike.
func (m *markup) text(s string) {
	from := 0
	for i := range len(s) {
		var escaped string
		switch s[i] {
		case '&':
			escaped = "&amp;"
		case '<':
			escaped = "&lt;"
		case '>':
			escaped = "&gt;"
		case '"':
			escaped = "&#34;"
		case '\'':
			escaped = "&#39;"
		default:
			continue
		}
		m.raw(s[from:i], escaped)
		from = i + 1
	}
	m.raw(s[from:])
}

// attr adds an attribute; an empty value adds nothing.
func (m *markup) attr(name, value string) {
	if value == "" {
		return
	}
	m.raw(" ", name, `="`)
	m.text(value)
	m.raw(`"`)
}

// href adds the address of a link. An address that would run a script becomes a
// harmless one.
func (m *markup) href(address string) { m.attr("href", string(templ.URL(address))) }

// link is a link with text.
func (m *markup) link(address, text string) {
	m.raw("<a")
	m.href(address)
	m.raw(">")
	m.text(text)
	m.raw("</a>")
}

// mark is the shape of a tone.
func (m *markup) mark(t Tone) {
	m.raw(`<svg class="mark" aria-hidden="true"><use href="#m-`, t.Name(), `"/></svg>`)
}

// icon is the drawing of an icon without a word.
func (m *markup) icon(i Icon) {
	if i != NoIcon {
		m.raw(`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="`, strokes[i], `"/></svg>`)
	}
}

// byHand is a component that is written by code.
type byHand func(ctx context.Context, m *markup)

// Render writes the component.
func (f byHand) Render(ctx context.Context, w io.Writer) error {
	b := templ.GetBuffer()
	defer templ.ReleaseBuffer(b)
	f(ctx, &markup{b})
	_, err := w.Write(b.Bytes())
	return err
}
