package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var intakeSources = define(table[incident.Source]{
	name: "intake_sources", kind: "intake_source", keys: "id", secret: true,
	columns: "id, organisation_id, kind, name, token_hash, sealed, mapping, window_minutes, created_by, created_at, revoked_at, version",
	fields: func(s *incident.Source) []any {
		return []any{&s.ID, &s.Organisation, &s.Kind, &s.Name, &s.TokenHash, &s.Sealed, &s.Mapping, &s.Window, &s.CreatedBy, sqldb.Time(&s.CreatedAt), sqldb.Time(&s.RevokedAt), &s.Version}
	},
	org:     func(s *incident.Source) *string { return &s.Organisation },
	version: func(s *incident.Source) *int64 { return &s.Version },
	id:      func(s *incident.Source) *string { return &s.ID },
	created: func(s *incident.Source) *time.Time { return &s.CreatedAt },
})

// IntakeSource returns one system that sends signals.
func (tx *Tx) IntakeSource(id string) (incident.Source, error) { return intakeSources.get(tx, id) }

// IntakeSources lists the systems that send signals to an organisation, revoked ones
// too, by name.
func (tx *Tx) IntakeSources(organisation string) ([]incident.Source, error) {
	return intakeSources.list(tx, "organisation_id = ?", "name, id", organisation)
}

// PutIntakeSource makes or changes a system that sends signals.
func (tx *Tx) PutIntakeSource(s incident.Source) (incident.Source, error) {
	return intakeSources.put(tx, s)
}

// OwnedSource is a source with the workspace that it belongs to.
type OwnedSource struct {
	incident.Source
	Workspace string
}

// IntakeSourceByToken finds the system with a token, in any workspace. It needs a scope
// of everything.
func (tx *Tx) IntakeSourceByToken(hash string) (OwnedSource, error) {
	if err := tx.system(); err != nil {
		return OwnedSource{}, err
	}
	s, found, err := sqldb.One(tx.q, func(s *OwnedSource) []any { return append([]any{&s.Workspace}, intakeSources.fields(&s.Source)...) },
		`SELECT workspace_id, `+intakeSources.columns+` FROM intake_sources WHERE token_hash = ?`, hash)
	if err == nil && !found {
		err = absent(intakeSources.kind)
	}
	return s, err
}

var intakeSignals = define(table[incident.Signal]{
	name: "intake_signals", kind: "intake_signal", keys: "id", secret: true, // the ledger has the hash of the message
	columns: "id, organisation_id, source, incident, event, alike, title, severity, host, at, received_at, sha256, size, raw",
	fields: func(s *incident.Signal) []any {
		return append(signalFields(s), &s.Raw)
	},
	org:     func(s *incident.Signal) *string { return &s.Organisation },
	id:      func(s *incident.Signal) *string { return &s.ID },
	created: func(s *incident.Signal) *time.Time { return &s.ReceivedAt },
})

// signalFields are all but the message itself.
func signalFields(s *incident.Signal) []any {
	return []any{&s.ID, &s.Organisation, &s.Source, &s.Incident, &s.Event, &s.Alike, &s.Title, &s.Severity, &s.Host, sqldb.Time(&s.At), sqldb.Time(&s.ReceivedAt), &s.SHA256, &s.Size}
}

// signalColumns are all but the message itself.
func signalColumns() string { return strings.TrimSuffix(intakeSignals.columns, ", raw") }

// IntakeSignal returns one signal with its message.
func (tx *Tx) IntakeSignal(id string) (incident.Signal, error) { return intakeSignals.get(tx, id) }

// AddIntakeSignal keeps a signal. Conflict when the source sent an event of that name
// before.
func (tx *Tx) AddIntakeSignal(s incident.Signal) (incident.Signal, error) {
	return intakeSignals.put(tx, s)
}

// signals lists signals without their messages.
func (tx *Tx) signals(condition, order string, args ...any) ([]incident.Signal, error) {
	within, all, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	out, err := sqldb.Collect(tx.q, signalFields, `SELECT `+signalColumns()+` FROM intake_signals WHERE `+within+` AND `+condition+` ORDER BY `+order, append(all, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list signals: %w", err)
	}
	return out, nil
}

// IntakeSignals lists up to limit signals of an incident without their messages, newest
// first.
func (tx *Tx) IntakeSignals(organisation, of string, limit int) ([]incident.Signal, error) {
	return tx.signals("organisation_id = ? AND incident = ?", fmt.Sprintf("received_at DESC, id DESC LIMIT %d", limit), organisation, of)
}

// IntakeSignalOf finds the signal of a source by the sender's own name.
func (tx *Tx) IntakeSignalOf(source, event string) (s incident.Signal, found bool, err error) {
	list, err := tx.signals("source = ? AND event = ?", "id LIMIT 1", source, event)
	return first(list), len(list) > 0, err
}

// IntakeSignalAlike finds the newest signal of a source that said the same since a
// time.
func (tx *Tx) IntakeSignalAlike(source, alike string, since time.Time) (s incident.Signal, found bool, err error) {
	list, err := tx.signals("source = ? AND alike = ? AND received_at >= ?", "received_at DESC, id DESC LIMIT 1", source, alike, since.UnixMilli())
	return first(list), len(list) > 0, err
}

func first(list []incident.Signal) incident.Signal {
	if len(list) == 0 {
		return incident.Signal{}
	}
	return list[0]
}

// IntakeStandings says of each source of an organisation what came from it.
func (tx *Tx) IntakeStandings(organisation string) ([]incident.Standing, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, func(s *incident.Standing) []any { return []any{&s.Source, &s.Count, sqldb.Time(&s.Last)} },
		`SELECT source, COUNT(*), MAX(received_at) FROM intake_signals WHERE `+within+` AND organisation_id = ? GROUP BY source ORDER BY source`, append(args, organisation)...)
}

// IntakeSignalCount is how many signals a case has.
func (tx *Tx) IntakeSignalCount(organisation, of string) (int64, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return 0, err
	}
	n, _, err := sqldb.One(tx.q, sqldb.Single[int64], `SELECT COUNT(*) FROM intake_signals WHERE `+within+` AND organisation_id = ? AND incident = ?`, append(args, organisation, of)...)
	return n, err
}
