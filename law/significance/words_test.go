package significance_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// sentences are all that the package can say.
func sentences() []law.Message {
	all := []law.Message{significance.MissingTitle(significance.EntityTypes)}
	for _, truth := range []law.Truth{law.True, law.False, law.Unknown} {
		all = append(all, significance.Verdict{Significant: truth}.Title(), significance.Criterion{Met: truth}.MetTitle())
	}
	figure := significance.Figure{Value: 1234.5, Known: true}
	units := map[significance.Unit]bool{}
	for _, info := range significance.Fields() {
		all = append(all, info.Field.Title())
		units[info.Unit] = true
	}
	delete(units, significance.YesNo)
	for unit := range units {
		all = append(all,
			significance.Criterion{Unit: unit, Figure: figure}.Figures(),
			significance.Criterion{Unit: unit, Threshold: figure}.Figures(),
			significance.Criterion{Unit: unit, Figure: figure, Threshold: figure}.Figures())
	}
	everything := f{significance.PlannedMaintenance: nil}.facts(append(regulated(), hospital)...)
	limits := significance.Options{National: []significance.Limit{{Rule: "xx.sig.1", Citation: "national act", Field: significance.UsersAffected, Above: 5}}}
	for _, c := range significance.Judge(everything, limits).Criteria {
		all = append(all, c.Title())
	}
	return all
}

// Every sentence exists in every language, gets the arguments that it names,
// and no sentence of the catalogue is left unsaid.
func TestSentences(t *testing.T) {
	catalogue, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "de", "fr"} {
		b, err := content.FS.ReadFile("messages/" + lang + "/significance.json")
		if err != nil {
			t.Fatal(err)
		}
		unsaid := map[string]string{}
		if err := json.Unmarshal(b, &unsaid); err != nil {
			t.Fatal(err)
		}
		texts := maps.Clone(unsaid)
		for _, m := range sentences() {
			delete(unsaid, m.Key)
			said := catalogue.Printer(lang).Say(m)
			if said == "" || strings.ContainsAny(said, "⟪<") || strings.Contains(said, "%!") {
				t.Errorf("%s: %s is said as %q", lang, m.Key, said)
			}
			for _, arg := range m.Args {
				if !strings.Contains(texts[m.Key], "{{."+arg.Name+"}}") {
					t.Errorf("%s: %s does not show its argument %s", lang, m.Key, arg.Name)
				}
			}
		}
		if len(unsaid) > 0 {
			t.Errorf("%s: nobody says %v", lang, slices.Sorted(maps.Keys(unsaid)))
		}
	}
}
