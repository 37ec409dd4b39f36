package clients

import (
	"encoding/json"
	"math"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Seen is the revision of the organisation that a page showed (Client.Revision) when
// somebody filled in its form. Statuses, owners and exceptions come and go under the same
// key, so a version of the record alone would not tell one that was taken back and set
// anew; the ledger tells both.
type Seen int64

// AsItIs is what a program says that asks nobody: nothing is newer.
const AsItIs Seen = math.MaxInt64

// Meanwhile is the Conflict of a form whose page is older than what somebody else did;
// nothing was written.
type Meanwhile struct {
	Entries []ledger.Entry // what they did, newest first
}

// Error says it for programs and the log.
func (m *Meanwhile) Error() string { return m.Unwrap().Error() }

// Unwrap is the fault.
func (m *Meanwhile) Unwrap() error {
	return &fault.Error{Kind: fault.Conflict, What: "somebody else changed this requirement in the meantime", Expected: "a look at the present version"}
}

// The kinds of records that people keep about a requirement, as the ledger names them.
const (
	kindAssertion  = "assertion"
	kindAssignment = "assignment"
	kindException  = "exception"
)

// unseen is what others changed in records of a kind after a page was shown, by what the
// records are about: a requirement, or for assignments also a question.
func unseen(tx *store.Tx, a authz.Actor, organisation string, seen Seen, kind string) (map[string][]ledger.Entry, error) {
	if seen == AsItIs {
		return nil, nil
	}
	list, err := tx.ChangedSince(organisation, int64(seen), a.Person, kind)
	out := map[string][]ledger.Entry{}
	for _, e := range list {
		about := subjectOf(e)
		out[about] = append(out[about], e)
	}
	return out, err
}

// subjectOf is the id in the catalogue of what an entry's record is about.
func subjectOf(e ledger.Entry) string {
	var row struct{ Object, Requirement string }
	value := e.After
	if value == nil {
		value = e.Before
	}
	if json.Unmarshal(value, &row) != nil {
		return ""
	}
	if e.Kind == kindAssignment {
		return row.Object
	}
	return row.Requirement
}

// current refuses a change of the record of a kind about a subject that somebody else
// changed after the page was shown.
func current(tx *store.Tx, a authz.Actor, organisation string, seen Seen, kind, about string) error {
	changed, err := unseen(tx, a, organisation, seen, kind)
	if err == nil && len(changed[about]) > 0 {
		err = &Meanwhile{changed[about]}
	}
	return err
}

// kindOfAct is the kind of records that an act of a batch changes.
func kindOfAct(act string) string {
	switch act {
	case SetAssert:
		return kindAssertion
	case SetNotApplicable:
		return kindException
	}
	return kindAssignment
}
