package ledger_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
)

// signedProof proves entry 5 in a signed ledger of 20 entries, which continues a
// signed one of 9.
func signedProof(t *testing.T) (p ledger.Proof, public string) {
	t.Helper()
	private, public, err := ledger.GenerateKey(rand.Reader, "nisaba")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.NewSigner(private, public)
	if err != nil {
		t.Fatal(err)
	}
	tr := grow(20)
	head := func(size int64) ledger.Head {
		note, err := s.Sign(ledger.Checkpoint{Origin: "example.org/w1", Size: size, Root: tr.roots[size]})
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Head{Size: size, Root: tr.roots[size].String(), Checkpoint: note}
	}
	p = ledger.NewProof("w1", head(20))
	included, err := ledger.Inclusion(20, 5, tr.read)
	if err != nil {
		t.Fatal(err)
	}
	p.Include(entry(5), included)
	extends, err := ledger.Consistency(9, 20, tr.read)
	if err != nil {
		t.Fatal(err)
	}
	p.Continue(head(9), extends)
	return p, public
}

// TestProofFile: a proof survives being a file, and shows what it says and by whom
// it is signed, also when the key is one of several.
func TestProofFile(t *testing.T) {
	p, public := signedProof(t)
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	p, err = ledger.ReadProof(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	_, other := signedProof(t)
	v, err := p.Check(other + "\n" + public + "\n")
	if err != nil || !v.Signed || !v.EarlierSigned || v.Origin != "example.org/w1" || v.Entry == nil || v.Entry.Hash("w1") != entry(5).Hash("w1") {
		t.Errorf("%+v %v", v, err)
	}
	if v, err := p.Check(""); err != nil || v.Signed || v.EarlierSigned {
		t.Errorf("without a key: %+v %v", v, err)
	}
	for _, text := range []string{"", "{}", `{"format":"nisaba-proof/2"}`, strings.Replace(string(b), `"format"`, `"colour":1,"format"`, 1)} {
		if _, err := ledger.ReadProof(strings.NewReader(text)); err == nil {
			t.Errorf("%.60q was read as a proof", text)
		}
	}
}

// TestForgedProofs: whatever is changed in a proof, it does not hold any more.
func TestForgedProofs(t *testing.T) {
	_, stranger := signedProof(t)
	for name, forge := range map[string]func(p *ledger.Proof, key *string){
		"the entry":           func(p *ledger.Proof, _ *string) { p.Leaf = strings.Replace(p.Leaf, "because", "becausE", 1) },
		"spaces in the entry": func(p *ledger.Proof, _ *string) { p.Leaf = strings.Replace(p.Leaf, ",", ", ", 1) },
		"the entry's number":  func(p *ledger.Proof, _ *string) { p.Entry = 6 },
		"the workspace":       func(p *ledger.Proof, _ *string) { p.Workspace = "w2" },
		"a hash of the path":  func(p *ledger.Proof, _ *string) { p.Inclusion[0] = p.Inclusion[1] },
		"a missing hash":      func(p *ledger.Proof, _ *string) { p.Inclusion = p.Inclusion[1:] },
		"a hash that is none": func(p *ledger.Proof, _ *string) { p.Inclusion[0] = "x" },
		"the size":            func(p *ledger.Proof, _ *string) { p.Head.Size++ },
		"the root":            func(p *ledger.Proof, _ *string) { p.Head.Root = p.Earlier.Root },
		"the checkpoint":      func(p *ledger.Proof, _ *string) { p.Head.Checkpoint = p.Earlier.Checkpoint },
		"the signature": func(p *ledger.Proof, _ *string) {
			p.Head.Checkpoint = strings.Replace(p.Head.Checkpoint, "\n20\n", "\n21\n", 1)
		},
		"the key":               func(_ *ledger.Proof, key *string) { *key = stranger },
		"the earlier size":      func(p *ledger.Proof, _ *string) { p.Earlier.Size = 8 },
		"an earlier size of 0":  func(p *ledger.Proof, _ *string) { p.Earlier.Size = 0 },
		"a later earlier size":  func(p *ledger.Proof, _ *string) { p.Earlier.Size = 21 },
		"the earlier root":      func(p *ledger.Proof, _ *string) { p.Earlier.Root = p.Head.Root },
		"a hash of the growth":  func(p *ledger.Proof, _ *string) { p.Extension[0] = p.Inclusion[0] },
		"nothing that is shown": func(p *ledger.Proof, _ *string) { p.Leaf, p.Earlier = "", nil },
	} {
		p, key := signedProof(t)
		forge(&p, &key)
		if v, err := p.Check(key); err == nil {
			t.Errorf("%s was changed, and the proof holds: %+v", name, v)
		}
	}
}
