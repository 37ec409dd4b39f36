package ui

import (
	"context"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// Icon names one of the small drawings. An icon always stands beside a word
// or carries one for screen readers.
type Icon string

// The icons.
const (
	NoIcon       Icon = ""
	IconSearch   Icon = "search"
	IconMenu     Icon = "menu"
	IconInbox    Icon = "inbox"
	IconPerson   Icon = "person"
	IconDown     Icon = "down"
	IconRight    Icon = "right"
	IconUp       Icon = "up"
	IconSort     Icon = "sort"
	IconPlus     Icon = "plus"
	IconCopy     Icon = "copy"
	IconDownload Icon = "download"
	IconUndo     Icon = "undo"
	IconClose    Icon = "close"
	IconEdit     Icon = "edit"
	IconFile     Icon = "file"
	IconLink     Icon = "link"
	IconClock    Icon = "clock"
	IconHome     Icon = "home"
	IconList     Icon = "list"
	IconGear     Icon = "gear"
	IconShield   Icon = "shield"
	IconUsers    Icon = "users"
	IconCheck    Icon = "check"
)

// strokes are the lines of the icons as SVG path data in a square of 16 units; the
// style sheet says how they are drawn. They stand where they are used, not in one
// place at the head of the page: a page uses few, and a part that is loaded later
// needs nothing that its page lacks.
var strokes = map[Icon]string{
	IconSearch:   "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3",
	IconMenu:     "M2 4h12M2 8h12M2 12h12",
	IconInbox:    "M2 9l2-6h8l2 6v4H2zM2 9h4l1 2h2l1-2h4",
	IconPerson:   "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c.5-3 2.5-4 5.5-4s5 1 5.5 4",
	IconDown:     "M4 6l4 4 4-4",
	IconRight:    "M6 4l4 4-4 4",
	IconUp:       "M4 10l4-4 4 4",
	IconSort:     "M5 6.5l3-3 3 3M5 9.5l3 3 3-3",
	IconPlus:     "M8 3v10M3 8h10",
	IconCopy:     "M6 6h8v8H6zM10 6V2H2v8h4",
	IconDownload: "M8 2v8M4.5 7L8 10.5 11.5 7M3 13.5h10",
	IconUndo:     "M3 7h7a3.5 3.5 0 0 1 0 7H6M6 4L3 7l3 3",
	IconClose:    "M4 4l8 8M12 4l-8 8",
	IconEdit:     "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3zM9 4.7L11.3 7",
	IconFile:     "M4 2h5l3 3v9H4zM9 2v3h3M6 9h4M6 11.5h4",
	IconLink:     "M6.5 9.5l3-3M7 5l1.5-1.5a2.5 2.5 0 0 1 4 4L11 9M9 11l-1.5 1.5a2.5 2.5 0 0 1-4-4L5 7",
	IconClock:    "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3l2 1.5",
	IconHome:     "M2.5 8L8 3l5.5 5M4 7v6.5h8V7M7 13.5V10h2v3.5",
	IconList:     "M6 4h8M6 8h8M6 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
	IconGear:     "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 2v2M8 12v2M2 8h2M12 8h2M3.8 3.8l1.4 1.4M10.8 10.8l1.4 1.4M3.8 12.2l1.4-1.4M10.8 5.2l1.4-1.4",
	IconShield:   "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.8 8l1.7 1.7 3-3.2",
	IconUsers:    "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c.3-2.5 2-3.5 4.5-3.5s4.2 1 4.5 3.5M10.5 3.2a2.5 2.5 0 0 1 0 4.6M12 10.3c1.5.5 2.3 1.5 2.5 3.2",
	IconCheck:    "M3 8.5L6.5 12 13 4.5",
}

// Drawing shows an icon without a word; screen readers skip it.
func Drawing(i Icon) templ.Component {
	return byHand(func(_ context.Context, m *markup) { m.icon(i) })
}

// sprite holds the marks of all tones, which stand in tables by the hundred and are
// the same on all pages.
var sprite = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString(`<svg class="sprite" width="0" height="0" aria-hidden="true">`)
	for _, m := range marks() {
		b.WriteString(`<symbol id="m-` + m.name + `" viewBox="0 0 12 12">` + m.drawing + `</symbol>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
})
