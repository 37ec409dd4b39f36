package docx_test

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

// order is the children that an element may have, in the order of the schema
// (ECMA-376 part 1, annex A, with the additions of part 4). Word refuses a file in
// which they stand otherwise. Elements that Word takes in any order are not listed.
var order = map[string]string{
	"w:pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct " +
		"autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
	"w:rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd " +
		"fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath",
	"w:tblPr":       "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
	"w:tcPr":        "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
	"w:tcBorders":   "top start left bottom end right insideH insideV tl2br tr2bl",
	"w:tblBorders":  "top start left bottom end right insideH insideV",
	"w:tblCellMar":  "top start left bottom end right",
	"w:tcMar":       "top start left bottom end right",
	"w:pBdr":        "top left bottom right between bar",
	"w:numPr":       "ilvl numId",
	"w:sectPr":      "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings",
	"w:tbl":         "bookmarkStart bookmarkEnd tblPr tblGrid tr",
	"w:tr":          "tblPrEx trPr tc",
	"w:trPr":        "cantSplit tblHeader",
	"w:tblGrid":     "gridCol",
	"w:body":        "",
	"w:document":    "background body",
	"w:style":       "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed qFormat locked personal personalCompose personalReply rsid pPr rPr tblPr trPr tcPr tblStylePr",
	"w:tblStylePr":  "pPr rPr tblPr trPr tcPr",
	"w:styles":      "docDefaults latentStyles style",
	"w:docDefaults": "rPrDefault pPrDefault",
	"w:numbering":   "numPicBullet abstractNum num numIdMacAtCleanup",
	"w:abstractNum": "nsid multiLevelType tmpl name styleLink numStyleLink lvl",
	"w:lvl":         "start numFmt lvlRestart pStyle isLgl suff lvlText lvlPicBulletId legacy lvlJc pPr rPr",
	"w:num":         "abstractNumId lvlOverride",
	"w:lvlOverride": "startOverride lvl",
	"w:settings":    "writeProtection view zoom mirrorMargins defaultTabStop autoHyphenation consecutiveHyphenLimit hyphenationZone doNotHyphenateCaps characterSpacingControl footnotePr endnotePr compat docVars rsids themeFontLang clrSchemeMapping decimalSymbol listSeparator",
	"w:compat":      "compatSetting",
	"w:sdt":         "sdtPr sdtEndPr sdtContent",
	"w:sdtPr":       "docPartObj",
	"w:docPartObj":  "docPartGallery docPartCategory docPartUnique",
	"w:drawing":     "inline anchor",
	"wp:inline":     "extent effectExtent docPr cNvGraphicFramePr graphic",
	"wp:anchor":     "simplePos positionH positionV extent effectExtent wrapNone docPr cNvGraphicFramePr graphic",
	"pic:pic":       "nvPicPr blipFill spPr",
	"pic:nvPicPr":   "cNvPr cNvPicPr",
	"pic:blipFill":  "blip srcRect stretch",
	"pic:spPr":      "xfrm prstGeom",
}

// sound checks what Word refuses a file for: children that stand in another order, a
// relation or a bookmark that leads nowhere, a number that is there twice, a cell
// without a paragraph at its end, rows that do not fill the columns.
func sound(t failing, f file) {
	t.Helper()
	for name, n := range f.xml {
		n.walk(func(x *node) {
			if list, ok := order[x.name]; ok && list != "" {
				ordered(t, name, x, strings.Fields(list))
			}
			switch x.name {
			case "w:p", "w:r":
				for i, c := range x.children {
					if (c.name == "w:pPr" || c.name == "w:rPr") && i > 0 {
						t.Errorf("%s: %s is not the first of its %s", name, c.name, x.name)
					}
				}
			case "w:tc":
				if last := x.children[len(x.children)-1]; last.name != "w:p" {
					t.Errorf("%s: a cell ends with %s", name, last.name)
				}
			case "w:tbl":
				filled(t, name, x)
			}
		})
	}
	related(t, f)
	placed(t, f.document())
}

func ordered(t failing, name string, x *node, list []string) {
	at := 0
	for _, c := range x.children {
		_, local, _ := strings.Cut(c.name, ":")
		i := slices.Index(list, local)
		if i < 0 {
			t.Errorf("%s: %s has %s", name, x.name, c.name)
		} else if i < at && local != "footerReference" && local != "headerReference" {
			t.Errorf("%s: in %s, %s stands after %s", name, x.name, c.name, list[at])
		}
		at = max(at, i)
	}
}

// filled checks that the cells of each row are as wide as the columns.
func filled(t failing, name string, table *node) {
	columns := table.child("w:tblGrid").children
	for _, r := range table.children {
		if r.name != "w:tr" {
			continue
		}
		n := 0
		for _, c := range r.children {
			if c.name == "w:tc" {
				span, err := strconv.Atoi(c.child("w:tcPr").child("w:gridSpan").attrs["w:val"])
				if err != nil {
					span = 1
				}
				n += span
			}
		}
		if n != len(columns) {
			t.Errorf("%s: a row fills %d of %d columns", name, n, len(columns))
		}
	}
}

// related checks that whatever a part names is there, and nothing outside but links.
func related(t failing, f file) {
	types := f.xml["[Content_Types].xml"]
	known := map[string]bool{}
	for _, x := range types.children {
		known[x.attrs["PartName"]], known["."+x.attrs["Extension"]] = true, true
	}
	if f.names[0] != "[Content_Types].xml" {
		t.Errorf("the file begins with %s", f.names[0])
	}
	for _, name := range f.names {
		if !known["/"+name] && (path.Ext(name) == ".xml" && name != "[Content_Types].xml" || !known[path.Ext(name)]) {
			t.Errorf("nothing says what %s is", name)
		}
		ids := map[string]bool{}
		if rels := f.xml[path.Join(path.Dir(name), "_rels", path.Base(name)+".rels")]; rels != nil {
			for _, x := range rels.children {
				ids[x.attrs["Id"]] = true
				switch outside := x.attrs["TargetMode"] == "External"; {
				case outside && (!strings.HasPrefix(x.attrs["Target"], "https://") || !strings.HasSuffix(x.attrs["Type"], "/hyperlink")):
					t.Errorf("%s leads to %s outside", name, x.attrs["Target"])
				case !outside && f.bytes[path.Join(path.Dir(name), x.attrs["Target"])] == nil:
					t.Errorf("%s leads to %s, which is not there", name, x.attrs["Target"])
				}
			}
		}
		if n := f.xml[name]; n != nil {
			n.walk(func(x *node) {
				for _, a := range []string{"r:id", "r:embed"} {
					if id, ok := x.attrs[a]; ok && !ids[id] {
						t.Errorf("%s: %s names %s, which is not there", name, x.name, id)
					}
				}
			})
		}
	}
}

// placed checks bookmarks, pictures, styles and lists of the text.
func placed(t failing, document *node) {
	marks, ids, pictures := map[string]bool{}, map[string]bool{}, map[string]bool{}
	once := func(seen map[string]bool, what, key string) {
		if seen[key] {
			t.Errorf("%s %q is there twice", what, key)
		}
		seen[key] = true
	}
	for _, x := range document.all("w:bookmarkStart") {
		once(marks, "the bookmark", x.attrs["w:name"])
		once(ids, "the bookmark", x.attrs["w:id"])
	}
	if ends := len(document.all("w:bookmarkEnd")); ends != len(ids) {
		t.Errorf("%d bookmarks begin, %d end", len(ids), ends)
	}
	for _, x := range document.all("wp:docPr") {
		once(pictures, "the picture", x.attrs["id"])
	}
	for _, x := range document.all("w:hyperlink") {
		if a, ok := x.attrs["w:anchor"]; ok && !marks[a] {
			t.Errorf("nothing has the bookmark %s", a)
		}
	}
}

func TestTheFileIsSound(t *testing.T) {
	t.Parallel()
	d := reporttest.Sample(plain)
	d.Brand.Logo = model.Logo{PNG: []byte("\x89PNG"), Width: 300, Height: 100}
	f := open(t, render(t, d))
	sound(t, f)
	for name := range order {
		if n := 0; name != "w:background" {
			for _, x := range f.xml {
				n += len(x.all(name))
			}
			if n == 0 {
				t.Errorf("nothing in the file has %s: its order is not checked", name)
			}
		}
	}
	styles := map[string]bool{}
	for _, x := range f.xml["word/styles.xml"].all("w:style") {
		if styles[x.attrs["w:styleId"]] {
			t.Errorf("the style %s is there twice", x.attrs["w:styleId"])
		}
		styles[x.attrs["w:styleId"]] = true
	}
	lists := map[string]bool{}
	for _, x := range f.xml["word/numbering.xml"].all("w:num") {
		lists[x.attrs["w:numId"]] = true
	}
	for name, n := range f.xml {
		n.walk(func(x *node) {
			v := x.attrs["w:val"]
			switch x.name {
			case "w:pStyle", "w:rStyle", "w:tblStyle", "w:basedOn", "w:next":
				if !styles[v] {
					t.Errorf("%s: there is no style %s", name, v)
				}
			case "w:numId":
				if !lists[v] {
					t.Errorf("%s: there is no list %s", name, v)
				}
			}
		})
	}
}

// TestTheOrderIsChecked: the test sees what Word would refuse.
func TestTheOrderIsChecked(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		`<w:pPr><w:jc/><w:pStyle/></w:pPr>`, `<w:rPr><w:sz/><w:b/></w:rPr>`, `<w:tcPr><w:shd/><w:tcW/></w:tcPr>`, `<w:tblPr><w:tblLook/><w:tblW/></w:tblPr>`,
		`<w:sectPr><w:titlePg/><w:pgSz/></w:sectPr>`, `<w:pPr><w:strange/></w:pPr>`,
	} {
		x := parse(t, "wrong", []byte(strings.Replace(wrong, ">", ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">`, 1)))
		var seen complaints
		ordered(&seen, "wrong", x, strings.Fields(order[x.name]))
		if seen == 0 {
			t.Errorf("nothing is said of %s", wrong)
		}
	}
}

// complaints counts them.
type complaints int

func (*complaints) Helper()                 {}
func (c *complaints) Errorf(string, ...any) { *c++ }
func (c *complaints) Fatalf(string, ...any) { *c++ }

func TestTablesRepeatTheirHead(t *testing.T) {
	t.Parallel()
	f := open(t, render(t, reporttest.Sample(plain)))
	n := 0
	for _, table := range f.document().all("w:tbl") {
		if table.child("w:tblPr").child("w:tblStyle").attrs["w:val"] != "Report" {
			continue
		}
		n++
		for i, r := range table.all("w:tr") {
			if head := r.child("w:trPr").child("w:tblHeader").name != ""; head != (i == 0) {
				t.Errorf("row %d is a head: %v", i, head)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d tables", n)
	}
}

func TestPicturesSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	f := open(t, render(t, reporttest.Sample(plain)))
	charts := 0
	for _, p := range f.document().all("wp:docPr") {
		decorative := len(p.all("adec:decorative")) == 1
		if (p.attrs["descr"] == "") != decorative {
			t.Errorf("the picture %q has the text %q", p.attrs["title"], p.attrs["descr"])
		}
		if !decorative {
			charts++
		}
	}
	if charts != 4 || len(f.document().all("asvg:svgBlip")) != charts {
		t.Errorf("%d charts", charts)
	}
	for name, b := range f.bytes {
		if strings.HasSuffix(name, ".svg") && (strings.Contains(string(b), "class=") || !strings.Contains(string(b), `fill="#`)) {
			t.Errorf("%s has no colours of its own", name)
		}
	}
}

// counted is the numbers that Word gives to the headings of a file.
func counted(f file) (out []string) {
	var counts [4]int
	for _, p := range f.document().all("w:p") {
		style := p.child("w:pPr").child("w:pStyle").attrs["w:val"]
		level := int(style[len(style)-1] - '0')
		switch {
		case strings.HasPrefix(style, "HeadingPlain"):
			number, _, literal := strings.Cut(strings.TrimSpace(p.said()), "  ")
			if !literal {
				number = ""
			}
			out = append(out, number)
		case strings.HasPrefix(style, "Heading"):
			counts[level]++
			clear(counts[level+1:])
			out = append(out, strings.ReplaceAll(strings.Trim(fmt.Sprint(counts[1:level+1]), "[]"), " ", "."))
		}
	}
	return out
}

// TestWordCountsAsWeDo: the numbers that Word finds are those of the other forms of the
// report, to which its texts refer.
func TestWordCountsAsWeDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var d model.Document
		for i := range rapid.IntRange(0, 12).Draw(t, "headings") {
			d.Blocks = append(d.Blocks, model.Heading{Level: rapid.IntRange(0, 4).Draw(t, "level"), ID: fmt.Sprint("h", i), Text: "x", Numbered: rapid.Bool().Draw(t, "numbered")})
		}
		var want []string
		for _, e := range d.Outline() {
			want = append(want, e.Number)
		}
		if got := counted(open(t, render(t, d))); !slices.Equal(got, want) {
			t.Fatalf("Word counts %q, we %q", got, want)
		}
	})
}

// TestAnyDocumentIsSound: whatever blocks in whatever order with whatever texts.
func TestAnyDocumentIsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := model.Document{Title: word(t), Subtitle: word(t), Language: word(t), DateText: word(t), Notice: word(t),
			Brand: model.Brand{Preparer: word(t), Colour: word(t)}, Labels: model.Labels{Contents: word(t), AsOf: word(t)}, Blocks: blocks(t, 2)}
		sound(t, open(t, render(t, d)))
	})
}

func word(t *rapid.T) string {
	return rapid.OneOf(rapid.SampledFrom(hostile()), rapid.String()).Draw(t, "text")
}

func text(t *rapid.T) (out model.Text) {
	for range rapid.IntRange(0, 3).Draw(t, "runs") {
		out = append(out, model.Run{Text: word(t), Style: model.Style(rapid.IntRange(0, 4).Draw(t, "style")),
			Link: rapid.SampledFrom([]string{"", "#h", "#gone", "#row", "https://example.org/a?b=ä", "https://%", "javascript:x"}).Draw(t, "link")})
	}
	return out
}

func texts(t *rapid.T) (out []model.Text) {
	for range rapid.IntRange(0, 3).Draw(t, "texts") {
		out = append(out, text(t))
	}
	return out
}

func tone(t *rapid.T) chart.Tone { return chart.Tone(rapid.IntRange(0, 6).Draw(t, "tone")) }

func blocks(t *rapid.T, deep int) (out []model.Block) {
	for range rapid.IntRange(0, 5).Draw(t, "blocks") {
		out = append(out, block(t, deep))
	}
	return out
}

func block(t *rapid.T, deep int) model.Block {
	switch rapid.IntRange(0, 11).Draw(t, "kind") {
	case 0:
		return model.Heading{Level: rapid.IntRange(-1, 5).Draw(t, "level"), ID: rapid.SampledFrom([]string{"", "h", "A B"}).Draw(t, "id"), Text: word(t), Numbered: rapid.Bool().Draw(t, "numbered")}
	case 1:
		return model.Paragraph{Text: text(t), Small: rapid.Bool().Draw(t, "small")}
	case 2:
		return model.List{Items: texts(t), Ordered: rapid.Bool().Draw(t, "ordered"), Small: rapid.Bool().Draw(t, "small")}
	case 3:
		k := model.KeyFigures{}
		for range rapid.IntRange(0, 5).Draw(t, "figures") {
			k.Items = append(k.Items, model.Figure{Value: word(t), Label: word(t), Note: word(t), Tone: tone(t)})
		}
		return k
	case 4:
		return model.Callout{Tone: tone(t), Title: word(t), Body: texts(t)}
	case 5:
		return model.Code{Text: word(t)}
	case 6:
		return model.Picture{Chart: chart.Stack{Heading: word(t), About: word(t), Parts: []chart.Part{{Tone: tone(t), Label: word(t), Count: 3, Text: word(t)}}}}
	case 7:
		if deep == 0 {
			return model.PageBreak{}
		}
		return model.Split{Share: rapid.Float64Range(0, 1).Draw(t, "share"), Left: blocks(t, deep-1), Right: blocks(t, deep-1)}
	case 8:
		return model.Trace{Items: trace(t)}
	case 9:
		return model.Contents{Depth: rapid.IntRange(0, 4).Draw(t, "depth")}
	case 10:
		return table(t)
	}
	return model.PageBreak{}
}

func trace(t *rapid.T) (out []model.TraceItem) {
	for range rapid.IntRange(0, 2).Draw(t, "reasons") {
		out = append(out, model.TraceItem{Kind: word(t), Text: text(t), Date: word(t), Counted: rapid.Bool().Draw(t, "counted")})
	}
	return out
}

func table(t *rapid.T) model.Table {
	x := model.Table{Caption: word(t), Small: rapid.Bool().Draw(t, "small")}
	for range rapid.IntRange(0, 4).Draw(t, "columns") {
		x.Columns = append(x.Columns, model.Column{Title: word(t), Align: model.Align(rapid.IntRange(0, 2).Draw(t, "align")), Weight: rapid.Float64Range(0, 4).Draw(t, "weight")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "rows") {
		r := model.Row{ID: rapid.SampledFrom([]string{"", "row", "!"}).Draw(t, "id"), Group: rapid.SampledFrom([]string{"", "", "group"}).Draw(t, "group")}
		for range rapid.IntRange(0, 5).Draw(t, "cells") {
			c := model.Cell{Lines: texts(t), Trace: trace(t)}
			if rapid.Bool().Draw(t, "badge") {
				c.Badge = &model.Badge{Tone: tone(t), Word: word(t)}
			}
			if rapid.Bool().Draw(t, "meter") {
				c.Meter = &model.Meter{Value: rapid.Float64Range(-10, 200).Draw(t, "value"), Target: 80, Text: word(t)}
			}
			r.Cells = append(r.Cells, c)
		}
		x.Rows = append(x.Rows, r)
	}
	return x
}

// FuzzText: no text makes a file that is not sound, or another field.
func FuzzText(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x := open(t, render(t, model.Document{Title: s, Language: s, Notice: s, Brand: model.Brand{Preparer: s}, Blocks: []model.Block{
			model.Heading{Level: 1, ID: "h", Text: s, Numbered: true}, model.Contents{Depth: 1}, model.Paragraph{Text: model.Text{{Text: s, Link: s}}}, model.Code{Text: s}}}))
		sound(t, x)
		if n := len(x.document().all("w:instrText")); n != 1 {
			t.Errorf("%d fields", n)
		}
	})
}
