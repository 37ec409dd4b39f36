package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash of the tree; it prints as base64.
type Hash = tlog.Hash

// leafHash is the hash of a leaf's text.
func leafHash(text []byte) Hash { return tlog.RecordHash(text) }

// ParseHash reads what Hash prints.
func ParseHash(s string) (Hash, error) { return tlog.ParseHash(s) }

// Frontier is the edge of a growing tree: all that is needed to append to it and
// to know its root. The zero value is the empty tree.
type Frontier struct {
	Size  int64
	edges []Hash // roots of the complete subtrees, largest first
}

// Append adds a leaf and returns the hashes to store, the first at
// StoredIndex(seq) and the rest behind it without gaps.
func (f *Frontier) Append(leaf Hash) []Hash {
	stored := []Hash{leaf}
	h := leaf
	for n := f.Size; n&1 == 1; n >>= 1 {
		last := len(f.edges) - 1
		h = tlog.NodeHash(f.edges[last], h)
		f.edges = f.edges[:last]
		stored = append(stored, h)
	}
	f.edges = append(f.edges, h)
	f.Size++
	return stored
}

// Root is the hash of the whole tree.
func (f *Frontier) Root() Hash {
	if len(f.edges) == 0 {
		h, _ := tlog.TreeHash(0, nil) // the hash of the empty tree needs no reader
		return h
	}
	h := f.edges[len(f.edges)-1]
	for _, left := range slices.Backward(f.edges[:len(f.edges)-1]) {
		h = tlog.NodeHash(left, h)
	}
	return h
}

// MarshalText writes the edges as base64 words.
func (f *Frontier) MarshalText() ([]byte, error) {
	words := make([]string, len(f.edges))
	for i, h := range f.edges {
		words[i] = h.String()
	}
	return []byte(strings.Join(words, " ")), nil
}

// ParseFrontier reads what MarshalText wrote for a tree of the size. A wrong
// number of edges is an error.
func ParseFrontier(size int64, text string) (Frontier, error) {
	f := Frontier{Size: size}
	for _, word := range strings.Fields(text) {
		h, err := tlog.ParseHash(word)
		if err != nil {
			return Frontier{}, fmt.Errorf("edge of the ledger's tree: %w", err)
		}
		f.edges = append(f.edges, h)
	}
	want := 0
	for n := size; n > 0; n &= n - 1 {
		want++
	}
	if size < 0 || len(f.edges) != want {
		return Frontier{}, fmt.Errorf("the ledger's tree of %d entries has %d edges, not %d", size, len(f.edges), want)
	}
	return f, nil
}

// StoredIndex is the place of entry seq's first hash among the stored hashes.
func StoredIndex(seq int64) int64 { return tlog.StoredHashIndex(0, seq) }

// StoredCount is how many hashes a tree of the size has.
func StoredCount(size int64) int64 { return tlog.StoredHashCount(size) }

// Reader returns the stored hashes at the indexes, all or an error.
type Reader func(indexes []int64) ([]Hash, error)

// Inclusion proves that entry seq is in the tree of the size.
func Inclusion(size, seq int64, r Reader) ([]Hash, error) {
	return tlog.ProveRecord(size, seq, tlog.HashReaderFunc(r))
}

// CheckInclusion verifies a proof by Inclusion against the tree's root.
func CheckInclusion(proof []Hash, size int64, root Hash, seq int64, leaf Hash) error {
	return tlog.CheckRecord(proof, size, root, seq, leaf)
}

// Consistency proves that the tree of size new continues the tree of size old.
// Every tree continues the empty one.
func Consistency(old, new int64, r Reader) ([]Hash, error) {
	if old == 0 {
		return nil, nil
	}
	return tlog.ProveTree(new, old, tlog.HashReaderFunc(r))
}

// CheckConsistency verifies a proof by Consistency.
func CheckConsistency(proof []Hash, old int64, oldRoot Hash, new int64, newRoot Hash) error {
	if old == 0 {
		return nil
	}
	return tlog.CheckTree(proof, new, newRoot, old, oldRoot)
}

// Root is the hash of the tree of the size, from stored hashes.
func Root(size int64, r Reader) (Hash, error) {
	return tlog.TreeHash(size, tlog.HashReaderFunc(r))
}

// Checkpoint is a signed statement of a tree's size and root.
type Checkpoint struct {
	Origin string // "<server>/<workspace>"
	Size   int64
	Root   Hash
}

// Workspace is the workspace whose ledger it is, the last part of the origin.
func (c Checkpoint) Workspace() string {
	return c.Origin[strings.LastIndexByte(c.Origin, '/')+1:]
}

// Signer signs checkpoints; it holds the private key.
type Signer struct {
	signer note.Signer
	public string
}

// Public is the key with which anybody can check what the signer signed.
func (s Signer) Public() string { return s.public }

// GenerateKey makes an Ed25519 key pair in the form of signed notes. The name
// appears in every signature and must not contain spaces or plus signs.
func GenerateKey(random interface{ Read([]byte) (int, error) }, name string) (private, public string, err error) {
	return note.GenerateKey(random, name)
}

// NewSigner reads a pair made by GenerateKey.
func NewSigner(private, public string) (Signer, error) {
	s, err := note.NewSigner(private)
	if err != nil {
		return Signer{}, errors.New("the private key of the ledger cannot be read") // the cause would print the key
	}
	if _, err := note.NewVerifier(public); err != nil {
		return Signer{}, fmt.Errorf("the public key of the ledger: %w", err)
	}
	return Signer{signer: s, public: public}, nil
}

// Sign writes the checkpoint as a signed note (C2SP tlog-checkpoint: origin, size
// and root, one per line).
func (s Signer) Sign(c Checkpoint) (string, error) {
	if s.signer == nil {
		return "", errors.New("the ledger has no key to sign with")
	}
	if c.Origin == "" || strings.ContainsAny(c.Origin, "\r\n") {
		return "", fmt.Errorf("the origin of a checkpoint is one line of text, not %q", c.Origin)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	return string(signed), err
}

// OpenCheckpoint verifies a signed note and reads it. public holds the public key,
// or several, one per line, of which any may have signed.
func OpenCheckpoint(signed, public string) (Checkpoint, error) {
	var keys []note.Verifier
	for line := range strings.Lines(public) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("the public key of the ledger: %w", err)
		}
		if !slices.ContainsFunc(keys, func(k note.Verifier) bool { return k.Name() == v.Name() && k.KeyHash() == v.KeyHash() }) {
			keys = append(keys, v)
		}
	}
	if len(keys) == 0 {
		return Checkpoint{}, errors.New("there is no public key of the ledger")
	}
	n, err := note.Open([]byte(signed), note.VerifierList(keys...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the signature of the checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 {
		return Checkpoint{}, errors.New("the checkpoint is not three lines of text")
	}
	c := Checkpoint{Origin: lines[0]}
	if _, err := fmt.Sscanf(lines[1], "%d", &c.Size); err != nil || c.Size < 0 {
		return Checkpoint{}, fmt.Errorf("the size of the checkpoint is %q", lines[1])
	}
	if c.Root, err = ParseHash(lines[2]); err != nil {
		return Checkpoint{}, fmt.Errorf("the root of the checkpoint: %w", err)
	}
	return c, nil
}
