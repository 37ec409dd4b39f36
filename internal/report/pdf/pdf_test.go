package pdf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

func plain(s string) string { return s }

func render(t testing.TB, d model.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, two := render(t, reporttest.Sample(plain)), render(t, reporttest.Sample(plain))
	if !bytes.Equal(one, two) {
		t.Error("the same document gave different files")
	}
	other := reporttest.Sample(plain)
	other.Title += "!"
	if bytes.Equal(one, render(t, other)) {
		t.Error("another title gave the same file")
	}
}

// dresses are texts that a layout must survive.
func dresses() map[string]func(string) string {
	return map[string]func(string) string{
		"plain":       plain,
		"empty":       func(string) string { return "" },
		"long word":   func(s string) string { return s + strings.Repeat("Donaudampfschifffahrt", 15) },
		"300 signs":   func(s string) string { return s + strings.Repeat(" name", 60) },
		"other signs": func(s string) string { return "株式会社 شركة חברה Ελλάς Україна 🎉 " + s },
		"broken":      func(s string) string { return "\xff\xfe\x00\u202e" + s },
		"pdf syntax":  func(s string) string { return `)] TJ ET /JavaScript (app.alert(1)) \) endstream endobj ` + s },
	}
}

func TestNoTextBreaksTheFile(t *testing.T) {
	t.Parallel()
	for name, dress := range dresses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := render(t, reporttest.Sample(dress))
			if !bytes.HasPrefix(file, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(file), []byte("%%EOF")) {
				t.Fatal("not a PDF file")
			}
			for _, s := range []string{"/JavaScript", "/JS ", "/OpenAction", "/Launch", "/AcroForm"} {
				if bytes.Contains(outsideStrings(file), []byte(s)) {
					t.Errorf("the file has %s", s)
				}
			}
		})
	}
}

// outsideStrings is the file without its streams and text strings.
func outsideStrings(file []byte) []byte {
	var out []byte
	depth := 0
	for i := 0; i < len(file); i++ {
		if depth == 0 && bytes.HasPrefix(file[i:], []byte("stream\n")) {
			end := bytes.Index(file[i:], []byte("endstream"))
			if end < 0 {
				break
			}
			i += end + len("endstream") - 1
			continue
		}
		switch file[i] {
		case '\\':
			i++
			continue
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		}
		if depth == 0 {
			out = append(out, file[i])
		}
	}
	return out
}

func TestStreamsUnpack(t *testing.T) {
	t.Parallel()
	file := render(t, reporttest.Sample(plain))
	n := 0
	for rest := file; ; n++ {
		i := bytes.Index(rest, []byte("/FlateDecode"))
		if i < 0 {
			break
		}
		rest = rest[i:]
		rest = rest[bytes.Index(rest, []byte("stream\n"))+len("stream\n"):]
		r, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			t.Fatalf("stream %d: %v", n, err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatalf("stream %d: %v", n, err)
		}
	}
	if n < 8 {
		t.Errorf("%d streams; want one for each page and font", n)
	}
}

// page is a page as pdftotext -bbox describes it.
type page struct {
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
	Words  []struct {
		Left   float64 `xml:"xMin,attr"`
		Right  float64 `xml:"xMax,attr"`
		Top    float64 `xml:"yMin,attr"`
		Bottom float64 `xml:"yMax,attr"`
		Text   string  `xml:",chardata"`
	} `xml:"word"`
}

// pages reads the words of a file with their places.
func pages(t *testing.T, file []byte) []page {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(reporttest.PDFText(t, file, "-bbox")))
	d.Strict, d.Entity = false, xml.HTMLEntity
	var all []page
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := tok.(xml.StartElement); ok && s.Name.Local == "page" {
			var p page
			if err := d.DecodeElement(&p, &s); err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
	}
}

func TestTextStaysInsideTheMargins(t *testing.T) {
	t.Parallel()
	for name, dress := range dresses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n, p := range pages(t, render(t, reporttest.Sample(dress))) {
				for _, w := range p.Words {
					if w.Left < 30 || w.Right > p.Width-30 || w.Top < 20 || w.Bottom > p.Height-15 {
						t.Errorf("page %d: %q lies at %.0f–%.0f, %.0f–%.0f", n+1, w.Text, w.Left, w.Right, w.Top, w.Bottom)
					}
				}
			}
		})
	}
}

func TestEveryPageHasItsNumberAndTablesTheirHead(t *testing.T) {
	t.Parallel()
	all := pages(t, render(t, reporttest.Sample(plain)))
	heads := 0
	for n, p := range all {
		var line []string
		for _, w := range p.Words {
			if w.Top > p.Height-45 {
				line = append(line, w.Text)
			}
			if w.Text == "Requirement" {
				heads++
			}
		}
		want := []string{strconv.Itoa(n + 1), "/", strconv.Itoa(len(all))}
		if got := strings.Join(line[max(0, len(line)-3):], " "); got != strings.Join(want, " ") {
			t.Errorf("page %d is numbered %q", n+1, got)
		}
	}
	if heads < 2 {
		t.Errorf("the head of the long table stands on %d pages", heads)
	}
}

func BenchmarkWrite(b *testing.B) {
	d := reporttest.Sample(plain)
	for b.Loop() {
		render(b, d)
	}
}
