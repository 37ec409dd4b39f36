package delimited_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"Policy":                        "Policy",
		"a=b":                           "a=b",
		"1-2":                           "1-2",
		"=1+1":                          "'=1+1",
		"+49 30 1234":                   "'+49 30 1234",
		"-2+3+cmd|' /C calc'!A0":        "'-2+3+cmd|' /C calc'!A0",
		"@SUM(A1:A9)":                   "'@SUM(A1:A9)",
		"\t=1":                          "'\t=1",
		"\r=1":                          "'\r=1",
		"\n=1":                          "'\n=1",
		"  =1":                          "'  =1",
		"\u200b=1":                      "'\u200b=1",
		"\x00=1":                        "'=1",
		"＝1":                            "'＝1",
		`=HYPERLINK("https://x","y")`:   `'=HYPERLINK("https://x","y")`,
		"'=1":                           "'=1",
		"ordinary, with \"quotes\"; ok": "ordinary, with \"quotes\"; ok",
	} {
		if got := delimited.Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	if err := delimited.Write(&b, []string{"title", "note"}, [][]string{{"=1+1", "two\nlines, \"quoted\""}, {"Größe", ""}}); err != nil {
		t.Fatal(err)
	}
	const want = "\ufefftitle,note\r\n'=1+1,\"two\r\nlines, \"\"quoted\"\"\"\r\nGröße,\r\n"
	if b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
	if err := delimited.Write(broken{}, []string{"x"}, nil); err == nil {
		t.Error("a write that fails was not reported")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no room") }

// FuzzWrite: whatever is written, no field that is read back begins a formula, and
// rows stay rows.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{"", "=1", " -1", "\x00=", "a\r\n=b", `","=1`, "\ufeff=1"} {
		f.Add(seed, "x")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		var b bytes.Buffer
		if err := delimited.Write(&b, []string{"h", "h"}, [][]string{{one, two}, {two, one}}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			if len(row) != 2 {
				t.Fatalf("%d fields", len(row))
			}
			for _, field := range row {
				if begin := strings.TrimLeft(field, " "); begin != "" && strings.ContainsAny(begin[:1], "=+-@\t\r\n") {
					t.Errorf("%q begins a formula", field)
				}
			}
		}
	})
}
