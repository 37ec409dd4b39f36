package accounts

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// replyPass is the kind of passes that hold what a request of a program was
// answered with.
const replyPass account.PassKind = "reply"

// replyLasts is how long a request can be repeated under its key.
const replyLasts = 24 * time.Hour

// Reply is what a request was answered with.
type Reply struct {
	Fingerprint string `json:"fingerprint"` // hash of method, address and body
	Status      int    `json:"status"`      // 0: the request has not been answered yet
	ContentType string `json:"content_type"`
	ETag        string `json:"etag"`
	Body        []byte `json:"body"`
}

func replyHash(v Visit, key string) string {
	return secret.TokenHash("reply " + v.Workspace.ID + " " + v.Person.ID + " " + key)
}

// BeginRequest takes the key of a request that must not have its effect twice.
// known says that it was answered before, and how. Conflict when a request with
// this key is under way or broke off, and Invalid when the key came with another
// request. A key counts for a day, for one person in one workspace.
func (s *Service) BeginRequest(ctx context.Context, v Visit, key, fingerprint string) (r Reply, known bool, err error) {
	hash := replyHash(v, key)
	err = s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		r, known = Reply{}, false
		old, err := tx.Pass(replyPass, hash)
		if err == nil {
			known = true
			return s.openReply(old, &r)
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		if _, err := tx.SweepPasses(tx.Now()); err != nil { // one that is over would be in the way
			return err
		}
		return s.addReply(tx, v, hash, Reply{Fingerprint: fingerprint})
	})
	switch {
	case fault.KindOf(err) == fault.Conflict && err != nil:
		return r, false, errUnderWay
	case err != nil || !known:
		return r, false, err
	case r.Fingerprint != fingerprint:
		return r, false, &fault.Error{Kind: fault.Invalid, Field: "Idempotency-Key", What: "this key came with another request before", Expected: "a new key for each new request"}
	case r.Status == 0:
		return r, false, errUnderWay
	}
	return r, true, nil
}

var errUnderWay = &fault.Error{Kind: fault.Conflict, What: "the first request with this key is under way, or broke off", Expected: "to look whether it had its effect before another key is used"}

// FinishRequest keeps what a request was answered with; one that failed without an
// effect (status 0) may be made again.
func (s *Service) FinishRequest(ctx context.Context, v Visit, key string, r Reply) error {
	hash := replyHash(v, key)
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		if _, err := tx.TakePass(replyPass, hash); err != nil {
			return err
		}
		if r.Status == 0 {
			return nil
		}
		return s.addReply(tx, v, hash, r)
	})
}

// addReply keeps a reply sealed, because it may hold what is shown only once.
func (s *Service) addReply(tx *store.Tx, v Visit, hash string, r Reply) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	sealed, err := s.box.Seal("reply", hash, b)
	if err != nil {
		return err
	}
	return tx.AddPass(account.Pass{Hash: hash, Kind: replyPass, Person: v.Person.ID, Data: sealed, ExpiresAt: tx.Now().Add(replyLasts)})
}

func (s *Service) openReply(p account.Pass, r *Reply) error {
	b, err := s.box.Open("reply", p.Hash, p.Data)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, r)
}
