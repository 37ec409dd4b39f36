package catalog_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/catalog"
)

// files is a content folder from the text of its files.
func files(nis2, annex, kinds, questions string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range map[string]string{"frameworks/nis2.yaml": nis2, "frameworks/cir-2024-2690/01.yaml": annex,
		"evidence-kinds.yaml": kinds, "questions/01.yaml": questions} {
		if text != "" {
			out[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return out
}

const (
	section = "- {id: cir.1, kind: section, measures: [a]}\n"
	leaf    = section + "- {id: cir.1.1, kind: requirement, measures: [a]}\n"
	asked   = "- id: q.one\n  topic: a\n  type: choice\n  options:\n    - {id: yes-so, effects: [{requirements: [cir.1.1], status: met, confidence: high}]}\n    - {id: unknown}\n"
)

// faulty is a content folder with what Load says about it.
type faulty struct {
	name                          string
	nis2, annex, kinds, questions string
	want                          string
}

// TestLoadRefuses names the file, the line and the id of each mistake.
func TestLoadRefuses(t *testing.T) {
	for _, tc := range slices.Concat(faultyRequirements(), faultyQuestions()) {
		t.Run(tc.name, func(t *testing.T) {
			_, err := catalog.Load(files(tc.nis2, tc.annex, tc.kinds, tc.questions))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
		})
	}
}

func faultyRequirements() []faulty {
	return []faulty{
		{"no YAML", "", "- {id: [", "", "", "frameworks/cir-2024-2690/01.yaml"},
		{"unknown field", "", leaf + "- id: cir.1.2\n  kind: requirement\n  colour: red\n", "", "", "frameworks/cir-2024-2690/01.yaml:5: cir.1.2: field colour not found"},
		{"wrong type", "", section + "- id: cir.1.1\n  kind: requirement\n  weight: heavy\n", "", "", "frameworks/cir-2024-2690/01.yaml:4: cir.1.1: cannot unmarshal"},
		{"unknown kind", "", section + "- {id: cir.1.1, kind: chapter}\n", "", "", "01.yaml:2: cir.1.1: kind \"chapter\"; expected one of"},
		{"id used twice", "", leaf + "- {id: cir.1.1, kind: item}\n", "", "", "cir.1.1: the id is used before at frameworks/cir-2024-2690/01.yaml:2"},
		{"id missing", "", section + "- {kind: item}\n", "", "", "an entry has no id"},
		{"parent missing", "", "- {id: cir.1.1.a, kind: item}\n", "", "", "parent \"cir.1.1\" is not in the catalogue"},
		{"parent is a leaf", "", leaf + "- {id: cir.1.1.a, kind: item}\n", "", "", "parent cir.1.1 cannot hold it"},
		{"section with a parent", "", section + "- {id: cir.2, kind: section, parent: cir.1}\n", "", "", "a section has no parent"},
		{"measure", "", section + "- {id: cir.1.1, kind: item, measures: [k]}\n", "", "", "measure \"k\""},
		{"softness", "", section + "- {id: cir.1.1, kind: item, soft: [if-you-like]}\n", "", "", "soft \"if-you-like\""},
		{"soft from a hard point", "", leaf + "- {id: cir.1.2, kind: item, soft_from: cir.1.1}\n", "", "", "soft_from cir.1.1 is not a point with soft words"},
		{"cadence", "", section + "- {id: cir.1.1, kind: item, cadence: [daily]}\n", "", "", "cadence \"daily\""},
		{"owner", "", section + "- {id: cir.1.1, kind: item, owner: nobody}\n", "", "", "owner \"nobody\""},
		{"phase", "", section + "- {id: cir.1.1, kind: item, phase: later}\n", "", "", "phase \"later\""},
		{"weight", "", section + "- {id: cir.1.1, kind: item, weight: 0.5}\n", "", "", "weight 0.5"},
		{"effort", "", section + "- {id: cir.1.1, kind: item, effort: [3, 1]}\n", "", "", "effort [3 1]"},
		{"after nothing", "", section + "- {id: cir.1.1, kind: item, after: [cir.9]}\n", "", "", "cir.9 is not in the catalogue"},
		{"after in a circle", "", section + "- {id: cir.1.1, kind: item, after: [cir.1.2]}\n- {id: cir.1.2, kind: item, after: [cir.1.1]}\n", "", "", "`after` runs in a circle: cir.1.1 → cir.1.2 → cir.1.1"},
		{"evidence kind", "", section + "- {id: cir.1.1, kind: item, evidence: [{kind: doc.x, text: T, valid_months: 12}]}\n", "", "", "evidence kind \"doc.x\""},
		{"evidence for ever", "", section + "- {id: cir.1.1, kind: item, evidence: [{kind: doc.x, text: T, valid_months: 99}]}\n", "- {id: doc.x, title: X}\n", "", "valid for 99 months"},
		{"no citation", "- {id: nis2.other, kind: section}\n", "", "", "", "nis2.other: no citation"},
	}
}

func faultyQuestions() []faulty {
	return []faulty{
		{"topic", "", leaf, "", strings.Replace(asked, "topic: a", "topic: z", 1), "questions/01.yaml:1: q.one: topic \"z\""},
		{"type", "", leaf, "", strings.Replace(asked, "choice", "several", 1), "type \"several\""},
		{"option twice", "", leaf, "", strings.Replace(asked, "{id: unknown}", "{id: yes-so}", 1), "option id \"yes-so\" is missing or used twice"},
		{"status", "", leaf, "", strings.Replace(asked, "status: met", "status: fine", 1), "status \"fine\""},
		{"confidence", "", leaf, "", strings.Replace(asked, "confidence: high", "confidence: full", 1), "confidence \"full\""},
		{"requirement", "", leaf, "", strings.Replace(asked, "[cir.1.1]", "[cir.7]", 1), "requirement cir.7 is not in the catalogue"},
		{"framework", "", leaf, "", asked + "  ask_when: {frameworks: [iso]}\n", "ask_when: framework \"iso\""},
		{"question", "", leaf, "", asked + "  ask_when: {answers: {q.two: [a]}}\n", "ask_when: question q.two does not exist"},
		{"option", "", leaf, "", asked + strings.Replace(asked, "q.one", "q.two", 1) + "  ask_when: {answers: {q.one: [no-such]}}\n", "question q.one has no option no-such"},
		{"circle of questions", "", leaf, "", asked + "  ask_when: {answers: {q.one: [yes-so]}}\n", "ask_when: runs in a circle"},
	}
}

// TestLoadParts: a folder without some of the files is an empty pack, not a fault.
func TestLoadParts(t *testing.T) {
	c, err := catalog.Load(files("", leaf, "", asked))
	if err != nil || c.Len() != 2 || len(c.Questions()) != 1 || len(c.Kinds()) != 0 {
		t.Fatalf("%v", err)
	}
	if c, err = catalog.Load(fstest.MapFS{}); err != nil || c.Len() != 0 || len(c.Search("policy")) != 0 || c.Framework(catalog.NIS2) != nil {
		t.Errorf("empty folder: %v", err)
	}
}

// TestIncomplete: what may be missing while texts are written is refused once
// they must be complete.
func TestIncomplete(t *testing.T) {
	c, err := catalog.Load(files("", leaf, "", asked))
	if err != nil {
		t.Fatal(err)
	}
	err = c.Validate(true)
	if err == nil {
		t.Fatal("an empty requirement is complete")
	}
	for _, want := range []string{"cir.1.1: no title", "cir.1.1: no explanation", "cir.1.1: no text for what good looks like", "cir.1.1: no evidence",
		"cir.1.1: no weight", "cir.1.1: no effort", "cir.1.1: owner", "cir.1.1: phase", "q.one: no text", "q.one: option yes-so has no text"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint %q", want)
		}
	}
}

// TestTree walks the embedded catalogue both ways.
func TestTree(t *testing.T) {
	c := load(t)
	reached := 0
	var walk func(id string)
	walk = func(id string) {
		for _, child := range c.Children(id) {
			reached++
			if child.Parent != id {
				t.Errorf("%s is listed below %s, its parent is %s", child.ID, id, child.Parent)
			}
			walk(child.ID)
		}
	}
	walk("")
	if reached != c.Len() {
		t.Errorf("%d of %d points are reached from the sections", reached, c.Len())
	}
	if got := len(c.Leaves("cir.3.2.3")); got != 12 {
		t.Errorf("cir.3.2.3 has %d items", got)
	}
	if c.Leaves("cir.99") != nil || c.Children("cir.99") != nil || c.InformedBy("cir.99") != nil {
		t.Error("an unknown id has something below it")
	}
	if _, ok := c.Get("cir.99"); ok {
		t.Error("an unknown id is found")
	}
	if got := c.Leaves("cir.1.1.2"); len(got) != 1 || got[0].ID != "cir.1.1.2" {
		t.Errorf("the leaf itself: %v", got)
	}
}

func TestSearch(t *testing.T) {
	c := load(t)
	for _, tc := range []struct{ words, first string }{
		{"cir.3.2.3.b", "cir.3.2.3.b"}, {"3.2.3.b", "cir.3.2.3.b"}, {"nis2.21.2.c.backup", "nis2.21.2.c.backup"},
		{"removable media", "cir.12.3"}, {"MULTI-FACTOR", "cir.11.7"}, {"24 hours early warning", "nis2.23.4.a"},
	} {
		found := c.Search(tc.words)
		if len(found) == 0 || found[0].ID != tc.first {
			ids := []string{}
			for _, r := range found[:min(5, len(found))] {
				ids = append(ids, r.ID)
			}
			t.Errorf("%q finds %v, want %s first", tc.words, ids, tc.first)
		}
	}
	for _, words := range []string{"", "   ", "backup zebra"} {
		if found := c.Search(words); len(found) != 0 {
			t.Errorf("%q finds %d", words, len(found))
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"Zugangsschlüssel": "zugangsschlussel", "Straße": "strasse", "Éléments À ÇA": "elements a ca",
		"Ångström Æsir œuvre þorn": "angstrom aesir oeuvre thorn", "Łódź Žilina Đorđe": "lodz zilina dorde", "plain": "plain", "": ""} {
		if got := catalog.Fold(in); got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
	if d := cmp.Diff(catalog.Fold("Ü"), catalog.Fold("U\u0308")); d != "" {
		t.Error("a letter and its parts fold differently")
	}
}
