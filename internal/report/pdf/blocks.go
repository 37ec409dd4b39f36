package pdf

import (
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

func (f *flow) list(l model.List) {
	const indent = 14
	k := bodyLook
	if l.Small {
		k = look{size: 8.7, leading: 11.9, ink: chart.Text}
	}
	for i, item := range l.Items {
		lines := f.m.set(item, k, f.width-indent)
		f.room(float64(min(2, len(lines))) * k.leading)
		base := f.y + k.leading*0.72
		if l.Ordered {
			n := strconv.Itoa(i + 1)
			f.sheet().add(mark{kind: textMark, x: f.x, y: base, text: n, face: bold, size: k.size, ink: chart.Accent})
		} else {
			f.sheet().add(mark{kind: circleMark, x: f.x + 4, y: base - 3.2, size: 1.5, ink: chart.Accent})
		}
		f.lines(lines, f.x+indent, k.leading)
		f.y += 2.5
	}
	f.y += 5
}

func (f *flow) keyFigures(k model.KeyFigures) {
	const gap, pad = 8.0, 8.0
	columns := min(4, max(1, len(k.Items)))
	if f.width < 300 {
		columns = min(2, columns)
	}
	w := (f.width - gap*float64(columns-1)) / float64(columns)
	for start := 0; start < len(k.Items); start += columns {
		row := k.Items[start:min(len(k.Items), start+columns)]
		height := 0.0
		for _, i := range row {
			height = max(height, f.figure(i, 0, w-2*pad, nil)+2*pad)
		}
		f.room(height)
		for n, i := range row {
			x := f.x + float64(n)*(w+gap)
			f.sheet().add(mark{kind: rectMark, x: x, y: f.y, w: w, h: height, size: 4, ink: chart.Panel})
			f.figure(i, x+pad, w-2*pad, f.sheet())
		}
		f.y += height + gap
	}
	f.y += 3
}

// figureLines is the most lines of each text of a key figure.
const figureLines = 6

// figure sets one key figure and returns its height; a nil sheet only measures.
func (f *flow) figure(k model.Figure, x, width float64, s *sheet) float64 {
	y := f.y + 8
	start := y
	put := func(t string, l look, indent float64) {
		for n, ln := range f.m.set(model.Say(t), l, width-indent) {
			if n == figureLines {
				break
			}
			y += l.leading
			if s != nil {
				ln.draw(s, x+indent, y-l.leading*0.28)
			}
		}
	}
	put(k.Label, look{size: 7.8, leading: 10.4, ink: chart.Muted}, 0)
	y++
	indent := 0.0
	value := look{size: 14, leading: 18, face: bold, ink: chart.Text}
	if len([]rune(k.Value)) > 14 {
		value = look{size: 11, leading: 14.5, face: bold, ink: chart.Text}
	}
	if k.Tone != chart.ToneNeutral {
		indent = 16
		if s != nil {
			chart.Mark(canvas{s: s, m: f.m}, k.Tone, x, y+value.leading*0.22, 11)
		}
	}
	put(k.Value, value, indent)
	if k.Note != "" {
		put(k.Note, look{size: 7.8, leading: 10.4, ink: chart.Muted}, 0)
	}
	return y - start
}

func (f *flow) callout(c model.Callout) {
	const pad = 9.0
	inner := f.width - 2*pad - 4
	titleLook := look{size: 9.5, leading: 13.6, face: bold, ink: chart.Text}
	bodyL := look{size: 9, leading: 12.8, ink: chart.Text}
	title := f.m.set(model.Say(c.Title), titleLook, inner-16)
	height := float64(len(title))*titleLook.leading + 2*pad
	var body [][]line
	for _, t := range c.Body {
		lines := f.m.set(t, bodyL, inner)
		body = append(body, lines)
		height += float64(len(lines))*bodyL.leading + 3
	}
	if !f.pinned && height > bodyBottom-marginTop { // without a frame, over page ends
		f.lines(title, f.x, titleLook.leading)
		for _, lines := range body {
			f.y += 3
			f.lines(lines, f.x, bodyL.leading)
		}
		f.y += 10
		return
	}
	f.room(height)
	s := f.sheet()
	s.add(mark{kind: rectMark, x: f.x, y: f.y, w: f.width, h: height, ink: chart.Panel})
	s.add(mark{kind: rectMark, x: f.x, y: f.y, w: 3, h: height, ink: c.Tone.Ink()})
	x, y := f.x+4+pad, f.y+pad
	chart.Mark(canvas{s: s, m: f.m}, c.Tone, x, y+2.2, 9.5)
	for _, l := range title {
		y += titleLook.leading
		l.draw(s, x+16, y-titleLook.leading*0.28)
	}
	for _, lines := range body {
		y += 3
		for _, l := range lines {
			y += bodyL.leading
			l.draw(s, x, y-bodyL.leading*0.28)
		}
	}
	f.y += height + 10
}

// codeLook is that of text for machines: the fonts have no letters of one width.
var codeLook = look{size: 8.2, leading: 11.2, ink: chart.Text}

const (
	codePad    = 7.0
	codeIndent = 2.3 // for each space before a line
)

// code sets text for machines line by line, over page ends.
func (f *flow) code(c model.Code) {
	f.y += 3
	for _, text := range strings.Split(strings.TrimRight(c.Text, "\n"), "\n") {
		text = strings.ReplaceAll(text, "\t", "    ")
		bare := strings.TrimLeft(text, " ")
		indent := min(codeIndent*float64(len(text)-len(bare)), f.width/3)
		lines := f.m.set(model.Say(bare), codeLook, f.width-2*codePad-indent)
		if len(lines) == 0 {
			lines = []line{{}}
		}
		for _, l := range lines {
			f.room(codeLook.leading)
			f.sheet().add(mark{kind: rectMark, x: f.x, y: f.y, w: f.width, h: codeLook.leading, ink: chart.Panel})
			f.y += codeLook.leading
			l.draw(f.sheet(), f.x+codePad+indent, f.y-codeLook.leading*0.28)
		}
	}
	f.y += 8
}

func (f *flow) picture(b model.Picture) {
	height := chart.Height(b.Chart, f.width, canvas{m: f.m}.Measure)
	caption := 0.0
	title := look{size: 9.5, leading: 13.6, face: bold, ink: chart.Text}
	var lines []line
	if !b.HideCaption {
		lines = f.m.set(model.Say(b.Chart.Title()), title, f.width)
		caption = float64(len(lines))*title.leading + 5
	}
	f.room(caption + height)
	if caption > 0 {
		f.lines(lines, f.x, title.leading)
		f.y += 5
	}
	b.Chart.Draw(canvas{s: f.sheet(), m: f.m, x: f.x, y: f.y}, f.width)
	f.y += height + 12
}

func (f *flow) split(b model.Split) {
	const gap = 20.0
	left := (f.width - gap) * b.Share
	right := f.width - gap - left
	height := max(f.measured(b.Left, left), f.measured(b.Right, right))
	if height > bodyBottom-marginTop { // one below the other, over page ends
		f.blocks(b.Left)
		f.blocks(b.Right)
		return
	}
	f.room(height)
	l := f.column(f.x, left)
	l.blocks(b.Left)
	r := f.column(f.x+left+gap, right)
	r.next = l.next
	r.blocks(b.Right)
	f.next = r.next
	f.y = max(l.y, r.y)
}

func (f *flow) trace(t model.Trace) {
	for _, p := range f.m.traceLines(t.Items, f.width, smallLook.size) {
		f.room(p.height)
		p.draw(f.sheet(), f.x, f.y)
		f.y += p.height
	}
	f.y += 6
}

// contentsLeading is the distance of the lines of a list of contents: closer
// where that keeps the list on one page.
func (f *flow) contentsLeading(depth int) float64 {
	const widest, closest = 15.0, 11.0
	lines, parts := 0, 0
	for _, e := range f.outline {
		if e.Level <= depth && e.Number != "" {
			lines++
		}
		if e.Level == 1 {
			parts++
		}
	}
	return min(widest, max(closest, (f.bottom-f.y-5*float64(parts)-1)/float64(max(1, lines))))
}

func (f *flow) contents(c model.Contents) {
	if title := f.doc.Labels.Contents; title != "" {
		l := headingLook(1)
		f.lines(f.m.set(model.Say(title), l, f.width), f.x, l.leading)
		f.y += 8
	}
	leading := f.contentsLeading(c.Depth)
	for _, e := range f.outline {
		if e.Level > c.Depth || e.Number == "" {
			continue
		}
		l := look{size: 9.5, leading: leading, ink: chart.Text}
		indent := 0.0
		if e.Level == 1 {
			l.face = bold
			f.space(5)
		} else {
			indent = 22 * float64(e.Level-1)
		}
		lines := f.m.set(model.Say(e.Text), l, f.width-indent-22-40)
		f.room(float64(len(lines)) * l.leading)
		base := f.y + l.leading*0.72
		f.sheet().add(mark{kind: textMark, x: f.x + indent, y: base, text: e.Number, face: l.face, size: l.size, ink: chart.Accent})
		f.sheet().add(mark{kind: pageMark, x: f.x + f.width, y: base, anchor: e.ID, face: l.face, size: l.size, ink: chart.Text})
		f.sheet().add(mark{kind: linkMark, x: f.x, y: f.y, w: f.width, h: l.leading, anchor: e.ID})
		f.lines(lines, f.x+indent+22+float64(e.Level-1)*4, l.leading)
	}
	f.y += 8
}
