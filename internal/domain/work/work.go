// Package work holds what is done in the background: jobs, recurring schedules
// and effects on the outside world.
package work

import (
	"encoding/json"
	"time"
)

// State of a job or an effect.
type State string

// The states.
const (
	Waiting   State = "waiting" // for its time, or for another try
	Running   State = "running"
	Done      State = "done"
	Dead      State = "dead" // failed too often; a person may start it again
	Cancelled State = "cancelled"
	Held      State = "held" // an effect that the server is not set up for; sent when it is
)

// Job is one piece of work in the queue.
type Job struct {
	ID           string          `json:"id"`
	Workspace    string          `json:"workspace"`    // "" = of the server
	Organisation string          `json:"organisation"` // "" = of the workspace
	Kind         string          `json:"kind"`
	Args         json.RawMessage `json:"args,omitempty"`
	Unique       string          `json:"unique,omitempty"` // one waiting or running job per kind and key
	Priority     int             `json:"priority"`         // higher first
	State        State           `json:"state"`
	RunAt        time.Time       `json:"run_at"`
	Attempt      int             `json:"attempt"` // tries begun
	MaxAttempts  int             `json:"max_attempts"`
	LeaseUntil   time.Time       `json:"lease_until"`
	LeasedBy     string          `json:"leased_by,omitempty"`
	Progress     float64         `json:"progress"` // 0–1
	Note         string          `json:"note,omitempty"`
	Error        string          `json:"error,omitempty"` // of the last try
	Result       json.RawMessage `json:"result,omitempty"`
	CreatedBy    string          `json:"created_by,omitempty"`
	CreatedAt    time.Time       `json:"created_at"`
	FinishedAt   time.Time       `json:"finished_at"`
}

// Cron is a recurring job of the server.
type Cron struct {
	Name  string    `json:"name"`
	Kind  string    `json:"kind"`
	Every string    `json:"every"` // "15m", or "daily 03:10" in UTC
	Next  time.Time `json:"next"`
	Last  time.Time `json:"last"`
}

// Effect is something to be done in the outside world once: a mail, a webhook, a
// filing. Key makes it the same effect however often it is asked for.
type Effect struct {
	ID           string          `json:"id"`
	Workspace    string          `json:"workspace"`
	Organisation string          `json:"organisation"`
	Key          string          `json:"key"` // unique per workspace
	Kind         string          `json:"kind"`
	Payload      json.RawMessage `json:"payload"`
	State        State           `json:"state"`
	Attempt      int             `json:"attempt"`
	Receipt      string          `json:"receipt,omitempty"` // what the other side answered
	Error        string          `json:"error,omitempty"`
	CreatedAt    time.Time       `json:"created_at"`
	SentAt       time.Time       `json:"sent_at"`
}
