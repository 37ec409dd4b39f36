package scope_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// argument is an argument of a message.
func argument(m law.Message, name string) any {
	i := slices.IndexFunc(m.Args, func(a law.Arg) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return m.Args[i].Value
}

// twice is the organisation with its latest figures, changed, in two years in a row.
func twice(f scope.Facts, change func(*scope.Figures)) scope.Facts {
	last := f.Figures[len(f.Figures)-1]
	change(&last)
	before := last
	before.Year--
	f.Figures = []scope.Figures{before, last}
	return f
}

// opposite gives the answer that the nearest fact names the other way.
func opposite(f scope.Facts, name string) scope.Facts {
	f = clone(f)
	switch {
	case name == "dora_exempt":
		f.DORAExempt = law.False
	case name == "security_activity":
		f.Security = scope.SecurityMarginal
	case name == scope.RegionalRiskAssessment:
		f.Definition[name] = law.True
	case slices.Contains(scope.OptionNames(), name):
		f.National[name] = law.True
	default:
		f.Definition[name] = f.Definition[name].Not()
	}
	return f
}

// TestNearest has one organisation for each kind of nearest ground.
func TestNearest(t *testing.T) {
	t.Parallel()
	cloud := func(staff, turnover, balance float64) scope.Facts {
		return sized(known("digital-infra.cloud"), staff, turnover, balance)
	}
	figures := func(employees, turnover, balance scope.Number) scope.Facts {
		f := known("digital-infra.cloud")
		f.Figures = []scope.Figures{{Year: 2025, Employees: employees, Turnover: turnover, BalanceSheet: balance}}
		return f
	}
	n, unknown := scope.Num, scope.Number{}
	tests := []struct {
		name  string
		facts scope.Facts
		key   string // "" = none
		value any    // of the count, the amount or the fact
		class law.Class
	}{
		{"one person", cloud(49, 1, 1), "headcount", 1, law.Important},
		{"half a person", cloud(49.5, 1, 1), "headcount", 1, law.Important},
		{"a little balance", cloud(5, 12, 9.5), "balance", 500001.0, law.Important},
		{"a little turnover", cloud(5, 9.5, 12), "turnover", 500001.0, law.Important},
		{"people are nearer than money", cloud(48, 12, 5), "headcount", 2, law.Important},
		{"as near in people as in money", cloud(25, 12, 5-1e-6), "headcount", 25, law.Important},
		{"neither amount exceeds", cloud(1, 9.9, 9.9), "headcount", 49, law.Important},
		{"at the ceiling of turnover", cloud(5, 10, 12), "turnover", 1.0, law.Important},
		{"first year above", sized(cloud(30, 5, 5), 60, 5, 5), "second-year", nil, law.Important},
		{"first year far above", sized(cloud(30, 5, 5), 260, 5, 5), "second-year", nil, law.Essential},
		{"the latest year is not known", func() scope.Facts {
			f := cloud(30, 5, 5)
			f.Figures = append(f.Figures, scope.Figures{Year: 2026})
			return f
		}(), "", nil, ""},
		{"staff unknown, too little money", figures(n(20), unknown, n(5e6)), "headcount", 30, law.Important},
		{"turnover unknown, balance near", figures(n(2), unknown, n(9.9e6)), "headcount", 48, law.Important},
		{"own zones only", fact(cloud(1, 1, 1), scope.DNSOwnDomainsOnly, law.True), "headcount", 49, law.Important},
		{"name service for own zones only", fact(sized(known("digital-infra.dns"), 5, 1, 1), scope.DNSOwnDomainsOnly, law.True),
			"fact", scope.DNSOwnDomainsOnly, law.Essential},
		{"own zones, and internal", fact(fact(sized(known("digital-infra.dns"), 5, 1, 1), scope.DNSOwnDomainsOnly, law.True), scope.DNSInternalOnly, law.True), "", nil, ""},
		{"nothing listed", sized(known(), 5, 1, 1), "", nil, ""},
	}
	for _, tc := range tests {
		near := classify(tc.facts).Nearest
		if near == nil {
			if tc.key != "" {
				t.Errorf("%s: none, want %s", tc.name, tc.key)
			}
			continue
		}
		value := argument(near.Text, map[string]string{"headcount": "count", "fact": "fact"}[tc.key])
		switch tc.key {
		case "turnover", "balance":
			value = argument(near.Text, "amount")
		case "fact":
			value = strings.TrimPrefix(value.(law.Message).Key, "scope.field.")
		}
		if near.Text.Key != "scope.near."+tc.key || value != tc.value || near.Ground.Class != tc.class {
			t.Errorf("%s: %s %v to %s; want %s %v to %s", tc.name, near.Text.Key, near.Text.Args, near.Ground.Class, tc.key, tc.value, tc.class)
		}
	}
}

// TestNearestTips does what the nearest ground says would tip the class, and for
// figures a little less. The first leads to the class that it names, whatever the
// unknowns turn out to be; the second keeps an organisation out of which all is known.
func TestNearestTips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := maker{t, rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "rare")}.facts()
		if rapid.IntRange(0, 3).Draw(t, "plain") > 0 {
			plain := known(rapid.SampledFrom([]string{"digital-infra.cloud", "food.business"}).Draw(t, "type"))
			plain.Definition, plain.National = map[string]law.Truth{}, map[string]law.Truth{}
			plain.Figures, plain.Linked, plain.Partners = f.Figures, f.Linked, f.Partners
			f = plain
		}
		d := classify(f)
		if d.Nearest != nil && d.Class != law.Out {
			t.Fatalf("%s has a nearest ground", d.Class)
		}
		if d.Nearest == nil {
			return
		}
		text := d.Nearest.Text
		key := strings.TrimPrefix(text.Key, "scope.near.")
		class := argument(text, "class").(law.Message).Key
		whole := len(holes(&f)) == 0
		f = complete(t, f)
		tipped, kept := f, f
		switch key {
		case "headcount":
			n := float64(argument(text, "count").(int))
			tipped = twice(f, func(y *scope.Figures) { y.Employees.Value += n })
			kept = twice(f, func(y *scope.Figures) { y.Employees.Value += n - 1 })
		case "turnover":
			amount := argument(text, "amount").(float64)
			tipped = twice(f, func(y *scope.Figures) { y.Turnover.Value += amount })
			kept = twice(f, func(y *scope.Figures) { y.Turnover.Value += amount - 1 })
		case "balance":
			amount := argument(text, "amount").(float64)
			tipped = twice(f, func(y *scope.Figures) { y.BalanceSheet.Value += amount })
			kept = twice(f, func(y *scope.Figures) { y.BalanceSheet.Value += amount - 1 })
		case "second-year":
			tipped = twice(f, func(*scope.Figures) {})
		case "fact":
			name := strings.TrimPrefix(argument(text, "fact").(law.Message).Key, "scope.field.")
			tipped = opposite(f, name)
		default:
			t.Fatalf("nothing is known about %s", key)
		}
		after := classify(tipped)
		if got := "scope.class." + string(after.Class); got != class || after.Class == law.Out {
			t.Fatalf("%s %v leads to %s, promised %s", key, text.Args, got, class)
		}
		if after := classify(kept); whole && after.Class != law.Out {
			t.Fatalf("less than %s %v leads to %s as well", key, text.Args, after.Class)
		}
	})
}
