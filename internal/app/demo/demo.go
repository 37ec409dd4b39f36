// Package demo fills an empty server with the workspace of a provider that looks
// after twelve clients for fourteen months. Everything is done through the use
// cases and in its time, by a clock that moves along, so that ledger, scores and
// history are as real as those of any other workspace. All people and
// organisations are invented.
package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// The account of the consultant who owns the example workspace. The password is no
// secret: the example is served to this machine alone.
const (
	Email    = "anna@seewinkel.example"
	Password = "reeds, clay and a good stylus"
)

// months is how long the history is.
const months = 14

// Server is what is filled. Clock is that of both services.
type Server struct {
	Accounts  *accounts.Service
	Clients   *clients.Service
	Knowledge assessing.Knowledge // that of Clients
	Clock     *clock.Fixed
}

// Begins is when the history begins that ends at now: where the clock must stand
// when Build is called.
func Begins(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month(), now.Day(), 8, 0, 0, 0, time.UTC).AddDate(0, -months, 0)
}

// Build fills the server with a history that ends at now. progress is told how many
// of the events are done; it may be nil.
func Build(ctx context.Context, s Server, now time.Time, progress func(done, all int)) error {
	b := &builder{Server: s, now: now.UTC(), actors: map[string]authz.Actor{}, models: map[string]string{}}
	if err := b.people(ctx); err != nil {
		return fmt.Errorf("people of the example: %w", err)
	}
	for _, c := range courses() {
		b.follow(&client{course: c, builder: b})
	}
	b.later(months*30-75, 10, b.template)
	b.later(60, 9, b.views)
	slices.SortStableFunc(b.events, func(x, y event) int { return x.at.Compare(y.at) })
	for i, e := range b.events {
		if e.at.After(b.now) {
			break
		}
		b.Clock.Move(e.at.Sub(b.Clock.Now()))
		if err := e.do(ctx); err != nil {
			return fmt.Errorf("example of %s: %w", e.at.Format(time.DateOnly), err)
		}
		if progress != nil {
			progress(i+1, len(b.events))
		}
	}
	b.Clock.Move(b.now.Sub(b.Clock.Now()))
	_, _, err := b.Clients.Bulk(ctx, b.actors[anna], b.all, clients.DeedRefresh, "")
	return err
}

// The people of the provider.
const (
	anna = "Anna Huber"
	ben  = "Ben Maier"
)

// zone is where they work.
const zone = "Europe/Vienna"

// event is something that happens at its time.
type event struct {
	at time.Time
	do func(context.Context) error
}

type builder struct {
	Server
	now    time.Time
	events []event
	actors map[string]authz.Actor // by name
	all    []string               // organisations
	models map[string]string      // file → organisation
}

// later plans something so many days before now, at the hour.
func (b *builder) later(daysAgo, hour int, do func(context.Context) error) {
	day := time.Date(b.now.Year(), b.now.Month(), b.now.Day(), hour, 0, 0, 0, time.UTC).AddDate(0, 0, -daysAgo)
	if n := time.Duration(len(b.events)%50) * time.Minute; day.Add(n).Before(b.now) { // not all at the full hour
		day = day.Add(n)
	}
	b.events = append(b.events, event{day, do})
}

// from is where Anna works.
func from() accounts.Device { return accounts.Device{Address: "192.0.2.10", Name: "Firefox on Linux"} }

// people makes the workspace with its two consultants and an auditor.
func (b *builder) people(ctx context.Context) error {
	signed, err := b.Accounts.Start(ctx, accounts.FirstRun{Workspace: "Seewinkel Beratung OG", Kind: tenant.Provider, Name: anna, Email: Email,
		Password: Password, Zone: zone}, from())
	if err != nil {
		return err
	}
	owner, err := b.Accounts.Visit(ctx, signed.Token, from())
	if err != nil {
		return err
	}
	b.actors[anna] = owner.Actor
	if err := b.join(ctx, owner, "", ben, "ben@seewinkel.example", authz.Consultant); err != nil {
		return err
	}
	return b.join(ctx, owner, "", "Ruth Adler", "ruth.adler@audit.example", authz.Auditor)
}

// join invites somebody and accepts in their name.
func (b *builder) join(ctx context.Context, owner accounts.Visit, organisation, name, email string, role authz.Role) error {
	token, err := b.Accounts.Invite(ctx, owner, organisation, email, role)
	if err != nil {
		return err
	}
	theirs := accounts.Device{Address: "198.51.100.7", Name: "Chrome on Windows"}
	signed, err := b.Accounts.Join(ctx, token, nil, accounts.FirstRun{Name: name, Email: email, Password: Password, Zone: zone}, theirs)
	if err != nil {
		return err
	}
	v, err := b.Accounts.Visit(ctx, signed.Token, theirs)
	b.actors[name] = v.Actor
	return err
}

// owner signs Anna in afresh, for what asks for a proof of who she is.
func (b *builder) owner(ctx context.Context) (accounts.Visit, error) {
	signed, _, err := b.Accounts.SignIn(ctx, Email, Password, "", from())
	if err != nil {
		return accounts.Visit{}, err
	}
	return b.Accounts.Visit(ctx, signed.Token, from())
}

// template makes a template of a client for others of its trade.
func (b *builder) template(ctx context.Context) error {
	source := b.models["stadtwerke-eichenried"]
	o, err := b.Clients.Clone(ctx, b.actors[anna], source, "Template: networks and supply", tenant.Client)
	if err != nil {
		return err
	}
	return b.Clients.SetTemplate(ctx, b.actors[anna], o.ID, true)
}

// views saves filters of the portfolio.
func (b *builder) views(ctx context.Context) error {
	for _, v := range []desk.View{
		{Name: "Far behind", Query: "behind=yes&sort=score", Shared: true},
		{Name: "Due this month", Query: "due=yes&sort=deadline", Shared: true},
		{Name: "Austria", Query: "country=AT"},
	} {
		v.Page = "portfolio"
		if _, err := b.Clients.SaveView(ctx, b.actors[anna], v); err != nil {
			return err
		}
	}
	return nil
}

// actor is the first of the names that has an account, otherwise Ben.
func (b *builder) actor(names ...string) authz.Actor {
	for _, n := range names {
		if a, ok := b.actors[n]; ok && n != "" {
			return a
		}
	}
	return b.actors[ben]
}

// share is a number from 0 up to 1 that the texts decide, so that every demo of a
// day is the same.
func share(texts ...string) float64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for _, t := range texts {
		for i := range len(t) {
			h = (h ^ uint64(t[i])) * prime
		}
		h = (h ^ 0xff) * prime
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return float64(h>>11) / (1 << 53)
}

func clamp(v float64) float64 { return min(1, max(0, v)) }
