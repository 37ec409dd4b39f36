// Package ledger is the tamper-evident record of every change: entries, the
// Merkle tree over them (RFC 6962, golang.org/x/mod/sumdb/tlog), signed
// checkpoints, and the proofs that an entry is included and that a later tree
// continues an earlier one. There is one tree per workspace, so that each can be
// exported and checked alone. The package is pure; the store keeps rows and hashes.
package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Entry is one change. Before and After are JSON objects in the form that Canonical
// writes; nil means that the object did not exist before, or does not after.
type Entry struct {
	Seq          int64           `json:"seq"` // from 0, without gaps, per workspace
	At           time.Time       `json:"at"`  // UTC, to the millisecond
	Actor        string          `json:"actor"`
	ActorName    string          `json:"actor_name,omitempty"`
	From         string          `json:"from,omitempty"` // address
	Organisation string          `json:"organisation,omitempty"`
	Action       string          `json:"action"` // "task.change"
	Kind         string          `json:"kind"`   // "task"
	Object       string          `json:"object"` // id; keys of several parts are joined with "/"
	Before       json.RawMessage `json:"before,omitempty"`
	After        json.RawMessage `json:"after,omitempty"`
	Reason       string          `json:"reason,omitempty"`
}

// leafFormat is the first element of every leaf. A change of the form below is a
// new number.
const leafFormat = "nisaba-ledger/1"

// Leaf is the text that is hashed for the entry of a workspace's tree: a JSON
// array of the format name, the workspace, and the entry's fields in their order,
// times as milliseconds since 1970, Before and After as texts. Anybody can rebuild
// it from an export.
func (e Entry) Leaf(workspace string) []byte {
	b, err := json.Marshal([]any{
		leafFormat, workspace, e.Seq, e.At.UnixMilli(), e.Actor, e.ActorName, e.From, e.Organisation,
		e.Action, e.Kind, e.Object, string(e.Before), string(e.After), e.Reason,
	})
	if err != nil {
		panic(fmt.Sprintf("ledger: texts and numbers do not marshal: %v", err)) // cannot happen
	}
	return b
}

// Hash is the hash of the entry's leaf: SHA-256(0x00 ‖ leaf).
func (e Entry) Hash(workspace string) Hash { return leafHash(e.Leaf(workspace)) }

// Canonical writes v as JSON without needless space and with the keys of maps
// sorted; fields of structs keep their order. nil and JSON null become nil.
func Canonical(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write %T as JSON: %w", v, err)
	}
	out := bytes.TrimRight(b.Bytes(), "\n")
	if string(out) == "null" {
		return nil, nil
	}
	return out, nil
}

// Field is one difference between Before and After.
type Field struct {
	Name   string          `json:"name"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Changes lists the top-level fields that differ, in alphabetical order. Texts
// that are not JSON objects are an error.
func (e Entry) Changes() ([]Field, error) {
	before, err := object(e.Before)
	if err != nil {
		return nil, fmt.Errorf("entry %d before: %w", e.Seq, err)
	}
	after, err := object(e.After)
	if err != nil {
		return nil, fmt.Errorf("entry %d after: %w", e.Seq, err)
	}
	return differences(before, after), nil
}
