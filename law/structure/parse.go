package structure

import (
	"regexp"
	"slices"
	"strings"
)

// Parse finds the citations in a text in English, German or French. A citation
// without an act name is one of Directive (EU) 2022/2555; one of a numbered
// annex point such as 6.7.2(d) is one of Implementing Regulation (EU) 2024/2690.
func Parse(text string) []Citation { return ParseIn(text, NIS2) }

// ParseIn is Parse for a text in which a citation without an act name belongs to
// the given act, or to the law of a Member State when act is National.
func ParseIn(text, act string) []Citation {
	p := &parser{text: text, home: act, acts: actsIn(text, act)}
	for _, m := range p.acts {
		if !slices.Contains(p.also, m.id) {
			p.also = append(p.also, m.id)
		}
	}
	for _, m := range head.FindAllStringSubmatchIndex(text, -1) {
		if m[0] < p.pos {
			continue
		}
		p.begin = m[0]
		p.read(m)
	}
	for _, m := range p.acts {
		if m.numbered {
			p.out = append(p.out, Citation{Text: text[m.start:m.end], Offset: m.start, Act: m.id, Named: true})
		}
	}
	slices.SortStableFunc(p.out, func(a, b Citation) int { return a.Offset - b.Offset })
	return p.out
}

// head matches the word that opens a citation; its groups are, in this order:
// article, recital, annex with a Roman number, annex, point with a dotted
// number, section sign.
var head = regexp.MustCompile(`(\b(?:[Aa]rts?\.\s*|[Aa]rticles?\s+|Artikeln?\s+|Artikels\s+|Art\s+)\d)` +
	`|(\b[Rr]ecitals?\s+\d|\bErwägungsgr(?:und|unde|ünde|ünden|undes)\s+\d|\bErwG\.?\s*\d|\b[Cc]onsidérants?\s+\d)` +
	`|(\b(?:[Aa]nnex(?:es)?|Anh(?:ang|angs|änge|ängen)|[Aa]nnexes?)\s+[IVX]+\b)` +
	`|(\b(?:[Aa]nnexe?|Anhangs?)\b)` +
	`|(\b(?:[Pp]oints?|[Nn]ummern?|Nr\.|Ziffern?)\s+\d+\.\d)` +
	`|(§§?\s*\d+)`)

type parser struct {
	text  string
	home  string
	acts  []mention
	also  []string
	begin int // where the citation under way begins
	pos   int // what has been read
	out   []Citation
	bound binding // of the citation before
	last  int     // where the citation before ended
}

// binding says to which act a citation belongs.
type binding struct {
	act   string
	named bool
}

func (p *parser) read(m []int) {
	switch {
	case m[2] >= 0:
		p.pos = m[3] - 1
		p.articles(p.bind(m[0], p.home), nil)
	case m[4] >= 0:
		p.pos = m[5] - 1
		p.recitals(p.bind(m[0], p.home))
	case m[6] >= 0:
		p.pos = m[7]
		p.romanAnnex(p.bind(m[0], p.home))
	case m[8] >= 0:
		p.pos = m[9]
		p.onlyAnnex(m[0])
	case m[10] >= 0:
		p.pos = m[11] - 1
		for p.pos > 0 && (isDigit(p.text[p.pos-1]) || p.text[p.pos-1] == '.') {
			p.pos--
		}
		p.dotted(p.bind(m[0], CIR2690))
	default:
		p.pos = m[13]
		p.add(Citation{Act: National, Part: Article, Path: []string{"§"}}, binding{National, true})
	}
	p.last = p.pos
}

// near is the longest distance in bytes between a citation and what belongs to it.
const near = 120

// glue is what may stand between the name of an act and its citation.
var glue = regexp.MustCompile(`^(?:[\s,:]*\([^()]{0,60}\))?[\s,:(]*(?:its\s+|the\s+|in\s+|dessen\s+|deren\s+|son\s+)?$`)

// chain is what may stand between two citations of one act.
var chain = regexp.MustCompile(`^\s*(?:,|and|or|und|oder|sowie|et|ou|,\s*and|with|to|–)?\s*$`)

// bind finds the act of a citation that begins at start.
func (p *parser) bind(start int, otherwise string) binding {
	for i := len(p.acts) - 1; i >= 0; i-- {
		if m := p.acts[i]; m.end <= start && start-m.end <= near && m.end >= p.last && glue.MatchString(p.text[m.end:start]) {
			return p.keep(binding{m.id, true})
		}
	}
	if p.bound.act != "" && p.last > 0 && start >= p.last && start-p.last <= near && p.bound.named && chain.MatchString(p.text[p.last:start]) {
		return p.bound
	}
	if nationalLaw.MatchString(p.text[max(0, start-90):start]) {
		return p.keep(binding{National, true})
	}
	return p.keep(binding{otherwise, false})
}

func (p *parser) keep(b binding) binding {
	p.bound = b
	return b
}

// following matches the name of an act behind its citation: "Art. 21 of
// Directive …", "Art. 58 DSGVO".
var following = regexp.MustCompile(`^\s+(of\s+(?:the\s+)?|de\s+la\s+|de\s+l['’]|du\s+|der\s+|des\s+)?$`)

// after rebinds what was found since from when the act is named behind it.
func (p *parser) after(from int) {
	for _, m := range p.acts {
		if m.start < p.pos || m.start-p.pos > near || !following.MatchString(p.text[p.pos:m.start]) {
			continue
		}
		strict := strings.TrimSpace(p.text[p.pos:m.start]) != ""
		for i := from; i < len(p.out); i++ {
			if p.out[i].Named {
				continue
			}
			if p.out[i].Act != m.id {
				p.out[i].Also = append([]string{p.out[i].Act}, p.out[i].Also...)
			}
			p.out[i].Act, p.out[i].Named = m.id, strict
			if strict {
				p.out[i].Also = nil
			}
		}
		p.bound = binding{m.id, strict}
		return
	}
}

func (p *parser) add(c Citation, b binding) {
	c.Offset, c.Text = p.begin, strings.TrimSpace(p.text[p.begin:p.pos])
	c.Act, c.Named = b.act, b.named
	if !b.named {
		if c.Part == Article && b.act != p.home {
			c.Also = append(c.Also, p.home)
		}
		c.Also = append(c.Also, p.also...)
	}
	p.out = append(p.out, c)
}

// take consumes a match at the reading position and returns its groups.
func (p *parser) take(re *regexp.Regexp) []string {
	m := re.FindStringSubmatch(p.text[p.pos:])
	if m != nil {
		p.pos += len(m[0])
	}
	return m
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
