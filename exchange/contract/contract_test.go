package contract_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/exchange/contract"
)

// TestLinesThatCannotBeUsed: every line of the input has one answer in its
// place, in UTF-8, with the line's own id where it can be read.
func TestLinesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, line, id, code, field string }{
		{"empty", ``, `null`, "syntax", ""},
		{"blanks and carriage return", " \t\r", `null`, "syntax", ""},
		{"null", `null`, `null`, "syntax", ""},
		{"a list of objects", `[{"id":1}]`, `null`, "syntax", ""},
		{"id is not UTF-8", "{\"id\":\"\xff\"}", `null`, "syntax", ""},
		{"text is not UTF-8", "{\"id\":7,\"entity_types\":[\"\xff\"]}", `7`, "syntax", ""},
		{"breaks off after the id", `{"id":"a","facts":`, `"a"`, "syntax", "facts"},
		{"id twice", `{"id":"a","id":"b"}`, `"a"`, "invalid_value", "id"},
		{"beyond any number", `{"id":1,"figures":[{"year":2025,"turnover_eur":1e400}]}`, `1`, "invalid_value", "figures[0].turnover_eur"},
		{"list where an object belongs", `{"id":1,"facts":[]}`, `1`, "wrong_type", "facts"},
		{"number in a list of objects", `{"id":1,"figures":[1]}`, `1`, "wrong_type", "figures[0]"},
		{"null in a list of objects", `{"id":1,"linked":[null]}`, `1`, "wrong_type", "linked[0]"},
		{"number in a list of texts", `{"id":1,"entity_types":["digital-infra.dns",1]}`, `1`, "wrong_type", "entity_types[1]"},
		{"empty country", `{"id":1,"decisions_in":""}`, `1`, "invalid_value", "decisions_in"},
		{"null in a list of texts", `{"id":1,"serves":[null]}`, `1`, "wrong_type", "serves[0]"},
	}
	var in strings.Builder
	for _, tc := range tests {
		in.WriteString(tc.line + "\n")
	}
	var out bytes.Buffer
	ok, err := contract.Run(strings.NewReader(in.String()), &out, contract.Scope{}.Answer)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if ok || err != nil || len(lines) != len(tests) || !utf8.Valid(out.Bytes()) {
		t.Fatalf("ok %v, error %v, %d answers to %d lines:\n%s", ok, err, len(lines), len(tests), out.String())
	}
	for i, tc := range tests {
		var got struct {
			ID    json.RawMessage `json:"id"`
			Error contract.Problem
		}
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		want := []string{tc.id, tc.code, tc.field}
		if have := []string{string(got.ID), got.Error.Code, got.Error.Field}; !slices.Equal(have, want) {
			t.Errorf("%s: got %q, want %q", tc.name, have, want)
		}
	}
}

// TestEndOfInput: the last line may end without a line end; the end of the last
// line does not start another.
func TestEndOfInput(t *testing.T) {
	t.Parallel()
	for in, answers := range map[string]int{"": 0, "{}": 1, "{}\n": 1, "{}\r\n{}": 2, "\n": 1, "{}\n\n{}\n": 3} {
		var out bytes.Buffer
		if _, err := contract.Run(strings.NewReader(in), &out, contract.Scope{}.Answer); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "\n"); got != answers {
			t.Errorf("%q: got %d answers, want %d", in, got, answers)
		}
	}
}

// TestIdentifiedOperator: Art. 3(1)(g) asks for an identification before 16
// January 2023; who states its time states that there was one.
func TestIdentifiedOperator(t *testing.T) {
	t.Parallel()
	for fields, class := range map[string]string{
		`"nis1_oes_before_2023_01_16":true`:                  "essential",
		`"nis1_oes":true,"nis1_oes_before_2023_01_16":true`:  "essential",
		`"nis1_oes":true,"nis1_oes_before_2023_01_16":false`: "out",
		`"nis1_oes":true`: "depends",
		`"nis1_oes":false,"nis1_oes_before_2023_01_16":true`: "out",
		`"nis1_oes":null,"nis1_oes_before_2023_01_16":true`:  "depends",
		`"nis1_oes_before_2023_01_16":null`:                  "out",
	} {
		line := `{"id":1,"entity_types":[],"national":{"oes_are_essential":true},` + fields + `}`
		var out bytes.Buffer
		if _, err := contract.Run(strings.NewReader(line), &out, contract.Scope{}.Answer); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), `"class":"`+class+`"`) {
			t.Errorf("%s: got %s, want %s", fields, out.String(), class)
		}
	}
}
