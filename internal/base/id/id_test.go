package id_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/id"
)

func TestIdsSortByTimeOfCreation(t *testing.T) {
	ids := make([]string, 5000)
	for i := range ids {
		ids[i] = id.New()
	}
	if !slices.IsSorted(ids) {
		t.Error("ids of one process went backwards")
	}
	if len(slices.Compact(ids)) != len(ids) {
		t.Error("an id came twice")
	}
}

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{
		id.New():                               true,
		"":                                     false,
		"0192f0c8-0000-4000-8000-000000000000": false, // version 4
		"0192F0C8-0000-7000-8000-000000000000": false, // upper case
		"0192f0c8-0000-7000-8000-000000000000": true,
		"../../../etc/passwd":                  false,
	} {
		if got := id.Valid(s); got != want {
			t.Errorf("Valid(%q) = %v", s, got)
		}
	}
}

func TestTimeOfAnID(t *testing.T) {
	before := time.Now().Add(-time.Second)
	at, err := id.Time(id.New())
	if err != nil {
		t.Fatal(err)
	}
	if at.Before(before) || at.After(time.Now().Add(time.Second)) {
		t.Errorf("made at %s", at)
	}
	if _, err := id.Time("x"); err == nil {
		t.Error("the time of a text that is no id was found")
	}
}

func TestDerived(t *testing.T) {
	from := id.New()
	a, err := id.Derived(from, "1")
	if err != nil || !id.Valid(a) {
		t.Fatalf("%q %v", a, err)
	}
	again, _ := id.Derived(from, "1")
	other, _ := id.Derived(from, "2")
	if a != again || a == other || a == from {
		t.Errorf("%s, again %s, other %s, from %s", a, again, other, from)
	}
	made, _ := id.Time(from)
	if at, err := id.Time(a); err != nil || !at.Equal(made) {
		t.Errorf("made %v, %v; wanted %v", at, err, made)
	}
	if _, err := id.Derived("x", "1"); err == nil {
		t.Error("an id was derived from none")
	}
}
