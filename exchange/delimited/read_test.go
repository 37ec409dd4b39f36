package delimited_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

func TestRead(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want [][]string
	}{
		"commas":            {"a,b\n1,2\n", [][]string{{"a", "b"}, {"1", "2"}}},
		"semicolons, a BOM": {"\ufeffa;b\r\n\"1;1\";\"2,5\"\r\n", [][]string{{"a", "b"}, {"1;1", "2,5"}}},
		"a short line":      {"a,b\n1\n", [][]string{{"a", "b"}, {"1"}}},
		"nothing":           {"", nil},
	} {
		got, err := delimited.Read("x.csv", []byte(tc.text))
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, text := range []string{"a,b\n\"open", "a\xff,b"} {
		if _, err := delimited.Read("x.csv", []byte(text)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a,b\n1,2\n")
	f.Add("\ufeffa;b\r\n\"x\"\"y\";\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := delimited.Read("x.csv", []byte(text))
		if err != nil || len(all) == 0 {
			return
		}
		var b bytes.Buffer
		if err := delimited.Write(&b, all[0], all[1:]); err != nil {
			t.Fatal(err)
		}
		again, err := delimited.Read("x.csv", b.Bytes())
		if err != nil || len(again) > len(all) {
			t.Errorf("%d lines became %d, %v", len(all), len(again), err)
		}
	})
}
