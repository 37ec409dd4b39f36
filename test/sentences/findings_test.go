package sentences

import (
	"fmt"
	"go/ast"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

// sayers are the functions of the scanner that make a sentence of a format, which is
// their last parameter before the arguments.
var sayers = []string{"Say", "Leave", "Skip", "say", "skip", "set", "failf", "warnf", "unknownf", "settle"}

// findingFields are the fields of a finding that people read as sentences.
var findingFields = []string{"Observed", "Reason", "Expected"}

// findings are the sentences that the scanner can say: each part of what stands in a
// finding.
func (p *program) findings() []said {
	found, tr := map[string]string{}, p.tracer()
	tr.lists = true
	add := func(at string, texts []string) {
		for _, text := range texts {
			if text = numbered(text); found[text] == "" {
				found[text] = at
			}
		}
	}
	const scanner = module + "/exposure"
	for fn, calls := range p.calls {
		if fn.Pkg() == nil || !strings.HasPrefix(fn.Pkg().Path(), scanner) || !slices.Contains(sayers, fn.Name()) {
			continue
		}
		params := fn.Signature().Params()
		at := params.Len() - 1
		if fn.Signature().Variadic() {
			at--
		}
		if at < 0 || params.At(at).Type() != types.Typ[types.String] {
			continue
		}
		for _, c := range calls {
			add(p.place(c), tr.format(c.Args[at:]))
		}
	}
	for v, values := range p.writes {
		if p.owners[v] != scanner+".Finding" || !slices.Contains(findingFields, v.Name()) {
			continue
		}
		for _, e := range values {
			add(p.place(e), tr.texts(e))
		}
	}
	for part := range tr.parts {
		add("part of a sentence", []string{part})
	}
	var out []said
	for text, at := range found {
		out = append(out, said{text, at})
	}
	slices.SortFunc(out, func(a, b said) int { return strings.Compare(a.at+a.text, b.at+b.text) })
	return out
}

// place is where a node stands.
func (p *program) place(n ast.Node) string {
	at := p.files.Position(n.Pos())
	return fmt.Sprintf("%s/%s:%d", filepath.Base(filepath.Dir(at.Filename)), filepath.Base(at.Filename), at.Line)
}

// gaps are where a value stands that the source allows to be empty, which it never is
// in what is said.
var gaps = strings.NewReplacer("  ", " {9} ", "()", "({9})", "= ", "={9} ", "_dmarc.:", "_dmarc.x:", "_dmarc. ", "_dmarc.x ", "_domainkey. ", "_domainkey.x ")

// filled is a text with values in its gaps.
func filled(text string) string {
	text = gaps.Replace(text)
	if strings.HasPrefix(text, " ") {
		text = "{8}" + text
	}
	if strings.HasSuffix(text, " ") || strings.HasSuffix(text, "=") || strings.HasSuffix(text, ".") {
		text += "{9}"
	}
	return text
}

// TestSentencesOfFindings: what the scanner says of what it saw is there in each
// language. Values of protocols stay as they are.
func TestSentencesOfFindings(t *testing.T) {
	p := loadProgram(t, module+"/exposure/scan")
	all := p.findings()
	if len(all) < 700 {
		t.Fatalf("only %d sentences were found; this test no longer sees them", len(all))
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, s := range all {
		said[s.text] = true
	}
	for way, text := range map[string]string{
		"a format":               "{1} ({2}) does not answer over TCP",
		"a field":                "the zone is not signed",
		"a concatenation":        "the zone above does not sign for {1}",
		"a list that is joined":  "TRACE is answered",
		"an error in a sentence": "{1} ({2}): TLS 1.2 or later cannot be begun: the server sends bytes before TLS began",
	} {
		if !said[text] {
			t.Errorf("%s was not followed to %q", way, text)
		}
	}
	for _, s := range all {
		if strings.HasPrefix(s.text, "<") { // said to a server
			continue
		}
		for _, lang := range []string{"de", "fr"} {
			if _, ok := messages.Printer(lang).Finding(filled(s.text)); !ok {
				t.Errorf("%s: %q is not in content/messages/%s/findings", s.at, s.text, lang)
			}
		}
	}
}
