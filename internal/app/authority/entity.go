package authority

import (
	"context"
	"encoding/json"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/fines"
)

// Entity is what an authority holds of one entity.
type Entity struct {
	Organisation tenant.Organisation
	Rollup       assessment.Rollup // class, sectors and countries as the scope test has them
	Entry        authority.Entry   // zero: not in the register
	Keys         []authority.Key
	PublicKey    string // of the authority; "" before the first invitation
	Cases        []authority.Case
	Records      []authority.Record     // the file, newest first
	Attachments  []authority.Attachment // of all lines of the file, oldest first
	Fines        fines.Amount           // Art. 34(4) and (5)
	SentBack     []authority.Row        // reports that wait to be mended, the last one first
}

// Entity gives one entity of the authority.
func (s *Service) Entity(ctx context.Context, a authz.Actor, organisation string) (e Entity, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.IncidentRead)
	if err != nil {
		return e, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		e, err = entity(tx, organisation)
		return err
	})
	if err != nil {
		return e, err
	}
	if e.Fines, err = s.ceiling(e.Organisation, a.Day(s.store.Now())); err != nil {
		return e, err
	}
	whole, err := a.Workspace(authz.IncidentRead)
	if err != nil { // reaches some entities only: the key is given out by others
		return e, nil //nolint:nilerr // no part of what was asked
	}
	err = s.store.Read(ctx, whole, func(tx *store.Tx) error {
		e.PublicKey, err = publicKey(tx)
		return err
	})
	return e, err
}

func entity(tx *store.Tx, organisation string) (e Entity, err error) {
	if e.Organisation, err = tx.Organisation(organisation); err != nil {
		return e, err
	}
	if e.Rollup, err = tx.Rollup(organisation); err != nil && fault.KindOf(err) != fault.NotFound {
		return e, err
	}
	if e.Entry, err = tx.AuthorityEntryOf(organisation); err != nil && fault.KindOf(err) != fault.NotFound {
		return e, err
	}
	if e.Keys, err = tx.FilingKeys(organisation); err != nil {
		return e, err
	}
	if e.Cases, err = tx.AuthorityCases(organisation); err != nil {
		return e, err
	}
	if e.SentBack, err = tx.AuthorityInbox(authority.Filter{Organisation: organisation, Show: authority.Revise}, "", authority.Report{}, PageRows); err != nil {
		return e, err
	}
	if e.Records, err = tx.AuthorityRecords(organisation); err != nil {
		return e, err
	}
	e.Attachments, err = tx.AuthorityAttachments(organisation)
	return e, err
}

// AttachedTo lists the files of one line of the file, oldest first.
func (e Entity) AttachedTo(record string) (out []authority.Attachment) {
	for _, f := range e.Attachments {
		if f.Record == record {
			out = append(out, f)
		}
	}
	return out
}

// publicKey is the key of the authority when it has one.
func publicKey(tx *store.Tx) (string, error) {
	set, err := tx.Setting("", keySetting)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return "", err
	}
	var k ownKey
	err = json.Unmarshal(set.Value, &k)
	return k.Public, err
}
