// Package pdf writes a report as a PDF: fonts embedded, charts as vectors,
// bookmarks, links inside the document, page numbers and table heads on every
// page. The same document gives the same bytes, so that a hash of the file can
// prove which report was sent.
//
// The library underneath does not write structure tags, so the file is not a
// tagged PDF. The HTML form of the same report is the accessible one.
package pdf

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// Write writes the document as a PDF. Errors are those of the library and of w.
func Write(w io.Writer, d model.Document) error {
	p := fpdf.New("P", "pt", "A4", "")
	m, err := newMetrics(p)
	if err != nil {
		return err
	}
	f := compose(m, d)
	e := &emitter{p: p, palette: chart.Light(chart.Accented(d.Brand.Colour)), anchors: f.anchors, logo: d.Brand.Logo.PNG}
	e.describe(d)
	e.run(f.sheets)
	if err := p.Error(); err != nil {
		return fmt.Errorf("write the PDF report: %w", err)
	}
	if err := p.Output(w); err != nil {
		return fmt.Errorf("write the PDF report: %w", err)
	}
	return nil
}

// compose lays the whole document out.
func compose(m *metrics, d model.Document) *flow {
	f := newFlow(m, d)
	f.title()
	f.blocks(d.Blocks)
	for i, s := range f.sheets {
		f.frame(s, i)
	}
	return f
}

// title sets the head of the first page.
func (f *flow) title() {
	s, d := f.sheet(), f.doc
	f.y = 44
	right := 0.0
	if logo := d.Brand.Logo; len(logo.PNG) > 0 {
		scale := min(120/float64(logo.Width), 40/float64(logo.Height))
		w, h := float64(logo.Width)*scale, float64(logo.Height)*scale
		s.add(mark{kind: imageMark, x: pageWidth - marginX - w, y: f.y, w: w, h: h})
		right = w + 16
	}
	put := func(text string, l look) {
		for _, ln := range f.m.set(model.Say(text), l, f.width-right) {
			f.y += l.leading
			ln.draw(s, f.x, f.y-l.leading*0.28)
		}
	}
	put(d.Title, look{size: 20, leading: 25, face: bold, ink: chart.Text})
	put(d.Subtitle, look{size: 11, leading: 15, ink: chart.Muted})
	meta := d.Labels.AsOf + " " + d.DateText
	if d.Brand.Preparer != "" {
		meta += "  ·  " + d.Labels.PreparedBy + " " + d.Brand.Preparer
	}
	put(meta, look{size: 8.5, leading: 13, ink: chart.Muted})
	f.y = max(f.y+6, 44+46)
	s.add(mark{kind: rectMark, x: f.x, y: f.y, w: f.width, h: 1.8, ink: chart.Accent})
	f.y += 2
}

// frame adds the running head and foot.
func (f *flow) frame(s *sheet, page int) {
	const size = 7.6
	d := f.doc
	if page > 0 {
		date := f.m.clipped(d.DateText, size, bodyWidth/2)
		head := f.m.clipped(d.Title+"  ·  "+d.Subtitle, size, bodyWidth-f.m.width(date, regular, size)-20)
		s.add(mark{kind: textMark, x: marginX, y: 38, text: head, size: size, ink: chart.Muted})
		s.add(mark{kind: textMark, x: pageWidth - marginX - f.m.width(date, regular, size), y: 38, text: date, size: size, ink: chart.Muted})
		s.add(mark{kind: lineMark, x: marginX, y: 44, w: bodyWidth, stroke: chart.Stroke{Width: 0.4, Ink: chart.Line}})
	}
	number := strconv.Itoa(page+1) + " / " + strconv.Itoa(len(f.sheets))
	y := pageHeight - 28.0
	s.add(mark{kind: textMark, x: pageWidth - marginX - f.m.width(number, regular, size), y: y, text: number, size: size, ink: chart.Muted})
	if lines := f.m.set(model.Say(d.Notice), look{size: size, leading: 10, ink: chart.Muted}, bodyWidth-70); len(lines) > 0 {
		lines[0].draw(s, marginX, y)
	}
}

// emitter turns sheets into PDF pages.
type emitter struct {
	p       *fpdf.Fpdf
	palette chart.Palette
	anchors map[string]place
	links   map[string]int
	logo    []byte
}

// describe sets what makes the file the same each time, and its metadata.
func (e *emitter) describe(d model.Document) {
	p := e.p
	day := time.Date(d.AsOf.Year, max(1, d.AsOf.Month), max(1, d.AsOf.Day), 0, 0, 0, 0, time.UTC)
	p.SetCatalogSort(true)
	p.SetCreationDate(day)
	p.SetModificationDate(day)
	p.SetLang(d.Language)
	p.SetTitle(fonts.Glyphs(d.Title), true)
	p.SetSubject(fonts.Glyphs(d.Subtitle), true)
	p.SetAuthor(fonts.Glyphs(d.Brand.Preparer), true)
	p.SetCreator("Nisaba", true)
	p.SetProducer("Nisaba", true)
	p.SetMargins(0, 0, 0)
	p.SetAutoPageBreak(false, 0)
	p.SetCellMargin(0)
	if len(e.logo) > 0 {
		p.RegisterImageOptionsReader("logo", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(e.logo))
	}
}

func (e *emitter) run(sheets []*sheet) {
	e.links = make(map[string]int, len(e.anchors))
	level := -1
	for _, s := range sheets {
		e.p.AddPage()
		for _, b := range s.bookmarks {
			level = min(b.level, level+1) // a level is never skipped
			e.p.SetFont(family, "", 10)
			e.p.Bookmark(b.label, level, b.y)
		}
		for _, m := range s.marks {
			e.mark(m)
		}
	}
	for id, n := range e.links {
		at := e.anchors[id]
		e.p.SetLink(n, max(0, at.y-6), at.page+1)
	}
}

// link is the number of the link to an anchor.
func (e *emitter) link(id string) (int, bool) {
	if _, ok := e.anchors[id]; !ok {
		return 0, false
	}
	n, ok := e.links[id]
	if !ok {
		n = e.p.AddLink()
		e.links[id] = n
	}
	return n, true
}

func (e *emitter) mark(m mark) {
	p := e.p
	switch m.kind {
	case textMark:
		e.text(m)
	case lineMark:
		e.stroke(m.stroke)
		p.Line(m.x, m.y, m.x+m.w, m.y+m.h)
	case rectMark:
		e.fill(m.ink)
		if m.size > 0 {
			p.RoundedRect(m.x, m.y, m.w, m.h, m.size, "1234", "F")
			return
		}
		p.Rect(m.x, m.y, m.w, m.h, "F")
	case polygonMark:
		e.fill(m.ink)
		points := make([]fpdf.PointType, len(m.points))
		for i, q := range m.points {
			points[i] = fpdf.PointType{X: q.X, Y: q.Y}
		}
		p.Polygon(points, "F")
	case circleMark:
		if m.ink != chart.None {
			e.fill(m.ink)
			p.Circle(m.x, m.y, m.size, "F")
		}
		if m.stroke.Width > 0 {
			e.stroke(m.stroke)
			p.Circle(m.x, m.y, m.size, "D")
		}
	case imageMark:
		p.ImageOptions("logo", m.x, m.y, m.w, m.h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	default:
		e.reference(m)
	}
}

func (e *emitter) reference(m mark) {
	if m.kind == pageMark {
		if at, ok := e.anchors[m.anchor]; ok {
			m.text = strconv.Itoa(at.page + 1)
			e.p.SetFont(family, styleOf(m.face), m.size)
			m.x -= e.p.GetStringWidth(m.text)
			e.text(m)
		}
		return
	}
	if m.address != "" {
		e.p.LinkString(m.x, m.y, m.w, m.h, m.address)
		return
	}
	if n, ok := e.link(m.anchor); ok {
		e.p.Link(m.x, m.y, m.w, m.h, n)
	}
}

func (e *emitter) text(m mark) {
	c := e.palette[m.ink]
	e.p.SetTextColor(int(c.R), int(c.G), int(c.B))
	e.p.SetFont(family, styleOf(m.face), m.size)
	e.p.Text(m.x, m.y, m.text)
}

func (e *emitter) fill(i chart.Ink) {
	c := e.palette[i]
	e.p.SetFillColor(int(c.R), int(c.G), int(c.B))
}

func (e *emitter) stroke(k chart.Stroke) {
	c := e.palette[k.Ink]
	e.p.SetDrawColor(int(c.R), int(c.G), int(c.B))
	e.p.SetLineWidth(k.Width)
	if k.Dashed {
		e.p.SetDashPattern([]float64{k.Width * 1.8, k.Width * 1.8}, 0)
		return
	}
	e.p.SetDashPattern(nil, 0)
}
