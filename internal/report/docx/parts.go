package docx

import (
	stdhtml "html"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

const declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// The names of what a part may hold.
const (
	relationNames = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	textNames     = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	allNames      = textNames + ` xmlns:r="` + relationNames + `" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"`
	wordML = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// relation is what a part leads to: another part or an address.
type relation struct {
	kind, target string
	outside      bool
}

// relations is what a part leads to, each once; its place is its id.
type relations []relation

// add returns the id of a relation.
func (r *relations) add(x relation) string {
	for i, y := range *r {
		if x == y {
			return "rId" + strconv.Itoa(i+1)
		}
	}
	*r = append(*r, x)
	return "rId" + strconv.Itoa(len(*r))
}

// write is the relations as the part beside the one that has them.
func (r relations) write() []byte {
	var b strings.Builder
	b.WriteString(declaration + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i, x := range r {
		kind := x.kind
		if !strings.Contains(kind, "/") {
			kind = relationNames + "/" + kind
		}
		b.WriteString(`<Relationship Id="rId` + strconv.Itoa(i+1) + `" Type="` + kind + `" Target="` + stdhtml.EscapeString(x.target) + `"`)
		if x.outside {
			b.WriteString(` TargetMode="External"`)
		}
		b.WriteString(`/>`)
	}
	b.WriteString(`</Relationships>`)
	return []byte(b.String())
}

// parts is the whole file. What a part leads to is known when its text is written.
func (w *writer) parts() []part {
	for _, kind := range []string{"styles", "numbering", "settings"} {
		w.relations.add(relation{kind: kind, target: kind + ".xml"})
	}
	frame, ends := w.frame()
	document := w.document(frame)
	parts := []part{{"word/document.xml", wordML + "document.main+xml", document}, {"word/_rels/document.xml.rels", "", w.relations.write()},
		{"word/styles.xml", wordML + "styles+xml", w.styles()}, {"word/numbering.xml", wordML + "numbering+xml", w.numbering()},
		{"word/settings.xml", wordML + "settings+xml", w.settings()}}
	parts = append(append(parts, ends...), w.media...)
	root := relations{{kind: "officeDocument", target: "word/document.xml"}, {kind: "extended-properties", target: "docProps/app.xml"},
		{kind: "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", target: "docProps/core.xml"}}
	about := []part{{"_rels/.rels", "", root.write()},
		{"docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml", w.properties()},
		{"docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml",
			[]byte(declaration + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Nisaba</Application></Properties>`)}}
	parts = append(about, parts...)
	return append([]part{{"[Content_Types].xml", "", types(parts)}}, parts...)
}

// types is the part that says what the others are.
func types(parts []part) []byte {
	var b strings.Builder
	b.WriteString(declaration + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Default Extension="png" ContentType="image/png"/><Default Extension="svg" ContentType="image/svg+xml"/>`)
	for _, p := range parts {
		if strings.HasSuffix(p.name, ".xml") {
			b.WriteString(`<Override PartName="/` + p.name + `" ContentType="` + p.mediaType + `"/>`)
		}
	}
	b.WriteString(`</Types>`)
	return []byte(b.String())
}

// document is the text of the document; frame is the end of its only section.
func (w *writer) document(frame string) []byte {
	w.raw(declaration, `<w:document`, allNames, `><w:body>`)
	w.title()
	w.blocks(w.doc.Blocks)
	w.raw(`<w:sectPr>`, frame, `<w:pgSz w:w="`, twips(pageWidth), `" w:h="`, twips(pageHeight), `"/><w:pgMar w:top="1240" w:right="`, twips(marginX),
		`" w:bottom="1040" w:left="`, twips(marginX), `" w:header="600" w:footer="480" w:gutter="0"/><w:cols w:space="708"/><w:titlePg/></w:sectPr></w:body></w:document>`)
	return w.take()
}

func (w *writer) title() {
	d := w.doc
	w.plain(para{style: "Title"}, d.Title)
	if d.Subtitle != "" {
		w.plain(para{style: "Subtitle"}, d.Subtitle)
	}
	meta := d.Labels.AsOf + " " + d.DateText
	if d.Brand.Preparer != "" {
		meta += "  ·  " + d.Labels.PreparedBy + " " + d.Brand.Preparer
	}
	w.plain(para{style: "Meta"}, strings.TrimSpace(meta))
}

// frame writes head and foot of the first page and of the others, and returns how the
// section names them.
func (w *writer) frame() (names string, parts []part) {
	end := func(kind, which, file string, content func()) {
		text := w.relations
		w.relations = nil
		element := map[string]string{"header": "hdr", "footer": "ftr"}[kind]
		w.raw(declaration, `<w:`, element, allNames, `>`)
		content()
		w.raw(`</w:`, element, `>`)
		parts = append(parts, part{"word/" + file + ".xml", wordML + kind + "+xml", w.take()})
		if len(w.relations) > 0 {
			parts = append(parts, part{"word/_rels/" + file + ".xml.rels", "", w.relations.write()})
		}
		w.relations = text
		names += `<w:` + kind + `Reference w:type="` + which + `" r:id="` + w.relations.add(relation{kind: kind, target: file + ".xml"}) + `"/>`
	}
	end("header", "default", "header1", w.header)
	end("header", "first", "header2", w.letterhead)
	end("footer", "default", "footer1", w.footer)
	end("footer", "first", "footer2", w.footer)
	return names, parts
}

func (w *writer) header() {
	w.paragraph(para{style: "Header"}, func() {
		w.run("", strings.Trim(w.doc.Title+"  ·  "+w.doc.Subtitle, " ·"))
		w.raw(`<w:r><w:tab/></w:r>`)
		w.run("", w.doc.DateText)
	})
}

// letterhead is the head of the first page: the logo, if there is one.
func (w *writer) letterhead() {
	w.paragraph(para{style: "Letterhead"}, func() {
		if logo := w.doc.Brand.Logo; len(logo.PNG) > 0 && logo.Width > 0 && logo.Height > 0 {
			scale := min(120/float64(logo.Width), 40/float64(logo.Height))
			name := w.doc.Brand.Preparer
			if name == "" {
				name = w.doc.Brand.Client
			}
			w.drawing(drawing{png: logo.PNG, width: float64(logo.Width) * scale, height: float64(logo.Height) * scale, title: name, about: name, corner: true})
		}
	})
}

func (w *writer) footer() {
	field := func(name string) {
		w.raw(`<w:fldSimple w:instr=" `, name, ` "><w:r><w:t>1</w:t></w:r></w:fldSimple>`)
	}
	w.paragraph(para{style: "Footer"}, func() {
		w.run("", w.doc.Notice)
		w.raw(`<w:r><w:tab/></w:r>`)
		field("PAGE")
		w.run("", " / ")
		field("NUMPAGES")
	})
}

// properties is what programs show of a file beside its name.
func (w *writer) properties() []byte {
	d := w.doc
	w.raw(declaration, `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"`,
		` xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`)
	for _, p := range [...][2]string{{"dc:title", d.Title}, {"dc:subject", d.Subtitle}, {"dc:creator", d.Brand.Preparer}, {"dc:language", language(d.Language)}} {
		if p[1] != "" {
			w.raw(`<`, p[0], `>`, stdhtml.EscapeString(oneLine.Replace(model.Clean(p[1]))), `</`, p[0], `>`)
		}
	}
	day := dayOf(d, 1).Format(time.RFC3339)
	w.raw(`<dcterms:created xsi:type="dcterms:W3CDTF">`, day, `</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">`, day, `</dcterms:modified></cp:coreProperties>`)
	return w.take()
}

func (w *writer) settings() []byte {
	code := language(w.doc.Language)
	w.raw(declaration, `<w:settings`, textNames, `><w:zoom w:percent="100"/><w:defaultTabStop w:val="709"/><w:autoHyphenation w:val="true"/><w:consecutiveHyphenLimit w:val="2"/>`,
		`<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>`,
		`<w:themeFontLang w:val="`, code, `"/><w:decimalSymbol w:val="."/><w:listSeparator w:val=","/></w:settings>`)
	return w.take()
}

// language is the language with the country whose spelling Word checks.
func language(tag string) string {
	switch tag {
	case "en":
		return "en-GB"
	case "de":
		return "de-DE"
	case "fr":
		return "fr-FR"
	}
	for _, r := range tag {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return "en-GB"
		}
	}
	if tag == "" {
		return "en-GB"
	}
	return tag
}

// colour is an ink as the format writes it.
func (w *writer) colour(i chart.Ink) string {
	return strings.ToUpper(w.palette[i].Hex()[1:])
}
