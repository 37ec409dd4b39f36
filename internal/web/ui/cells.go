package ui

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/law"
)

// Words is a cell of text.
func Words(s string) templ.Component {
	return byHand(func(_ context.Context, m *markup) { m.text(s) })
}

// LinkCell is a cell that leads somewhere, with a second line in small print. With
// no address it is plain text.
func LinkCell(text, url, note string) templ.Component {
	return byHand(func(_ context.Context, m *markup) {
		if url == "" {
			m.text(text)
		} else {
			m.link(url, text)
		}
		if note != "" {
			m.raw("<small>")
			m.text(note)
			m.raw("</small>")
		}
	})
}

// StatusBadge shows shape, word and colour.
func StatusBadge(s Status) templ.Component {
	return byHand(func(_ context.Context, m *markup) { m.badge(s) })
}

func (m *markup) badge(s Status) {
	m.raw(`<span class="badge t-`, s.Tone.Name(), `">`)
	m.mark(s.Tone)
	m.text(s.Word)
	m.raw("</span>")
}

// ScoreBar is a bar with its figure. The figure leads to the trace.
func ScoreBar(s Score) templ.Component {
	return byHand(func(_ context.Context, m *markup) {
		m.raw(`<span class="score t-`, s.Tone.Name(), `"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">`,
			`<path class="f-track" d="M0 0h100v8H0z"/><path class="f-`, s.Tone.Ink().Name(), `" d="M0 0h`, coordinate(min(100, s.Percent)), `v8H0z"/>`)
		if s.Target > 0 {
			m.raw(`<path class="f-text" d="M`, coordinate(s.Target-0.75), ` 0h1.5v8h-1.5z"/>`)
		}
		m.raw("</svg>")
		if s.Why != "" {
			m.raw(`<a class="why"`)
			m.href(s.Why)
			m.attr("aria-label", s.Text+", "+s.WhyText)
			m.raw(">")
			m.text(s.Text)
			m.raw("</a></span>")
			return
		}
		m.raw("<b>")
		m.text(s.Text)
		m.raw("</b></span>")
	})
}

// MeasureBars draws the measures as small columns in one line of a table. Its text
// is the list of the figures.
func MeasureBars(label string, measures []Measure) templ.Component {
	return byHand(func(_ context.Context, m *markup) {
		m.raw(`<svg class="measures" role="img" viewBox="0 0 `, strconv.Itoa(len(measures)*8), ` 24"`)
		m.attr("aria-label", measuresText(label, measures))
		m.raw("><title>")
		m.text(measuresText(label, measures))
		m.raw(`</title><path class="f-track" d="`)
		for i := range measures {
			m.raw("M", strconv.Itoa(i*8), " 0h6v24h-6z")
		}
		m.raw(`"/>`)
		for i, s := range measures {
			height := coordinate(column(s.Percent))
			m.raw(`<path class="f-`, s.Tone.Ink().Name(), `" d="M`, strconv.Itoa(i*8), " 24v-", height, "h6v", height, `z"/>`)
		}
		m.raw("</svg>")
	})
}

// Trend draws how a figure moved, oldest first, each 0–100. The label says it in
// words, for example "from 41% to 64% in 12 months".
func Trend(label string, values []float64) templ.Component {
	return byHand(func(_ context.Context, m *markup) {
		m.raw(`<svg class="trend" role="img" viewBox="0 0 64 24"`)
		m.attr("aria-label", label)
		m.raw("><title>")
		m.text(label)
		m.raw("</title>")
		if len(values) > 1 {
			m.raw(`<polyline points="`, polyline(values, 64, 24), `" class="s-accent" fill="none" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"/>`)
		}
		m.raw("</svg>")
	})
}

// Moment is a point in time with its zone.
func Moment(t time.Time) templ.Component {
	return byHand(func(ctx context.Context, m *markup) { m.time(machine(t), "", MomentText(ctx, t)) })
}

// Ago is a point in time as distance from now, with the exact time on hover.
func Ago(t time.Time) templ.Component {
	return byHand(func(ctx context.Context, m *markup) {
		m.raw("<time")
		m.attr("datetime", machine(t))
		m.attr("title", MomentText(ctx, t))
		m.raw(" data-relative>")
		m.text(RemainingText(ctx, t))
		m.raw("</time>")
	})
}

// Day is a date.
func Day(d law.Date) templ.Component {
	return byHand(func(ctx context.Context, m *markup) { m.time(d.String(), "", DayText(ctx, d)) })
}

func (m *markup) time(machine, flag, text string) {
	m.raw(`<time datetime="`, machine, `"`, flag, ">")
	m.text(text)
	m.raw("</time>")
}

// Deadline shows when something is due, how much time is left, and a mark with a
// word when it is near or over.
func Deadline(d DeadlineProps) templ.Component {
	return byHand(func(ctx context.Context, m *markup) {
		s := d.status(ctx)
		m.raw(`<span class="deadline t-`, s.Tone.Name())
		if d.Done {
			m.raw(" done")
		}
		m.raw(`">`)
		if d.On.IsZero() {
			m.time(machine(d.By), "", MomentText(ctx, d.By))
		} else {
			m.time(d.On.String(), "", DayText(ctx, d.On))
		}
		if !d.Done {
			m.raw(` <span class="left">`)
			if s.Tone != Neutral {
				m.badge(s)
				m.raw(" ")
			}
			m.time(machine(d.end(ctx)), " data-relative", RemainingText(ctx, d.end(ctx)))
			m.raw("</span>")
		}
		m.raw("</span>")
	})
}
