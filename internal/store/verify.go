package store

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/internal/tsa"
)

// Sealed is a signed checkpoint of a workspace's ledger.
type Sealed struct {
	Workspace string
	Size      int64
	At        time.Time
	Note      string // signed, in the form of ledger.Signer
}

// SealLedgers signs a checkpoint for every ledger that grew since its last one and
// returns how many. origin names the server, for example its host name. The witness,
// unless it is nil, is told of the newest ones; a ledger that does not continue what
// the witness knows is not signed, and an error names it.
func (s *Store) SealLedgers(ctx context.Context, signer ledger.Signer, origin string, witness Witness) (n int, err error) {
	known := Seals{}
	if witness != nil {
		if known, err = witness.Seals(); err != nil {
			return 0, err
		}
	}
	var newest Seals
	var refused error
	scope, change := tenant.System("seal the ledgers"), Change{Actor: "system"}
	err = s.Write(ctx, scope, change, func(tx *Tx) error {
		n, newest, refused = 0, Seals{}, nil
		open, quiet, err := tx.unsealed()
		if err != nil {
			return fmt.Errorf("look for ledgers to seal: %w", err)
		}
		for _, w := range open {
			if k, ok := known[w]; ok && !tx.continues(w, k) {
				refused = errors.Join(refused, fmt.Errorf("the ledger of %q does not continue the %d entries that were signed on %s, and is not signed", w, k.Size, k.At.Format(time.DateOnly)))
				continue
			}
			if newest[w], err = tx.checkpoint(w, signer, origin); err != nil {
				return fmt.Errorf("seal the ledger of %s: %w", w, err)
			}
			n++
		}
		for _, w := range quiet {
			if _, ok := known[w]; !ok && witness != nil {
				if err := tx.recall(w, signer.Public(), newest); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil && witness != nil && len(newest) > 0 {
		maps.Copy(known, newest)
		err = witness.Keep(known)
	}
	return n, errors.Join(err, refused)
}

// unsealed lists the ledgers that grew since their last checkpoint, and those that did
// not.
func (tx *Tx) unsealed() (open, quiet []string, err error) {
	type size struct {
		workspace string
		size      int64
	}
	fields := func(s *size) []any { return []any{&s.workspace, &s.size} }
	sealed, err := sqldb.Collect(tx.q, fields, `SELECT workspace_id, MAX(size) FROM checkpoints GROUP BY workspace_id`)
	if err != nil {
		return nil, nil, err
	}
	heads, err := sqldb.Collect(tx.q, fields, `SELECT workspace_id, size FROM ledger_heads WHERE size > 0 ORDER BY workspace_id`)
	for _, h := range heads {
		if slices.Contains(sealed, h) {
			quiet = append(quiet, h.workspace)
		} else {
			open = append(open, h.workspace)
		}
	}
	return open, quiet, err
}

func (tx *Tx) checkpoint(workspace string, signer ledger.Signer, origin string) (Seal, error) {
	f, _, err := tx.frontier(workspace, "")
	if err != nil {
		return Seal{}, err
	}
	signed, err := signer.Sign(ledger.Checkpoint{Origin: origin + "/" + workspace, Size: f.Size, Root: f.Root()})
	if err != nil {
		return Seal{}, err
	}
	_, err = tx.q.Exec(`INSERT INTO checkpoints (workspace_id, size, at, note) VALUES (?, ?, ?, ?)
		ON CONFLICT (workspace_id, size) DO NOTHING`, workspace, f.Size, tx.now.UnixMilli(), signed)
	return Seal{Size: f.Size, Root: f.Root().String(), At: tx.now}, err
}

func sealedFields(c *Sealed) []any {
	return []any{&c.Workspace, &c.Size, sqldb.Time(&c.At), &c.Note}
}

// Checkpoints lists the signed checkpoints of the scope's ledger, oldest first.
func (tx *Tx) Checkpoints() ([]Sealed, error) {
	return sqldb.Collect(tx.q, sealedFields, `
		SELECT workspace_id, size, at, note FROM checkpoints WHERE workspace_id = ? ORDER BY size`, tx.scope.WorkspaceID())
}

// hashes reads stored hashes of the scope's ledger for proofs.
func (tx *Tx) hashes(places []int64) ([]ledger.Hash, error) {
	out := make([]ledger.Hash, len(places))
	for i, p := range places {
		s, found, err := sqldb.One(tx.q, sqldb.Single[string],
			`SELECT hash FROM ledger_hashes WHERE workspace_id = ? AND place = ?`, tx.scope.WorkspaceID(), p)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("hash %d of the ledger is missing", p)
		}
		if out[i], err = ledger.ParseHash(s); err != nil {
			return nil, fmt.Errorf("hash %d of the ledger: %w", p, err)
		}
	}
	return out, nil
}

// Proof shows that an entry is part of the ledger of a size and root. Anybody can
// check it with ledger.CheckInclusion.
type Proof struct {
	Entry  ledger.Entry
	Size   int64
	Root   ledger.Hash
	Hashes []ledger.Hash
}

// ProveInclusion proves that the entry is in the ledger as it stands.
func (tx *Tx) ProveInclusion(seq int64) (Proof, error) {
	f, _, err := tx.frontier(tx.scope.WorkspaceID(), "")
	if err != nil {
		return Proof{}, err
	}
	return tx.ProveInclusionIn(seq, f.Size)
}

// ProveInclusionIn proves that the entry is in the ledger as it was when it had
// size entries. NotFound for an entry outside the scope, Invalid for a size that
// the ledger never had or at which the entry was still to come.
func (tx *Tx) ProveInclusionIn(seq, size int64) (Proof, error) {
	e, err := tx.Entry(seq)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Entry: e, Size: size}
	if p.Root, err = tx.RootOf(size); err != nil {
		return p, err
	}
	if seq >= size {
		return p, &fault.Error{Kind: fault.Invalid, Field: "size", What: fmt.Sprintf("entry %d came after the first %d", seq, size)}
	}
	p.Hashes, err = ledger.Inclusion(size, seq, tx.hashes)
	return p, err
}

// RootOf is the root of the ledger as it was when it had size entries.
func (tx *Tx) RootOf(size int64) (ledger.Hash, error) {
	f, _, err := tx.frontier(tx.scope.WorkspaceID(), "")
	if err != nil {
		return ledger.Hash{}, err
	}
	switch {
	case size < 0 || size > f.Size:
		return ledger.Hash{}, &fault.Error{Kind: fault.Invalid, Field: "size", What: fmt.Sprintf("the ledger never had %d entries", size), Expected: fmt.Sprintf("0 to %d", f.Size)}
	case size == f.Size:
		return f.Root(), nil
	}
	return ledger.Root(size, tx.hashes)
}

// LedgerSize is how many entries the scope's ledger has.
func (tx *Tx) LedgerSize() (int64, error) {
	f, _, err := tx.frontier(tx.scope.WorkspaceID(), "")
	return f.Size, err
}

// ProveConsistency proves that the ledger of size new continues that of size old;
// check it with ledger.CheckConsistency.
func (tx *Tx) ProveConsistency(old, new int64) ([]ledger.Hash, error) {
	f, _, err := tx.frontier(tx.scope.WorkspaceID(), "")
	if err != nil {
		return nil, err
	}
	if old < 0 || old > new || new > f.Size {
		return nil, &fault.Error{Kind: fault.Invalid, What: fmt.Sprintf("no sizes %d and %d of a ledger of %d entries", old, new, f.Size)}
	}
	return ledger.Consistency(old, new, tx.hashes)
}

// Fault of a ledger: which entry, and what is wrong.
type LedgerFault struct {
	Seq   int64  `json:"entry"` // of the entry; −1: of the ledger as a whole
	Table string `json:"table"` // where the damage is
	What  string `json:"what"`
}

// Trust is what the check of a ledger believes.
type Trust struct {
	Keys  string         // public keys of the checkpoints, one per line
	Roots *x509.CertPool // to which the certificates of time stamps must lead; nil: not known, chains are not checked
	Seals Seals          // the newest checkpoints that a witness knows
}

// Chain says whether to believe the authority that signed a time stamp.
type Chain string

// The states of a chain.
const (
	ChainUnchecked Chain = "unchecked" // no roots are known
	ChainTrusted   Chain = "trusted"   // leads to a root, and every certificate is valid today
	ChainEnded     Chain = "ended"     // led to a root when it was signed; a certificate has ended since
	ChainBroken    Chain = "broken"    // led to no root, or over a certificate that was not valid
)

// CheckedStamp is a time stamp that signs its checkpoint.
type CheckedStamp struct {
	Stamped
	Chain Chain
	Root  string    // subject of the root
	Until time.Time // end of the certificate that ends first on the way to it
}

func chainOf(s tsa.Stamp, now time.Time) Chain {
	switch {
	case s.Root == "":
		return ChainUnchecked
	case now.After(s.Until):
		return ChainEnded
	}
	return ChainTrusted
}

// LedgerReport is the result of a check of one ledger. A sound ledger has no faults.
type LedgerReport struct {
	Workspace   string
	Size        int64
	Root        ledger.Hash
	Checkpoints int
	Stamps      []CheckedStamp // of checkpoints, signed as they should be, oldest first
	Faults      []LedgerFault
}

// maxFaults is where a report stops to list faults of one ledger.
const maxFaults = 100

// VerifyLedger checks the ledger of the scope's workspace, or the server's own one
// for a scope of everything: every entry against its hash, every hash against the
// tree, the tree against its head and against every signed checkpoint. It needs
// the whole workspace, and the public key unless there are no checkpoints. Of time
// stamps it checks what they sign and, with roots, whether to believe who signed.
func (s *Store) VerifyLedger(ctx context.Context, scope tenant.Scope, trust Trust) (LedgerReport, error) {
	var r LedgerReport
	if !scope.Covers("") {
		return r, &fault.Error{Kind: fault.Forbidden, What: "the ledger of a workspace can only be checked as a whole"}
	}
	err := s.Read(ctx, scope, func(tx *Tx) error {
		v := verifier{tx: tx, trust: trust, report: LedgerReport{Workspace: scope.WorkspaceID()}}
		err := v.run()
		r = v.report
		return err
	})
	return r, err
}

// VerifyAllLedgers checks every ledger of the server, its own one first.
func (s *Store) VerifyAllLedgers(ctx context.Context, trust Trust) ([]LedgerReport, error) {
	system := tenant.System("check all ledgers")
	var names []string
	err := s.Read(ctx, system, func(tx *Tx) (err error) {
		names, err = sqldb.Collect(tx.q, sqldb.Single[string], `
			SELECT workspace_id FROM ledger_heads UNION SELECT DISTINCT workspace_id FROM ledger_entries ORDER BY 1`)
		return err
	})
	if err != nil {
		return nil, err
	}
	names = slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(trust.Seals)))))
	var out []LedgerReport
	for _, w := range names {
		scope := system
		if w != "" {
			scope = system.In(w, "")
		}
		r, err := s.VerifyLedger(ctx, scope, trust)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// verifier walks one ledger from its first entry to its last.
type verifier struct {
	tx       *Tx
	trust    Trust
	report   LedgerReport
	rebuilt  ledger.Frontier // from the entries
	stored   []ledger.Hash   // in order of their places
	head     ledger.Frontier
	headRead bool
	notes    []Sealed
	stamps   map[int64]Stamped // by size
}

// The tables in which damage is found.
const (
	entriesTable     = "ledger_entries"
	hashesTable      = "ledger_hashes"
	headsTable       = "ledger_heads"
	checkpointsTable = "checkpoints"
	stampsTable      = "checkpoint_stamps"
)

func (v *verifier) fault(table string, seq int64, format string, args ...any) {
	f := LedgerFault{Seq: seq, Table: table, What: fmt.Sprintf(format, args...)}
	if len(v.report.Faults) < maxFaults && !slices.Contains(v.report.Faults, f) {
		v.report.Faults = append(v.report.Faults, f)
	}
}

func (v *verifier) run() error {
	if err := v.load(); err != nil {
		return err
	}
	v.checkpointsOf(0)
	if err := v.tx.EachEntry(v.entry); err != nil {
		return err
	}
	v.report.Size, v.report.Root = v.rebuilt.Size, v.rebuilt.Root()
	v.ends()
	return nil
}

// load reads what is small beside the entries: hashes, head and checkpoints.
func (v *verifier) load() error {
	w := v.tx.scope.WorkspaceID()
	type row struct {
		place int64
		hash  string
	}
	rows, err := sqldb.Collect(v.tx.q, func(r *row) []any { return []any{&r.place, &r.hash} },
		`SELECT place, hash FROM ledger_hashes WHERE workspace_id = ? ORDER BY place`, w)
	if err != nil {
		return fmt.Errorf("read the hashes of the ledger: %w", err)
	}
	for _, r := range rows {
		for int64(len(v.stored)) < r.place && len(v.stored) < 2*len(rows) {
			v.stored = append(v.stored, ledger.Hash{}) // missing: differs from every hash
		}
		h, err := ledger.ParseHash(r.hash)
		if err != nil {
			h = ledger.Hash{}
		}
		v.stored = append(v.stored, h)
	}
	h, found, err := sqldb.One(v.tx.q, (*head).fields, selectHead, w)
	if err != nil {
		return fmt.Errorf("read the head of the ledger: %w", err)
	}
	if f, err := ledger.ParseFrontier(h.size, h.edges); found && err == nil {
		v.head, v.headRead = f, true
	}
	if v.notes, err = v.tx.Checkpoints(); err != nil {
		return err
	}
	if k, ok := v.seal(); ok && !slices.ContainsFunc(v.notes, func(n Sealed) bool { return n.Size == k.Size }) {
		v.fault(checkpointsTable, -1, "the checkpoint of %d entries, signed on %s, is gone", k.Size, k.At.Format(time.DateOnly))
	}
	stamps, err := v.tx.Stamps()
	v.stamps = map[int64]Stamped{}
	for _, s := range stamps {
		v.stamps[s.Size] = s
	}
	return err
}

// storedHash is the stored hash at the place, zero when it is missing.
func (v *verifier) storedHash(place int64) ledger.Hash {
	if place >= 0 && place < int64(len(v.stored)) {
		return v.stored[place]
	}
	return ledger.Hash{}
}

// entry checks one entry. The tree goes on with the stored hash of a damaged
// entry, so that only the damage is reported and not all that is built on it.
func (v *verifier) entry(e ledger.Entry) error {
	if e.Seq < v.rebuilt.Size || e.Seq-v.rebuilt.Size > int64(len(v.stored)) {
		v.fault(entriesTable, e.Seq, "the number of the entry was changed")
		return nil
	}
	if e.Seq > v.rebuilt.Size {
		v.fault(entriesTable, v.rebuilt.Size, "entries %d to %d are missing", v.rebuilt.Size, e.Seq-1)
	}
	for v.rebuilt.Size < e.Seq {
		v.rebuilt.Append(v.storedHash(ledger.StoredIndex(v.rebuilt.Size)))
	}
	leaf, place := e.Hash(v.tx.scope.WorkspaceID()), ledger.StoredIndex(e.Seq)
	if v.storedHash(place) != leaf {
		leaf = v.judge(e.Seq, leaf, v.storedHash(place))
	}
	for i, h := range v.rebuilt.Append(leaf) {
		if at := place + int64(i); i > 0 && v.storedHash(at) != h {
			v.fault(hashesTable, e.Seq, "hash %d above the entry is damaged", at)
		}
	}
	v.checkpointsOf(v.rebuilt.Size)
	if k, ok := v.seal(); ok && k.Size == v.rebuilt.Size && k.Root != v.rebuilt.Root().String() {
		v.fault(entriesTable, k.Size-1, "the first %d entries are not those that were signed on %s", k.Size, k.At.Format(time.DateOnly))
	}
	return nil
}

// seal is what the witness knows of the ledger.
func (v *verifier) seal() (k Seal, ok bool) {
	k, ok = v.trust.Seals[v.tx.scope.WorkspaceID()]
	return k, ok
}

// judge finds out whether an entry or its stored hash was changed, by the proof
// that the head of the ledger gives, and returns the hash to go on with.
func (v *verifier) judge(seq int64, computed, stored ledger.Hash) ledger.Hash {
	proof, err := ledger.Inclusion(v.head.Size, seq, func(places []int64) ([]ledger.Hash, error) {
		out := make([]ledger.Hash, len(places))
		for i, p := range places {
			out[i] = v.storedHash(p)
		}
		return out, nil
	})
	if err == nil && v.headRead && ledger.CheckInclusion(proof, v.head.Size, v.head.Root(), seq, computed) == nil {
		v.fault(hashesTable, seq, "the stored hash of the entry was changed; the entry itself is as it was written")
		return computed
	}
	v.fault(entriesTable, seq, "the entry was changed after it was written")
	return stored
}

// checkpointsOf checks the signed checkpoints of the size that was reached.
func (v *verifier) checkpointsOf(size int64) {
	for len(v.notes) > 0 && v.notes[0].Size <= size {
		n := v.notes[0]
		v.notes = v.notes[1:]
		v.report.Checkpoints++
		c, err := ledger.OpenCheckpoint(n.Note, v.trust.Keys)
		switch {
		case err != nil:
			v.fault(checkpointsTable, -1, "checkpoint of %d entries: %v", n.Size, err)
		case !strings.HasSuffix(c.Origin, "/"+n.Workspace):
			v.fault(checkpointsTable, -1, "checkpoint of %d entries: it is signed for %s", n.Size, c.Origin)
		case c.Size != n.Size:
			v.fault(checkpointsTable, -1, "checkpoint of %d entries: it is signed for %d", n.Size, c.Size)
		case c.Root != v.rebuilt.Root():
			v.fault(entriesTable, n.Size-1, "the first %d entries are not those that were signed on %s", n.Size, n.At.Format(time.DateOnly))
		}
		v.stampOf(n)
	}
}

// stampOf checks the time stamp of a checkpoint, if it has one.
func (v *verifier) stampOf(n Sealed) {
	s, ok := v.stamps[n.Size]
	if !ok {
		return
	}
	delete(v.stamps, n.Size)
	found, err := tsa.Verify(s.Token, []byte(n.Note), v.trust.Roots)
	switch {
	case errors.Is(err, tsa.ErrNotTrusted):
		v.report.Stamps = append(v.report.Stamps, CheckedStamp{Stamped: s, Chain: ChainBroken})
		v.fault(stampsTable, -1, "time stamp of the checkpoint of %d entries: %v", n.Size, err)
	case err != nil:
		v.fault(stampsTable, -1, "time stamp of the checkpoint of %d entries: %v", n.Size, err)
	case found.At.UnixMilli() != s.At.UnixMilli() || found.Authority != s.Authority:
		v.fault(stampsTable, -1, "time stamp of the checkpoint of %d entries: it says %s by %s", n.Size, found.At.Format(time.RFC3339), found.Authority)
	default:
		v.report.Stamps = append(v.report.Stamps, CheckedStamp{s, chainOf(found, v.tx.Now()), found.Root, found.Until})
	}
}

// ends checks what only the end of the walk can show.
func (v *verifier) ends() {
	for size := range v.stamps {
		v.fault(stampsTable, -1, "there is a time stamp of a checkpoint of %d entries, but no such checkpoint", size)
	}
	for _, n := range v.notes {
		v.fault(entriesTable, v.rebuilt.Size, "a checkpoint of %d entries was signed, but there are %d", n.Size, v.rebuilt.Size)
	}
	if k, ok := v.seal(); ok && k.Size > v.rebuilt.Size {
		v.fault(entriesTable, v.rebuilt.Size, "a checkpoint of %d entries was signed, but there are %d", k.Size, v.rebuilt.Size)
	}
	switch {
	case !v.headRead && v.rebuilt.Size > 0:
		v.fault(headsTable, -1, "the head of the ledger is missing or cannot be read")
	case v.head.Size != v.rebuilt.Size:
		v.fault(headsTable, v.rebuilt.Size, "the ledger says that it has %d entries, but there are %d", v.head.Size, v.rebuilt.Size)
	case v.head.Root() != v.rebuilt.Root():
		v.fault(headsTable, -1, "the head of the ledger does not fit its entries")
	}
	if n := ledger.StoredCount(v.rebuilt.Size); int64(len(v.stored)) > n {
		v.fault(hashesTable, -1, "there are %d hashes without entries", int64(len(v.stored))-n)
	}
}
