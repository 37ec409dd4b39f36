package pdf

import (
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// flow lays blocks out on sheets, from top to bottom.
type flow struct {
	m       *metrics
	doc     model.Document
	outline []model.Entry
	next    int // the next heading of the outline

	sheets   []*sheet
	anchors  map[string]place
	x, width float64 // the column
	y        float64
	top      float64 // where the page or the column begins
	bottom   float64
	pinned   bool // never starts a page: a column of a Split, or a measurement
}

func newFlow(m *metrics, d model.Document) *flow {
	f := &flow{m: m, doc: d, outline: d.Outline(), anchors: map[string]place{}, x: marginX, width: bodyWidth, top: marginTop, bottom: bodyBottom}
	f.newPage()
	return f
}

func (f *flow) sheet() *sheet { return f.sheets[len(f.sheets)-1] }

func (f *flow) newPage() {
	f.sheets = append(f.sheets, &sheet{})
	f.y = marginTop
}

// fresh reports whether nothing stands on the page, or in the column, yet.
func (f *flow) fresh() bool { return f.y <= f.top }

// room starts a new page when the height does not fit on the rest of this one.
func (f *flow) room(height float64) {
	if !f.pinned && !f.fresh() && f.y+height > f.bottom {
		f.newPage()
	}
}

// space adds white space, except at the top of a page.
func (f *flow) space(height float64) {
	if !f.fresh() {
		f.y += height
	}
}

// measured is the height that blocks take in a column of the width.
func (f *flow) measured(blocks []model.Block, width float64) float64 {
	t := f.column(f.x, width)
	t.sheets, t.anchors = []*sheet{{}}, map[string]place{}
	start := t.y
	t.blocks(blocks)
	return t.y - start
}

// column is a flow that goes on at the same height in a narrower column and
// never leaves the page.
func (f *flow) column(x, width float64) *flow {
	c := *f
	c.x, c.width, c.top, c.pinned, c.bottom = x, width, f.y, true, 1e9
	return &c
}

func (f *flow) blocks(blocks []model.Block) {
	for i, b := range blocks {
		f.block(b, blocks[i+1:])
	}
}

func (f *flow) block(b model.Block, rest []model.Block) {
	switch b := b.(type) {
	case model.Heading:
		f.heading(b, rest)
	case model.Paragraph:
		f.paragraph(b, rest)
	case model.List:
		f.list(b)
	case model.KeyFigures:
		f.keyFigures(b)
	case model.Callout:
		f.callout(b)
	case model.Code:
		f.code(b)
	case model.Picture:
		f.picture(b)
	case model.Split:
		f.split(b)
	case model.Trace:
		f.trace(b)
	case model.Table:
		f.table(b)
	case model.PageBreak:
		if !f.pinned && !f.fresh() {
			f.newPage()
		}
	case model.Contents:
		f.contents(b)
	}
}

// lead is the least height that must stay together with what comes before.
func (f *flow) lead(blocks []model.Block) float64 {
	if len(blocks) == 0 {
		return 0
	}
	const page = (bodyBottom - marginTop) * 0.9
	switch b := blocks[0].(type) {
	case model.Heading:
		return headingHeight(b.Level) + f.lead(blocks[1:])
	case model.Paragraph:
		lines := f.m.set(b.Text, paragraphLook(b), f.width)
		if len(lines) <= 4 && len(blocks) > 1 {
			switch blocks[1].(type) {
			case model.Table, model.Picture, model.KeyFigures, model.Callout, model.Code:
				return float64(len(lines))*bodyLook.leading + 6 + f.lead(blocks[1:])
			}
		}
		return float64(min(3, len(lines))) * bodyLook.leading
	case model.Table:
		return min(f.tableLead(b), page)
	case model.List:
		return bodyLook.leading * 2
	case model.Code:
		return codeLook.leading*2 + codePad
	case model.Trace, model.PageBreak, model.Contents:
		return 0
	}
	return min(f.measured(blocks[:1], f.width), page)
}

var (
	bodyLook  = look{size: 9.5, leading: 13.6, ink: chart.Text}
	smallLook = look{size: 8.2, leading: 11.4, ink: chart.Muted}
)

func paragraphLook(p model.Paragraph) look {
	if p.Small {
		return smallLook
	}
	return bodyLook
}

func (f *flow) paragraph(p model.Paragraph, rest []model.Block) {
	if len(rest) > 0 {
		if _, ok := rest[0].(model.Table); ok {
			f.room(f.lead(append([]model.Block{p}, rest[0])))
		}
	}
	f.lines(f.m.set(p.Text, paragraphLook(p), f.width), f.x, paragraphLook(p).leading)
	f.y += 6
}

// lines sets lines over page ends, leaving at least two on either side.
func (f *flow) lines(lines []line, x, leading float64) {
	for i, l := range lines {
		need := leading
		if left := len(lines) - i; left == 2 || i == 0 && left > 1 {
			need = 2 * leading
		}
		f.room(need)
		f.y += leading
		l.draw(f.sheet(), x, f.y-leading*0.28)
	}
}

func headingLook(level int) look {
	switch level {
	case 1:
		return look{size: 17, leading: 22, face: bold, ink: chart.Text}
	case 2:
		return look{size: 12.5, leading: 16.5, face: bold, ink: chart.Text}
	}
	return look{size: 10.2, leading: 14, face: bold, ink: chart.Text}
}

func headingHeight(level int) float64 { return headingLook(level).leading + headingSpace(level) + 5 }

func headingSpace(level int) float64 {
	return [...]float64{0, 22, 15, 10}[min(3, max(1, level))]
}

func (f *flow) heading(h model.Heading, rest []model.Block) {
	var e model.Entry
	if f.next < len(f.outline) {
		e = f.outline[f.next]
		f.next++
	}
	f.room(headingHeight(h.Level) + f.lead(rest))
	f.space(headingSpace(h.Level))
	l := headingLook(h.Level)
	text := model.Text{}
	if e.Number != "" {
		text = append(text, model.Run{Text: e.Number + "\u2002"})
	}
	top := f.y
	f.mark(h.ID, top)
	label := e.Text
	if e.Number != "" {
		label = e.Number + " " + e.Text
	}
	f.sheet().bookmarks = append(f.sheet().bookmarks, bookmark{label: fonts.Glyphs(label), level: max(1, h.Level) - 1, y: top})
	lines := f.m.set(append(text, model.Run{Text: h.Text}), l, f.width)
	f.lines(lines, f.x, l.leading)
	if h.Level == 1 {
		f.y += 2
		f.sheet().add(mark{kind: rectMark, x: f.x, y: f.y, w: 34, h: 2.2, ink: chart.Accent})
		f.y += 7
	}
	f.y += 4
}

// mark remembers where an anchor is.
func (f *flow) mark(id string, y float64) {
	if model.ValidID(id) {
		f.anchors[id] = place{page: len(f.sheets) - 1, y: y}
	}
}
