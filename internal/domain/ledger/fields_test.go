package ledger_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
)

// FuzzChanges compares the fields that are found with those of the decoder.
func FuzzChanges(f *testing.F) {
	for _, seed := range []string{`{}`, `null`, ` { } `, `[]`, `1`, `"{}"`, `{"a":1,"b":{"c":[1,{"d":"}"}]},"a":2}`, `{"a\"\\":"\"}{,","b" : [ "]" ] }`, "{\n\"a\": null,\n\"\u00e9\": \"\\u00e9\"\n}", `{"a":1`, `{"":"x"}`} {
		f.Add(seed, `{"a":1}`)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		e := ledger.Entry{Before: json.RawMessage(before), After: json.RawMessage(after)}
		got, err := e.Changes()
		want := map[string]ledger.Field{}
		wrong := false
		for i, side := range []string{before, after} {
			m := map[string]json.RawMessage{}
			if side != "" && json.Unmarshal([]byte(side), &m) != nil {
				wrong = true
			}
			for name, v := range m {
				d := want[name]
				d.Name = name
				if i == 0 {
					d.Before = v
				} else {
					d.After = v
				}
				want[name] = d
			}
		}
		if wrong != (err != nil) {
			t.Fatalf("%q and %q: %v", before, after, err)
		}
		if wrong {
			return
		}
		last := ""
		for i, c := range got {
			if i > 0 && c.Name <= last {
				t.Errorf("%q after %q", c.Name, last)
			}
			last = c.Name
			if d := cmp.Diff(want[c.Name], c); d != "" {
				t.Errorf("%s", d)
			}
			delete(want, c.Name)
		}
		for name, d := range want {
			if string(d.Before) != string(d.After) {
				t.Errorf("%q is missing", name)
			}
		}
	})
}
