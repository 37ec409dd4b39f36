package assessment

import (
	"time"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// The kinds of objects that can be assigned.
const (
	OfRequirement = "requirement"
	OfQuestion    = "question"
)

// Assignment makes one member answer for a requirement (a heading means all that is
// below it) or for a question, until a day if one is set.
type Assignment struct {
	Organisation string    `json:"organisation"`
	Kind         string    `json:"kind"`   // OfRequirement or OfQuestion
	Object       string    `json:"object"` // id in the catalogue
	Person       string    `json:"person"`
	Due          law.Date  `json:"due"` // zero: no target date
	By           string    `json:"by"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// SuggestionState is what became of a suggestion.
type SuggestionState string

// The states.
const (
	SuggestionOpen      SuggestionState = "open"
	SuggestionAccepted  SuggestionState = "accepted"
	SuggestionDismissed SuggestionState = "dismissed"
)

// Suggestion is an answer that a source proposes, or what a person decided about
// one. Source is a kind and an id, such as "delegation:…", "organisation:…" or
// "evidence". A dismissal holds for the same options of the same source.
type Suggestion struct {
	Organisation string `json:"organisation"`
	Source       string `json:"source"`
	posture.Answer
	State     SuggestionState `json:"state"`
	UpdatedAt time.Time       `json:"updated_at"`
	Version   int64           `json:"version"`
}

// SourceOfDelegation is the source of what the holder of a link says.
func SourceOfDelegation(id string) string { return "delegation:" + id }
