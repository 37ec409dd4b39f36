package locale

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"

	"github.com/nisaba-platform/nisaba/law"
)

// pattern is a message that only puts texts in places: texts and the names of
// arguments in turn, beginning with a text. Nine messages of ten are so, a page has
// hundreds of them, and filling them needs no template engine; the others go to
// go-i18n, which keeps several objects for each message. Nil for one that is not so.
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
	parsed, err := i18n.ParseMessageFileBytes(file, name+"."+lang+".json", nil)
	if err != nil {
		return err
	}
	if c.simple[lang] == nil {
		c.simple[lang], c.others[lang] = map[string]pattern{}, map[string]bool{}
	}
	var others []*i18n.Message
	for _, m := range parsed.Messages {
		delete(c.simple[lang], m.ID)
		delete(c.others[lang], m.ID)
		if p := patternOf(m.Other); p != nil && onlyOther(m) {
			c.simple[lang][m.ID] = p
			continue
		}
		c.others[lang][m.ID] = true
		others = append(others, m)
	}
	return c.bundle.AddMessages(parsed.Tag, others...)
}

func onlyOther(m *i18n.Message) bool {
	return m.Other != "" && m.Zero == "" && m.One == "" && m.Two == "" && m.Few == "" && m.Many == "" && m.LeftDelim == "" && m.RightDelim == ""
}

// fill puts the arguments in their places, as the engine of the other messages
// does: one that is missing has no value, and of two with one name the last counts.
func (f pattern) fill(p *Printer, args []law.Arg) string {
	if len(f) == 1 {
		return f[0]
	}
	var b strings.Builder
	for i, part := range f {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		value := "<no value>"
		for _, a := range args {
			if a.Name != part {
				continue
			}
			switch v := p.arg(a.Value).(type) {
			case string:
				value = v
			case nil:
			default:
				value = fmt.Sprint(v)
			}
		}
		b.WriteString(value)
	}
	return b.String()
}
