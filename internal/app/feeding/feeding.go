// Package feeding is the calendar feeds: secret addresses under which the calendar
// program of a person reads the deadlines and tasks that the person may see.
package feeding

import (
	"bytes"
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/nisaba-platform/nisaba/exchange/calendar"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Service is the use cases of feeds. It is safe for concurrent use.
type Service struct {
	store    *store.Store
	clients  *clients.Service
	messages *locale.Catalogue
}

// New makes the service.
func New(s *store.Store, c *clients.Service, messages *locale.Catalogue) *Service {
	return &Service{store: s, clients: c, messages: messages}
}

// mostFeeds is how many feeds a person may have in a workspace.
const mostFeeds = 50

// Create makes a feed of one organisation, or of everything in reach (""). The token
// stands in the address and is returned once.
func (s *Service) Create(ctx context.Context, a authz.Actor, organisation string) (token string, err error) {
	scope, err := s.scope(ctx, a, organisation)
	if err != nil {
		return "", err
	}
	token, hash := secret.NewToken()
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		own, err := mine(tx, a)
		if err != nil {
			return err
		}
		if len(own) >= mostFeeds {
			return &fault.Error{Kind: fault.Conflict, What: "there are too many feeds", Expected: "some to be withdrawn first"}
		}
		_, err = tx.PutFeed(planning.Feed{Person: a.Person, Organisation: organisation, TokenHash: hash})
		return err
	})
	return token, err
}

func (s *Service) scope(ctx context.Context, a authz.Actor, organisation string) (tenant.Scope, error) {
	switch {
	case a.Person == "":
		return tenant.Scope{}, &fault.Error{Kind: fault.Forbidden, What: "only people have calendars"}
	case a.Session == authz.API: // the feed would have all rights of the person, the token may have few
		return tenant.Scope{}, &fault.Error{Kind: fault.Forbidden, What: "a token makes no calendars", Expected: "a person who is signed in"}
	case organisation == "":
		return a.Workspace(authz.PlanRead)
	}
	return a.Organisation(ctx, organisation, authz.PlanRead)
}

func mine(tx *store.Tx, a authz.Actor) ([]planning.Feed, error) {
	all, err := tx.Feeds()
	return slices.DeleteFunc(all, func(f planning.Feed) bool { return f.Person != a.Person }), err
}

// Mine lists the actor's own feeds in the workspace, newest first.
func (s *Service) Mine(ctx context.Context, a authz.Actor) (list []planning.Feed, err error) {
	scope, err := a.Reach(authz.PlanRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err = mine(tx, a)
		return err
	})
	return list, err
}

// Withdraw ends one of the actor's own feeds; NotFound for any other.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, id string) error {
	scope, err := a.Reach(authz.PlanRead)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		f, err := tx.Feed(id)
		if err != nil {
			return err
		}
		if f.Person != a.Person {
			return errNoFeed
		}
		return tx.RemoveFeed(id)
	})
}

// errNoFeed is one answer for feeds that never were, were withdrawn, or whose person
// may see nothing any more.
var errNoFeed = &fault.Error{Kind: fault.NotFound, What: "there is no such calendar"}

// Calendar writes the calendar behind a token as an iCalendar file, with the rights
// that the person has now, for a program at the address from.
func (s *Service) Calendar(ctx context.Context, token string, from netip.Addr) ([]byte, error) {
	if token == "" || len(token) > 100 {
		return nil, errNoFeed
	}
	var f planning.Feed
	var person tenant.Person
	var of tenant.Workspace
	var memberships []tenant.Membership
	err := s.store.Read(ctx, tenant.System("calendar feed"), func(tx *store.Tx) (err error) {
		if f, err = tx.FeedByToken(secret.TokenHash(token)); err != nil {
			return err
		}
		if person, err = tx.Person(f.Person); err != nil {
			return err
		}
		if memberships, err = tx.MembershipsOf(f.Person); err != nil {
			return err
		}
		of, err = tx.In(f.Workspace, "").Workspace()
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil, errNoFeed
	case err != nil:
		return nil, err
	case person.Disabled || !of.Policy.Allows(from):
		return nil, errNoFeed
	}
	a := authz.NewActor(authz.Actor{Person: person.ID, Name: person.Name, Session: authz.Link, Zone: tenant.ZoneOf(person.Zone, of.Zone)}, f.Workspace, memberships, s.store)
	p := s.messages.Printer(cmp.Or(person.Language, of.Language, "en"))
	title, entries, err := s.entries(ctx, a, f, p)
	if k := fault.KindOf(err); err != nil && (k == fault.NotFound || k == fault.Forbidden) {
		return nil, errNoFeed
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := calendar.Write(&b, cmp.Or(title, of.Name), entries, s.store.Now()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// entries are the events of a feed.
func (s *Service) entries(ctx context.Context, a authz.Actor, f planning.Feed, p *locale.Printer) (title string, out []calendar.Entry, err error) {
	if f.Organisation == "" {
		out, err = s.everything(ctx, a, p)
		return "", out, err
	}
	c, err := s.clients.Load(ctx, a, f.Organisation)
	if err != nil {
		return "", nil, err
	}
	written := map[string]bool{}
	for _, d := range clients.Deadlines(c.In, c.File.Registration, c.Registrations) {
		e := calendar.Entry{UID: deadlineUID(c.Organisation.ID, d.ID, d.On), Summary: p.T("ui.label", "text", c.Organisation.Name) + p.Say(d.Text), Description: p.Cite(d.Law), At: d.By}
		if !written[e.UID] {
			written[e.UID] = true
			out = append(out, e)
		}
	}
	for _, t := range c.Tasks {
		if t.State.Open() && !t.Due.IsZero() {
			out = append(out, taskEntry(p, t, c.Organisation.Name))
		}
	}
	return c.Organisation.Name, out, nil
}

// everything is the next deadline and the tasks of each organisation in reach, from
// the rows of the portfolio, so that many of them cost little.
func (s *Service) everything(ctx context.Context, a authz.Actor, p *locale.Printer) ([]calendar.Entry, error) {
	all, err := s.clients.Portfolio(ctx, a)
	if err != nil {
		return nil, err
	}
	scope, err := a.Reach(authz.PlanRead)
	if err != nil {
		return nil, err
	}
	var tasks []planning.Task
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		tasks, err = tx.DueTasks(law.Date{Year: 9999, Month: 12, Day: 31})
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []calendar.Entry
	names := map[string]string{}
	for _, o := range all {
		names[o.Organisation.ID] = o.Organisation.Name
		if e, ok := nextEntry(p, o); ok {
			out = append(out, e)
		}
	}
	for _, t := range tasks {
		if name, shown := names[t.Organisation]; shown { // not of templates and archived ones
			out = append(out, taskEntry(p, t, name))
		}
	}
	return out, nil
}

func nextEntry(p *locale.Printer, o assessment.Standing) (calendar.Entry, bool) {
	r := o.Rollup
	if r.NextDeadline.IsZero() {
		return calendar.Entry{}, false
	}
	return calendar.Entry{UID: "next-" + o.Organisation.ID + "@nisaba", Summary: p.T("ui.label", "text", o.Organisation.Name) + p.Say(r.NextDeadlineText), At: r.NextDeadline}, true
}

// deadlineUID names a date of the law; it stays the same however often it is
// written.
func deadlineUID(organisation, id string, on law.Date) string {
	return "deadline-" + organisation + "-" + id + "-" + on.String() + "@nisaba"
}

func taskEntry(p *locale.Printer, t planning.Task, organisation string) calendar.Entry {
	return calendar.Entry{UID: "task-" + t.ID + "@nisaba", Summary: p.T("ui.label", "text", organisation) + t.Title, Description: p.Say(t.DueBecause), Day: t.Due}
}
