package structure

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const label = `(\d{1,3}[a-z]{0,2}|[a-z]{1,2}|[ivx]{1,5})`

// The pieces of a citation, each matched at the reading position.
var (
	articleNumber = regexp.MustCompile(`^(\d{1,3}[a-z]?)\b`)
	bracket       = regexp.MustCompile(`^\(` + label + `\)`)
	spacedBracket = regexp.MustCompile(`^\s\((\d{1,2}|[a-z])\)`)
	trailed       = regexp.MustCompile(`^\s([a-z]|[ivx]{1,4})\)`)
	worded        = regexp.MustCompile(`^,?\s*(?:(?:[Pp]aragraphe?s?|Absatz(?:es)?|Absätze|Buchstaben?|Nummern?|Ziffern?|(?:sous-)?[Pp]oints?)\s+|(?:[Pp]ara\.|Abs\.|Buchst\.|Nr\.|Ziff\.|lit\.)\s*)\(?` + label + `\)?`)
	listed        = regexp.MustCompile(`^(?:,\s*|\s*,?\s*(?:and|or|und|oder|et|ou|as well as|sowie)\s+)\(` + label + `\)`)
	listedBare    = regexp.MustCompile(`^(?:,\s*|\s*,?\s*(?:and|or|und|oder|et|ou|sowie)\s+)(?:Abs\.\s*|Buchst\.\s*|Nr\.\s*)?` + label + `(\)|\b)`)
	rangeTo       = regexp.MustCompile(`^(?:\s?[–-]\s?|\s+(?:to|bis|à)\s+)\(?` + label + `\)?`)
	listedAbsatz  = regexp.MustCompile(`^(?:,\s*|\s+(?:und|oder)\s+)Abs\.\s*` + label)
	subOrdinal    = regexp.MustCompile(`^,?\s*(?:the\s+)?(first|second|third|fourth|fifth|premier|première|deuxième|troisième|quatrième|cinquième|1st|2nd|3rd|4th)\s+(?:subparagraphs?|subpara\.?|alinéas?)`)
	subNumber     = regexp.MustCompile(`^,?\s*(?:Unterabs\.|Unterabsatz|subparagraph|alinéa)\s*(\d)`)
	nextArticle   = regexp.MustCompile(`^(?:,\s*|\s*,?\s*(?:and|or|und|oder|et|ou|sowie|as well as)\s+)(?:Arts?\.\s*|[Aa]rticles?\s+|Artikeln?\s+)?(\d{1,2}[a-z]?)(\(|\)|,|;|\.|:|\s+(?:and|or|und|oder|et|ou|sowie|to|bis|à|Abs\.|of)\b|[–-]\d|$)`)
	articleRange  = regexp.MustCompile(`^(?:\s?[–-]\s?|\s+(?:to|bis|à)\s+)(\d{1,2})\b`)
	ofTheAnnex    = regexp.MustCompile(`^\s+(?:of\s+the\s+Annex(?:\s+to|\s+of)?(?:\s+the)?|des\s+Anhangs(?:\s+der)?|de\s+l['’]annexe(?:\s+de\s+la)?)`)
)

// articles reads one article with its paragraphs and points, and the articles
// listed behind it. In an annex that has articles, annex is not nil.
func (p *parser) articles(b binding, annex *string) {
	from := len(p.out)
	for {
		m := p.take(articleNumber)
		if m == nil {
			break
		}
		c := Citation{Part: Article, Path: []string{m[1]}}
		if annex != nil {
			c.Part, c.Annex = Annex, *annex
		}
		if end := p.take(articleRange); end != nil {
			p.spread(c, b, end[1])
		} else {
			p.below(c, b)
		}
		next := nextArticle.FindStringSubmatchIndex(p.text[p.pos:])
		if next == nil {
			break
		}
		p.pos += next[2]
	}
	p.trailing(from)
}

// trailing looks for "of the Annex to …" and the name of the act behind.
func (p *parser) trailing(from int) {
	if p.take(ofTheAnnex) != nil {
		for i := from; i < len(p.out); i++ {
			p.out[i].Part, p.out[i].Annex = Annex, ""
			if !p.out[i].Named {
				p.out[i].Act = SME
			}
		}
	}
	p.after(from)
}

// spread adds every member of a range whose first member is c.
func (p *parser) spread(c Citation, b binding, to string) {
	top := len(c.Path) - 1
	all, ok := between(c.Path[top], to)
	if !ok {
		all = []string{c.Path[top], to}
	}
	for _, l := range all {
		member := c
		member.Path = append(slices.Clone(c.Path[:top]), l)
		p.add(member, b)
	}
}

// below reads paragraphs, points and subparagraphs, then what is listed beside
// the last of them.
func (p *parser) below(c Citation, b binding) {
	for p.deeper(&c) {
	}
	p.pieces(c, b)
}

func (p *parser) pieces(c Citation, b binding) {
	for len(c.Path) > 1 || c.Part == Annex && len(c.Path) > 0 {
		if m := p.take(rangeTo); m != nil && sameKind(m[1], c.Path[len(c.Path)-1]) {
			p.spread(c, b, m[1])
			c.Path = append(slices.Clone(c.Path[:len(c.Path)-1]), m[1])
		} else {
			if m != nil {
				p.pos -= len(m[0])
			}
			p.add(c, b)
		}
		m := p.take(listed)
		if m == nil {
			m = p.bare(c)
		}
		if m == nil && c.Part == Article && isDigit(c.Path[1][0]) {
			if m = p.take(listedAbsatz); m != nil {
				c.Path = c.Path[:2] // beside the paragraph, whatever point was read of it
			}
		}
		if m == nil {
			return
		}
		c.Path = sibling(c.Path, m[1])
		c.Sub, c.Indent = 0, 0
		for p.deeper(&c) {
		}
	}
	p.add(c, b)
}

// bare reads a sibling without an opening bracket, as German and French write:
// "Abs. 2 Buchst. a, b und c", "points a), b) et c)".
func (p *parser) bare(c Citation) []string {
	m := listedBare.FindStringSubmatch(p.text[p.pos:])
	last := c.Path[len(c.Path)-1]
	if m == nil || isDigit(m[1][0]) || !sameKind(m[1], last) || len(m[1]) > 1 && !slices.Contains(romans(), m[1]) {
		return nil
	}
	if m[1] == "a" && m[2] == "" { // the English article
		return nil
	}
	if p.pos > 0 && p.text[p.pos-1] == ')' && m[2] == "" { // "(a) or b" is not a list
		return nil
	}
	p.pos += len(m[0])
	return m
}

// deeper reads one step down: "(2)", ", point (a)", " Abs. 2", or the
// subparagraph.
func (p *parser) deeper(c *Citation) bool {
	for _, re := range []*regexp.Regexp{bracket, spacedBracket, trailed, worded} {
		m := re.FindStringSubmatch(p.text[p.pos:])
		if m == nil || re == worded && (!p.wordEnds(m[0]) || c.Part == Article && len(c.Path) > 1 && listedAbsatz.MatchString(m[0])) {
			continue
		}
		p.pos += len(m[0])
		c.Path = append(slices.Clone(c.Path), m[1])
		return true
	}
	if m := p.take(subOrdinal); m != nil {
		c.Sub = ordinal(m[1])
		return true
	}
	if m := p.take(subNumber); m != nil {
		c.Sub, _ = strconv.Atoi(m[1])
		return true
	}
	return false
}

// wordEnds reports whether the label of a worded step is a whole word, so that
// "point of contact" is none.
func (p *parser) wordEnds(step string) bool {
	end := p.pos + len(step)
	return strings.HasSuffix(step, ")") || end >= len(p.text) || !isWord(p.text[end])
}

func isWord(b byte) bool {
	return isDigit(b) || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// sibling replaces the innermost label of the same kind and drops what is below.
func sibling(path []string, with string) []string {
	for i := len(path) - 1; i > 0; i-- {
		if sameKind(path[i], with) {
			return append(slices.Clone(path[:i]), with)
		}
	}
	if len(path) == 1 {
		return []string{with}
	}
	return append(slices.Clone(path[:1]), with)
}

func sameKind(a, b string) bool {
	if isDigit(a[0]) || isDigit(b[0]) {
		return isDigit(a[0]) && isDigit(b[0])
	}
	ra, rb := slices.Contains(romans(), a), slices.Contains(romans(), b)
	if len(a) > 1 && ra || len(b) > 1 && rb {
		return ra && rb
	}
	return true
}

func ordinal(word string) int {
	switch word {
	case "first", "premier", "première", "1st", "erster":
		return 1
	case "second", "deuxième", "2nd":
		return 2
	case "third", "troisième", "3rd":
		return 3
	case "fourth", "quatrième", "4th":
		return 4
	}
	return 5
}
