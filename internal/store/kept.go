package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// Sight is how far the ledgers were when a request began: that of its workspace, and
// that of the server. Every change of what ledgers record makes one of them longer in
// its own transaction, so what was read at a length stays true until the next one,
// whichever server makes the change. What the machine derives from it is counted
// beside it.
type Sight struct {
	workspace    string
	size, server int64 // entries
	arranged     int64 // entries up to the last one that is no daily work
	derived      int64 // writes
}

type sightKey struct{}

// looking is the sight of a context, until something is written within it.
type looking struct {
	at   Sight
	only bool // the request changes nothing
	old  atomic.Bool
}

// WithSight is a context in which Read may answer with what was read before at the
// same length of the ledgers: with the state from when the sight was taken, not an
// older one. A Write within it ends that. only says that the request changes nothing.
// It is for requests, which are short.
func WithSight(ctx context.Context, s Sight, only bool) context.Context {
	return context.WithValue(ctx, sightKey{}, &looking{at: s, only: only})
}

// sight is the sight of the context when it is of the scope's workspace.
func sight(ctx context.Context, scope tenant.Scope) *Sight {
	l, ok := ctx.Value(sightKey{}).(*looking)
	if !ok || l.at.workspace == "" || l.at.workspace != scope.WorkspaceID() || l.old.Load() {
		return nil
	}
	return &l.at
}

// Looks reports whether the context is that of a request that changes nothing.
func Looks(ctx context.Context) bool {
	l, ok := ctx.Value(sightKey{}).(*looking)
	return ok && l.only
}

// outdate ends the sight of the context.
func outdate(ctx context.Context) {
	if l, ok := ctx.Value(sightKey{}).(*looking); ok {
		l.old.Store(true)
	}
}

// source says which ledgers record what is read.
type source int

const (
	ofWorkspace    source = iota // that of the workspace alone
	withPeople                   // that of the server too: names and addresses of people
	withDerived                  // that of the workspace, and what the machine derives from it
	arranged                     // that of the workspace, without daily work
	arrangedPeople               // arranged, and that of the server
)

// dailyWork are the kinds of entries that say nothing of people, rights,
// organisations or settings. A kind that is not here is taken to say so: what is
// missing costs time, what is too much would let somebody in who was put out.
var dailyWork = map[string]bool{answers.kind: true, assertions.kind: true, exceptions.kind: true, evidence.kind: true,
	comments.kind: true, tasks.kind: true, suggestions.kind: true, incidentEntries.kind: true}

// mostKept is how many bytes, roughly, the kept answers take together.
const mostKept = 2 << 20

// kept holds the newest answers to what pages ask again and again.
type kept struct {
	mu      sync.Mutex
	answers map[string]keptAnswer
	bytes   int
}

type keptAnswer struct {
	at    seen
	bytes int
	value any
}

// seen is the part of a sight on which an answer depends; the others are −1.
type seen struct{ size, server, arranged, derived int64 }

func (s Sight) of(from source) seen {
	at := seen{s.size, -1, -1, -1}
	switch from {
	case withPeople:
		at.server = s.server
	case withDerived:
		at.derived = s.derived
	case arrangedPeople:
		at.size, at.arranged, at.server = -1, s.arranged, s.server
	case arranged:
		at.size, at.arranged = -1, s.arranged
	}
	return at
}

func newKept() *kept { return &kept{answers: map[string]keptAnswer{}} }

func (k *kept) get(key string, at seen) (any, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.answers[key]
	if !ok || a.at != at {
		return nil, false
	}
	return a.value, true
}

func (k *kept) put(key string, a keptAnswer) {
	if a.bytes > mostKept/4 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(key)
	for old := range maps.Keys(k.answers) { // in no order: any may go
		if k.bytes+a.bytes <= mostKept {
			break
		}
		k.drop(old)
	}
	k.answers[key] = a
	k.bytes += a.bytes
}

func (k *kept) drop(key string) {
	k.bytes -= k.answers[key].bytes
	delete(k.answers, key)
}

// keptList is what read returns, or what it returned before for the same scope and
// question at the same length of the ledgers. The list is the caller's own, what its
// elements point to is shared. each is about how many bytes an element takes.
//
// read must depend on nothing but what the ledgers of the source record, and with
// withDerived on what countDerived has counted.
func keptList[T any](tx *Tx, of source, each func(*T) int, question []string, read func() ([]T, error)) ([]T, error) {
	s := tx.sight
	if s == nil || tx.p != nil || s.workspace != tx.scope.WorkspaceID() {
		return read()
	}
	at, key := s.of(of), tx.question(question)
	if v, ok := tx.kept.get(key, at); ok {
		return slices.Clone(v.([]T)), nil
	}
	list, err := read()
	if err != nil {
		return nil, err
	}
	a := keptAnswer{at: at, bytes: 200 + len(key), value: list}
	for i := range list {
		a.bytes += each(&list[i])
	}
	tx.kept.put(key, a)
	return slices.Clone(list), nil
}

// keptOne is keptList for a single value.
func keptOne[T any](tx *Tx, of source, bytes int, question []string, read func() (T, error)) (T, error) {
	list, err := keptList(tx, of, func(*T) int { return bytes }, question, func() ([]T, error) {
		v, err := read()
		return []T{v}, err
	})
	if err != nil {
		var none T
		return none, err
	}
	return list[0], nil
}

// flat is the size of elements that hold little besides themselves.
func flat[T any](bytes int) func(*T) int { return func(*T) int { return bytes } }

// question is the key of an answer: the scope and what was asked, each part with its
// length before it, so that no two questions are alike.
func (tx *Tx) question(parts []string) string {
	var b strings.Builder
	part := func(s string) {
		b.WriteString(strconv.Itoa(len(s)))
		b.WriteByte(':')
		b.WriteString(s)
	}
	part(tx.scope.WorkspaceID())
	ids, limited := tx.scope.OrganisationIDs()
	if limited {
		b.WriteByte('l')
		b.WriteString(strconv.Itoa(len(ids)))
	}
	for _, id := range ids {
		part(id)
	}
	b.WriteByte('?')
	for _, p := range parts {
		part(p)
	}
	return b.String()
}
