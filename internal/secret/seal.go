// Package secret keeps secrets: passwords are hashed with argon2id, stored
// secrets are sealed with AES-256-GCM under a key that lies outside the database,
// and tokens are random and stored as hashes only.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// keyBytes is the length of the master key.
const keyBytes = 32

// ErrSealed is returned when a sealed value cannot be opened: another key, another
// purpose, or altered bytes.
var ErrSealed = errors.New("the sealed value cannot be opened with this key")

// Box seals and opens values under one master key. The zero value cannot be used.
type Box struct{ master []byte }

// LoadKey reads the master key from a file, or makes the file (readable by its
// owner only) when there is none.
func LoadKey(path string) (Box, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return Box{}, fmt.Errorf("read the key file: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != keyBytes {
		return Box{}, fmt.Errorf("the key file %s does not hold a key; expected %d bytes in base64", path, keyBytes)
	}
	return Box{master: key}, nil
}

func makeKey(path string) (Box, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return Box{}, fmt.Errorf("make a key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Box{}, fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Box{}, fmt.Errorf("write the key file: %w", err)
	}
	return Box{master: key}, nil
}

// NewBox uses a key of 32 bytes that is kept elsewhere.
func NewBox(key []byte) (Box, error) {
	if len(key) != keyBytes {
		return Box{}, fmt.Errorf("the key has %d bytes; expected %d", len(key), keyBytes)
	}
	return Box{master: key}, nil
}

func (b Box) aead(purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, b.master, nil, "nisaba "+purpose, keyBytes)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare the cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts a value for one purpose, such as "totp", bound to an owner, such
// as the id of a person, so that it cannot be moved to another record.
func (b Box) Seal(purpose, owner string, plain []byte) (string, error) {
	a, err := b.aead(purpose)
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(a.Seal(nil, nil, plain, []byte(owner))), nil
}

// Open decrypts what Seal made for the same purpose and owner; else ErrSealed.
func (b Box) Open(purpose, owner, sealed string) ([]byte, error) {
	a, err := b.aead(purpose)
	if err != nil {
		return nil, err
	}
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, ErrSealed
	}
	plain, err := a.Open(nil, nil, raw, []byte(owner))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// NewToken makes a random token of 130 bits and the hash under which it is stored.
func NewToken() (token, hash string) {
	token = strings.ToLower(rand.Text())
	return token, TokenHash(token)
}

// TokenHash is what is stored of a token. A plain SHA-256 is enough, because the
// token itself is random and long.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
