package country_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

func pack(t testing.TB, s *country.Set, code string) country.Pack {
	t.Helper()
	p, ok := s.Get(code)
	if !ok {
		t.Fatalf("no pack of %s", code)
	}
	return p
}

// edited is the pack of a country with a change in its file.
func edited(t testing.TB, code, from, to string) country.Pack {
	t.Helper()
	name := strings.ToLower(code)
	text := strings.Replace(packText(t, name), from, to, 1)
	if text == packText(t, name) {
		t.Fatalf("%q is not in the pack of %s", from, code)
	}
	p, err := country.Parse(name+".yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCompareIsSilentAboutTheSame(t *testing.T) {
	s := load(t)
	for _, p := range s.All() {
		if d := country.Compare(p, p); len(d) != 0 {
			t.Errorf("%s differs from itself: %v", p.Code, d)
		}
	}
}

// TestCompare changes one statement at a time.
func TestCompare(t *testing.T) {
	const term = `    terms:
      early_warning: {period: "PT12H", from: aware_at}
`
	for _, tc := range []struct {
		code, from, to string
		want           []string // path: from → to
		touches        country.Touch
	}{
		{"DE", "due: 2026-03-06", "due: 2026-06-06", []string{"registration.due: country.date → country.date"}, country.TouchesDeadline},
		{"DE", "changes_days: 14", "changes_days: 7", []string{"registration.changes_days: country.period.days → country.period.days"}, country.TouchesDeadline},
		{"SE", "in_force_on: 2026-01-15", "in_force_on: null", []string{"in_force_on: country.date → country.not_established"}, country.TouchesDeadline},
		{"ES", "status: not_in_force", "status: made", []string{"status: country.status.not_in_force → country.status.made"}, country.TouchesDuty},
		{"FR", "covers_education: {value: null", "covers_education: {value: true", []string{"options.covers_education: country.choice.unknown → country.choice.true"}, country.TouchesClass},
		{"FR", "covers_education: {value: null,", "covers_education: {value: null, class: important,", []string{"options.covers_education: country.choice.unknown → country.choice.class"}, country.TouchesClass},
		{"NL", "area: scope", "area: supervision", nil, country.TouchesDuty},
		{"PL", `period: "PT72H"`, `period: "PT48H"`, []string{"deviations.dev.anchor.detect.terms.incident_notification: country.term → country.term"}, country.TouchesDeadline},
		{"LT", "    text: country.lt.dev.unknown\n", "    text: country.dev.none\n", []string{"deviations.dev.unknown: country.lt.dev.unknown → country.dev.none"}, country.TouchesDeadline},
		{"LT", "    area: reporting\n", "    area: reporting\n" + term, []string{"deviations.dev.unknown.terms.early_warning: country.absent → country.term"}, country.TouchesDeadline},
		{"CY", "      early_warning: {period: \"PT6H\", from: aware_at}\n", "      final_report: {period: \"P1M\", from: aware_at}\n",
			[]string{"deviations.dev.ew-6h.terms.early_warning: country.term → country.absent", "deviations.dev.ew-6h.terms.final_report: country.absent → country.term"}, country.TouchesDeadline},
		{"EE", "confidence: act", "confidence: verified", []string{"act.confidence: country.confidence.act → country.confidence.verified"}, country.TouchesNothing},
		{"EE", "checked: 2026-09-30", "checked: 2026-10-30", nil, ""},
		{"EE", "zone: Europe/Tallinn", "zone: Europe/Riga", []string{"zone: country.value → country.value"}, country.TouchesDeadline},
		{"EE", `languages: ["et"]`, `languages: ["et", "en"]`, []string{"languages: country.value → country.value"}, country.TouchesNothing},
	} {
		before := pack(t, load(t), tc.code)
		after := edited(t, tc.code, tc.from, tc.to)
		var got []string
		for _, d := range country.Compare(before, after) {
			got = append(got, d.Path+": "+d.From.Key+" → "+d.To.Key)
			if d.Touches() != tc.touches {
				t.Errorf("%s %s touches %s, want %s", tc.code, d.Path, d.Touches(), tc.touches)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", tc.code, tc.to, diff)
		}
		back := country.Compare(after, before)
		if len(back) != len(got) {
			t.Errorf("%s %q: %d differences there, %d back", tc.code, tc.to, len(got), len(back))
		}
	}
}

// TestAffected: only organisations with a State whose pack changes, named with
// what changes; the answers are read, never written.
func TestAffected(t *testing.T) {
	before := load(t)
	after := before.With(edited(t, "DE", "due: 2026-03-06", "due: 2026-06-06")).
		With(edited(t, "GR", "covers_education: {value: null", "covers_education: {value: true"))
	organisations := []country.Reference{
		{Name: "Mill", Countries: []string{"DE"}},
		{Name: "Bakery", Countries: []string{"FR", "IT"}},
		{Name: "School", Countries: []string{"el", "GR", "DE"}},
		{Name: "Nowhere"},
		{Name: "Abroad", Countries: []string{"CH", "XX"}},
	}
	var got []string
	for _, e := range country.Affected(before, after, organisations) {
		for _, d := range e.Differences {
			got = append(got, e.Organisation+" "+e.Country+" "+d.Path+" "+string(d.Touches()))
		}
		if e.Reason.Key != "country.affected" {
			t.Errorf("reason %v", e.Reason)
		}
	}
	want := []string{
		"Mill DE registration.due deadline",
		"School DE registration.due deadline",
		"School GR options.covers_education class",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(country.Affected(before, before, organisations)) != 0 {
		t.Error("an update that changes nothing affects somebody")
	}
	if p := pack(t, before, "DE"); p.Registration.Due != law.MustDate("2026-03-06") {
		t.Errorf("With changed the set it was called on: %s", p.Registration.Due)
	}
}

// TestAffectedByARewording: the same keys with a higher version of the pack, as a
// bundle that brings new sentences.
func TestAffectedByARewording(t *testing.T) {
	before := load(t)
	after := before.With(edited(t, "DE", "version: 1", "version: 2"))
	effects := country.Affected(before, after, []country.Reference{{Name: "Mill", Countries: []string{"DE"}}})
	if len(effects) != 1 || len(effects[0].Differences) != 1 || effects[0].Differences[0].Path != "version" {
		t.Errorf("effects %+v", effects)
	}
}

func TestTouchesAreListed(t *testing.T) {
	s := load(t)
	seen := map[country.Touch]bool{}
	for _, p := range s.All() {
		for _, f := range p.Fields() {
			touch := country.Difference{Path: f.Path, Label: f.Label}.Touches()
			if !slices.Contains(country.Touches(), touch) {
				t.Errorf("%s %s touches %q", p.Code, f.Path, touch)
			}
			seen[touch] = true
		}
	}
	if len(seen) != len(country.Touches()) {
		t.Errorf("only %v occur", seen)
	}
}
