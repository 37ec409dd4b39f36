package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// OwnedAlarm is an alarm with the workspace that it belongs to.
type OwnedAlarm struct {
	Workspace string
	incident.Alarm
}

func alarmFields(a *OwnedAlarm) []any {
	return []any{&a.Workspace, &a.ID, &a.Organisation, &a.Incident, &a.Obligation, &a.Stage, &a.Step, sqldb.Time(&a.At), sqldb.Time(&a.DueAt), sqldb.Time(&a.SentAt), &a.Late}
}

const (
	dropAlarms     = `DELETE FROM alarms WHERE workspace_id = ? AND organisation_id = ? AND obligation = ? AND sent_at = 0`
	insertAlarms   = `INSERT INTO alarms (workspace_id, id, organisation_id, incident, obligation, stage, step, at, due_at, sent_at, late) VALUES `
	keepSent       = ` ON CONFLICT (id) DO NOTHING`
	selectAlarms   = `SELECT workspace_id, id, organisation_id, incident, obligation, stage, step, at, due_at, sent_at, late FROM alarms WHERE `
	ofOrganisation = ` AND organisation_id = ? ORDER BY at, id`
	dueAlarms      = selectAlarms + `sent_at = 0 AND at <= ? ORDER BY at, id`
	lateAlarms     = selectAlarms + `workspace_id = ? AND organisation_id = ? AND incident = ? AND sent_at = 0 AND late = ? AND at <= ? ORDER BY at, id`
	unsentAlarms   = selectAlarms + `workspace_id = ? AND organisation_id = ? AND obligation = ? AND sent_at = 0`
	markAlarm      = `UPDATE alarms SET sent_at = ? WHERE workspace_id = ? AND id = ? AND sent_at = 0`
)

// ReplaceAlarms makes the unsent alarms of an obligation those of the list. What
// was sent stays, and an alarm that was sent is not made again. One that falls due
// before now and was not there yet is late. Alarms follow from the clocks, so the
// ledger does not hold them.
func (tx *Tx) ReplaceAlarms(obligation incident.Obligation, list []incident.Alarm) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if err := tx.owns(obligation.Organisation); err != nil {
		return err
	}
	w := tx.scope.WorkspaceID()
	unsent, err := sqldb.Collect(tx.q, alarmFields, unsentAlarms, w, obligation.Organisation, obligation.ID)
	if err != nil {
		return fmt.Errorf("list alarms: %w", err)
	}
	if _, err := tx.q.Exec(dropAlarms, w, obligation.Organisation, obligation.ID); err != nil {
		return fmt.Errorf("drop alarms: %w", err)
	}
	for _, a := range list {
		a.Late = a.At.Before(tx.now)
		if n := slices.IndexFunc(unsent, func(u OwnedAlarm) bool { return u.ID == a.ID }); n >= 0 {
			a.Late = unsent[n].Late
		}
		args, err := sqldb.Args(alarmFields(&OwnedAlarm{w, a}))
		if err != nil {
			return err
		}
		if _, err := tx.q.Exec(insertAlarms+sqldb.Marks(len(args))+keepSent, args...); err != nil {
			return fmt.Errorf("write alarms: %w", err)
		}
	}
	return nil
}

// Alarms lists the alarms of an organisation, sent and unsent, oldest first.
func (tx *Tx) Alarms(organisation string) ([]incident.Alarm, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	rows, err := sqldb.Collect(tx.q, alarmFields, selectAlarms+within+ofOrganisation, append(args, organisation)...)
	if err != nil {
		return nil, fmt.Errorf("list alarms: %w", err)
	}
	return alarmsOf(rows), nil
}

// DueAlarms lists up to limit alarms of all workspaces that fell due and were not
// sent, oldest first. It needs a scope of everything.
func (tx *Tx) DueAlarms(limit int) ([]OwnedAlarm, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	out, err := sqldb.Collect(tx.q, alarmFields, dueAlarms+fmt.Sprintf(" LIMIT %d", limit), tx.now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list due alarms: %w", err)
	}
	return out, nil
}

// LateAlarms lists the alarms of a case that had fallen due before their clock was known
// and were not sent, oldest first.
func (tx *Tx) LateAlarms(organisation, of string) ([]incident.Alarm, error) {
	w, err := tx.workspace()
	if err != nil {
		return nil, err
	}
	if !tx.scope.Covers(organisation) {
		return nil, absent("incident")
	}
	rows, err := sqldb.Collect(tx.q, alarmFields, lateAlarms, w, organisation, of, true, tx.now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list late alarms: %w", err)
	}
	return alarmsOf(rows), nil
}

func alarmsOf(rows []OwnedAlarm) []incident.Alarm {
	out := make([]incident.Alarm, len(rows))
	for i, r := range rows {
		out[i] = r.Alarm
	}
	return out
}

// MarkAlarm notes that an alarm was sent; fresh is false when somebody else was
// faster.
func (tx *Tx) MarkAlarm(id string, at time.Time) (fresh bool, err error) {
	if err := tx.writable(); err != nil {
		return false, err
	}
	w, err := tx.workspace()
	if err != nil {
		return false, err
	}
	n, err := tx.q.Exec(markAlarm, at.UnixMilli(), w, id)
	if err != nil {
		return false, fmt.Errorf("mark alarm: %w", err)
	}
	return n == 1, nil
}
