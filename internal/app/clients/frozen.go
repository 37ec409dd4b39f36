package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Frozen is one version of what the management body approves.
type Frozen struct {
	Subject      string           `json:"subject"`
	Organisation string           `json:"organisation"`
	AsOf         law.Date         `json:"as_of"`
	Catalogue    string           `json:"catalogue"`
	Class        law.Class        `json:"class"`
	Facts        json.RawMessage  `json:"facts,omitempty"`
	Scores       []posture.Score  `json:"scores,omitempty"`
	Results      []posture.Result `json:"results,omitempty"`
	Statements   *posture.Facts   `json:"statements,omitempty"`
	Tasks        []planning.Task  `json:"tasks,omitempty"`
}

// The aspects in which two versions can differ.
const (
	AspectClass   = "class"
	AspectFact    = "fact"    // Name is the field of the organisation file; Before and After are JSON
	AspectStatus  = "status"  // Name is a requirement; Before and After are statuses
	AspectAdded   = "added"   // Name is the title of a task
	AspectRemoved = "removed" // the same
	AspectTask    = "task"    // Name is the title; Before and After are what changed
)

// Difference is one thing that changed since a version.
type Difference struct {
	Aspect, Name, Before, After string
}

// Frozen reads an approval with the version that it is about, and what changed
// since.
func (s *Service) Frozen(ctx context.Context, a authz.Actor, organisation, approval string) (x board.Approval, then Frozen, since []Difference, err error) {
	err = s.read(ctx, a, organisation, authz.BoardRead, func(tx *store.Tx) error {
		if x, err = tx.Approval(approval); err == nil && x.Organisation != organisation {
			err = &fault.Error{Kind: fault.NotFound, What: "there is no such approval"}
		}
		return err
	})
	if err != nil {
		return x, then, nil, err
	}
	if then, err = s.thaw(x.SHA256); err != nil {
		return x, then, nil, err
	}
	text, err := s.version(ctx, a, organisation, x.Subject)
	if err != nil {
		return x, then, nil, err
	}
	now := Frozen{}
	if err := json.Unmarshal(text, &now); err != nil {
		return x, then, nil, fmt.Errorf("read the present version: %w", err)
	}
	since, err = differences(then, now)
	return x, then, since, err
}

func (s *Service) thaw(sha256 string) (f Frozen, err error) {
	r, err := s.files.Open(sha256)
	if err != nil {
		return f, &fault.Error{Kind: fault.NotFound, What: "the version that was approved is missing", Cause: err}
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	text, err := io.ReadAll(r)
	if err != nil {
		return f, fmt.Errorf("read the version %s: %w", sha256, err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, &fault.Error{Kind: fault.Internal, What: "the version that was approved cannot be read", Cause: err}
	}
	return f, nil
}

// differences lists what of a version is no longer so. The day itself is none, and
// neither is the progress of tasks: to carry out a plan does not change it.
func differences(then, now Frozen) ([]Difference, error) {
	var out []Difference
	if then.Class != now.Class {
		out = append(out, Difference{AspectClass, "", string(then.Class), string(now.Class)})
	}
	if len(then.Facts) > 0 && len(now.Facts) > 0 {
		before, err := organisation.Read("", then.Facts)
		if err != nil {
			return nil, fmt.Errorf("read the facts of the version: %w", err)
		}
		after, err := organisation.Read("", now.Facts)
		if err != nil {
			return nil, fmt.Errorf("read the present facts: %w", err)
		}
		changed, err := organisation.Differences(before, after)
		if err != nil {
			return nil, err
		}
		for _, d := range changed {
			out = append(out, Difference{AspectFact, d.Field, d.Before, d.After})
		}
	}
	out = append(out, statusChanges(then.Results, now.Results)...)
	return append(out, taskChanges(then.Tasks, now.Tasks)...), nil
}

// statusChanges are the requirements with a weight whose status is another one.
func statusChanges(then, now []posture.Result) []Difference {
	var out []Difference
	was := map[string]posture.Status{}
	for _, r := range then {
		if r.Weight > 0 {
			was[r.Requirement] = r.Status
		}
	}
	for _, r := range now {
		if before, ok := was[r.Requirement]; ok && r.Weight > 0 && before != r.Status {
			out = append(out, Difference{AspectStatus, r.Requirement, string(before), string(r.Status)})
		}
	}
	return out
}

func taskChanges(then, now []planning.Task) []Difference {
	var out []Difference
	for _, t := range now {
		i := slices.IndexFunc(then, func(x planning.Task) bool { return x.ID == t.ID })
		if i < 0 {
			out = append(out, Difference{Aspect: AspectAdded, Name: t.Title})
			continue
		}
		if before, after := terms(then[i]), terms(t); before != after {
			out = append(out, Difference{AspectTask, t.Title, before, after})
		}
	}
	for _, t := range then {
		if !slices.ContainsFunc(now, func(x planning.Task) bool { return x.ID == t.ID }) {
			out = append(out, Difference{Aspect: AspectRemoved, Name: t.Title})
		}
	}
	return out
}

// terms is what of a task the plan promises, as one line.
func terms(t planning.Task) string {
	parts := []string{t.Title}
	if t.State == planning.Dropped {
		parts = append(parts, string(t.State))
	}
	if !t.Due.IsZero() {
		parts = append(parts, t.Due.String())
	}
	if t.Effort[1] > 0 {
		parts = append(parts, fmt.Sprintf("%g–%g", t.Effort[0], t.Effort[1]))
	}
	if t.CostCents > 0 {
		parts = append(parts, fmt.Sprintf("%s %.2f", t.Currency, float64(t.CostCents)/100))
	}
	if n := len(t.Requirements); n > 0 {
		parts = append(parts, strings.Join(t.Requirements, " "))
	}
	return strings.Join(parts, " · ")
}

// Decide approves or rejects the version that an approval asks for. Conflict when
// the approval was decided already, or when another version than the one seen (its
// SHA-256 in hexadecimal) is asked for by now. Invalid without a note by somebody who
// is no board member.
func (s *Service) Decide(ctx context.Context, a authz.Actor, organisation, approval, seen string, decision board.Decision, note string) error {
	if decision == board.Waiting {
		return invalid("decision", "there is no such decision", "approved or rejected")
	}
	need, err := neededFor(decision)
	if err != nil {
		return err
	}
	return s.write(ctx, a, organisation, need, func(tx *store.Tx) error {
		if err := signed(a, organisation, decision, note); err != nil {
			return err
		}
		x, err := tx.Approval(approval)
		switch {
		case err != nil:
			return err
		case x.Organisation != organisation:
			return &fault.Error{Kind: fault.NotFound, What: "there is no such approval"}
		case x.Decision != board.Waiting:
			return &fault.Error{Kind: fault.Conflict, What: "this was decided already"}
		case x.SHA256 != seen:
			return &fault.Error{Kind: fault.Conflict, What: "another version is asked for by now", Expected: "a look at the present version"}
		}
		x.Decision, x.Note = decision, strings.TrimSpace(note)
		x.DecidedBy, x.DecidedName, x.DecidedAt = a.Person, signature(a), tx.Now()
		_, err = tx.PutApproval(x)
		return err
	})
}
