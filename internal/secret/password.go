package secret

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// Cost is the price of one password hash with argon2id (RFC 9106).
type Cost struct {
	Time    uint32 // passes
	Memory  uint32 // KiB
	Threads uint8
}

// DefaultCost is the second recommendation of RFC 9106 section 4 with less memory
// and the passes that make up for it, so that sign-ins fit a small server.
var DefaultCost = Cost{Time: 3, Memory: 32 << 10, Threads: 2}

const (
	saltBytes = 16
	hashBytes = 32
	// maxPasswordBytes bounds what is hashed.
	maxPasswordBytes = 1024
)

// ErrPassword is returned when a password does not match, or there is none.
var ErrPassword = errors.New("the password does not match")

// Passwords hashes and checks passwords, a few at a time, so that many sign-ins
// cannot exhaust the memory. It is safe for concurrent use.
type Passwords struct {
	cost  Cost
	room  *semaphore.Weighted
	decoy string
}

// NewPasswords prepares hashing with at most parallel hashes at a time.
func NewPasswords(cost Cost, parallel int) (*Passwords, error) {
	p := &Passwords{cost: cost, room: semaphore.NewWeighted(int64(parallel))}
	random := make([]byte, saltBytes+hashBytes) // what no password leads to needs not be derived
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("make a salt: %w", err)
	}
	p.decoy = p.encoded(random[:saltBytes], random[saltBytes:])
	return p, nil
}

// Hash returns the encoded hash of a password, with its cost and salt. A password
// of more than 1,024 bytes is an error.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > maxPasswordBytes {
		return "", fmt.Errorf("the password has %d bytes; at most %d are allowed", len(password), maxPasswordBytes)
	}
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("make a salt: %w", err)
	}
	key, err := p.derive(ctx, password, salt, p.cost)
	if err != nil {
		return "", err
	}
	return p.encoded(salt, key), nil
}

func (p *Passwords) encoded(salt, key []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.cost.Memory, p.cost.Time, p.cost.Threads,
		enc.EncodeToString(salt), enc.EncodeToString(key))
}

// Check compares a password with an encoded hash. An empty hash takes the same
// time as a wrong password, so that nobody learns which accounts exist. stale
// says that the hash was made at another cost and should be made anew.
func (p *Passwords) Check(ctx context.Context, encoded, password string) (stale bool, err error) {
	known := encoded != ""
	if !known {
		encoded = p.decoy
	}
	cost, salt, want, err := decode(encoded)
	if err != nil {
		return false, err
	}
	if len(password) > maxPasswordBytes {
		password = ""
	}
	got, err := p.derive(ctx, password, salt, cost)
	if err != nil {
		return false, err
	}
	if subtle.ConstantTimeCompare(got, want) != 1 || !known {
		return false, ErrPassword
	}
	return cost != p.cost, nil
}

func (p *Passwords) derive(ctx context.Context, password string, salt []byte, c Cost) ([]byte, error) {
	if err := p.room.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait for a free place to hash: %w", err)
	}
	defer p.room.Release(1)
	return argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, hashBytes), nil
}

// decode reads an encoded hash and refuses costs that would stall the server.
func decode(encoded string) (c Cost, salt, key []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return c, nil, nil, errors.New("the stored password hash has an unknown form")
	}
	var version int
	if _, err = fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return c, nil, nil, errors.New("the stored password hash has an unknown version")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return c, nil, nil, fmt.Errorf("the stored password hash has no cost: %w", err)
	}
	if c.Memory > 1<<20 || c.Time > 20 || c.Threads == 0 {
		return c, nil, nil, errors.New("the stored password hash has an unreasonable cost")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, fmt.Errorf("the stored password hash has no salt: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) != hashBytes {
		return c, nil, nil, errors.New("the stored password hash is damaged")
	}
	return c, salt, key, nil
}
