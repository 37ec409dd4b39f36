// Package filing holds what an entity needs to file reports with an authority, and
// what was said in both directions.
package filing

import (
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Endpoint is the way to one authority.
type Endpoint struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Authority    string    `json:"authority"`         // name, as in the duties to report
	Country      string    `json:"country,omitempty"` // ISO 3166-1 alpha-2; "": every one
	URL          string    `json:"url"`               // such as https://nis.example.org
	AuthorityKey string    `json:"authority_key"`     // public key, ed25519, base64: pinned
	PublicKey    string    `json:"public_key"`        // of the entity towards this authority
	Sealed       string    `json:"-"`                 // the private key
	RegisteredAt time.Time `json:"registered_at"`     // zero: the authority does not know the key yet
	Cursor       int64     `json:"cursor"`            // number of the last message that was taken in
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// For reports whether reports to the authority of a duty go this way.
func (e Endpoint) For(authority, country string) bool {
	return e.Authority == authority && (e.Country == "" || e.Country == country)
}

// Message is one thing that was said about a case, in from the authority or out to
// it.
type Message struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Endpoint     string    `json:"endpoint"`
	Incident     string    `json:"incident"`
	Regime       string    `json:"regime"`
	Number       int64     `json:"number"`           // the authority's, of what came in; 0: it goes out
	Remote       string    `json:"remote,omitempty"` // id at the authority, of what came in
	Kind         string    `json:"kind"`             // as in domain/authority
	About        string    `json:"about,omitempty"`  // id of the report here, or of the question at the authority
	Text         string    `json:"text"`
	DueAt        time.Time `json:"due_at"`
	SaidAt       time.Time `json:"said_at"`      // by its writer
	DeliveredAt  time.Time `json:"delivered_at"` // of what goes out; zero: on its way
	By           string    `json:"by"`           // person, of what goes out
	ByName       string    `json:"by_name"`
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// Asks reports whether the authority wants an answer, a report, or a better one.
func (m Message) Asks() bool {
	return m.Number > 0 && (m.Kind == "question" || m.Kind == "request" || m.Kind == "revision")
}

// The stages of the times that authorities set, in alarms. A requested intermediate
// report has its own clock.
const (
	RevisionStage clocks.Stage = "revision" // a report that was sent back
	QuestionStage clocks.Stage = "question"
)

// Reminder names what the message asks for in alarms.
func (m Message) Reminder() incident.Obligation {
	return incident.Obligation{ID: reminder + m.ID, Organisation: m.Organisation, Incident: m.Incident}
}

const reminder = "asked/"

// Reminded is the id of the message behind an obligation of Reminder.
func Reminded(obligation string) (message string, ok bool) {
	return strings.CutPrefix(obligation, reminder)
}

// Alarms lists the reminders of a question and of a report that was sent back, when
// the authority set a time for them.
func (m Message) Alarms() []incident.Alarm {
	stage := map[string]clocks.Stage{"question": QuestionStage, "revision": RevisionStage}[m.Kind]
	if stage == "" || m.Number == 0 || m.DueAt.IsZero() {
		return nil
	}
	return incident.Reminders(m.Reminder(), stage, m.SaidAt, m.DueAt)
}

// Answered reports whether the message has an answer among the messages of its case.
func (m Message) Answered(list []Message) bool {
	for _, x := range list {
		if x.Number == 0 && x.About == m.Remote && m.Remote != "" {
			return true
		}
	}
	return false
}
