package authority

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/fines"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// ceiling is the fine that national law must at least allow, Art. 34(4) and (5).
func (s *Service) ceiling(o tenant.Organisation, today law.Date) (fines.Amount, error) {
	if len(o.Facts) == 0 || s.options.Knowledge.Catalogue == nil {
		return fines.Amount{}, nil
	}
	f, err := organisation.Read("", o.Facts)
	if err != nil {
		return fines.Amount{}, fmt.Errorf("read the facts of %s: %w", o.Name, err)
	}
	in, err := assessing.Score(s.options.Knowledge, f, assessing.Options{Today: today, Brief: true})
	return in.Fines, err
}

// Act is a line that an officer writes into the file of an entity.
type Act struct {
	Kind    string // authority.Supervision, Enforcement, Finding or Note
	Power   string
	Title   string
	Text    string
	Purpose string // of a request for information, data or evidence, Arts. 32(3) and 33(3)
	DueOn   law.Date
	Cents   int64 // of a fine
	File    File  // comes with the line; the zero value: none
}

// purposed are the powers whose requests state their purpose, Arts. 32(3) and 33(3).
func purposed() []string { return []string{"information", "data", "evidence"} }

// Act writes a line into the file of an entity. A power that its class does not have
// is refused: Art. 33 gives fewer than Art. 32.
func (s *Service) Act(ctx context.Context, a authz.Actor, organisation string, act Act) (r authority.Record, err error) {
	act.Title, act.Text, act.Purpose = strings.TrimSpace(act.Title), strings.TrimSpace(act.Text), strings.TrimSpace(act.Purpose)
	var kept authority.Attachment
	if act.File.Body != nil {
		if err := s.before(ctx, a, organisation, act.allowed); err != nil {
			return r, err
		}
		if kept, err = s.keepFile(ctx, act.File); err != nil {
			return r, err
		}
	}
	err = s.write(ctx, a, organisation, authz.IncidentDecide, func(tx *store.Tx) error {
		if err := act.allowed(tx, organisation); err != nil {
			return err
		}
		r, err = tx.PutAuthorityRecord(authority.Record{Organisation: organisation, Kind: act.Kind, Power: act.Power, Title: act.Title, Body: act.Text, Purpose: act.Purpose,
			DueOn: act.DueOn, Cents: act.Cents, By: a.Person, ByName: a.Name})
		if err == nil && act.File.Body != nil {
			_, err = attach(tx, a, r, kept)
		}
		return err
	})
	return r, err
}

// allowed checks the line against the class and the sectors of the entity.
func (act *Act) allowed(tx *store.Tx, organisation string) error {
	r, err := tx.Rollup(organisation)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	return act.check(r.Class, r.Sectors)
}

func (act *Act) check(class law.Class, sectors []string) error {
	if p, ok := authority.FindPower(act.Power); ok {
		act.Kind = p.Kind
		if _, has := p.For(class); !has {
			return invalid("power", "the class of the entity does not have this power", "a power of Art. 32 for essential, of Art. 33 for important entities")
		}
		if p.ID == "ban" && slices.Contains(sectors, publicAdministration()) {
			return invalid("power", "Art. 32(5) does not apply to public administration", "another power")
		}
	} else if act.Power != "" || act.Kind != authority.Finding && act.Kind != authority.Note {
		return invalid("power", "there is no such act", "one of the list")
	}
	switch {
	case act.Title == "" || len(act.Title) > 300:
		return invalid("title", "the title is missing or too long", "up to 300 characters")
	case len(act.Text) > reporting.LongestText || len(act.Purpose) > reporting.LongestText:
		return invalid("text", "the text is too long", "up to 20 kB")
	case slices.Contains(purposed(), act.Power) && act.Purpose == "":
		return invalid("purpose", "the purpose is missing", "why it is asked for, Arts. 32(3) and 33(3)")
	case act.Power == "fine" && act.Cents <= 0:
		return invalid("amount", "the amount is missing", "euros, such as 250000")
	case act.Power != "fine" && act.Cents != 0:
		return invalid("amount", "only a fine has an amount", "an empty field")
	case act.Cents > 1e15:
		return invalid("amount", "the amount is too large", "euros")
	}
	return nil
}

// publicAdministration is the sector of public administration.
func publicAdministration() string {
	for _, t := range annex.All() {
		if t.In(annex.PublicAdmin) {
			return t.Sector
		}
	}
	return ""
}

// Finish notes what became of a line of the file.
func (s *Service) Finish(ctx context.Context, a authz.Actor, organisation, record, outcome string) error {
	return s.write(ctx, a, organisation, authz.IncidentDecide, func(tx *store.Tx) error {
		r, err := recordOf(tx, organisation, record)
		if err != nil {
			return err
		}
		if outcome = strings.TrimSpace(outcome); outcome == "" || len(outcome) > reporting.LongestText {
			return invalid("outcome", "it is not said what became of it", "a sentence")
		}
		if !r.DoneOn.IsZero() {
			return &fault.Error{Kind: fault.Conflict, Field: "outcome", What: "it was said already what became of it", Expected: "a new line"}
		}
		r.DoneOn, r.Outcome = a.Day(tx.Now()), outcome
		_, err = tx.PutAuthorityRecord(r)
		return err
	})
}

// recordOf is a line of the file of the entity.
func recordOf(tx *store.Tx, organisation, record string) (authority.Record, error) {
	r, err := tx.AuthorityRecord(record)
	if err == nil && r.Organisation != organisation {
		err = &fault.Error{Kind: fault.NotFound, What: "there is no such record"}
	}
	return r, err
}
