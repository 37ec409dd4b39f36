package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

// The subjects of approvals.
const (
	SubjectMeasures = "measures" // the cybersecurity risk-management measures of Art. 21
	SubjectPlan     = "plan"
)

// Approve asks the management body to approve a subject (decision "waiting"), or
// decides (Directive (EU) 2022/2555 Art. 20(1)); a decision by somebody who is no
// board member needs a note. What is asked for is frozen: the
// version is kept as a file, and its hash in the record. A decision is on the
// version that waits, or, when none does, on the present one.
func (s *Service) Approve(ctx context.Context, a authz.Actor, organisation, subject string, decision board.Decision, note string) (out board.Approval, err error) {
	need, err := neededFor(decision)
	if err != nil {
		return out, err
	}
	scope, err := a.Organisation(ctx, organisation, need)
	if err != nil {
		return out, err
	}
	if err := signed(a, organisation, decision, note); err != nil {
		return out, err
	}
	text, err := s.version(ctx, a, organisation, subject)
	if err != nil {
		return out, err
	}
	stored, err := s.files.Put(bytes.NewReader(text), LargestFile)
	if err != nil {
		return out, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		if out, err = asked(tx, a, organisation, subject, decision, stored); err != nil {
			return err
		}
		out.Decision, out.Note = decision, note
		if decision != board.Waiting {
			out.DecidedBy, out.DecidedName, out.DecidedAt = a.Person, signature(a), tx.Now()
		}
		out, err = tx.PutApproval(out)
		return err
	})
	return out, err
}

// signed checks the note of a decision. The management body decides (Art. 20(1)), so
// whoever is no board member records what it decided, and says who decided and when.
func signed(a authz.Actor, organisation string, decision board.Decision, note string) error {
	if role, _ := a.RoleIn(organisation); decision != board.Waiting && role != authz.Board && strings.TrimSpace(note) == "" {
		return invalid("note", "the management body decides, and the note does not say who of it did", "who decided and when, such as the minutes of a meeting")
	}
	return short(map[string]string{"note": note})
}

func neededFor(d board.Decision) (authz.Permission, error) {
	switch d {
	case board.Waiting:
		return authz.ApprovalRequest, nil
	case board.Approved, board.Rejected:
		return authz.ApprovalDecide, nil
	}
	return "", invalid("decision", "there is no such decision", "waiting, approved or rejected")
}

// asked is the approval of the subject that waits, or a new one, with the present
// version when it has none yet or is asked for again.
func asked(tx *store.Tx, a authz.Actor, organisation, subject string, d board.Decision, present blob.File) (board.Approval, error) {
	out := board.Approval{Organisation: organisation, Subject: subject, Title: subject}
	all, err := tx.Approvals(organisation)
	if err != nil {
		return out, err
	}
	if i := slices.IndexFunc(all, func(x board.Approval) bool { return x.Subject == subject && x.Decision == board.Waiting }); i >= 0 {
		out = all[i]
	}
	if out.File != "" && d != board.Waiting {
		return out, nil
	}
	f, err := tx.PutFile(assessment.File{Organisation: organisation, SHA256: present.SHA256, Name: subject + "-" + a.Day(tx.Now()).String() + ".json",
		MediaType: "application/json", Size: present.Bytes, UploadedBy: signature(a)})
	out.SHA256, out.File, out.RequestedBy = f.SHA256, f.ID, signature(a)
	return out, err
}

// version is the present version of a subject as text.
func (s *Service) version(ctx context.Context, a authz.Actor, organisation, subject string) ([]byte, error) {
	if subject != SubjectMeasures && subject != SubjectPlan {
		return nil, invalid("subject", "this cannot be approved", "measures or plan")
	}
	c, err := s.Load(ctx, a, organisation)
	if err != nil {
		return nil, err
	}
	v := Frozen{Subject: subject, Organisation: c.Organisation.Name, AsOf: c.In.AsOf, Catalogue: c.In.CatalogueVersion, Class: c.In.Scope.Class}
	if subject == SubjectPlan {
		v.Tasks = c.Tasks
	} else {
		v.Facts, v.Scores, v.Results, v.Statements = c.Organisation.Facts, c.In.Posture.Scores, c.In.Posture.Results, &c.In.Statements
	}
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, fmt.Errorf("freeze the %s: %w", subject, err)
	}
	return b, nil
}

// Approvals lists the approvals of an organisation, newest first.
func (s *Service) Approvals(ctx context.Context, a authz.Actor, organisation string) (list []board.Approval, err error) {
	err = s.read(ctx, a, organisation, authz.BoardRead, func(tx *store.Tx) error {
		list, err = tx.Approvals(organisation)
		return err
	})
	return list, err
}

// PutTraining makes a training record (id ""), or changes it; the version must be
// the newest (Art. 20(2)).
func (s *Service) PutTraining(ctx context.Context, a authz.Actor, organisation string, t board.Training) (id string, err error) {
	switch {
	case blank(t.Name):
		err = invalid("name", "the trainee has no name", "who was trained")
	case blank(t.Course):
		err = invalid("course", "the course has no name", "what was learnt")
	case t.On.IsZero():
		err = invalid("on", "the training has no date", "the day of the training")
	case !t.ValidUntil.IsZero() && t.ValidUntil.Before(t.On):
		err = invalid("valid_until", "the training ends before it begins", "a day on or after "+t.On.String())
	case t.Minutes < 0 || t.Minutes > 100_000:
		err = invalid("minutes", "the length is out of range", "0 to 100,000 minutes")
	default:
		err = short(map[string]string{"name": t.Name, "course": t.Course})
	}
	wrong := err
	err = s.write(ctx, a, organisation, authz.TrainingEdit, func(tx *store.Tx) error {
		if wrong != nil {
			return wrong
		}
		row := t
		row.Organisation = organisation
		if t.ID != "" {
			old, err := tx.Training(t.ID)
			if err != nil {
				return err
			}
			row.CreatedAt = old.CreatedAt
		}
		row, err := tx.PutTraining(row)
		id = row.ID
		return err
	})
	return id, err
}

// RemoveTraining deletes a training record.
func (s *Service) RemoveTraining(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.write(ctx, a, organisation, authz.TrainingEdit, func(tx *store.Tx) error { return tx.RemoveTraining(id) })
}

// Trainings lists the trainings of an organisation, newest first.
func (s *Service) Trainings(ctx context.Context, a authz.Actor, organisation string) (list []board.Training, err error) {
	err = s.read(ctx, a, organisation, authz.BoardRead, func(tx *store.Tx) error {
		list, err = tx.Trainings(organisation)
		return err
	})
	return list, err
}

// Snapshot keeps the posture of today under a label, for trends and comparisons.
func (s *Service) Snapshot(ctx context.Context, a authz.Actor, organisation, label string) error {
	if err := short(map[string]string{"label": label}); err != nil {
		return err
	}
	return s.write(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		now, err := s.rollUp(tx, organisation)
		if err != nil {
			return err
		}
		in, err := s.score(now.file, now.today)
		if err != nil {
			return err
		}
		return keep(tx, organisation, label, false, in)
	})
}

func keep(tx *store.Tx, organisation, label string, automatic bool, in assessing.Input) error {
	body, err := json.Marshal(in.Posture)
	if err != nil {
		return fmt.Errorf("keep the posture: %w", err)
	}
	_, err = tx.PutSnapshot(assessment.Snapshot{Organisation: organisation, On: in.AsOf, Label: label, Automatic: automatic,
		Points: overallOf(in.Posture).Points, Scores: in.Posture.Scores, Body: body})
	return err
}

// Snapshots lists the snapshots of an organisation without their bodies, oldest
// first.
func (s *Service) Snapshots(ctx context.Context, a authz.Actor, organisation string) (list []assessment.Snapshot, err error) {
	err = s.read(ctx, a, organisation, authz.AssessmentRead, func(tx *store.Tx) error {
		list, err = tx.Snapshots(organisation)
		return err
	})
	return list, err
}

// Posture is the whole posture that a snapshot kept.
func (s *Service) Posture(ctx context.Context, a authz.Actor, organisation, snapshot string) (sn assessment.Snapshot, p posture.Posture, err error) {
	err = s.read(ctx, a, organisation, authz.AssessmentRead, func(tx *store.Tx) error {
		sn, err = tx.Snapshot(snapshot)
		return err
	})
	if err != nil {
		return sn, p, err
	}
	if err := json.Unmarshal(sn.Body, &p); err != nil {
		return sn, p, &fault.Error{Kind: fault.Internal, What: "the snapshot cannot be read", Cause: err}
	}
	return sn, p, nil
}
