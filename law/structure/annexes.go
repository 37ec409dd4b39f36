package structure

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The pieces of citations of recitals and annexes.
var (
	number        = regexp.MustCompile(`^\d{1,3}\b`)
	nextNumber    = regexp.MustCompile(`^(?:,\s*|\s*,?\s*(?:and|or|und|oder|et|ou)\s+)(?:[Rr]ecitals?\s+)?(\d{1,3})\b(?:[^\d(/%]|$)`)
	nextRoman     = regexp.MustCompile(`^(?:,\s*|/|\s*,?\s*(?:and|or|und|oder|et|ou)\s+)(?:Annex(?:es)?\s+)?([IVX]+)\b`)
	annexPoint    = regexp.MustCompile(`^,?\s*(?:[Pp]oints?|[Nn]o\.?|Nr\.|Nummern?|Ziff\.|[Ss]ectors?|[Ss]ections?|[Ss]ektor)?\s*(\d{1,2})\b`)
	indentPiece   = regexp.MustCompile(`^,?\s*(\d{1,2})(?:st|nd|rd|th|\.|er|re|e|ème)\s*(?:indent|Gedankenstrich|tiret)`)
	wordedIndent  = regexp.MustCompile(`^,?\s*(first|second|third|fourth|fifth|premier|deuxième|troisième|quatrième|cinquième)\s+(?:indent|tiret)`)
	dottedPoint   = regexp.MustCompile(`^,?\s*(?:[Pp]oints?|[Ss]ections?|[Ss]ubsections?|[Aa]bschnitte?|[Nn]ummern?|Nr\.|Ziffern?|Punkte?)?\s*(\d{1,2}(?:\.\d{1,2}){0,3})`)
	nextDotted    = regexp.MustCompile(`^(?:,\s*|\s*,?\s*(?:and|or|und|oder|et|ou|to|bis|à|–|-)\s*)(?:[Pp]oints?\s+)?(\d{1,2}(?:\.\d{1,2}){1,3})`)
	annexArticles = regexp.MustCompile(`^,?\s*(?:[Aa]rts?\.|[Aa]rticles?|Artikel)\s*(\d)`)
)

func (p *parser) recitals(b binding) {
	from := len(p.out)
	for {
		m := p.take(number)
		if m == nil {
			break
		}
		c := Citation{Part: Recital, Path: []string{m[0]}}
		if end := p.take(rangeTo); end != nil {
			p.spread(c, b, end[1])
		} else {
			p.add(c, b)
		}
		next := nextNumber.FindStringSubmatchIndex(p.text[p.pos:])
		if next == nil {
			break
		}
		p.pos += next[2]
	}
	p.after(from)
}

// romanAnnex reads "Annex I, point 8, 4th indent" and the annexes listed behind.
func (p *parser) romanAnnex(b binding) {
	from := len(p.out)
	start := p.pos
	for start > 0 && strings.IndexByte("IVX", p.text[start-1]) >= 0 {
		start--
	}
	c := Citation{Part: Annex, Annex: p.text[start:p.pos]}
	for {
		if m := p.annexStep(); m != "" {
			c.Path = []string{m}
			for p.deeper(&c) {
			}
			p.indent(&c)
			p.pieces(c, b)
		} else {
			p.add(c, b)
		}
		m := p.take(nextRoman)
		if m == nil {
			break
		}
		c = Citation{Part: Annex, Annex: m[1]}
	}
	p.after(from)
}

// annexStep reads the point of a numbered annex; a bare number needs no word
// before it ("Annex I 8"), but must not be a count of something.
func (p *parser) annexStep() string {
	m := annexPoint.FindStringSubmatchIndex(p.text[p.pos:])
	if m == nil {
		return ""
	}
	bare := strings.Trim(p.text[p.pos:p.pos+m[2]], ", ") == ""
	rest := p.text[p.pos+m[1]:]
	if bare && rest != "" && !strings.ContainsRune("(,;.)", rune(rest[0])) {
		return ""
	}
	s := p.text[p.pos+m[2] : p.pos+m[3]]
	p.pos += m[1]
	return s
}

func (p *parser) indent(c *Citation) {
	if m := p.take(indentPiece); m != nil {
		c.Indent, _ = strconv.Atoi(m[1])
	} else if m := p.take(wordedIndent); m != nil {
		c.Indent = ordinal(m[1])
	}
}

// onlyAnnex reads what follows "Annex" without a Roman number: a point of the
// annex of the Implementing Regulation, or an article of an annex. The word
// alone is no citation.
func (p *parser) onlyAnnex(start int) {
	if m := annexArticles.FindStringSubmatchIndex(p.text[p.pos:]); m != nil {
		b := p.bind(start, SME)
		p.pos += m[2]
		only := ""
		p.articles(b, &only)
		return
	}
	m := dottedPoint.FindStringSubmatchIndex(p.text[p.pos:])
	if m == nil {
		return
	}
	b := p.bind(start, CIR2690)
	p.pos += m[2]
	p.dotted(b)
}

// dotted reads "6.7.2(d)" and the points listed behind it.
func (p *parser) dotted(b binding) {
	from := len(p.out)
	m := p.take(dottedPoint)
	for m != nil {
		c := Citation{Part: Annex, Path: strings.Split(m[1], ".")}
		for p.deeper(&c) {
		}
		p.pieces(c, b)
		if m = p.take(nextDotted); m != nil && !slices.Contains(strings.Split(m[1], "."), "0") {
			continue
		}
		break
	}
	p.after(from)
}
