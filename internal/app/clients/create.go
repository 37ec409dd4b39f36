package clients

import (
	"context"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Draft is a new organisation.
type Draft struct {
	Name     string // "": that of the facts
	Kind     tenant.OrganisationKind
	Facts    *organisation.File // nil: those of From, or none
	From     string             // organisation to copy, often a template; "": none
	Template bool               // the new one is a template
}

func checkKind(k tenant.OrganisationKind) error {
	if !slices.Contains([]tenant.OrganisationKind{tenant.Client, tenant.Prospect, tenant.Own}, k) {
		return invalid("kind", "there is no such kind of organisation", "client, prospect or own")
	}
	return nil
}

// Create makes an organisation. Copied from another one are its facts, without
// what identifies it and without its size, group and decisions, its answers (with their origin "template"), its policies as
// drafts, and its tasks; what proves something, exceptions and approvals are of one
// organisation only. Files, links, notes and names come along from a template alone:
// of any other organisation they are its own.
func (s *Service) Create(ctx context.Context, a authz.Actor, d Draft) (o tenant.Organisation, err error) {
	scope, err := a.Workspace(authz.OrganisationCreate)
	if err != nil {
		return o, err
	}
	if err := checkKind(d.Kind); err != nil {
		return o, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		from := copied{}
		if d.From != "" {
			if from, err = s.source(tx, d.From); err != nil {
				return err
			}
		}
		f := d.Facts
		switch {
		case f != nil:
			f = f.Facts()
		case d.From != "":
			f = template(from.file)
		default:
			f = empty(d.Name)
		}
		if !blank(d.Name) {
			f.Organisation.Name = strings.TrimSpace(d.Name)
		}
		if o, err = s.put(tx, tenant.Organisation{Kind: d.Kind, Template: d.Template, Tags: []string{}}, f); err != nil {
			return err
		}
		if d.From != "" {
			if _, err := copyInto(tx, a, o.ID, from, nil); err != nil {
				return err
			}
		}
		_, err = s.rollUp(tx, o.ID)
		return err
	})
	return o, err
}

// put stores a new organisation with its facts.
func (s *Service) put(tx *store.Tx, o tenant.Organisation, f *organisation.File) (tenant.Organisation, error) {
	b, read, err := document(f)
	if err != nil {
		return o, err
	}
	describe(&o, b, read)
	return tx.PutOrganisation(o)
}

// Import makes an organisation from a whole file: facts, answers, evidence,
// exceptions and assertions. The day of the assessment is left out, because a
// stored organisation is assessed as of today. A file with ids that the catalogue
// does not have is refused as a whole.
func (s *Service) Import(ctx context.Context, a authz.Actor, kind tenant.OrganisationKind, f *organisation.File) (o tenant.Organisation, err error) {
	scope, err := a.Workspace(authz.OrganisationCreate)
	if err != nil {
		return o, err
	}
	if err := checkKind(kind); err != nil {
		return o, err
	}
	if err := s.importable(f, a.Day(s.store.Now())); err != nil {
		return o, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		o, err = s.bringIn(tx, tenant.Organisation{Kind: kind, Tags: []string{}}, f)
		return err
	})
	return o, err
}

// importable refuses a file that could not be assessed as of today.
func (s *Service) importable(f *organisation.File, today law.Date) error {
	now := *f
	now.AssessedOn = today
	_, err := s.verdicts(&now, today)
	return err
}

// bringIn stores a new organisation with all that its file says.
func (s *Service) bringIn(tx *store.Tx, o tenant.Organisation, f *organisation.File) (tenant.Organisation, error) {
	o, err := s.put(tx, o, f.Facts())
	if err != nil {
		return o, err
	}
	if err := state(tx, o.ID, f.PostureFacts()); err != nil {
		return o, err
	}
	_, err = s.rollUp(tx, o.ID)
	return o, err
}

// state stores the statements of a file.
func state(tx *store.Tx, id string, p posture.Facts) error {
	for _, x := range p.Answers {
		if len(x.Options) == 0 {
			continue
		}
		if _, err := tx.PutAnswer(assessment.Answer{Organisation: id, Answer: x, Source: assessment.ByImport}); err != nil {
			return err
		}
	}
	for _, x := range p.Evidence {
		if _, err := tx.PutEvidence(assessment.Evidence{Organisation: id, Evidence: x, Form: formOf(x, nil)}); err != nil {
			return err
		}
	}
	for _, x := range p.Exceptions {
		if _, err := tx.PutException(assessment.Exception{Organisation: id, Exception: x}); err != nil {
			return err
		}
	}
	for _, x := range p.Assertions {
		if _, err := tx.PutAssertion(assessment.Assertion{Organisation: id, Assertion: x}); err != nil {
			return err
		}
	}
	return nil
}

// Clone makes a copy of an organisation under another name, as Create does.
func (s *Service) Clone(ctx context.Context, a authz.Actor, organisation, name string, kind tenant.OrganisationKind) (tenant.Organisation, error) {
	if _, err := a.Organisation(ctx, organisation, authz.OrganisationRead); err != nil {
		return tenant.Organisation{}, err
	}
	if blank(name) {
		return tenant.Organisation{}, invalid("name", "the copy has no name", "the full legal name")
	}
	return s.Create(ctx, a, Draft{Name: name, Kind: kind, From: organisation})
}

// Labels are what an organisation is beside its facts. What is nil stays as it is.
type Labels struct {
	Name     *string // full legal name, in the facts too
	Kind     *tenant.OrganisationKind
	Tags     *[]string // all of them
	Archived *bool     // out of the portfolio
	Template *bool
}

// Archive puts an organisation aside, or takes it back into the portfolio.
func (s *Service) Archive(ctx context.Context, a authz.Actor, organisation string, on bool) error {
	return s.Relabel(ctx, a, organisation, Labels{Archived: &on})
}

// SetKind turns a prospect into a client, for example.
func (s *Service) SetKind(ctx context.Context, a authz.Actor, organisation string, kind tenant.OrganisationKind) error {
	return s.Relabel(ctx, a, organisation, Labels{Kind: &kind})
}

// Rename changes the full legal name of an organisation, in its facts too; the
// others of the facts stay as they are.
func (s *Service) Rename(ctx context.Context, a authz.Actor, organisation, name string) error {
	return s.Relabel(ctx, a, organisation, Labels{Name: &name})
}

// SetTemplate makes an organisation a template, or a template an organisation.
func (s *Service) SetTemplate(ctx context.Context, a authz.Actor, organisation string, on bool) error {
	return s.Relabel(ctx, a, organisation, Labels{Template: &on})
}

// Tag replaces the tags of an organisation.
func (s *Service) Tag(ctx context.Context, a authz.Actor, organisation string, tags []string) error {
	return s.Relabel(ctx, a, organisation, Labels{Tags: &tags})
}

// Relabel changes all the labels that are given, or none.
func (s *Service) Relabel(ctx context.Context, a authz.Actor, organisation string, l Labels) error {
	need := authz.OrganisationEdit
	if l.Archived != nil || l.Template != nil {
		need = authz.OrganisationCreate
		if l.Name != nil || l.Kind != nil || l.Tags != nil {
			if _, err := a.Organisation(ctx, organisation, authz.OrganisationEdit); err != nil {
				return err
			}
		}
	}
	if _, err := a.Organisation(ctx, organisation, need); err != nil {
		return err
	}
	if err := l.clean(); err != nil {
		return err
	}
	return s.write(ctx, a, organisation, need, func(tx *store.Tx) error {
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		if o.Archived && l == (Labels{Archived: l.Archived}) && l.Archived != nil && *l.Archived {
			return nil // it is there
		}
		if l.Archived != nil && *l.Archived && !o.Archived {
			if err := settled(tx, organisation); err != nil {
				return err
			}
		}
		l.put(&o)
		if l.Name != nil && *l.Name != o.Name {
			return s.amend(tx, o, named(*l.Name))
		}
		if l.Kind == nil && l.Tags == nil && l.Archived == nil && l.Template == nil {
			return nil
		}
		_, err = tx.PutOrganisation(o)
		return err
	})
}

// settled refuses to put an organisation aside as long as the law waits for something:
// nobody may change what is in the archive, and the deadlines of an incident go on.
func settled(tx *store.Tx, organisation string) error {
	open, err := tx.OpenIncidents()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(open, func(i incident.Incident) bool { return i.Organisation == organisation && !i.Exercise }) {
		return &fault.Error{Kind: fault.Conflict, What: "an incident of the organisation is open, or a report of it is left",
			Expected: "to close it and to hand in its reports first; their deadlines go on"}
	}
	return nil
}

func named(name string) func(*organisation.File) {
	return func(f *organisation.File) { f.Organisation.Name = name }
}

// put sets the labels beside the name.
func (l Labels) put(o *tenant.Organisation) {
	if l.Kind != nil {
		o.Kind = *l.Kind
	}
	if l.Tags != nil {
		o.Tags = *l.Tags
	}
	if l.Archived != nil {
		o.Archived = *l.Archived
	}
	if l.Template != nil {
		o.Template = *l.Template
	}
}

// longestName bounds the name of an organisation, in characters; mostTags and
// longestTag bound its tags.
const (
	longestName = 300
	mostTags    = 20
	longestTag  = 60
)

// clean checks the labels and brings them into the form in which they are kept.
func (l *Labels) clean() error {
	if l.Kind != nil {
		if err := checkKind(*l.Kind); err != nil {
			return err
		}
	}
	if l.Name != nil {
		name := strings.TrimSpace(*l.Name)
		switch {
		case name == "":
			return invalid("name", "the organisation has no name", "the full legal name")
		case len([]rune(name)) > longestName:
			return invalid("name", "the name is too long", "at most 300 characters")
		}
		l.Name = &name
	}
	if l.Tags == nil {
		return nil
	}
	tags, err := cleanTags(*l.Tags)
	l.Tags = &tags
	return err
}

// cleanTags are the tags in the form in which they are kept.
func cleanTags(list []string) ([]string, error) {
	tags := []string{}
	for _, t := range list {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
		if len(t) > longestTag {
			return nil, invalid("tags", "the tag is too long", "at most 60 characters")
		}
	}
	if len(tags) > mostTags {
		return nil, invalid("tags", "there are too many tags", "at most 20")
	}
	return tags, nil
}
