// Package docx writes a report as a document of Word (ECMA-376, the transitional form),
// for those who edit a report before they send it: headings that Word numbers and lists
// beside the text, a field of contents, tables whose heads are repeated, charts as
// pictures with their figures as alternative text, and the language of the text, so
// that its spelling is checked. All looks are styles, which an editor can change.
//
// The file has no macro, loads nothing, and has no field but the list of contents and
// the numbers of the pages: a text of the document is never one. The list has no page
// numbers until Word is told to update it: where a page ends is not known here, and a
// document that is to update itself makes Word ask the reader, for fear of others.
//
// The same document gives the same bytes.
package docx

import (
	"archive/zip"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// MediaType is what such a file is called on the net.
const MediaType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// Write writes the document. Errors are those of the fonts, of a picture, and of w.
func Write(out io.Writer, d model.Document) error {
	letters, err := fonts.NewReader()
	if err != nil {
		return err
	}
	w := &writer{doc: d, outline: d.Outline(), anchors: d.Anchors(), palette: chart.Light(chart.Accented(d.Brand.Colour)), letters: letters,
		width: bodyWidth, bookmarks: map[string]bookmark{}}
	parts := w.parts()
	if w.err != nil {
		return fmt.Errorf("write the report for Word: %w", w.err)
	}
	if err := pack(out, parts, d); err != nil {
		return fmt.Errorf("write the report for Word: %w", err)
	}
	return nil
}

// writer turns blocks into the parts of the file.
type writer struct {
	markup    // of the part that is being written
	doc       model.Document
	outline   []model.Entry
	next      int // the next heading of the outline
	anchors   map[string]bool
	palette   chart.Palette
	letters   *fonts.Reader
	width     float64 // of the column, in points
	cells     int     // how many cells of tables are open
	broken    bool    // the next paragraph starts a page
	anchor    string  // of the next paragraph
	bookmarks map[string]bookmark
	lists     int // ordered lists so far
	relations relations
	media     []part
	pictures  int
	err       error // the first
}

// bookmark is the place of an anchor.
type bookmark struct {
	number int
	placed bool
}

// name is what Word calls it. Those with a line before are left out of its lists.
func (b bookmark) name() string { return "_n" + strconv.Itoa(b.number) }

// bookmark is the bookmark of an anchor, numbered by who asks first.
func (w *writer) bookmark(anchor string) bookmark {
	b, ok := w.bookmarks[anchor]
	if !ok {
		b.number = len(w.bookmarks) + 1
		w.bookmarks[anchor] = b
	}
	return b
}

// A4 in points, and the frame that text keeps to.
const (
	pageWidth  = 595.3
	pageHeight = 841.9
	marginX    = 50.0
	bodyWidth  = pageWidth - 2*marginX
	tallest    = 660.0 // picture that fits on a page with its caption
)

// twips is a length in points in the unit of the format.
func twips(points float64) string { return strconv.Itoa(int(points*20 + 0.5)) }

// part is one file in the file.
type part struct {
	name, mediaType string
	content         []byte
}

// pack writes the parts as a zip archive.
func pack(out io.Writer, parts []part, d model.Document) error {
	z := zip.NewWriter(out)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: dayOf(d, 1980)}
		if p.mediaType == "image/png" {
			h.Method = zip.Store // it is packed
		}
		f, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := f.Write(p.content); err != nil {
			return err
		}
	}
	return z.Close()
}

// dayOf is the day of the document, in the first year that a format knows or later.
func dayOf(d model.Document, first int) time.Time {
	return time.Date(max(first, d.AsOf.Year), max(1, d.AsOf.Month), max(1, d.AsOf.Day), 0, 0, 0, 0, time.UTC)
}
