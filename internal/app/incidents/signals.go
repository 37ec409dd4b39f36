package incidents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/exchange/signal"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Limits of signals.
const (
	LargestSignal  = 256 << 10 // bytes of one message
	MostSources    = 20        // that may send, of one organisation
	LongestWindow  = 7 * 24 * time.Hour
	longestMapping = 8 << 10
	longestName    = 100
)

// Source is a system that sends signals, with what came from it.
type Source struct {
	incident.Source
	Count   int64     // of signals
	Last    time.Time // zero: none came
	Address string    // for mails; "" for a webhook, for one that was revoked, and for whoever may not make one
}

// Sources lists the systems that send signals to an organisation, by name; those that
// were revoked last.
func (s *Service) Sources(ctx context.Context, a authz.Actor, organisation string) (list []Source, err error) {
	_, denied := a.Organisation(ctx, organisation, authz.OrganisationEdit)
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		all, err := tx.IntakeSources(organisation)
		if err != nil {
			return err
		}
		standings, err := tx.IntakeStandings(organisation)
		if err != nil {
			return err
		}
		list = nil
		for _, x := range all {
			one := Source{Source: x}
			if n := slices.IndexFunc(standings, func(y incident.Standing) bool { return y.Source == x.ID }); n >= 0 {
				one.Count, one.Last = standings[n].Count, standings[n].Last
			}
			if denied == nil && x.RevokedAt.IsZero() {
				if one.Address, err = s.mailbox.address(x); err != nil {
					return err
				}
			}
			list = append(list, one)
		}
		slices.SortStableFunc(list, func(x, y Source) int {
			switch {
			case x.RevokedAt.IsZero() == y.RevokedAt.IsZero():
				return 0
			case x.RevokedAt.IsZero():
				return -1
			}
			return 1
		})
		return nil
	})
	return list, err
}

// AddSource lets a system send signals. The token is returned once; only its hash is
// kept.
func (s *Service) AddSource(ctx context.Context, a authz.Actor, organisation string, x incident.Source) (made incident.Source, token string, err error) {
	x.Name = strings.TrimSpace(x.Name)
	switch {
	case x.Kind != incident.Webhook && x.Kind != incident.Mail:
		return x, "", invalid("kind", "there is no such way", "webhook or mail")
	case x.Kind == incident.Mail && s.mailbox.Domain == "":
		return x, "", invalid("kind", "this server takes in no mails", "a server that was started with --intake-smtp")
	case x.Kind == incident.Mail && x.Mapping != "":
		return x, "", invalid("mapping", "a mail has no fields", "no names of fields")
	case x.Name == "" || utf8.RuneCountInString(x.Name) > longestName:
		return x, "", invalid("name", "the name is missing or too long", fmt.Sprintf("the name of the system, in up to %d characters", longestName))
	case x.Window < 0 || x.Window > int64(LongestWindow/time.Minute):
		return x, "", invalid("window", "the time is too long", "0 to 10080 minutes")
	case len(x.Mapping) > longestMapping:
		return x, "", invalid("mapping", "the list of names is too long", "up to 40 lines")
	}
	m, err := signal.Parse(x.Mapping)
	if err != nil {
		return x, "", err
	}
	token, hash := secret.NewToken()
	x = incident.Source{Organisation: organisation, Kind: x.Kind, Name: x.Name, Window: x.Window, Mapping: m.String(), TokenHash: hash, CreatedBy: a.Person}
	if x.Kind == incident.Mail {
		if x.Sealed, err = s.mailbox.seal(hash, token); err != nil {
			return x, "", err
		}
	}
	err = s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		all, err := tx.IntakeSources(organisation)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(y incident.Source) bool { return !y.RevokedAt.IsZero() })
		if len(all) >= MostSources {
			return invalid("name", "there are too many systems", "some to be revoked first")
		}
		made, err = tx.PutIntakeSource(x)
		return err
	})
	return made, token, err
}

// RevokeSource ends a token. What came with it stays.
func (s *Service) RevokeSource(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		x, err := tx.IntakeSource(id)
		if err != nil {
			return err
		}
		if x.Organisation != organisation {
			return errNoSource
		}
		if !x.RevokedAt.IsZero() {
			return nil
		}
		x.RevokedAt = tx.Now()
		_, err = tx.PutIntakeSource(x)
		return err
	})
}

// errNoSource is one answer for tokens that never were, those that were revoked, and those of
// organisations in the archive.
var errNoSource = &fault.Error{Kind: fault.NotFound, What: "there is no such address for signals"}

// shownSignals is how many signals a case lists; there may be many more.
const shownSignals = 50

// Signals lists the newest signals of a case, without their messages, and says how many
// there are.
func (s *Service) Signals(ctx context.Context, a authz.Actor, organisation, of string) (list []incident.Signal, count int64, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		if list, err = tx.IntakeSignals(organisation, of, shownSignals); err != nil || len(list) < shownSignals {
			count = int64(len(list))
			return err
		}
		count, err = tx.IntakeSignalCount(organisation, of)
		return err
	})
	return list, count, err
}

// Signal returns one signal of a case with the message as it came.
func (s *Service) Signal(ctx context.Context, a authz.Actor, organisation, of, id string) (x incident.Signal, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		x, err = tx.IntakeSignal(id)
		if err == nil && (x.Organisation != organisation || x.Incident != of) {
			err = &fault.Error{Kind: fault.NotFound, What: "there is no such signal"}
		}
		return err
	})
	return x, err
}

// Taken says what became of a signal.
type Taken struct {
	Reference string // of the case
	Repeated  bool   // the same event was sent before: nothing changed
	Joined    bool   // it joined the open case of an earlier signal that said the same
}

// ReceiveSignal takes in one message in JSON, from whoever has the token. event is the
// sender's own name of it when the message has none, "" for unknown. It becomes a
// security event, never an incident. NotFound when the token opens nothing, Invalid when
// the message is no JSON.
func (s *Service) ReceiveSignal(ctx context.Context, token, event string, body []byte) (Taken, error) {
	x, err := s.sourceOf(ctx, token, incident.Webhook)
	if err != nil {
		return Taken{}, err
	}
	m, err := signal.Parse(x.Mapping)
	if err != nil {
		return Taken{}, fmt.Errorf("read the mapping of a source: %w", err)
	}
	e, err := signal.Read(body, m)
	if err != nil {
		return Taken{}, err
	}
	if e.ID == "" && utf8.ValidString(event) && len(event) <= signal.LongestWord {
		e.ID = strings.ToValidUTF8(strings.TrimSpace(event), "")
	}
	sum := sha256.Sum256(body)
	return s.take(ctx, x, arrival{Event: e, raw: string(body), sha256: hex.EncodeToString(sum[:]), size: int64(len(body)), reporter: x.Name})
}

// arrival is a signal with what came along.
type arrival struct {
	signal.Event
	raw      string
	sha256   string // of the message
	size     int64  // of the message
	reporter string // who says so
	guessed  bool   // At is about when it was seen
	files    []attached
	dropped  int // files beyond the limit
}

// sourceOf is the source behind a token.
func (s *Service) sourceOf(ctx context.Context, token, kind string) (x store.OwnedSource, err error) {
	if token == "" || len(token) > 100 {
		return x, errNoSource
	}
	err = s.store.Read(ctx, tenant.System("signal"), func(tx *store.Tx) error {
		if x, err = tx.IntakeSourceByToken(secret.TokenHash(token)); err != nil {
			return err
		}
		of, err := tx.In(x.Workspace, x.Organisation).Organisation(x.Organisation)
		if err == nil && of.Archived {
			err = errNoSource
		}
		return err
	})
	if fault.KindOf(err) == fault.NotFound || err == nil && (!x.RevokedAt.IsZero() || x.Kind != kind) {
		return x, errNoSource
	}
	return x, err
}

// take keeps a signal and opens its case, or lets it join one.
func (s *Service) take(ctx context.Context, x store.OwnedSource, e arrival) (t Taken, err error) {
	by := authz.Actor{Name: x.Name, Session: authz.Link}
	scope := tenant.System("signal of "+x.Name).In(x.Workspace, x.Organisation)
	kept := incident.Signal{Organisation: x.Organisation, Source: x.ID, Event: e.ID, Title: orElse(e.Title, x.Name), Severity: e.Severity, Host: e.Host, At: e.At,
		SHA256: e.sha256, Raw: e.raw, Size: e.size}
	kept.Alike = alike(kept)
	write := func() error {
		return s.store.Write(ctx, scope, store.Change{Actor: "source " + x.ID, ActorName: x.Name}, func(tx *store.Tx) error {
			t = Taken{}
			i, repeated, joined, err := caseOf(tx, x.Source, kept)
			if err != nil {
				return err
			}
			if t.Repeated, t.Joined = repeated, joined; repeated {
				t.Reference = i.Reference
				return nil
			}
			if !joined {
				if i, err = s.openSignal(tx, by, x.Source, kept, e); err != nil {
					return err
				}
			}
			one := kept
			one.Incident, t.Reference = i.ID, i.Reference
			if _, err = tx.AddIntakeSignal(one); err != nil {
				return err
			}
			return s.mailbox.keepAttached(tx, by, i, e.files, e.dropped)
		})
	}
	if err = write(); fault.KindOf(err) == fault.Conflict { // the same came twice at once
		err = write()
	}
	return t, err
}

// alike is the same for signals that say the same about the same host.
func alike(x incident.Signal) string {
	sum := sha256.Sum256([]byte(strings.ToLower(x.Title) + "\x00" + strings.ToLower(x.Severity) + "\x00" + strings.ToLower(x.Host)))
	return hex.EncodeToString(sum[:16])
}

// caseOf finds the case that a signal belongs to: that of the same event, or an open one
// of a signal that said the same within the window of the source.
func caseOf(tx *store.Tx, x incident.Source, kept incident.Signal) (i incident.Incident, repeated, joined bool, err error) {
	if kept.Event != "" {
		before, found, err := tx.IntakeSignalOf(x.ID, kept.Event)
		if err != nil {
			return i, false, false, err
		}
		if found {
			i, err = tx.Incident(before.Incident)
			return i, true, false, err
		}
	}
	if x.Window == 0 {
		return i, false, false, nil
	}
	before, found, err := tx.IntakeSignalAlike(x.ID, kept.Alike, tx.Now().Add(-time.Duration(x.Window)*time.Minute))
	if err != nil || !found {
		return i, false, false, err
	}
	i, err = tx.Incident(before.Incident)
	if err != nil {
		return i, false, false, err
	}
	return i, false, i.State == incident.Open || i.State == incident.Contained, nil
}

// openSignal makes the security event of a signal and tells those who triage.
func (s *Service) openSignal(tx *store.Tx, by authz.Actor, x incident.Source, kept incident.Signal, e arrival) (incident.Incident, error) {
	zone, err := s.homeZone(tx, x.Organisation)
	if err != nil {
		return incident.Incident{}, err
	}
	n := Notice{Title: kept.Title, Text: describe(e.Event), Kind: incident.Event, Channel: x.Kind, Reporter: e.reporter, Zone: zone,
		OccurredAt: incident.Moment{Zone: zone, Certainty: incident.Unknown}}
	if believable(e, tx.Now()) {
		n.DetectedAt = incident.Moment{At: e.At, Zone: zone, Certainty: incident.Exact}
		if e.guessed {
			n.DetectedAt.Certainty = incident.Estimated
		}
	}
	n, err = checkNotice(n)
	if err != nil {
		return incident.Incident{}, err
	}
	i, err := open(tx, by, x.Organisation, n)
	if err != nil {
		return i, err
	}
	return i, announceSignal(tx, x, i)
}

// guessable is how old the date of a mail may be to say when something was detected.
const guessable = 7 * 24 * time.Hour

// believable reports whether what the sender says of the time can be when it was
// detected.
func believable(e arrival, now time.Time) bool {
	oldest := earliest
	if e.guessed {
		oldest = now.Add(-guessable)
	}
	return !e.At.Before(oldest) && !e.At.After(now.Add(ahead))
}

// homeZone is the zone of the first Member State whose law applies to the organisation,
// that of the workspace where none does.
func (s *Service) homeZone(tx *store.Tx, organisation string) (string, error) {
	file, err := facts(tx, organisation)
	if err != nil {
		return "", err
	}
	d, err := s.determined(file, tx.Now())
	if err != nil {
		return "", err
	}
	if len(d.Countries) > 0 {
		return d.Countries[0].Zone, nil
	}
	zone, err := tx.Zone()
	if err != nil {
		return "", err
	}
	return zone.String(), nil
}

// describe is what the case says of the signal, in the sender's words.
func describe(e signal.Event) string {
	var lines []string
	for _, l := range []string{e.Severity, e.Host, e.Text} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

// announceSignal puts a new security event into the inboxes of those who edit cases.
func announceSignal(tx *store.Tx, x incident.Source, i incident.Incident) error {
	args, err := json.Marshal(map[string]string{"source": x.Name, "reference": i.Reference, "title": i.Title})
	if err != nil {
		return fmt.Errorf("announce a signal: %w", err)
	}
	members, err := tx.MembersOf(i.Organisation)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, m := range members {
		if m.Disabled || told[m.Person] || !authz.Allows(m.Role, authz.IncidentEdit) {
			continue
		}
		told[m.Person] = true
		if err := tx.Notify(desk.Notice{Person: m.Person, Organisation: i.Organisation, Key: "signals.arrived", Args: args, Link: "/organisations/" + i.Organisation + "/incidents/" + i.ID}); err != nil {
			return err
		}
	}
	return nil
}
