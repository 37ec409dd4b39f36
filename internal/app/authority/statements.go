package authority

import (
	"context"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Told is what the public was told, with the name of the entity.
type Told struct {
	authority.Record
	Name string
}

const (
	mostStatements  = 5_000 // that are looked through
	shownStatements = 100
)

// Statements lists what the public was told, Directive (EU) 2022/2555 Art. 23(7), newest
// first: those whose title, text, consultation or entity have all the words of text. more
// says that there are others.
func (s *Service) Statements(ctx context.Context, a authz.Actor, text string) (list []Told, more bool, err error) {
	words := strings.Fields(catalog.Fold(text))
	err = s.look(ctx, a, func(tx *store.Tx) error {
		list, more = nil, false
		all, err := tx.PublicStatements(mostStatements)
		if err != nil {
			return err
		}
		var entities []string
		for _, r := range all {
			entities = append(entities, r.Organisation)
		}
		slices.Sort(entities)
		names, err := tx.OrganisationNames(slices.Compact(entities))
		if err != nil {
			return err
		}
		for _, r := range all {
			said := catalog.Fold(strings.Join([]string{r.Title, r.Body, r.Purpose, names[r.Organisation]}, " "))
			if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(said, w) }) {
				continue
			}
			if len(list) == shownStatements {
				more = true
				return nil
			}
			list = append(list, Told{r, names[r.Organisation]})
		}
		return nil
	})
	return list, more, err
}
