package country_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

func load(t testing.TB) *country.Set {
	t.Helper()
	s, err := country.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// row is what a pack must say where a mistake would cost most: dates, terms and
// how sure each statement is. Letters of confidence: a clause of the act, g page
// of an authority, s commentary, u not confirmed.
type row struct {
	code       string
	status     country.Status
	inForce    string // YYYY-MM-DD
	due        string
	confidence string // of act, in_force_note, authority, csirt, reporting, portal, due_note, framework
	deviations string // ids with their letter
	terms      string // stage period from
	options    string // those that are known
}

// rows is the state of the national laws in autumn 2026, as far as sources tell.
func rows() []row {
	const detect = "early_warning PT24H detected_at, incident_notification PT72H detected_at"
	return []row{
		{"AT", country.InForce, "2026-10-01", "2026-12-31", "aassguas", "dev.none g, dev.at.fines a, dev.at.fines.registration s", "", ""},
		{"BE", country.InForce, "2024-10-18", "2025-03-18", "aassgggs", "dev.none a, dev.be.assess s", "", ""},
		{"BG", country.InForce, "", "", "aasuauuu", "dev.anchor.establish a", detect, ""},
		{"CY", country.InForce, "", "", "ssssguuu", "dev.ew-6h u", "early_warning PT6H aware_at", ""},
		{"CZ", country.InForce, "2025-11-01", "", "ssguggus", "dev.anchor.internal g, dev.cz.all-incidents g, dev.cz.fines s",
			"early_warning PT24H classified_at, final_report P30D handled_at", ""},
		{"DE", country.InForce, "2025-12-06", "2026-03-06", "ssggssss", "dev.none g, dev.de.classes s, dev.de.size u", "", ""},
		{"DK", country.InForce, "2025-07-01", "2025-10-01", "aassggus", "dev.none a, dev.dk.recipients a", "", ""},
		{"EE", country.InForce, "2026-01-01", "", "aaggguus", "dev.none a, dev.ee.trigger a", "", ""},
		{"ES", country.NotInForce, "", "", "sssssuss", "dev.nolaw g, dev.es.draft s", "", ""},
		{"FI", country.InForce, "2025-04-08", "2025-05-08", "aaggguuu", "dev.anchor.detect a", detect, ""},
		{"FR", country.NotInForce, "", "", "ssggggsg", "dev.nolaw g, dev.fr.scope s", "", ""},
		{"GR", country.InForce, "2024-11-27", "", "aaggguuu", "dev.none a", "", ""},
		{"HR", country.InForce, "2024-02-15", "", "ssggggus", "dev.final.30d a, dev.hr.interim a", "final_report P30D notification_submitted_at", ""},
		{"HU", country.InForce, "2025-01-01", "", "aasgguuu", "dev.none a, dev.hu.decree a", "", ""},
		{"IE", country.NotInForce, "", "", "ssssggss", "dev.nolaw g, dev.ie.co s", "", ""},
		{"IT", country.InForce, "2024-10-16", "", "ssggssss", "dev.72h-from-ew g, dev.it.scope s",
			"incident_notification PT72H early_warning_submitted_at", "applies_recital_16 true s"},
		{"LT", country.InForce, "2024-10-18", "", "uuuuuuuu", "dev.unknown u", "", ""},
		{"LU", country.InForce, "2026-05-10", "", "ssgsgsus", "dev.partial g", "", ""},
		{"LV", country.InForce, "2024-09-01", "", "aauuguuu", "dev.anchor.unstated a", "", ""},
		{"MT", country.Made, "", "", "ssssuuuu", "dev.unknown u", "", ""},
		{"NL", country.InForce, "2026-08-15", "", "ssggggus", "dev.none g, dev.nl.scope s", "",
			"covers_education true s, covers_local_public_admin true s"},
		{"PL", country.InForce, "2026-04-03", "2026-10-03", "aasssssa", "dev.anchor.detect a, dev.pl.recipient a, dev.pl.dates s, dev.pl.fines u", detect, ""},
		{"PT", country.InForce, "2026-04-03", "", "aassssuu", "dev.multi a", "early_warning PT24H aware_at, final_report P30B handled_at", ""},
		{"RO", country.InForce, "2024-12-31", "", "aassssss", "dev.none a", "", ""},
		{"SE", country.InForce, "2026-01-15", "", "aassguus", "dev.none a, dev.se.scope s", "", "covers_local_public_admin true s"},
		{"SI", country.InForce, "", "", "aagggguu", "dev.anchor.detect a", detect, ""},
		{"SK", country.InForce, "2025-01-01", "", "aassaauu", "dev.anchor.detect a, dev.sk.final-update a, dev.sk.form s", detect, ""},
	}
}

func letter(c law.Confidence) string { return string(c[0]) }

func rowOf(p country.Pack) row {
	r := row{code: p.Code, status: p.Status, inForce: p.InForceOn.String(), due: p.Registration.Due.String()}
	for _, f := range []country.Fact{p.Act, p.InForceNote, p.Authority, p.CSIRT, p.Reporting, p.Registration.Portal, p.Registration.DueNote, p.Framework} {
		r.confidence += letter(f.Confidence)
	}
	var deviations, terms, options []string
	for _, d := range p.Deviations {
		deviations = append(deviations, d.ID+" "+letter(d.Confidence))
	}
	for stage, t := range p.Terms() {
		terms = append(terms, stage+" "+t.Period+" "+t.From)
	}
	for name, o := range p.Options {
		if o.Value.Known() {
			options = append(options, fmt.Sprintf("%s %s %s", name, o.Value, letter(o.Confidence)))
		}
	}
	slices.Sort(terms)
	slices.Sort(options)
	r.deviations, r.terms, r.options = strings.Join(deviations, ", "), strings.Join(terms, ", "), strings.Join(options, ", ")
	return r
}

func TestPacksSayWhatTheLawsSay(t *testing.T) {
	s := load(t)
	if got := len(s.All()); got != 27 {
		t.Fatalf("%d packs, want 27", got)
	}
	for _, want := range rows() {
		p, ok := s.Get(want.code)
		if !ok {
			t.Errorf("%s is missing", want.code)
			continue
		}
		if diff := cmp.Diff(want, rowOf(p), cmp.AllowUnexported(row{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.code, diff)
		}
	}
}

// TestEveryStatementHasItsProof: source, day and confidence; a statement that
// nothing is known of says so, and none claims to be read in the official text.
func TestEveryStatementHasItsProof(t *testing.T) {
	bare := []string{"status", "zone", "languages", "registration.changes_days"}
	for _, p := range load(t).All() {
		for _, f := range p.Fields() {
			where := p.Code + " " + f.Path
			if slices.Contains(bare, f.Path) {
				continue
			}
			if f.Source == "" || f.Checked.IsZero() || f.Confidence == "" {
				t.Errorf("%s: source %q, checked %s, confidence %q", where, f.Source, f.Checked, f.Confidence)
			}
			if f.Checked.After(law.MustDate("2026-11-25")) || f.Checked.Before(law.MustDate("2026-08-01")) {
				t.Errorf("%s: checked on %s", where, f.Checked)
			}
			if f.Value.Key == "country.not_established" && f.Source == "No source found" && f.Confidence != law.Unverified {
				t.Errorf("%s: not established, yet %s", where, f.Confidence)
			}
			if f.Confidence == law.Verified {
				t.Errorf("%s claims to be read in the official text", where)
			}
		}
		for _, name := range country.OptionNames() {
			if o := p.Options[name]; !o.Value.Known() && o.Confidence != law.Unverified {
				t.Errorf("%s %s is not known, yet %s", p.Code, name, o.Confidence)
			}
		}
		if _, err := time.LoadLocation(p.Zone); err != nil {
			t.Errorf("%s: %v", p.Code, err)
		}
	}
}

// TestPacksSpeakThreeLanguages renders every field of every pack.
func TestPacksSpeakThreeLanguages(t *testing.T) {
	c, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "de", "fr"} {
		printer := c.Printer(lang)
		say := func(where string, m law.Message) {
			if s := printer.Say(m); s == "" || strings.ContainsAny(s, "⟪⟫{}") || strings.Contains(s, "<no value>") {
				t.Errorf("%s %s: %q", lang, where, s)
			}
			if !printer.Has(m.Key) {
				t.Errorf("%s %s: no message %s", lang, where, m.Key)
			}
		}
		for _, p := range load(t).All() {
			say(p.Code, p.Name())
			for _, f := range p.Fields() {
				say(p.Code+" "+f.Path, f.Label)
				say(p.Code+" "+f.Path, f.Value)
				if f.Confidence != "" {
					say(p.Code+" "+f.Path, law.Say("country.confidence."+string(f.Confidence)))
				}
			}
		}
		for _, touch := range country.Touches() {
			say("touches", law.Say("country.touches."+string(touch)))
		}
	}
}

func TestSetAnswers(t *testing.T) {
	s := load(t)
	for _, code := range []string{"GR", "EL", "el", "gr"} {
		if p, ok := s.Get(code); !ok || p.Code != "GR" {
			t.Errorf("%s: %q, %v", code, p.Code, ok)
		}
	}
	for _, code := range []string{"", "XX", "UK", "CH", "D", "ZZZ"} {
		if p, ok := s.Get(code); ok {
			t.Errorf("%q has the pack of %s", code, p.Code)
		}
	}
	for _, tc := range []struct {
		code, name string
		want       law.Truth
	}{
		{"NL", country.CoversEducation, law.True},
		{"SE", country.CoversLocalPublicAdmin, law.True},
		{"IT", country.AppliesRecital16, law.True},
		{"DE", country.CoversEducation, law.Unknown},
		{"XX", country.CoversEducation, law.Unknown},
		{"NL", "no_such_option", law.Unknown},
	} {
		if got, class := s.Option(tc.code, tc.name); got != tc.want || class != "" {
			t.Errorf("%s %s is %s %q, want %s", tc.code, tc.name, got, class, tc.want)
		}
	}
	if !slices.IsSortedFunc(s.All(), func(a, b country.Pack) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("the packs are not in the order of their codes")
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}
