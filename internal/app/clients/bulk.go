package clients

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Deed is what a bulk action does to each organisation.
type Deed string

// The deeds.
const (
	DeedTag      Deed = "tag"   // adds the tag Value
	DeedUntag    Deed = "untag" // takes the tag Value away
	DeedKind     Deed = "kind"  // Value is the kind
	DeedArchive  Deed = "archive"
	DeedRestore  Deed = "restore"  // out of the archive
	DeedAdopt    Deed = "adopt"    // the computed plan
	DeedTemplate Deed = "template" // answers, policies and tasks of the template with the id Value, where there are none yet
	DeedSnapshot Deed = "snapshot" // Value is the label
	DeedRefresh  Deed = "refresh"  // the roll-up
)

// Deeds lists the deeds.
func Deeds() []Deed {
	return []Deed{DeedTag, DeedUntag, DeedKind, DeedArchive, DeedRestore, DeedAdopt, DeedTemplate, DeedSnapshot, DeedRefresh}
}

// Undoable reports whether UndoBulk takes the deed back: snapshots and roll-ups
// add nothing that would have to be taken back.
func (d Deed) Undoable() bool { return d != DeedSnapshot && d != DeedRefresh }

// adds reports whether the deed brings something that may be there already.
func (d Deed) adds() bool { return d == DeedAdopt || d == DeedTemplate }

// needs is the right that a deed asks for.
func (d Deed) needs() authz.Permission {
	switch d {
	case DeedArchive, DeedRestore:
		return authz.OrganisationCreate
	case DeedTag, DeedUntag, DeedKind:
		return authz.OrganisationEdit
	case DeedAdopt:
		return authz.PlanEdit
	}
	return authz.AssessmentEdit
}

// Outcome is what a bulk action did to one organisation.
type Outcome struct {
	Organisation string
	Name         string // "" when the actor may not know it
	Added        int    // tasks, answers and policies that are new
	Unchanged    bool   // there was nothing to do, or to take back
	Unreached    bool   // the action was stopped before; Unchanged, too
	Err          error  // nil: done, or Unchanged
}

// MostInBulk is how many organisations one bulk action takes.
const MostInBulk = 1000

// What a mark begins with: the act that it stands for.
const (
	MarkBulk        = "bulk"        // the same for several organisations
	MarkSuggestions = "suggestions" // accepted, or dismissed
)

// NewMark is a mark for one act: the reason in the ledger of all that it changes, by
// which UndoBulk takes it back.
func NewMark(act string) string { return act + " " + newID() }

// Bulk does the same to several organisations, each in a transaction of its own, so
// that one refusal stops nothing else. The mark stands as reason in the ledger at
// every change and takes them back with UndoBulk.
func (s *Service) Bulk(ctx context.Context, a authz.Actor, organisations []string, d Deed, value string) (mark string, out []Outcome, err error) {
	if _, err := a.Reach(d.needs()); err != nil {
		return "", nil, err
	}
	if err := checkBulk(organisations, d, value); err != nil {
		return "", nil, err
	}
	mark = NewMark(MarkBulk)
	a.Reason = mark
	names := s.names(ctx, a)
	for _, id := range organisations {
		o := Outcome{Organisation: id, Name: names[id]}
		o.Added, o.Err = s.do(ctx, a, id, d, value)
		o.Unchanged = o.Err == nil && o.Added == 0 && d.adds()
		out = append(out, o)
	}
	return mark, out, ctx.Err()
}

func checkBulk(organisations []string, d Deed, value string) error {
	switch {
	case !slices.Contains(Deeds(), d):
		return invalid("deed", "there is no such action", "one of the list")
	case len(organisations) == 0:
		return invalid("organisation", "no organisation is chosen", "one or more, by their check boxes")
	case len(organisations) > MostInBulk:
		return invalid("organisation", "too many organisations are chosen", "at most 1,000")
	case slices.Contains([]Deed{DeedTag, DeedUntag, DeedTemplate}, d) && blank(value):
		return invalid("value", "the tag or the template is missing", "a tag, or a template")
	}
	return nil
}

// names are the names of the organisations in reach.
func (s *Service) names(ctx context.Context, a authz.Actor) map[string]string {
	out := map[string]string{}
	scope, err := a.Reach(authz.OrganisationRead)
	if err != nil {
		return out
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		all, err := tx.Organisations()
		for _, o := range all {
			out[o.ID] = o.Name
		}
		return err
	})
	if err != nil {
		clear(out) // the outcomes then carry ids alone
	}
	return out
}

func (s *Service) do(ctx context.Context, a authz.Actor, id string, d Deed, value string) (added int, err error) {
	switch d {
	case DeedTag:
		return 0, s.retag(ctx, a, id, func(tags []string) []string { return append(tags, value) })
	case DeedUntag:
		return 0, s.retag(ctx, a, id, func(tags []string) []string {
			return slices.DeleteFunc(tags, func(t string) bool { return t == strings.TrimSpace(value) })
		})
	case DeedKind:
		return 0, s.SetKind(ctx, a, id, tenant.OrganisationKind(value))
	case DeedArchive, DeedRestore:
		return 0, s.Archive(ctx, a, id, d == DeedArchive)
	case DeedAdopt:
		return s.AdoptPlan(ctx, a, id)
	case DeedTemplate:
		return s.ApplyTemplate(ctx, a, id, value)
	case DeedSnapshot:
		return 0, s.Snapshot(ctx, a, id, value)
	}
	return 0, s.revise(ctx, a, id, authz.AssessmentEdit, func(*store.Tx) error { return nil })
}

// retag changes the tags of one organisation. It reads them where it writes them, so
// that whoever tags at the same instant loses nothing.
func (s *Service) retag(ctx context.Context, a authz.Actor, id string, f func([]string) []string) error {
	return s.write(ctx, a, id, authz.OrganisationEdit, func(tx *store.Tx) error {
		o, err := tx.Organisation(id)
		if err != nil {
			return err
		}
		if o.Tags, err = cleanTags(f(slices.Clone(o.Tags))); err != nil {
			return err
		}
		_, err = tx.PutOrganisation(o)
		return err
	})
}

// UndoBulk takes back what the act of the mark changed in the organisations, the newest
// change first. What was changed again since stays and is a Conflict there.
func (s *Service) UndoBulk(ctx context.Context, a authz.Actor, organisations []string, mark string) (out []Outcome, err error) {
	if _, err := a.Reach(authz.LedgerRestore); err != nil {
		return nil, err
	}
	if err := checkUndo(organisations, mark); err != nil {
		return nil, err
	}
	names := s.names(ctx, a)
	for _, id := range organisations {
		o := Outcome{Organisation: id, Name: names[id], Err: s.undoMarked(ctx, a, id, mark)}
		if errors.Is(o.Err, errNothingMarked) {
			o.Unchanged, o.Err = true, nil
		}
		out = append(out, o)
	}
	return out, ctx.Err()
}

func checkUndo(organisations []string, mark string) error {
	act, _, marked := strings.Cut(mark, " ")
	if !marked || act != MarkBulk && act != MarkSuggestions || len(organisations) == 0 || len(organisations) > MostInBulk {
		return invalid("mark", "there is no such bulk action", "the button of its result")
	}
	return nil
}

// errNothingMarked says that the action changed nothing in the organisation.
var errNothingMarked = errors.New("the action changed nothing here")

// mostMarked is how many changes of one organisation a bulk action may have made.
const mostMarked = 10_000

func (s *Service) undoMarked(ctx context.Context, a authz.Actor, id, mark string) error {
	return s.write(ctx, a, id, authz.LedgerRestore, func(tx *store.Tx) error {
		entries, err := tx.Entries(store.Filter{Organisation: id, Reason: mark, Since: tx.Now().Add(-store.UndoFor), Limit: mostMarked})
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return errNothingMarked
		}
		for _, e := range entries {
			need, ok := undoable(e.Kind)
			if !ok {
				continue
			}
			if err := a.Can(need, tx.Scope()); err != nil {
				return err
			}
			if err := tx.Undo(e.Seq); err != nil && !errors.Is(err, store.ErrHolds) {
				return err
			}
		}
		_, err = s.rollUp(tx, id)
		return err
	})
}

// ApplyTemplate gives an organisation the answers of a template to questions that
// it has not answered, the template's policies, as drafts, of kinds of which it has
// none, and the tasks of the template that it has not got. added counts them all.
func (s *Service) ApplyTemplate(ctx context.Context, a authz.Actor, organisation, template string) (added int, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.AssessmentEdit); err != nil {
		return 0, err
	}
	if _, err := a.Organisation(ctx, organisation, authz.PlanEdit); err != nil {
		return 0, err
	}
	var from copied
	err = s.read(ctx, a, template, authz.AssessmentRead, func(tx *store.Tx) error {
		from, err = s.source(tx, template)
		return err
	})
	if err != nil {
		return 0, err
	}
	if !from.organisation.Template || template == organisation {
		return 0, invalid("template", "this is no template", "a template of the workspace")
	}
	err = s.revise(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		answers, err := tx.Answers(organisation)
		if err != nil {
			return err
		}
		tasks, err := tx.Tasks(organisation)
		if err != nil {
			return err
		}
		evidence, err := tx.Evidence(organisation)
		if err != nil {
			return err
		}
		from := from
		from.policies = slices.DeleteFunc(slices.Clone(from.policies), func(x assessment.Evidence) bool {
			return slices.ContainsFunc(evidence, func(y assessment.Evidence) bool { return x.Kind == y.Kind })
		})
		from.answers = slices.DeleteFunc(slices.Clone(from.answers), func(x assessment.Answer) bool {
			return slices.ContainsFunc(answers, func(y assessment.Answer) bool { return x.Question == y.Question })
		})
		added, err = copyInto(tx, a, organisation, from, tasks)
		return err
	})
	return added, err
}
