package locale

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sentences are the English sentences of faults with their translations. The
// English sentence is the key, so that a fault stays a plain sentence where it is
// made; "{1}", "{2}", … stand for what is only known when it is said.
type sentences struct {
	whole map[string]string
	open  []openSentence // those with places, the ones with more words first
}

// openSentence is a sentence with places between its parts.
type openSentence struct {
	parts []string
	to    string
}

// loadSentences reads *.json of a folder; English has none.
func loadSentences(fsys fs.FS, folder string) (*sentences, error) {
	files, err := fs.Glob(fsys, path.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list the sentences of %s: %w", folder, err)
	}
	s := &sentences{whole: map[string]string{}}
	for _, f := range files {
		b, err := fs.ReadFile(fsys, f)
		if err != nil {
			return nil, fmt.Errorf("read sentences: %w", err)
		}
		if err := json.Unmarshal(b, &s.whole); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
	}
	for from, to := range s.whole {
		if parts := partsOf(from); len(parts) > 1 {
			s.open = append(s.open, openSentence{parts, to})
		}
	}
	slices.SortFunc(s.open, func(a, b openSentence) int {
		x, y := strings.Join(a.parts, "\x00"), strings.Join(b.parts, "\x00")
		return cmp.Or(len(y)-len(x), strings.Compare(x, y))
	})
	return s, nil
}

// partsOf are the texts around the places of a sentence, which are numbered in
// their order.
func partsOf(sentence string) []string {
	var parts []string
	for n := 1; ; n++ {
		before, after, found := strings.Cut(sentence, "{"+strconv.Itoa(n)+"}")
		parts = append(parts, before)
		if !found {
			return parts
		}
		sentence = after
	}
}

// Sentence is an English sentence of a fault in the printer's language; what
// stands in its places is translated too where it is a sentence or a word by
// itself. ok is false, and the text the English one, when there is no translation.
func (p *Printer) Sentence(english string) (text string, ok bool) {
	if p.Language == "en" || english == "" {
		return english, true
	}
	return p.sentences.say(english)
}

// Finding is what a scan says in English, in the printer's language as far as it
// consists of sentences that are translated; names and values stay. ok is false when a
// sentence stays in English.
func (p *Printer) Finding(english string) (text string, ok bool) {
	if p.Language == "en" || english == "" {
		return english, true
	}
	return p.findings.tell(english, deepest)
}

// deepest is how often a sentence of a finding may stand in the place of another one.
// What a stranger wrote stands in findings, too, so that there must be an end.
const deepest = 3

// tell says what consists of sentences with "; " between them, each of which may have
// the name of a place and ": " before it.
func (s *sentences) tell(english string, depth int) (string, bool) {
	if s == nil {
		return english, false
	}
	if to, ok := s.whole[english]; ok {
		return to, true
	}
	if depth == 0 {
		return english, !worded(english)
	}
	parts, all := strings.Split(english, "; "), true
	if len(parts) > 1 {
		for i, part := range parts {
			said, ok := s.tell(part, depth)
			parts[i], all = said, all && ok
		}
		if all {
			return strings.Join(parts, "; "), true
		}
	}
	at, what, placed := strings.Cut(english, ": ")
	if to, ok := s.whole[what]; ok && placed {
		return at + ": " + to, true
	}
	for _, o := range s.open {
		if values, ok := match(o.parts, english); ok {
			return fill(o.to, values, func(v string) string { said, _ := s.tell(v, depth-1); return said }), true
		}
	}
	if len(parts) > 1 {
		return strings.Join(parts, "; "), false
	}
	if placed {
		if said, ok := s.tell(what, depth-1); ok {
			return at + ": " + said, true
		}
	}
	return english, !worded(english)
}

// plainWord is a word of a language, not a name nor a value of a protocol.
var plainWord = regexp.MustCompile(`^[a-z]{2,}$`)

// worded reports whether a text has words of a language beside names and values, which
// are the same in all of them. A single word is taken for a name.
func worded(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;:()", r) })
	return len(words) > 1 && slices.ContainsFunc(words, plainWord.MatchString)
}

func (s *sentences) say(english string) (string, bool) {
	if s == nil {
		return english, false
	}
	if to, ok := s.whole[english]; ok {
		return to, true
	}
	for _, o := range s.open {
		if values, ok := match(o.parts, english); ok {
			return fill(o.to, values, func(v string) string { said, _ := s.say(v); return said }), true // names and figures stay as they are
		}
	}
	if one, rest, found := strings.Cut(english, "; "); found {
		a, first := s.say(one)
		b, second := s.say(rest)
		return a + "; " + b, first && second
	}
	return english, false
}

// fill puts values in the places of a translation, as say has them.
func fill(to string, values []string, say func(string) string) string {
	pairs := make([]string, 0, 2*len(values))
	for i, v := range values {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", say(v))
	}
	return strings.NewReplacer(pairs...).Replace(to)
}

// match reports whether text consists of the parts with something between each.
func match(parts []string, text string) (values []string, ok bool) {
	last := len(parts) - 1
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return nil, false
	}
	rest, ok = strings.CutSuffix(rest, parts[last])
	if !ok {
		return nil, false
	}
	for _, part := range parts[1:last] {
		value, after, found := strings.Cut(rest, part)
		if !found || value == "" {
			return nil, false
		}
		values, rest = append(values, value), after
	}
	return append(values, rest), rest != ""
}

// Failure is the text of an error that was kept as text, in the printer's language
// as far as it consists of sentences of faults: one fault per line, each with its
// place before it and what was expected behind it.
func (p *Printer) Failure(text string) string {
	if p.Language == "en" {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = p.failure(line)
	}
	return strings.Join(lines, "\n")
}

func (p *Printer) failure(line string) string {
	what, expected, both := strings.Cut(line, "; expected ")
	if both { // before a sentence with a place at its end takes all of the line
		a, first := p.Sentence(what)
		b, second := p.Sentence(expected)
		if first && second {
			return p.T("ui.fault", "what", a, "expected", b)
		}
	}
	if said, ok := p.Sentence(line); ok {
		return said
	}
	if both {
		expected, _ = p.Sentence(expected)
	}
	for at := 0; ; { // what stands before the sentence: file, line, field
		if said, ok := p.Sentence(what[at:]); ok {
			what = what[:at] + said
			break
		}
		next := strings.Index(what[at:], ": ")
		if next < 0 {
			break
		}
		at += next + len(": ")
	}
	if !both {
		return what
	}
	return p.T("ui.fault", "what", what, "expected", expected)
}
