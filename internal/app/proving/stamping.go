package proving

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/tsa"
)

// StampKind is the kind of the effects that have a checkpoint time-stamped.
const StampKind = "ledger.stamp"

// Stamping has the checkpoints of all ledgers time-stamped by an authority outside.
type Stamping struct {
	store     *store.Store
	authority *tsa.Client
}

// NewStamping makes it.
func NewStamping(s *store.Store, authority *tsa.Client) *Stamping { return &Stamping{s, authority} }

// stampArgs is the payload of an effect.
type stampArgs struct {
	Size int64 `json:"size"`
}

// Ask posts an effect for the newest checkpoint of every ledger that has no time
// stamp yet. It needs a scope of everything.
func (p *Stamping) Ask(tx *store.Tx) error {
	open, err := tx.Unstamped()
	if err != nil {
		return err
	}
	for _, c := range open {
		payload, err := json.Marshal(stampArgs{c.Size})
		if err != nil {
			return fmt.Errorf("ask for a time stamp: %w", err)
		}
		in := tx
		if c.Workspace != "" {
			in = tx.In(c.Workspace, "")
		}
		if _, err := jobs.Post(in, work.Effect{Key: StampKind + "/" + strconv.FormatInt(c.Size, 10), Kind: StampKind, Payload: payload}); err != nil {
			return err
		}
	}
	return nil
}

// Send makes one effect happen: the authority signs the checkpoint, and the time
// stamp is kept with it.
func (p *Stamping) Send(ctx context.Context, e work.Effect) (string, error) {
	var args stampArgs
	if err := json.Unmarshal(e.Payload, &args); err != nil {
		return "", jobs.Permanent(fmt.Errorf("read the effect: %w", err))
	}
	scope := tenant.System("time-stamp a checkpoint")
	if e.Workspace != "" {
		scope = scope.In(e.Workspace, "")
	}
	var signed store.Sealed
	err := p.store.Read(ctx, scope, func(tx *store.Tx) (err error) {
		signed, err = tx.Checkpoint(args.Size)
		return err
	})
	if err != nil {
		return "", err
	}
	token, s, err := p.authority.Stamp(ctx, []byte(signed.Note))
	if err != nil {
		return "", err
	}
	return s.At.Format(time.RFC3339) + " " + s.Authority, p.store.Write(ctx, scope, store.Change{Actor: "system", Reason: "time stamp"}, func(tx *store.Tx) error {
		_, err := tx.PutStamp(args.Size, token)
		return err
	})
}
