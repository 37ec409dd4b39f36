package workbench

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Decided is what one act did with suggestions: with one, or with all of a source.
type Decided struct {
	Mark   string // takes the whole act back, with [clients.Service.UndoBulk]
	State  assessment.SuggestionState
	Count  int
	At     time.Time
	Stands bool // nobody decided otherwise since
	Undone bool
}

// mostDecided is more suggestions than there are questions.
const mostDecided = 10_000

// settle decides about what a source proposes, and does what follows from it, in one
// transaction. All of it bears one mark.
func (s *Service) settle(ctx context.Context, a authz.Actor, organisation, source string, questions []string,
	state assessment.SuggestionState, follow func(*store.Tx, []Proposal) error) (d Decided, err error) {
	chosen, err := s.chosen(ctx, a, organisation, source, questions)
	if err != nil {
		return d, err
	}
	a.Reason = clients.NewMark(clients.MarkSuggestions)
	err = s.write(ctx, a, organisation, chosen, len(questions) == 0, func(tx *store.Tx, mine []Proposal) error {
		d = Decided{Mark: a.Reason, State: state, Count: len(mine), At: tx.Now(), Stands: true}
		for _, p := range mine {
			if err := decide(tx, organisation, p, state); err != nil {
				return err
			}
		}
		return follow(tx, mine)
	})
	if err != nil {
		return Decided{}, err
	}
	return d, nil
}

// Decided is what an act of the actor did, as the ledger has it, and whether that
// stands; the zero value when there is no such act.
func (s *Service) Decided(ctx context.Context, a authz.Actor, organisation, mark string) (d Decided, err error) {
	if mark == "" {
		return d, nil
	}
	err = acting.Read(ctx, s.store, a, organisation, authz.AssignedEdit, func(tx *store.Tx) error {
		of := store.Filter{Organisation: organisation, Kind: "suggestion", Actor: a.Person, Reason: mark, Limit: mostDecided}
		list, err := tx.Entries(of)
		if err != nil || len(list) == 0 {
			return err
		}
		var now assessment.Suggestion
		if err := json.Unmarshal(list[0].After, &now); err != nil {
			return err
		}
		last, err := tx.Entries(store.Filter{Organisation: organisation, Kind: "suggestion", Object: list[0].Object, Limit: 1})
		if err != nil {
			return err
		}
		undone, _, rewound := last[0].Rewound()
		d = Decided{Mark: mark, State: now.State, Count: len(list), At: list[0].At,
			Stands: last[0].Seq == list[0].Seq, Undone: rewound && undone == list[0].Seq}
		return nil
	})
	return d, err
}
