// Package upkeep is what whoever runs the server does on its machine: bring the
// tables up to date, back everything up, restore it elsewhere, and check the
// ledgers. Nobody signs in for it: who can read the data folder may do all of it.
package upkeep

import (
	"context"
	"time"

	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/tsa"
)

// Place is where a server keeps its things.
type Place struct {
	Folder   string        // of files and keys
	Database string        // postgres://…, or "": SQLite in the folder
	Secrets  []string      // names of the files in the folder that hold private keys
	Public   string        // public keys of the ledgers, one per line
	Roots    []byte        // certificates (PEM) to which those of time stamps must lead; empty: not known
	Witness  store.Witness // of the newest checkpoints; nil: there is none
}

// Service works on one server's data. It is safe for concurrent use, also while
// the server runs.
type Service struct {
	store *store.Store
	place Place
}

// New makes the service.
func New(s *store.Store, at Place) *Service { return &Service{store: s, place: at} }

// Ledger is the result of a check of one ledger. A sound ledger has no faults.
type Ledger struct {
	Workspace   string  `json:"workspace"` // id; "" for what belongs to no workspace, such as people
	Name        string  `json:"name,omitempty"`
	Size        int64   `json:"entries"`
	Root        string  `json:"root"` // base64
	Checkpoints int     `json:"checkpoints"`
	Stamps      []Stamp `json:"stamps,omitempty"` // time stamps that sign their checkpoints, oldest first
	Faults      []Fault `json:"faults"`
}

// Stamp is a time stamp (RFC 3161) of a checkpoint.
type Stamp struct {
	Size      int64     `json:"entries"` // of the ledger at the checkpoint
	At        time.Time `json:"at"`
	Authority string    `json:"authority"` // subject of its certificate
	Chain     Chain     `json:"chain"`
	Root      string    `json:"root,omitempty"` // subject of the root that its certificate led to
	Until     time.Time `json:"until,omitzero"` // end of the certificate that ends first on the way there
}

// Chain says whether to believe the authority that signed a time stamp.
type Chain = store.Chain

// The states of a chain.
const (
	ChainUnchecked = store.ChainUnchecked
	ChainTrusted   = store.ChainTrusted
	ChainEnded     = store.ChainEnded
	ChainBroken    = store.ChainBroken
)

// Fault is one damage of a ledger: where it is and what is wrong.
type Fault = store.LedgerFault

// Verify checks every ledger of the server: entries, tree, and the signatures of
// the checkpoints against the public keys, and time stamps against the roots: those
// that are given (PEM), else those of the place.
func (s *Service) Verify(ctx context.Context, roots []byte) ([]Ledger, error) {
	if len(roots) == 0 {
		roots = s.place.Roots
	}
	seals := store.Seals{}
	if s.place.Witness != nil {
		var err error
		if seals, err = s.place.Witness.Seals(); err != nil {
			return nil, err
		}
	}
	return verify(ctx, s.store, s.place.Public, roots, seals)
}

func verify(ctx context.Context, s *store.Store, public string, roots []byte, seals store.Seals) ([]Ledger, error) {
	pool, err := tsa.Roots(roots)
	if err != nil {
		return nil, err
	}
	reports, err := s.VerifyAllLedgers(ctx, store.Trust{Keys: public, Roots: pool, Seals: seals})
	if err != nil {
		return nil, err
	}
	names, err := workspaceNames(ctx, s)
	if err != nil {
		return nil, err
	}
	out := []Ledger{}
	for _, r := range reports {
		l := Ledger{Workspace: r.Workspace, Name: names[r.Workspace], Size: r.Size, Root: r.Root.String(), Checkpoints: r.Checkpoints, Faults: r.Faults}
		for _, s := range r.Stamps {
			l.Stamps = append(l.Stamps, Stamp{s.Size, s.At.UTC(), s.Authority, s.Chain, s.Root, s.Until})
		}
		if l.Faults == nil {
			l.Faults = []Fault{}
		}
		out = append(out, l)
	}
	return out, nil
}

func workspaceNames(ctx context.Context, s *store.Store) (map[string]string, error) {
	names := map[string]string{}
	err := s.Read(ctx, operator("name the workspaces"), func(tx *store.Tx) error {
		all, err := tx.Workspaces()
		for _, w := range all {
			names[w.ID] = w.Name
		}
		return err
	})
	return names, err
}
