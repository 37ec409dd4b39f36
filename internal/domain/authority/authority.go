// Package authority holds what an authority keeps of the reports that entities
// file with it: who may file by which key, the cases, the reports with their exact
// bytes, and what was said in both directions. A registered entity is an
// organisation of the authority's workspace.
package authority

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"time"
)

// Key lets an entity file. It is invited with a code, and pinned when the entity
// comes with the code and proves that it holds the private key.
type Key struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	KeyID        string    `json:"key_id,omitempty"`     // as in signatures; "" until it is registered
	PublicKey    string    `json:"public_key,omitempty"` // ed25519, base64
	CodeHash     string    `json:"-"`                    // of the code of the invitation
	ExpiresAt    time.Time `json:"expires_at"`           // of the invitation
	RegisteredAt time.Time `json:"registered_at"`
	RevokedAt    time.Time `json:"revoked_at"`
	CreatedBy    string    `json:"created_by"`
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// Valid reports whether the key may sign.
func (k Key) Valid() bool { return k.KeyID != "" && k.RevokedAt.IsZero() }

// The states of a case.
const (
	Open   = "open"
	Closed = "closed"
)

// Case is one incident of an entity under one regime, as the authority sees it.
type Case struct {
	ID              string    `json:"id"`
	Organisation    string    `json:"organisation"`     // the entity
	EntityCase      string    `json:"entity_case"`      // id of the incident at the entity
	EntityReference string    `json:"entity_reference"` // the entity's own number
	Regime          string    `json:"regime"`
	Country         string    `json:"country"`
	Reference       string    `json:"reference"` // the authority's
	State           string    `json:"state"`
	Handler         string    `json:"handler,omitempty"` // person
	Voluntary       bool      `json:"voluntary"`         // Directive (EU) 2022/2555 Art. 30
	Exercise        bool      `json:"exercise"`
	TLP             string    `json:"tlp"`
	AwareAt         time.Time `json:"aware_at"` // as the entity says, of the report that came last
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
	Version         int64     `json:"version"`
}

// Reference is the authority's number of a case: the year, and forty bits of the
// hash of its id, which tell nobody how many cases there are.
func Reference(id string, at time.Time) string {
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf("%d-%s", at.UTC().Year(), base32.StdEncoding.EncodeToString(sum[:5]))
}

// Report is a report as it was received, which is never changed, and what the
// authority made of it.
type Report struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Case         string    `json:"case"`
	Report       string    `json:"report"` // id at the entity
	Corrects     string    `json:"corrects,omitempty"`
	Stage        string    `json:"stage"`
	Form         string    `json:"form"`
	FormVersion  int       `json:"form_version"`
	KeyID        string    `json:"key_id"` // whose signature it came with
	Media        string    `json:"media"`
	Content      string    `json:"-"`      // the exact bytes; base64 unless Media is JSON
	SHA256       string    `json:"sha256"` // of Content, hexadecimal
	Receipt      string    `json:"receipt"`
	SubmittedAt  time.Time `json:"submitted_at"` // as the entity says
	DueAt        time.Time `json:"due_at"`       // as the entity says
	ReceivedAt   time.Time `json:"received_at"`

	Channel     string    `json:"channel"` // how it came: OnTheWire or ByHand
	Regime      string    `json:"regime"`
	Sector      string    `json:"sector"`       // main sector of the entity when it came; "" when the register does not say
	Class       string    `json:"class"`        // of the entity when it came
	CrossBorder string    `json:"cross_border"` // "yes", "no", "unknown" or "": not said
	Voluntary   bool      `json:"voluntary"`
	Exercise    bool      `json:"exercise"`
	Late        bool      `json:"late"`       // made after its deadline: arrived on the wire, or handed over as the officer says
	AnswerDue   time.Time `json:"answer_due"` // of the authority's own answer; zero: none is due
	AnsweredAt  time.Time `json:"answered_at"`

	Review         string    `json:"review"` // Unseen, Passed, Revise or Mended
	ReviewedBy     string    `json:"reviewed_by,omitempty"`
	ReviewedByName string    `json:"reviewed_by_name,omitempty"`
	ReviewedAt     time.Time `json:"reviewed_at"`
	MendDue        time.Time `json:"mend_due"` // by when the entity is to mend it, of one that was sent back; zero: no time was set
	Version        int64     `json:"version"`
}

// The kinds of messages.
const (
	Receipt   = "receipt"   // out: a report came
	Question  = "question"  // out
	Request   = "request"   // out: an intermediate report, Directive (EU) 2022/2555 Art. 23(4)(c)
	Renamed   = "reference" // out: the authority's own number of the case
	Decision  = "decision"  // out
	Revision  = "revision"  // out: a report is sent back, to be mended by another one
	Settled   = "settled"   // out: a report that was sent back can stay as it is after all
	Feedback  = "feedback"  // out: the answer to an early warning, Directive (EU) 2022/2555 Art. 23(5)
	Remark    = "remark"    // stays in the house
	Answer    = "answer"    // in: to a question
	Statement = "statement" // in: said by the entity without being asked
)

// Message is one thing that was said, out to the entity or in from it.
type Message struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Case         string    `json:"case"`
	Number       int64     `json:"number"`           // order of what goes out to an entity, from 1; 0: it came in
	Remote       string    `json:"remote,omitempty"` // id at the entity, of what came in
	Kind         string    `json:"kind"`
	About        string    `json:"about,omitempty"` // id of the report at the entity, or of the question
	Text         string    `json:"text"`
	DueAt        time.Time `json:"due_at"`
	By           string    `json:"by"` // person; "" for the platform and for entities
	ByName       string    `json:"by_name"`
	CreatedAt    time.Time `json:"created_at"`
}

// Out reports whether the message goes to the entity.
func (m Message) Out() bool { return m.Number > 0 }
