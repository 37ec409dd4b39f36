package checklist_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/domain/checklist"
)

// TestEveryLetterIsAsked: the list on the strategy has each letter of Art. 7(1) and (2)
// and both duties after it, the one on peer reviews each letter of Art. 19(1) and each
// paragraph.
func TestEveryLetterIsAsked(t *testing.T) {
	all, err := checklist.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	cited := map[string]bool{}
	for _, l := range all {
		for _, x := range l.Items() {
			cited[strings.TrimPrefix(x.Citation, "Directive (EU) 2022/2555 Art. ")] = true
		}
	}
	var want []string
	for paragraph, letters := range map[string]string{"7(1)": "abcdefgh", "7(2)": "abcdefghij", "19(1)": "abcdef"} {
		for _, letter := range letters {
			want = append(want, paragraph+"("+string(letter)+")")
		}
	}
	for _, w := range append(want, "7(3)", "7(4)", "19(2)", "19(3)", "19(4)", "19(5)", "19(6)", "19(7)", "19(8)", "19(9)") {
		if !cited[w] {
			t.Errorf("nothing asks for Art. %s", w)
		}
	}
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	const head = "id: x\nversion: 1\nchecked: 2026-11-28\nconfidence: verified\nsource: s\ntitle: {en: a, de: b, fr: c}\nabout: {en: a, de: b, fr: c}\n"
	const point = "  - {id: p, citation: c, title: {en: a, de: b, fr: c}, look: {en: a, de: b, fr: c}}\n"
	for name, tc := range map[string]struct{ text, want string }{
		"no parts":       {head, "parts"},
		"twice":          {head + "parts:\n- id: a\n  title: {en: a, de: b, fr: c}\n  items:\n" + point + point, `point "p"`},
		"no French":      {head + "parts:\n- id: a\n  title: {en: a, de: b, fr: c}\n  items:\n" + strings.Replace(point, ", fr: c}, look", "}, look", 1), "point p"},
		"unknown member": {head + "more: 1\n", "more"},
	} {
		_, err := checklist.Load(fstest.MapFS{"checklists/x.yaml": {Data: []byte(tc.text)}})
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "checklists/x.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTidy(t *testing.T) {
	for name, tc := range map[string]struct {
		mark checklist.Mark
		want string
	}{
		"nothing said":   {checklist.Mark{}, ""},
		"aside, why not": {checklist.Mark{Status: checklist.Aside, Note: " "}, "note"},
		"no such status": {checklist.Mark{Status: "done"}, "status"},
		"long evidence":  {checklist.Mark{Evidence: []string{strings.Repeat("x", checklist.LongestLine+1)}}, "evidence"},
		"long note":      {checklist.Mark{Note: strings.Repeat("é", checklist.LongestNote+1)}, "note"},
		"just as long":   {checklist.Mark{Note: strings.Repeat("é", checklist.LongestNote), Status: checklist.Met}, ""},
	} {
		if field, _ := tc.mark.Tidy(); field != tc.want {
			t.Errorf("%s: %q, want %q", name, field, tc.want)
		}
	}
}
