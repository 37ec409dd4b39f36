package authority

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Reply is what is sent back: Header holds its signature.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// visit is a request whose signature was checked.
type visit struct {
	filing.Signature
	key     store.OwnedKey
	message *filing.Message
	from    string

	byHand bool   // an officer took the report in
	media  string // of a report that was taken in by hand
}

func everything() tenant.Scope { return tenant.System("a request signed by an entity") }

func (v visit) scope() tenant.Scope { return everything().In(v.key.Workspace, v.key.Organisation) }

func (v visit) change() store.Change {
	return store.Change{Actor: "key " + v.key.KeyID, From: v.from}
}

// Serve answers a request of an entity, from the address. The workspace is that of
// the key that signed it, and nothing outside that entity is read or written. An
// error is the server's own; everything else is in the reply.
func (s *Service) Serve(ctx context.Context, m *filing.Message, from string) (Reply, error) {
	claim, err := filing.Claimed(m)
	if err != nil {
		return s.refuse(ctx, m, "", err)
	}
	v := visit{message: m, from: from}
	if m.Path == filing.KeysPath {
		return s.register(ctx, v, claim)
	}
	err = s.store.Read(ctx, everything(), func(tx *store.Tx) (err error) {
		v.key, err = tx.FilingKeyByKeyID(claim.KeyID)
		return err
	})
	if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && !v.key.Valid() {
		return s.refuse(ctx, m, "", &fault.Error{Kind: fault.Forbidden, Field: "keyid", What: "the key is not registered here", Expected: "a key that was registered with an invitation"})
	}
	if err != nil {
		return Reply{}, err
	}
	if v.Signature, err = claim.Check(m, decode(v.key.PublicKey), s.store.Now()); err != nil {
		return s.refuse(ctx, m, v.key.Workspace, err)
	}
	var out any
	switch m.Method + " " + m.Path {
	case "POST " + filing.ReportsPath:
		out, err = s.takeReport(ctx, v)
	case "POST " + filing.AnswersPath:
		out, err = s.takeAnswer(ctx, v)
	case "GET " + filing.MessagesPath:
		out, err = s.notes(ctx, v)
	default:
		err = &fault.Error{Kind: fault.NotFound, What: "there is nothing at this address", Expected: "an address of docs/filing.md"}
	}
	if err != nil {
		return s.refuse(ctx, m, v.key.Workspace, err)
	}
	return s.reply(ctx, m, v.key.Workspace, http.StatusOK, out)
}

// refuse turns a fault into a problem, signed when it is known by whom.
func (s *Service) refuse(ctx context.Context, m *filing.Message, workspace string, cause error) (Reply, error) {
	p := filing.Problem{Status: http.StatusUnprocessableEntity, Code: filing.CodeInvalid, Title: cause.Error()}
	var f *fault.Error
	var replay *replayError
	var clock *filing.ClockError
	switch {
	case errors.As(cause, &clock):
		p.Status, p.Code, p.Field = http.StatusUnauthorized, filing.CodeClock, "created"
	case errors.As(cause, &replay):
		p.Status, p.Code, p.Field = http.StatusConflict, filing.CodeReplay, "nonce"
	case errors.As(cause, &f):
		p.Title, p.Field, p.Expected = f.What, f.Field, f.Expected
		switch f.Kind {
		case fault.Forbidden:
			p.Status, p.Code = http.StatusUnauthorized, filing.CodeSignature
		case fault.NotFound:
			p.Status, p.Code = http.StatusNotFound, filing.CodeNotFound
		case fault.Conflict:
			p.Status, p.Code = http.StatusConflict, filing.CodeConflict
		case fault.Internal:
			return Reply{}, cause
		}
	default:
		return Reply{}, cause
	}
	return s.reply(ctx, m, workspace, p.Status, p)
}

func (s *Service) reply(ctx context.Context, m *filing.Message, workspace string, status int, out any) (Reply, error) {
	r := Reply{Status: status, Header: http.Header{"Content-Type": {"application/json"}}}
	if status >= 400 {
		r.Header.Set("Content-Type", "application/problem+json")
	}
	switch v := out.(type) {
	case string: // a receipt, signed by itself too
		r.Body = []byte(v)
	default:
		b, err := json.Marshal(out)
		if err != nil {
			return r, err
		}
		r.Body = b
	}
	if workspace == "" {
		return r, nil
	}
	key, err := s.cachedSigner(ctx, workspace)
	if err != nil {
		return r, err
	}
	return r, filing.Sign(&filing.Message{Status: status, Header: r.Header, Body: r.Body, Request: m}, key, s.store.Now())
}

func (s *Service) cachedSigner(ctx context.Context, workspace string) (key ed25519.PrivateKey, err error) {
	s.mu.Lock()
	key, ok := s.keys[workspace]
	s.mu.Unlock()
	if ok {
		return key, nil
	}
	err = s.store.Read(ctx, everything().In(workspace, ""), func(tx *store.Tx) error {
		key, err = s.signer(tx)
		return err
	})
	return key, err
}

// register pins the key that signs the request, for the entity of the invitation.
// The same key may come again with the same code; another may not.
func (s *Service) register(ctx context.Context, v visit, claim filing.Claim) (Reply, error) {
	var in filing.Registration
	if v.message.Method != http.MethodPost || json.Unmarshal(v.message.Body, &in) != nil {
		return s.refuse(ctx, v.message, "", invalid("code", "the registration cannot be read", "code and public_key"))
	}
	public, err := filing.ParseKey(in.PublicKey)
	if err != nil {
		return s.refuse(ctx, v.message, "", err)
	}
	if claim.KeyID != filing.KeyID(public) {
		return s.refuse(ctx, v.message, "", &fault.Error{Kind: fault.Forbidden, Field: "keyid", What: "the request is signed by another key than the one to register"})
	}
	if _, err := claim.Check(v.message, public, s.store.Now()); err != nil {
		return s.refuse(ctx, v.message, "", err)
	}
	var out filing.Registered
	err = s.store.Write(ctx, everything(), store.Change{Actor: "key " + claim.KeyID, From: v.from}, func(tx *store.Tx) error {
		if v.key, err = tx.FilingKeyByCode(secret.TokenHash(in.Code)); err != nil {
			return err
		}
		in := tx.In(v.key.Workspace, "")
		if err := only(in); err != nil {
			return err
		}
		if out, err = pin(in, v.key.Key, public); err != nil {
			return err
		}
		_, err = s.signer(in)
		return err
	})
	if err != nil {
		return s.refuse(ctx, v.message, "", err)
	}
	return s.reply(ctx, v.message, v.key.Workspace, http.StatusOK, out)
}

func pin(tx *store.Tx, k authority.Key, public ed25519.PublicKey) (filing.Registered, error) {
	var out filing.Registered
	id := filing.KeyID(public)
	switch {
	case !k.RevokedAt.IsZero():
		return out, &fault.Error{Kind: fault.Conflict, Field: "code", What: "the invitation was taken back", Expected: "a new code from the authority"}
	case k.KeyID != "" && k.KeyID != id:
		return out, &fault.Error{Kind: fault.Conflict, Field: "code", What: "the code was used already", Expected: "a new code from the authority"}
	case k.KeyID == "" && tx.Now().After(k.ExpiresAt):
		return out, &fault.Error{Kind: fault.Conflict, Field: "code", What: "the code is too old", Expected: "a new code from the authority"}
	}
	w, err := tx.Workspace()
	if err != nil {
		return out, err
	}
	o, err := tx.Organisation(k.Organisation)
	if err != nil {
		return out, err
	}
	out = filing.Registered{Authority: w.Name, Entity: o.Name, KeyID: id}
	if k.KeyID == id {
		return out, nil
	}
	k.KeyID, k.PublicKey, k.RegisteredAt = id, filing.EncodeKey(public), tx.Now()
	_, err = tx.PutFilingKey(k)
	return out, err
}

// notes lists the messages after the number that the query names.
func (s *Service) notes(ctx context.Context, v visit) (out filing.Notes, err error) {
	query, err := url.ParseQuery(v.message.Query)
	if err != nil {
		return out, invalid("after", "the query cannot be read", "after=0")
	}
	after, err := strconv.ParseInt(query.Get("after"), 10, 64)
	if err != nil || after < 0 {
		return out, invalid("after", "this is no number", "the number of the last message that was read, or 0")
	}
	err = s.store.Read(ctx, v.scope(), func(tx *store.Tx) error {
		list, err := tx.AuthorityMessagesAfter(v.key.Organisation, after, filing.MostMessages+1)
		if err != nil {
			return err
		}
		out = filing.Notes{Notes: []filing.Note{}, More: len(list) > filing.MostMessages}
		cases := map[string]authority.Case{}
		for _, m := range list[:min(len(list), filing.MostMessages)] {
			c, ok := cases[m.Case]
			if !ok {
				if c, err = tx.AuthorityCase(m.Case); err != nil {
					return err
				}
				cases[m.Case] = c
			}
			out.Notes = append(out.Notes, filing.Note{Number: m.Number, ID: m.ID, Kind: m.Kind, Case: c.EntityCase, Regime: c.Regime, About: m.About,
				Text: m.Text, DueAt: m.DueAt, At: m.CreatedAt})
		}
		return nil
	})
	return out, err
}
