package contract_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/exchange/contract"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// badScopeLines are lines that cannot be used, with the code and the field of the error.
var badScopeLines = []struct{ name, line, code, field string }{
	{"not JSON", `{"id":"x",`, "syntax", ""},
	{"a list", `[]`, "syntax", ""},
	{"two objects", `{"id":"x"} {}`, "syntax", ""},
	{"unknown field", `{"id":"x","staff":3}`, "unknown_field", "staff"},
	{"unknown fact", `{"id":"x","facts":{"dns":true}}`, "unknown_field", "facts.dns"},
	{"unknown option", `{"id":"x","national":{"x":true}}`, "unknown_field", "national.x"},
	{"unknown figure", `{"id":"x","figures":[{"year":2025,"staff":3}]}`, "unknown_field", "figures[0].staff"},
	{"unknown field of a linked enterprise", `{"id":"x","linked":[{"share_pct":3}]}`, "unknown_field", "linked[0].share_pct"},
	{"field twice", `{"id":"x","serves":[],"serves":[]}`, "invalid_value", "serves"},
	{"types as text", `{"id":"x","entity_types":"digital-infra.dns"}`, "wrong_type", "entity_types"},
	{"invented type", `{"id":"x","entity_types":["digital-infra.dnz"]}`, "invalid_value", "entity_types[0]"},
	{"no year", `{"id":"x","figures":[{"employees":3}]}`, "missing_field", "figures[0].year"},
	{"half a year", `{"id":"x","figures":[{"year":2025.5}]}`, "invalid_value", "figures[0].year"},
	{"year twice", `{"id":"x","figures":[{"year":2025},{"year":2025}]}`, "invalid_value", "figures[1].year"},
	{"year in the future", `{"id":"x","figures":[{"year":2028}]}`, "invalid_value", "figures[0].year"},
	{"negative headcount", `{"id":"x","figures":[{"year":2025,"employees":-1}]}`, "invalid_value", "figures[0].employees"},
	{"headcount as text", `{"id":"x","figures":[{"year":2025,"employees":"3"}]}`, "wrong_type", "figures[0].employees"},
	{"cents", `{"id":"x","figures":[{"year":2025,"turnover_eur":1.5}]}`, "invalid_value", "figures[0].turnover_eur"},
	{"share above 100", `{"id":"x","partners":[{"share_pct":101}]}`, "invalid_value", "partners[0].share_pct"},
	{"no such country", `{"id":"x","established_in":["DE","UK"]}`, "invalid_value", "established_in[1]"},
	{"small letters", `{"id":"x","serves":["de"]}`, "invalid_value", "serves[0]"},
	{"no such country of a place", `{"id":"x","decisions_in":"Berlin"}`, "invalid_value", "decisions_in"},
	{"text as boolean", `{"id":"x","cer_critical":"no"}`, "wrong_type", "cer_critical"},
	{"class that nobody identifies", `{"id":"x","identified_as":"out"}`, "invalid_value", "identified_as"},
	{"activity that does not exist", `{"id":"x","facts":{"security_activity":"some"}}`, "invalid_value", "facts.security_activity"},
	{"null is the word for unknown", `{"id":"x","facts":{"security_activity":"unknown"}}`, "invalid_value", "facts.security_activity"},
	{"fact as text", `{"id":"x","facts":{"judiciary":"yes"}}`, "wrong_type", "facts.judiciary"},
	{"public ownership above 100", `{"id":"x","facts":{"public_ownership_pct":101}}`, "invalid_value", "facts.public_ownership_pct"},
}

func TestScopeErrors(t *testing.T) {
	t.Parallel()
	s := contract.Scope{Options: scope.Options{AsOf: law.MustDate("2026-11-25")}}
	for _, tc := range badScopeLines {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			ok, err := contract.Run(strings.NewReader(tc.line), &out, s.Answer)
			if ok || err != nil {
				t.Fatalf("ok %v, error %v", ok, err)
			}
			var got struct {
				ID    any                                   `json:"id"`
				Error struct{ Code, Message, Field string } `json:"error"`
			}
			d := json.NewDecoder(&out)
			d.DisallowUnknownFields()
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if got.Error.Code != tc.code || got.Error.Field != tc.field || got.Error.Message == "" {
				t.Errorf("%s: got %+v, want %s on %q", tc.line, got.Error, tc.code, tc.field)
			}
			if strings.HasPrefix(tc.line, `{"id":"x"`) && got.ID != "x" {
				t.Errorf("%s: the id is not copied: %v", tc.line, got.ID)
			}
		})
	}
}

// everyField is a line with every field of the contract.
const everyField = `{"id":"é-1","entity_types":["digital-infra.cloud"],` +
	`"figures":[{"year":2024,"employees":49.5,"turnover_eur":1,"balance_sheet_eur":null},{"year":2025,"employees":null,"turnover_eur":null,"balance_sheet_eur":2}],` +
	`"linked":[{"employees":1,"turnover_eur":2,"balance_sheet_eur":null}],` +
	`"partners":[{"share_pct":25,"employees":1,"turnover_eur":2,"balance_sheet_eur":3,"investor":true}],` +
	`"established_in":["DE"],"serves":["EL","US"],"decisions_in":"US","operations_in":null,"most_staff_in":"DE","representative_in":null,"established_by":null,` +
	`"cer_critical":null,"dora_exempt":false,"nis1_oes":true,"nis1_oes_before_2023_01_16":null,"identified_as":"important",` +
	`"facts":{"root_name_server_only":false,"dns_own_domains_only":false,"dns_internal_only":false,"resolver_for_subscribers_only":false,"tld_own_use_only":false,` +
	`"closed_system_trust_service":false,"network_public":true,"data_centre_in_house_only":false,"intra_group_only":false,"waste_principal_activity":true,` +
	`"waste_water_essential_part":true,"drinking_water_essential_part":true,"traffic_management_essential_part":true,"ancillary_activity":false,` +
	`"security_activity":"none","services_only_to_security_bodies":false,"judiciary":false,"parliament":false,"central_bank":false,` +
	`"diplomatic_mission_third_country":false,"education_institution":false,"regional_risk_assessment_significant":false,"independent_systems":false,` +
	`"public_ownership_pct":12.5,"sole_provider_claimed":false,"public_safety_impact_claimed":false},` +
	`"national":{"oes_are_essential":null,"covers_local_public_admin":true,"covers_education":false,"applies_recital_16":false,"exempts_2_8":null}}`

// TestScopeShape: every input field is taken, and the output has exactly the
// fields of the contract, in its order, with lists that are never null.
func TestScopeShape(t *testing.T) {
	t.Parallel()
	for _, line := range []string{everyField, `{}`, entity("", ""), entity("banking.credit-institution", year(900, 90, 90))} {
		var out bytes.Buffer
		if ok, err := contract.Run(strings.NewReader(line), &out, contract.Scope{}.Answer); !ok || err != nil {
			t.Fatal(ok, err, out.String())
		}
		d := json.NewDecoder(&out)
		var keys []string
		for depth := 0; d.More() || depth > 0; {
			token, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			switch token {
			case json.Delim('{'), json.Delim('['):
				depth++
			case json.Delim('}'), json.Delim(']'):
				depth--
			default:
				if key, ok := token.(string); ok && depth == 1 {
					keys = append(keys, key)
					var value json.RawMessage
					if err := d.Decode(&value); err != nil {
						t.Fatal(err)
					}
					if key != "id" && key != "size" && string(value) == "null" {
						t.Errorf("%s is null", key)
					}
				}
			}
		}
		want := "id class size grounds missing could_be jurisdiction jurisdiction_basis duties displaced"
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("fields %s; want %s", got, want)
		}
	}
	a := ask(t, everyField)
	if a.ID != "é-1" || a.Class != "depends" || a.Grounds[0].Text != "<scope.ground.imp.3.2>" {
		t.Errorf("%+v", a)
	}
}

// TestScopeRun: one answer per line, in order; bad lines do not stop the run.
func TestScopeRun(t *testing.T) {
	t.Parallel()
	in := `{"id":"a","entity_types":[]}` + "\n" + `nonsense` + "\r\n" + `{"id":"c","x":1}` + "\n" + entity("digital-infra.dns", "")
	var out bytes.Buffer
	ok, err := contract.Run(strings.NewReader(in), &out, contract.Scope{}.Answer)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if ok || err != nil || len(lines) != 4 {
		t.Fatal(ok, err, out.String())
	}
	for i, want := range []string{`{"id":"a","class":"out"`, `{"id":null,"error":{"code":"syntax"`, `{"id":"c","error":{"code":"unknown_field"`, `{"id":"x","class":"essential"`} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: %s; want %s…", i+1, lines[i], want)
		}
	}
}

func FuzzScope(f *testing.F) {
	f.Add(everyField)
	f.Add(`{}`)
	f.Add(`{"id":"x","entity_types":null,"linked":null,"partners":[{}],"figures":[{"year":2025,"employees":1e308}]}`)
	f.Add(entity("public-admin.regional,digital-infra.trust", year(3, 1, 1), `"facts":{"security_activity":null,"judiciary":null}`))
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n\r") {
			t.Skip()
		}
		var out bytes.Buffer
		ok, err := contract.Run(strings.NewReader(line), &out, contract.Scope{}.Answer)
		if err != nil {
			t.Fatal(err)
		}
		if out.Len() == 0 {
			if strings.TrimSpace(line) != "" {
				t.Fatalf("%q has no answer", line)
			}
			return
		}
		if !utf8.Valid(out.Bytes()) || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
			t.Fatalf("%q gives %q", line, out.String())
		}
		var got struct {
			Class string
			Error *struct{ Code string }
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%q gives %q: %v", line, out.String(), err)
		}
		if ok != (got.Class != "") || ok == (got.Error != nil && got.Error.Code != "") {
			t.Errorf("%q gives %q", line, out.String())
		}
	})
}
