package ui

import (
	"context"
	"strconv"

	"github.com/a-h/templ"
)

// navLink is a link of a navigation with its icon and count. Every page has dozens,
// as it has of the lists below.
func navLink(l Link) templ.Component {
	return byHand(func(_ context.Context, m *markup) { m.navLink(l) })
}

func (m *markup) navLink(l Link) {
	m.raw("<a")
	m.raw(` href="`)
	m.text(string(templ.URL(l.URL)))
	m.raw(`"`)
	if l.Current {
		m.raw(` aria-current="page"`)
	}
	m.raw(">")
	m.icon(l.Icon)
	m.raw("<span>")
	m.text(l.Text)
	if l.Note != "" {
		m.raw("<small>")
		m.text(l.Note)
		m.raw("</small>")
	}
	m.raw("</span>")
	m.count(l)
	m.raw("</a>")
}

// navList is a list of links.
func navList(links []Link) templ.Component {
	return byHand(func(_ context.Context, m *markup) {
		m.raw("<ul>")
		for _, l := range links {
			m.raw("<li>")
			m.navLink(l)
			m.raw("</li>")
		}
		m.raw("</ul>")
	})
}

// count is the number behind a link.
func count(l Link) templ.Component {
	return byHand(func(_ context.Context, m *markup) { m.count(l) })
}

func (m *markup) count(l Link) {
	if l.Count <= 0 {
		return
	}
	m.raw(`<span class="count">`, strconv.Itoa(l.Count))
	if l.CountText != "" {
		m.raw(` <span class="hidden">`)
		m.text(l.CountText)
		m.raw("</span>")
	}
	m.raw("</span>")
}
