package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var answers = define(table[assessment.Answer]{
	name: "answers", kind: "answer", keys: "organisation_id, question",
	columns: "organisation_id, question, options, by_whom, on_day, note, source, updated_at, version",
	fields: func(a *assessment.Answer) []any {
		return []any{&a.Organisation, &a.Question, sqldb.JSON(&a.Options), &a.By, sqldb.Date(&a.On), &a.Note, &a.Source,
			sqldb.Time(&a.UpdatedAt), &a.Version}
	},
	free:    true,
	org:     func(a *assessment.Answer) *string { return &a.Organisation },
	version: func(a *assessment.Answer) *int64 { return &a.Version },
	updated: func(a *assessment.Answer) *time.Time { return &a.UpdatedAt },
})

// Answer returns the answer of an organisation to a question.
func (tx *Tx) Answer(organisation, question string) (assessment.Answer, error) {
	return answers.get(tx, organisation, question)
}

// Answers lists the answers of an organisation by question.
func (tx *Tx) Answers(organisation string) ([]assessment.Answer, error) {
	return answers.list(tx, "organisation_id = ?", "question", organisation)
}

// PutAnswer gives or changes an answer.
func (tx *Tx) PutAnswer(a assessment.Answer) (assessment.Answer, error) { return answers.put(tx, a) }

// RemoveAnswer takes an answer back.
func (tx *Tx) RemoveAnswer(organisation, question string) error {
	return answers.remove(tx, organisation, question)
}
