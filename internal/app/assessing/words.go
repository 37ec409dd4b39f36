package assessing

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/country"
)

// anchor is the id of the row of the statement of applicability, or of the gap
// list, that speaks of a requirement.
func anchor(requirement string) string { return "r-" + strings.ToLower(requirement) }

// lower puts the first letter of a word in lower case.
func lower(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// truth is the word for a three-valued answer.
func (c *composer) truth(v law.Truth) string { return c.t("report.truth." + v.String()) }

// entityType is the name of an entity type; an unknown id is shown as it is.
func (c *composer) entityType(id string) string {
	t, ok := annex.Lookup(id)
	if !ok {
		return id
	}
	return c.p.Say(t.Title())
}

// field is the name of an input field of the scope test.
func (c *composer) field(name string) string {
	key := "report.field." + name
	if s := c.t(key); !strings.HasPrefix(s, "⟪") {
		return s
	}
	return name
}

// place names countries by their codes.
func (c *composer) places(codes []string) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = c.place(code)
	}
	return strings.Join(names, ", ")
}

func (c *composer) place(code string) string {
	if code == "" {
		return c.t("report.truth.unknown")
	}
	return c.p.Say(country.Name(code))
}

// measureLetter is the letter of a score key such as "measure.a".
func measureLetter(key string) (string, bool) { return strings.CutPrefix(key, "measure.") }

// shortCite leaves the name of the act out where the place alone says enough, and
// writes the rest in the way of the language.
func (c *composer) shortCite(citation string) string {
	for _, act := range []string{"Directive (EU) 2022/2555 ", "Implementing Regulation (EU) 2024/2690 ", "Implementing Regulation (EU) 2024/2690, "} {
		if s, ok := strings.CutPrefix(citation, act); ok {
			return c.p.Cite(s)
		}
	}
	return c.p.Cite(citation)
}

// glued keeps "Art." and its number on one line.
func glued(citation string) string { return numbered.Replace(citation) }

var numbered = strings.NewReplacer("Art. ", "Art.\u00a0", "art. ", "art.\u00a0")
