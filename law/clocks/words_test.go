package clocks_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// sentences are all that the package can say.
func sentences() []law.Message {
	var all []law.Message
	for _, r := range clocks.Regimes() {
		all = append(all, r.Title())
	}
	for _, term := range clocks.Terms() {
		c := clocks.Clock{Stage: term.Stage, TermID: term.ID}
		all = append(all, c.Title(), c.Basis(), c.Recipient())
	}
	for _, s := range []clocks.Status{clocks.OnTime, clocks.LateStrictWithinLegal, clocks.Late, clocks.NotStarted, clocks.Voluntary, clocks.WaitingForMeasure, clocks.Open, clocks.Overdue} {
		all = append(all, s.Title())
	}
	for _, i := range clocks.AllInputs() {
		all = append(all, i.Title())
	}
	for _, p := range clocks.Proposals() {
		all = append(all, law.Say(p.Text))
	}
	for _, p := range []clocks.Period{{}, clocks.Hours(1), clocks.Hours(72), {Elapsed: 90 * time.Minute}, clocks.Days(14), clocks.Months(1), {WorkingDays: 30}} {
		all = append(all, p.Message())
		profile := clocks.Profile{clocks.EarlyWarning: {Period: p, From: clocks.DetectedAt}}
		all = append(all, clocks.Compute(clocks.Request{Regime: clocks.NIS2, Stage: clocks.EarlyWarning, Profile: profile}).Basis())
	}
	return all
}

// Every sentence exists in every language, shows the arguments that it gets, and
// no sentence of the catalogue is left unsaid.
func TestSentences(t *testing.T) {
	catalogue, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "de", "fr"} {
		b, err := content.FS.ReadFile("messages/" + lang + "/clocks.json")
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]json.RawMessage{}
		if err := json.Unmarshal(b, &texts); err != nil {
			t.Fatal(err)
		}
		unsaid := maps.Clone(texts)
		for _, m := range sentences() {
			delete(unsaid, m.Key)
			if said := catalogue.Printer(lang).Say(m); said == "" || strings.ContainsAny(said, "⟪<") || strings.Contains(said, "%!") {
				t.Errorf("%s: %s is said as %q", lang, m.Key, said)
			}
			for _, arg := range m.Args {
				if !strings.Contains(string(texts[m.Key]), "{{."+arg.Name+"}}") {
					t.Errorf("%s: %s does not show its argument %s", lang, m.Key, arg.Name)
				}
			}
		}
		if len(unsaid) > 0 {
			t.Errorf("%s: nobody says %v", lang, slices.Sorted(maps.Keys(unsaid)))
		}
	}
}
