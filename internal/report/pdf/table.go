package pdf

import (
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// piece is a strip of a cell that is never torn.
type piece struct {
	height float64
	draw   func(s *sheet, x, y float64)
}

// tableLayout is a table with its columns measured out.
type tableLayout struct {
	f       *flow
	t       model.Table
	body    look
	head    look
	widths  []float64
	headers [][]line
	headTop float64 // height of the head
}

const (
	columnGap = 9.0
	rowPad    = 4.0
)

func (f *flow) layoutTable(t model.Table) *tableLayout {
	l := &tableLayout{f: f, t: t,
		body: look{size: 8.6, leading: 11.8, ink: chart.Text},
		head: look{size: 7.6, leading: 10, face: bold, ink: chart.Muted}}
	if t.Small {
		l.body = look{size: 7.9, leading: 10.6, ink: chart.Text}
	}
	l.columns()
	for i, c := range t.Columns {
		lines := f.m.set(model.Say(c.Title), l.head, l.widths[i])
		l.headers = append(l.headers, lines)
		l.headTop = max(l.headTop, float64(len(lines))*l.head.leading+6)
	}
	return l
}

// columns gives each column at least its longest head word and its badges.
func (l *tableLayout) columns() {
	n := len(l.t.Columns)
	free := l.f.width - columnGap*float64(max(0, n-1))
	least := make([]float64, n)
	for i, c := range l.t.Columns {
		least[i] = l.f.m.longest(c.Title, bold, l.head.size)
	}
	for _, r := range l.t.Rows {
		for i, c := range r.Cells[:min(n, len(r.Cells))] {
			if c.Badge != nil {
				least[i] = max(least[i], l.f.m.longest(c.Badge.Word, bold, l.body.size)+12)
			}
			if c.Meter != nil {
				least[i] = max(least[i], 70)
			}
		}
	}
	l.widths = l.t.Widths(free, least)
}

func (f *flow) table(t model.Table) {
	if len(t.Columns) == 0 {
		return
	}
	l := f.layoutTable(t)
	f.room(f.leadOf(l))
	l.caption()
	l.header()
	for i, r := range t.Rows {
		if r.Group != "" {
			l.group(r, i)
			continue
		}
		l.row(r)
	}
	f.y += 11
}

// tableLead is the height of the head with the first row.
func (f *flow) tableLead(t model.Table) float64 {
	if len(t.Columns) == 0 {
		return 0
	}
	return f.leadOf(f.layoutTable(t))
}

func (f *flow) leadOf(l *tableLayout) float64 {
	need := l.headTop + 4
	if l.t.Caption != "" {
		need += 14
	}
	for i, r := range l.t.Rows {
		if r.Group != "" {
			need += groupHeight
			continue
		}
		if i > 2 {
			break
		}
		h, _ := l.cells(r)
		need += min(h, 120)
		if len(l.t.Rows) > i+1 && h < 45 {
			continue
		}
		break
	}
	return need
}

func (l *tableLayout) caption() {
	if l.t.Caption == "" {
		return
	}
	k := smallLook
	l.f.lines(l.f.m.set(model.Say(l.t.Caption), k, l.f.width), l.f.x, k.leading)
	l.f.y += 3
}

// header draws the head; it is called again on each new page.
func (l *tableLayout) header() {
	s, x := l.f.sheet(), l.f.x
	empty := true
	for i, lines := range l.headers {
		y := l.f.y + l.headTop - 6 - float64(len(lines))*l.head.leading
		for _, ln := range lines {
			y += l.head.leading
			ln.draw(s, l.aligned(i, x, ln.width), y-l.head.leading*0.28)
			empty = false
		}
		x += l.widths[i] + columnGap
	}
	if empty {
		return
	}
	l.f.y += l.headTop - 3
	s.add(mark{kind: lineMark, x: l.f.x, y: l.f.y, w: l.f.width, stroke: chart.Stroke{Width: 0.9, Ink: chart.Muted}})
}

func (l *tableLayout) aligned(i int, x, width float64) float64 {
	switch l.t.Columns[i].Align {
	case model.Right:
		return x + l.widths[i] - width
	case model.Centre:
		return x + (l.widths[i]-width)/2
	}
	return x
}

const groupHeight = 17.0

func (l *tableLayout) group(r model.Row, i int) {
	need := groupHeight
	if i+1 < len(l.t.Rows) && l.t.Rows[i+1].Group == "" {
		h, _ := l.cells(l.t.Rows[i+1])
		need += min(h, 120)
	}
	l.ensure(need)
	f := l.f
	f.mark(r.ID, f.y)
	f.sheet().add(mark{kind: rectMark, x: f.x, y: f.y + 2, w: f.width, h: groupHeight - 3, size: 2, ink: chart.Panel})
	lines := f.m.set(model.Strongly(r.Group), look{size: 8.2, leading: 11, ink: chart.Text}, f.width-12)
	if len(lines) > 0 {
		lines[0].draw(f.sheet(), f.x+5, f.y+12.2)
	}
	f.y += groupHeight
}

// ensure starts a new page with the head repeated when the height does not fit.
func (l *tableLayout) ensure(height float64) {
	if !l.f.pinned && l.f.y+height > l.f.bottom {
		l.f.newPage()
		l.header()
	}
}

// row draws a row; one that is taller than a good part of a page is continued
// on the next, between lines.
func (l *tableLayout) row(r model.Row) {
	height, cells := l.cells(r)
	page := bodyBottom - marginTop - l.headTop
	if height <= page*0.45 || l.f.bottom-l.f.y < page*0.25 {
		l.ensure(min(height, page))
	}
	l.f.mark(r.ID, l.f.y)
	for {
		rest := l.strips(cells)
		if !rest {
			break
		}
		l.f.newPage()
		l.header()
	}
	l.f.sheet().add(mark{kind: lineMark, x: l.f.x, y: l.f.y, w: l.f.width, stroke: chart.Stroke{Width: 0.4, Ink: chart.Line}})
}

// strips draws as many pieces of each cell as fit on the page, takes them off
// and reports whether some are left.
func (l *tableLayout) strips(cells [][]piece) (rest bool) {
	start := l.f.y + rowPad
	deepest := start
	x := l.f.x
	for i := range cells {
		y := start
		for len(cells[i]) > 0 {
			p := cells[i][0]
			if !l.f.pinned && y+p.height > l.f.bottom && y > marginTop+l.headTop+rowPad+1 {
				break
			}
			p.draw(l.f.sheet(), x, y)
			y += p.height
			cells[i] = cells[i][1:]
		}
		rest = rest || len(cells[i]) > 0
		deepest = max(deepest, y)
		x += l.widths[i] + columnGap
	}
	l.f.y = min(deepest+rowPad, max(l.f.bottom, deepest))
	return rest
}

// cells sets the cells of a row and returns the height of the tallest.
func (l *tableLayout) cells(r model.Row) (height float64, cells [][]piece) {
	for i := range l.t.Columns {
		var c model.Cell
		if i < len(r.Cells) {
			c = r.Cells[i]
		}
		pieces := l.cell(i, c)
		h := 0.0
		for _, p := range pieces {
			h += p.height
		}
		height = max(height, h)
		cells = append(cells, pieces)
	}
	return height + 2*rowPad, cells
}

func (l *tableLayout) cell(i int, c model.Cell) []piece {
	var pieces []piece
	if c.Badge != nil {
		pieces = append(pieces, l.badge(i, *c.Badge)...)
	}
	if c.Meter != nil {
		pieces = append(pieces, l.meter(i, *c.Meter))
	}
	for n, t := range c.Lines {
		for k, ln := range l.f.m.set(t, l.body, l.widths[i]) {
			gap := 0.0
			if k == 0 && (n > 0 || len(pieces) > 0) {
				gap = 2
			}
			pieces = append(pieces, piece{l.body.leading + gap, func(s *sheet, x, y float64) {
				ln.draw(s, l.aligned(i, x, ln.width), y+gap+l.body.leading*0.76)
			}})
		}
	}
	return append(pieces, l.f.m.traceLines(c.Trace, l.widths[i], l.body.size*0.92)...)
}

func (l *tableLayout) badge(i int, b model.Badge) []piece {
	k := l.body
	k.face, k.ink = bold, b.Tone.Ink()
	var pieces []piece
	for n, ln := range l.f.m.set(model.Say(b.Word), k, l.widths[i]-12) {
		pieces = append(pieces, piece{k.leading, func(s *sheet, x, y float64) {
			x = l.aligned(i, x, ln.width+12)
			if n == 0 {
				chart.Mark(canvas{s: s, m: l.f.m}, b.Tone, x, y+k.leading*0.14, 8)
			}
			ln.draw(s, x+12, y+k.leading*0.76)
		}})
	}
	return pieces
}

func (l *tableLayout) meter(i int, m model.Meter) piece {
	return piece{l.body.leading, func(s *sheet, x, y float64) {
		text := l.f.m.clipped(m.Text, l.body.size, l.widths[i]*0.45)
		label := l.f.m.width(text, bold, l.body.size)
		w := max(10, l.widths[i]-max(label, 20)-6)
		c := canvas{s: s, m: l.f.m, x: x, y: y + l.body.leading*0.2}
		c.Rect(0, 0, w, 6.5, 1.5, chart.Track)
		c.Rect(0, 0, w*min(100, max(0, m.Value))/100, 6.5, 1.5, chart.Accent)
		if m.Target > 0 {
			t := w * min(100, m.Target) / 100
			c.Line(chart.Point{X: t, Y: -1}, chart.Point{X: t, Y: 7.5}, chart.Stroke{Width: 1.2, Ink: chart.Text})
		}
		s.add(mark{kind: textMark, x: x + l.widths[i] - label, y: y + l.body.leading*0.76, text: text, face: bold, size: l.body.size, ink: chart.Text})
	}}
}

// traceLines sets reasons as small lines behind a rule.
func (m *metrics) traceLines(items []model.TraceItem, width, size float64) []piece {
	var pieces []piece
	for _, t := range items {
		k := look{size: size, leading: size * 1.33, ink: chart.Text}
		if !t.Counted {
			k.ink = chart.Muted
		}
		text := append(model.Text{{Text: t.Kind + " ", Style: model.Strong}}, t.Text...)
		if t.Date != "" {
			text = text.Then(" "+t.Date, model.Muted)
		}
		for _, ln := range m.set(text, k, width-7) {
			pieces = append(pieces, piece{k.leading, func(s *sheet, x, y float64) {
				s.add(mark{kind: rectMark, x: x, y: y + 0.5, w: 1.2, h: k.leading - 1, ink: chart.Line})
				ln.draw(s, x+7, y+k.leading*0.76)
			}})
		}
	}
	return pieces
}
