package docx

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// para is how a paragraph is set.
type para struct {
	style string
	keep  bool // on the page of the next one
	list  int  // number of the list that it is an item of; 0: none
	align model.Align
}

// paragraph writes a paragraph, with the page break and the bookmark that wait for one.
func (w *writer) paragraph(p para, content func()) {
	w.raw(`<w:p><w:pPr><w:pStyle w:val="`, p.style, `"/>`)
	if p.keep {
		w.raw(`<w:keepNext/>`)
	}
	if w.broken && w.cells == 0 {
		w.raw(`<w:pageBreakBefore/>`)
		w.broken = false
	}
	if p.list > 0 {
		w.raw(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="`, strconv.Itoa(p.list), `"/></w:numPr>`)
	}
	switch p.align {
	case model.Right:
		w.raw(`<w:jc w:val="right"/>`)
	case model.Centre:
		w.raw(`<w:jc w:val="center"/>`)
	}
	w.raw(`</w:pPr>`)
	end := w.begin()
	content()
	w.raw(end, `</w:p>`)
}

// begin writes the start of the bookmark that waits, and returns its end.
func (w *writer) begin() (end string) {
	anchor := w.anchor
	w.anchor = ""
	if !model.ValidID(anchor) || w.bookmark(anchor).placed {
		return ""
	}
	b := w.bookmark(anchor)
	b.placed = true
	w.bookmarks[anchor] = b
	id := strconv.Itoa(b.number)
	w.raw(`<w:bookmarkStart w:id="`, id, `" w:name="`, b.name(), `"/>`)
	return `<w:bookmarkEnd w:id="` + id + `"/>`
}

// plain writes a paragraph of one string.
func (w *writer) plain(p para, text string) {
	w.paragraph(p, func() { w.run("", text) })
}

// spacer is a line of almost no height: what Word needs between two tables and after
// the last one of a cell.
func (w *writer) spacer() { w.paragraph(para{style: "Spacer"}, func() {}) }

// settle starts the page that waits, before what is no paragraph.
func (w *writer) settle() {
	if w.broken && w.cells == 0 {
		w.spacer()
	}
}

// styleOf is the style of characters of a run.
func styleOf(s model.Style) string {
	return [...]string{model.Plain: "", model.Strong: "Strong", model.Emphasis: "Emphasis", model.Citation: "Citation", model.Muted: "Quiet"}[s]
}

// runs writes running text with its links.
func (w *writer) runs(t model.Text) {
	for _, r := range t {
		style, end := styleOf(r.Style), w.link(r)
		if end != "" && style == "" {
			style = "Hyperlink"
		}
		w.run(style, r.Text)
		w.raw(end)
	}
}

// link writes the start of the link of a run, and returns its end; "" where it leads
// nowhere, or to a part that this document leaves out.
func (w *writer) link(r model.Run) (end string) {
	anchor, address := r.Target()
	if w.anchors[anchor] {
		w.raw(`<w:hyperlink w:anchor="`, w.bookmark(anchor).name(), `" w:history="1">`)
		return `</w:hyperlink>`
	}
	if address = checked(address); address != "" {
		w.raw(`<w:hyperlink r:id="`, w.relations.add(relation{kind: "hyperlink", target: address, outside: true}), `" w:history="1">`)
		return `</w:hyperlink>`
	}
	return ""
}

// checked is an address as Word takes it: one that is malformed keeps the whole file
// from being opened. "" for those that cannot be mended.
func checked(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsFunc(u.Host, func(r rune) bool { return r >= 0x7f }) {
		return ""
	}
	u.RawQuery = escaped(u.RawQuery)
	return u.String()
}

// escaped is a query without the signs that an address may not have.
func escaped(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("`{}|^[]", c) >= 0 {
			b.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(c)|0x100, 16)[1:]))
			continue
		}
		b.WriteByte(query[i])
	}
	return b.String()
}
