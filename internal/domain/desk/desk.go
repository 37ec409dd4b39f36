// Package desk holds what is one person's own in a workspace: saved views and
// notices, and the settings of workspaces and organisations.
package desk

import (
	"encoding/json"
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
