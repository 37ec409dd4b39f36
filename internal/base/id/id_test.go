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
