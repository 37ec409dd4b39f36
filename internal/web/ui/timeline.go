package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Timeline lists what happened, newest first.
func Timeline(label string, events []Event) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		b := templ.GetBuffer()
		defer templ.ReleaseBuffer(b)
		m := &markup{b}
		m.raw(`<ol class="timeline" aria-label="`)
		m.text(label)
		m.raw(`">`)
		words := diffWords(ctx)
		for _, e := range events {
			m.event(ctx, e, words)
			if e.Undo.Action != "" {
				if err := UndoButton(e.Undo).Render(ctx, b); err != nil {
					return err
				}
			}
			m.raw("</div></li>")
		}
		m.raw("</ol>")
		_, err := w.Write(b.Bytes())
		return err
	})
}

// event writes an entry up to the place of its button.
func (m *markup) event(ctx context.Context, e Event, words [2]string) {
	m.raw(`<li class="t-`, e.Tone.Name(), `">`)
	m.mark(e.Tone)
	m.raw("<div><p><b>")
	m.text(e.Who)
	m.raw("</b> ")
	if e.URL != "" {
		m.link(e.URL, e.What)
	} else {
		m.text(e.What)
	}
	m.raw(" <small>")
	m.time(machine(e.At), "", MomentText(ctx, e.At))
	m.raw("</small></p>")
	if len(e.Changes) > 0 {
		m.diff(e.Changes, words)
	}
}

// Diff shows values before and after a change, told apart by words for screen
// readers and by sign and line for the eye.
func Diff(changes []Change) templ.Component {
	return byHand(func(ctx context.Context, m *markup) { m.diff(changes, diffWords(ctx)) })
}

// diffWords are the words for before and after.
func diffWords(ctx context.Context) [2]string {
	return [2]string{T(ctx, "ui.diff.before"), T(ctx, "ui.diff.after")}
}

func (m *markup) diff(changes []Change, words [2]string) {
	m.raw(`<dl class="diff">`)
	for _, c := range changes {
		m.raw("<div><dt>")
		m.text(c.Field)
		m.raw("</dt> <dd>")
		m.side("del", words[0], c.Before)
		m.side("ins", words[1], c.After)
		m.raw("</dd></div>")
	}
	m.raw("</dl>")
}

// side is one value of a change; none is nothing.
func (m *markup) side(element, word, value string) {
	if value == "" {
		return
	}
	m.raw("<", element, `><span class="hidden">`)
	m.text(word)
	m.raw("</span>")
	m.text(value)
	m.raw("</", element, ">")
}
