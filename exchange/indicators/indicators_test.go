package indicators_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
)

func TestClean(t *testing.T) {
	for _, tc := range []struct{ kind, value, want, wantKind string }{
		{"", "hxxps://evil[.]example/a?b=c", "https://evil.example/a?b=c", "url"},
		{"", "hXXp[:]//evil(.)example", "http://evil.example", "url"},
		{"", "fxp://evil[.]example/x", "ftp://evil.example/x", "url"},
		{"", "203.0.113[.]7", "203.0.113.7", "ip"},
		{"", "203.0.113.7/24", "203.0.113.0/24", "ip"},
		{"", "2001:DB8::1", "2001:db8::1", "ip"},
		{"", "2001[:]db8[:][:]1", "2001:db8::1", "ip"},
		{"", "Evil[dot]Example.", "evil.example", "domain"},
		{"", "xn--bcher-kva.example", "xn--bcher-kva.example", "domain"},
		{"", "bücher.example", "bücher.example", "domain"},
		{"", "billing[@]evil[.]example", "billing@evil.example", "email"},
		{"", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e", "md5"},
		{"", strings.Repeat("a", 64), strings.Repeat("a", 64), "sha256"},
		{"", "cve-2026-12345", "CVE-2026-12345", "cve"},
		{"", `HKLM\Software\Run\x`, `HKLM\Software\Run\x`, "registry"},
		{"", `C:\Windows\Temp\evil.exe`, `C:\Windows\Temp\evil.exe`, "filename"},
		{"", "invoice.pdf", "invoice.pdf", "filename"},
		{"mutex", `Global\evil[.]`, `Global\evil[.]`, "mutex"},
		{"", "hello", "", ""},
		{"", "", "", ""},
		{"", "a\x00b.example", "", ""},
		{"ip", "999.1.1.1", "", ""},
		{"sha256", "abc", "", ""},
		{"nonsense", "x", "", ""},
		{"", strings.Repeat("a", 3000) + ".example", "", ""},
	} {
		got, err := indicators.Clean(indicators.Indicator{Type: tc.kind, Value: tc.value})
		if tc.want == "" {
			if err == nil {
				t.Errorf("%q as %q is taken as %s", tc.value, tc.kind, got.Type)
			}
			continue
		}
		if err != nil || got.Value != tc.want || got.Type != tc.wantKind {
			t.Errorf("%q: %s %q %v, want %s %q", tc.value, got.Type, got.Value, err, tc.wantKind, tc.want)
		}
	}
}

// TestDefangComesBack: what is shown harmless can be pasted again, and no program
// takes it for a link.
func TestDefangComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.StringMatching(`[a-z][a-z0-9]{0,8}(\.[a-z][a-z0-9]{0,8}){1,3}`).Draw(t, "host")
		number := rapid.IntRange(0, 255)
		for kind, value := range map[string]string{
			indicators.Domain: host, indicators.Email: "a.b@" + host,
			indicators.URL: rapid.SampledFrom([]string{"http", "https", "ftp"}).Draw(t, "scheme") + "://" + host + rapid.StringMatching(`(/[a-z0-9.]{0,6}){0,3}`).Draw(t, "path"),
			indicators.IP:  fmt.Sprintf("%d.%d.%d.%d", number.Draw(t, "a"), number.Draw(t, "b"), number.Draw(t, "c"), number.Draw(t, "d")),
		} {
			safe := indicators.Defang(kind, value)
			if back := indicators.Refang(safe); back != value || safe == value || strings.Contains(safe, "http:") || strings.Contains(safe, "https:") {
				t.Errorf("%s is shown as %s and comes back as %s", value, safe, back)
			}
		}
	})
}

func read(t *testing.T, f func(string, func(indicators.Row) error) error, text string) (good, bad []string) {
	t.Helper()
	err := f(text, func(r indicators.Row) error {
		if r.Err != nil {
			bad = append(bad, fmt.Sprint(r.Line))
		} else {
			good = append(good, r.Type+" "+r.Value+" "+r.TLP+" "+r.Note)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return good, bad
}

func TestPlain(t *testing.T) {
	good, bad := read(t, func(s string, f func(indicators.Row) error) error {
		return indicators.ReadPlain(strings.NewReader(s), f)
	},
		"\ufeff# from the CSIRT\n203.0.113[.]7\r\n\nwhat is this\nevil.example\n"+strings.Repeat("x", 100_000)+"\nhxxp://a[.]example/\n")
	if diff := cmp.Diff([]string{"ip 203.0.113.7  ", "domain evil.example  ", "url http://a.example/  "}, good); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"4", "6"}, bad); diff != "" {
		t.Error(diff)
	}
}

func TestTable(t *testing.T) {
	table := func(s string, f func(indicators.Row) error) error {
		return indicators.ReadTable(strings.NewReader(s), f)
	}
	good, bad := read(t, table, "Type;Indicator;Comment;TLP\nip-dst;203.0.113.7;\"C2; port 443\";tlp:amber\nsha1;nothing;;\n;evil[.]example;;WHITE\n")
	if diff := cmp.Diff([]string{"ip 203.0.113.7 AMBER C2; port 443", "domain evil.example CLEAR "}, good); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"3"}, bad); diff != "" {
		t.Error(diff)
	}
	good, _ = read(t, table, "203.0.113.7,first\nevil.example,second\n")
	if len(good) != 2 {
		t.Errorf("a table without head: %v", good)
	}
}

func TestDetect(t *testing.T) {
	for text, want := range map[string]indicators.Format{
		"203.0.113.7\nevil.example\n":              indicators.Plain,
		"# list\nhttps://a.example/x?a=1,2\n":      indicators.Plain,
		"type,value\nip,203.0.113.7\n":             indicators.CSV,
		"203.0.113.7;C2\n":                         indicators.CSV,
		"value\tcomment\n1.2.3.4\tx\n":             indicators.CSV,
		` {"type": "bundle", "objects": []}`:       indicators.STIX,
		`{"Event": {"info": "x"}}`:                 indicators.MISP,
		`{"response": [{"Event": {"info": "x"}}]}`: indicators.MISP,
		"": indicators.Plain,
	} {
		if got, _ := indicators.Detect(strings.NewReader(text)); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// TestStops: the reader ends with the error of whoever listens.
func TestStops(t *testing.T) {
	enough := errors.New("enough")
	for _, f := range []func() error{
		func() error {
			return indicators.ReadPlain(strings.NewReader("1.1.1.1\n2.2.2.2\n"), func(indicators.Row) error { return enough })
		},
		func() error {
			return indicators.ReadTable(strings.NewReader("1.1.1.1,a\n2.2.2.2,b\n"), func(indicators.Row) error { return enough })
		},
	} {
		if err := f(); !errors.Is(err, enough) {
			t.Errorf("%v", err)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"hxxp://a[.]b", "1.2.3.4/8", "a@b.example", "CVE-2026-1234", "::1", "x\xff"} {
		f.Add("", s)
		f.Add("url", s)
	}
	f.Fuzz(func(t *testing.T, kind, s string) {
		i, err := indicators.Clean(indicators.Indicator{Type: kind, Value: s})
		if err != nil {
			return
		}
		again, err := indicators.Clean(i)
		if err != nil || again.Value != i.Value || again.Type != i.Type {
			t.Errorf("%q %q: cleaned twice it is %q %q %v", i.Type, i.Value, again.Type, again.Value, err)
		}
	})
}
