// Package authority is the use cases of an authority that takes in reports: it
// invites entities, pins their keys, keeps each report with its exact bytes and
// gives a signed receipt at once, asks, requests intermediate reports, and tells
// its own reference and decisions. It works in workspaces of kind authority only;
// each registered entity is an organisation of the workspace.
package authority

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/checklist"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Service is the use cases. It is safe for concurrent use.
//
// Every method that takes an actor answers NotFound to one who does not belong to
// the workspace or entity, or whose workspace is no authority's, and Forbidden to
// one whose role is too low.
type Service struct {
	store   *store.Store
	box     secret.Box
	options Options

	arrivals arrivals

	mu   sync.Mutex
	keys map[string]ed25519.PrivateKey // by workspace
}

// Options of New. Intake alone needs none of them.
type Options struct {
	Forms     *reporting.Set // of the reports that come
	Clients   *clients.Service
	Mails     *mailing.Mailer
	Knowledge assessing.Knowledge
	Scanner   Scanner   // looks at files that officers take in; nil: nobody does
	Files     *blob.Dir // of the files of entities; nil: none can be added

	Checklists []checklist.List // that an authority works through by itself
}

// Scanner looks for harmful content. An error says that it could not tell.
type Scanner interface {
	Harmful(ctx context.Context, file io.Reader) (bool, error)
}

// New makes the service; box seals the authorities' private keys.
func New(s *store.Store, box secret.Box, o Options) *Service {
	return &Service{store: s, box: box, options: o, keys: map[string]ed25519.PrivateKey{}}
}

// Install adds the job that forgets nonces of old requests, and applications that
// nobody confirmed.
func (s *Service) Install(r *jobs.Runner) error {
	r.Handle("filing.sweep", func(ctx context.Context, run *jobs.Run) error {
		return run.Finish(ctx, nil, func(tx *store.Tx) error {
			if _, err := tx.SweepNonces(tx.Now().Add(-24 * time.Hour)); err != nil {
				return err
			}
			_, err := tx.SweepAuthorityApplications()
			return err
		})
	})
	return r.Every("filing.sweep", "filing.sweep", "daily 02:50")
}

// InvitationLasts is how long the code of an invitation can be used.
const InvitationLasts = 14 * 24 * time.Hour

// keySetting is the name of the workspace's setting that holds its key.
const keySetting = "filing.key"

type ownKey struct {
	Public string `json:"public"`
	Sealed string `json:"sealed"`
}

// PublicKey is the key by which entities know replies and receipts of the
// authority. It is made when it is asked for first.
func (s *Service) PublicKey(ctx context.Context, a authz.Actor) (key string, err error) {
	scope, err := a.Workspace(authz.MembersManage)
	if err != nil {
		return "", err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		key, err = s.ensureKey(tx)
		return err
	})
	return key, err
}

// ensureKey is the workspace's public key, made when there is none.
func (s *Service) ensureKey(tx *store.Tx) (string, error) {
	if err := only(tx); err != nil {
		return "", err
	}
	set, err := tx.Setting("", keySetting)
	if err == nil {
		var k ownKey
		err = json.Unmarshal(set.Value, &k)
		return k.Public, err
	}
	if fault.KindOf(err) != fault.NotFound {
		return "", err
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", fmt.Errorf("make the authority's key: %w", err)
	}
	sealed, err := s.box.Seal(keySetting, tx.Scope().WorkspaceID(), private)
	if err != nil {
		return "", err
	}
	value, err := json.Marshal(ownKey{Public: filing.EncodeKey(public), Sealed: sealed})
	if err != nil {
		return "", err
	}
	_, err = tx.PutSetting(desk.Setting{Name: keySetting, Value: value})
	return filing.EncodeKey(public), err
}

// signer is the workspace's private key.
func (s *Service) signer(tx *store.Tx) (ed25519.PrivateKey, error) {
	w := tx.Scope().WorkspaceID()
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[w]; ok {
		return k, nil
	}
	set, err := tx.Setting("", keySetting)
	if err != nil {
		return nil, err
	}
	var k ownKey
	if err := json.Unmarshal(set.Value, &k); err != nil {
		return nil, fmt.Errorf("read the authority's key: %w", err)
	}
	private, err := s.box.Open(keySetting, w, k.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open the authority's key: %w", err)
	}
	if len(private) != ed25519.PrivateKeySize {
		return nil, &fault.Error{Kind: fault.Internal, What: "the authority's key cannot be used"}
	}
	s.keys[w] = private
	return private, nil
}

// only lets workspaces of authorities pass.
func only(tx *store.Tx) error {
	w, err := tx.Workspace()
	if err == nil && w.Kind != tenant.Authority {
		err = &fault.Error{Kind: fault.NotFound, What: "this workspace is not an authority's"}
	}
	return err
}

// within is f for workspaces of authorities only.
func within(f func(*store.Tx) error) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		return f(tx)
	}
}

func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Write(ctx, s.store, a, organisation, need, within(f))
}

// Invite makes a code with which an entity registers its key. It is shown once.
func (s *Service) Invite(ctx context.Context, a authz.Actor, organisation string) (code string, err error) {
	if _, err := s.PublicKey(ctx, a); err != nil {
		return "", err
	}
	code, hash := secret.NewToken()
	err = s.write(ctx, a, organisation, authz.MembersManage, func(tx *store.Tx) error {
		_, err := tx.PutFilingKey(authority.Key{Organisation: organisation, CodeHash: hash, ExpiresAt: tx.Now().Add(InvitationLasts), CreatedBy: a.Person})
		return err
	})
	return code, err
}

// Revoke ends a key or an invitation: nothing that it signs is taken any more.
func (s *Service) Revoke(ctx context.Context, a authz.Actor, organisation, key string) error {
	return s.write(ctx, a, organisation, authz.MembersManage, func(tx *store.Tx) error {
		k, err := tx.FilingKey(key)
		if err != nil || !k.RevokedAt.IsZero() {
			return err
		}
		if k.Organisation != organisation {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such key"}
		}
		k.RevokedAt = tx.Now()
		_, err = tx.PutFilingKey(k)
		return err
	})
}

// Answer gives the entity the initial feedback on its incident, and guidance that it
// asked for, Directive (EU) 2022/2555 Art. 23(5). It ends the clocks of the answers
// that were due in the case.
func (s *Service) Answer(ctx context.Context, a authz.Actor, id, text string) (authority.Message, error) {
	return s.say(ctx, a, id, authz.IncidentEdit, authority.Message{Kind: authority.Feedback, Text: text})
}

// Ask puts a question to the entity. about is the id of a report at the entity, or
// "". due may be zero.
func (s *Service) Ask(ctx context.Context, a authz.Actor, id, about, text string, due time.Time) (authority.Message, error) {
	return s.say(ctx, a, id, authz.IncidentEdit, authority.Message{Kind: authority.Question, About: about, Text: text, DueAt: due})
}

// RequestReport asks for an intermediate report by the time, Directive (EU)
// 2022/2555 Art. 23(4)(c).
func (s *Service) RequestReport(ctx context.Context, a authz.Actor, id, text string, due time.Time) (authority.Message, error) {
	return s.say(ctx, a, id, authz.IncidentDecide, authority.Message{Kind: authority.Request, Text: text, DueAt: due})
}

// Refer gives the case another reference, and tells it to the entity.
func (s *Service) Refer(ctx context.Context, a authz.Actor, id, reference string) (authority.Message, error) {
	return s.say(ctx, a, id, authz.IncidentDecide, authority.Message{Kind: authority.Renamed, Text: reference})
}

// Decide tells the entity a decision.
func (s *Service) Decide(ctx context.Context, a authz.Actor, id, text string) (authority.Message, error) {
	return s.say(ctx, a, id, authz.IncidentDecide, authority.Message{Kind: authority.Decision, Text: text})
}

// checkText checks what people write.
func checkText(text string) error {
	if text == "" || len(text) > reporting.LongestText || strings.ContainsRune(text, 0) {
		return invalid("text", "the text is missing or too long", "up to 20 kB")
	}
	return nil
}

func (s *Service) say(ctx context.Context, a authz.Actor, id string, need authz.Permission, m authority.Message) (out authority.Message, err error) {
	scope, err := a.Reach(need)
	if err != nil {
		return out, err
	}
	if m.Text = strings.TrimSpace(m.Text); m.Kind != authority.Renamed {
		if err := checkText(m.Text); err != nil {
			return out, err
		}
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		c, err := tx.AuthorityCase(id)
		if err != nil {
			return err
		}
		if err := fits(tx, c, m); err != nil {
			return err
		}
		if m.Kind == authority.Renamed {
			c.Reference = m.Text
			if _, err := tx.PutAuthorityCase(c); err != nil {
				return err
			}
		}
		if m.Kind == authority.Feedback {
			if err := answered(tx, c); err != nil {
				return err
			}
		}
		out, err = tell(tx, a, c, m)
		return err
	})
	return out, err
}

// tell puts a message of the actor on its way to the entity.
func tell(tx *store.Tx, a authz.Actor, c authority.Case, m authority.Message) (authority.Message, error) {
	m.Organisation, m.Case, m.DueAt, m.By, m.ByName = c.Organisation, c.ID, m.DueAt.UTC().Truncate(time.Millisecond), a.Person, a.Name
	return tx.AddAuthorityMessage(m, true)
}

func fits(tx *store.Tx, c authority.Case, m authority.Message) error {
	switch {
	case m.Kind == authority.Request && m.DueAt.IsZero():
		return invalid("due", "the time is missing", "by when the report is expected")
	case m.Kind == authority.Renamed && (m.Text == "" || len(m.Text) > 100):
		return invalid("reference", "the reference is missing or too long", "up to 100 characters")
	}
	if !m.DueAt.IsZero() && (m.DueAt.Before(tx.Now()) || m.DueAt.After(tx.Now().AddDate(2, 0, 0))) {
		return invalid("due", "the time is past or too far away", "a time within the next two years")
	}
	if m.About == "" {
		return nil
	}
	r, err := tx.AuthorityReportOf(c.Organisation, m.About)
	if err == nil && r.Case != c.ID {
		err = &fault.Error{Kind: fault.NotFound, What: "the report is of another case"}
	}
	return err
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}

// decode reads a public key that was stored.
func decode(key string) ed25519.PublicKey {
	b, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return nil
	}
	return b
}
