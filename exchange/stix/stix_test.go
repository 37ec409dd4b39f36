package stix_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/exchange/stix"
)

const bundle = `{"type":"bundle","id":"bundle--1","objects":[
{"type":"marking-definition","id":"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"},
{"type":"indicator","spec_version":"2.1","name":"C2","pattern":"[ipv4-addr:value = '203.0.113.7' OR domain-name:value = 'evil.example'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'","pattern_type":"stix","valid_from":"2026-01-02T03:04:05Z","object_marking_refs":["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]},
{"type":"indicator","pattern":"[file:hashes.'SHA-256' = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' AND file:name = 'it\\'s.exe']","pattern_type":"stix"},
{"type":"indicator","pattern":"[url:value IN ('http://a.example/', 'http://b.example/')]"},
{"type":"indicator","pattern":"[url:value LIKE 'http://%']"},
{"type":"indicator","pattern":"rule x {}","pattern_type":"yara"},
{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.8']","revoked":true},
{"type":"indicator","pattern":7},
{"type":"email-addr","value":"a@evil.example"},
{"type":"vulnerability","name":"CVE-2026-1234"},
{"type":"identity","name":"Somebody"}]}`

func read(text string) (good, bad []string, err error) {
	err = stix.Read(strings.NewReader(text), func(r indicators.Row) error {
		if r.Err != nil {
			bad = append(bad, fmt.Sprint(r.Line))
		} else {
			good = append(good, strings.TrimSpace(r.Type+" "+r.Value+" "+r.TLP))
		}
		return nil
	})
	return good, bad, err
}

func TestRead(t *testing.T) {
	good, bad, err := read(bundle)
	want := []string{"ip 203.0.113.7 AMBER", "domain evil.example AMBER", "sha256 " + strings.Repeat("a", 64), "filename it's.exe", "url http://a.example/", "url http://b.example/",
		"email a@evil.example", "cve CVE-2026-1234"}
	if diff := cmp.Diff(want, good); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{"5", "6", "8"}, bad); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "{", "7", `{"type":"bundle"}`, `{"objects":{}}`, `{"objects":[{]}`, `{"objects":[7`} {
		if _, bad, err := read(text); err == nil && len(bad) == 0 {
			t.Errorf("%s is read as a bundle", text)
		}
	}
}

// TestWrite: what is written is read back with labels, the same twice, and each
// label has its official object in the bundle.
func TestWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []indicators.Indicator{{Type: indicators.IP, Value: "2001:db8::/32"}, {Type: indicators.Filename, Value: `it's \ here.exe`}, {Type: indicators.SHA512, Value: strings.Repeat("0", 128)},
			{Type: indicators.Registry, Value: `HKLM\Run`}, {Type: indicators.Mutex, Value: "m"}, {Type: indicators.CVE, Value: "CVE-2026-0001"}, {Type: indicators.Email, Value: "a@b.example"}}
		var want []string
		for n := range all {
			all[n].TLP = rapid.SampledFrom(indicators.Labels()).Draw(t, "tlp")
			want = append(want, all[n].Type+" "+all[n].Value+" "+all[n].TLP)
		}
		write := func(made time.Time) string {
			var b bytes.Buffer
			left, err := stix.Write(&b, stix.Bundle{Maker: "o", Name: "Seewinkel Wasser", Case: "c", About: "2026-001", MadeAt: made}, func(f func(indicators.Indicator) error) error {
				for _, i := range append(append(slices.Clone(all), all[0]), indicators.Indicator{Type: indicators.Other, Value: "x"}) {
					if err := f(i); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil || left != 1 || !json.Valid(b.Bytes()) {
				t.Fatalf("%v, %d left out, valid JSON: %v", err, left, json.Valid(b.Bytes()))
			}
			return b.String()
		}
		for n := range all {
			all[n].AddedAt = time.Unix(1_700_000_000, 0)
		}
		text := write(time.Unix(1_800_000_000, 0))
		if text != write(time.Unix(1_800_000_000, 0)) {
			t.Error("the same rows are not the same bytes")
		}
		conforms(t, text, write(time.Unix(1_800_003_600, 0)))
		good, bad, err := read(text)
		if diff := cmp.Diff(want, good); diff != "" || len(bad) > 0 || err != nil {
			t.Error(diff, bad, err)
		}
		for _, i := range all {
			if !strings.Contains(text, `"name":"TLP:`+i.TLP+`"`) {
				t.Errorf("no object of the label %s", i.TLP)
			}
		}
	})
}

// conforms checks a bundle against what STIX 2.1 requires of each of its objects
// (sections 3.2, 4.5, 4.7, 4.18, 7.2 and 8), and one that was made later against the
// rule of versions: the same ids, created stays, modified moves.
func conforms(t *rapid.T, text, later string) {
	id := regexp.MustCompile(`^[a-z][a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	objects := func(text string) map[string]map[string]any {
		var b struct {
			Type, ID string
			Objects  []map[string]any
		}
		if err := json.Unmarshal([]byte(text), &b); err != nil || b.Type != "bundle" || !id.MatchString(b.ID) {
			t.Fatalf("%v: bundle %q %q", err, b.Type, b.ID)
		}
		out := map[string]map[string]any{}
		for _, o := range b.Objects {
			name, _ := o["id"].(string)
			if kind, _ := o["type"].(string); !id.MatchString(name) || !strings.HasPrefix(name, kind+"--") || out[name] != nil {
				t.Errorf("the id %q cannot be, or is there twice", name)
			}
			out[name] = o
		}
		return out
	}
	required := map[string][]string{
		"identity":           {"name", "modified"},
		"indicator":          {"pattern", "pattern_type", "valid_from", "modified", "created_by_ref"},
		"vulnerability":      {"name", "modified", "external_references", "created_by_ref"},
		"marking-definition": {"extensions"},
	}
	first, second := objects(text), objects(later)
	for name, o := range first {
		kind, _ := o["type"].(string)
		for _, p := range append([]string{"spec_version", "created"}, required[kind]...) {
			if o[p] == nil || o[p] == "" {
				t.Errorf("%s has no %s", name, p)
			}
		}
		for _, p := range []string{"created", "modified", "valid_from"} {
			if text, ok := o[p].(string); ok {
				if _, err := time.Parse("2006-01-02T15:04:05.000Z", text); err != nil {
					t.Errorf("%s of %s: %v", p, name, err)
				}
			}
		}
		if required[kind] == nil || o["spec_version"] != "2.1" {
			t.Errorf("%s: %v", name, o)
		}
		refs := append([]any{}, o["created_by_ref"])
		if marks, ok := o["object_marking_refs"].([]any); ok {
			refs = append(refs, marks...)
		}
		for _, ref := range refs {
			if r, ok := ref.(string); ok && first[r] == nil {
				t.Errorf("%s names %s, which is not there", name, r)
			}
		}
		if kind != "marking-definition" && kind != "identity" {
			again := second[name]
			if again == nil || again["created"] != o["created"] || again["modified"] == o["modified"] {
				t.Errorf("a later bundle has %v for %v", again, o)
			}
		}
	}
	if len(first) != len(second) {
		t.Errorf("%d objects, and %d later", len(first), len(second))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(bundle)
	f.Add(`{"objects":[{"type":"indicator","pattern":"[a:b = 'c"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		stop := errors.New("stop")
		n := 0
		_ = stix.Read(strings.NewReader(text), func(indicators.Row) error { // any answer will do but a crash
			if n++; n > 1000 {
				return stop
			}
			return nil
		})
	})
}
