package docx

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
)

// The fonts: every system has the first, or one of the same widths, and falls back from
// the others to what it has.
const (
	textFont = "Arial"
	codeFont = "Consolas"
	signFont = "Segoe UI Symbol"
)

// style is one style of the file. Names of those that Word knows are Word's own, which
// it shows in the language of its user.
type style struct {
	id, name  string
	character bool
	based     string
	next      string
	p         string // of paragraphs, in the order of the format
	size      float64
	ink       chart.Ink
	bold      bool
	italic    bool
	line      bool   // underlined
	font      string // "" as its base
}

func spacing(before, after int) string {
	return fmt.Sprintf(`<w:spacing w:before="%d" w:after="%d"/>`, before, after)
}

// looks lists the styles.
func (w *writer) looks() []style {
	tab := `<w:tabs><w:tab w:val="right" w:pos="` + twips(bodyWidth) + `"/></w:tabs>`
	dotted := func(number int) string {
		return fmt.Sprintf(`<w:tabs><w:tab w:val="left" w:pos="%d"/><w:tab w:val="right" w:leader="dot" w:pos="%s"/></w:tabs>`, number, twips(bodyWidth))
	}
	under := func(ink chart.Ink, eighths, space int) string {
		return fmt.Sprintf(`<w:pBdr><w:bottom w:val="single" w:sz="%d" w:space="%d" w:color="%s"/></w:pBdr>`, eighths, space, w.colour(ink))
	}
	rule := `<w:pBdr><w:left w:val="single" w:sz="8" w:space="5" w:color="` + w.colour(chart.Line) + `"/></w:pBdr>`
	shade := `<w:shd w:val="clear" w:color="auto" w:fill="` + w.colour(chart.Panel) + `"/>`
	whole := `<w:keepNext/><w:keepLines/>`
	calm := `<w:suppressAutoHyphens/>`
	out := []style{
		{id: "BodyText", name: "Body Text", based: "Normal"},
		{id: "Title", name: "Title", based: "Normal", next: "Subtitle", p: calm + spacing(0, 40), size: 20, bold: true},
		{id: "Subtitle", name: "Subtitle", based: "Normal", next: "BodyText", p: calm + spacing(0, 40), size: 11, ink: chart.Muted},
		{id: "Meta", name: "Report Date", based: "Normal", next: "BodyText", p: under(chart.Accent, 16, 6) + spacing(0, 160), size: 8.5, ink: chart.Muted},
		{id: "Small", name: "Small Text", based: "BodyText", p: spacing(0, 100), size: 8.2, ink: chart.Muted},
		{id: "Spacer", name: "Spacer", based: "Normal", p: `<w:spacing w:before="0" w:after="0" w:line="140" w:lineRule="exact"/>`, size: 4},
		{id: "ListBullet", name: "List Bullet", based: "BodyText", p: spacing(0, 50)},
		{id: "ListNumber", name: "List Number", based: "BodyText", p: spacing(0, 50)},
		{id: "ListBulletSmall", name: "List Bullet Small", based: "ListBullet", p: spacing(0, 30), size: 8.7},
		{id: "ListNumberSmall", name: "List Number Small", based: "ListNumber", p: spacing(0, 30), size: 8.7},
		{id: "PictureTitle", name: "Picture Title", based: "BodyText", next: "Picture", p: whole + spacing(120, 60), bold: true},
		{id: "Picture", name: "Picture", based: "BodyText", p: spacing(0, 160)},
		{id: "Caption", name: "caption", based: "BodyText", p: whole + spacing(60, 60), size: 8.2, ink: chart.Muted},
		{id: "Code", name: "Code", based: "BodyText", p: shade + calm + spacing(60, 160), size: 8.2, font: codeFont},
		{id: "Trace", name: "Reason", based: "BodyText", p: rule + `<w:spacing w:before="0" w:after="0"/><w:ind w:left="120"/>`, size: 7.6},
		{id: "TraceAside", name: "Reason Set Apart", based: "Trace", ink: chart.Muted},
		{id: "TableText", name: "Table Text", based: "BodyText", p: spacing(0, 30), size: tableSize},
		{id: "TableSmall", name: "Table Text Small", based: "TableText", p: spacing(0, 20), size: smallTableSize},
		{id: "TableHead", name: "Table Head", based: "TableText", p: whole + calm + spacing(0, 20), size: headSize, ink: chart.Muted, bold: true},
		{id: "TableGroup", name: "Table Group", based: "TableText", p: whole + spacing(10, 10), bold: true},
		{id: "FigureLabel", name: "Figure Label", based: "BodyText", p: whole + spacing(0, 20), size: 7.8, ink: chart.Muted},
		{id: "FigureValue", name: "Figure Value", based: "BodyText", p: calm + spacing(0, 20), size: 14, bold: true},
		{id: "FigureValueLong", name: "Figure Value Long", based: "FigureValue", size: 11},
		{id: "FigureNote", name: "Figure Note", based: "BodyText", p: spacing(0, 0), size: 7.8, ink: chart.Muted},
		{id: "Header", name: "header", based: "Normal", p: under(chart.Line, 4, 4) + tab + spacing(0, 0), size: 7.6, ink: chart.Muted},
		{id: "Letterhead", name: "Letterhead", based: "Normal", p: spacing(0, 0), size: 2},
		{id: "Footer", name: "footer", based: "Normal", p: tab + spacing(0, 0), size: 7.6, ink: chart.Muted},
		{id: "TOCHeading", name: "TOC Heading", based: "Normal", next: "BodyText", p: whole + calm + spacing(0, 160), size: 17, bold: true},
		{id: "TOC1", name: "toc 1", based: "Normal", next: "Normal", p: dotted(480) + spacing(80, 30), bold: true},
		{id: "TOC2", name: "toc 2", based: "Normal", next: "Normal", p: dotted(1100) + `<w:spacing w:before="0" w:after="20"/><w:ind w:left="480"/>`},
		{id: "TOC3", name: "toc 3", based: "Normal", next: "Normal", p: dotted(1900) + `<w:spacing w:before="0" w:after="20"/><w:ind w:left="1100"/>`},
		{id: "Strong", name: "Strong", character: true, bold: true},
		{id: "Emphasis", name: "Emphasis", character: true, italic: true},
		{id: "Citation", name: "Citation", character: true, ink: chart.Muted},
		{id: "Quiet", name: "Quiet", character: true, ink: chart.Muted},
		{id: "Hyperlink", name: "Hyperlink", character: true, ink: chart.Accent, line: true},
	}
	out = append(out, headings(under(chart.Accent, 8, 3))...)
	for _, t := range chart.Tones() {
		edge := func(side string, size, space int, ink chart.Ink) string {
			return fmt.Sprintf(`<w:%s w:val="single" w:sz="%d" w:space="%d" w:color="%s"/>`, side, size, space, w.colour(ink))
		}
		frame := `<w:keepLines/><w:pBdr>` + edge("top", 4, 5, chart.Panel) + edge("left", 24, 7, t.Tone.Ink()) + edge("bottom", 4, 5, chart.Panel) + edge("right", 4, 7, chart.Panel) + `</w:pBdr>`
		out = append(out, style{id: "Callout" + t.Name, name: "Callout " + t.Name, based: "BodyText", p: frame + shade + `<w:spacing w:before="40" w:after="40"/><w:ind w:left="200" w:right="160"/>`, size: 9},
			style{id: "Callout" + t.Name + "Title", name: "Callout " + t.Name + " title", based: "Callout" + t.Name, next: "Callout" + t.Name, p: spacing(180, 40), bold: true},
			style{id: statusStyle(t.Tone), name: "Status " + t.Name, character: true, ink: t.Tone.Ink(), bold: true})
	}
	return out
}

// headings are the styles of headings: those that Word counts and lists, and the same
// without a number, which stand beside the text but not in the list of contents.
func headings(line string) (out []style) {
	for i, size := range [...]float64{17, 12.5, 10.2} {
		level := strconv.Itoa(i + 1)
		before := [...]int{320, 280, 180}[i]
		p := func(number, line string) string {
			return `<w:keepNext/><w:keepLines/>` + number + line + `<w:suppressAutoHyphens/>` + spacing(before, 100) + `<w:outlineLvl w:val="` + strconv.Itoa(i) + `"/>`
		}
		if i > 0 {
			line = ""
		}
		number := `<w:numPr><w:ilvl w:val="` + strconv.Itoa(i) + `"/><w:numId w:val="` + strconv.Itoa(headingList) + `"/></w:numPr>`
		out = append(out, style{id: "Heading" + level, name: "heading " + level, based: "Normal", next: "BodyText", p: p(number, line), size: size, bold: true},
			style{id: "HeadingPlain" + level, name: "Heading " + level + " Plain", based: "Normal", next: "BodyText", p: p("", line), size: size, bold: true})
	}
	return out
}

// styles is the part with all styles.
func (w *writer) styles() []byte {
	fonts := func(name string) string {
		return `<w:rFonts w:ascii="` + name + `" w:eastAsia="` + name + `" w:hAnsi="` + name + `" w:cs="` + name + `"/>`
	}
	code := language(w.doc.Language)
	w.raw(declaration, `<w:styles`, textNames, `><w:docDefaults><w:rPrDefault><w:rPr>`, fonts(textFont), `<w:sz w:val="19"/><w:szCs w:val="19"/>`,
		`<w:lang w:val="`, code, `" w:eastAsia="`, code, `" w:bidi="`, code, `"/></w:rPr></w:rPrDefault>`,
		`<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>`,
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/><w:rPr><w:color w:val="`, w.colour(chart.Text), `"/></w:rPr></w:style>`,
		`<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>`,
		`<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:semiHidden/></w:style>`)
	for _, s := range w.looks() {
		kind := "paragraph"
		if s.character {
			kind = "character"
			s.based = "DefaultParagraphFont"
		}
		w.raw(`<w:style w:type="`, kind, `" w:styleId="`, s.id, `"><w:name w:val="`, s.name, `"/><w:basedOn w:val="`, s.based, `"/>`)
		if s.next != "" {
			w.raw(`<w:next w:val="`, s.next, `"/>`)
		}
		w.raw(`<w:qFormat/>`)
		if s.p != "" {
			w.raw(`<w:pPr>`, s.p, `</w:pPr>`)
		}
		w.raw(w.letterProperties(s, fonts), `</w:style>`)
	}
	w.tableStyles()
	w.raw(`</w:styles>`)
	return w.take()
}

// letterProperties is how a style sets its letters.
func (w *writer) letterProperties(s style, fonts func(string) string) string {
	p := ""
	if s.font != "" {
		p += fonts(s.font)
	}
	if s.bold {
		p += `<w:b/><w:bCs/>`
	}
	if s.italic {
		p += `<w:i/><w:iCs/>`
	}
	if s.font == codeFont {
		p += `<w:noProof/>`
	}
	if s.ink != chart.None {
		p += `<w:color w:val="` + w.colour(s.ink) + `"/>`
	}
	if s.size > 0 {
		half := strconv.Itoa(int(s.size*2 + 0.5))
		p += `<w:sz w:val="` + half + `"/><w:szCs w:val="` + half + `"/>`
	}
	if s.line {
		p += `<w:u w:val="single"/>`
	}
	if p == "" {
		return ""
	}
	return `<w:rPr>` + p + `</w:rPr>`
}

func (w *writer) tableStyles() {
	line := func(side string, size int, ink chart.Ink) string {
		return fmt.Sprintf(`<w:%s w:val="single" w:sz="%d" w:space="0" w:color="%s"/>`, side, size, w.colour(ink))
	}
	margins := func(top, side string) string {
		return `<w:tblCellMar><w:top w:w="` + top + `" w:type="dxa"/><w:left w:w="` + side + `" w:type="dxa"/><w:bottom w:w="` + top + `" w:type="dxa"/><w:right w:w="` + side + `" w:type="dxa"/></w:tblCellMar>`
	}
	w.raw(`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>`,
		margins("0", twips(cellPad)), `</w:tblPr></w:style>`,
		`<w:style w:type="table" w:styleId="Report"><w:name w:val="Report Table"/><w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr><w:tblBorders>`,
		line("bottom", 4, chart.Line), line("insideH", 4, chart.Line), `</w:tblBorders>`, margins("50", twips(cellPad)),
		`</w:tblPr><w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>`, line("bottom", 8, chart.Muted), `</w:tcBorders></w:tcPr></w:tblStylePr></w:style>`)
}

// numbering is the part with the lists.
func (w *writer) numbering() []byte {
	level := func(i int, format, text, pStyle, indent string) string {
		s := fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/>`, i, format)
		if pStyle != "" {
			s += `<w:pStyle w:val="` + pStyle + `"/>`
		}
		return s + `<w:lvlText w:val="` + text + `"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="` + indent + `" w:hanging="` + indent + `"/></w:pPr><w:rPr><w:color w:val="` + w.colour(chart.Accent) + `"/></w:rPr></w:lvl>`
	}
	w.raw(declaration, `<w:numbering`, textNames, `><w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="multilevel"/>`)
	for i := range 3 {
		text := strings.Join([]string{"%1", "%2", "%3"}[:i+1], ".")
		w.raw(level(i, "decimal", text, "Heading"+strconv.Itoa(i+1), [...]string{"560", "660", "760"}[i]))
	}
	w.raw(`</w:abstractNum><w:abstractNum w:abstractNumId="2"><w:multiLevelType w:val="singleLevel"/>`, level(0, "bullet", "•", "", "280"),
		`</w:abstractNum><w:abstractNum w:abstractNumId="3"><w:multiLevelType w:val="singleLevel"/>`, level(0, "decimal", "%1.", "", "320"), `</w:abstractNum>`,
		`<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>`)
	for i := range w.lists {
		w.raw(`<w:num w:numId="`, strconv.Itoa(orderedList+i), `"><w:abstractNumId w:val="3"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>`)
	}
	w.raw(`</w:numbering>`)
	return w.take()
}
