package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var approvals = define(table[board.Approval]{
	name: "approvals", kind: "approval", keys: "id",
	columns: "id, organisation_id, subject, object, title, sha256, file, requested_by, requested_at, decision, decided_by, decided_name, " +
		"decided_at, note, version",
	fields: func(a *board.Approval) []any {
		return []any{&a.ID, &a.Organisation, &a.Subject, &a.Object, &a.Title, &a.SHA256, &a.File, &a.RequestedBy, sqldb.Time(&a.RequestedAt),
			&a.Decision, &a.DecidedBy, &a.DecidedName, sqldb.Time(&a.DecidedAt), &a.Note, &a.Version}
	},
	org:     func(a *board.Approval) *string { return &a.Organisation },
	version: func(a *board.Approval) *int64 { return &a.Version },
	id:      func(a *board.Approval) *string { return &a.ID },
	created: func(a *board.Approval) *time.Time { return &a.RequestedAt },
})

// Approval returns one approval.
func (tx *Tx) Approval(id string) (board.Approval, error) { return approvals.get(tx, id) }

// Approvals lists the approvals of an organisation, newest first.
func (tx *Tx) Approvals(organisation string) ([]board.Approval, error) {
	return keptList(tx, withPeople, func(a *board.Approval) int { return 600 + len(a.Note) }, []string{"approvals", organisation}, func() ([]board.Approval, error) {
		return approvals.list(tx, "organisation_id = ?", "requested_at DESC, id DESC", organisation)
	})
}

// PutApproval asks for an approval, or decides it.
func (tx *Tx) PutApproval(a board.Approval) (board.Approval, error) { return approvals.put(tx, a) }

// RemoveApproval deletes an approval.
func (tx *Tx) RemoveApproval(id string) error { return approvals.remove(tx, id) }

var trainings = define(table[board.Training]{
	name: "trainings", kind: "training", keys: "id",
	columns: "id, organisation_id, person_id, name, management, course, on_day, valid_until, minutes, evidence, created_at, version",
	fields: func(t *board.Training) []any {
		return []any{&t.ID, &t.Organisation, &t.Person, &t.Name, &t.Management, &t.Course, sqldb.Date(&t.On), sqldb.Date(&t.ValidUntil),
			&t.Minutes, &t.Evidence, sqldb.Time(&t.CreatedAt), &t.Version}
	},
	org:     func(t *board.Training) *string { return &t.Organisation },
	version: func(t *board.Training) *int64 { return &t.Version },
	id:      func(t *board.Training) *string { return &t.ID },
	created: func(t *board.Training) *time.Time { return &t.CreatedAt },
})

// Training returns one training.
func (tx *Tx) Training(id string) (board.Training, error) { return trainings.get(tx, id) }

// Trainings lists the trainings of an organisation, newest first.
func (tx *Tx) Trainings(organisation string) ([]board.Training, error) {
	return trainings.list(tx, "organisation_id = ?", "on_day DESC, id DESC", organisation)
}

// PutTraining makes or changes a training.
func (tx *Tx) PutTraining(t board.Training) (board.Training, error) { return trainings.put(tx, t) }

// RemoveTraining deletes a training.
func (tx *Tx) RemoveTraining(id string) error { return trainings.remove(tx, id) }
