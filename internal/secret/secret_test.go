package secret_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/secret"
)

// cheap keeps the tests fast.
var cheap = secret.Cost{Time: 1, Memory: 64, Threads: 1}

func passwords(t testing.TB, c secret.Cost) *secret.Passwords {
	t.Helper()
	p, err := secret.NewPasswords(c, 2)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPasswords(t *testing.T) {
	p := passwords(t, cheap)
	ctx := context.Background()
	hash, err := p.Hash(ctx, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := p.Hash(ctx, "correct horse"); again == hash {
		t.Error("two hashes of one password are equal: the salt is missing")
	}
	if strings.Contains(hash, "correct") {
		t.Error("the hash shows the password")
	}
	if stale, err := p.Check(ctx, hash, "correct horse"); err != nil || stale {
		t.Errorf("the right password: stale %v, %v", stale, err)
	}
	for _, wrong := range []string{"", "correct hors", "Correct horse", strings.Repeat("x", 2000)} {
		if _, err := p.Check(ctx, hash, wrong); !errors.Is(err, secret.ErrPassword) {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
	if _, err := p.Check(ctx, "", "anything"); !errors.Is(err, secret.ErrPassword) {
		t.Errorf("no account: %v", err)
	}
	dearer := passwords(t, secret.Cost{Time: 2, Memory: 64, Threads: 1})
	if stale, err := dearer.Check(ctx, hash, "correct horse"); err != nil || !stale {
		t.Errorf("a hash of another cost: stale %v, %v", stale, err)
	}
	if _, err := p.Hash(ctx, strings.Repeat("x", 1025)); err == nil {
		t.Error("a password of 1,025 bytes was accepted")
	}
	for _, damaged := range []string{"x", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$!!"} {
		if _, err := p.Check(ctx, damaged, "x"); err == nil || errors.Is(err, secret.ErrPassword) {
			t.Errorf("damaged hash %q: %v", damaged, err)
		}
	}
}

func TestSeal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	box, err := secret.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v", info.Mode())
	}
	sealed, err := box.Seal("totp", "person-1", []byte("JBSWY3DP"))
	if err != nil {
		t.Fatal(err)
	}
	same, err := secret.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := same.Open("totp", "person-1", sealed); err != nil || string(plain) != "JBSWY3DP" {
		t.Errorf("opened %q, %v", plain, err)
	}
	other, _ := secret.NewBox(make([]byte, 32))
	for name, open := range map[string]func() ([]byte, error){
		"another key":     func() ([]byte, error) { return other.Open("totp", "person-1", sealed) },
		"another purpose": func() ([]byte, error) { return box.Open("mail", "person-1", sealed) },
		"another owner":   func() ([]byte, error) { return box.Open("totp", "person-2", sealed) },
		"altered":         func() ([]byte, error) { return box.Open("totp", "person-1", "A"+sealed[1:]+"A") },
	} {
		if plain, err := open(); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.LoadKey(path); err == nil {
		t.Error("a damaged key file was accepted")
	}
}

func TestToken(t *testing.T) {
	a, hash := secret.NewToken()
	b, _ := secret.NewToken()
	if a == b || len(a) < 26 || strings.Contains(hash, a) || secret.TokenHash(a) != hash {
		t.Errorf("tokens %q %q, hash %q", a, b, hash)
	}
}

func BenchmarkPassword(b *testing.B) {
	p := passwords(b, secret.DefaultCost)
	for b.Loop() {
		if _, err := p.Hash(context.Background(), "correct horse battery"); err != nil {
			b.Fatal(err)
		}
	}
}
