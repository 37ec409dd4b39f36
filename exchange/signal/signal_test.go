package signal_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/exchange/signal"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

func TestRead(t *testing.T) {
	at := time.Date(2026, 6, 10, 8, 20, 0, 0, time.UTC)
	for _, tc := range []struct {
		name, body, mapping string
		want                signal.Event
	}{
		{"plain", `{"id":"7","title":"Login from a new country","severity":"high","time":"2026-06-10T10:20:00+02:00","description":"a\nb","host":"mail-1"}`, "",
			signal.Event{ID: "7", Title: "Login from a new country", Severity: "high", At: at, Text: "a\nb", Host: "mail-1"}},
		{"numbers", `{"id":12345678901234567890,"name":"x","level":12,"timestamp":1781079600}`, "",
			signal.Event{ID: "12345678901234567890", Title: "x", Severity: "12", At: at}},
		{"names with dots", `{"kibana.alert.uuid":"u","kibana.alert.rule.name":"Mimikatz","kibana.alert.severity":"critical","@timestamp":"2026-06-10T08:20:00.000Z","host":{"name":"dc1"}}`, "",
			signal.Event{ID: "u", Title: "Mimikatz", Severity: "critical", At: at, Host: "dc1"}},
		{"host analyser", `{"id":"1.2","timestamp":"2026-06-10T08:20:00.000+0000","rule":{"level":10,"description":"Brute force"},"agent":{"name":"web"},"full_log":"sshd"}`, "",
			signal.Event{ID: "1.2", Title: "Brute force", Severity: "10", At: at, Text: "sshd", Host: "web"}},
		{"group of alerts", `{"groupKey":"g","status":"firing","commonLabels":{"alertname":"DiskFull","severity":"page"},"alerts":[{"startsAt":"2026-06-10T08:20:00Z"}]}`, "",
			signal.Event{Title: "DiskFull", Severity: "page", At: at}},
		{"milliseconds", `{"metadata":{"uid":"o"},"finding_info":{"title":"F"},"severity":"High","time":1781079600000}`, "",
			signal.Event{ID: "o", Title: "F", Severity: "High", At: at}},
		{"own names first", `{"title":"wrong","a":[{"b":"right"}],"id":"1","k":"2"}`, "title = a.0.b\nid = k\n", signal.Event{ID: "2", Title: "right"}},
		{"nothing known", `{"x":1}`, "", signal.Event{}},
		{"no instant", `{"title":"x","time":"2026-06-10 10:20"}`, "", signal.Event{Title: "x"}},
		{"ancient and future", `{"title":"x","time":-5,"timestamp":"1970-01-01T00:00:00Z","@timestamp":"9999-01-01T00:00:00Z"}`, "", signal.Event{Title: "x"}},
		{"characters of control", "{\"title\":\"a\\u0000b\\u001b[31m\\nc\"}", "", signal.Event{Title: "ab[31m c"}},
		{"objects where words belong", `{"title":{"a":1},"name":[],"summary":["one"],"severity":null}`, "", signal.Event{Title: "one"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := signal.Parse(tc.mapping)
			if err != nil {
				t.Fatal(err)
			}
			got, err := signal.Read([]byte(tc.body), m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for _, body := range []string{"", "{", `{"a":1} x`, `{"a":1}{"b":2}`, "null", "[]", `"text"`, "{\"a\":\"\xff\"}", strings.Repeat(`{"a":`, 200_000), "<html>", `{'a':1}`} {
		_, err := signal.Read([]byte(body), nil)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.20q: %v", body, err)
		}
	}
}

func TestMapping(t *testing.T) {
	const text = "id = a\ntitle = b.c\ntitle = d\n"
	m, err := signal.Parse("title=b.c\n\n  title =  d \r\nid = a")
	if err != nil || m.String() != text {
		t.Errorf("%q, %v", m, err)
	}
	for _, bad := range []string{"title", "title =", "colour = a", "= a", strings.Repeat("id = a\n", 41), "id = " + strings.Repeat("a.", 30) + "b"} {
		if _, err := signal.Parse(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// FuzzRead: whatever is sent is refused, or is short and printable.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"7","title":"x","time":1781079600,"a":{"b":[1,"c"]}}`), "title = a.b.1")
	f.Add([]byte(`{"title":"`+strings.Repeat("ä", 300)+`","time":"1e308"}`), "id = x")
	f.Fuzz(func(t *testing.T, body []byte, mapping string) {
		m, err := signal.Parse(mapping)
		if err != nil {
			return
		}
		if again, err := signal.Parse(m.String()); err != nil || !cmp.Equal(again, m) {
			t.Fatalf("%q became %q: %v", m, again, err)
		}
		e, err := signal.Read(body, m)
		if err != nil {
			return
		}
		for s, most := range map[string]int{e.ID: signal.LongestWord, e.Title: signal.LongestTitle, e.Severity: signal.LongestWord, e.Host: signal.LongestWord} {
			if utf8.RuneCountInString(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("%q", s)
			}
		}
		if !e.At.IsZero() && (e.At.Year() < 2000 || e.At.Year() > 2200) {
			t.Error(e.At)
		}
	})
}
