// Package proving is what the ledger shows to those who may read it: its entries,
// the proof that one of them is in a signed ledger, the proof that a later ledger
// continues an earlier one, and a check of the whole.
package proving

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	store  *store.Store
	public string
	roots  *x509.CertPool // of the authorities that sign time stamps; nil: not known

	witness store.Witness // nil: there is none
}

// New makes the service. public holds the public keys of the checkpoints, one per
// line.
func New(s *store.Store, public string) *Service { return &Service{store: s, public: public} }

// WithRoots lets the check of the ledger look whether the certificates of time stamps
// lead to one of the roots.
func (s *Service) WithRoots(roots *x509.CertPool) *Service {
	s.roots = roots
	return s
}

// WithWitness lets the check of the ledger look whether it continues what the witness
// knows.
func (s *Service) WithWitness(w store.Witness) *Service {
	s.witness = w
	return s
}

// PublicKeys are the keys with which anybody can check the checkpoints, one per line.
func (s *Service) PublicKeys() string { return s.public }

// Filter selects entries; empty fields select all.
type Filter struct {
	Person       string // id
	Kind         string // of the object
	Object       string
	Organisation string
	Text         string
	Since, Until time.Time
	Before       int64 // entries with a lower number only; 0: from the newest
	Limit        int   // 0: 100
}

func (f Filter) stored() store.Filter {
	return store.Filter{Organisation: f.Organisation, Kind: f.Kind, Object: f.Object, Actor: f.Person, Text: f.Text,
		Since: f.Since, Until: f.Until, Before: f.Before, Limit: f.Limit}
}

// reach reads the ledger within what the actor may see: that of the workspace, or
// the entries of the organisations in reach.
func (s *Service) reach(ctx context.Context, a authz.Actor, f func(*store.Tx) error) error {
	scope, err := a.Reach(authz.LedgerRead)
	if err != nil {
		return err
	}
	return s.store.Read(ctx, scope, f)
}

// Entries lists entries, newest first.
func (s *Service) Entries(ctx context.Context, a authz.Actor, f Filter) (list []ledger.Entry, err error) {
	err = s.reach(ctx, a, func(tx *store.Tx) error {
		list, err = tx.Entries(f.stored())
		return err
	})
	return list, err
}

// exportPage is how many entries an export reads at a time.
const exportPage = 500

// Export calls each for every entry that the filter selects, newest first, as they
// are at one moment.
func (s *Service) Export(ctx context.Context, a authz.Actor, f Filter, each func(ledger.Entry) error) error {
	return s.reach(ctx, a, func(tx *store.Tx) error {
		f.Limit = exportPage
		for {
			page, err := tx.Entries(f.stored())
			if err != nil {
				return err
			}
			for _, e := range page {
				if err := each(e); err != nil {
					return err
				}
			}
			if len(page) < exportPage || page[len(page)-1].Seq == 0 {
				return nil
			}
			f.Before = page[len(page)-1].Seq
		}
	})
}

// ExportLines writes entries as lines of JSON. Before and After are byte for byte
// what was hashed, so that anybody can rebuild the leaves of the tree.
func (s *Service) ExportLines(ctx context.Context, a authz.Actor, f Filter, w io.Writer) error {
	line := json.NewEncoder(w)
	line.SetEscapeHTML(false)
	return s.Export(ctx, a, f, func(e ledger.Entry) error { return line.Encode(e) })
}

// Entry returns one entry.
func (s *Service) Entry(ctx context.Context, a authz.Actor, seq int64) (e ledger.Entry, err error) {
	err = s.reach(ctx, a, func(tx *store.Tx) error {
		e, err = tx.Entry(seq)
		return err
	})
	return e, err
}

// Checkpoint is a signed statement of the ledger's size and root.
type Checkpoint struct {
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
	Note string    `json:"note"` // signed
	// Of the time stamp over Note, if there is one.
	StampedAt time.Time `json:"stamped_at,omitzero"`
	StampedBy string    `json:"stamped_by,omitempty"` // subject of the authority's certificate
	Stamp     []byte    `json:"stamp,omitempty"`      // RFC 3161 token
}

// Standing is how far the ledger is and what of it is signed.
type Standing struct {
	Size        int64
	Root        string // base64
	Checkpoints []Checkpoint
}

// Newest is the newest checkpoint; ok is false when nothing is signed yet.
func (s Standing) Newest() (c Checkpoint, ok bool) {
	if len(s.Checkpoints) == 0 {
		return Checkpoint{}, false
	}
	return s.Checkpoints[len(s.Checkpoints)-1], true
}

// Standing says how the ledger of the workspace stands.
func (s *Service) Standing(ctx context.Context, a authz.Actor) (out Standing, err error) {
	err = s.reach(ctx, a, func(tx *store.Tx) error {
		if out.Size, err = tx.LedgerSize(); err != nil {
			return err
		}
		root, err := tx.RootOf(out.Size)
		if err != nil {
			return err
		}
		out.Root = root.String()
		out.Checkpoints, err = checkpoints(tx)
		return err
	})
	return out, err
}

func checkpoints(tx *store.Tx) ([]Checkpoint, error) {
	sealed, err := tx.Checkpoints()
	if err != nil {
		return nil, err
	}
	stamps, err := tx.Stamps()
	by := map[int64]store.Stamped{}
	for _, s := range stamps {
		by[s.Size] = s
	}
	out := []Checkpoint{}
	for _, c := range sealed {
		s := by[c.Size]
		out = append(out, Checkpoint{c.Size, c.At, c.Note, s.At, s.Authority, s.Token})
	}
	return out, err
}

// ProveEntry proves that an entry is in the ledger: in the first signed checkpoint
// that holds it, and that the newest one continues that; or, when none holds it
// yet, in the ledger as it stands, unsigned.
func (s *Service) ProveEntry(ctx context.Context, a authz.Actor, seq int64) (p ledger.Proof, err error) {
	err = s.reach(ctx, a, func(tx *store.Tx) error {
		signed, err := checkpoints(tx)
		if err != nil {
			return err
		}
		size, note := int64(0), ""
		if i := slices.IndexFunc(signed, func(c Checkpoint) bool { return c.Size > seq }); i >= 0 {
			size, note = signed[i].Size, signed[i].Note
		} else if size, err = tx.LedgerSize(); err != nil {
			return err
		}
		found, err := tx.ProveInclusionIn(seq, size)
		if err != nil {
			return err
		}
		p = ledger.NewProof(a.WorkspaceID(), ledger.Head{Size: size, Root: found.Root.String(), Checkpoint: note})
		p.Include(found.Entry, found.Hashes)
		return nil
	})
	return p, err
}

// ProveGrowth proves that the ledger at one size continues it at an earlier one.
// Checkpoints of these sizes are in the proof.
func (s *Service) ProveGrowth(ctx context.Context, a authz.Actor, earlier, later int64) (p ledger.Proof, err error) {
	if earlier < 1 || earlier > later {
		return p, &fault.Error{Kind: fault.Invalid, Field: "earlier", What: "these are not two sizes of the ledger", Expected: "an earlier size from 1, and one that is not smaller"}
	}
	err = s.reach(ctx, a, func(tx *store.Tx) error {
		signed, err := checkpoints(tx)
		if err != nil {
			return err
		}
		head := func(size int64) (ledger.Head, error) {
			root, err := tx.RootOf(size)
			h := ledger.Head{Size: size, Root: root.String()}
			if i := slices.IndexFunc(signed, func(c Checkpoint) bool { return c.Size == size }); i >= 0 {
				h.Checkpoint = signed[i].Note
			}
			return h, err
		}
		now, err := head(later)
		if err != nil {
			return err
		}
		then, err := head(earlier)
		if err != nil {
			return err
		}
		hashes, err := tx.ProveConsistency(earlier, later)
		if err != nil {
			return err
		}
		p = ledger.NewProof(a.WorkspaceID(), now)
		p.Continue(then, hashes)
		return nil
	})
	return p, err
}

// Report is the result of a check of the whole ledger.
type Report struct {
	At          time.Time `json:"at"`
	Size        int64     `json:"size"`
	Root        string    `json:"root"`
	Checkpoints int       `json:"checkpoints"`
	Sealed      time.Time `json:"sealed,omitzero"` // time of the newest checkpoint
	Stamps      []Stamp   `json:"stamps"`          // of checkpoints, oldest first
	Faults      []Fault   `json:"faults"`
}

// Holding is how many time stamps hold: those whose certificates do not lead astray.
func (r Report) Holding() (n int) {
	for _, s := range r.Stamps {
		if s.Chain != store.ChainBroken {
			n++
		}
	}
	return n
}

// Stamp is a time stamp that was checked.
type Stamp = store.CheckedStamp

// The states of a Stamp's chain.
const (
	ChainUnchecked = store.ChainUnchecked
	ChainTrusted   = store.ChainTrusted
	ChainEnded     = store.ChainEnded
	ChainBroken    = store.ChainBroken
)

// Fault is one damage of the ledger: the entry, the table and what is wrong.
type Fault = store.LedgerFault

// Verify checks the whole ledger of the workspace: every entry, the tree, and every
// signed checkpoint. It needs the right to read all of it.
func (s *Service) Verify(ctx context.Context, a authz.Actor) (r Report, err error) {
	scope, err := a.Workspace(authz.LedgerRead)
	if err != nil {
		return r, err
	}
	trust := store.Trust{Keys: s.public, Roots: s.roots}
	if s.witness != nil {
		if trust.Seals, err = s.witness.Seals(); err != nil {
			return r, err
		}
	}
	found, err := s.store.VerifyLedger(ctx, scope, trust)
	if err != nil {
		return r, err
	}
	r = Report{At: s.store.Now(), Size: found.Size, Root: found.Root.String(), Checkpoints: found.Checkpoints, Stamps: found.Stamps, Faults: found.Faults}
	if r.Faults == nil {
		r.Faults = []Fault{}
	}
	standing, err := s.Standing(ctx, a)
	if newest, ok := standing.Newest(); ok {
		r.Sealed = newest.At
	}
	return r, err
}

// Person is somebody who appears in the ledger.
type Person struct{ ID, Name string }

// People lists the members in reach, for filters.
func (s *Service) People(ctx context.Context, a authz.Actor) (list []Person, err error) {
	err = s.reach(ctx, a, func(tx *store.Tx) error {
		members, err := tx.Members()
		list = nil
		for _, m := range members {
			if !slices.ContainsFunc(list, func(p Person) bool { return p.ID == m.Person }) {
				list = append(list, Person{m.Person, m.Name})
			}
		}
		return err
	})
	return list, err
}

// Kinds lists the kinds of objects that the ledger records.
func Kinds() []string { return store.Kinds() }
