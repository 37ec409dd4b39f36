package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var suggestions = define(table[assessment.Suggestion]{
	name: "suggestions", kind: "suggestion", keys: "organisation_id, source, question",
	columns: "organisation_id, source, question, options, by_whom, on_day, note, state, updated_at, version",
	fields: func(s *assessment.Suggestion) []any {
		return []any{&s.Organisation, &s.Source, &s.Question, sqldb.JSON(&s.Options), &s.By, sqldb.Date(&s.On), &s.Note, &s.State,
			sqldb.Time(&s.UpdatedAt), &s.Version}
	},
	org:     func(s *assessment.Suggestion) *string { return &s.Organisation },
	version: func(s *assessment.Suggestion) *int64 { return &s.Version },
	updated: func(s *assessment.Suggestion) *time.Time { return &s.UpdatedAt },
})

// Suggestion returns what a source proposed for a question, and what became of it.
func (tx *Tx) Suggestion(organisation, source, question string) (assessment.Suggestion, error) {
	return suggestions.get(tx, organisation, source, question)
}

// Suggestions lists what was proposed to an organisation and what became of it, by
// source and question.
func (tx *Tx) Suggestions(organisation string) ([]assessment.Suggestion, error) {
	return suggestions.list(tx, "organisation_id = ?", "source, question", organisation)
}

// SuggestionsOf lists what one source proposed, by question.
func (tx *Tx) SuggestionsOf(organisation, source string) ([]assessment.Suggestion, error) {
	return suggestions.list(tx, "organisation_id = ? AND source = ?", "question", organisation, source)
}

// PutSuggestion proposes an answer, or notes what became of it.
func (tx *Tx) PutSuggestion(s assessment.Suggestion) (assessment.Suggestion, error) {
	return suggestions.put(tx, s)
}

// RemoveSuggestion forgets a suggestion.
func (tx *Tx) RemoveSuggestion(organisation, source, question string) error {
	return suggestions.remove(tx, organisation, source, question)
}
