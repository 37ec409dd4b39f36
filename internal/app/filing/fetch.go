package filing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	wire "github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

const (
	watchKind = "filing.watch"
	pollKind  = "filing.poll"
)

// grace is how long after its end a case is still asked about: an authority may
// come back to it.
const grace = 90 * 24 * time.Hour

// Install adds the senders, and the job that fetches messages for every
// organisation with a case, each minute.
func (s *Service) Install(r *jobs.Runner) error {
	r.Deliver(incidents.FilingKind, jobs.SenderFunc(s.sendReport))
	r.Deliver(AnswerKind, jobs.SenderFunc(s.sendAnswer))
	r.Deliver(KeyKind, jobs.SenderFunc(s.sendKey))
	r.Handle(watchKind, s.watch)
	r.Handle(pollKind, s.poll)
	return r.Every(watchKind, watchKind, "1m")
}

// watch starts a poll for every organisation that waits for an authority.
func (s *Service) watch(ctx context.Context, run *jobs.Run) error {
	var places []store.Place
	err := s.store.Read(ctx, tenant.System("filing with authorities"), func(tx *store.Tx) (err error) {
		places, err = tx.FilingPlaces(grace)
		return err
	})
	if err != nil {
		return err
	}
	return run.Finish(ctx, map[string]int{"organisations": len(places)}, func(tx *store.Tx) error {
		for _, p := range places {
			_, err := jobs.Enqueue(tx.In(p.Workspace, ""), pollKind, nil, work.Job{Organisation: p.Organisation, Unique: p.Organisation, MaxAttempts: 1})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// poll fetches the messages for one organisation, and sends again what was given up
// because the authority's server could not be reached for long.
func (s *Service) poll(ctx context.Context, run *jobs.Run) error {
	scope := place(run.Job.Workspace, run.Job.Organisation)
	var ways []filing.Endpoint
	err := s.store.Read(ctx, scope, func(tx *store.Tx) (err error) {
		ways, err = tx.FilingEndpoints(run.Job.Organisation)
		return err
	})
	if err != nil {
		return err
	}
	var failed error
	for _, w := range ways {
		if w.RegisteredAt.IsZero() {
			continue
		}
		if err := s.fetch(ctx, scope, w); err != nil {
			failed = errors.Join(failed, fmt.Errorf("fetch from %s: %w", w.Authority, err))
		}
	}
	if failed != nil { // the next round is a minute away: no use in piling up failed jobs
		return run.Finish(ctx, map[string]string{"failed": failed.Error()}, nil)
	}
	return run.Finish(ctx, nil, func(tx *store.Tx) error { return again(tx, work.Dead) })
}

// fetch takes the messages of one authority in, each once, in their order.
func (s *Service) fetch(ctx context.Context, scope tenant.Scope, way filing.Endpoint) error {
	c, err := s.client(way)
	if err != nil {
		return err
	}
	defer c.Close()
	for after := way.Cursor; ; {
		page, err := c.Notes(ctx, after)
		if err != nil {
			return err
		}
		if len(page.Notes) == 0 {
			return nil
		}
		err = s.store.Write(ctx, scope, itself(way), func(tx *store.Tx) error {
			w, err := tx.FilingEndpoint(way.ID)
			if err != nil {
				return err
			}
			start := w.Cursor
			for _, n := range page.Notes {
				if n.Number <= w.Cursor {
					continue // a poll at the same time was faster
				}
				if n.Number != w.Cursor+1 {
					return &fault.Error{Kind: fault.Conflict, What: fmt.Sprintf("message %d of the authority is missing", w.Cursor+1)}
				}
				if err := take(tx, w, n); err != nil {
					return err
				}
				w.Cursor = n.Number
			}
			after = w.Cursor
			if w.Cursor == start {
				return nil
			}
			_, err = tx.PutFilingEndpoint(w)
			return err
		})
		if err != nil || !page.More {
			return err
		}
	}
}

// take keeps one message and does what it says. A message that fits no case here is
// noted in the ledger and holds nothing up.
func take(tx *store.Tx, w filing.Endpoint, n wire.Note) error {
	i, err := tx.Incident(n.Case)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err != nil || i.Organisation != w.Organisation {
		return tx.Note("filing_message.stray", "filing_endpoint", w.ID, w.Organisation, fmt.Sprintf("message %d names a case that does not exist", n.Number))
	}
	known := i.ID // what the authority knows the case by
	if i, err = incidents.Current(tx, i); err != nil {
		return err
	}
	if n.Kind == authority.Receipt {
		return acknowledge(tx, w, i, n)
	}
	about, err := aboutReport(tx, w, i, n.About)
	if err != nil {
		return err
	}
	if known, err := rehome(tx, w, known, n); known || err != nil {
		return err
	}
	text := []rune(n.Text)
	m, err := tx.PutFilingMessage(filing.Message{Organisation: w.Organisation, Endpoint: w.ID, Incident: known, Regime: n.Regime, Number: n.Number, Remote: n.ID,
		Kind: n.Kind, About: n.About, Text: string(text[:min(len(text), reporting.LongestText)]), DueAt: n.DueAt.UTC().Truncate(time.Millisecond),
		SaidAt: n.At.UTC().Truncate(time.Millisecond)})
	if err != nil {
		return err
	}
	if err := announce(tx, w, i, m, about); err != nil {
		return err
	}
	switch n.Kind {
	case authority.Revision, authority.Settled:
		err = incidents.SentBack(tx, sender(w), i, about, n.Kind == authority.Settled, m.Text)
	case authority.Request:
		err = incidents.Demand(tx, sender(w), i, clocks.Regime(n.Regime), m.SaidAt, m.DueAt, m.Text)
	case authority.Renamed:
		err = incidents.Refer(tx, sender(w), i, clocks.Regime(n.Regime), m.Text)
	case authority.Question:
		if err = incidents.Record(tx, sender(w), i, incident.Entry{Kind: "question", Object: m.ID, Text: m.Text}); err == nil {
			err = incidents.Remind(tx, i)
		}
	default:
		err = incidents.Record(tx, sender(w), i, incident.Entry{Kind: "communication", Object: m.ID, Text: m.Text})
	}
	if err != nil && fault.KindOf(err) == fault.NotFound { // no such duty here: it was said nevertheless
		return incidents.Record(tx, sender(w), i, incident.Entry{Kind: "communication", Object: m.ID, Text: m.Text})
	}
	return err
}

// rehome reports whether the message came over another way to the authority before, which
// was removed since: the authority numbers its messages for the entity, and tells them all
// to the next key. What was said then belongs to the new way, and nothing is done twice.
func rehome(tx *store.Tx, w filing.Endpoint, incidentID string, n wire.Note) (known bool, err error) {
	list, err := tx.FilingMessages(w.Organisation, incidentID)
	if err != nil {
		return false, err
	}
	for _, m := range list {
		if m.Number == 0 || m.Remote != n.ID || m.Endpoint == w.ID {
			continue
		}
		if _, err := tx.FilingEndpoint(m.Endpoint); fault.KindOf(err) != fault.NotFound || err == nil {
			continue // another authority, which may use the same ids
		}
		for _, x := range list { // with what was answered to it
			if x.ID == m.ID || x.Number == 0 && x.About == m.Remote {
				x.Endpoint = w.ID
				if _, err := tx.PutFilingMessage(x); err != nil {
					return false, err
				}
			}
		}
		return true, nil
	}
	return false, nil
}

// announce puts what an authority said into the inboxes of those who can act on it:
// who decides about incidents, who leads this one, and who wrote the report that it is
// about.
func announce(tx *store.Tx, w filing.Endpoint, i incident.Incident, m filing.Message, about incident.Report) error {
	page := "/organisations/" + i.Organisation + "/incidents/" + i.ID
	key, link := "incident.authority.said", page+"#answers"
	switch {
	case about.ID != "" && m.Kind == authority.Revision:
		key, link = "incident.authority.sent_back", page+"/reports/"+about.ID
	case about.ID != "" && m.Kind == authority.Settled:
		key, link = "incident.authority.settled", page+"/reports/"+about.ID
	case m.Asks():
		key = "incident.authority.asked"
	}
	args, err := json.Marshal(map[string]string{"authority": w.Authority, "reference": i.Reference, "title": i.Title})
	if err != nil {
		return fmt.Errorf("announce a message: %w", err)
	}
	members, err := tx.MembersOf(i.Organisation)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, person := range members {
		mine := person.Person == i.Lead || person.Person == about.CreatedBy
		acts := authz.Allows(person.Role, authz.IncidentDecide) || mine && authz.Allows(person.Role, authz.IncidentRead)
		if !acts || person.Disabled || told[person.Person] {
			continue
		}
		told[person.Person] = true
		if err := tx.Notify(desk.Notice{Person: person.Person, Organisation: i.Organisation, Key: key, Args: args, Link: link}); err != nil {
			return err
		}
	}
	return nil
}

// acknowledge keeps a receipt whose direct reply was lost on the way. One that does
// not fit the report here is noted and changes nothing.
func acknowledge(tx *store.Tx, w filing.Endpoint, i incident.Incident, n wire.Note) error {
	key, err := wire.ParseKey(w.AuthorityKey)
	if err != nil {
		return err
	}
	receipt, err := wire.Unseal(n.Text, key)
	if err == nil {
		var r incident.Report
		r, err = tx.IncidentReport(receipt.Report)
		if err == nil && r.Incident == i.ID && r.SHA256 == receipt.SHA256 && r.Sent() {
			return incidents.Acknowledge(tx, sender(w), r.ID, receipt.ReceivedAt, receipt.Reference, n.Text)
		}
	}
	if err != nil && fault.KindOf(err) == fault.Internal {
		return err
	}
	return tx.Note("filing_message.stray", "filing_endpoint", w.ID, w.Organisation, fmt.Sprintf("message %d is a receipt that does not fit", n.Number))
}
