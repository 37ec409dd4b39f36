package incident

import "time"

// The ways in which signals come.
const (
	Webhook = "webhook"
	Mail    = "mail"
)

// Source is a system that sends what it saw, or a mail address that people write to:
// with a token, of which the hash is kept.
// What it sends becomes a security event, and an incident only when a person says so.
type Source struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Kind         string    `json:"kind"` // Webhook or Mail
	Name         string    `json:"name"`
	TokenHash    string    `json:"-"`
	Sealed       string    `json:"-"`                 // the token of a mail address, which people look up again; "" for a webhook
	Mapping      string    `json:"mapping,omitempty"` // of exchange/signal; "": usual names
	Window       int64     `json:"window"`            // minutes in which the same again joins the open case; 0: never
	CreatedBy    string    `json:"created_by"`        // person
	CreatedAt    time.Time `json:"created_at"`
	RevokedAt    time.Time `json:"revoked_at"` // zero: it may send
	Version      int64     `json:"version"`
}

// Signal is one message of a source, as it came.
type Signal struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Source       string    `json:"source"`
	Incident     string    `json:"incident"`           // the case that it opened or joined
	Event        string    `json:"event,omitempty"`    // the sender's own name of it, unique with the source
	Alike        string    `json:"alike"`              // the same for signals that say the same
	Title        string    `json:"title"`              // as taken over
	Severity     string    `json:"severity,omitempty"` // in the sender's words
	Host         string    `json:"host,omitempty"`
	At           time.Time `json:"at"` // when the sender saw it; zero: it did not say
	ReceivedAt   time.Time `json:"received_at"`
	SHA256       string    `json:"sha256"` // of the message
	Raw          string    `json:"-"`      // the message itself; of a mail that is large or no text, its head and its text. Lists leave it out
	Size         int64     `json:"size"`   // of the message, in bytes
}

// Standing is what came from a source so far.
type Standing struct {
	Source string
	Count  int64
	Last   time.Time
}
