package locale

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cite writes the citation of a legal act, which the data keep in English, in the way
// of the language: "Directive (EU) 2022/2555 Art. 23(4)(a)" is "Richtlinie (EU)
// 2022/2555 Art. 23 Abs. 4 Buchst. a" in German. Sources that are no acts of the Union,
// and what was not read of them, are sentences of the catalogue (sources/*.json). Words
// that neither knows stay.
func (p *Printer) Cite(citation string) string {
	way, ok := citing[p.Language]
	if !ok || citation == "" {
		return citation
	}
	text := citedAct.ReplaceAllStringFunc(p.source(citation), way.act)
	text = way.words.Replace(text)
	for _, x := range way.rules {
		text = x.from.ReplaceAllString(text, x.to)
	}
	text = way.groups(text)
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// CiteAll is Cite for each of several.
func (p *Printer) CiteAll(citations []string) []string {
	out := make([]string, len(citations))
	for i, c := range citations {
		out[i] = p.Cite(c)
	}
	return out
}

// source is a citation with its sentences, which "; " parts, in the printer's language.
func (p *Printer) source(citation string) string {
	parts := strings.Split(citation, "; ")
	for i, part := range parts {
		parts[i], _ = p.sources.say(part)
	}
	return strings.Join(parts, "; ")
}

// citedAct matches the name of an act of the Union; its groups are the kind, the
// mark, "No", the number and the mark behind it.
var citedAct = regexp.MustCompile(`\b((?:Implementing |Delegated )?(?:Directive|Regulation|Recommendation|Decision)) (?:\((EU|EC|EEC)\) )?(No )?(\d{1,4}/\d{1,4})(?:/(EU|EC|EEC))?(,? )?`)

// citedGroup matches paragraphs, points and what is below them: "(4)(d)(ii)".
var citedGroup = regexp.MustCompile(`(?:, )?\(([0-9]{1,3}|[a-z]{1,4})\)(\([a-z]{1,4}\))?(\([ivx]{1,4}\))?`)

type citeRule struct {
	from *regexp.Regexp
	to   string
}

// citeWay is how a language cites.
type citeWay struct {
	acts, marks             map[string]string
	number                  string // before the number of older acts
	gap                     string // between an act and what follows
	paragraph, point, below string // before the number or letter
	closing                 string // behind a letter
	dotted                  string // before a letter behind a dotted number
	words                   *strings.Replacer
	rules                   []citeRule
}

var citing = map[string]citeWay{
	"de": {
		acts: map[string]string{"Directive": "Richtlinie", "Regulation": "Verordnung", "Implementing Regulation": "Durchführungsverordnung",
			"Delegated Regulation": "Delegierte Verordnung", "Recommendation": "Empfehlung", "Decision": "Beschluss",
			"Implementing Directive": "Durchführungsrichtlinie", "Delegated Directive": "Delegierte Richtlinie",
			"Implementing Decision": "Durchführungsbeschluss", "Delegated Decision": "Delegierter Beschluss"},
		marks: map[string]string{"EU": "EU", "EC": "EG", "EEC": "EWG"}, number: "Nr. ", gap: " ",
		paragraph: " Abs. ", point: " Buchst. ", below: " Ziffer ", dotted: " Buchst. ",
		words: strings.NewReplacer("Arts. ", "Art. ", ", first subparagraph", " Unterabs. 1", ", second subparagraph", " Unterabs. 2", ", third subparagraph", " Unterabs. 3",
			", first sentence", " Satz 1", ", second sentence", " Satz 2", "recitals ", "Erwägungsgründe ", "recital ", "Erwägungsgrund ",
			"Annexes ", "Anhänge ", "Annex", "Anhang", "annex ", "Anhang ", "appendix ", "Anhang ", "sections ", "Abschnitte ", "points ", "Nummern ", "point ", "Nummer ", "section ", "Abschnitt ",
			" and ", " und ", " to ", " bis ", ", where applicable", ", soweit zutreffend", ", where possible", ", soweit möglich", "as proposed", "in der vorgeschlagenen Fassung",
			"consolidated text of ", "konsolidierte Fassung vom ", "consolidated text", "konsolidierte Fassung", "with the corrigendum of ", "mit der Berichtigung vom ",
			"template field", "Feld der Vorlage", "1st indent", "1. Gedankenstrich", "2nd indent", "2. Gedankenstrich", "3rd indent", "3. Gedankenstrich"),
		rules: []citeRule{{regexp.MustCompile(`\b(\d+)th indent`), "$1. Gedankenstrich"}, {citedDay, "$1. $2 $3"},
			{month("January"), "Januar"}, {month("February"), "Februar"}, {month("March"), "März"}, {month("May"), "Mai"}, {month("June"), "Juni"},
			{month("July"), "Juli"}, {month("October"), "Oktober"}, {month("December"), "Dezember"}},
	},
	"fr": {
		acts: map[string]string{"Directive": "directive", "Regulation": "règlement", "Implementing Regulation": "règlement d’exécution",
			"Delegated Regulation": "règlement délégué", "Recommendation": "recommandation", "Decision": "décision",
			"Implementing Directive": "directive d’exécution", "Delegated Directive": "directive déléguée",
			"Implementing Decision": "décision d’exécution", "Delegated Decision": "décision déléguée"},
		marks: map[string]string{"EU": "UE", "EC": "CE", "EEC": "CEE"}, number: "nº ", gap: ", ",
		paragraph: ", par. ", point: ", point ", below: " ", closing: ")", dotted: " ",
		words: strings.NewReplacer("; ", "\u00a0; ", " and Art. ", " et art. ", ", Arts. ", ", art. ", ", Art. ", ", art. ", " Arts. ", ", art. ", " Art. ", ", art. ", "Arts. ", "art. ", "Art. ", "art. ", "first subparagraph", "premier alinéa", "second subparagraph", "deuxième alinéa", "third subparagraph", "troisième alinéa",
			"first sentence", "première phrase", "second sentence", "deuxième phrase", "recitals ", "considérants ", "recital ", "considérant ",
			"Annexes ", "annexes ", "Annex", "annexe", "annex ", "annexe ", "appendix ", "annexe ", " and ", " et ", " to ", " à ", ", where applicable", ", le cas échéant", ", where possible", ", si possible", "as proposed", "tel que proposé",
			"consolidated text of ", "texte consolidé du ", "consolidated text", "texte consolidé", "with the corrigendum of ", "avec le rectificatif du ",
			"template field", "champ du modèle", "1st indent", "1er tiret", "2nd indent", "2e tiret", "3rd indent", "3e tiret"),
		rules: []citeRule{{regexp.MustCompile(`\b(\d+)th indent`), "${1}e tiret"},
			{month("January"), "janvier"}, {month("February"), "février"}, {month("March"), "mars"}, {month("April"), "avril"}, {month("May"), "mai"},
			{month("June"), "juin"}, {month("July"), "juillet"}, {month("August"), "août"}, {month("September"), "septembre"},
			{month("October"), "octobre"}, {month("November"), "novembre"}, {month("December"), "décembre"}},
	},
}

// citedDay matches a day in words.
var citedDay = regexp.MustCompile(`\b(\d{1,2}) (January|February|March|April|May|June|July|August|September|October|November|December) (\d{4})\b`)

func month(name string) *regexp.Regexp { return regexp.MustCompile(`\b` + name + `\b`) }

// act writes the name of an act.
func (w citeWay) act(s string) string {
	m := citedAct.FindStringSubmatch(s)
	out := w.acts[m[1]] + " "
	if m[2] != "" {
		out += "(" + w.marks[m[2]] + ") "
	}
	if m[3] != "" {
		out += w.number
	}
	if out += m[4]; m[5] != "" {
		out += "/" + w.marks[m[5]]
	}
	switch m[6] {
	case " ":
		return out + w.gap
	case ", ":
		return out + ", "
	}
	return out
}

// groups writes paragraphs and points.
func (w citeWay) groups(s string) string {
	var b strings.Builder
	end := 0
	for _, m := range citedGroup.FindAllStringSubmatchIndex(s, -1) {
		before := strings.TrimRight(s[end:m[0]], " ")
		if s[end:m[0]] != before { // "and (2)"
			before += " "
		}
		b.WriteString(before)
		first := s[m[2]:m[3]]
		sep := ""
		if s[m[0]] == ',' {
			sep = ","
		}
		switch {
		case strings.HasSuffix(before, "–"): // "(2)–(3)"
			sep += first
		case first[0] >= '0' && first[0] <= '9':
			sep += w.paragraph + first
		case digitBefore(s, m[0]):
			sep += w.dotted + first + w.closing
		default:
			sep += w.point + first + w.closing
		}
		if m[4] >= 0 {
			second := s[m[4]+1 : m[5]-1]
			if first[0] >= '0' && first[0] <= '9' {
				sep += w.point + second + w.closing
			} else {
				sep += w.below + second + w.closing
			}
		}
		if m[6] >= 0 {
			sep += w.below + s[m[6]+1:m[7]-1] + w.closing
		}
		sep = strings.ReplaceAll(sep, ",,", ",")
		if strings.HasSuffix(b.String(), " ") {
			sep = strings.TrimLeft(sep, " ,")
		}
		b.WriteString(sep)
		end = m[1]
	}
	return b.String() + s[end:]
}

// digitBefore reports whether a number with dots, as annexes have, ends at i.
func digitBefore(s string, i int) bool {
	start := i
	for start > 0 && (s[start-1] >= '0' && s[start-1] <= '9' || s[start-1] == '.') {
		start--
	}
	return strings.Contains(s[start:i], ".")
}
