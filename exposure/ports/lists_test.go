package ports

import (
	"testing"
)

// TestLists: what people write, and what they read.
func TestLists(t *testing.T) {
	got, err := ParsePorts("443, 22,8000-8002,8001")
	if err != nil || ranges(got) != "22, 443, 8000–8002" {
		t.Errorf("%v %v", got, err)
	}
	for _, wrong := range []string{"", "0", "65536", "9-1", "a", "1,,2", "1-", "-1"} {
		if _, err := ParsePorts(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
	if n := len(Usual()); n < 1200 || n > 1500 {
		t.Errorf("%d usual ports", n)
	}
	if all, err := ParsePorts("1-65535"); err != nil || len(all) != 65535 {
		t.Errorf("%d %v", len(all), err)
	}
}
