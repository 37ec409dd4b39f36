package contract_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exchange/contract"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// significanceLine is one answer, read strictly.
type significanceLine struct {
	ID          any                     `json:"id"`
	Significant *bool                   `json:"significant"`
	Criteria    []significanceCriterion `json:"criteria"`
	Missing     []string                `json:"missing"`
	Error       *contract.Problem       `json:"error"`
}

type significanceCriterion struct {
	Rule      string   `json:"rule"`
	Citation  string   `json:"citation"`
	Met       *bool    `json:"met"`
	Figure    *float64 `json:"figure"`
	Threshold *float64 `json:"threshold"`
}

func judge(t testing.TB, line string) significanceLine {
	t.Helper()
	var out bytes.Buffer
	ok, err := contract.Run(strings.NewReader(line), &out, contract.Significance{}.Answer)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(out.Bytes()))
	d.DisallowUnknownFields()
	var a significanceLine
	if err := d.Decode(&a); err != nil || d.More() {
		t.Fatalf("%v: %s", err, out.Bytes())
	}
	if ok != (a.Error == nil) {
		t.Fatalf("used %v, answer %s", ok, out.Bytes())
	}
	return a
}

func threeValued(b *bool) string {
	switch {
	case b == nil:
		return "null"
	case *b:
		return "true"
	}
	return "false"
}

// calm is an incident of a cloud provider without any harm; fields replace or
// complete it.
func calm(fields string) string {
	return `{"id":"x","turnover_eur":20000000,"death":false,"health_damage":false,"trade_secrets":false,"malicious_access":false,
		"data_compromised":false,` + fields + `}`
}

func TestSignificance(t *testing.T) {
	const cloud = `"entity_types":["digital-infra.cloud"]`
	for _, tc := range []struct{ name, in, want, rule, met string }{
		{"above the loss limit", `{"entity_types":["digital-infra.cloud"],"loss_eur":500001}`, "true", "cir.sig.3.1.a", "true"},
		{"at the loss limit", calm(cloud + `,"loss_eur":500000,"unavailable_minutes":30,"limited_minutes":60`), "false", "cir.sig.3.1.a", "false"},
		{"turnover null", `{"entity_types":["digital-infra.cloud"],"turnover_eur":null,"loss_eur":400000}`, "null", "cir.sig.3.1.a", "null"},
		{"nothing known", `{"entity_types":["digital-infra.cloud"]}`, "null", "cir.sig.7.a", "null"},
		{"types not known", `{"entity_types":null,"death":true}`, "true", "cir.sig.3.1.c", "true"},
		{"outage", `{"entity_types":["digital-infra.cloud"],"unavailable_minutes":30.5}`, "true", "cir.sig.7.a", "true"},
		{"synonyms", `{"entity_types":["digital-infra.dns"],"response_time_s":11,"response_slow_minutes":61}`, "true", "cir.sig.5.b", "true"},
		{"slow is limited", `{"entity_types":["digital-infra.dns"],"response_time_s":11,"limited_minutes":61}`, "true", "cir.sig.5.b", "true"},
		{"facts apart", `{"entity_types":["digital-infra.trust"],"facts":{"data_compromised":true,"users_affected":101}}`, "true", "cir.sig.14.e", "true"},
		{"facts in both places", `{"entity_types":["digital-infra.trust"],"data_compromised":true,"facts":{"users_affected":101}}`, "true", "cir.sig.14.e", "true"},
		{"planned", `{"entity_types":["digital-infra.cloud"],"unavailable_minutes":300,"scheduled_maintenance":true}`, "false", "cir.sig.7.a", "true"},
		{"planned is not known", `{"entity_types":["digital-infra.cloud"],"unavailable_minutes":300,"scheduled_maintenance":null}`, "null", "cir.sig.3.2", "null"},
		{"not a type of the regulation", `{"entity_types":["health.provider"],"severe_disruption":true}`, "true", "nis2.sig.23.3.a", "true"},
		{"no listed activity", `{"entity_types":[],"considerable_damage":true}`, "true", "nis2.sig.23.3.b", "true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := judge(t, strings.ReplaceAll(tc.in, "\n", " "))
			if a.Error != nil || threeValued(a.Significant) != tc.want {
				t.Fatalf("%+v, want %s", a, tc.want)
			}
			for _, c := range a.Criteria {
				if c.Rule == tc.rule {
					if threeValued(c.Met) != tc.met || c.Citation == "" {
						t.Errorf("%+v, want %s", c, tc.met)
					}
					return
				}
			}
			t.Errorf("no criterion %s in %+v", tc.rule, a.Criteria)
		})
	}
}

// The output has exactly the members of the contract, null ones included.
func TestSignificanceOutput(t *testing.T) {
	var out bytes.Buffer
	in := `{"id":7,"entity_types":["health.provider"],"severe_disruption":null,"considerable_damage":true}`
	if _, err := contract.Run(strings.NewReader(in), &out, contract.Significance{}.Answer); err != nil {
		t.Fatal(err)
	}
	want := `{"id":7,"significant":true,"criteria":[` +
		`{"rule":"nis2.sig.23.3.a","citation":"Directive (EU) 2022/2555 Art. 23(3)(a)","met":null,"figure":null,"threshold":null},` +
		`{"rule":"nis2.sig.23.3.b","citation":"Directive (EU) 2022/2555 Art. 23(3)(b)","met":true,"figure":null,"threshold":null}]}` + "\n"
	if out.String() != want {
		t.Errorf("got  %swant %s", out.String(), want)
	}
}

// While the answer is null, the facts that could change it are named, cheapest
// to find first.
func TestSignificanceMissing(t *testing.T) {
	in := `{"entity_types":["digital-infra.cloud"],"death":false,"health_damage":false,"trade_secrets":false,"malicious_access":false,` +
		`"data_compromised":false,"limited":false,"loss_eur":400000,"unavailable":null}`
	a := judge(t, in)
	if want := []string{"unavailable", "unavailable_minutes", "turnover_eur"}; threeValued(a.Significant) != "null" || !slices.Equal(a.Missing, want) {
		t.Errorf("%s, missing %v; want %v", threeValued(a.Significant), a.Missing, want)
	}
	if a := judge(t, `{"entity_types":null}`); a.Missing[0] != "entity_types" {
		t.Errorf("missing %v, want the entity types first", a.Missing)
	}
}

func TestSignificanceProblems(t *testing.T) {
	for _, tc := range []struct{ in, code, field string }{
		{`{"entity_types":["digital-infra.clouds"]}`, contract.CodeValue, "entity_types[0]"},
		{`{"entity_types":"digital-infra.cloud"}`, contract.CodeType, "entity_types"},
		{`{"entity_types":[],"loss":3}`, contract.CodeUnknownField, "loss"},
		{`{"facts":{"id":3}}`, contract.CodeUnknownField, "facts.id"},
		{`{"facts":{"users":3}}`, contract.CodeUnknownField, "facts.users"},
		{`{"facts":[]}`, contract.CodeType, "facts"},
		{`{"loss_eur":-1}`, contract.CodeValue, "loss_eur"},
		{`{"loss_eur":1.5}`, contract.CodeValue, "loss_eur"},
		{`{"loss_eur":1e16}`, contract.CodeValue, "loss_eur"},
		{`{"loss_eur":"500001"}`, contract.CodeType, "loss_eur"},
		{`{"users_affected":1.5}`, contract.CodeValue, "users_affected"},
		{`{"users_affected_pct":100.1}`, contract.CodeValue, "users_affected_pct"},
		{`{"death":1}`, contract.CodeType, "death"},
		{`{"death":"no"}`, contract.CodeType, "death"},
		{`{"loss_eur":1,"direct_loss_eur":1}`, contract.CodeValue, "loss_eur"},
		{`{"loss_eur":1,"facts":{"loss_eur":1}}`, contract.CodeValue, "facts.loss_eur"},
	} {
		a := judge(t, tc.in)
		if a.Error == nil || a.Error.Code != tc.code || a.Error.Field != tc.field || a.Error.Message == "" {
			t.Errorf("%s: %+v, want %s at %s", tc.in, a.Error, tc.code, tc.field)
		}
	}
}

// Every name and synonym is accepted, and none stands for two facts.
func TestSignificanceNames(t *testing.T) {
	seen := map[string]bool{"id": true, "entity_types": true, "facts": true}
	for _, info := range significance.Fields() {
		value := "true"
		if info.Unit != significance.YesNo {
			value = "5"
		}
		for _, name := range append([]string{info.Name}, info.Synonyms...) {
			if seen[name] {
				t.Errorf("%s stands for two facts", name)
			}
			seen[name] = true
			for _, v := range []string{value, "null"} {
				if a := judge(t, `{"`+name+`":`+v+`}`); a.Error != nil {
					t.Errorf("%s: %v", name, a.Error)
				}
			}
		}
	}
	for _, name := range []string{"loss_eur", "users_affected", "users_total", "users_affected_pct", "unavailable_minutes", "limited_minutes", "response_time_s", "turnover_eur"} {
		if f, ok := significance.ParseField(name); !ok || f.String() != name {
			t.Errorf("the contract names %s; it must be a name and not a synonym", name)
		}
	}
}

// FuzzSignificance: every line has one well-formed answer, true lines have
// criteria, and the verdict agrees with them.
func FuzzSignificance(f *testing.F) {
	f.Add(`{"id":"x","entity_types":["digital-infra.cloud"],"loss_eur":500001,"turnover_eur":null}`)
	f.Add(`{"entity_types":["digital-infra.trust","ict-service.msp"],"facts":{"users_affected_pct":0.1,"users_total":100,"data_compromised":true}}`)
	f.Add(`{"entity_types":[],"planned":null,"death":true}`)
	f.Add(`{"entity_types":["digital-infra.dns"],"domains_affected":999,"domains_managed":99900,"cia":true,"users_contract":1e15}`)
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n") || strings.TrimSpace(line) == "" {
			return
		}
		a := judge(t, line)
		if a.Error != nil {
			return
		}
		met := slices.ContainsFunc(a.Criteria, func(c significanceCriterion) bool { return c.Met != nil && *c.Met })
		if len(a.Criteria) < 2 || threeValued(a.Significant) == "true" && !met {
			t.Errorf("%s: %+v", line, a)
		}
	})
}

func BenchmarkSignificanceLine(b *testing.B) {
	o, err := contract.Parse([]byte(strings.ReplaceAll(calm(`"entity_types":["digital-infra.cloud"],"loss_eur":500000,"unavailable_minutes":30`), "\n", " ")))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := (contract.Significance{}).Answer(o); err != nil {
			b.Fatal(err)
		}
	}
}
