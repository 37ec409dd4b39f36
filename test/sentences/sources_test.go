package sentences

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

var (
	quoted = regexp.MustCompile(`\b(?:source|citation): "?([^"{}\n]+)"?`)
	word   = regexp.MustCompile(`\pL{2,}`)
	// abbreviated are names of authorities and acts in capitals, and numbers in letters.
	abbreviated = regexp.MustCompile(`^(\p{Lu}\pL*\p{Lu}\pL*|[ivx]+)$`)
)

// stay are the words of sources that are the same in German or French: names of acts,
// authorities and standards in their own language, and words that the languages share.
var stay = strings.Fields(`Directive directive art Art Annexes annexes point points recommandation fb April Pages tables
	Lov lov nr virk dk Küberturvalisuse seadus Kyberturvallisuuslaki Traficom cyber gouv fr Uredba Lgs Nacionālās kiberdrošības likums
	Cyberbeveiligingswet Dz poz Decreto Lei Regulamento Cybersäkerhetslag Nationellt cybersäkerhetscenter Ur
	Digital Security Authority Centre Traffic Light Protocol Reference Incident Taxonomy
	Mozilla Server Side intermediate modern beveiligingsrichtlijnen voor Transport Layer internet nl
	source sources date clause possible publication Guide guide Communiqué communiqué`)

// shown are the files with sources that people read.
var shown = regexp.MustCompile(`^(countries|reports|checklists|frameworks|exposure/profiles)/`)

// TestSources: what the data rest on is said in German and French, and so is what was
// not read. What stays in English is a name and stands in the list above. A source that
// is new belongs in content/messages/de/sources/sources.json and in that of fr.
func TestSources(t *testing.T) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	err = fs.WalkDir(content.FS, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".yaml") || !shown.MatchString(file) {
			return err
		}
		b, err := fs.ReadFile(content.FS, file)
		for _, m := range quoted.FindAllStringSubmatch(string(b), -1) {
			if text := strings.TrimSpace(m[1]); !seen[text] {
				seen[text] = true
				sourceIsSaid(t, messages, file, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 300 {
		t.Errorf("only %d sources were found; this test no longer sees them", len(seen))
	}
}

func sourceIsSaid(t *testing.T, messages *locale.Catalogue, file, text string) {
	t.Helper()
	for _, language := range []string{"de", "fr"} {
		said := messages.Printer(language).Cite(text)
		words := word.FindAllString(said, -1)
		for _, w := range word.FindAllString(text, -1) {
			if slices.Contains(words, w) && !slices.Contains(stay, w) && !abbreviated.MatchString(w) {
				t.Errorf("%s: %q is %q in %s, with the English word %q", file, text, said, language, w)
			}
		}
	}
}

// TestSourcesAgree: the languages have the same sources with the same places, and none
// that the data do not have.
func TestSourcesAgree(t *testing.T) {
	var all [2]map[string]string
	for i, language := range []string{"de", "fr"} {
		b, err := fs.ReadFile(content.FS, "messages/"+language+"/sources/sources.json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i, other := range []int{1, 0} {
		for from, to := range all[i] {
			if _, ok := all[other][from]; !ok {
				t.Errorf("%q is in one language alone", from)
			}
			if a, b := places(from), places(to); !slices.Equal(a, b) {
				t.Errorf("%q has the places %v, its translation %v", from, a, b)
			}
		}
	}
}
