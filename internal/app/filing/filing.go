// Package filing is the use cases of the reporting entity on the wire: the ways to
// its authorities with pinned keys, the sender of reports and answers, and the
// fetching of receipts, questions, requests, references and decisions.
package filing

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	wire "github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// The kinds of effects besides incidents.FilingKind.
const (
	KeyKind    = "filing.key"
	AnswerKind = "filing.answer"
)

// keyPurpose is what private keys and codes are sealed for.
const keyPurpose = "filing.endpoint"

// Options of New.
type Options struct {
	Local   bool          // authorities may be on this machine or in private networks
	Timeout time.Duration // of one request; 0: thirty seconds
}

// Service is the use cases. It is safe for concurrent use.
//
// Every method that takes an organisation answers NotFound to an actor who does
// not belong to it and Forbidden to one whose role is too low.
type Service struct {
	store   *store.Store
	box     secret.Box
	options Options
}

// New makes the service; box seals the private keys.
func New(s *store.Store, box secret.Box, o Options) *Service {
	return &Service{store: s, box: box, options: o}
}

func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Write(ctx, s.store, a, organisation, need, f)
}

func (s *Service) read(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Read(ctx, s.store, a, organisation, need, f)
}

// Way is what a person says of an authority.
type Way struct {
	Authority    string // name, as in the duties to report
	Country      string // "": every one
	URL          string
	AuthorityKey string // the public key that the authority published
}

// Connect adds the way to an authority, with a key pair of its own.
func (s *Service) Connect(ctx context.Context, a authz.Actor, organisation string, w Way) (e filing.Endpoint, err error) {
	w.Authority, w.URL = strings.TrimSpace(w.Authority), strings.TrimSuffix(strings.TrimSpace(w.URL), "/")
	if w.Authority == "" || len(w.Authority) > 300 {
		return e, invalid("authority", "the name is missing or too long", "the name of the authority as in the duty to report")
	}
	if _, err := wire.CheckURL(w.URL, s.options.Local); err != nil {
		return e, err
	}
	key, err := wire.ParseKey(w.AuthorityKey)
	if err != nil {
		return e, invalid("authority_key", "this is no public key", "the key that the authority published")
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return e, fmt.Errorf("make a key: %w", err)
	}
	e = filing.Endpoint{ID: id.New(), Organisation: organisation, Authority: w.Authority, Country: w.Country, URL: w.URL,
		AuthorityKey: wire.EncodeKey(key), PublicKey: wire.EncodeKey(public)}
	if e.Sealed, err = s.box.Seal(keyPurpose, e.ID, private); err != nil {
		return e, err
	}
	err = s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		e, err = tx.PutFilingEndpoint(e)
		return err
	})
	return e, err
}

// Endpoints lists the ways to authorities.
func (s *Service) Endpoints(ctx context.Context, a authz.Actor, organisation string) (list []filing.Endpoint, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		list, err = tx.FilingEndpoints(organisation)
		return err
	})
	return list, err
}

// Disconnect removes the way to an authority with its private key.
func (s *Service) Disconnect(ctx context.Context, a authz.Actor, organisation, endpoint string) error {
	return s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		if _, err := endpointOf(tx, organisation, endpoint); err != nil {
			return err
		}
		return tx.RemoveFilingEndpoint(endpoint)
	})
}

func endpointOf(tx *store.Tx, organisation, endpoint string) (filing.Endpoint, error) {
	e, err := tx.FilingEndpoint(endpoint)
	if err == nil && e.Organisation != organisation {
		err = &fault.Error{Kind: fault.NotFound, What: "there is no such authority"}
	}
	return e, err
}

// registration is the payload of KeyKind.
type registration struct {
	Endpoint string `json:"endpoint"`
	Code     string `json:"code"` // sealed
}

// Register hands the code of the authority's invitation over with the public key,
// as soon as the authority's server can be reached.
func (s *Service) Register(ctx context.Context, a authz.Actor, organisation, endpoint, code string) error {
	code = strings.TrimSpace(code)
	if code == "" || len(code) > 200 {
		return invalid("code", "the code is missing or too long", "the code that the authority gave you")
	}
	sealed, err := s.box.Seal(keyPurpose, "code/"+endpoint, []byte(code))
	if err != nil {
		return err
	}
	return s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		if _, err := endpointOf(tx, organisation, endpoint); err != nil {
			return err
		}
		return post(tx, organisation, KeyKind, KeyKind+"/"+endpoint+"/"+secret.TokenHash(code), registration{endpoint, sealed})
	})
}

func post(tx *store.Tx, organisation, kind, key string, payload any) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("post %s: %w", kind, err)
	}
	_, err = jobs.Post(tx, work.Effect{Organisation: organisation, Key: key, Kind: kind, Payload: b})
	return err
}

// Answer answers a message of an authority. It is sent as soon as the authority's
// server can be reached, once.
func (s *Service) Answer(ctx context.Context, a authz.Actor, organisation, message, text string) (m filing.Message, err error) {
	if text = strings.TrimSpace(text); text == "" || len(text) > reporting.LongestText || strings.ContainsRune(text, 0) {
		return m, invalid("text", "the text is missing or too long", "the answer, up to 20 kB")
	}
	err = s.write(ctx, a, organisation, authz.IncidentSubmit, func(tx *store.Tx) error {
		q, err := tx.FilingMessage(message)
		if err != nil {
			return err
		}
		if q.Organisation != organisation || q.Number == 0 {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such message of an authority"}
		}
		i, err := tx.Incident(q.Incident)
		if err != nil {
			return err
		}
		m, err = tx.PutFilingMessage(filing.Message{Organisation: organisation, Endpoint: q.Endpoint, Incident: q.Incident, Regime: q.Regime, Kind: authority.Answer,
			About: q.Remote, Text: text, SaidAt: tx.Now(), By: a.Person, ByName: a.Name})
		if err != nil {
			return err
		}
		if err := incidents.Record(tx, a, i, incident.Entry{Kind: "answer", Object: q.ID, Text: text}); err != nil {
			return err
		}
		if i, err = incidents.Current(tx, i); err != nil {
			return err
		}
		if err := incidents.Remind(tx, i); err != nil {
			return err
		}
		return post(tx, organisation, AnswerKind, AnswerKind+"/"+m.ID, map[string]string{"message": m.ID})
	})
	return m, err
}

// Fetch looks for messages of the authorities now, instead of with the next round.
func (s *Service) Fetch(ctx context.Context, a authz.Actor, organisation string) error {
	return s.write(ctx, a, organisation, authz.IncidentEdit, func(tx *store.Tx) error {
		_, err := jobs.Enqueue(tx, pollKind, nil, work.Job{Organisation: organisation, Unique: organisation, MaxAttempts: 1})
		return err
	})
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}
