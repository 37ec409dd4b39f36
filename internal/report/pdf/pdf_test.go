package pdf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
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

// languages is a sentence in each official language of the Union (Universal
// Declaration of Human Rights, Article 1) and the letters that it has beyond A to Z.
var languages = map[string]string{
	"bg": "Всички хора се раждат свободни и равни по достойнство и права. АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯ абвгдежзийклмнопрстуфхцчшщъьюя ѝ",
	"cs": "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. ÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ áčďéěíňóřšťúůýž",
	"da": "Alle mennesker er født frie og lige i værdighed og rettigheder. ÆØÅ æøå",
	"de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. ÄÖÜẞ äöüß",
	"el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ αβγδεζηθικλμνξοπρσςτυφχψω ΆΈΉΊΌΎΏΪΫ άέήίόύώϊϋΐΰ",
	"en": "All human beings are born free and equal in dignity and rights.",
	"es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos. ÁÉÍÑÓÚÜ áéíñóúü ¿¡ ª º",
	"et": "Kõik inimesed sünnivad vabadena ja võrdsetena oma väärikuselt ja õigustelt. ÄÕÖÜŠŽ äõöüšž",
	"fi": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. ÅÄÖŠŽ åäöšž",
	"fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. ÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ àâæçéèêëîïôœùûüÿ",
	"ga": "Saoláitear na daoine uile saor agus comhionann ina ndínit agus ina gcearta. ÁÉÍÓÚ áéíóú ḂĊḊḞĠṀṖṠṪ ḃċḋḟġṁṗṡṫ",
	"hr": "Sva ljudska bića rađaju se slobodna i jednaka u dostojanstvu i pravima. ČĆĐŠŽ čćđšž",
	"hu": "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. ÁÉÍÓÖŐÚÜŰ áéíóöőúüű",
	"it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. ÀÈÉÌÎÒÙ àèéìîòù",
	"lt": "Visi žmonės gimsta laisvi ir lygūs savo orumu ir teisėmis. ĄČĘĖĮŠŲŪŽ ąčęėįšųūž",
	"lv": "Visi cilvēki piedzimst brīvi un vienlīdzīgi savā pašcieņā un tiesībās. ĀČĒĢĪĶĻŅŠŪŽ āčēģīķļņšūž",
	"mt": "Il-bnedmin kollha jitwieldu ħielsa u ugwali fid-dinjità u d-drittijiet. ĊĠĦŻ ċġħż àèìòù",
	"nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. ÁËÏÓÖÜ áëïóöü ĳ Ĳ",
	"pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. ĄĆĘŁŃÓŚŹŻ ąćęłńóśźż",
	"pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. ÁÂÃÀÇÉÊÍÓÔÕÚ áâãàçéêíóôõú",
	"ro": "Toate ființele umane se nasc libere și egale în demnitate și în drepturi. ĂÂÎȘȚ ăâîșț ŞŢ şţ",
	"sk": "Všetci ľudia sa rodia slobodní a sebe rovní, čo sa týka ich dôstojnosti a práv. ÁÄČĎÉÍĹĽŇÓÔŔŠŤÚÝŽ áäčďéíĺľňóôŕšťúýž",
	"sl": "Vsi ljudje se rodijo svobodni in imajo enako dostojanstvo in enake pravice. ČŠŽ čšž",
	"sv": "Alla människor är födda fria och lika i värde och rättigheter. ÅÄÖ åäö",
}

// signs are texts with what stands in the file for them.
var signs = map[string]string{
	"o\ufb03ce pro\ufb01le re\ufb02ect e\ufb00ect ba\ufb04e": "office profile reflect effect baffle",
	"Sicher\u00adheits\u200bvorfall\u2060":                   "Sicherheitsvorfall",
	"10\u00a0000\u202f€ 5\u2009% 1\u2007234":                 "10 000 € 5 % 1 234",
	"„a“ ‚b‘ “c” ‘d’ «e» ‹f› it’s":                           "„a“ ‚b‘ “c” ‘d’ «e» ‹f› it’s",
	"€ £ § ¶ ° · • … – — † ‡ ‰ № ™ © ® ½ ² ³ ₂ µ":            "€ £ § ¶ ° · • … – — † ‡ ‰ № ™ © ® ½ ² ³ ₂ µ",
	"≥ ≤ ≠ ≈ ± × ÷ − ∞ √ ∑ → ← ↑ ↓ ↔ ⇒":                      "≥ ≤ ≠ ≈ ± × ÷ − ∞ √ ∑ → ← ↑ ↓ ↔ ⇒",
	"✓ ✗ ✔ ✘ ☐ ☑ ☒ ■ □ ▲ ▼ ● ○ ★ ☆ ⚠":                        "✓ ✗ ✔ ✘ ☐ ☑ ☒ ■ □ ▲ ▼ ● ○ ★ ☆ ⚠",
	"Cafe\u0301 s\u0326i t\u0326ara\u0306 n\u0303 A\u030a":   "Café și țară ñ Å",
	"Ｎｉｓ２ Ⅳ 22\u201111 \u2126 \u212b":                        "Nis2 IV 22-11 Ω Å",
	"株": "\ufffd",
}

// TestEveryLanguageOfTheUnion: each letter, upright, bold and slanted, is in the fonts
// and comes back when the file is read; so do the common signs.
func TestEveryLanguageOfTheUnion(t *testing.T) {
	t.Parallel()
	d := model.Document{Title: "Languages", Language: "en"}
	want := maps.Clone(signs)
	for _, text := range languages {
		want[text] = text
	}
	for _, text := range slices.Sorted(maps.Keys(want)) {
		for _, style := range []model.Style{model.Plain, model.Strong, model.Emphasis} {
			d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Text{{Text: text, Style: style}}})
		}
	}
	together := func(s string) string { return strings.Join(strings.Fields(s), "") } // spaces between single signs are guessed
	got := together(string(reporttest.PDFText(t, render(t, d), "-layout")))
	for text, expected := range want {
		if n := strings.Count(got, together(expected)); n < 3 {
			t.Errorf("%d of 3 times in the file: %s", n, text)
		}
	}
	if n := strings.Count(got, "\ufffd"); n != 3 {
		t.Errorf("%d signs of replacement, want three for the one sign that the fonts lack", n)
	}
}
