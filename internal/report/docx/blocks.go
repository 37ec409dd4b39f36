package docx

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

func (w *writer) blocks(blocks []model.Block) {
	for _, b := range blocks {
		w.block(b)
	}
}

func (w *writer) block(b model.Block) {
	switch b := b.(type) {
	case model.Heading:
		w.heading(b)
	case model.Paragraph:
		w.paragraph(para{style: pick(b.Small, "Small", "BodyText")}, func() { w.runs(b.Text) })
	case model.List:
		w.list(b)
	case model.KeyFigures:
		w.keyFigures(b)
	case model.Callout:
		w.callout(b)
	case model.Code:
		w.code(b)
	case model.Picture:
		w.picture(b)
	case model.Split:
		w.split(b)
	case model.Trace:
		w.trace(b.Items)
	case model.Table:
		w.table(b)
	case model.PageBreak:
		w.broken = true
	case model.Contents:
		w.contents(b)
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// heading writes a heading. Word counts the numbered ones itself, so that they stay
// right when an editor moves a part; a number that it would count otherwise, because a
// level above was left out, is written as text.
func (w *writer) heading(h model.Heading) {
	var e model.Entry
	if w.next < len(w.outline) {
		e = w.outline[w.next]
		w.next++
	}
	counted := e.Number != "" && !slices.Contains(strings.Split(e.Number, "."), "0")
	w.anchor = h.ID
	w.paragraph(para{style: pick(counted, "Heading", "HeadingPlain") + strconv.Itoa(min(3, max(1, h.Level)))}, func() {
		if e.Number != "" && !counted {
			w.run("", e.Number+"  ")
		}
		w.run("", h.Text)
	})
}

// The lists of numbering.xml: that of the headings, that of all bullets, and one for
// each ordered list, so that each begins with 1.
const (
	headingList = iota + 1
	bulletList
	orderedList // the first of them
)

func (w *writer) list(l model.List) {
	p := para{style: "ListBullet", list: bulletList}
	if l.Ordered {
		p = para{style: "ListNumber", list: orderedList + w.lists}
		w.lists++
	}
	if l.Small {
		p.style += "Small"
	}
	for _, item := range l.Items {
		w.paragraph(p, func() { w.runs(item) })
	}
}

// signs are the shapes of the status marks as signs that fonts have.
var signs = [...]string{chart.ToneNeutral: "□", chart.ToneGood: "✔", chart.TonePartly: "◐", chart.ToneBad: "▲",
	chart.ToneOpen: "○", chart.ToneAside: "–", chart.ToneInfo: "■"}

// mark writes the sign of a tone, with a space that no line ends at.
func (w *writer) mark(t model.Tone) {
	w.raw(`<w:r><w:rPr><w:rStyle w:val="`, statusStyle(t), `"/><w:rFonts w:ascii="`, signFont, `" w:eastAsia="`, signFont, `" w:hAnsi="`, signFont, `" w:cs="`, signFont, `"/><w:noProof/></w:rPr>`)
	w.text(signs[t] + "\u00a0")
	w.raw(`</w:r>`)
}

func statusStyle(t model.Tone) string { return "Status" + t.Name() }

func (w *writer) callout(c model.Callout) {
	style := "Callout" + c.Tone.Name()
	w.paragraph(para{style: style + "Title", keep: len(c.Body) > 0}, func() {
		w.mark(c.Tone)
		w.run("", c.Title)
	})
	for i, t := range c.Body {
		w.paragraph(para{style: style, keep: i < min(3, len(c.Body)-1)}, func() { w.runs(t) })
	}
}

// code writes text for machines as one paragraph with the lines as they are.
func (w *writer) code(c model.Code) {
	w.paragraph(para{style: "Code"}, func() {
		for i, line := range strings.Split(strings.TrimRight(c.Text, "\n"), "\n") {
			if i > 0 {
				w.raw(`<w:r><w:br/></w:r>`)
			}
			w.run("", strings.ReplaceAll(line, "\t", "    "))
		}
	})
}

func (w *writer) trace(items []model.TraceItem) {
	for _, i := range items {
		w.paragraph(para{style: pick(i.Counted, "Trace", "TraceAside")}, func() {
			w.run("Strong", i.Kind)
			w.run("", " ")
			w.runs(i.Text)
			if i.Date != "" {
				w.run("Quiet", " "+i.Date)
			}
		})
	}
}

// contents writes the field that lists the numbered headings, filled with what Word
// would find, except the numbers of the pages.
func (w *writer) contents(c model.Contents) {
	depth := strconv.Itoa(min(3, max(1, c.Depth)))
	w.settle()
	w.raw(`<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/><w:docPartUnique/></w:docPartObj></w:sdtPr><w:sdtContent>`)
	if w.doc.Labels.Contents != "" {
		w.plain(para{style: "TOCHeading"}, w.doc.Labels.Contents)
	}
	begin := `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \o "1-` + depth +
		`" \h \z </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`
	for _, e := range w.outline {
		if e.Level > c.Depth || e.Number == "" {
			continue
		}
		w.paragraph(para{style: "TOC" + strconv.Itoa(min(3, e.Level))}, func() {
			w.raw(begin)
			begin = ""
			w.entry(e)
		})
	}
	w.paragraph(para{style: "Spacer"}, func() { w.raw(begin, `<w:r><w:fldChar w:fldCharType="end"/></w:r>`) })
	w.raw(`</w:sdtContent></w:sdt>`)
}

// entry writes a line of the list of contents.
func (w *writer) entry(e model.Entry) {
	end := w.link(model.Run{Link: "#" + e.ID})
	w.run("", e.Number)
	w.raw(`<w:r><w:tab/></w:r>`)
	w.run("", e.Text)
	w.raw(end)
}
