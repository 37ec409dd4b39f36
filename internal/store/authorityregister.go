package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/law"
)

var authorityApplications = define(table[authority.Application]{
	name: "authority_applications", kind: "authority_application", keys: "id", secret: true, // the token
	columns: "id, entity, kind, state, name, email, class, provision, reference, changed_on, language, facts, token_hash, expires_at, confirmed_at, decided_by, " +
		"decided_by_name, decided_at, reason, created_at, version",
	fields: func(a *authority.Application) []any {
		return []any{&a.ID, &a.Entity, &a.Kind, &a.State, &a.Name, &a.Email, &a.Class, &a.Provision, &a.Reference, sqldb.Date(&a.ChangedOn), &a.Language, sqldb.Raw(&a.Facts),
			&a.TokenHash, sqldb.Time(&a.ExpiresAt), sqldb.Time(&a.ConfirmedAt), &a.DecidedBy, &a.DecidedByName, sqldb.Time(&a.DecidedAt), &a.Reason,
			sqldb.Time(&a.CreatedAt), &a.Version}
	},
	version: func(a *authority.Application) *int64 { return &a.Version },
	id:      func(a *authority.Application) *string { return &a.ID },
	created: func(a *authority.Application) *time.Time { return &a.CreatedAt },
})

// AuthorityApplication returns one application.
func (tx *Tx) AuthorityApplication(id string) (authority.Application, error) {
	return authorityApplications.get(tx, id)
}

// AuthorityApplications lists the applications in a state, oldest first.
func (tx *Tx) AuthorityApplications(state string) ([]authority.Application, error) {
	return authorityApplications.list(tx, "state = ?", "created_at, id", state)
}

// AuthorityApplicationOf finds the application behind the hash of a link within the
// workspace.
func (tx *Tx) AuthorityApplicationOf(hash string) (authority.Application, error) {
	return only(authorityApplications.list(tx, "token_hash <> '' AND token_hash = ?", "id", hash))("authority_application")
}

// PutAuthorityApplication makes or changes an application.
func (tx *Tx) PutAuthorityApplication(a authority.Application) (authority.Application, error) {
	return authorityApplications.put(tx, a)
}

// SweepAuthorityApplications forgets the applications of all workspaces whose
// address was not confirmed in time. It needs a scope of everything.
func (tx *Tx) SweepAuthorityApplications() (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	return tx.q.Exec(`DELETE FROM authority_applications WHERE state = 'unconfirmed' AND expires_at < ?`, tx.now.UnixMilli())
}

var authorityEntries = define(table[authority.Entry]{
	name: "authority_entries", kind: "authority_entry", keys: "id",
	columns: "id, organisation_id, state, reference, class, provision, email, registered_on, changed_on, notified_on, late, reviewed_on, created_at, updated_at, version",
	fields: func(e *authority.Entry) []any {
		return []any{&e.ID, &e.Organisation, &e.State, &e.Reference, &e.Class, &e.Provision, &e.Email, sqldb.Date(&e.RegisteredOn), sqldb.Date(&e.ChangedOn),
			sqldb.Date(&e.NotifiedOn), &e.Late, sqldb.Date(&e.ReviewedOn), sqldb.Time(&e.CreatedAt), sqldb.Time(&e.UpdatedAt), &e.Version}
	},
	org:     func(e *authority.Entry) *string { return &e.Organisation },
	version: func(e *authority.Entry) *int64 { return &e.Version },
	id:      func(e *authority.Entry) *string { return &e.ID },
	created: func(e *authority.Entry) *time.Time { return &e.CreatedAt },
	updated: func(e *authority.Entry) *time.Time { return &e.UpdatedAt },
	found:   func(e *authority.Entry) found { return found{e.Reference, e.Email} },
})

// AuthorityEntry returns one entry of the register.
func (tx *Tx) AuthorityEntry(id string) (authority.Entry, error) { return authorityEntries.get(tx, id) }

// AuthorityEntriesOf lists the entry of an entity; there is one or none.
func (tx *Tx) AuthorityEntriesOf(organisation string) ([]authority.Entry, error) {
	return authorityEntries.list(tx, "organisation_id = ?", "id", organisation)
}

// AuthorityEntryOf is the entry of an entity.
func (tx *Tx) AuthorityEntryOf(organisation string) (authority.Entry, error) {
	return only(tx.AuthorityEntriesOf(organisation))("authority_entry")
}

// AuthorityEntryByReference finds an entry by its reference.
func (tx *Tx) AuthorityEntryByReference(reference string) (authority.Entry, error) {
	return only(authorityEntries.list(tx, "reference <> '' AND reference = ?", "id", reference))("authority_entry")
}

// AuthorityEntries lists the register in reach.
func (tx *Tx) AuthorityEntries() ([]authority.Entry, error) {
	return authorityEntries.list(tx, "1 = 1", "organisation_id")
}

// PutAuthorityEntry makes or changes an entry of the register.
func (tx *Tx) PutAuthorityEntry(e authority.Entry) (authority.Entry, error) {
	return authorityEntries.put(tx, e)
}

// ClassifyAuthorityReports fills in sector and class of the reports that an entity
// filed before it was registered.
func (tx *Tx) ClassifyAuthorityReports(organisation, sector string, class law.Class) (int64, error) {
	if err := tx.writable(); err != nil {
		return 0, err
	}
	if err := tx.owns(organisation); err != nil {
		return 0, err
	}
	return tx.q.Exec(`UPDATE authority_reports SET sector = ?, class = ? WHERE workspace_id = ? AND organisation_id = ? AND sector = ''`,
		sector, string(class), tx.scope.WorkspaceID(), organisation)
}

var authorityRecipients = define(table[authority.Recipient]{
	name: "authority_recipients", kind: "authority_recipient", keys: "id",
	columns: "id, kind, name, country, email, regimes, cross_border, withhold, created_at, version",
	fields: func(r *authority.Recipient) []any {
		return []any{&r.ID, &r.Kind, &r.Name, &r.Country, &r.Email, sqldb.JSON(&r.Regimes), &r.CrossBorder, sqldb.JSON(&r.Withhold), sqldb.Time(&r.CreatedAt), &r.Version}
	},
	version: func(r *authority.Recipient) *int64 { return &r.Version },
	id:      func(r *authority.Recipient) *string { return &r.ID },
	created: func(r *authority.Recipient) *time.Time { return &r.CreatedAt },
})

// AuthorityRecipient returns one recipient of forwarded reports.
func (tx *Tx) AuthorityRecipient(id string) (authority.Recipient, error) {
	return authorityRecipients.get(tx, id)
}

// AuthorityRecipients lists the recipients of forwarded reports.
func (tx *Tx) AuthorityRecipients() ([]authority.Recipient, error) {
	return authorityRecipients.list(tx, "1 = 1", "kind, name, id")
}

// PutAuthorityRecipient makes or changes a recipient.
func (tx *Tx) PutAuthorityRecipient(r authority.Recipient) (authority.Recipient, error) {
	return authorityRecipients.put(tx, r)
}

// RemoveAuthorityRecipient deletes a recipient; what it got stays recorded.
func (tx *Tx) RemoveAuthorityRecipient(id string) error { return authorityRecipients.remove(tx, id) }

var authorityForwardings = define(table[authority.Forwarding]{
	name: "authority_forwardings", kind: "authority_forwarding", keys: "id", secret: true, // what went out is not taken back
	columns: "id, organisation_id, case_id, report_id, recipient, recipient_name, basis, way, address, withheld, content, sha256, reason, sent_by, sent_by_name, created_at",
	fields: func(f *authority.Forwarding) []any {
		return []any{&f.ID, &f.Organisation, &f.Case, &f.Report, &f.Recipient, &f.RecipientName, &f.Basis, &f.Way, &f.Address, sqldb.JSON(&f.Withheld),
			&f.Content, &f.SHA256, &f.Reason, &f.By, &f.ByName, sqldb.Time(&f.CreatedAt)}
	},
	org:     func(f *authority.Forwarding) *string { return &f.Organisation },
	id:      func(f *authority.Forwarding) *string { return &f.ID },
	created: func(f *authority.Forwarding) *time.Time { return &f.CreatedAt },
})

// AuthorityForwarding returns one forwarding.
func (tx *Tx) AuthorityForwarding(id string) (authority.Forwarding, error) {
	return authorityForwardings.get(tx, id)
}

// AuthorityForwardings lists what was forwarded of a case, oldest first.
func (tx *Tx) AuthorityForwardings(organisation, of string) ([]authority.Forwarding, error) {
	return authorityForwardings.list(tx, "organisation_id = ? AND case_id = ?", "created_at, id", organisation, of)
}

// AddAuthorityForwarding records a forwarding.
func (tx *Tx) AddAuthorityForwarding(f authority.Forwarding) (authority.Forwarding, error) {
	return authorityForwardings.put(tx, f)
}

var authorityRecords = define(table[authority.Record]{
	name: "authority_records", kind: "authority_record", keys: "id",
	columns: "id, organisation_id, case_id, kind, power, title, body, purpose, due_on, done_on, outcome, cents, written_by, written_by_name, created_at, updated_at, version",
	fields: func(r *authority.Record) []any {
		return []any{&r.ID, sqldb.Optional(&r.Organisation), &r.Case, &r.Kind, &r.Power, &r.Title, &r.Body, &r.Purpose, sqldb.Date(&r.DueOn), sqldb.Date(&r.DoneOn),
			&r.Outcome, &r.Cents, &r.By, &r.ByName, sqldb.Time(&r.CreatedAt), sqldb.Time(&r.UpdatedAt), &r.Version}
	},
	org:     func(r *authority.Record) *string { return &r.Organisation },
	loose:   true,
	version: func(r *authority.Record) *int64 { return &r.Version },
	id:      func(r *authority.Record) *string { return &r.ID },
	created: func(r *authority.Record) *time.Time { return &r.CreatedAt },
	updated: func(r *authority.Record) *time.Time { return &r.UpdatedAt },
})

// AuthorityRecord returns one record.
func (tx *Tx) AuthorityRecord(id string) (authority.Record, error) {
	return authorityRecords.get(tx, id)
}

// AuthorityRecords lists the file of an entity, newest first.
func (tx *Tx) AuthorityRecords(organisation string) ([]authority.Record, error) {
	return authorityRecords.list(tx, "organisation_id = ?", "created_at DESC, id", organisation)
}

// OpenAuthorityRecords lists what in reach has a day and is not done, by that day.
func (tx *Tx) OpenAuthorityRecords() ([]authority.Record, error) {
	return authorityRecords.list(tx, "due_on <> '' AND done_on = ''", "due_on, id")
}

// SituationNotes lists at most limit notes on the situation, newest first.
func (tx *Tx) SituationNotes() ([]authority.Record, error) {
	return authorityRecords.list(tx, "organisation_id IS NULL AND kind = 'situation'", "created_at DESC, id LIMIT 50")
}

// PublicStatements lists at most limit records of what the public was told, in reach,
// newest first.
func (tx *Tx) PublicStatements(limit int) ([]authority.Record, error) {
	return authorityRecords.list(tx, "kind = 'public'", fmt.Sprintf("created_at DESC, id LIMIT %d", limit))
}

// PutAuthorityRecord makes or changes a record.
func (tx *Tx) PutAuthorityRecord(r authority.Record) (authority.Record, error) {
	return authorityRecords.put(tx, r)
}

var authorityAttachments = define(table[authority.Attachment]{
	name: "authority_record_files", kind: "authority_record_file", keys: "id",
	columns: "id, organisation_id, record_id, name, media_type, size, sha256, added_by, added_by_name, created_at",
	fields: func(f *authority.Attachment) []any {
		return []any{&f.ID, &f.Organisation, &f.Record, &f.Name, &f.MediaType, &f.Size, &f.SHA256, &f.By, &f.ByName, sqldb.Time(&f.CreatedAt)}
	},
	org:     func(f *authority.Attachment) *string { return &f.Organisation },
	id:      func(f *authority.Attachment) *string { return &f.ID },
	created: func(f *authority.Attachment) *time.Time { return &f.CreatedAt },
})

// AuthorityAttachment returns the description of one file.
func (tx *Tx) AuthorityAttachment(id string) (authority.Attachment, error) {
	return authorityAttachments.get(tx, id)
}

// AuthorityAttachments lists the files of all lines of the file of an entity, oldest
// first.
func (tx *Tx) AuthorityAttachments(organisation string) ([]authority.Attachment, error) {
	return authorityAttachments.list(tx, "organisation_id = ?", "created_at, id", organisation)
}

// RemoveAuthorityAttachment removes the description of a file. Its content stays for as
// long as the ledger can bring the description back.
func (tx *Tx) RemoveAuthorityAttachment(id string) error {
	return authorityAttachments.remove(tx, id)
}

// AddAuthorityAttachment describes a file whose content is kept.
func (tx *Tx) AddAuthorityAttachment(f authority.Attachment) (authority.Attachment, error) {
	return authorityAttachments.put(tx, f)
}
