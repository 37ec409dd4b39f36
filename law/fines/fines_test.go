package fines_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/fines"
	"github.com/nisaba-platform/nisaba/law/scope"
)

func of(class law.Class, types ...string) scope.Determination {
	return scope.Determination{Class: class, EntityTypes: types}
}

// TestCeiling: Directive (EU) 2022/2555 Art. 34(4) and (5), whichever is higher.
func TestCeiling(t *testing.T) {
	t.Parallel()
	n := scope.Num
	depends := scope.Determination{Class: law.Depends, CouldBe: []law.Class{law.Essential, law.Important}}
	maybeOut := scope.Determination{Class: law.Depends, CouldBe: []law.Class{law.Essential, law.Out}}
	tests := []struct {
		name     string
		d        scope.Determination
		turnover scope.Number
		basis    fines.Basis
		euros    int64
	}{
		{"essential, small turnover", of(law.Essential), n(1e6), fines.FixedAmount, 10_000_000},
		{"essential, equal", of(law.Essential), n(500e6), fines.FixedAmount, 10_000_000},
		{"essential, one euro of fine more", of(law.Essential), n(500_000_050), fines.ShareOfTurnover, 10_000_001},
		{"essential, 2 %", of(law.Essential), n(3e9), fines.ShareOfTurnover, 60_000_000},
		{"essential, no turnover", of(law.Essential), n(0), fines.FixedAmount, 10_000_000},
		{"essential, turnover not known", of(law.Essential), scope.Number{}, fines.AtLeastFixed, 10_000_000},
		{"important, equal", of(law.Important), n(500e6), fines.FixedAmount, 7_000_000},
		{"important, 1.4 %", of(law.Important), n(1e9), fines.ShareOfTurnover, 14_000_000},
		{"important, not known", of(law.Important), scope.Number{}, fines.AtLeastFixed, 7_000_000},
		{"Art. 36 only", of(law.RegistrationOnly), n(1e9), fines.NationalPenalties, 0},
		{"out", of(law.Out), n(1e9), fines.NotApplicable, 0},
		{"bank, recital 28", of(law.Essential, "banking.credit-institution"), n(1e9), fines.OtherAct, 0},
		{"mildest class still possible", depends, n(1e6), fines.FixedAmount, 7_000_000},
		{"may be out", maybeOut, n(1e6), fines.NotApplicable, 0},
	}
	for _, tc := range tests {
		a := fines.Ceiling(tc.d, tc.turnover)
		if a.Basis != tc.basis || a.Euros != tc.euros {
			t.Errorf("%s: got %s, %d; want %s, %d", tc.name, a.Basis, a.Euros, tc.basis, tc.euros)
		}
		if a.Exceeding != (tc.basis == fines.AtLeastFixed) {
			t.Errorf("%s: exceeding %v", tc.name, a.Exceeding)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	has := func(a fines.Amount, key string) bool {
		return slices.ContainsFunc(a.Notes, func(m law.Message) bool { return m.Key == key })
	}
	a := fines.Ceiling(of(law.Essential, "public-admin.central"), scope.Num(0))
	if !has(a, "fines.note.public-administration") || !has(a, "fines.note.minimum") || !has(a, "fines.note.undertaking") {
		t.Errorf("Art. 34(7) must be said: %v", a.Notes)
	}
	if a := fines.Ceiling(of(law.Important, "food.business"), scope.Num(0)); has(a, "fines.note.public-administration") || has(a, "fines.note.depends") {
		t.Errorf("said without reason: %v", a.Notes)
	}
}

// TestUndecidedIsSaid: an amount for the mildest class is never shown without
// the word that a stricter one is possible.
func TestUndecidedIsSaid(t *testing.T) {
	t.Parallel()
	for _, could := range [][]law.Class{{law.Essential, law.Important}, {law.Essential, law.Out}, {law.Important, law.RegistrationOnly}} {
		a := fines.Ceiling(scope.Determination{Class: law.Depends, CouldBe: could}, scope.Num(0))
		if !slices.ContainsFunc(a.Notes, func(m law.Message) bool { return m.Key == "fines.note.depends" }) {
			t.Errorf("%v: %v", could, a.Notes)
		}
	}
}

// TestCeilingGrows: the ceiling never falls with the turnover, is never below
// the fixed amount, and is higher for essential entities.
func TestCeilingGrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		less := rapid.Float64Range(0, 1e13).Draw(t, "turnover")
		more := less + rapid.Float64Range(0, 1e13).Draw(t, "more")
		a, b := fines.Ceiling(of(law.Important), scope.Num(less)), fines.Ceiling(of(law.Important), scope.Num(more))
		e := fines.Ceiling(of(law.Essential), scope.Num(less))
		if b.Euros < a.Euros || a.Euros < a.Fixed || e.Euros <= a.Euros {
			t.Fatalf("%d at %v, %d at %v, essential %d", a.Euros, less, b.Euros, more, e.Euros)
		}
	})
}

// TestGroupTurnover: the undertaking of Art. 34 is the organisation with those
// that it controls or that control it, not its partners.
func TestGroupTurnover(t *testing.T) {
	t.Parallel()
	n := scope.Num
	years := []scope.Figures{{Year: 2025, Turnover: n(5e6)}, {Year: 2024, Turnover: n(9e6)}}
	tests := []struct {
		name string
		f    scope.Facts
		want scope.Number
	}{
		{"latest year", scope.Facts{Figures: years}, n(5e6)},
		{"linked at 100 %", scope.Facts{Figures: years, Linked: []scope.Linked{{Turnover: n(2e6)}, {Turnover: n(1)}}}, n(7e6 + 1)},
		{"partners do not count", scope.Facts{Figures: years, Partners: []scope.Partner{{Share: n(49), Turnover: n(9e9)}}}, n(5e6)},
		{"no figures", scope.Facts{}, scope.Number{}},
		{"own not known", scope.Facts{Figures: []scope.Figures{{Year: 2025}}, Linked: []scope.Linked{{Turnover: n(1)}}}, scope.Number{}},
		{"a linked one not known", scope.Facts{Figures: years, Linked: []scope.Linked{{}}}, scope.Number{}},
	}
	for _, tc := range tests {
		if got := fines.GroupTurnover(tc.f); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}
