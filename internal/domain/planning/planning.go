// Package planning holds tasks and what people say about them.
package planning

import (
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// State of a task.
type State string

// The states.
const (
	ToDo    State = "todo"
	Doing   State = "doing"
	Blocked State = "blocked"
	Done    State = "done"
	Dropped State = "dropped"
)

// Open reports whether work is left.
func (s State) Open() bool { return s == ToDo || s == Doing || s == Blocked }

// Task is one piece of work of an organisation.
type Task struct {
	ID           string      `json:"id"`
	Organisation string      `json:"organisation"`
	Origin       string      `json:"origin,omitempty"`   // id of the posture.Task that it came from
	Incident     string      `json:"incident,omitempty"` // the case that it is a step of
	Title        string      `json:"title"`
	Body         string      `json:"body,omitempty"`
	State        State       `json:"state"`
	Phase        string      `json:"phase,omitempty"`
	Requirements []string    `json:"requirements,omitempty"`
	Measures     []string    `json:"measures,omitempty"`
	After        []string    `json:"after,omitempty"` // ids of tasks that come first
	Owner        string      `json:"owner,omitempty"` // person
	Role         string      `json:"role,omitempty"`
	Effort       [2]float64  `json:"effort_person_days"`   // from, to
	CostCents    int64       `json:"cost_cents,omitempty"` // hundredths of the currency
	Currency     string      `json:"currency,omitempty"`   // ISO 4217; "" without a cost
	Start        law.Date    `json:"start"`
	Due          law.Date    `json:"due"`
	DueBecause   law.Message `json:"due_because"`
	EveryMonths  int         `json:"every_months,omitempty"` // 0: once
	Priority     float64     `json:"priority"`
	Position     float64     `json:"position"` // on the board, within the state
	DoneAt       time.Time   `json:"done_at"`
	CreatedAt    time.Time   `json:"created_at"`
	UpdatedAt    time.Time   `json:"updated_at"`
	Version      int64       `json:"version"`
}

// Overdue reports whether the task is late on the day.
func (t Task) Overdue(today law.Date) bool {
	return t.State.Open() && !t.Due.IsZero() && t.Due.Before(today)
}

// Currencies are those in which a cost can be stated: of the Member States and of
// the countries that apply the directive with them, ISO 4217.
func Currencies() []string {
	return []string{"EUR", "CHF", "CZK", "DKK", "GBP", "HUF", "ISK", "NOK", "PLN", "RON", "SEK"}
}

// States lists the states in the order of the columns of the board.
func States() []State { return []State{ToDo, Doing, Blocked, Done, Dropped} }

// Feed is a secret address under which a calendar program reads the deadlines and
// tasks of one organisation, or of everything in reach of the person.
type Feed struct {
	ID           string    `json:"id"`
	Workspace    string    `json:"workspace"`
	Person       string    `json:"person"`       // whose rights it has
	Organisation string    `json:"organisation"` // "" = everything in reach
	TokenHash    string    `json:"-"`
	CreatedAt    time.Time `json:"created_at"`
}

// Comment is a remark about any object of an organisation.
type Comment struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Kind         string    `json:"kind"`   // of the object: "task", "requirement", "evidence", …
	Object       string    `json:"object"` // its id
	Author       string    `json:"author"` // person
	AuthorName   string    `json:"author_name"`
	Body         string    `json:"body"`
	Mentions     []string  `json:"mentions,omitempty"` // persons
	CreatedAt    time.Time `json:"created_at"`
	EditedAt     time.Time `json:"edited_at"`
	Version      int64     `json:"version"`
}
