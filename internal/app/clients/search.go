package clients

import (
	"context"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Search lists at most limit objects in reach whose title or text has all the words.
func (s *Service) Search(ctx context.Context, a authz.Actor, words string, limit int) (hits []desk.Hit, err error) {
	scope, err := a.Reach(authz.AssessmentRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		hits, err = tx.Search(words, limit)
		return err
	})
	return hits, err
}

// AddTask is PutTask for a new task, and returns its id.
func (s *Service) AddTask(ctx context.Context, a authz.Actor, organisation string, t planning.Task) (id string, err error) {
	t.ID, t.Version = "", 0
	need := taskRight(ctx, a, organisation)
	err = s.revise(ctx, a, organisation, need, func(tx *store.Tx) error {
		before, err := tx.Tasks(organisation)
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, x := range before {
			known[x.ID] = true
		}
		if err := s.changeTask(tx, a, need, organisation, t); err != nil {
			return err
		}
		after, err := tx.Tasks(organisation)
		for _, x := range after {
			// A recurring task that begins as done is followed by the next one.
			if !known[x.ID] && x.State == t.State {
				id = x.ID
			}
		}
		return err
	})
	return id, err
}

// Catalogue is the catalogue of requirements and questions.
func (s *Service) Catalogue() *catalog.Catalogue { return s.knowledge.Catalogue }
