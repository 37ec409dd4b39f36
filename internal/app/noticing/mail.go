package noticing

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

const (
	mostPending  = 2000               // notices of a workspace that are looked at in one go
	mostInDigest = 60                 // notices that a summary spells out
	stale        = 7 * 24 * time.Hour // older notices are not mailed any more
	morning      = 7                  // hour at which summaries are made, where the person is
)

// Mail settles for every notice whether it goes out by mail: at once, in the
// summary of the day or the week, or not at all. It does nothing while no mail
// server is set up. The scope is of everything.
func (s *Service) Mail(ctx context.Context, everything tenant.Scope) error {
	if !s.mails.Ready() {
		return nil
	}
	var workspaces []string
	err := s.store.Read(ctx, everything, func(tx *store.Tx) (err error) {
		workspaces, err = tx.UnsettledWorkspaces()
		return err
	})
	var failed []error
	for _, w := range workspaces {
		err := s.store.Write(ctx, everything, itself(), func(tx *store.Tx) error { return s.mail(tx, tx.In(w, "")) })
		if err != nil {
			failed = append(failed, fmt.Errorf("notices of workspace %s: %w", w, err))
		}
	}
	return errors.Join(append(failed, err)...)
}

// mail settles the notices of one workspace. all sees people, in its rows.
func (s *Service) mail(all, in *store.Tx) error {
	pending, err := in.UnsettledNotices(mostPending)
	if err != nil || len(pending) == 0 {
		return err
	}
	reach, err := reachOf(in)
	if err != nil {
		return err
	}
	post := &postman{Service: s, tx: in, names: map[string]string{}}
	if post.workspace, err = in.Workspace(); err != nil {
		return err
	}
	if post.archived, err = in.Archived(); err != nil {
		return err
	}
	for _, person := range peopleOf(pending) {
		p, err := all.Person(person)
		if err != nil {
			return err
		}
		mine := slices.DeleteFunc(slices.Clone(pending), func(n desk.Notice) bool { return n.Person != person })
		if err := post.settle(p, mine, reach); err != nil {
			return err
		}
	}
	return in.SettleNotices(post.settled)
}

func peopleOf(list []desk.Notice) []string {
	var out []string
	for _, n := range list {
		if !slices.Contains(out, n.Person) {
			out = append(out, n.Person)
		}
	}
	return out
}

// reach says which organisations a member of the workspace belongs to ("" = all).
type reach map[string][]string

func reachOf(tx *store.Tx) (reach, error) {
	members, err := tx.Members()
	if err != nil {
		return nil, err
	}
	out := reach{}
	for _, m := range members {
		if !m.Disabled {
			out[m.Person] = append(out[m.Person], m.Organisation)
		}
	}
	return out, nil
}

// covers reports whether the person may hear of the organisation ("" = of the
// workspace).
func (r reach) covers(person, organisation string) bool {
	own := r[person]
	return len(own) > 0 && (organisation == "" || slices.Contains(own, "") || slices.Contains(own, organisation))
}

// postman writes the mails of one workspace.
type postman struct {
	*Service
	tx        *store.Tx
	workspace tenant.Workspace
	names     map[string]string // of organisations
	archived  map[string]bool   // organisations of which no mail tells any more
	settled   []string
}

func (m *postman) settle(p tenant.Person, list []desk.Notice, r reach) error {
	waiting := map[desk.Delivery][]desk.Notice{}
	for _, n := range list {
		d := deliveryOf(p, desk.KindOf(n.Key))
		switch {
		case d == desk.InboxOnly, !n.ReadAt.IsZero(), !r.covers(p.ID, n.Organisation), m.archived[n.Organisation], m.tx.Now().Sub(n.CreatedAt) > lasts(d):
			m.settled = append(m.settled, n.ID)
		case d == desk.AtOnce:
			if err := m.one(p, n); err != nil {
				return err
			}
		default:
			waiting[d] = append(waiting[d], n)
		}
	}
	for _, d := range []desk.Delivery{desk.Daily, desk.Weekly} {
		if err := m.digest(p, d, waiting[d]); err != nil {
			return err
		}
	}
	return nil
}

// lasts is how old a notice may be that is still mailed.
func lasts(d desk.Delivery) time.Duration {
	if d == desk.Weekly {
		return 2 * stale
	}
	return stale
}

// one mails one notice.
func (m *postman) one(p tenant.Person, n desk.Notice) error {
	say := m.mails.Printer(cmp.Or(p.Language, m.workspace.Language))
	text := Say(say, n)
	_, err := m.mails.Post(m.tx, mailing.Letter{Key: "notice/" + n.ID, Organisation: n.Organisation, To: p.Email, Language: p.Language,
		Message: "noticing.mail", Arguments: []any{"subject", shorten(text), "text", text, "link", m.mails.Link(cmp.Or(n.Link, "/inbox")), "workspace", m.workspace.Name}})
	if err == nil {
		m.settled = append(m.settled, n.ID)
	}
	return err
}

// longestSubject is how much of a sentence stands in the subject, in characters.
const longestSubject = 110

func shorten(s string) string {
	r := []rune(s)
	if len(r) <= longestSubject {
		return s
	}
	return string(r[:longestSubject-2]) + " …"
}

// zone is where a person is, or else the workspace.
func (m *postman) zone(p tenant.Person) *time.Location {
	return tenant.ZoneOf(p.Zone, m.workspace.Zone)
}

// Boundary is the last time, at or before now, at which summaries were to be made:
// at seven in the morning where the person is, every day or on Mondays.
func Boundary(d desk.Delivery, zone *time.Location, now time.Time) time.Time {
	day := law.DateOf(now.In(zone))
	for {
		at := time.Date(day.Year, time.Month(day.Month), day.Day, morning, 0, 0, 0, zone)
		if !at.After(now) && (d != desk.Weekly || at.Weekday() == time.Monday) {
			return at
		}
		day = day.AddDays(-1)
	}
}

// digest mails what came before the boundary in one summary. Nothing came: nothing
// is sent.
func (m *postman) digest(p tenant.Person, d desk.Delivery, list []desk.Notice) error {
	at := Boundary(d, m.zone(p), m.tx.Now())
	list = slices.DeleteFunc(list, func(n desk.Notice) bool { return !n.CreatedAt.Before(at) })
	if len(list) == 0 {
		return nil
	}
	say := m.mails.Printer(cmp.Or(p.Language, m.workspace.Language))
	body, err := m.body(say, p, list)
	if err != nil {
		return err
	}
	end, err := m.unsubscribeLink(p.ID)
	if err != nil {
		return err
	}
	day := law.DateOf(at)
	fresh, err := m.mails.Post(m.tx, mailing.Letter{Key: "digest/" + p.ID + "/" + string(d) + "/" + day.String(), To: p.Email, Language: p.Language,
		Message: "noticing.digest." + string(d), Arguments: []any{"count", len(list), "workspace", m.workspace.Name, "day", day},
		Body: body, Unsubscribe: end})
	if err != nil || !fresh { // what came too late for the summary of the day waits for the next
		return err
	}
	for _, n := range list {
		m.settled = append(m.settled, n.ID)
	}
	return nil
}

// body lists notices under the names of their organisations, with links.
func (m *postman) body(say *locale.Printer, p tenant.Person, list []desk.Notice) (string, error) {
	byName := map[string][]desk.Notice{}
	var names []string
	for _, n := range list[:min(len(list), mostInDigest)] {
		name, err := m.name(n.Organisation)
		if err != nil {
			return "", err
		}
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], n)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s\n%s\n", name, strings.Repeat("-", min(len([]rune(name)), 60)))
		for _, n := range byName[name] {
			fmt.Fprintf(&b, "* %s %s\n", say.Date(law.DateOf(n.CreatedAt.In(m.zone(p))))+":", Say(say, n))
			if n.Link != "" {
				fmt.Fprintf(&b, "  %s\n", m.mails.Link(n.Link))
			}
		}
		b.WriteString("\n")
	}
	if more := len(list) - mostInDigest; more > 0 {
		fmt.Fprintf(&b, "%s\n", say.T("noticing.digest.more", "count", more))
	}
	fmt.Fprintf(&b, "%s\n", say.T("noticing.digest.inbox", "link", m.mails.Link("/inbox")))
	fmt.Fprintf(&b, "%s\n", say.T("noticing.digest.choose", "link", m.mails.Link("/account/notices")))
	return b.String(), nil
}

func (m *postman) name(organisation string) (string, error) {
	if organisation == "" {
		return m.workspace.Name, nil
	}
	if name, ok := m.names[organisation]; ok {
		return name, nil
	}
	o, err := m.tx.Organisation(organisation)
	if err != nil {
		return "", err
	}
	m.names[organisation] = o.Name
	return o.Name, nil
}

// purpose of the sealed links that end summaries.
const purpose = "unsubscribe"

func (s *Service) unsubscribeLink(person string) (string, error) {
	sealed, err := s.box.Seal(purpose, "", []byte(person))
	if err != nil {
		return "", err
	}
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	return s.mails.Link("/unsubscribe/" + base64.RawURLEncoding.EncodeToString(raw)), nil
}

// errNoSuchLink is the one answer to links that nobody was sent.
var errNoSuchLink = &fault.Error{Kind: fault.NotFound, What: "this link does not work", Expected: "the whole link of the mail"}

// Unsubscribe ends the summaries of the person to whom the token of a link was
// sent. Mails that they chose to get at once stay. With test it only checks the
// token.
func (s *Service) Unsubscribe(ctx context.Context, token, from string, test bool) error {
	if len(token) > 500 {
		return errNoSuchLink
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return errNoSuchLink
	}
	person, err := s.box.Open(purpose, "", base64.RawStdEncoding.EncodeToString(raw))
	if err != nil {
		return errNoSuchLink
	}
	if test {
		return nil
	}
	err = s.change(ctx, string(person), store.Change{Actor: string(person), From: from, Reason: "link in a mail"}, func(p *tenant.Person) {
		for _, k := range desk.Kinds() {
			if d := deliveryOf(*p, k); d == desk.Daily || d == desk.Weekly {
				if p.Notices == nil {
					p.Notices = map[string]string{}
				}
				p.Notices[string(k)] = string(desk.InboxOnly)
			}
		}
	})
	if fault.KindOf(err) == fault.NotFound {
		return errNoSuchLink
	}
	return err
}
