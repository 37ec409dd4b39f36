package docx

import (
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/raster"
)

// Sizes of the styles of tables, in points, and the white before and after a cell's text.
const (
	tableSize      = 8.6
	smallTableSize = 7.9
	headSize       = 7.6
	cellPad        = 4.0
	signWidth      = 14.0
	meterWidth     = 76.0 // bar and figure
)

// openTable starts a table with columns of the widths in points; a style "" has no lines.
func (w *writer) openTable(style, caption string, widths []float64) {
	total := 0.0
	for _, v := range widths {
		total += v
	}
	w.raw(`<w:tbl><w:tblPr>`)
	if style != "" {
		w.raw(`<w:tblStyle w:val="`, style, `"/>`)
	}
	w.raw(`<w:tblW w:w="`, twips(total), `" w:type="dxa"/><w:tblLayout w:type="fixed"/>`)
	if style == "" {
		w.raw(`<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>`)
	}
	w.raw(`<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>`)
	if caption != "" {
		w.raw(`<w:tblCaption`)
		w.attr("w:val", caption)
		w.raw(`/>`)
	}
	w.raw(`</w:tblPr><w:tblGrid>`)
	for _, v := range widths {
		w.raw(`<w:gridCol w:w="`, twips(v), `"/>`)
	}
	w.raw(`</w:tblGrid>`)
}

func (w *writer) closeTable() {
	w.raw(`</w:tbl>`)
	w.spacer()
}

// cell writes a cell of a width. props follow its width in the order of the format.
func (w *writer) cell(width float64, props string, content func()) {
	w.raw(`<w:tc><w:tcPr><w:tcW w:w="`, twips(width), `" w:type="dxa"/>`, props, `</w:tcPr>`)
	w.cells++
	before := w.b.Len()
	content()
	if w.b.Len() == before { // a cell ends with a paragraph
		w.paragraph(para{style: "TableText"}, func() {})
	}
	w.cells--
	w.raw(`</w:tc>`)
}

func (w *writer) table(t model.Table) {
	if len(t.Columns) == 0 {
		return
	}
	widths := t.Widths(w.width, w.least(t))
	if t.Caption != "" {
		w.plain(para{style: "Caption", keep: true}, t.Caption)
	}
	w.settle()
	w.openTable("Report", t.Caption, widths)
	headed := w.head(t, widths)
	for _, r := range t.Rows {
		if r.Group != "" {
			w.group(r, widths)
			continue
		}
		w.row(t, r, widths)
	}
	if !headed && len(t.Rows) == 0 {
		w.row(t, model.Row{}, widths)
	}
	w.closeTable()
}

// least is what each column needs: its longest head word, its badges and its bars.
func (w *writer) least(t model.Table) []float64 {
	out := make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = w.longest(c.Title, headSize) + 2*cellPad
	}
	for _, r := range t.Rows {
		for i, c := range r.Cells[:min(len(out), len(r.Cells))] {
			if c.Badge != nil {
				out[i] = max(out[i], w.longest(c.Badge.Word, sizeOf(t))+signWidth+2*cellPad)
			}
			if c.Meter != nil {
				out[i] = max(out[i], meterWidth+2*cellPad)
			}
		}
	}
	return out
}

func sizeOf(t model.Table) float64 {
	if t.Small {
		return smallTableSize
	}
	return tableSize
}

// longest is the width of the widest word, bold.
func (w *writer) longest(text string, size float64) (width float64) {
	for word := range strings.FieldsSeq(text) {
		width = max(width, w.letters.Width(word, fonts.Bold, size))
	}
	return width
}

// head writes the row that Word repeats on each page, unless it says nothing.
func (w *writer) head(t model.Table, widths []float64) bool {
	said := false
	for _, c := range t.Columns {
		said = said || c.Title != ""
	}
	if !said {
		return false
	}
	w.raw(`<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for i, c := range t.Columns {
		w.cell(widths[i], `<w:vAlign w:val="bottom"/>`, func() { w.plain(para{style: "TableHead", keep: true, align: c.Align}, c.Title) })
	}
	w.raw(`</w:tr>`)
	return true
}

func (w *writer) group(r model.Row, widths []float64) {
	total := 0.0
	for _, v := range widths {
		total += v
	}
	w.raw(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
	w.cell(total, `<w:gridSpan w:val="`+strconv.Itoa(len(widths))+`"/><w:shd w:val="clear" w:color="auto" w:fill="`+w.colour(chart.Panel)+`"/>`, func() {
		w.anchor = r.ID
		w.plain(para{style: "TableGroup", keep: true}, r.Group)
	})
	w.raw(`</w:tr>`)
}

// row writes a row, which stays on one page unless it is long.
func (w *writer) row(t model.Table, r model.Row, widths []float64) {
	w.raw(`<w:tr>`)
	if !long(r, widths) {
		w.raw(`<w:trPr><w:cantSplit/></w:trPr>`)
	}
	w.anchor = r.ID
	for i, c := range t.Columns {
		w.cell(widths[i], "", func() {
			if i < len(r.Cells) {
				w.within(r.Cells[i], para{style: pick(t.Small, "TableSmall", "TableText"), align: c.Align}, widths[i]-2*cellPad)
			}
			if i == 0 && w.anchor != "" { // nothing was said to which it could be bound
				w.paragraph(para{style: "TableText"}, func() {})
			}
		})
	}
	w.raw(`</w:tr>`)
}

// long reports whether a row takes about a third of a page or more.
func long(r model.Row, widths []float64) bool {
	const most, letter = 20.0, 4.2 // lines; points, on average
	for i, c := range r.Cells[:min(len(widths), len(r.Cells))] {
		lines := 0.0
		count := func(text string) { lines += float64(int(float64(len(text))*letter/max(10, widths[i]-2*cellPad))) + 1 }
		for _, t := range c.Lines {
			count(t.String())
		}
		for _, t := range c.Trace {
			count(t.Kind + t.Text.String() + t.Date)
		}
		if lines > most {
			return true
		}
	}
	return false
}

// within writes what stands in a cell.
func (w *writer) within(c model.Cell, p para, width float64) {
	if c.Badge != nil {
		w.paragraph(p, func() {
			w.mark(c.Badge.Tone)
			w.run(statusStyle(c.Badge.Tone), c.Badge.Word)
		})
	}
	if c.Meter != nil {
		w.paragraph(p, func() { w.meter(*c.Meter, width) })
	}
	for _, t := range c.Lines {
		w.paragraph(p, func() { w.runs(t) })
	}
	w.trace(c.Trace)
}

// meter writes a small bar, which those who do not see it do not miss, and its figure.
func (w *writer) meter(m model.Meter, width float64) {
	const height, target = 9.0, 6.5
	bar := max(20, width-max(20, w.letters.Width(m.Text, fonts.Bold, tableSize))-8)
	file, tall, err := raster.Draw(bar, height, w.palette, w.letters, func(c chart.Canvas) {
		c.Rect(0, 1.2, bar, target, 1.5, chart.Track)
		c.Rect(0, 1.2, bar*min(100, max(0, m.Value))/100, target, 1.5, chart.Accent)
		if m.Target > 0 {
			x := bar * min(100, m.Target) / 100
			c.Line(chart.Point{X: x, Y: 0.8}, chart.Point{X: x, Y: height - 0.9}, chart.Stroke{Width: 1.2, Ink: chart.Text})
		}
	})
	w.fail(err)
	w.drawing(drawing{png: file, width: bar, height: tall})
	w.run("", " ")
	w.run("Strong", m.Text)
}

// keyFigures are shaded cells side by side.
func (w *writer) keyFigures(k model.KeyFigures) {
	columns := min(4, len(k.Items))
	if columns == 0 {
		return
	}
	if w.width < 300 {
		columns = min(2, columns)
	}
	w.settle()
	widths := make([]float64, columns)
	for i := range widths {
		widths[i] = w.width / float64(columns)
	}
	w.openTable("", "", widths)
	edge := func(side string) string {
		return `<w:` + side + ` w:val="single" w:sz="48" w:space="0" w:color="FFFFFF"/>`
	}
	shaded := `<w:tcBorders>` + edge("top") + edge("left") + edge("bottom") + edge("right") + `</w:tcBorders><w:shd w:val="clear" w:color="auto" w:fill="` + w.colour(chart.Panel) +
		`"/><w:tcMar><w:top w:w="100" w:type="dxa"/><w:left w:w="140" w:type="dxa"/><w:bottom w:w="100" w:type="dxa"/><w:right w:w="100" w:type="dxa"/></w:tcMar>`
	for start := 0; start < len(k.Items); start += columns {
		w.raw(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		for i := range columns {
			if start+i >= len(k.Items) {
				w.cell(widths[i], "", func() {})
				continue
			}
			w.cell(widths[i], shaded, func() { w.figure(k.Items[start+i]) })
		}
		w.raw(`</w:tr>`)
	}
	w.closeTable()
}

func (w *writer) figure(f model.Figure) {
	w.plain(para{style: "FigureLabel", keep: true}, f.Label)
	w.paragraph(para{style: pick(len([]rune(f.Value)) > 14, "FigureValueLong", "FigureValue")}, func() {
		if f.Tone != chart.ToneNeutral {
			w.mark(f.Tone)
		}
		w.run("", f.Value)
	})
	if f.Note != "" {
		w.plain(para{style: "FigureNote"}, f.Note)
	}
}

// split sets two groups side by side, and one below the other where one has a heading:
// Word leaves out headings in tables where it lists those of the document.
func (w *writer) split(s model.Split) {
	const gap = 16.0
	if headed(s.Left) || headed(s.Right) {
		w.blocks(s.Left)
		w.blocks(s.Right)
		return
	}
	w.settle()
	whole := w.width
	left := (whole - gap) * min(0.9, max(0.1, s.Share))
	widths := []float64{left + gap, whole - left - gap}
	w.openTable("", "", widths)
	w.raw(`<w:tr>`)
	for i, blocks := range [][]model.Block{s.Left, s.Right} {
		w.width = [...]float64{left, widths[1]}[i]
		w.cell(widths[i], "", func() { w.blocks(blocks) })
	}
	w.width = whole
	w.raw(`</w:tr>`)
	w.closeTable()
}

func headed(blocks []model.Block) bool {
	for _, b := range blocks {
		switch b := b.(type) {
		case model.Heading, model.Contents:
			return true
		case model.Split:
			if headed(b.Left) || headed(b.Right) {
				return true
			}
		}
	}
	return false
}
