package misp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/exchange/misp"
)

const event = `{"response":[{"Event":{"info":"x","Attribute":[
{"type":"ip-dst|port","value":"203.0.113.7|443","comment":"C2","timestamp":"1700000000","Tag":[{"name":"tlp:red"}]},
{"type":"filename|sha1","value":"evil.exe|da39a3ee5e6b4b0d3255bfef95601890afd80709"},
{"type":"yara","value":"rule"},
{"type":"domain","value":"not a domain"},
{"type":"domain","value":"old.example","deleted":true}],
"Object":[{"name":"url","Attribute":[{"type":"url","value":"http://evil.example/","first_seen":"2026-01-02T03:04:05+01:00"}]}],
"Tag":[{"name":"misp-galaxy:x"},{"name":"tlp:amber+strict"}]}}]}`

func read(text string) (good, bad []string, tlp string, err error) {
	tlp, err = misp.Read(strings.NewReader(text), func(r indicators.Row) error {
		if r.Err != nil {
			bad = append(bad, fmt.Sprint(r.Line))
		} else {
			good = append(good, strings.TrimSpace(r.Type+" "+r.Value+" "+r.TLP))
		}
		return nil
	})
	return good, bad, tlp, err
}

func TestRead(t *testing.T) {
	good, bad, tlp, err := read(event)
	want := []string{"ip 203.0.113.7 RED", "filename evil.exe", "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709", "url http://evil.example/"}
	if diff := cmp.Diff(want, good); diff != "" || err != nil || tlp != "AMBER+STRICT" {
		t.Error(diff, err, tlp)
	}
	if diff := cmp.Diff([]string{"3", "4"}, bad); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "{", "7", `{"Event":{}}`, `{"Attribute":[{]}`, strings.Repeat("[", 10_000), `{"Attribute":[{"type":"ip-dst","value":"1.1.1.1"}`} {
		if _, _, _, err := read(text); err == nil {
			t.Errorf("%.40s is read as an event", text)
		}
	}
}

func TestWrite(t *testing.T) {
	all := []indicators.Indicator{}
	for kind, value := range map[string]string{indicators.IP: "203.0.113.7", indicators.Domain: "evil.example", indicators.Other: "x", indicators.CVE: "CVE-2026-0001", indicators.SHA256: strings.Repeat("a", 64)} {
		all = append(all, indicators.Indicator{Type: kind, Value: value, TLP: "GREEN", Note: "seen"})
	}
	var b bytes.Buffer
	err := misp.Write(&b, misp.Event{UUID: "0190a000-0000-7000-8000-000000000001", Info: "Case", OrgUUID: "0190a000-0000-7000-8000-000000000002", Org: "Seewinkel", TLP: "AMBER", MadeAt: time.Unix(1_800_000_000, 0)}, func(f func(indicators.Indicator) error) error {
		for _, i := range append(all, all[0]) {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !json.Valid(b.Bytes()) {
		t.Fatalf("%v\n%s", err, b.String())
	}
	conforms(t, b.Bytes(), len(all))
	var want []string
	for _, i := range all {
		want = append(want, i.Type+" "+i.Value+" GREEN")
	}
	good, bad, tlp, err := read(b.String())
	if diff := cmp.Diff(want, good); diff != "" || len(bad) > 0 || err != nil || tlp != "AMBER" {
		t.Error(diff, bad, tlp, err)
	}
}

// conforms checks an event against what the core format says must and shall be there,
// as text, number or truth.
func conforms(t *testing.T, text []byte, attributes int) {
	t.Helper()
	var file struct{ Event map[string]any }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	texts := func(of string, v map[string]any, names ...string) {
		t.Helper()
		for _, name := range names {
			if s, ok := v[name].(string); !ok || s == "" {
				t.Errorf("%s has no %s", of, name)
			}
		}
	}
	e := file.Event
	texts("the event", e, "uuid", "id", "info", "threat_level_id", "analysis", "date", "timestamp", "publish_timestamp", "first_publication", "org_id", "orgc_id",
		"attribute_count", "distribution")
	if _, ok := e["published"].(bool); !ok {
		t.Error("it is not said whether the event is published")
	}
	for _, name := range []string{"Org", "Orgc"} {
		o, _ := e[name].(map[string]any)
		texts(name, o, "uuid", "name", "id")
	}
	list, _ := e["Attribute"].([]any)
	if len(list) != attributes || e["attribute_count"] != strconv.Itoa(attributes) {
		t.Errorf("%d attributes, %v are counted, want %d", len(list), e["attribute_count"], attributes)
	}
	seen := map[any]bool{}
	for _, x := range list {
		a, _ := x.(map[string]any)
		texts("an attribute", a, "uuid", "id", "event_id", "type", "category", "distribution", "timestamp", "value")
		for _, name := range []string{"to_ids", "deleted"} {
			if _, ok := a[name].(bool); !ok {
				t.Errorf("an attribute has no %s", name)
			}
		}
		if seen[a["uuid"]] {
			t.Error("two attributes have one uuid")
		}
		seen[a["uuid"]] = true
	}
}

func FuzzRead(f *testing.F) {
	f.Add(event)
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = misp.Read(strings.NewReader(text), func(indicators.Row) error { return nil }) // any answer will do but a crash
	})
}
