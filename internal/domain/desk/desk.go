// Package desk holds what is one person's own in a workspace: saved views and
// notices, and the settings of workspaces and organisations.
package desk

import (
	"encoding/json"
	"strings"
	"time"
)

// View is a saved set of filters of a page.
type View struct {
	ID        string    `json:"id"`
	Person    string    `json:"person"`
	Page      string    `json:"page"`
	Name      string    `json:"name"`
	Query     string    `json:"query"`  // as in the address of the page
	Shared    bool      `json:"shared"` // shown to everybody in the workspace
	CreatedAt time.Time `json:"created_at"`
	Version   int64     `json:"version"`
}

// Notice is an entry in a person's inbox.
type Notice struct {
	ID           string          `json:"id"`
	Person       string          `json:"person"`
	Organisation string          `json:"organisation"` // "" = of the workspace
	Key          string          `json:"key"`          // of the message
	Args         json.RawMessage `json:"args,omitempty"`
	Link         string          `json:"link"`
	CreatedAt    time.Time       `json:"created_at"`
	ReadAt       time.Time       `json:"read_at"`
}

// Setting is a named value of a workspace or an organisation.
type Setting struct {
	Organisation string          `json:"organisation"` // "" = of the workspace
	Name         string          `json:"name"`
	Value        json.RawMessage `json:"value"`
	UpdatedAt    time.Time       `json:"updated_at"`
	Version      int64           `json:"version"`
}

// Hit is an object that a search found.
type Hit struct {
	Organisation string `json:"organisation"`
	Kind         string `json:"kind"`   // as in the ledger: "task", "evidence", …
	Object       string `json:"object"` // as in the ledger
	Title        string `json:"title"`
}

// Kind groups notices, so that people choose how they hear of them.
type Kind string

// The kinds of notices.
const (
	Deadlines   Kind = "deadline"   // of the law: registers, national dates, stages of incidents
	Incidents   Kind = "incident"   //
	Security    Kind = "account"    // of one's own account
	Approvals   Kind = "approval"   // that wait for a decision
	Tasks       Kind = "task"       //
	Proofs      Kind = "evidence"   // that runs out
	Reviews     Kind = "review"     // of accepted risks
	Delegations Kind = "delegation" // of questions behind a link
	Mentions    Kind = "mention"    // in comments, and what was assigned
	Jobs        Kind = "job"        // that ended
	Others      Kind = "other"      //
)

// Kinds lists the kinds in the order of their urgency.
func Kinds() []Kind {
	return []Kind{Deadlines, Incidents, Security, Approvals, Tasks, Proofs, Reviews, Delegations, Mentions, Jobs, Others}
}

// KindOf is the kind of a notice, from the key of its message: the first word, or
// the second of "reminder.task.soon".
func KindOf(key string) Kind {
	words := strings.Split(strings.TrimPrefix(key, "reminder."), ".")
	switch words[0] {
	case "invitation":
		return Security
	case "workbench", "comment":
		return Mentions
	}
	for _, k := range Kinds() {
		if words[0] == string(k) {
			return k
		}
	}
	return Others
}

// Delivery is how notices of a kind reach a person. The inbox has them all.
type Delivery string

// The deliveries.
const (
	InboxOnly Delivery = "inbox"
	AtOnce    Delivery = "now" // a mail each
	Daily     Delivery = "daily"
	Weekly    Delivery = "weekly"
)

// Deliveries lists the deliveries.
func Deliveries() []Delivery { return []Delivery{AtOnce, Daily, Weekly, InboxOnly} }

// DigestsOff is the digest of a person who wants no mails beside those they chose.
const DigestsOff = "off"

// Usual is how notices of a kind are delivered to a person with the digest
// ("", "daily", "weekly", "off") who did not choose.
func Usual(k Kind, digest string) Delivery {
	switch {
	case digest == DigestsOff:
		return InboxOnly
	case k == Deadlines || k == Incidents || k == Security:
		return AtOnce
	case k == Jobs:
		return InboxOnly
	case digest == string(Weekly):
		return Weekly
	}
	return Daily
}
