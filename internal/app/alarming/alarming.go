// Package alarming lets the alarms of reporting deadlines ring: and of the answers of authorities: each exactly
// once, in the inboxes of those who can act, by mail, and over the channels that the
// organisation chose, whatever became of the server in between.
package alarming

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/notify"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Options of New.
type Options struct {
	Mails   *mailing.Mailer
	Box     secret.Box // seals the secrets of webhooks
	Web     *notify.Web
	Command *notify.Command // nil: the server has none
	Log     *slog.Logger    // nil: nothing is logged

	// Roster is who is called in an organisation; nil: nobody is.
	Roster func(tx *store.Tx, organisation string) (oncall.Roster, error)

	// Zone is the zone of the authorities of a Member State; nil: UTC.
	Zone func(country string) string
}

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	Options
	store *store.Store
}

// New makes the service.
func New(s *store.Store, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Options: o, store: s}
}

// The kinds of the outbox's effects that are alarms. The payload is a Message.
const (
	WebKind     = "alarm.webhook"
	CommandKind = "alarm.command"
)

// rhythm is how often the server looks for alarms that fell due.
const rhythm = 15 * time.Second

// Install adds the channels.
func (s *Service) Install(r *jobs.Runner) {
	r.Deliver(WebKind, jobs.SenderFunc(s.sendWeb))
	r.Deliver(CommandKind, jobs.SenderFunc(s.sendCommand))
}

// Watch lets alarms ring until ctx ends, at first what fell due while no server ran.
// It waits for no worker of the queue, which long jobs may occupy. Any number of
// servers may watch one database.
func (s *Service) Watch(ctx context.Context) {
	tick := time.NewTicker(rhythm)
	defer tick.Stop()
	for {
		if _, err := s.Sound(ctx, tenant.System("alarms")); err != nil && ctx.Err() == nil {
			s.Log.Error("alarms", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// itself is who the ledger names for what no person did.
func itself() store.Change { return store.Change{Actor: "system", Reason: "alarms"} }

const (
	batch      = 500 // alarms that are looked for at a time
	inOneWrite = 100 // alarms of one organisation in one transaction
)

// Sound lets every alarm ring that fell due, and returns how many did. An alarm is
// marked in the transaction that writes what it causes, so that it rings once,
// however many servers look and whenever one of them dies. One that cannot be
// written does not keep the others. The scope is of everything.
func (s *Service) Sound(ctx context.Context, everything tenant.Scope) (rung int, err error) {
	failed := map[string]error{}
	for ctx.Err() == nil {
		var due []store.OwnedAlarm
		err := s.store.Read(ctx, everything, func(tx *store.Tx) (err error) {
			due, err = tx.DueAlarms(batch + len(failed))
			return err
		})
		if err != nil {
			return rung, fmt.Errorf("look for alarms: %w", err)
		}
		due = slices.DeleteFunc(due, func(a store.OwnedAlarm) bool { return failed[a.ID] != nil })
		if len(due) == 0 {
			break
		}
		for _, group := range grouped(due) {
			rung += s.ring(ctx, everything, group, failed)
		}
	}
	var all []error
	for id, err := range failed {
		all = append(all, fmt.Errorf("alarm %s: %w", id, err))
	}
	return rung, errors.Join(append(all, ctx.Err())...)
}

// grouped puts the alarms of one organisation together, in parts that one
// transaction writes quickly.
func grouped(list []store.OwnedAlarm) (out [][]store.OwnedAlarm) {
	at := map[string]int{}
	for _, a := range list {
		k := a.Workspace + "/" + a.Organisation
		n, ok := at[k]
		if !ok || len(out[n]) == inOneWrite {
			n = len(out)
			at[k], out = n, append(out, nil)
		}
		out[n] = append(out[n], a)
	}
	return out
}

// ring writes a group; when that fails, one alarm after the other, so that a broken
// one does not silence its neighbours.
func (s *Service) ring(ctx context.Context, everything tenant.Scope, group []store.OwnedAlarm, failed map[string]error) int {
	n := 0
	err := s.store.Write(ctx, everything, itself(), func(tx *store.Tx) error {
		n = 0
		b := bell{Service: s, all: tx, in: tx.In(group[0].Workspace, ""), organisation: group[0].Organisation}
		for _, a := range group {
			rings, err := b.alarm(a.Alarm)
			if err != nil {
				return err
			}
			n += rings
		}
		return b.mail()
	})
	switch {
	case err == nil:
		return n
	case len(group) == 1:
		failed[group[0].ID] = err
		return 0
	}
	n = 0
	for _, a := range group {
		n += s.ring(ctx, everything, []store.OwnedAlarm{a}, failed)
	}
	return n
}

// bell writes the alarms of one organisation in one transaction. all sees people,
// in the rows of the workspace.
type bell struct {
	*Service
	all, in      *store.Tx
	organisation string

	ready    bool
	home     tenant.Workspace
	members  []tenant.Member
	channels Channels
	mailDown bool // mails do not leave: the other channels do not wait for their step
	calls    []Call
	onCall   string // person whose turn it is; "": nobody's
	people   map[string]tenant.Person
	cases    map[string]known
	letters  []letter
}

// letter is what one person is told by mail: one mail, even when many alarms of the
// organisation fell due while the server stood still.
type letter struct {
	person tenant.Person
	lines  []line
}

type line struct {
	about subject
	said  law.Message
	alarm string
}

// Message is one alarm as channels for programs tell it.
type Message struct {
	Format       string        `json:"format"` // "nisaba-alarm/1"
	ID           string        `json:"id"`     // the same alarm has the same one
	Organisation string        `json:"organisation"`
	Incident     string        `json:"incident"` // id
	Reference    string        `json:"reference"`
	Title        string        `json:"title"`
	Regime       clocks.Regime `json:"regime"`
	Authority    string        `json:"authority,omitempty"`
	Country      string        `json:"country,omitempty"`
	Stage        clocks.Stage  `json:"stage"`
	Step         string        `json:"step"` // as incident.Alarm; "late" for several at once, "test" for a trial
	DueAt        time.Time     `json:"due_at"`
	Overdue      bool          `json:"overdue"`
	Text         string        `json:"text"` // in the language of the workspace
	Link         string        `json:"link"`
	Calls        []Call        `json:"calls,omitempty"` // whom to ring, who is on duty first
}

// Call is somebody to ring, as the list of contacts of the organisation has them.
type Call struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	Phone  string `json:"phone"`
	OnCall bool   `json:"on_call"` // it is their turn
}

// MessageFormat names the shape of Message.
const MessageFormat = "nisaba-alarm/1"

func (b *bell) prepare() (err error) {
	if b.ready {
		return nil
	}
	b.people, b.cases, b.ready = map[string]tenant.Person{}, map[string]known{}, true
	if b.home, err = b.in.Workspace(); err != nil {
		return err
	}
	if b.members, err = b.in.Members(); err != nil {
		return err
	}
	if b.channels, err = b.channelsOf(b.in, b.chooser()); err != nil {
		return err
	}
	troubled, err := mailTrouble(b.in)
	if err != nil {
		return err
	}
	b.mailDown = troubled || !b.Mails.Ready()
	if b.Roster == nil || b.home.Kind == tenant.Authority {
		return nil
	}
	r, err := b.Roster(b.in, b.organisation)
	if err != nil {
		return err
	}
	b.calls, b.onCall = callsOf(r, b.in.Now())
	return nil
}

// chooser is the organisation whose channels count: an authority chooses for all of
// its cases at once.
func (b *bell) chooser() string {
	if b.home.Kind == tenant.Authority {
		return ""
	}
	return b.organisation
}

// callsOf lists whom to ring: who is on duty, then the lead and the deputy.
func callsOf(r oncall.Roster, now time.Time) (list []Call, person string) {
	add := func(c oncall.Contact, turn bool) {
		if c.Phone != "" {
			list = append(list, Call{c.Name, c.Role, c.Phone, turn})
		}
	}
	turn, ok := r.At(now)
	if ok {
		person = turn.Contact.Person
		add(turn.Contact, true)
	}
	for _, role := range []string{"lead", "deputy"} {
		for _, c := range r.Contacts {
			if c.Role == role && c.ID != turn.Contact.ID {
				add(c, false)
			}
		}
	}
	return list, person
}

// alarm marks one alarm and writes what it causes, and returns how many rang: none
// when another server was faster. Of one that had fallen due before its clock was known
// it marks the others of the case too, which ring together.
func (b *bell) alarm(a incident.Alarm) (rings int, err error) {
	if a.Late {
		late, err := b.in.LateAlarms(a.Organisation, a.Incident)
		if err != nil {
			return 0, err
		}
		if slices.ContainsFunc(late, func(l incident.Alarm) bool { return l.Step != "start" }) {
			return b.together(late)
		}
	}
	fresh, err := b.in.MarkAlarm(a.ID, b.in.Now())
	if err != nil || !fresh {
		return 0, err
	}
	return 1, b.single(a)
}

// single writes what one alarm causes.
func (b *bell) single(a incident.Alarm) error {
	if err := b.prepare(); err != nil {
		return err
	}
	x, err := b.find(a)
	if err != nil {
		return err
	}
	return b.cause(a, x, sentence(a, x))
}

// cause writes what an alarm causes: a line in the record, and what people and programs
// are told.
func (b *bell) cause(a incident.Alarm, x subject, said law.Message) error {
	if err := b.record(a, x); err != nil {
		return err
	}
	if err := b.tell(a, x, said); err != nil {
		return err
	}
	if x.exercise { // a drill disturbs nobody outside
		return nil
	}
	return b.post(a, x, said)
}

// tell puts the alarm into the inbox of everybody who can act on it, and prepares
// the mails.
func (b *bell) tell(a incident.Alarm, x subject, said law.Message) error {
	args := map[string]any{}
	for _, v := range said.Args {
		args[v.Name] = v.Value
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("write an alarm: %w", err)
	}
	first := b.first(x)
	for _, person := range b.concerned(x) {
		p, err := b.person(person)
		if err != nil {
			return err
		}
		n := desk.Notice{Person: p.ID, Organisation: a.Organisation, Key: said.Key, Args: raw, Link: x.link}
		d := deliveryOf(p)
		if x.exercise || !b.channels.Mail || len(first) > 0 && !slices.Contains(first, p.ID) && !incident.Reached(a.Step, b.channels.OthersFrom) {
			d = desk.InboxOnly
		}
		switch d {
		case desk.Daily, desk.Weekly:
			err = b.in.Notify(n) // the summary takes it
		case desk.AtOnce:
			b.write(p, x, a, said)
			fallthrough
		default:
			err = b.in.NotifySettled(n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func deliveryOf(p tenant.Person) desk.Delivery {
	if d := desk.Delivery(p.Notices[string(desk.Incidents)]); slices.Contains(desk.Deliveries(), d) {
		return d
	}
	return desk.Usual(desk.Incidents, p.Digest)
}

// concerned lists who can act: the lead, who is on call, and who may decide.
func (b *bell) concerned(x subject) (out []string) {
	for _, m := range b.members {
		acts := authz.Allows(m.Role, authz.IncidentDecide) || m.Person == x.lead || m.Person == b.onCall
		if b.reaches(m, x.organisation) && acts && !slices.Contains(out, m.Person) {
			out = append(out, m.Person)
		}
	}
	return out
}

// first lists those who get every step: the lead, and who is on call. Empty: there is
// nobody to begin with, so that all who may decide do.
func (b *bell) first(x subject) (out []string) {
	for _, m := range b.members {
		if b.reaches(m, x.organisation) && (m.Person == x.lead || m.Person == b.onCall) {
			out = append(out, m.Person)
		}
	}
	return out
}

// reaches reports whether a member can act in the cases of the organisation: whoever
// reads them alone is not woken, and does not keep an alarm from those who can.
func (b *bell) reaches(m tenant.Member, organisation string) bool {
	return (m.Organisation == "" || m.Organisation == organisation) && !m.Disabled && authz.Allows(m.Role, authz.IncidentEdit)
}

func (b *bell) person(id string) (p tenant.Person, err error) {
	p, known := b.people[id]
	if !known {
		if p, err = b.all.Person(id); err == nil {
			b.people[id] = p
		}
	}
	return p, err
}

func (b *bell) write(p tenant.Person, x subject, a incident.Alarm, said law.Message) {
	n := slices.IndexFunc(b.letters, func(l letter) bool { return l.person.ID == p.ID })
	if n < 0 {
		n, b.letters = len(b.letters), append(b.letters, letter{person: p})
	}
	b.letters[n].lines = append(b.letters[n].lines, line{x, said, a.ID})
}

// mail posts the letters. Each alarm is in one letter per person, because it was
// marked in this transaction.
func (b *bell) mail() error {
	for _, l := range b.letters {
		p := b.Mails.Printer(cmp.Or(l.person.Language, b.home.Language))
		var text strings.Builder
		sum := sha256.New()
		for _, v := range l.lines {
			fmt.Fprintf(&text, "* %s\n  %s\n", p.Say(v.said), b.Mails.Link(v.about.link))
			fmt.Fprintln(sum, v.alarm)
		}
		first := l.lines[0].about
		message := "incident.alarm.mail"
		if slices.ContainsFunc(l.lines, func(v line) bool { return v.about.id != first.id }) {
			message = "incident.alarm.mails"
		}
		_, err := b.Mails.Post(b.in, mailing.Letter{Key: "alarm/" + hex.EncodeToString(sum.Sum(nil)) + "/" + l.person.ID, Organisation: b.chooser(),
			To: l.person.Email, Language: l.person.Language, Message: message,
			Arguments: []any{"reference", first.reference, "title", first.title, "number", len(l.lines)}, Body: text.String()})
		if err != nil {
			return err
		}
	}
	return nil
}

// post puts what programs are told into the outbox, under a key that follows from
// the alarm. A channel that begins at a later step begins now when mails do not leave.
func (b *bell) post(a incident.Alarm, x subject, said law.Message) error {
	begins := func(from string) bool { return incident.Reached(a.Step, from) || b.channels.Mail && b.mailDown }
	var kinds []string
	if b.channels.URL != "" && begins(b.channels.URLFrom) {
		kinds = append(kinds, WebKind)
	}
	if b.channels.Command && b.Command != nil && begins(b.channels.CommandFrom) {
		kinds = append(kinds, CommandKind)
	}
	if len(kinds) == 0 {
		return nil
	}
	return b.send(kinds, Message{Format: MessageFormat, ID: a.ID, Organisation: a.Organisation, Incident: x.id, Reference: x.reference, Title: x.title,
		Regime: x.regime, Authority: x.authority, Country: x.country, Stage: a.Stage, Step: a.Step, DueAt: a.DueAt, Overdue: !b.in.Now().Before(a.DueAt),
		Text: b.Mails.Printer(b.home.Language).Say(said), Link: b.Mails.Link(x.link), Calls: b.calls})
}

// send puts a message into the outbox for each kind.
func (b *bell) send(kinds []string, m Message) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write an alarm: %w", err)
	}
	for _, kind := range kinds {
		_, err := jobs.Post(b.in, work.Effect{Kind: kind, Key: kind + "/" + m.ID, Organisation: b.chooser(), Payload: payload})
		if err != nil {
			return err
		}
	}
	return nil
}
