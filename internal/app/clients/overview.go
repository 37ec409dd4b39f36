package clients

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
)

// SortBy is the order of the portfolio.
type SortBy string

// The orders. ByName is the default and breaks ties.
const (
	ByName     SortBy = "name"
	ByClass    SortBy = "class" // the strictest first
	ByScore    SortBy = "score"
	ByChange   SortBy = "change" // of the score in thirty days
	ByDeadline SortBy = "deadline"
	ByOverdue  SortBy = "overdue"
	ByExpiring SortBy = "expiring"
)

// SortBys lists the orders.
func SortBys() []SortBy {
	return []SortBy{ByName, ByClass, ByScore, ByChange, ByDeadline, ByOverdue, ByExpiring}
}

// Query chooses and orders rows of the portfolio. Empty fields choose all.
type Query struct {
	Text       string // words in the name or a tag, whatever their case and accents
	Kind       tenant.OrganisationKind
	Class      law.Class
	Sector     string // as law/annex names it
	Country    string // ISO 3166-1 alpha-2
	Tag        string
	Behind     bool // see FarBehind
	Overdue    bool // with overdue tasks
	Expiring   bool // with evidence that has expired or does so within thirty days
	Due        bool // with a statutory deadline that was missed or comes within thirty days
	Sort       SortBy
	Descending bool
	Offset     int
	Limit      int // rows at most; 0: all
}

// Overview is a part of the portfolio with figures of the whole.
type Overview struct {
	Rows      []assessment.Standing // at most Limit of those chosen
	Found     int                   // chosen in all
	All       Totals                // of everything in reach
	Sectors   []string              // that occur, sorted
	Countries []string
	Tags      []string
}

// Totals are sums over organisations.
type Totals struct {
	Organisations, Essential, Important int
	Behind                              int // see FarBehind
	Due                                 int // with a statutory deadline that was missed or comes within thirty days
	OverdueTasks                        int
	ExpiringEvidence                    int
}

// farBehind is the score below which an organisation counts as far behind; the
// pictures of a score change their tone there too.
const farBehind = 40

// FarBehind reports whether the score, as it is shown, is below 40 of 100 of what
// binds: whom the directive does not bind may measure itself by it, but lacks nothing.
func FarBehind(s assessment.Standing) bool {
	return s.Assessed && s.Rollup.Class != law.Out && assessing.Shown(s.Rollup.Points) < farBehind
}

// DueSoon reports whether a statutory deadline was missed or comes within thirty
// days of now.
func DueSoon(s assessment.Standing, now time.Time) bool {
	return s.Assessed && !s.Rollup.NextDeadline.IsZero() && s.Rollup.NextDeadline.Before(now.AddDate(0, 0, soon))
}

// Overview is the portfolio as a person asked for it.
func (s *Service) Overview(ctx context.Context, a authz.Actor, q Query) (Overview, error) {
	list, err := s.Portfolio(ctx, a)
	if err != nil {
		return Overview{}, err
	}
	return overview(list, q, s.store.Now()), nil
}

func overview(list []assessment.Standing, q Query, now time.Time) Overview {
	var out Overview
	var sectors, countries, tags = map[string]bool{}, map[string]bool{}, map[string]bool{}
	words := strings.Fields(catalog.Fold(q.Text))
	var chosen []assessment.Standing
	for _, o := range list {
		out.All.add(o, now)
		note(sectors, o.Rollup.Sectors)
		note(countries, o.Rollup.Countries)
		note(tags, o.Organisation.Tags)
		if q.chooses(o, words, now) {
			chosen = append(chosen, o)
		}
	}
	out.Sectors, out.Countries, out.Tags = sorted(sectors), sorted(countries), sorted(tags)
	out.Found = len(chosen)
	slices.SortStableFunc(chosen, q.order)
	from := min(max(q.Offset, 0), len(chosen))
	to := len(chosen)
	if q.Limit > 0 {
		to = min(from+q.Limit, to)
	}
	out.Rows = chosen[from:to]
	return out
}

func note(set map[string]bool, values []string) {
	for _, v := range values {
		set[v] = true
	}
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for v := range set {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

func (t *Totals) add(o assessment.Standing, now time.Time) {
	t.Organisations++
	switch o.Rollup.Class {
	case law.Essential:
		t.Essential++
	case law.Important:
		t.Important++
	}
	if FarBehind(o) {
		t.Behind++
	}
	if DueSoon(o, now) {
		t.Due++
	}
	t.OverdueTasks += o.Rollup.OverdueTasks
	t.ExpiringEvidence += o.Rollup.ExpiringEvidence
}

func (q Query) chooses(o assessment.Standing, words []string, now time.Time) bool {
	r := o.Rollup
	switch {
	case q.Kind != "" && o.Organisation.Kind != q.Kind,
		q.Class != "" && r.Class != q.Class,
		q.Sector != "" && !slices.Contains(r.Sectors, q.Sector),
		q.Country != "" && !slices.Contains(r.Countries, q.Country),
		q.Tag != "" && !slices.Contains(o.Organisation.Tags, q.Tag),
		q.Behind && !FarBehind(o),
		q.Overdue && r.OverdueTasks == 0,
		q.Expiring && r.ExpiringEvidence == 0,
		q.Due && !DueSoon(o, now):
		return false
	}
	if len(words) == 0 {
		return true
	}
	text := catalog.Fold(o.Organisation.Name + " " + strings.Join(o.Organisation.Tags, " "))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// order compares two rows. Rows without the figure in question come last in either
// direction.
func (q Query) order(a, b assessment.Standing) int {
	x, xok := q.figure(a)
	y, yok := q.figure(b)
	switch {
	case xok != yok:
		if xok {
			return -1
		}
		return 1
	case q.Descending:
		x, y = y, x
	}
	if c := cmp.Compare(x, y); c != 0 && xok {
		return c
	}
	c := cmp.Compare(catalog.Fold(a.Organisation.Name), catalog.Fold(b.Organisation.Name))
	if q.Descending && (q.Sort == ByName || q.Sort == "") {
		return -c
	}
	return c
}

// figure is what a row is sorted by; ok is false when it has none.
func (q Query) figure(o assessment.Standing) (v float64, ok bool) {
	r := o.Rollup
	if !o.Assessed {
		return 0, q.Sort == ByName || q.Sort == ""
	}
	switch q.Sort {
	case ByClass:
		return float64(slices.Index([]law.Class{law.Essential, law.Important, law.RegistrationOnly, law.Depends, law.Out}, r.Class)), true
	case ByScore:
		return r.Points, true
	case ByChange:
		return r.Points - r.PointsThen, r.PointsThen >= 0
	case ByDeadline:
		return float64(r.NextDeadline.UnixMilli()), !r.NextDeadline.IsZero()
	case ByOverdue:
		return float64(r.OverdueTasks), true
	case ByExpiring:
		return float64(r.ExpiringEvidence), true
	}
	return 0, true
}
