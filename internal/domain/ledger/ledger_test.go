package ledger_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
)

func entry(seq int64) ledger.Entry {
	return ledger.Entry{
		Seq: seq, At: time.UnixMilli(1_790_000_000_000 + seq).UTC(), Actor: "p1", From: "192.0.2.1", Organisation: "o1",
		Action: "task.change", Kind: "task", Object: fmt.Sprint("t", seq),
		Before: json.RawMessage(`{"title":"old"}`), After: json.RawMessage(`{"title":"new"}`), Reason: "because",
	}
}

// tree is a store of hashes in memory.
type tree struct {
	f      ledger.Frontier
	hashes []ledger.Hash
	leaves []ledger.Hash
	roots  []ledger.Hash // by size
}

func grow(n int64) *tree {
	t := &tree{}
	t.roots = append(t.roots, t.f.Root())
	for seq := range n {
		h := entry(seq).Hash("w1")
		t.leaves = append(t.leaves, h)
		t.hashes = append(t.hashes, t.f.Append(h)...)
		t.roots = append(t.roots, t.f.Root())
	}
	return t
}

func (t *tree) read(indexes []int64) ([]ledger.Hash, error) {
	out := make([]ledger.Hash, len(indexes))
	for i, n := range indexes {
		out[i] = t.hashes[n]
	}
	return out, nil
}

func TestFrontierAgreesWithTheLibrary(t *testing.T) {
	tr := grow(200)
	for size := int64(0); size <= 200; size++ {
		want, err := tlog.TreeHash(size, tlog.HashReaderFunc(tr.read))
		if err != nil || want != tr.roots[size] {
			t.Fatalf("root of %d: %v %v", size, tr.roots[size], err)
		}
	}
	if int64(len(tr.hashes)) != ledger.StoredCount(200) {
		t.Errorf("%d hashes, want %d", len(tr.hashes), ledger.StoredCount(200))
	}
	for seq, leaf := range tr.leaves {
		if tr.hashes[ledger.StoredIndex(int64(seq))] != leaf {
			t.Errorf("leaf %d is not at its index", seq)
		}
	}
}

func TestFrontierSurvivesText(t *testing.T) {
	var f ledger.Frontier
	for seq := range int64(40) {
		text, err := f.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ledger.ParseFrontier(f.Size, string(text))
		if err != nil || back.Root() != f.Root() {
			t.Fatalf("size %d: %v", f.Size, err)
		}
		if _, err := ledger.ParseFrontier(f.Size+1, string(text)); err == nil && f.Size%2 == 0 {
			t.Errorf("size %d: one edge too few was accepted", f.Size)
		}
		f.Append(entry(seq).Hash("w1"))
	}
	if _, err := ledger.ParseFrontier(1, "nonsense"); err == nil {
		t.Error("a broken edge was accepted")
	}
}

func TestProofs(t *testing.T) {
	tr := grow(64)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 64).Draw(t, "size")
		seq := rapid.Int64Range(0, size-1).Draw(t, "seq")
		proof, err := ledger.Inclusion(size, seq, tr.read)
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.CheckInclusion(proof, size, tr.roots[size], seq, tr.leaves[seq]); err != nil {
			t.Fatal(err)
		}
		other := entry(seq)
		other.Reason = "another reason"
		if ledger.CheckInclusion(proof, size, tr.roots[size], seq, other.Hash("w1")) == nil {
			t.Fatal("a changed entry was proved")
		}
		old := rapid.Int64Range(0, size).Draw(t, "old")
		link, err := ledger.Consistency(old, size, tr.read)
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.CheckConsistency(link, old, tr.roots[old], size, tr.roots[size]); err != nil {
			t.Fatal(err)
		}
		if old > 0 && ledger.CheckConsistency(link, old, tr.leaves[0], size, tr.leaves[1]) == nil {
			t.Fatal("a wrong root was proved")
		}
	})
}

func TestEveryFieldIsInTheLeaf(t *testing.T) {
	base := entry(3).Hash("w1")
	for name, change := range map[string]func(*ledger.Entry){
		"seq":          func(e *ledger.Entry) { e.Seq++ },
		"at":           func(e *ledger.Entry) { e.At = e.At.Add(time.Millisecond) },
		"actor":        func(e *ledger.Entry) { e.Actor += "x" },
		"actor name":   func(e *ledger.Entry) { e.ActorName += "x" },
		"from":         func(e *ledger.Entry) { e.From += "x" },
		"organisation": func(e *ledger.Entry) { e.Organisation += "x" },
		"action":       func(e *ledger.Entry) { e.Action += "x" },
		"kind":         func(e *ledger.Entry) { e.Kind += "x" },
		"object":       func(e *ledger.Entry) { e.Object += "x" },
		"before":       func(e *ledger.Entry) { e.Before = nil },
		"after":        func(e *ledger.Entry) { e.After = json.RawMessage(`{"title":"neW"}`) },
		"reason":       func(e *ledger.Entry) { e.Reason += " " },
	} {
		e := entry(3)
		change(&e)
		if e.Hash("w1") == base {
			t.Errorf("a change of %s does not change the leaf", name)
		}
	}
	if entry(3).Hash("w2") == base {
		t.Error("the workspace is not in the leaf")
	}
}

func TestCheckpoints(t *testing.T) {
	private, public, err := ledger.GenerateKey(rand.Reader, "nisaba.example")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.NewSigner(private, public)
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Checkpoint{Origin: "nisaba.example/w1", Size: 17, Root: entry(1).Hash("w1")}
	signed, err := s.Sign(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ledger.OpenCheckpoint(signed, public)
	if err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := ledger.OpenCheckpoint(strings.Replace(signed, "17", "18", 1), public); err == nil {
		t.Error("a changed size was accepted")
	}
	_, stranger, err := ledger.GenerateKey(rand.Reader, "nisaba.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.OpenCheckpoint(signed, stranger); err == nil {
		t.Error("the signature of another key was accepted")
	}
	if _, err := s.Sign(ledger.Checkpoint{Origin: "two\nlines"}); err == nil {
		t.Error("an origin of two lines was signed")
	}
	if _, err := ledger.NewSigner("PRIVATE+KEY+secret", public); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

func TestCanonicalAndChanges(t *testing.T) {
	a, err := ledger.Canonical(map[string]any{"b": 1, "a": "<&>"})
	if err != nil || string(a) != `{"a":"<&>","b":1}` {
		t.Errorf("%s %v", a, err)
	}
	var nothing *int
	for _, v := range []any{nil, nothing, json.RawMessage("null")} {
		if b, err := ledger.Canonical(v); b != nil || err != nil {
			t.Errorf("%v became %s %v", v, b, err)
		}
	}
	e := ledger.Entry{Before: json.RawMessage(`{"a":1,"b":2}`), After: json.RawMessage(`{"b":3,"c":4}`)}
	got, err := e.Changes()
	want := []ledger.Field{
		{Name: "a", Before: json.RawMessage("1")},
		{Name: "b", Before: json.RawMessage("2"), After: json.RawMessage("3")},
		{Name: "c", After: json.RawMessage("4")},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v %s", err, cmp.Diff(want, got))
	}
}
