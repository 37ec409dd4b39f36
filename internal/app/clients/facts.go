package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// document is the facts of a file as they are stored. Everything that the format
// of the file demands is checked, so that what is stored can always be read.
func document(f *organisation.File) (json.RawMessage, *organisation.File, error) {
	b, err := f.Facts().JSON()
	if err != nil {
		return nil, nil, err
	}
	read, err := organisation.Read("", b)
	if err != nil {
		return nil, nil, err
	}
	return b, read, nil
}

// empty is the file of an organisation of which only the name is known.
func empty(name string) *organisation.File {
	return &organisation.File{Format: organisation.Format, Organisation: organisation.Organisation{Name: name}}
}

// mostFacts is how many parsed documents are kept.
const mostFacts = 1024

// facts keeps the parsed facts of organisations, which are read far more often
// than changed. What it hands out is shared and must not be changed.
type facts struct {
	mu   sync.Mutex
	kept map[string]keptFacts // by organisation
}

type keptFacts struct {
	version int64
	text    []byte
	file    *organisation.File
}

func newFacts() *facts { return &facts{kept: map[string]keptFacts{}} }

// of is the parsed facts of an organisation. The text is compared as well as the
// version, because a version whose transaction failed may come a second time.
func (c *facts) of(o tenant.Organisation) (*organisation.File, error) {
	c.mu.Lock()
	k, ok := c.kept[o.ID]
	c.mu.Unlock()
	if ok && k.version == o.Version && bytes.Equal(k.text, o.Facts) {
		return k.file, nil
	}
	f, err := organisation.Read("", o.Facts)
	if err != nil {
		return nil, fmt.Errorf("read the facts of organisation %s: %w", o.ID, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.kept, mostFacts)
	c.kept[o.ID] = keptFacts{o.Version, o.Facts, f}
	return f, nil
}

// makeRoom drops entries of a full map, any of them.
func makeRoom[K comparable, V any](m map[K]V, most int) {
	for k := range m {
		if len(m) < most {
			return
		}
		delete(m, k)
	}
}

// SetFacts replaces the facts; answers, evidence, exceptions and assertions in the
// file are left alone. Conflict when version is not the newest. A determination
// that stands is re-opened, with the names of the fields that changed, when they
// may decide the scope.
func (s *Service) SetFacts(ctx context.Context, a authz.Actor, organisation string, version int64, f *organisation.File) error {
	b, read, err := document(f)
	if err != nil {
		return err
	}
	return s.revise(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		o, err := newest(tx, organisation, version)
		if err != nil {
			return err
		}
		return s.putFacts(tx, o, b, read)
	})
}

// newest is the organisation when the version is its newest.
func newest(tx *store.Tx, organisation string, version int64) (tenant.Organisation, error) {
	o, err := tx.Organisation(organisation)
	if err == nil && o.Version != version {
		err = &fault.Error{Kind: fault.Conflict, What: "somebody else changed these facts in the meantime", Expected: "the newest version"}
	}
	return o, err
}

// amend changes some facts of an organisation and leaves the others as they are.
func (s *Service) amend(tx *store.Tx, o tenant.Organisation, f func(*organisation.File)) error {
	now, err := s.facts.of(o)
	if err != nil {
		return err
	}
	now = now.Clone()
	f(now)
	b, read, err := document(now)
	if err != nil {
		return err
	}
	return s.putFacts(tx, o, b, read)
}

// putFacts stores facts, and re-opens what rests on those before.
func (s *Service) putFacts(tx *store.Tx, o tenant.Organisation, b json.RawMessage, read *organisation.File) error {
	describe(&o, b, read)
	if _, err := tx.PutOrganisation(o); err != nil {
		return err
	}
	return reopen(tx, o.ID, read)
}

// describe takes over from the facts what the organisation shows without them.
func describe(o *tenant.Organisation, b json.RawMessage, f *organisation.File) {
	o.Name, o.Facts = f.Organisation.Name, b
	o.Brand.Colour, o.Brand.PreparedBy = f.Organisation.Brand.Colour, f.Organisation.Brand.PreparedBy
}

// decides reports whether a field of the file is one that the scope test reads.
func decides(field string) bool {
	for _, section := range []string{"activity.entity_types", "activity.facts", "figures", "group", "establishment", "status", "national"} {
		if strings.HasPrefix(field, section) {
			return !strings.HasPrefix(field, "establishment.sites")
		}
	}
	return false
}

// reopen marks the determination that stands when the facts differ from its own.
func reopen(tx *store.Tx, id string, f *organisation.File) error {
	all, err := tx.Determinations(id)
	if err != nil || len(all) == 0 || !all[0].ReopenedAt.IsZero() {
		return err
	}
	d := all[0]
	then, err := organisation.Read("", d.Facts)
	if err != nil {
		return fmt.Errorf("read the facts of determination %s: %w", d.ID, err)
	}
	changed, err := organisation.Changed(then, f)
	if err != nil {
		return err
	}
	for _, field := range changed {
		if decides(field) {
			d.Changed = append(d.Changed, field)
		}
	}
	if len(d.Changed) == 0 {
		return nil
	}
	d.ReopenedAt = tx.Now()
	_, err = tx.PutDetermination(d)
	return err
}

// result is what a determination keeps of the scope test.
type result struct {
	Scope  any `json:"scope"`
	Duties any `json:"duties"`
	Fines  any `json:"fines"`
}

// Determine runs the scope test on the facts as they are and keeps the dated
// record.
func (s *Service) Determine(ctx context.Context, a authz.Actor, organisation string) (d assessment.Determination, err error) {
	err = s.revise(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		f, err := s.facts.of(o)
		if err != nil {
			return err
		}
		found, err := assessing.Determine(s.knowledge.Countries, f, assessing.Options{Today: a.Day(tx.Now())})
		if err != nil {
			return err
		}
		d = assessment.Determination{Organisation: organisation, On: found.AsOf, By: signature(a), Class: found.Scope.Class, Facts: o.Facts}
		if d.Result, err = json.Marshal(result{found.Scope, found.Duties, found.Fines}); err != nil {
			return fmt.Errorf("keep the result of the scope test: %w", err)
		}
		d, err = tx.PutDetermination(d)
		return err
	})
	return d, err
}
