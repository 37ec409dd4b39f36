package country_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/law/country"
)

func shippedKey(t testing.TB) string {
	t.Helper()
	key, err := country.PublicKey(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestShippedBundleVerifies fails when a pack was changed and not signed again:
// make sign-packs KEY=file.
func TestShippedBundleVerifies(t *testing.T) {
	if err := country.Verify(content.FS, shippedKey(t)); err != nil {
		t.Fatal(err)
	}
	s, err := country.Open(content.FS, load(t).Version, shippedKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.Version < 1 || s.Version != load(t).Version {
		t.Errorf("version %d, loaded %d", s.Version, load(t).Version)
	}
}

// signed is a bundle with a fresh key, at a version.
func signed(t testing.TB, version int) (bundle fstest.MapFS, private, public string) {
	t.Helper()
	private, public, err := country.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bundle = bundleOf(t)
	resign(t, bundle, private, version)
	return bundle, private, public
}

func resign(t testing.TB, bundle fstest.MapFS, private string, version int) {
	t.Helper()
	note, err := country.Sign(bundle, private, version)
	if err != nil {
		t.Fatal(err)
	}
	bundle["packs.note"] = &fstest.MapFile{Data: note}
}

// TestOneFlippedBitIsRefused goes through every pack; the error names the file.
func TestOneFlippedBitIsRefused(t *testing.T) {
	bundle, _, public := signed(t, 1)
	for name, file := range bundle {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, at := range []int{0, len(file.Data) / 2, len(file.Data) - 1} {
			good := file.Data
			file.Data = bytes.Clone(good)
			file.Data[at] ^= 1
			for what, err := range map[string]error{"Verify": country.Verify(bundle, public), "Open": openError(bundle, public)} {
				if !errors.Is(err, country.ErrSignature) || !strings.Contains(err.Error(), name+" was changed") {
					t.Errorf("%s with byte %d of %s flipped: %v", what, at, name, err)
				}
			}
			file.Data = good
		}
	}
	if err := country.Verify(bundle, public); err != nil {
		t.Errorf("restored: %v", err)
	}
}

func openError(fsys fs.FS, keys ...string) error {
	_, err := country.Open(fsys, 1, keys...)
	return err
}

// TestAnyByteOfTheNoteCounts: neither the list nor its signature can be changed.
func TestAnyByteOfTheNoteCounts(t *testing.T) {
	bundle, _, public := signed(t, 3)
	note := bundle["packs.note"].Data
	for at := range note {
		for bit := range 8 {
			changed := bytes.Clone(note)
			changed[at] ^= 1 << bit
			bundle["packs.note"].Data = changed
			if err := openError(bundle, public); err == nil {
				t.Fatalf("the note with bit %d of byte %d (%q) flipped was accepted", bit, at, note[at])
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	bundle, private, public := signed(t, 5)
	_, stranger, err := country.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	without := func(name string) fs.FS {
		out := fstest.MapFS{}
		for n, f := range bundle {
			if n != name {
				out[n] = f
			}
		}
		return out
	}
	extra := without("")
	extra.(fstest.MapFS)["messages/en.json"] = &fstest.MapFile{Data: []byte(`{}`)}
	for _, tc := range []struct {
		name    string
		fsys    fs.FS
		atLeast int
		keys    []string
		want    error
		says    string
	}{
		{"older", bundle, 6, []string{public}, country.ErrOlder, "version 5; expected version 6"},
		{"unknown key", bundle, 1, []string{stranger}, country.ErrSignature, "not signed with a key"},
		{"no key", bundle, 1, nil, country.ErrSignature, "not signed with a key"},
		{"no note", without("packs.note"), 1, []string{public}, country.ErrSignature, "packs.note is missing"},
		{"listed and missing", without("de.yaml"), 1, []string{public}, country.ErrSignature, "de.yaml is listed and missing"},
		{"not listed", extra, 1, []string{public}, country.ErrSignature, "messages/en.json is not listed"},
	} {
		_, err := country.Open(tc.fsys, tc.atLeast, tc.keys...)
		if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v; want %q", tc.name, err, tc.says)
		}
	}
	if s, err := country.Open(bundle, 5, stranger, public); err != nil || s.Version != 5 {
		t.Errorf("with two keys: %v", err)
	}
	if _, err := country.Open(bundle, 1, "no key at all"); err == nil {
		t.Error("a key that is none was accepted")
	}
	resign(t, bundle, private, 6)
	if s, err := country.Open(bundle, 6, public); err != nil || s.Version != 6 {
		t.Errorf("version 6: %v", err)
	}
}

// TestBundleBringsSentences: messages are signed with the packs.
func TestBundleBringsSentences(t *testing.T) {
	bundle, private, public := signed(t, 2)
	bundle["messages/en.json"] = &fstest.MapFile{Data: []byte(`{"country.de.new": "New."}`)}
	resign(t, bundle, private, 2)
	s, err := country.Open(bundle, 1, public)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s.Messages()["en"]); !strings.Contains(got, "country.de.new") {
		t.Errorf("messages %q", got)
	}
	bundle["messages/en.json"].Data = []byte(`{"country.de.new": "Old."}`)
	if err := openError(bundle, public); err == nil || !strings.Contains(err.Error(), "messages/en.json was changed") {
		t.Errorf("changed message: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	bundle, private, _ := signed(t, 1)
	if _, err := country.Sign(bundle, private, 0); err == nil {
		t.Error("signed as version 0")
	}
	if _, err := country.Sign(bundle, "no key", 1); err == nil {
		t.Error("signed without a key")
	}
	bundle["de.yaml"] = &fstest.MapFile{Data: []byte("code: DE\n")}
	if _, err := country.Sign(bundle, private, 1); err == nil || !strings.Contains(err.Error(), "de.yaml:") {
		t.Errorf("signed a pack that does not load: %v", err)
	}
}

func TestPublicOf(t *testing.T) {
	private, public, err := country.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := country.PublicOf(private + "\n"); err != nil || got != public {
		t.Errorf("%q, %v; want %q", got, err, public)
	}
	for _, bad := range []string{"", public, "PRIVATE+KEY+x", "PRIVATE+KEY+x+1+!", private[:len(private)-8]} {
		if key, err := country.PublicOf(bad); err == nil {
			t.Errorf("%q gives %q", bad, key)
		}
	}
}
