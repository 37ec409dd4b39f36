package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// proofFormat is the first field of every proof.
const proofFormat = "nisaba-proof/1"

// Head is a tree of a size with its root, and the signed checkpoint that says so.
type Head struct {
	Size       int64  `json:"size"`
	Root       string `json:"root"`                 // base64
	Checkpoint string `json:"checkpoint,omitempty"` // signed note; "" when this size was not signed
}

// Proof is a file with which anybody can check, without the server, that an entry
// is in a ledger, or that a later ledger continues an earlier one, or both.
type Proof struct {
	Format    string   `json:"format"`
	Workspace string   `json:"workspace"`
	Head      Head     `json:"head"`
	Leaf      string   `json:"leaf,omitempty"`      // the text that is hashed for the entry; "" when no entry is proved
	Entry     int64    `json:"entry,omitempty"`     // its number
	Inclusion []string `json:"inclusion,omitempty"` // hashes from the leaf to the root, base64
	Earlier   *Head    `json:"earlier,omitempty"`   // the tree that Head continues
	Extension []string `json:"extension,omitempty"` // hashes that prove it, base64
	Timestamp string   `json:"timestamp,omitempty"` // RFC 3161 token over the SHA-256 of Head.Checkpoint, base64 of DER
}

func texts(hashes []Hash) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = h.String()
	}
	return out
}

func hashesOf(list []string) ([]Hash, error) {
	out := make([]Hash, len(list))
	for i, s := range list {
		h, err := ParseHash(s)
		if err != nil {
			return nil, fmt.Errorf("hash %d of the proof: %w", i+1, err)
		}
		out[i] = h
	}
	return out, nil
}

// NewProof begins a proof about a workspace's tree.
func NewProof(workspace string, head Head) Proof {
	return Proof{Format: proofFormat, Workspace: workspace, Head: head}
}

// Include adds the proof, made by Inclusion, that the entry is in the tree.
func (p *Proof) Include(e Entry, hashes []Hash) {
	p.Leaf, p.Entry, p.Inclusion = string(e.Leaf(p.Workspace)), e.Seq, texts(hashes)
}

// Continue adds the proof, made by Consistency, that the tree continues an earlier one.
func (p *Proof) Continue(earlier Head, hashes []Hash) {
	p.Earlier, p.Extension = &earlier, texts(hashes)
}

// ReadProof reads a proof file.
func ReadProof(r io.Reader) (Proof, error) {
	var p Proof
	d := json.NewDecoder(io.LimitReader(r, 64<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("the proof cannot be read: %w", err)
	}
	if p.Format != proofFormat {
		return p, fmt.Errorf("the format of the proof is %q, not %s", p.Format, proofFormat)
	}
	return p, nil
}

// Verdict is what a proof shows.
type Verdict struct {
	Signed        bool   // the tree is signed with the key
	EarlierSigned bool   // so is the earlier one
	Origin        string // server and workspace that signed
	Entry         *Entry // that is in the tree; nil when none is proved
}

// Check verifies all that the proof says against the public keys, one per line.
// Without keys only the hashes are checked, and Signed stays false.
func (p Proof) Check(public string) (v Verdict, err error) {
	root, err := p.Head.check(p.Workspace, public, &v.Signed, &v.Origin)
	if err != nil {
		return v, err
	}
	if p.Leaf == "" && p.Earlier == nil {
		return v, errors.New("the proof proves nothing: it names neither an entry nor an earlier ledger")
	}
	if p.Leaf != "" {
		if v.Entry, err = p.checkEntry(root); err != nil {
			return v, err
		}
	}
	if p.Earlier == nil {
		return v, nil
	}
	old, err := p.Earlier.check(p.Workspace, public, &v.EarlierSigned, new(string))
	if err != nil {
		return v, err
	}
	hashes, err := hashesOf(p.Extension)
	if err != nil {
		return v, err
	}
	if p.Earlier.Size <= 0 || p.Earlier.Size > p.Head.Size {
		return v, fmt.Errorf("a ledger of %d entries does not continue one of %d", p.Head.Size, p.Earlier.Size)
	}
	if err := CheckConsistency(hashes, p.Earlier.Size, old, p.Head.Size, root); err != nil {
		return v, fmt.Errorf("the ledger of %d entries does not continue that of %d: %w", p.Head.Size, p.Earlier.Size, err)
	}
	return v, nil
}

// check compares a head with its checkpoint and returns the root.
func (h Head) check(workspace, public string, signed *bool, origin *string) (Hash, error) {
	root, err := ParseHash(h.Root)
	if err != nil {
		return root, fmt.Errorf("the root of the proof: %w", err)
	}
	if h.Checkpoint == "" || public == "" {
		return root, nil
	}
	c, err := OpenCheckpoint(h.Checkpoint, public)
	switch {
	case err != nil:
		return root, err
	case c.Size != h.Size || c.Root != root:
		return root, fmt.Errorf("the checkpoint was signed for %d entries with the root %s", c.Size, c.Root)
	case c.Workspace() != workspace:
		return root, fmt.Errorf("the checkpoint was signed for %s", c.Origin)
	}
	*signed, *origin = true, c.Origin
	return root, nil
}

// checkEntry verifies that the leaf is in the tree, and reads it.
func (p Proof) checkEntry(root Hash) (*Entry, error) {
	hashes, err := hashesOf(p.Inclusion)
	if err != nil {
		return nil, err
	}
	e, workspace, err := parseLeaf([]byte(p.Leaf))
	if err != nil {
		return nil, err
	}
	if workspace != p.Workspace || e.Seq != p.Entry {
		return nil, fmt.Errorf("the entry says that it is number %d of workspace %q", e.Seq, workspace)
	}
	if p.Entry < 0 || p.Entry >= p.Head.Size {
		return nil, fmt.Errorf("a ledger of %d entries has no entry %d", p.Head.Size, p.Entry)
	}
	if err := CheckInclusion(hashes, p.Head.Size, root, p.Entry, leafHash([]byte(p.Leaf))); err != nil {
		return nil, fmt.Errorf("entry %d is not in the ledger with this root: %w", p.Entry, err)
	}
	return &e, nil
}

// parseLeaf reads what Leaf wrote. The text must be exactly what Leaf writes.
func parseLeaf(text []byte) (e Entry, workspace string, err error) {
	var at int64
	var format, before, after string
	fields := []any{&format, &workspace, &e.Seq, &at, &e.Actor, &e.ActorName, &e.From, &e.Organisation,
		&e.Action, &e.Kind, &e.Object, &before, &after, &e.Reason}
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil || len(raw) != len(fields) {
		return e, "", errors.New("the entry of the proof is not the text of a ledger's entry")
	}
	for i, f := range fields {
		if err := json.Unmarshal(raw[i], f); err != nil {
			return e, "", fmt.Errorf("field %d of the entry: %w", i+1, err)
		}
	}
	if format != leafFormat {
		return e, "", fmt.Errorf("the format of the entry is %q, not %s", format, leafFormat)
	}
	e.At = time.UnixMilli(at).UTC()
	if before != "" {
		e.Before = json.RawMessage(before)
	}
	if after != "" {
		e.After = json.RawMessage(after)
	}
	if !bytes.Equal(e.Leaf(workspace), text) {
		return e, "", errors.New("the entry of the proof is not written as a ledger writes it")
	}
	return e, workspace, nil
}
