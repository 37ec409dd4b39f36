package filing

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// The paths of version 1.
const (
	Prefix       = "/filing/v1/"
	KeysPath     = Prefix + "keys"
	ReportsPath  = Prefix + "reports"
	AnswersPath  = Prefix + "answers"
	MessagesPath = Prefix + "messages" // ?after=N
)

// Limits of bodies, in bytes.
const (
	MostReport = 4 << 20
	MostOther  = 256 << 10
	mostReply  = 4 << 20
)

// MostMessages is how many messages one reply holds; the rest is fetched with a
// higher after.
const MostMessages = 100

// The format of a receipt.
const ReceiptFormat = "nisaba-receipt/1"

// Receipt is what the authority signs when it has a report.
type Receipt struct {
	Format     string    `json:"format"`
	Authority  string    `json:"authority"` // name
	Report     string    `json:"report"`    // id at the entity
	SHA256     string    `json:"sha256"`    // of the bytes as they came
	ReceivedAt time.Time `json:"received_at"`
	Reference  string    `json:"reference"` // the authority's number of the case
}

// Sealed is a receipt with the authority's signature: over the format, a line feed
// and exactly the bytes of Receipt. It can be checked for ever, without the
// connection that it came by.
type Sealed struct {
	Receipt   string `json:"receipt"` // JSON of a Receipt
	Key       string `json:"key"`     // KeyID
	Signature []byte `json:"signature"`
}

// Seal signs a receipt; the text is JSON of Sealed.
func Seal(r Receipt, key ed25519.PrivateKey) (string, error) {
	r.Format = ReceiptFormat
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("sign a receipt: %w", err)
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return "", &fault.Error{Kind: fault.Internal, What: "the private key cannot be used"}
	}
	out, err := json.Marshal(Sealed{Receipt: string(b), Key: KeyID(public), Signature: ed25519.Sign(key, receiptBase(string(b)))})
	return string(out), err
}

func receiptBase(receipt string) []byte { return []byte(ReceiptFormat + "\n" + receipt) }

// Unseal checks a signed receipt against the authority's key.
func Unseal(text string, authority ed25519.PublicKey) (Receipt, error) {
	var s Sealed
	var r Receipt
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return r, &fault.Error{Kind: fault.Invalid, Field: "receipt", What: "the receipt cannot be read", Cause: err}
	}
	if len(authority) != ed25519.PublicKeySize || !ed25519.Verify(authority, receiptBase(s.Receipt), s.Signature) {
		return r, &fault.Error{Kind: fault.Forbidden, Field: "receipt", What: "the receipt is not signed by the authority's key"}
	}
	if err := json.Unmarshal([]byte(s.Receipt), &r); err != nil || r.Format != ReceiptFormat {
		return r, &fault.Error{Kind: fault.Invalid, Field: "receipt", What: "the receipt cannot be read", Expected: ReceiptFormat}
	}
	return r, nil
}

// Registration asks the authority to pin the key that signs the request.
type Registration struct {
	Code      string `json:"code"`       // from the authority, once
	PublicKey string `json:"public_key"` // as EncodeKey
}

// Registered is the reply to a registration.
type Registered struct {
	Authority string `json:"authority"` // name
	Entity    string `json:"entity"`    // name, as the authority knows it
	KeyID     string `json:"key_id"`
}

// Answer is what the entity says: to a question, or by itself.
type Answer struct {
	ID        string    `json:"id"`
	Case      string    `json:"case"` // id of the incident at the entity
	Regime    string    `json:"regime"`
	Reference string    `json:"reference"`       // the entity's number of the case
	About     string    `json:"about,omitempty"` // id of the question; "": not asked
	Text      string    `json:"text"`
	SaidAt    time.Time `json:"said_at"`
}

// Kept is the reply to an answer.
type Kept struct {
	ID         string    `json:"id"`
	ReceivedAt time.Time `json:"received_at"`
}

// Note is one message from the authority.
type Note struct {
	Number int64     `json:"number"` // from 1, without gaps, for one entity
	ID     string    `json:"id"`
	Kind   string    `json:"kind"` // see docs/filing.md; the entity shows one that it does not know as it is
	Case   string    `json:"case"` // id of the incident at the entity
	Regime string    `json:"regime"`
	About  string    `json:"about,omitempty"` // id of the report
	Text   string    `json:"text"`            // of a receipt: JSON of Sealed
	DueAt  time.Time `json:"due_at,omitzero"` // of a question or request
	At     time.Time `json:"at"`
}

// Notes is the reply to a poll, in the order of their numbers.
type Notes struct {
	Notes []Note `json:"messages"`
	More  bool   `json:"more"` // there are others with higher numbers
}

// Problem is the reply to what is refused (RFC 9457).
type Problem struct {
	Status   int    `json:"status"`
	Code     string `json:"code"` // see docs/filing.md
	Title    string `json:"title"`
	Field    string `json:"field,omitempty"`
	Expected string `json:"expected,omitempty"`
}

// The codes of Problem.
const (
	CodeSignature = "signature" // missing, wrong, or of a key that is not known
	CodeClock     = "clock"     // made at another time than now
	CodeReplay    = "replay"    // the nonce came with another request
	CodeInvalid   = "invalid"   // the content cannot be used
	CodeConflict  = "conflict"  // the id came with other content
	CodeTooLarge  = "too_large"
	CodeNotFound  = "not_found"
	CodeInternal  = "internal" // try again
)
