package playbook_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
)

// TestContent: every playbook of the program is whole, in order, and names
// requirements and roles that exist.
func TestContent(t *testing.T) {
	all, err := playbook.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range all {
		ids = append(ids, p.ID)
		last := 0
		for _, s := range p.Steps {
			at := slices.Index(playbook.Phases(), s.Phase)
			if at < last {
				t.Errorf("%s: step %s stands after a later phase", p.ID, s.ID)
			}
			last = at
			if !slices.Contains(catalog.Owners(), s.Role) {
				t.Errorf("%s: step %s is for %q", p.ID, s.ID, s.Role)
			}
			for _, r := range s.Requirements {
				if _, ok := catalogue.Get(r); !ok {
					t.Errorf("%s: step %s names the requirement %s", p.ID, s.ID, r)
				}
			}
			for _, lang := range []string{"en", "de", "fr"} {
				if strings.Contains(s.Title[lang], "\n") || len([]rune(s.Title[lang])) > 120 {
					t.Errorf("%s: step %s has a long title in %s", p.ID, s.ID, lang)
				}
			}
		}
		for _, need := range []string{"aware", "evidence", "warn", "review"} {
			if !slices.ContainsFunc(p.Steps, func(s playbook.Step) bool { return s.ID == need }) {
				t.Errorf("%s has no step %s", p.ID, need)
			}
		}
	}
	if want := []string{"data-breach", "ddos", "insider", "ot", "ransomware", "supplier"}; !slices.Equal(ids, want) {
		t.Errorf("playbooks %v, want %v", ids, want)
	}
}

func TestBroken(t *testing.T) {
	for name, text := range map[string]string{
		"no steps":      "id: x\nversion: 1\nchecked: 2026-01-01\ntitle: {en: a, de: a, fr: a}\nabout: {en: a, de: a, fr: a}\nsteps: []\n",
		"unknown field": "id: x\ncolour: red\n",
		"other name":    "id: y\nversion: 1\nchecked: 2026-01-01\ntitle: {en: a, de: a, fr: a}\nabout: {en: a, de: a, fr: a}\nsteps: []\n",
	} {
		if _, err := playbook.Load(fstest.MapFS{"playbooks/x.yaml": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s is loaded", name)
		}
	}
}
