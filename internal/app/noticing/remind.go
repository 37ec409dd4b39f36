package noticing

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/reminding"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Remind puts what is due, or will be soon, into the inboxes of those who must act:
// each step once per person. The scope is of everything.
func (s *Service) Remind(ctx context.Context, everything tenant.Scope) error {
	var workspaces []tenant.Workspace
	err := s.store.Read(ctx, everything, func(tx *store.Tx) (err error) {
		workspaces, err = tx.Workspaces()
		return err
	})
	var failed []error
	for _, w := range workspaces {
		if err := s.remind(ctx, everything, w.ID); err != nil {
			failed = append(failed, fmt.Errorf("reminders of workspace %s: %w", w.ID, err))
		}
	}
	return errors.Join(append(failed, err)...)
}

// remind reads one workspace and writes only when there is something to say.
func (s *Service) remind(ctx context.Context, everything tenant.Scope, workspace string) error {
	var due []reminding.Reminder
	names, zones := map[string]string{}, map[string]*time.Location{}
	err := s.store.Read(ctx, everything, func(tx *store.Tx) error {
		in := tx.In(workspace, "")
		g, err := s.gather(in)
		if err != nil {
			return err
		}
		if zones, err = zonesOf(tx, g); err != nil {
			return err
		}
		names = g.names
		due, err = reminding.Due(g.things, func(p string) *time.Location { return zones[p] }, tx.Now(), in.Marked)
		return err
	})
	if err != nil || len(due) == 0 {
		return err
	}
	return s.store.Write(ctx, everything.In(workspace, ""), itself(), func(tx *store.Tx) error {
		var fresh []reminding.Reminder
		for _, r := range due {
			first := false
			for _, mark := range r.Marks { // the last one is that of the step itself
				var err error
				if first, err = tx.Mark(mark); err != nil {
					return err
				}
			}
			if first {
				fresh = append(fresh, r)
			}
		}
		return tell(tx, fresh, names, zones)
	})
}

// together is how many reminders of one kind about one organisation come as one
// notice.
const together = 6

// tell puts the reminders into the inboxes.
func tell(tx *store.Tx, list []reminding.Reminder, names map[string]string, zones map[string]*time.Location) error {
	type group struct {
		person, organisation string
		kind                 desk.Kind
	}
	groups, order := map[group][]reminding.Reminder{}, []group{}
	for _, r := range list {
		g := group{r.Person, r.Thing.Organisation, r.Thing.Kind}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], r)
	}
	for _, g := range order {
		var notices []desk.Notice
		if len(groups[g]) >= together {
			notices = append(notices, notice(g.person, g.organisation, "reminder."+string(g.kind)+".many", pageOf(g.organisation, g.kind),
				map[string]any{"count": len(groups[g]), "organisation": names[g.organisation]}))
		} else {
			for _, r := range groups[g] {
				notices = append(notices, notice(g.person, g.organisation, "reminder."+string(g.kind)+"."+r.Step.Name, r.Thing.Link,
					map[string]any{"title": titleOf(r.Thing), "organisation": names[g.organisation], "due": r.Thing.LastDay(zones[g.person])}))
			}
		}
		for _, n := range notices {
			if err := tx.Notify(n); err != nil {
				return err
			}
		}
	}
	return nil
}

func notice(person, organisation, key, link string, args map[string]any) desk.Notice {
	b, err := json.Marshal(args)
	if err != nil {
		b = nil // texts, numbers, days and messages can all be written
	}
	return desk.Notice{Person: person, Organisation: organisation, Key: key, Args: b, Link: link}
}

func titleOf(t reminding.Thing) any {
	if t.Title.Key != "" {
		return t.Title
	}
	return t.Text
}

func pageOf(organisation string, k desk.Kind) string {
	if organisation == "" {
		return "/members"
	}
	page := "/organisations/" + organisation
	switch k {
	case desk.Tasks:
		return page + "/plan"
	case desk.Proofs:
		return page + "/evidence"
	case desk.Reviews:
		return page + "/risks"
	}
	return page
}

// gathered is what may be due in a workspace.
type gathered struct {
	things []reminding.Thing
	names  map[string]string // of the organisations, and of the workspace under ""
	who    responsible
	cat    *catalog.Catalogue // in the language of the workspace
	zone   string             // name of that of the workspace
}

// ahead is how many days before its day something is looked at first.
const ahead = 30

func (s *Service) gather(tx *store.Tx) (gathered, error) {
	g := gathered{names: map[string]string{}}
	w, err := tx.Workspace()
	if err != nil {
		return g, err
	}
	g.names[""], g.zone = w.Name, w.Zone
	members, err := tx.Members()
	if err != nil {
		return g, err
	}
	g.who, g.cat = responsible(members), s.clients.Catalogue().In(w.Language)
	list, err := tx.Portfolio()
	if err != nil {
		return g, err
	}
	for _, o := range list {
		g.names[o.Organisation.ID] = o.Organisation.Name
	}
	tasks, err := tx.DueTasks(law.DateOf(tx.Now()).AddDays(ahead))
	if err != nil {
		return g, err
	}
	for _, t := range tasks {
		if _, shown := g.names[t.Organisation]; shown {
			g.add(reminding.Thing{Kind: desk.Tasks, ID: t.ID, Organisation: t.Organisation, Text: t.Title, On: t.Due}, t.Owner)
		}
	}
	if w.Kind == tenant.Authority {
		if err := gatherAuthority(tx, &g); err != nil {
			return g, err
		}
		return g, gatherInvitations(tx, &g)
	}
	for _, o := range list {
		if err := s.gatherOne(tx, &g, o.Organisation.ID); err != nil {
			return g, fmt.Errorf("organisation %s: %w", o.Organisation.ID, err)
		}
	}
	return g, gatherInvitations(tx, &g)
}

// gatherOne reads what may be due in one organisation, its tasks excepted.
func (s *Service) gatherOne(tx *store.Tx, g *gathered, organisation string) error {
	evidence, err := tx.Evidence(organisation)
	if err != nil {
		return err
	}
	for _, e := range evidence {
		if end := s.clients.EvidenceEnds(e.Evidence); !end.IsZero() {
			g.add(reminding.Thing{Kind: desk.Proofs, ID: organisation + "/" + e.ID, Organisation: organisation, Text: e.Title, On: end}, e.OwnerPerson)
		}
	}
	dates, err := s.clients.Statutory(tx, organisation)
	if err != nil {
		return err
	}
	for _, d := range dates {
		g.add(reminding.Thing{Kind: desk.Deadlines, ID: organisation + "/" + d.ID, Organisation: organisation, Title: d.Text, At: d.By, Day: d.On}, "")
	}
	if err := gatherReviews(tx, g, organisation); err != nil {
		return err
	}
	approvals, err := tx.Approvals(organisation)
	if err != nil {
		return err
	}
	for _, a := range approvals {
		if a.Decision == board.Waiting {
			g.put(reminding.Thing{Kind: desk.Approvals, ID: a.ID, Organisation: organisation, Text: a.Title, At: a.RequestedAt},
				g.who.with(organisation, func(r tenant.Role) bool { return authz.Allows(r, authz.ApprovalDecide) }))
		}
	}
	delegations, err := tx.Delegations(organisation)
	if err != nil {
		return err
	}
	for _, d := range delegations {
		if d.ClosedAt.IsZero() {
			g.add(reminding.Thing{Kind: desk.Delegations, ID: d.ID, Organisation: organisation, Text: cmp.Or(d.Title, d.Recipient), At: d.ExpiresAt}, d.CreatedBy)
		}
	}
	return nil
}

// gatherReviews reads the risks that are accepted until a day, of requirements and of the
// register: who answers for the requirement, and who accepted, look at them again.
func gatherReviews(tx *store.Tx, g *gathered, organisation string) error {
	exceptions, err := tx.Exceptions(organisation)
	if err != nil {
		return err
	}
	page := "/organisations/" + organisation
	for _, e := range exceptions {
		if e.Kind != posture.ExceptionAccepted || e.Until.IsZero() {
			continue
		}
		by, err := tx.Assignment(organisation, assessment.OfRequirement, e.Requirement)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		r, _ := g.cat.Get(e.Requirement)
		g.add(reminding.Thing{Kind: desk.Reviews, ID: "exception/" + e.ID, Organisation: organisation, Text: cmp.Or(r.Title, e.Requirement), On: e.Until,
			Link: page + "/requirements?open=" + url.QueryEscape(e.Requirement)}, by.Person)
	}
	risks, err := tx.Risks(organisation)
	if err != nil {
		return err
	}
	for _, r := range risks {
		if r.Treatment == register.Accept && !r.AcceptedOn.IsZero() && r.ClosedOn.IsZero() {
			g.add(reminding.Thing{Kind: desk.Reviews, ID: "risk/" + r.ID, Organisation: organisation, Text: r.Title, On: r.ReviewBy, Link: page + "/risks/" + r.ID}, r.AcceptedBy)
		}
	}
	return nil
}

// gatherAuthority reads what an authority waits for: lines of the files of entities, and
// changes and reviews of the register. The dates of the entities are their own to keep.
func gatherAuthority(tx *store.Tx, g *gathered) error {
	add := func(organisation string, t reminding.Thing, owner string) {
		if _, shown := g.names[organisation]; shown && organisation != "" {
			t.Kind, t.Organisation, t.Link = desk.Deadlines, organisation, "/organisations/"+organisation+"/supervision"+t.Link
			g.add(t, owner)
		}
	}
	records, err := tx.OpenAuthorityRecords()
	if err != nil {
		return err
	}
	for _, r := range records {
		add(r.Organisation, reminding.Thing{ID: "record/" + r.ID, Text: r.Title, On: r.DueOn, Link: "#record-" + r.ID}, r.By)
	}
	entries, err := tx.AuthorityEntries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.ChangedOn.IsZero() {
			add(e.Organisation, reminding.Thing{ID: "change/" + e.ID, Title: law.Message{Key: "reminder.register.change"}, On: authority.ChangeDue(e.ChangedOn), Link: "#entry"}, "")
		}
		if !e.ReviewedOn.IsZero() && e.State == authority.Registered {
			add(e.Organisation, reminding.Thing{ID: "review/" + e.ID, Title: law.Message{Key: "reminder.register.review"}, On: e.ReviewDue(), Link: "#entry"}, "")
		}
	}
	return nil
}

func gatherInvitations(tx *store.Tx, g *gathered) error {
	all, err := tx.Invitations()
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.AcceptedAt.IsZero() && i.Email != "" {
			g.add(reminding.Thing{Kind: desk.Security, ID: "invitation/" + i.ID, Text: i.Email, At: i.ExpiresAt, Link: "/members"}, i.InvitedBy)
		}
	}
	return nil
}

// add keeps a thing for its owner, or, when it has none who can work in the
// organisation, for those who do.
func (g *gathered) add(t reminding.Thing, owner string) {
	if g.who.works(owner, t.Organisation) {
		g.put(t, []string{owner})
		return
	}
	for _, roles := range [][]tenant.Role{{authz.Editor, authz.Consultant}, {authz.Owner}} {
		people := g.who.with(t.Organisation, func(r tenant.Role) bool { return slices.Contains(roles, r) })
		if len(people) > 0 {
			g.put(t, people)
			return
		}
	}
}

func (g *gathered) put(t reminding.Thing, people []string) {
	t.For, t.Link = people, cmp.Or(t.Link, pageOf(t.Organisation, t.Kind))
	g.things = append(g.things, t)
}

// responsible are the members of a workspace.
type responsible []tenant.Member

func (r responsible) works(person, organisation string) bool {
	return person != "" && slices.ContainsFunc(r, func(m tenant.Member) bool {
		return m.Person == person && clients.CanWork(m) && (m.Organisation == "" || m.Organisation == organisation)
	})
}

// with lists those whose role in the organisation ("" = in the workspace) meets the
// condition.
func (r responsible) with(organisation string, meets func(tenant.Role) bool) []string {
	var out []string
	for _, m := range r {
		if !m.Disabled && (m.Organisation == "" || m.Organisation == organisation) && meets(m.Role) && !slices.Contains(out, m.Person) {
			out = append(out, m.Person)
		}
	}
	return out
}

// zonesOf are the time zones of those who are reminded.
func zonesOf(tx *store.Tx, g gathered) (map[string]*time.Location, error) {
	out := map[string]*time.Location{}
	for _, t := range g.things {
		for _, person := range t.For {
			if out[person] != nil {
				continue
			}
			p, err := tx.Person(person)
			if err != nil {
				return nil, err
			}
			out[person] = tenant.ZoneOf(p.Zone, g.zone)
		}
	}
	return out, nil
}
