package organisation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/law"
)

const head = `nisaba: organisation/1
organisation:
  name: Example
activity:
  entity_types: [ict-service.msp]
`

func TestReadRefusesAndNamesThePlace(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "x.yaml:1: the file is empty"},
		{"not a mapping", "- a\n", "x.yaml:1: found a list; expected a group of fields"},
		{"broken yaml", head + "figures: [\n", "x.yaml:"},
		{"unknown field", head + "figurs: []\n", "x.yaml:6: figurs: no such field; expected one of nisaba, organisation"},
		{"unknown nested field", head + "profile:\n  oT: true\n", "x.yaml:7: profile.oT: no such field"},
		{"missing name", "nisaba: organisation/1\norganisation: {}\nactivity: {entity_types: []}\n", "x.yaml:2: organisation.name: the field is missing"},
		{"wrong version", strings.Replace(head, "organisation/1", "organisation/9", 1), `x.yaml:1: nisaba: found "organisation/9"; expected organisation/1`},
		{"unknown entity type", strings.Replace(head, "ict-service.msp", "ict-service.mps", 1), `x.yaml:5: activity.entity_types[0]: no entity type "ict-service.mps"`},
		{"negative figure", head + "figures:\n  - {year: 2024, employees: -3}\n", `x.yaml:7: figures[0].employees: found "-3"; expected a number of 0 or more`},
		{"text for a number", head + "figures:\n  - {year: 2024, turnover_eur: a lot}\n", `x.yaml:7: figures[0].turnover_eur: found "a lot"; expected a number`},
		{"year twice", head + "figures:\n  - {year: 2024}\n  - {year: 2024}\n", "x.yaml:8: figures[1].year: the year 2024 is given twice"},
		{"field twice", head + "figures: []\nfigures: []\n", "x.yaml:7: figures: the field is given twice"},
		{"bad date", head + "assessed_on: 2026-02-30\n", `x.yaml:6: assessed_on: found "2026-02-30"; expected a date`},
		{"bad truth", head + "status:\n  cer_critical: perhaps\n", `x.yaml:7: status.cer_critical: found "perhaps"; expected true, false or null`},
		{"alias", head + "services:\n  - &a {name: A}\n  - *a\n", "x.yaml:7: services[0]: anchors and aliases are not used"},
		{"evidence id twice", head + "evidence:\n  - {id: e1, kind: doc.roles, title: T, date: 2026-01-01}\n  - {id: e1, kind: doc.roles, title: T, date: 2026-01-01}\n", `x.yaml:8: evidence[1].id: the id "e1" is given twice`},
		{"evidence ends early", head + "evidence:\n  - {id: e1, kind: doc.roles, title: T, date: 2026-01-01, valid_until: 2025-01-01}\n", "evidence[0].valid_until: the evidence ends before it begins"},
		{"compensation missing", head + "exceptions:\n  - {requirement: cir.1.1.1.a, kind: compensated, reason: R, approved_by: B, on: 2026-01-01}\n", "exceptions[0].compensation: the other measure is not named"},
		{"bad colour", strings.Replace(head, "name: Example", "name: Example\n  brand: {colour: red}", 1), `organisation.brand.colour: found "red"`},
		{"bad range", head + "registration:\n  ip_ranges: [300.1.1.1/8]\n", "registration.ip_ranges[0]"},
		{"empty entry", head + "services: [~]\n", "services[0]: the entry is empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := Read("x.yaml", []byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
			if f != nil {
				t.Error("a faulty file gave a result")
			}
		})
	}
}

func TestAnswersHaveThreeForms(t *testing.T) {
	f, err := Read("x.yaml", []byte(head+`answers:
  q.one: yes-all
  q.two: [a, b]
  q.three: {options: [c], by: Ana, on: 2026-05-01, note: N}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Answers["q.one"].Options; len(got) != 1 || got[0] != "yes-all" {
		t.Errorf("scalar: %v", got)
	}
	if got := f.Answers["q.two"].Options; len(got) != 2 {
		t.Errorf("list: %v", got)
	}
	if got := f.Answers["q.three"]; got.By != "Ana" || got.On.String() != "2026-05-01" || got.Options[0] != "c" {
		t.Errorf("object: %+v", got)
	}
}

func TestAbsentIsNotNull(t *testing.T) {
	f, err := Read("x.yaml", []byte(head+"status:\n  cer_critical: null\n"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Status.CERCritical.Known() || !f.Status.DORAExempt.Known() {
		t.Errorf("cer_critical %v, dora_exempt %v; want unknown and false", f.Status.CERCritical, f.Status.DORAExempt)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := Read("x.yaml", make([]byte, MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
	path := filepath.Join(t.TempDir(), "big.yaml")
	if err := os.WriteFile(path, make([]byte, MaxBytes+10), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
}

// TestSchemaAgrees: what the reader accepts, the schema accepts, and the faults
// of shape that the reader refuses, the schema refuses.
func TestSchemaAgrees(t *testing.T) {
	b, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("organisation.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("organisation.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		in string
		ok bool
	}{
		{head, true},
		{head + "figures:\n  - {year: 2024, employees: 12.5, turnover_eur: null}\n", true},
		{head + "group:\n  linked:\n    - {name: A, employees: 1, partners: [{share_pct: 30, linked: [{employees: 2}]}]}\n", true},
		{head + "answers: {q: a, r: [a], s: {options: [a]}}\n", true},
		{head + "language: de\nstatus: {cer_critical: null, identified_as: essential}\n", true},
		{head + "figurs: []\n", false},
		{head + "language: xx\n", false},
		{head + "figures:\n  - {year: 2024, employees: -1}\n", false},
		{"nisaba: organisation/1\n", false},
	} {
		var v any
		if err := yaml.Unmarshal([]byte(tc.in), &v); err != nil {
			t.Fatal(err)
		}
		_, readErr := Read("x.yaml", []byte(tc.in))
		if (readErr == nil) != tc.ok {
			t.Errorf("reader on %q: %v", tc.in, readErr)
		}
		if err := schema.Validate(viaJSON(t, v)); (err == nil) != tc.ok {
			t.Errorf("schema on %q: %v", tc.in, err)
		}
	}
}

func viaJSON(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head))
	f.Add([]byte(head + "figures:\n  - {year: 2024, employees: 12.5}\nanswers: {q: [a]}\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Read("fuzz.yaml", b)
		if (file == nil) == (err == nil) {
			t.Errorf("file %v, error %v", file, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "fuzz.yaml") {
			t.Errorf("the error does not name the file: %v", err)
		}
	})
}

// TestLeftOutStatus: a status that the file does not speak of is "no", whether
// one line or the whole section is missing; null is "not known".
func TestLeftOutStatus(t *testing.T) {
	for _, tc := range []struct {
		status string
		want   law.Truth
	}{
		{"", law.False}, {"status:\n", law.False}, {"status: {}\n", law.False},
		{"status: {nis1_oes: true}\n", law.False}, {"status: {cer_critical: null}\n", law.Unknown},
	} {
		f, err := Read("x.yaml", []byte(head+tc.status))
		if err != nil {
			t.Errorf("%q: %v", tc.status, err)
			continue
		}
		if got := f.ScopeFacts().CERCritical; got != tc.want {
			t.Errorf("%q: critical entity %v, want %v", tc.status, got, tc.want)
		}
		if f.Status.NIS1OESBefore16January2023 != law.Unknown {
			t.Errorf("%q: the day of an identification that nobody spoke of is known", tc.status)
		}
	}
}
