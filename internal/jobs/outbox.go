package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// sendKind is the kind of the jobs that deliver effects.
const sendKind = "outbox.send"

// Sender makes one kind of effect happen in the outside world. It must pass the
// effect's key on (as the Message-ID of a mail, the idempotency key of a request),
// because an effect whose server died between sending and noting it is sent again
// with the same key; Attempt is then above 1.
type Sender interface {
	Send(ctx context.Context, e work.Effect) (receipt string, err error)
}

// ErrNotSetUp is what a Sender returns when nobody has set up how effects of its
// kind happen: the effect is held until Resume.
var ErrNotSetUp = errors.New("not set up on this server")

// Forgetter is a Sender that keeps only a part of the payload once the effect has
// happened, for example not the text of a mail with a link that lets people in.
type Forgetter interface {
	Forget(payload json.RawMessage) json.RawMessage
}

// SenderFunc is a function as a Sender.
type SenderFunc func(ctx context.Context, e work.Effect) (receipt string, err error)

// Send calls the function.
func (f SenderFunc) Send(ctx context.Context, e work.Effect) (string, error) { return f(ctx, e) }

// Deliver says who makes effects of a kind happen.
func (r *Runner) Deliver(kind string, s Sender) { r.senders[kind] = s }

type sendArgs struct {
	Effect string `json:"effect"`
}

// Post puts an effect into the outbox and the job that delivers it into the queue,
// in the caller's transaction. fresh is false, and nothing happens, when the
// workspace posted an effect with the key before.
func Post(tx *store.Tx, e work.Effect) (fresh bool, err error) {
	e, fresh, err = tx.Post(e)
	if err != nil || !fresh {
		return false, err
	}
	return true, send(tx, e)
}

func send(tx *store.Tx, e work.Effect) error {
	_, err := Enqueue(tx, sendKind, sendArgs{e.ID}, work.Job{Organisation: e.Organisation, Priority: 10, Unique: e.ID})
	return err
}

// Retry sends an effect of the scope again that failed for good or is held, in the
// caller's transaction. One that failed and waits for its next try is tried at once.
func Retry(tx *store.Tx, effect string) error {
	e, err := tx.Effect(effect)
	if err != nil {
		return err
	}
	if e.State == work.Waiting && e.Error != "" {
		j, err := tx.JobWith(sendKind, e.ID)
		if err != nil {
			return err
		}
		return tx.RetryJob(j.ID)
	}
	if e, err = tx.RetryEffect(effect); err != nil {
		return err
	}
	return send(tx, e)
}

// Resume sends the effects of a kind that are held, for a server that is set up for
// them now. Those older than the age are given up: nobody waits for them any more.
func (r *Runner) Resume(ctx context.Context, kind string, age time.Duration) (sent, dropped int, err error) {
	err = r.store.Write(ctx, queue(), itself(), func(tx *store.Tx) error {
		sent, dropped = 0, 0
		held, err := tx.HeldEffects(kind)
		if err != nil {
			return err
		}
		for _, e := range held {
			if tx.Now().Sub(e.CreatedAt) > age {
				err, dropped = tx.FailEffect(e.ID, "too old when the server was set up to send it", true), dropped+1
			} else {
				err, sent = resume(tx, e), sent+1
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return sent, dropped, err
}

func resume(tx *store.Tx, e work.Effect) error {
	in := tx
	if e.Workspace != "" {
		in = tx.In(e.Workspace, "")
	}
	return send(in, e)
}

// send is the handler of sendKind.
func (r *Runner) send(ctx context.Context, run *Run) error {
	var args sendArgs
	if err := run.Args(&args); err != nil {
		return err
	}
	e, todo, err := r.beginEffect(ctx, args.Effect)
	if err != nil || !todo {
		return err
	}
	sender, ok := r.senders[e.Kind]
	if !ok {
		return r.failEffect(ctx, run, e, Permanent(fmt.Errorf("nobody sends effects of kind %q", e.Kind)))
	}
	receipt, err := sender.Send(ctx, e)
	if errors.Is(err, ErrNotSetUp) {
		return r.store.Write(context.WithoutCancel(ctx), queue(), itself(), func(tx *store.Tx) error {
			return tx.HoldEffect(e.ID, err.Error())
		})
	}
	if err != nil {
		return r.failEffect(ctx, run, e, err)
	}
	if f, ok := sender.(Forgetter); ok {
		e.Payload = f.Forget(e.Payload)
	}
	// Noted even when the job was lost meanwhile: it did happen.
	err = r.store.Write(context.WithoutCancel(ctx), queue(), itself(), func(tx *store.Tx) error {
		return tx.EndEffect(e, receipt, tx.Now())
	})
	if err != nil {
		return fmt.Errorf("note that effect %s happened: %w", e.ID, err)
	}
	return nil
}

func (r *Runner) beginEffect(ctx context.Context, effect string) (e work.Effect, todo bool, err error) {
	err = r.store.Write(ctx, queue(), itself(), func(tx *store.Tx) error {
		if todo, err = tx.BeginEffect(effect); err != nil || !todo {
			return err
		}
		e, err = tx.Effect(effect)
		return err
	})
	return e, todo, err
}

func (r *Runner) failEffect(ctx context.Context, run *Run, e work.Effect, cause error) error {
	dead := isPermanent(cause) || run.Job.Attempt >= run.Job.MaxAttempts
	err := r.store.Write(context.WithoutCancel(ctx), queue(), itself(), func(tx *store.Tx) error {
		return tx.FailEffect(e.ID, cause.Error(), dead)
	})
	if err != nil {
		return fmt.Errorf("%w; and then: %w", cause, err)
	}
	return cause
}
