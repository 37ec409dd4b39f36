package locale

import (
	"regexp"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"

	"github.com/nisaba-platform/nisaba/law"
)

// pattern is a message that only puts texts in places: texts and the names of
// arguments in turn, beginning with a text. Nine messages of ten are so, a page has
// hundreds of them, and filling them needs no template engine; the others go to
// go-i18n. Nil for a message that is not so.
type pattern []string

var place = regexp.MustCompile(`{{ *\.([a-zA-Z_][a-zA-Z_0-9]*) *}}`)

// patternOf is the pattern of a text, nil when it has conditions or loops.
func patternOf(text string) pattern {
	var out pattern
	for at := place.FindStringSubmatchIndex(text); at != nil; at = place.FindStringSubmatchIndex(text) {
		out = append(out, text[:at[0]], text[at[2]:at[3]])
		text = text[at[1]:]
	}
	out = append(out, text)
	for i := 0; i < len(out); i += 2 {
		if strings.Contains(out[i], "{{") {
			return nil
		}
	}
	return out
}

// add reads one file of messages of a language.
func (c *Catalogue) add(lang, name string, file []byte) error {
	parsed, err := c.bundle.ParseMessageFileBytes(file, name+"."+lang+".json")
	if err != nil {
		return err
	}
	if c.simple[lang] == nil {
		c.simple[lang] = map[string]pattern{}
	}
	for _, m := range parsed.Messages {
		delete(c.simple[lang], m.ID)
		if p := patternOf(m.Other); p != nil && onlyOther(m) {
			c.simple[lang][m.ID] = p
		}
	}
	return nil
}

func onlyOther(m *i18n.Message) bool {
	return m.Other != "" && m.Zero == "" && m.One == "" && m.Two == "" && m.Few == "" && m.Many == "" && m.LeftDelim == "" && m.RightDelim == ""
}

// fill puts the arguments in their places; ok is false when one is missing or is
// not a text once it is rendered.
func (f pattern) fill(p *Printer, args []law.Arg) (text string, ok bool) {
	switch len(f) {
	case 0:
		return "", false
	case 1:
		return f[0], true
	}
	var b strings.Builder
	for i, part := range f {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		value, found := "", false
		for _, a := range args {
			if a.Name == part {
				value, found = p.arg(a.Value).(string)
			}
		}
		if !found {
			return "", false
		}
		b.WriteString(value)
	}
	return b.String(), true
}
