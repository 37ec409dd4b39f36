package scan_test

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// TestFormats: files for other programs have what their schemas ask for, whatever was
// found, and when nothing was.
func TestFormats(t *testing.T) {
	knowledge, err := scan.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	places := []exposure.Target{{Declared: "example.org", Name: "example.org"}, {Declared: "192.0.2.1", Address: netip.MustParseAddr("192.0.2.1")},
		{Declared: "example.org", Name: "example.org", Address: netip.MustParseAddr("2001:db8::1"), Port: 443, Service: "https"},
		{Declared: "2001:db8::/64", Address: netip.MustParseAddr("2001:db8::1"), Port: 25}}
	var list scan.List
	for i, c := range knowledge.Catalogue.Checks {
		list = append(list, exposure.Finding{Check: c.ID, Catalogue: knowledge.Catalogue.Edition, Target: places[i%4], Start: now, End: now, Outcome: exposure.Outcomes()[i%7], Severity: exposure.Severities()[i%5],
			Observed: []string{"", " seen \"é\" <b>\n"}[i%2], Reason: []string{"a reason", ""}[i%2], Permit: []string{"", "scan-1"}[i%2], Measures: c.Measures, Points: c.Points, Reproduce: []string{"", "dig x"}[i%2]})
	}
	for name, found := range map[string]scan.List{"everything": list, "nothing": nil} {
		r := scan.Result{Scanner: "nisaba 1", Catalogue: knowledge.Catalogue, Declared: []string{"example.org"}, Permit: "scan-1", Start: now, End: now.Add(time.Minute), Findings: found}
		var sarif, oscal bytes.Buffer
		if err := errors.Join(r.WriteSARIF(&sarif), r.WriteOSCAL(&oscal)); err != nil {
			t.Fatal(err)
		}
		fits(t, name, "sarif", sarif.String())
		fits(t, name, "oscal", oscal.String())
	}
}

// fits compares a file with what its schema asks for.
func fits(t *testing.T, name, format, file string) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + format + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(format, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(format)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(file))
	if err != nil {
		t.Fatalf("%s of %s: %v", format, name, err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s of %s: %v", format, name, err)
	}
	if damaged, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(file, `"driver"`, `"drive"`), `"href"`, `"ref"`))); err != nil || schema.Validate(damaged) == nil {
		t.Errorf("%s: a damaged file fits", format)
	}
}
