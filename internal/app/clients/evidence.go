package clients

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// The forms of evidence.
const (
	FormFile        = "file"
	FormLink        = "link"
	FormAttestation = "attestation"
)

// formOf is the form that evidence without one has.
func formOf(e posture.Evidence, files []string) string {
	switch {
	case len(files) > 0:
		return FormFile
	case strings.HasPrefix(e.Location, "https://") || strings.HasPrefix(e.Location, "http://"):
		return FormLink
	}
	return FormAttestation
}

// PutEvidence makes a piece of evidence (id ""), or changes what it says; its
// files, owner and renewal stay. A contributor adds and changes evidence of what
// is assigned to them.
func (s *Service) PutEvidence(ctx context.Context, a authz.Actor, organisation string, e posture.Evidence) error {
	return s.revise(ctx, a, organisation, authz.AssignedEdit, func(tx *store.Tx) error {
		row, err := piece(tx, organisation, e.ID)
		if err != nil {
			return err
		}
		if err := s.mayFile(tx, a, row, e); err != nil {
			return err
		}
		row.Evidence = e
		_, err = s.putPiece(tx, row)
		return err
	})
}

// PutPiece is PutEvidence with files, owner and renewal. The version must be the
// newest, 0 for a new piece, and NotFound where there is none to change; the form
// follows from the rest when it is empty. It returns the id.
func (s *Service) PutPiece(ctx context.Context, a authz.Actor, organisation string, e assessment.Evidence) (id string, err error) {
	err = s.revise(ctx, a, organisation, authz.AssignedEdit, func(tx *store.Tx) error {
		old, err := piece(tx, organisation, e.ID)
		if err != nil {
			return err
		}
		if e.Version != 0 && old.Version == 0 { // a change of what was removed, or never was
			_, err := tx.Piece(organisation, e.ID)
			return err
		}
		if err := s.mayFile(tx, a, old, e.Evidence); err != nil {
			return err
		}
		row := e
		row.Organisation, row.CreatedAt = organisation, old.CreatedAt
		row, err = s.putPiece(tx, row)
		id = row.ID
		return err
	})
	return id, err
}

// mayFile refuses somebody who may not replace a piece of evidence, new when it has
// no version, by another.
func (s *Service) mayFile(tx *store.Tx, a authz.Actor, old assessment.Evidence, e posture.Evidence) error {
	return s.assigned(tx, a, old.Organisation, func(r Reach) bool {
		return r.Evidence(e) && (old.Version == 0 || r.Evidence(old.Evidence))
	})
}

// piece is the stored piece of evidence, or a new one.
func piece(tx *store.Tx, organisation, id string) (assessment.Evidence, error) {
	fresh := assessment.Evidence{Organisation: organisation}
	if id == "" {
		return fresh, nil
	}
	row, err := tx.Piece(organisation, id)
	if fault.KindOf(err) == fault.NotFound {
		return fresh, nil
	}
	return row, err
}

// putPiece stores a piece. A draft has no days: they belong to what was approved.
func (s *Service) putPiece(tx *store.Tx, e assessment.Evidence) (assessment.Evidence, error) {
	if e.Draft {
		e.Date, e.ValidUntil = law.Date{}, law.Date{}
	}
	if err := s.checkPiece(e); err != nil {
		return e, err
	}
	for _, id := range e.Files {
		f, err := tx.FileToName(id)
		if err != nil || f.Organisation != e.Organisation {
			return e, errors.Join(invalid("files", "there is no such file", "a file that was uploaded for this organisation"), err)
		}
		if f.Scan == assessment.ScanHarmful {
			return e, refused(ErrHarmful, "a scan found something harmful in this file", "a file that is clean")
		}
	}
	if err := s.checkOwner(tx, e); err != nil {
		return e, err
	}
	e.Form = cmp.Or(e.Form, formOf(e.Evidence, e.Files))
	return tx.PutEvidence(e)
}

// longestID bounds the ids of evidence, which people choose in files.
const longestID = 200

func (s *Service) checkPiece(e assessment.Evidence) error {
	if err := checkIDs(s.knowledge.Catalogue, e.Kind, e.Covers...); err != nil {
		return err
	}
	switch {
	case e.Kind == "":
		return invalid("kind", "the kind of the evidence is missing", "a kind of the catalogue")
	case blank(e.Title):
		return invalid("title", "the evidence has no title", "the title of the document or record")
	case e.Date.IsZero() && !e.Draft:
		return invalid("date", "the evidence has no date", "the day of issue, approval or test")
	case !e.ValidUntil.IsZero() && e.ValidUntil.Before(e.Date):
		return invalid("valid_until", "the evidence ends before it begins", "a day on or after "+e.Date.String())
	case !slices.Contains([]posture.Status{"", posture.Met, posture.PartlyMet, posture.NotMet}, e.Shows):
		return invalid("shows", "evidence cannot show this status", "met, partly or not_met")
	case !slices.Contains([]string{"", FormFile, FormLink, FormAttestation}, e.Form):
		return invalid("form", "there is no such form of evidence", "file, link or attestation")
	case e.RenewMonths < 0 || e.RenewMonths > 240:
		return invalid("renew_months", "the renewal is out of range", "0 to 240 months")
	case len(e.ID) > longestID:
		return invalid("id", "the id is too long", "at most 200 characters")
	case e.Form == FormLink && !strings.HasPrefix(e.Location, "https://") && !strings.HasPrefix(e.Location, "http://"):
		return invalid("location", "the link is no web address", "an address that begins with https://")
	}
	return short(map[string]string{"title": e.Title, "note": e.Note, "location": e.Location, "owner": e.Owner})
}

// RemoveEvidence takes a piece of evidence back; its files stay. A contributor
// removes evidence of what is assigned to them.
func (s *Service) RemoveEvidence(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.revise(ctx, a, organisation, authz.AssignedEdit, func(tx *store.Tx) error {
		old, err := piece(tx, organisation, id)
		if err != nil {
			return err
		}
		if err := s.mayFile(tx, a, old, old.Evidence); err != nil {
			return err
		}
		return tx.RemoveEvidence(organisation, id)
	})
}
