package alarming

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Overview is how the alarms of an organisation, or of an authority, reach people, and
// what became of the last ones.
type Overview struct {
	Channels   Channels // without the secret
	MailReady  bool     // the server sends mails
	MailDown   bool     // mails of the workspace do not leave at the moment
	HasCommand bool     // the server has an alarm command
	People     []Hearer
	Calls      []Call // whom the command is told to ring, in this order
	Last       []Delivery
}

// Hearer is somebody who hears of alarms.
type Hearer struct {
	Person   string
	Name     string
	Role     tenant.Role
	OnCall   bool
	Delivery desk.Delivery // as they chose for incidents
}

// Delivery is one message of an alarm to the outside.
type Delivery struct {
	ID        string // of the message in the outbox
	Kind      string // mailing.Kind, WebKind or CommandKind
	What      string // subject of a mail, text of an alarm
	To        string // address of a mail
	Test      bool
	State     work.State
	Attempt   int
	Answer    string // what the other side said
	Error     string // of the last try
	CreatedAt time.Time
	SentAt    time.Time
}

// shown is how many messages the overview lists.
const shown = 20

// Overview shows how alarms of an organisation leave the platform; "" is the authority
// of the workspace.
func (s *Service) Overview(ctx context.Context, a authz.Actor, organisation string) (v Overview, err error) {
	scope, err := s.reach(ctx, a, organisation, authz.IncidentRead)
	if err != nil {
		return v, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		v = Overview{MailReady: s.Mails.Ready(), HasCommand: s.Command != nil}
		if err := belongs(tx, organisation); err != nil {
			return err
		}
		if v.Channels, err = s.channelsOf(tx, organisation); err != nil {
			return err
		}
		v.Channels.Sealed = ""
		troubled, err := mailTrouble(tx)
		if err != nil {
			return err
		}
		v.MailDown = troubled
		effects, err := tx.EffectsUnder(organisation, "alarm", shown)
		for _, e := range effects {
			v.Last = append(v.Last, DeliveryOf(e))
		}
		return err
	})
	if err != nil {
		return v, err
	}
	return v, s.hearers(ctx, a, organisation, &v)
}

// hearers adds who hears of alarms. How people chose to be told is theirs, and read for
// this list alone.
func (s *Service) hearers(ctx context.Context, a authz.Actor, organisation string, v *Overview) error {
	return s.store.Read(ctx, tenant.System("how alarms reach people"), func(tx *store.Tx) error {
		b := bell{Service: s, all: tx, in: tx.In(a.WorkspaceID(), ""), organisation: organisation}
		if err := b.prepare(); err != nil {
			return err
		}
		v.People, v.Calls = nil, b.calls
		for _, person := range b.concerned(subject{organisation: organisation}) {
			p, err := b.person(person)
			if err != nil {
				return err
			}
			h := Hearer{Person: p.ID, Name: p.Name, OnCall: p.ID == b.onCall, Delivery: deliveryOf(p)}
			if n := slices.IndexFunc(b.members, func(m tenant.Member) bool { return m.Person == p.ID && b.reaches(m, organisation) }); n >= 0 {
				h.Role = b.members[n].Role
			}
			v.People = append(v.People, h)
		}
		slices.SortStableFunc(v.People, func(x, y Hearer) int {
			if x.OnCall != y.OnCall {
				return map[bool]int{true: -1, false: 1}[x.OnCall]
			}
			return cmp.Compare(x.Name, y.Name)
		})
		return nil
	})
}

// troubleFor is how long a mail that does not leave counts as trouble.
const troubleFor = 24 * time.Hour

// mailTrouble reports whether mails of the workspace wait because they do not leave.
func mailTrouble(tx *store.Tx) (bool, error) {
	n, err := tx.TroubledEffects(mailing.Kind, tx.Now().Add(-troubleFor))
	return n > 0, err
}

// DeliveryOf is a mail or an alarm of the outbox as people see it; What and To are "" of
// any other message.
func DeliveryOf(e work.Effect) Delivery {
	d := Delivery{ID: e.ID, Kind: e.Kind, State: e.State, Attempt: e.Attempt, Answer: e.Receipt, Error: e.Error, CreatedAt: e.CreatedAt, SentAt: e.SentAt}
	if v, ok := mailing.EnvelopeOf(e); ok {
		d.What, d.To, d.Answer = v.Subject, v.To, ""
		return d
	}
	var m Message
	if json.Unmarshal(e.Payload, &m) == nil {
		d.What, d.Test = m.Text, m.Step == testStep
	}
	return d
}

// testStep is the step of a message that tries the channels.
const testStep = "test"

// Try sends an alarm that says that it is a test: into the inbox of the actor, by mail to
// the actor, and over the webhook and the command, whatever their steps. What became of
// it is in the overview.
func (s *Service) Try(ctx context.Context, a authz.Actor, organisation string) error {
	scope, err := s.reach(ctx, a, organisation, authz.OrganisationEdit)
	if err != nil {
		return err
	}
	name, err := s.nameOf(ctx, scope, organisation)
	if err != nil {
		return err
	}
	about := store.Change{Actor: a.Person, ActorName: a.Name, From: a.From, Reason: "test of the alarms"}
	return s.store.Write(ctx, tenant.System("test of the alarms"), about, func(tx *store.Tx) error {
		b := bell{Service: s, all: tx, in: tx.In(a.WorkspaceID(), ""), organisation: organisation}
		if err := b.prepare(); err != nil {
			return err
		}
		return b.try(a, organisation, name)
	})
}

// nameOf is whose alarms are tried.
func (s *Service) nameOf(ctx context.Context, scope tenant.Scope, organisation string) (name string, err error) {
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if err := belongs(tx, organisation); err != nil {
			return err
		}
		if organisation == "" {
			w, err := tx.Workspace()
			name = w.Name
			return err
		}
		o, err := tx.Organisation(organisation)
		name = o.Name
		return err
	})
	return name, err
}

func (b *bell) try(a authz.Actor, organisation, name string) error {
	p, err := b.person(a.Person)
	if err != nil {
		return err
	}
	link, key := "/organisations/"+organisation+"/alarms", id.New()
	if organisation == "" {
		link = "/authority/alarms"
	}
	args, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return fmt.Errorf("write an alarm: %w", err)
	}
	if err := b.in.NotifySettled(desk.Notice{Person: p.ID, Organisation: organisation, Key: "incident.alarm.test", Args: args, Link: link}); err != nil {
		return err
	}
	if b.channels.Mail {
		_, err := b.Mails.Post(b.in, mailing.Letter{Key: "alarm/test/" + key, Organisation: organisation, To: p.Email, Language: p.Language,
			Message: "incident.alarm.test.mail", Arguments: []any{"name", name}, Body: b.Mails.Link(link)})
		if err != nil {
			return err
		}
	}
	var kinds []string
	if b.channels.URL != "" {
		kinds = append(kinds, WebKind)
	}
	if b.channels.Command && b.Command != nil {
		kinds = append(kinds, CommandKind)
	}
	said := law.Message{Key: "incident.alarm.test", Args: []law.Arg{{Name: "name", Value: name}}}
	return b.send(kinds, Message{Format: MessageFormat, ID: "test/" + key, Organisation: organisation, Title: name, Step: testStep, DueAt: b.in.Now(),
		Text: b.Mails.Printer(b.home.Language).Say(said), Link: b.Mails.Link(link), Calls: b.calls})
}
