package filing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	wire "github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// place is whose reports are sent.
func place(workspace, organisation string) tenant.Scope {
	return tenant.System("filing with an authority").In(workspace, organisation)
}

func itself(e filing.Endpoint) store.Change {
	return store.Change{Actor: "system", ActorName: e.Authority, Reason: "filing with an authority"}
}

// sender is who says what came from the authority, in the record of a case.
func sender(e filing.Endpoint) authz.Actor { return authz.Actor{Name: e.Authority} }

// client is the connection to an authority. The caller closes it.
func (s *Service) client(e filing.Endpoint) (*wire.Client, error) {
	private, err := s.box.Open(keyPurpose, e.ID, e.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open the key towards %s: %w", e.Authority, err)
	}
	key, err := wire.ParseKey(e.AuthorityKey)
	if err != nil {
		return nil, err
	}
	return wire.NewClient(e.URL, private, key, wire.ClientOptions{Local: s.options.Local, Timeout: s.options.Timeout, Now: s.store.Now})
}

// final marks a refusal that sending again does not mend, and says so in the record
// of the case, of the report or the answer with the id. Anything else is tried again, for
// as long as it takes.
func (s *Service) final(ctx context.Context, e work.Effect, way filing.Endpoint, incidentID, object string, cause error) error {
	var refused *wire.Refused
	if !errors.As(cause, &refused) || !refused.Final() {
		return cause
	}
	err := s.store.Write(ctx, place(e.Workspace, e.Organisation), itself(way), func(tx *store.Tx) error {
		i, err := tx.Incident(incidentID)
		if err != nil {
			return err
		}
		if first, err := tx.Mark(refusedMark + e.ID); err != nil || !first {
			return err
		}
		return incidents.Record(tx, sender(way), i, incident.Entry{Kind: "system", Object: object, Text: refused.Error()})
	})
	return jobs.Permanent(errors.Join(cause, err))
}

// sendReport makes effects of incidents.FilingKind happen.
func (s *Service) sendReport(ctx context.Context, e work.Effect) (string, error) {
	var f incidents.Filing
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return "", jobs.Permanent(fmt.Errorf("read the filing: %w", err))
	}
	var r incident.Report
	var way filing.Endpoint
	err := s.store.Read(ctx, place(e.Workspace, e.Organisation), func(tx *store.Tx) (err error) {
		if r, err = tx.IncidentReport(f.Report); err != nil {
			return err
		}
		o, err := tx.Obligation(r.Obligation)
		if err != nil {
			return err
		}
		list, err := tx.FilingEndpoints(e.Organisation)
		for _, w := range list {
			if w.For(o.Authority, o.Country) {
				way = w
			}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if way.ID == "" || way.RegisteredAt.IsZero() {
		return "", jobs.ErrNotSetUp
	}
	c, err := s.client(way)
	if err != nil {
		return "", err
	}
	defer c.Close()
	text, receipt, err := c.File(ctx, r.ID, r.SHA256, r.Content)
	if err != nil {
		return "", s.final(ctx, e, way, r.Incident, r.ID, err)
	}
	return text, s.store.Write(ctx, place(e.Workspace, e.Organisation), itself(way), func(tx *store.Tx) error {
		return incidents.Acknowledge(tx, sender(way), r.ID, receipt.ReceivedAt, receipt.Reference, text)
	})
}

// sendAnswer makes effects of AnswerKind happen.
func (s *Service) sendAnswer(ctx context.Context, e work.Effect) (string, error) {
	var payload struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(e.Payload, &payload); err != nil {
		return "", jobs.Permanent(fmt.Errorf("read the answer: %w", err))
	}
	var m filing.Message
	var way filing.Endpoint
	var i incident.Incident
	err := s.store.Read(ctx, place(e.Workspace, e.Organisation), func(tx *store.Tx) (err error) {
		if m, err = tx.FilingMessage(payload.Message); err != nil {
			return err
		}
		if i, err = tx.Incident(m.Incident); err != nil {
			return err
		}
		way, err = tx.FilingEndpoint(m.Endpoint)
		return err
	})
	if err != nil {
		return "", err
	}
	c, err := s.client(way)
	if err != nil {
		return "", err
	}
	defer c.Close()
	kept, err := c.Answer(ctx, wire.Answer{ID: m.ID, Case: m.Incident, Regime: m.Regime, Reference: i.Reference, About: m.About, Text: m.Text, SaidAt: m.SaidAt})
	if err != nil {
		return "", s.final(ctx, e, way, m.Incident, m.ID, err)
	}
	err = s.store.Write(ctx, place(e.Workspace, e.Organisation), itself(way), func(tx *store.Tx) error {
		m, err := tx.FilingMessage(payload.Message)
		if err != nil || !m.DeliveredAt.IsZero() {
			return err
		}
		m.DeliveredAt = kept.ReceivedAt.UTC().Truncate(time.Millisecond)
		_, err = tx.PutFilingMessage(m)
		return err
	})
	return kept.ReceivedAt.Format(time.RFC3339), err
}

// sendKey makes effects of KeyKind happen; what waited for the registration is sent
// then.
func (s *Service) sendKey(ctx context.Context, e work.Effect) (string, error) {
	var in registration
	if err := json.Unmarshal(e.Payload, &in); err != nil {
		return "", jobs.Permanent(fmt.Errorf("read the registration: %w", err))
	}
	code, err := s.box.Open(keyPurpose, "code/"+in.Endpoint, in.Code)
	if err != nil {
		return "", jobs.Permanent(err)
	}
	var way filing.Endpoint
	err = s.store.Read(ctx, place(e.Workspace, e.Organisation), func(tx *store.Tx) (err error) {
		way, err = tx.FilingEndpoint(in.Endpoint)
		return err
	})
	if err != nil {
		return "", err
	}
	c, err := s.client(way)
	if err != nil {
		return "", err
	}
	defer c.Close()
	out, err := c.Register(ctx, string(code))
	if err != nil {
		return "", err
	}
	return out.KeyID, s.store.Write(ctx, place(e.Workspace, e.Organisation), itself(way), func(tx *store.Tx) error {
		w, err := tx.FilingEndpoint(in.Endpoint)
		if err != nil || !w.RegisteredAt.IsZero() {
			return err
		}
		w.RegisteredAt = tx.Now()
		if _, err := tx.PutFilingEndpoint(w); err != nil {
			return err
		}
		return again(tx, work.Held)
	})
}

// again sends filings and answers of the organisation that are in the state.
func again(tx *store.Tx, state work.State) error {
	list, err := tx.Effects(mostEffects)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.State != state || e.Kind != incidents.FilingKind && e.Kind != AnswerKind {
			continue
		}
		refused, err := tx.Marked(refusedMark + e.ID)
		if err != nil {
			return err
		}
		if refused {
			continue
		}
		if err := jobs.Retry(tx, e.ID); err != nil {
			return err
		}
	}
	return nil
}

// mostEffects is how many of the newest effects are looked through.
const mostEffects = 1000

// refusedMark marks effects that the authority refused for good.
const refusedMark = "filing-refused/"
