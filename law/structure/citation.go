package structure

import (
	"fmt"
	"strings"
)

// Part says in which part of an act a provision stands.
type Part uint8

// The parts. Whole means that only the act itself is named.
const (
	Whole Part = iota
	Article
	Recital
	Annex
)

// Citation is one citation of a provision found in running text. A range or a
// list yields one citation for each of its members.
type Citation struct {
	Text   string // the words from which it was read
	Offset int    // where they begin in the text, in bytes
	Act    string // id of the act, for example "2022/2555"; National for the law of a Member State
	Named  bool   // the text names the act beside the provision
	// Also lists the acts that a citation without an act name of its own may
	// mean as well: those that the same text names.
	Also   []string
	Part   Part
	Annex  string   // Roman number of the annex, "" for an only annex
	Path   []string // labels from the article, recital or annex downwards, for example 21, 2, j
	Sub    int      // ordinal of the subparagraph, 0 for none
	Indent int      // ordinal of the indent, 0 for none
}

// IsNational reports whether the citation is one of a national law, which the
// index does not cover.
func (c Citation) IsNational() bool { return c.Act == National }

// Place is the provision without its act, for example "Art. 21(2)(j)",
// "recital 16" or "Annex, point 6.7.2(d)"; "" when only the act is named.
func (c Citation) Place() string {
	s := place(c.Part, c.Annex, c.Path)
	if c.Sub > 0 {
		s += ", subparagraph " + fmt.Sprint(c.Sub)
	}
	if c.Indent > 0 {
		s += ", indent " + fmt.Sprint(c.Indent)
	}
	return s
}

func place(part Part, annex string, path []string) string {
	var b strings.Builder
	switch part {
	case Article:
		b.WriteString("Art.")
	case Recital:
		b.WriteString("recital")
	case Annex:
		b.WriteString("Annex")
		if annex != "" {
			b.WriteString(" " + annex)
		}
		if len(path) > 0 {
			b.WriteString(", point")
		}
	}
	for i, label := range path {
		switch {
		case i == 0:
			b.WriteString(" " + label)
		case part == Annex && label[0] >= '0' && label[0] <= '9':
			b.WriteString("." + label)
		default:
			b.WriteString("(" + label + ")")
		}
	}
	return b.String()
}
