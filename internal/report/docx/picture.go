package docx

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/raster"
)

// drawing is a picture in a line of text, with its size in points.
type drawing struct {
	png, svg      []byte // svg may be missing; programs that can draw it do
	width, height float64
	title, about  string // about "": it says nothing that the text does not
	corner        bool   // at the upper right of the page, and not in the line
}

// cornerTop is the white above a picture in the corner, so that the title is below it.
const cornerTop = 22.0

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) picture(b model.Picture) {
	width := w.width
	if _, ring := b.Chart.(chart.Gauge); ring {
		width = min(width, 120)
	}
	file, height, err := raster.PNG(b.Chart, width, w.palette, w.letters)
	w.fail(err)
	if !b.HideCaption {
		w.plain(para{style: "PictureTitle", keep: true}, b.Chart.Title())
	}
	d := drawing{png: file, svg: w.vector(b.Chart, width, height), width: width, height: height, title: b.Chart.Title(), about: about(b.Chart)}
	if d.height > tallest {
		d.width, d.height = d.width*tallest/d.height, tallest
	}
	w.paragraph(para{style: "Picture"}, func() { w.drawing(d) })
}

// mostAbout is about how long an alternative text may be. Word takes more; nobody
// listens to more.
const mostAbout = 3000

// about says what a chart shows, and its figures, as far as they fit.
func about(ch chart.Chart) string {
	var b strings.Builder
	b.WriteString(ch.Description())
	t := ch.Twin()
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		if b.Len() > mostAbout {
			b.WriteString("; …")
			break
		}
		said := make([]string, 0, len(row))
		for _, c := range row {
			if c = strings.TrimSpace(c); c != "" {
				said = append(said, c)
			}
		}
		b.WriteString("; " + strings.Join(said, ", "))
	}
	return b.String()
}

// lettered is SVG that measures with the letters of the pixels, so that both are the
// same picture.
type lettered struct {
	*chart.SVG
	letters *fonts.Reader
}

// Measure is the width of a text.
func (l lettered) Measure(text string, size float64, bold bool) float64 {
	if bold {
		return l.letters.Width(text, fonts.Bold, size)
	}
	return l.letters.Width(text, fonts.Regular, size)
}

// vector is a chart as a drawing without pixels, in colours of its own.
func (w *writer) vector(ch chart.Chart, width, height float64) []byte {
	s := &chart.SVG{Colours: w.palette}
	ch.Draw(lettered{s, w.letters}, width)
	size := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="` + size(width) + `" height="` + size(height) + `" viewBox="0 0 ` + size(width) + " " + size(height) +
		`" font-family="Arial">` + model.Clean(s.String()) + `</svg>`)
}

// keep stores a picture once and returns the id by which the text names it.
func (w *writer) keep(file []byte, ending, mediaType string) string {
	for _, m := range w.media {
		if bytes.Equal(m.content, file) {
			return w.relations.add(relation{kind: "image", target: strings.TrimPrefix(m.name, "word/")})
		}
	}
	name := "media/image" + strconv.Itoa(len(w.media)+1) + ending
	w.media = append(w.media, part{"word/" + name, mediaType, file})
	return w.relations.add(relation{kind: "image", target: name})
}

// drawing writes a run with a picture.
func (w *writer) drawing(d drawing) {
	w.pictures++
	id := strconv.Itoa(w.pictures)
	emu := func(points float64) string { return strconv.Itoa(int(math.Round(points * 12700))) }
	size := `cx="` + emu(d.width) + `" cy="` + emu(d.height) + `"/>`
	frame := "inline"
	if d.corner {
		frame = "anchor"
		w.raw(`<w:r><w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="1" behindDoc="0" locked="0" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>`,
			`<wp:positionH relativeFrom="margin"><wp:align>right</wp:align></wp:positionH><wp:positionV relativeFrom="page"><wp:posOffset>`, emu(cornerTop), `</wp:posOffset></wp:positionV>`,
			`<wp:extent `, size, `<wp:effectExtent l="0" t="0" r="0" b="0"/><wp:wrapNone/>`)
	} else {
		w.raw(`<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent `, size)
	}
	w.raw(`<wp:docPr id="`, id, `" name="Picture `, id, `"`)
	w.attr("descr", d.about)
	if d.about != "" {
		w.attr("title", d.title)
		w.raw(`/>`)
	} else {
		w.raw(`><a:extLst><a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}"><adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext></a:extLst></wp:docPr>`)
	}
	w.raw(`<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">`,
		`<pic:pic><pic:nvPicPr><pic:cNvPr id="`, id, `" name="Picture `, id, `"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="`, w.keep(d.png, ".png", "image/png"), `"`)
	if d.svg == nil {
		w.raw(`/>`)
	} else {
		w.raw(`><a:extLst><a:ext uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}"><asvg:svgBlip xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" r:embed="`,
			w.keep(d.svg, ".svg", "image/svg+xml"), `"/></a:ext></a:extLst></a:blip>`)
	}
	w.raw(`<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext `, size,
		`</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:`, frame, `></w:drawing></w:r>`)
}
