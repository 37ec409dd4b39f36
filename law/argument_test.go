package law_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/law"
)

// TestMessagesAreReadAsWritten: a message that was stored prints like a fresh one.
func TestMessagesAreReadAsWritten(t *testing.T) {
	want := law.Say("plan.due.register", "date", law.MustDate("2026-10-17"), "count", 3, "share", 12.5, "who", "the board", "empty", "",
		"types", []string{"a", "2026-10-17"}, "none", nil, "known", true,
		"inner", law.Say("x", "on", law.MustDate("2024-02-29")), "all", []law.Message{law.Say("y"), law.Say("z", "n", -1)})
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got law.Message
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-written +read:\n%s", d)
	}
}

func TestArgumentsThatCannotBeRead(t *testing.T) {
	for _, in := range []string{`[1]`, `{"name": 1}`, `{"name": "a", "value": [1]}`, `{"name": "a", "value": {"key": 1}}`} {
		var a law.Arg
		if err := json.Unmarshal([]byte(in), &a); err == nil {
			t.Errorf("%s gave %+v", in, a)
		}
	}
}
