package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Score is a share of met weight.
type Score struct {
	Key         string  `json:"key" doc:"overall, measure.a to measure.j, governance, reporting, registration, or a section."`
	Points      float64 `json:"points" doc:"0 to 100."`
	Met         int     `json:"met"`
	Partly      int     `json:"partly"`
	NotMet      int     `json:"not_met"`
	NotAssessed int     `json:"not_assessed"`
}

func scoreOf(s posture.Score) Score {
	return Score{s.Key, s.Points, s.Met, s.Partly, s.NotMet, s.NotAssessed}
}

// Snapshot is the posture of a day.
type Snapshot struct {
	ID        string          `json:"id"`
	On        law.Date        `json:"on"`
	Label     string          `json:"label,omitempty"`
	Automatic bool            `json:"automatic"`
	Points    float64         `json:"points"`
	Scores    []Score         `json:"scores"`
	Posture   json.RawMessage `json:"posture,omitempty" doc:"The whole posture; left out in lists."`
}

func snapshotOf(s assessment.Snapshot) Snapshot {
	return Snapshot{s.ID, s.On, s.Label, s.Automatic, s.Points, list(s.Scores, scoreOf), s.Body}
}

func snapshotOperations(a *API) {
	in := area{a, "Snapshots and reports"}
	add(in, operation{id: "list-snapshots", route: "GET organisations/{organisation}/snapshots", summary: "Snapshots, oldest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Snapshot]], error) {
			all, err := a.Clients.Snapshots(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(all, snapshotOf), func(s Snapshot) string { return s.ID }, q.Paging)
		})
	add(in, operation{id: "get-snapshot", route: "GET organisations/{organisation}/snapshots/{id}", summary: "One snapshot with its whole posture"},
		func(ctx context.Context, v accounts.Visit, q *One) (*body[Snapshot], error) {
			s, _, err := a.Clients.Posture(ctx, v.Actor, q.Organisation, q.ID)
			return answerWith(snapshotOf(s), err)
		})
	add(in, operation{id: "keep-snapshot", route: "POST organisations/{organisation}/snapshots", summary: "Keep the posture of today", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Label string `json:"label,omitempty" maxLength:"300"`
			}
		}) (*none, error) {
			return nil, a.Clients.Snapshot(ctx, v.Actor, q.Organisation, q.Body.Label)
		})
	stream(in, operation{id: "get-report", route: "GET organisations/{organisation}/report", summary: "The report as of today", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
			Format string `query:"format" enum:"pdf,html,docx" default:"pdf"`
		}) (*huma.StreamResponse, error) {
			c, err := a.dressed(ctx, v, q.Organisation)
			if err != nil {
				return nil, err
			}
			return paperAnswer("report", q.Format, assessing.Compose(c.In, a.Messages.Printer(q.Language)))
		})
}

// Entry is an entry of the ledger.
type Entry struct {
	Number       int64           `json:"number" doc:"From 0, without gaps, per workspace."`
	At           time.Time       `json:"at"`
	Person       string          `json:"person" doc:"Id."`
	PersonName   string          `json:"person_name,omitempty"`
	From         string          `json:"from,omitempty" doc:"Address."`
	Organisation string          `json:"organisation,omitempty"`
	Action       string          `json:"action"`
	Kind         string          `json:"kind"`
	Object       string          `json:"object"`
	Before       json.RawMessage `json:"before,omitempty"`
	After        json.RawMessage `json:"after,omitempty"`
	Reason       string          `json:"reason,omitempty"`
}

func entryOf(e ledger.Entry) Entry {
	return Entry{e.Seq, e.At, e.Actor, e.ActorName, e.From, e.Organisation, e.Action, e.Kind, e.Object, e.Before, e.After, e.Reason}
}

// EntryPage is a part of the ledger.
type EntryPage struct {
	Items []Entry `json:"items"`
	Next  int64   `json:"next,omitempty" doc:"Send as before for what is older; left out at the end."`
}

func entryPage(all []ledger.Entry, limit int) EntryPage {
	p := EntryPage{Items: list(all, entryOf)}
	if len(all) == limit && all[limit-1].Seq > 0 {
		p.Next = all[limit-1].Seq
	}
	return p
}

// Selection selects entries of the ledger.
type Selection struct {
	Person string    `query:"person" doc:"Id."`
	Kind   string    `query:"kind" doc:"Kind of the object, such as task."`
	Object string    `query:"object" doc:"Id of the object."`
	Text   string    `query:"text"`
	Since  time.Time `query:"since"`
	Until  time.Time `query:"until"`
	Before int64     `query:"before" minimum:"0" doc:"Only entries with a lower number."`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (s Selection) filter(organisation string) proving.Filter {
	return proving.Filter{Person: s.Person, Kind: s.Kind, Object: s.Object, Organisation: organisation, Text: s.Text, Since: s.Since, Until: s.Until, Before: s.Before, Limit: s.Limit}
}

// EntryNumber names an entry of the ledger.
type EntryNumber struct {
	Entry int64 `json:"entry" minimum:"0" doc:"Number of the entry."`
}

func historyOperations(a *API) {
	in := area{a, "History"}
	add(in, operation{id: "get-history", route: "GET organisations/{organisation}/history", summary: "What happened in an organisation, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Selection
		}) (*body[EntryPage], error) {
			// The check of rights is that of the history of one organisation.
			if _, err := a.Clients.History(ctx, v.Actor, q.Organisation, "", "", 1); err != nil {
				return nil, err
			}
			all, err := a.Proving.Entries(ctx, v.Actor, q.filter(q.Organisation))
			return answerWith(entryPage(all, q.Limit), err)
		})
	add(in, operation{id: "undo", route: "POST organisations/{organisation}/undo", summary: "Take a change of the last 30 days back, if the object was not changed again", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body EntryNumber
		}) (*none, error) {
			return nil, a.Clients.Undo(ctx, v.Actor, q.Organisation, q.Body.Entry)
		})
	add(in, operation{id: "restore", route: "POST organisations/{organisation}/restore", summary: "Give an object the value that it had after an entry", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body EntryNumber
		}) (*none, error) {
			return nil, a.Clients.Restore(ctx, v.Actor, q.Organisation, q.Body.Entry)
		})
}

// Checkpoint is a signed statement of the ledger's size and root.
type Checkpoint struct {
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
	Note string    `json:"note" doc:"Signed, as of golang.org/x/mod/sumdb/note."`

	StampedAt time.Time `json:"stamped_at,omitzero" doc:"Left out without a time stamp."`
	StampedBy string    `json:"stamped_by,omitempty" doc:"Subject of the certificate of the time-stamping authority."`
	Stamp     []byte    `json:"stamp,omitempty" doc:"Token of RFC 3161 over the note, DER in base64."`
}

// LedgerStanding is how far the ledger is and what of it is signed.
type LedgerStanding struct {
	Size        int64        `json:"size"`
	Root        string       `json:"root" doc:"Base64."`
	Checkpoints []Checkpoint `json:"checkpoints"`
	PublicKeys  string       `json:"public_keys" doc:"For checking the checkpoints, one per line."`
}

// LedgerReport is the result of a check of the whole ledger.
type LedgerReport struct {
	Sound       bool          `json:"sound"`
	At          time.Time     `json:"at"`
	Size        int64         `json:"size"`
	Root        string        `json:"root"`
	Checkpoints int           `json:"checkpoints"`
	Sealed      time.Time     `json:"sealed,omitzero"`
	Stamps      int           `json:"stamps" doc:"Checkpoints with a time stamp that holds."`
	TimeStamps  []LedgerStamp `json:"time_stamps"`
	Faults      []LedgerFault `json:"faults"`
}

// LedgerStamp is the time stamp of a checkpoint.
type LedgerStamp struct {
	Size      int64     `json:"size" doc:"Of the ledger at the checkpoint."`
	At        time.Time `json:"at"`
	Authority string    `json:"authority" doc:"Subject of its certificate."`
	Chain     string    `json:"chain" enum:"trusted,ended,broken,unchecked" doc:"Whether the certificates lead to a root that the server knows: they do; they did when it was signed, and one has ended since; they do not; no roots are known."`
	Root      string    `json:"root,omitempty" doc:"Subject of the root."`
	Until     time.Time `json:"until,omitzero" doc:"End of the certificate that ends first on the way to the root."`
}

// LedgerFault is one damage.
type LedgerFault struct {
	Entry int64  `json:"entry" doc:"-1: of the ledger as a whole."`
	Table string `json:"table"`
	What  string `json:"what"`
}

func ledgerOperations(a *API) {
	in := area{a, "Ledger"}
	add(in, operation{id: "list-entries", route: "GET ledger", summary: "The ledger, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Selection
			Organisation string `query:"organisation" doc:"Id."`
		}) (*body[EntryPage], error) {
			all, err := a.Proving.Entries(ctx, v.Actor, q.filter(q.Organisation))
			return answerWith(entryPage(all, q.Limit), err)
		})
	add(in, operation{id: "get-entry", route: "GET ledger/{entry}", summary: "One entry"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Entry int64 `path:"entry" minimum:"0"`
		}) (*body[Entry], error) {
			e, err := a.Proving.Entry(ctx, v.Actor, q.Entry)
			return answerWith(entryOf(e), err)
		})
	add(in, operation{id: "prove-entry", route: "GET ledger/{entry}/proof", summary: "Proof that an entry is in the signed ledger; \"nisaba verify-ledger --proof\" checks it"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Entry int64 `path:"entry" minimum:"0"`
		}) (*body[ledger.Proof], error) {
			p, err := a.Proving.ProveEntry(ctx, v.Actor, q.Entry)
			return answerWith(p, err)
		})
	add(in, operation{id: "prove-growth", route: "GET ledger-growth", summary: "Proof that the ledger of a size continues that of an earlier size"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Earlier int64 `query:"earlier" minimum:"1" required:"true"`
			Later   int64 `query:"later" minimum:"1" required:"true"`
		}) (*body[ledger.Proof], error) {
			p, err := a.Proving.ProveGrowth(ctx, v.Actor, q.Earlier, q.Later)
			return answerWith(p, err)
		})
	add(in, operation{id: "get-ledger-standing", route: "GET ledger-standing", summary: "Size, root and signed checkpoints of the ledger"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[LedgerStanding], error) {
			s, err := a.Proving.Standing(ctx, v.Actor)
			return answerWith(LedgerStanding{s.Size, s.Root, list(s.Checkpoints, func(c proving.Checkpoint) Checkpoint { return Checkpoint(c) }), a.Proving.PublicKeys()}, err)
		})
	add(in, operation{id: "verify-ledger", route: "GET ledger-check", summary: "Check every entry, the tree and every checkpoint"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[LedgerReport], error) {
			r, err := a.Proving.Verify(ctx, v.Actor)
			return answerWith(LedgerReport{len(r.Faults) == 0, r.At, r.Size, r.Root, r.Checkpoints, r.Sealed, r.Holding(),
				list(r.Stamps, func(s proving.Stamp) LedgerStamp {
					return LedgerStamp{s.Size, s.At, s.Authority, string(s.Chain), s.Root, s.Until}
				}),
				list(r.Faults, func(f proving.Fault) LedgerFault { return LedgerFault{f.Seq, f.Table, f.What} })}, err)
		})
	stream(in, operation{id: "export-ledger", route: "GET ledger-export", summary: "Every entry that is selected, as lines of JSON", produces: "application/jsonl"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Selection
			Organisation string `query:"organisation" doc:"Id."`
		}) (*huma.StreamResponse, error) {
			if _, err := a.Proving.Standing(ctx, v.Actor); err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(c huma.Context) {
				download(c, "ledger.jsonl", "application/jsonl")
				if err := a.Proving.ExportLines(ctx, v.Actor, q.filter(q.Organisation), c.BodyWriter()); err != nil {
					panic(http.ErrAbortHandler) // cut off, so that nobody takes a part for the whole
				}
			}}, nil
		})
}
