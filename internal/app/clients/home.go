package clients

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Home is what the first page of an organisation answers: where it stands, what is
// due, what changed, what comes next and who decides. What the actor may not know
// is empty.
type Home struct {
	Client
	PointsThen float64            // thirty days before; −1: unknown
	Trend      []assessment.Point // of the last year, oldest first, today's last
	Deadlines  []Deadline         // statutory, the first one first
	Next       []planning.Task    // open, by due day
	Overdue    int                // of Next
	Expiring   []Expiry           // evidence that expired or does so within ninety days and was not renewed, the first one first
	Changes    []ledger.Entry     // of the last fourteen days, newest first
	Waiting    []board.Approval   // not decided yet
	Decided    []board.Approval   // newest first
	Board      []tenant.Member    // the management body, which decides (Art. 20(1))
	Recorders  []tenant.Member    // others who may record what it decided
}

// Expiry is the last day of a piece of evidence.
type Expiry struct {
	Evidence assessment.Evidence
	On       law.Date
}

const (
	changesDays = 14  // of Home.Changes
	mostChanges = 300 // of Home.Changes
	expiryDays  = 90  // ahead, of Home.Expiring
)

// Home reads the first page of an organisation.
func (s *Service) Home(ctx context.Context, a authz.Actor, organisation string) (h Home, err error) {
	err = s.read(ctx, a, organisation, authz.AssessmentRead, func(tx *store.Tx) error {
		h = Home{PointsThen: -1}
		if h.Client, err = s.fetchKept(tx, organisation); err != nil {
			return err
		}
		return s.surround(tx, a, &h)
	})
	if err != nil {
		return Home{}, err
	}
	if h.Client, err = s.assessed(ctx, h.Client, a); err != nil {
		return Home{}, err
	}
	h.Deadlines = Deadlines(h.In, h.File.Registration, h.Registrations)
	h.Trend = append(h.Trend, assessment.Point{On: h.In.AsOf, Points: overallOf(h.In.Posture).Points})
	h.Next = openTasks(h.Tasks)
	for _, t := range h.Next {
		if t.Overdue(h.In.AsOf) {
			h.Overdue++
		}
	}
	h.Expiring = s.expiring(h.Evidence, h.In.AsOf.AddDays(expiryDays))
	return h, nil
}

// surround reads what is around the assessment.
func (s *Service) surround(tx *store.Tx, a authz.Actor, h *Home) (err error) {
	id, today := h.Organisation.ID, a.Day(tx.Now())
	if h.Trend, err = tx.Trend(id, today.AddMonths(-12)); err != nil {
		return err
	}
	for _, p := range h.Trend {
		if !p.On.After(today.AddDays(-soon)) {
			h.PointsThen = p.Points
		}
	}
	h.Trend = slices.DeleteFunc(h.Trend, func(p assessment.Point) bool { return p.On == today })
	if a.Can(authz.LedgerRead, tx.Scope()) == nil {
		// Whole days can be answered from what was read before.
		from := tx.Now().AddDate(0, 0, -changesDays)
		h.Changes, err = tx.Entries(store.Filter{Organisation: id, Since: law.DateOf(from).At(time.UTC), Limit: mostChanges})
		if err != nil {
			return err
		}
		h.Changes = slices.DeleteFunc(h.Changes, func(e ledger.Entry) bool { return e.At.Before(from) })
	}
	if a.Can(authz.BoardRead, tx.Scope()) != nil {
		return nil
	}
	all, err := tx.Approvals(id)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Decision == board.Waiting {
			h.Waiting = append(h.Waiting, x)
		} else {
			h.Decided = append(h.Decided, x)
		}
	}
	members, err := tx.MembersOf(id)
	h.Board = deciders(members, func(r authz.Role) bool { return r == authz.Board })
	h.Recorders = deciders(members, func(r authz.Role) bool { return r != authz.Board && authz.Allows(r, authz.ApprovalDecide) })
	return err
}

// deciders are the members with such a role, once each and without their addresses.
func deciders(members []tenant.Member, role func(authz.Role) bool) (out []tenant.Member) {
	for _, m := range members {
		if !m.Disabled && role(m.Role) && !slices.ContainsFunc(out, func(x tenant.Member) bool { return x.Person == m.Person }) {
			m.Email = ""
			out = append(out, m)
		}
	}
	return out
}

// openTasks are the tasks with work left, by due day; those without one come last.
func openTasks(all []planning.Task) []planning.Task {
	out := slices.DeleteFunc(slices.Clone(all), func(t planning.Task) bool { return !t.State.Open() })
	slices.SortStableFunc(out, func(x, y planning.Task) int {
		switch {
		case x.Due.IsZero() != y.Due.IsZero():
			if x.Due.IsZero() {
				return 1
			}
			return -1
		case x.Due.Before(y.Due):
			return -1
		case y.Due.Before(x.Due):
			return 1
		}
		return cmp.Compare(y.Priority, x.Priority)
	})
	return out
}

// expiring is the evidence that has expired by a day and that was not renewed, the
// first one first.
func (s *Service) expiring(all []assessment.Evidence, by law.Date) []Expiry {
	type series struct{ kind, title string }
	of := func(e assessment.Evidence) series { return series{e.Kind, withoutNumbers(e.Title)} }
	last := map[series]law.Date{}
	for _, e := range all {
		if end := ValidUntil(s.knowledge.Catalogue, e.Evidence); end.After(last[of(e)]) {
			last[of(e)] = end
		}
	}
	var out []Expiry
	for _, e := range all {
		if end := ValidUntil(s.knowledge.Catalogue, e.Evidence); !end.IsZero() && !end.After(by) && !last[of(e)].After(end) {
			out = append(out, Expiry{e, end})
		}
	}
	slices.SortStableFunc(out, func(x, y Expiry) int {
		if x.On == y.On {
			return 0
		}
		if x.On.Before(y.On) {
			return -1
		}
		return 1
	})
	return out
}

// withoutNumbers is a title without its year or version, which is the same for the
// pieces that renew one another.
func withoutNumbers(title string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) }), " "))
}
