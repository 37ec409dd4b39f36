package clients

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

// template is the facts of a file without what identifies the organisation or is of
// it alone.
func template(f *organisation.File) *organisation.File {
	c := f.Facts()
	c.Organisation = organisation.Organisation{Name: c.Organisation.Name, Brand: c.Organisation.Brand}
	c.Registration = organisation.Registration{}
	onboarding.Anew(c)
	return c
}

// copied is what a copy takes from an organisation.
type copied struct {
	said
	policies []assessment.Evidence // as drafts, with the ids of files of the organisation
	files    map[string]assessment.File
	tasks    []planning.Task
}

// source reads what a copy takes. Answers and policies of an organisation that is no
// template are copied without what its people wrote of themselves.
func (s *Service) source(tx *store.Tx, id string) (out copied, err error) {
	if out.said, err = s.gather(tx, id); err != nil {
		return out, err
	}
	own := !out.organisation.Template
	out.answers = slices.Clone(out.answers)
	for i := range out.answers {
		if own {
			out.answers[i].By, out.answers[i].Note = "", ""
		}
	}
	out.policies = policyDrafts(s.knowledge.Catalogue, out.evidence, own)
	list, err := tx.Files(id)
	if err != nil {
		return out, err
	}
	out.files = map[string]assessment.File{}
	for _, f := range list {
		out.files[f.ID] = f
	}
	out.tasks, err = tx.Tasks(id)
	return out, err
}

// policyDrafts is the evidence of which a kind is a policy as drafts, which others
// adapt and approve. Of an organisation's own policies only the kind and what they
// serve is left: their titles, files and notes say what it does.
func policyDrafts(cat *catalog.Catalogue, all []assessment.Evidence, own bool) []assessment.Evidence {
	var out []assessment.Evidence
	for _, e := range all {
		kind, ok := cat.EvidenceKind(e.Kind)
		if !ok || !kind.Policy {
			continue
		}
		d := assessment.Evidence{Evidence: posture.Evidence{Kind: e.Kind, Title: e.Title, Location: e.Location, Covers: e.Covers, Note: e.Note},
			Form: e.Form, Files: e.Files, RenewMonths: e.RenewMonths, Draft: true}
		if own {
			d.Title, d.Location, d.Note, d.Form, d.Files = kind.Title, "", "", FormAttestation, nil
			if slices.ContainsFunc(out, func(x assessment.Evidence) bool { return x.Kind == d.Kind }) {
				continue // another edition would be the same draft
			}
		}
		out = append(out, d)
	}
	return out
}

// copyInto copies answers, policies and tasks to an organisation, without the tasks
// that it has already, by origin or title, and returns how many.
func copyInto(tx *store.Tx, a authz.Actor, to string, from copied, has []planning.Task) (n int, err error) {
	for _, x := range from.answers {
		x.Organisation, x.Version, x.Source, x.By = to, 0, assessment.ByTemplate, cmp.Or(x.By, signature(a))
		if _, err := tx.PutAnswer(x); err != nil {
			return n, err
		}
		n++
	}
	for _, e := range from.policies {
		if err := copyPolicy(tx, a, to, e, from.files); err != nil {
			return n, err
		}
		n++
	}
	tasks, err := copyTasks(tx, to, from.tasks, has)
	return n + tasks, err
}

// copyPolicy gives an organisation a draft with files of its own. A file in which a
// scan found something stays behind.
func copyPolicy(tx *store.Tx, a authz.Actor, to string, e assessment.Evidence, files map[string]assessment.File) error {
	e.Organisation, e.ID = to, newID()
	var own []string
	for _, id := range e.Files {
		f, ok := files[id]
		if !ok || f.Scan == assessment.ScanHarmful {
			continue
		}
		f, err := tx.PutFile(assessment.File{Organisation: to, SHA256: f.SHA256, Name: f.Name, MediaType: f.MediaType, Size: f.Size, UploadedBy: signature(a), Scan: f.Scan})
		if err != nil {
			return fmt.Errorf("copy the file %s: %w", id, err)
		}
		own = append(own, f.ID)
	}
	e.Files = own
	_, err := tx.PutEvidence(e)
	return err
}

// copyTasks copies the tasks that an organisation has not got.
func copyTasks(tx *store.Tx, to string, tasks, has []planning.Task) (n int, err error) {
	renamed := map[string]string{}
	for _, t := range tasks {
		renamed[t.ID] = newID()
		for _, old := range has {
			if old.Title == t.Title || old.Origin != "" && old.Origin == t.Origin {
				renamed[t.ID] = old.ID
			}
		}
	}
	for _, t := range tasks {
		id := renamed[t.ID]
		if slices.ContainsFunc(has, func(old planning.Task) bool { return old.ID == id }) {
			continue
		}
		c := planning.Task{ID: id, Organisation: to, Origin: t.Origin, Title: t.Title, Body: t.Body, State: planning.ToDo, Phase: t.Phase,
			Requirements: t.Requirements, Measures: t.Measures, Role: t.Role, Effort: t.Effort, CostCents: t.CostCents, Start: t.Start, Due: t.Due,
			DueBecause: t.DueBecause, EveryMonths: t.EveryMonths, Priority: t.Priority, Position: t.Position}
		for _, before := range t.After {
			if r, ok := renamed[before]; ok {
				c.After = append(c.After, r)
			}
		}
		if _, err := tx.PutTask(c); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
