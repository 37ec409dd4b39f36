// Package account holds how people prove who they are: sessions, passkeys,
// recovery codes and API tokens. Secrets are stored as hashes or sealed and never
// reach JSON.
package account

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// Session is one signed-in device of a person.
type Session struct {
	ID        string    `json:"id"`
	Person    string    `json:"person"`
	Workspace string    `json:"workspace"` // the one shown; "" before the choice
	TokenHash string    `json:"-"`
	From      string    `json:"from"` // address
	Device    string    `json:"device"`
	MFA       bool      `json:"mfa"`
	StepUpAt  time.Time `json:"step_up_at"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Data      string    `json:"-"` // short-lived state of the pages, such as a challenge
}

// Live reports whether the session may still be used.
func (s Session) Live(at time.Time) bool { return at.Before(s.ExpiresAt) }

// Passkey is a WebAuthn credential.
type Passkey struct {
	ID         string    `json:"id"` // credential id, base64url
	Person     string    `json:"person"`
	Name       string    `json:"name"`
	Credential string    `json:"-"` // public key and counters, as JSON
	CreatedAt  time.Time `json:"created_at"`
	UsedAt     time.Time `json:"used_at"`
}

// RecoveryCode replaces a lost second factor once.
type RecoveryCode struct {
	Person string    `json:"person"`
	Hash   string    `json:"-"`
	UsedAt time.Time `json:"used_at"`
}

// Token lets a program in with a role in a workspace, or in one organisation.
type Token struct {
	ID           string      `json:"id"`
	Workspace    string      `json:"workspace"`
	Organisation string      `json:"organisation"` // "" = the whole workspace
	Name         string      `json:"name"`
	Role         tenant.Role `json:"role"`
	Hash         string      `json:"-"`
	CreatedBy    string      `json:"created_by"`
	CreatedAt    time.Time   `json:"created_at"`
	ExpiresAt    time.Time   `json:"expires_at"`
	UsedAt       time.Time   `json:"used_at"`
	RevokedAt    time.Time   `json:"revoked_at"`
}

// Live reports whether the token may still be used.
func (t Token) Live(at time.Time) bool { return t.RevokedAt.IsZero() && at.Before(t.ExpiresAt) }

// PassKind is what a pass is for.
type PassKind string

// The kinds of passes.
const (
	Challenge     PassKind = "challenge" // of a passkey; Data is the state of the ceremony
	PasswordReset PassKind = "reset"     // the holder may set a new password
	SignInLink    PassKind = "sign-in"   // opens a session once, on the server's own machine
	KnownDevice   PassKind = "device"    // the person signed in with this browser before
)

// Pass is something short that its holder shows later: the answer to a challenge,
// the token of a link, the cookie of a browser. It is stored under its hash.
type Pass struct {
	Hash      string    `json:"-"`
	Kind      PassKind  `json:"kind"`
	Person    string    `json:"person"` // "" where nobody is known yet
	Data      string    `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}
