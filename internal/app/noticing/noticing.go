// Package noticing tells people what concerns them: the inbox, mails at once,
// summaries by mail, reminders of what is due, and each person's choice among them.
package noticing

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	clients *clients.Service
	mails   *mailing.Mailer
	box     secret.Box
}

// New makes the service. box seals the links that end summaries.
func New(s *store.Store, c *clients.Service, m *mailing.Mailer, box secret.Box) *Service {
	return &Service{store: s, clients: c, mails: m, box: box}
}

// Install adds what the service does by itself: mails every minute, reminders every
// quarter of an hour.
func (s *Service) Install(r *jobs.Runner) error {
	r.Handle("notices.mail", func(ctx context.Context, run *jobs.Run) error { return s.Mail(ctx, run.Scope()) })
	r.Handle("notices.remind", func(ctx context.Context, run *jobs.Run) error { return s.Remind(ctx, run.Scope()) })
	if err := r.Every("notices.mail", "notices.mail", "1m"); err != nil {
		return err
	}
	return r.Every("notices.remind", "notices.remind", "15m")
}

// itself is who the ledger names for what no person did.
func itself() store.Change { return store.Change{Actor: "system", Reason: "notices"} }

// mostInbox is how many notices the inbox shows.
const mostInbox = 200

// Inbox lists the notices of the actor in the workspace, newest first.
func (s *Service) Inbox(ctx context.Context, a authz.Actor) (list []desk.Notice, err error) {
	scope, err := a.Reach(authz.OrganisationRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err = tx.Inbox(a.Person, mostInbox)
		return err
	})
	return list, err
}

// Unread is how many notices of the actor were not read.
func (s *Service) Unread(ctx context.Context, a authz.Actor) (n int, err error) {
	scope, err := a.Reach(authz.OrganisationRead)
	if err != nil {
		return 0, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		count, err := tx.Unread(a.Person)
		n = int(count)
		return err
	})
	return n, err
}

// Since is how many notices of the actor are unread, with those that came at the
// time or later, oldest first.
func (s *Service) Since(ctx context.Context, a authz.Actor, since time.Time) (unread int, fresh []desk.Notice, err error) {
	scope, err := a.Reach(authz.OrganisationRead)
	if err != nil {
		return 0, nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		count, err := tx.Unread(a.Person)
		if err != nil {
			return err
		}
		unread = int(count)
		fresh, err = tx.NoticesSince(a.Person, since, mostInbox)
		return err
	})
	return unread, fresh, err
}

// MarkRead marks a notice of the actor as read, or all when the id is empty. A
// notice of somebody else stays as it is.
func (s *Service) MarkRead(ctx context.Context, a authz.Actor, notice string) error {
	scope, err := a.Reach(authz.OrganisationRead)
	if err == nil {
		err = a.Own()
	}
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		return tx.MarkRead(a.Person, notice)
	})
}

// Say is the sentence of a notice.
func Say(p *locale.Printer, n desk.Notice) string {
	m := law.Message{Key: n.Key}
	var values map[string]any
	if json.Unmarshal(n.Args, &values) == nil {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			m.Args = append(m.Args, law.Arg{Name: name, Value: typed(values[name])})
		}
		return p.Say(m)
	}
	var list []any // as messages write their arguments; nothing when it is neither
	_ = json.Unmarshal(n.Args, &list)
	m.Args = arguments(list)
	return p.Say(m)
}

// arguments are those of a message in JSON.
func arguments(list []any) (out []law.Arg) {
	for _, a := range list {
		if pair, ok := a.(map[string]any); ok {
			name, _ := pair["name"].(string)
			out = append(out, law.Arg{Name: name, Value: typed(pair["value"])})
		}
	}
	return out
}

func message(v map[string]any) law.Message {
	key, _ := v["key"].(string)
	list, _ := v["args"].([]any)
	return law.Message{Key: key, Args: arguments(list)}
}

// typed turns a value of JSON into what messages take: days, messages and
// lists of messages are recognised by their form.
func typed(v any) any {
	switch v := v.(type) {
	case string:
		if d, err := law.ParseDate(v); err == nil {
			return d
		}
	case map[string]any:
		return message(v)
	case []any:
		var list []law.Message
		for _, x := range v {
			m, ok := x.(map[string]any)
			if !ok {
				return v
			}
			list = append(list, message(m))
		}
		return list
	case float64:
		if v == float64(int(v)) {
			return int(v)
		}
	}
	return v
}

// Choices is how a person hears of notices.
type Choices struct {
	Language string // of pages and mails; "": pages as the browser asks, mails as the workspace
	Zone     string // IANA name; "": that of the workspace
	Kinds    map[desk.Kind]desk.Delivery
}

// ChoicesOf is what holds for a person: what they chose, and what is usual.
func ChoicesOf(p tenant.Person) Choices {
	c := Choices{Language: p.Language, Zone: p.Zone, Kinds: map[desk.Kind]desk.Delivery{}}
	for _, k := range desk.Kinds() {
		c.Kinds[k] = deliveryOf(p, k)
	}
	return c
}

func deliveryOf(p tenant.Person, k desk.Kind) desk.Delivery {
	if d := desk.Delivery(p.Notices[string(k)]); slices.Contains(desk.Deliveries(), d) {
		return d
	}
	return desk.Usual(k, p.Digest)
}

// ownSettings is the scope of what people set for themselves: people belong to no
// workspace.
func ownSettings() tenant.Scope { return tenant.System("own notices") }

// Choose keeps how the actor wants to hear of notices. A program cannot: a stolen
// token would silence what warns of it.
func (s *Service) Choose(ctx context.Context, a authz.Actor, c Choices) error {
	if a.Session == authz.API {
		return &fault.Error{Kind: fault.Forbidden, What: "a token does not change how its person is told", Expected: "a person who is signed in"}
	}
	if c.Zone != "" {
		if bad := tenant.CheckZone(c.Zone); bad != nil {
			return bad
		}
	}
	notices := map[string]string{}
	for k, d := range c.Kinds {
		if !slices.Contains(desk.Kinds(), k) || !slices.Contains(desk.Deliveries(), d) {
			return &fault.Error{Kind: fault.Invalid, Field: string(k), What: "there is no such choice", Expected: "one of those that are offered"}
		}
		notices[string(k)] = string(d)
	}
	return s.change(ctx, a.Person, acting.Change(a), func(p *tenant.Person) {
		p.Language, p.Zone, p.Notices = c.Language, c.Zone, notices
		if p.Digest == desk.DigestsOff {
			p.Digest = ""
		}
	})
}

func (s *Service) change(ctx context.Context, person string, c store.Change, f func(*tenant.Person)) error {
	return s.store.Write(ctx, ownSettings(), c, func(tx *store.Tx) error {
		p, err := tx.Person(person)
		if err != nil {
			return err
		}
		f(&p)
		_, err = tx.PutPerson(p)
		return err
	})
}
