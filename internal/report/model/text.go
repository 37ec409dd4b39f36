package model

import "strings"

// Style is how a run of text is set.
type Style uint8

// The styles.
const (
	Plain Style = iota
	Strong
	Emphasis
	Citation // a place in the law: smaller and quieter
	Muted
)

// Run is a piece of text in one style. Link is "#id" of a heading or a row of
// the document, or an https address; empty for none. Writers drop other links.
type Run struct {
	Text  string
	Style Style
	Link  string
}

// Text is running text.
type Text []Run

// Say is plain text.
func Say(s string) Text { return Text{{Text: s}} }

// Strongly is text that stands out.
func Strongly(s string) Text { return Text{{Text: s, Style: Strong}} }

// Quietly is text that stands back.
func Quietly(s string) Text { return Text{{Text: s, Style: Muted}} }

// Then appends a run in a style.
func (t Text) Then(s string, style Style) Text {
	return append(t[:len(t):len(t)], Run{Text: s, Style: style})
}

// To appends a link.
func (t Text) To(s, link string) Text { return append(t[:len(t):len(t)], Run{Text: s, Link: link}) }

// String is the text without its styles.
func (t Text) String() string {
	var b strings.Builder
	for _, r := range t {
		b.WriteString(r.Text)
	}
	return b.String()
}

// Target reports where a run may lead: an anchor of the document or an https
// address. Everything else is no link.
func (r Run) Target() (anchor, address string) {
	if id, ok := strings.CutPrefix(r.Link, "#"); ok && ValidID(id) {
		return id, ""
	}
	if strings.HasPrefix(r.Link, "https://") && !strings.ContainsAny(r.Link, " \"'<>\\\t\r\n") {
		return "", r.Link
	}
	return "", ""
}

// ValidID reports whether an anchor has only lower-case letters, digits, "-",
// "_" and ".", and is not empty.
func ValidID(id string) bool {
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_' {
			return false
		}
	}
	return id != ""
}

// TurnsText reports whether a character changes the direction of the text around
// it. Writers drop such characters.
func TurnsText(r rune) bool {
	return r == 0x200e || r == 0x200f || r == 0x61c || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// Clean drops control characters, which neither HTML nor XML allows, and those that
// change the direction of writing, with which a name could pass for another. Bytes that
// are no text become signs of replacement.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff || TurnsText(r) {
			return -1
		}
		return r
	}, s)
}
