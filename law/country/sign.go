package country

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The signed list of a bundle is a note in the format of
// golang.org/x/mod/sumdb/note with an Ed25519 signature. Its text is
//
//	nisaba country packs
//	version 1
//	<sha-256 in hexadecimal>  at.yaml
//	…
//
// one line per file, sorted by name, in the format of sha256sum. Every file of
// the bundle is listed but packs.note and packs.pub.
const (
	noteTitle = "nisaba country packs"
	keyName   = "nisaba-country-packs"
)

// ErrSignature marks every error that says a bundle cannot be trusted.
var ErrSignature = errors.New("the country packs are not as they were signed")

// ErrOlder marks the refusal of a bundle that is rightly signed but older than
// what the program has.
var ErrOlder = errors.New("the country packs are older than those at hand")

// NewKey makes a pair of keys with randomness from random (crypto/rand.Reader).
// The private key must stay outside the repository; the public key goes to
// packs.pub.
func NewKey(random io.Reader) (private, public string, err error) {
	private, public, err = note.GenerateKey(random, keyName)
	if err != nil {
		return "", "", fmt.Errorf("make a key pair: %w", err)
	}
	return private, public, nil
}

// PublicOf is the public key that belongs to a private key of NewKey.
func PublicOf(privateKey string) (string, error) {
	fields := strings.SplitN(strings.TrimSpace(privateKey), "+", 5) // PRIVATE, KEY, name, hash, key
	if len(fields) != 5 || fields[0] != "PRIVATE" || fields[1] != "KEY" {
		return "", errors.New("the private key cannot be read; expected one line that begins with PRIVATE+KEY+")
	}
	key, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil || len(key) != 1+ed25519.SeedSize {
		return "", errors.New("the private key cannot be read; expected an Ed25519 key")
	}
	public := ed25519.NewKeyFromSeed(key[1:]).Public().(ed25519.PublicKey)
	verifier, err := note.NewEd25519VerifierKey(fields[2], public)
	if err != nil {
		return "", fmt.Errorf("derive the public key: %w", err)
	}
	return verifier, nil
}

// Sign lists every file of the bundle with its SHA-256 and signs the list. The
// packs must load without error, and version must be at least 1.
func Sign(fsys fs.FS, privateKey string, version int) ([]byte, error) {
	if version < 1 {
		return nil, fmt.Errorf("sign the country packs: version %d; expected a whole number from 1", version)
	}
	signer, err := note.NewSigner(strings.TrimSpace(privateKey))
	if err != nil {
		return nil, fmt.Errorf("sign the country packs: the private key cannot be read: %w", err)
	}
	files, err := readBundle(fsys)
	if err != nil {
		return nil, err
	}
	if _, err := assemble(files, version); err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: listing(files, version)}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign the country packs: %w", err)
	}
	return signed, nil
}

// listing is the text of the note.
func listing(files map[string][]byte, version int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nversion %d\n", noteTitle, version)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != noteFile && name != keyFile {
			fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(files[name]), name)
		}
	}
	return b.String()
}

// Verify checks that the bundle is signed with the key and that its files are
// exactly those listed. The error, an ErrSignature, names the file that differs.
func Verify(fsys fs.FS, publicKey string) error {
	files, err := readBundle(fsys)
	if err != nil {
		return err
	}
	_, err = verify(files, publicKey)
	return err
}

// Open loads a bundle from outside the program, a folder or an opened zip file.
// It must be signed with one of the public keys (lines in the form of packs.pub)
// and its version must not be lower than atLeast, the version of the embedded
// bundle: an old bundle, though signed, would bring back old law (ErrOlder). Any
// other mistrust is an ErrSignature that names the file.
func Open(fsys fs.FS, atLeast int, publicKeys ...string) (*Set, error) {
	files, err := readBundle(fsys)
	if err != nil {
		return nil, err
	}
	version, err := verify(files, publicKeys...)
	if err != nil {
		return nil, err
	}
	if version < atLeast {
		return nil, fmt.Errorf("%w: version %d; expected version %d or later", ErrOlder, version, atLeast)
	}
	return assemble(files, version)
}

// PublicKey reads the public key of a bundle, the content of packs.pub.
func PublicKey(fsys fs.FS) (string, error) {
	files, err := readBundle(fsys)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(files[keyFile]))
	if key == "" {
		return "", fmt.Errorf("%s is missing or empty; expected the public key of the country packs", keyFile)
	}
	return key, nil
}

// verify returns the version of a bundle that is as it was signed.
func verify(files map[string][]byte, publicKeys ...string) (version int, err error) {
	var verifiers []note.Verifier
	for _, key := range publicKeys {
		v, err := note.NewVerifier(strings.TrimSpace(key))
		if err != nil {
			return 0, fmt.Errorf("the public key %q cannot be read: %w", key, err)
		}
		verifiers = append(verifiers, v)
	}
	signed, ok := files[noteFile]
	if !ok {
		return 0, fmt.Errorf("%w: %s is missing", ErrSignature, noteFile)
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %s", ErrSignature, noteFile, explain(err))
	}
	if !canonicalSignatures(opened) {
		return 0, fmt.Errorf("%w: %s: the signature is not written as the program writes it", ErrSignature, noteFile)
	}
	version, sums, err := readListing(opened.Text)
	if err != nil {
		return 0, err
	}
	return version, compareSums(files, sums)
}

// canonicalSignatures refuses base64 whose last character has bits that say
// nothing: the note package ignores them, so that several texts would be one note.
func canonicalSignatures(n *note.Note) bool {
	for _, sig := range slices.Concat(n.Sigs, n.UnverifiedSigs) {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return false
		}
	}
	return true
}

// explain says in plain words why a note does not open.
func explain(err error) string {
	var unknown *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unknown):
		return "not signed with a key that this program knows"
	case errors.As(err, &invalid):
		return "the signature does not belong to this text; the list of files was changed"
	}
	return "not a signed note: " + err.Error()
}

func compareSums(files map[string][]byte, sums map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		data, ok := files[name]
		if !ok {
			errs = append(errs, fmt.Errorf("%w: %s is listed and missing", ErrSignature, name))
		} else if sum := fmt.Sprintf("%x", sha256.Sum256(data)); sum != sums[name] {
			errs = append(errs, fmt.Errorf("%w: %s was changed: SHA-256 %s, signed %s", ErrSignature, name, sum, sums[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, listed := sums[name]; !listed && name != noteFile && name != keyFile {
			errs = append(errs, fmt.Errorf("%w: %s is not listed in %s", ErrSignature, name, noteFile))
		}
	}
	return errors.Join(errs...)
}

// statedVersion reads the version of a note without checking its signature.
func statedVersion(signed []byte) (int, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return 0, fmt.Errorf("%s: expected a signed note", noteFile)
	}
	version, _, err := readListing(text + "\n")
	return version, err
}

func readListing(text string) (version int, sums map[string]string, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 2 || lines[0] != noteTitle {
		return 0, nil, fmt.Errorf("%s:1: expected %q", noteFile, noteTitle)
	}
	number, ok := strings.CutPrefix(lines[1], "version ")
	version, err = strconv.Atoi(number)
	if !ok || err != nil || version < 1 {
		return 0, nil, fmt.Errorf("%s:2: %q; expected \"version\" and a whole number from 1", noteFile, lines[1])
	}
	sums = make(map[string]string, len(lines))
	for i, line := range lines[2:] {
		sum, name, ok := strings.Cut(line, "  ")
		if !ok || len(sum) != 2*sha256.Size || !fs.ValidPath(name) || sums[name] != "" {
			return 0, nil, fmt.Errorf("%s:%d: %q; expected a SHA-256, two spaces and a file name", noteFile, i+3, line)
		}
		sums[name] = sum
	}
	return version, sums, nil
}
