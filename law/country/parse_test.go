package country_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/significance"
)

func packText(t testing.TB, code string) string {
	t.Helper()
	b, err := fs.ReadFile(content.FS, "countries/"+code+".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lineOf is the line of the first occurrence of s.
func lineOf(t *testing.T, text, s string) int {
	t.Helper()
	i := strings.Index(text, s)
	if i < 0 {
		t.Fatalf("%q is not in the pack", s)
	}
	return 1 + strings.Count(text[:i], "\n")
}

// TestParseNamesTheMistake spoils one field of the German pack at a time: the
// error names file, line and field, and what was expected.
func TestParseNamesTheMistake(t *testing.T) {
	good := packText(t, "de")
	for _, tc := range []struct{ name, from, to, field, says string }{
		{"unknown field", "zone: Europe/Berlin", "timezone: Europe/Berlin", "timezone", "no such field"},
		{"unknown field inside", "  portal:\n", "  gateway:\n", "registration.gateway", "no such field"},
		{"given twice", "zone: Europe/Berlin", "zone: Europe/Berlin\nzone: Europe/Berlin", "", "already defined|given twice"},
		{"other country", `code: "DE"`, `code: "FR"`, "code", "expected the file fr.yaml"},
		{"no Member State", `code: "DE"`, `code: "CH"`, "code", "not a Member State"},
		{"version", "version: 1", "version: 0", "version", "whole number from 1"},
		{"version is a text", "version: 1", `version: "one"`, "version", "expected a whole number"},
		{"zone", "zone: Europe/Berlin", "zone: CET+1", "zone", "IANA zone"},
		{"language", `languages: ["de"]`, `languages: ["deu"]`, "languages[0]", "ISO 639-1"},
		{"no language", `languages: ["de"]`, `languages: []`, "languages", "at least one"},
		{"status", "status: in_force", "status: valid", "status", "expected in_force, made or not_in_force"},
		{"date without an act", "status: in_force", "status: not_in_force", "in_force_on", "expected no date"},
		{"day that is none", "in_force_on: 2025-12-06", "in_force_on: 2025-02-30", "in_force_on", "expected YYYY-MM-DD"},
		{"day of long ago", "in_force_on: 2025-12-06", "in_force_on: 1999-12-06", "in_force_on", "between 2022 and 2100"},
		{"no checked day", "checked: 2026-09-30", "checked: null", "act.checked", "expected the day"},
		{"no source", `source: "Commentary on the national act"`, `source: " "`, "act.source", "expected the title"},
		{"confidence", "confidence: secondary", "confidence: sure", "act.confidence", "expected verified, act"},
		{"neither value nor text", `value: "BSIG 2025`, `value: "" # BSIG 2025`, "act", "expected a value"},
		{"both value and text", "act:\n", "act:\n  text: country.de.act\n", "act", "both value and text"},
		{"text is no key", "text: country.de.framework", "text: \"Measures of the act\"", "framework.text", "expected a message key"},
		{"changes", "changes_days: 14", "changes_days: 999", "registration.changes_days", "0 to 365"},
		{"option missing", "  exempts_2_8:", "  exempts_2_9:", "options", "exempts_2_8 is missing"},
		{"option value", "covers_education: {value: null", "covers_education: {value: maybe", "options.covers_education.value", "expected true, false or null"},
		{"class of an option", "covers_education: {value: null,", "covers_education: {value: null, class: big,", "options.covers_education.class", "essential, important"},
		{"area", "area: reporting", "area: weather", "deviations[0].area", "expected one of reporting"},
		{"id", "id: dev.none", "id: none", "deviations[0].id", "for example"},
		{"id twice", "id: dev.de.size", "id: dev.none", "deviations[2].id", "id of its own"},
		{"list for a group", "authority:\n", "authority: []\nauthority_was:\n", "authority", "expected fields with values"},
		{"alias", "status: in_force", "status: &s in_force", "status", "aliases and anchors are not allowed"},
		{"syntax", "status: in_force", "status: [in_force", "", "did not find|did not find expected"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bad := strings.Replace(good, tc.from, tc.to, 1)
			if bad == good {
				t.Fatalf("%q is not in the pack", tc.from)
			}
			_, err := country.Parse("de.yaml", []byte(bad))
			if err == nil {
				t.Fatal("parsed")
			}
			pattern := `(?m)^de\.yaml:\d+: ` + regexp.QuoteMeta(tc.field) + `.*(` + tc.says + `)`
			if !regexp.MustCompile(pattern).MatchString(err.Error()) {
				t.Errorf("%v; want it to match %s", err, pattern)
			}
		})
	}
}

const threshold = `
thresholds:
  - {id: sig.de.users, citation: "National act § 9", field: users_affected, above: 500, value: "More than 500 users.", source: "National act", checked: 2026-11-25, confidence: act}
`

// TestThresholds: a national figure of significance reaches the significance
// test, the comparison of packs says that it touches a duty, and mistakes are named.
func TestThresholds(t *testing.T) {
	plain, err := country.Parse("de.yaml", []byte(packText(t, "de")))
	if err != nil {
		t.Fatal(err)
	}
	p, err := country.Parse("de.yaml", []byte(packText(t, "de")+threshold))
	if err != nil {
		t.Fatal(err)
	}
	want := []significance.Limit{{Rule: "sig.de.users", Citation: "National act § 9", Field: significance.UsersAffected, Above: 500}}
	if diff := cmp.Diff(want, p.Limits()); diff != "" {
		t.Error(diff)
	}
	found := country.Compare(plain, p)
	if len(found) != 1 || found[0].Path != "thresholds.sig.de.users" || found[0].Touches() != country.TouchesDuty {
		t.Errorf("the packs differ in %+v", found)
	}
	for _, tc := range []struct{ from, to, field, says string }{
		{"id: sig.de.users", "id: users", "thresholds[0].id", "an id of its own"},
		{`citation: "National act § 9"`, `citation: " "`, "thresholds[0].citation", "the act and the provision"},
		{"field: users_affected", "field: people", "thresholds[0].field", "a number of the significance contract"},
		{"field: users_affected", "field: death", "thresholds[0].field", "a number of the significance contract"},
		{"above: 500", "above: -1", "thresholds[0].above", "0 or more"},
		{"confidence: act", "confidence: sure", "thresholds[0].confidence", "expected verified"},
	} {
		_, err := country.Parse("de.yaml", []byte(packText(t, "de")+strings.Replace(threshold, tc.from, tc.to, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.field) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", tc.to, err)
		}
	}
}

// TestParseNamesTheLine: the line is that of the field, also deep inside.
func TestParseNamesTheLine(t *testing.T) {
	good := packText(t, "pl")
	for _, tc := range []struct{ from, to, field string }{
		{"zone: Europe/Warsaw", "zone: Warsaw", "zone"},
		{`period: "PT72H"`, `period: "72 hours"`, "deviations[0].terms.incident_notification.period"},
		{"early_warning: {", "first_call: {", "deviations[0].terms.first_call"},
		{"from: detected_at}", "from: the_beginning}", "deviations[0].terms.early_warning.from"},
		{"due: 2026-10-03", "due: 2006-10-03", "registration.due"},
	} {
		bad := strings.Replace(good, tc.from, tc.to, 1)
		_, err := country.Parse("pl.yaml", []byte(bad))
		want := fmt.Sprintf("pl.yaml:%d: %s: ", lineOf(t, bad, tc.to), tc.field)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// TestParseNamesEveryMistake: all of them at once, in the order of the file.
func TestParseNamesEveryMistake(t *testing.T) {
	bad := strings.NewReplacer("version: 1", "version: 0", "zone: Europe/Berlin", "zone: Berlin", "area: scope", "area: size").Replace(packText(t, "de"))
	_, err := country.Parse("de.yaml", []byte(bad))
	if err == nil {
		t.Fatal("parsed")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) < 3 || !strings.Contains(lines[0], "version") || !strings.Contains(lines[1], "zone") || !strings.Contains(lines[2], "area") {
		t.Errorf("mistakes are\n%v", err)
	}
}

func TestParseRefusesWhatIsNoPack(t *testing.T) {
	good := packText(t, "de")
	for name, text := range map[string]string{
		"empty": "", "only a comment": "# nothing", "a list": "- a", "a word": "pack", "null": "~",
		"two packs": good + "\n---\n" + good, "too large": good + strings.Repeat("# filler\n", 1<<17),
		"bomb": "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "binary": "\x00\x01\x02",
	} {
		if _, err := country.Parse("de.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "de.yaml:") {
			t.Errorf("%s: %v; want an error that begins with the file", name, err)
		}
	}
}

func TestLoadWantsAll27(t *testing.T) {
	bundle := bundleOf(t)
	delete(bundle, "mt.yaml")
	bundle["ch.yaml"] = &fstest.MapFile{Data: []byte("code: CH")}
	bundle["fr.yaml"] = &fstest.MapFile{Data: bytes.Replace(bundle["fr.yaml"].Data, []byte("zone: "), []byte("zone: x"), 1)}
	_, err := country.Load(bundle)
	for _, want := range []string{"mt.yaml: the file is missing", "ch.yaml: not a Member State", "fr.yaml:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// bundleOf copies the shipped bundle without its signature, to be changed.
func bundleOf(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	entries, err := fs.ReadDir(content.FS, "countries")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".yaml") {
			continue
		}
		b, err := fs.ReadFile(content.FS, "countries/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = &fstest.MapFile{Data: b}
	}
	return out
}

// FuzzParse: no panic; an error names the file; what is accepted parses the
// same again and has only fields with a message.
func FuzzParse(f *testing.F) {
	for _, code := range []string{"at", "it", "pt"} {
		f.Add([]byte(packText(f, code)))
	}
	for _, s := range []string{"", "code: DE", "a: &a [*a]", "deviations: [{terms: {x: 1}}]", "options: {covers_education: {value: true}}", "languages: [de, 1, null]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := country.Parse("x.yaml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "x.yaml:") {
				t.Fatalf("%v does not begin with the file", err)
			}
			return
		}
		again, err := country.Parse("x.yaml", data)
		if err != nil || cmp.Diff(p, again) != "" {
			t.Fatalf("parsed differently: %v\n%s", err, cmp.Diff(p, again))
		}
		if d := country.Compare(p, again); len(d) != 0 {
			t.Fatalf("a pack differs from itself: %v", d)
		}
		for _, field := range p.Fields() {
			if field.Path == "" || field.Label.Key == "" || field.Value.Key == "" {
				t.Fatalf("field %+v", field)
			}
		}
	})
}
