package authority

import (
	"context"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Draft is what an entity tells the register.
type Draft struct {
	Reference string    // of its entry, for a change; "" registers it
	ChangedOn law.Date  // when what changed did change
	Class     law.Class // as the entity says
	Provision string    // by which a Member State identified it, see authority.Provisions; "": none did
	Email     string    // to which the link for confirmation goes
	Language  string
	Facts     *organisation.File
}

func (d *Draft) check(today law.Date) error {
	f := d.Facts
	address, err := tenant.FoldEmail(d.Email)
	switch {
	case strings.TrimSpace(f.Organisation.Name) == "" || len(f.Organisation.Name) > 300:
		return invalid("name", "the name is missing or too long", "the full legal name")
	case err != nil:
		return invalid("email", "this is no mail address", "such as office@example.org")
	case len(f.Activity.EntityTypes) == 0:
		return invalid("entity_types", "it is not said what the entity does", "at least one kind of entity of the annexes")
	case d.Class != law.Essential && d.Class != law.Important:
		return invalid("class", "the class is missing", "essential or important")
	case !provision(d.Provision):
		return wrongProvision()
	case strings.TrimSpace(f.Organisation.Address) == "":
		return invalid("address", "the address is missing", "the postal address")
	case d.ChangedOn.After(today):
		return invalid("changed_on", "the day lies in the future", "a day up to today")
	}
	d.Email = address
	return nil
}

// Apply keeps an application and sends the link for its confirmation: to the address
// that the entity says, or, for a change, to the one that the register has. The
// answer is the same whether the reference is known or not.
func (s *Service) Apply(ctx context.Context, workspace, from string, d Draft) error {
	var today law.Date // where the authority is
	err := s.store.Read(ctx, outside(workspace), func(tx *store.Tx) (err error) {
		today, err = tx.Today()
		return err
	})
	if err == nil {
		err = d.check(today)
	}
	if err != nil {
		return err
	}
	b, err := d.Facts.Facts().JSON()
	if err != nil {
		return err
	}
	if _, err := organisation.Read("", b); err != nil { // what cannot be read later is refused now
		return err
	}
	return s.store.Write(ctx, outside(workspace), store.Change{Actor: "an entity", From: from}, func(tx *store.Tx) error {
		w, err := office(tx)
		if err != nil {
			return err
		}
		waiting, err := tx.AuthorityApplications(authority.Unconfirmed)
		if err != nil {
			return err
		}
		if len(waiting) >= mostWaiting {
			return &fault.Error{Kind: fault.Conflict, What: "too many applications wait for their confirmation", Expected: "another attempt in some days"}
		}
		token, hash := secret.NewToken()
		p := authority.Application{ID: id.New(), Kind: authority.Registration, State: authority.Unconfirmed, Name: strings.TrimSpace(d.Facts.Organisation.Name), Email: d.Email,
			Class: d.Class, Provision: d.Provision, Reference: strings.TrimSpace(d.Reference), ChangedOn: d.ChangedOn, Language: d.Language, Facts: b, TokenHash: hash, ExpiresAt: tx.Now().Add(ConfirmWithin)}
		if p.Reference != "" {
			p.Kind = authority.Amendment
			e, err := tx.AuthorityEntryByReference(p.Reference)
			if fault.KindOf(err) == fault.NotFound {
				return nil
			}
			if err != nil {
				return err
			}
			p.Entity, p.Email = e.Organisation, e.Email
		}
		if _, err := tx.PutAuthorityApplication(p); err != nil {
			return err
		}
		return s.mail(tx, p, "confirm", "authority", w.Name, "name", p.Name, "link", s.options.Mails.Link("/register/"+workspace+"/"+token))
	})
}

// mail writes to whoever applied.
func (s *Service) mail(tx *store.Tx, p authority.Application, what string, args ...any) error {
	_, err := s.options.Mails.Post(tx, mailing.Letter{Key: "register/" + what + "/" + p.ID, To: p.Email, Language: p.Language, Message: "authority.mail." + what, Arguments: args})
	return err
}

// Pending is the application behind a link, for the page on which it is confirmed.
func (s *Service) Pending(ctx context.Context, workspace, token string) (p authority.Application, err error) {
	err = s.store.Read(ctx, outside(workspace), func(tx *store.Tx) error {
		p, err = pending(tx, token)
		return err
	})
	return p, err
}

func pending(tx *store.Tx, token string) (authority.Application, error) {
	if _, err := office(tx); err != nil {
		return authority.Application{}, err
	}
	p, err := tx.AuthorityApplicationOf(secret.TokenHash(token))
	if err == nil && (p.State == authority.Unconfirmed && tx.Now().After(p.ExpiresAt)) {
		err = &fault.Error{Kind: fault.NotFound, What: "the link is too old"}
	}
	return p, err
}

// Confirm shows that the address is the entity's: an officer looks at the
// application then. Doing it twice changes nothing.
func (s *Service) Confirm(ctx context.Context, workspace, token, from string) error {
	return s.store.Write(ctx, outside(workspace), store.Change{Actor: "an entity", From: from}, func(tx *store.Tx) error {
		p, err := pending(tx, token)
		if err != nil || p.State != authority.Unconfirmed {
			return err
		}
		p.State, p.ConfirmedAt = authority.Confirmed, tx.Now()
		_, err = tx.PutAuthorityApplication(p)
		return err
	})
}
