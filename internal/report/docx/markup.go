package docx

import (
	"bytes"
	stdhtml "html"
	"strings"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// markup is a part that is being written. Texts of the document reach it only through
// text and attr, which escape, so that none becomes an element, and no field.
type markup struct{ b bytes.Buffer }

// raw appends markup that this package wrote itself.
func (m *markup) raw(parts ...string) {
	for _, s := range parts {
		m.b.WriteString(s)
	}
}

// attr appends an attribute with a string of the document.
func (m *markup) attr(name, value string) {
	m.raw(" ", name, `="`, stdhtml.EscapeString(oneLine.Replace(model.Clean(value))), `"`)
}

// oneLine makes one line of a text.
var oneLine = strings.NewReplacer("\n", " ", "\t", " ", "\u2028", " ", "\u2029", " ")

// The hyphens for which the format has elements: one that shows only where a line ends,
// and one at which none does.
const softHyphen, hardHyphen = '\u00ad', '\u2011'

// text appends the elements of a run that are a string of the document.
func (m *markup) text(s string) {
	s = oneLine.Replace(model.Clean(s))
	for s != "" {
		end := strings.IndexAny(s, string(softHyphen)+string(hardHyphen))
		if end < 0 {
			end = len(s)
		}
		if end > 0 {
			m.raw(`<w:t xml:space="preserve">`, stdhtml.EscapeString(s[:end]), `</w:t>`)
		}
		sign, size := utf8.DecodeRuneInString(s[end:])
		switch {
		case size == 0:
			return
		case sign == softHyphen:
			m.raw(`<w:softHyphen/>`)
		default:
			m.raw(`<w:noBreakHyphen/>`)
		}
		s = s[end+size:]
	}
}

// run appends a run in a style of characters; "" is that of the paragraph.
func (m *markup) run(style, s string) {
	if s == "" {
		return
	}
	m.raw(`<w:r>`)
	if style != "" {
		m.raw(`<w:rPr><w:rStyle w:val="`, style, `"/></w:rPr>`)
	}
	m.text(s)
	m.raw(`</w:r>`)
}

// take is what was written, and begins anew.
func (m *markup) take() []byte {
	out := bytes.Clone(m.b.Bytes())
	m.b.Reset()
	return out
}
