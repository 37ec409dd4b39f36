package store

import (
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var incidents = define(table[incident.Incident]{
	name: "incidents", kind: "incident", keys: "id",
	columns: "id, organisation_id, reference, title, kind, state, exercise, zone, ahead_ms, occurred_at, detected_at, aware_at, " +
		"handled_at, facts, criteria, significance, channel, reporter, lead, linked, into_incident, from_incident, " +
		"merging, tlp, created_by, created_at, updated_at, version",
	fields: func(v *incident.Incident) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Reference, &v.Title, &v.Kind, &v.State, &v.Exercise, &v.Zone, &v.Ahead, sqldb.JSON(&v.OccurredAt),
			sqldb.JSON(&v.DetectedAt), sqldb.JSON(&v.AwareAt), sqldb.JSON(&v.HandledAt), sqldb.JSON(&v.Facts),
			sqldb.JSON(&v.Criteria), sqldb.JSON(&v.Significance), &v.Channel, &v.Reporter, &v.Lead, sqldb.JSON(&v.Linked),
			&v.Into, &v.From, sqldb.JSON(&v.Merging), &v.TLP, &v.CreatedBy, sqldb.Time(&v.CreatedAt), sqldb.Time(&v.UpdatedAt), &v.Version,
		}
	},
	org:     func(v *incident.Incident) *string { return &v.Organisation },
	version: func(v *incident.Incident) *int64 { return &v.Version },
	id:      func(v *incident.Incident) *string { return &v.ID },
	created: func(v *incident.Incident) *time.Time { return &v.CreatedAt },
	updated: func(v *incident.Incident) *time.Time { return &v.UpdatedAt },
	found:   func(v *incident.Incident) found { return found{v.Title, v.Reference} },
})

// Incident returns one incident.
func (tx *Tx) Incident(id string) (incident.Incident, error) { return incidents.get(tx, id) }

// Incidents lists the incidents of an organisation, newest first.
func (tx *Tx) Incidents(organisation string) ([]incident.Incident, error) {
	return incidents.list(tx, "organisation_id = ?", "created_at DESC, id DESC", organisation)
}

// OpenIncidents lists the incidents in reach that are not closed, and the closed ones
// with an alarm that is still to come or that said a deadline was over, as a report may
// be left. Newest first.
func (tx *Tx) OpenIncidents() ([]incident.Incident, error) {
	return incidents.list(tx, openIncidents, "created_at DESC, id DESC")
}

const openIncidents = `(state IN ('open', 'contained', 'handled') OR state = 'closed' AND EXISTS (
	SELECT 1 FROM alarms
	WHERE alarms.workspace_id = incidents.workspace_id AND alarms.incident = incidents.id
		AND (alarms.sent_at = 0 OR alarms.step = 'overdue')))`

// PutIncident makes or changes one incident.
func (tx *Tx) PutIncident(v incident.Incident) (incident.Incident, error) {
	return incidents.put(tx, v)
}

var obligations = define(table[incident.Obligation]{
	name: "obligations", kind: "obligation", keys: "id",
	columns: "id, organisation_id, incident, regime, authority, country, zone, entity, partner, applies, reason, " +
		"decided_by, decided_at, terms, holidays, trust_service, qualified, exempt, aware_at, classified_at, " +
		"measure_at, requested_at, request_due, created_at, version",
	fields: func(v *incident.Obligation) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, &v.Regime, &v.Authority, &v.Country, &v.Zone, &v.Entity, &v.Partner, &v.Applies,
			&v.Reason, &v.DecidedBy, sqldb.Time(&v.DecidedAt), sqldb.JSON(&v.Terms), sqldb.JSON(&v.Holidays), &v.TrustService,
			sqldb.JSON(&v.Qualified), &v.Exempt, sqldb.JSON(&v.AwareAt), sqldb.Time(&v.Classified), sqldb.Time(&v.MeasureAt),
			sqldb.Time(&v.RequestedAt), sqldb.Time(&v.RequestDue), sqldb.Time(&v.CreatedAt), &v.Version,
		}
	},
	org:     func(v *incident.Obligation) *string { return &v.Organisation },
	version: func(v *incident.Obligation) *int64 { return &v.Version },
	id:      func(v *incident.Obligation) *string { return &v.ID },
	created: func(v *incident.Obligation) *time.Time { return &v.CreatedAt },
})

// Obligation returns one obligation.
func (tx *Tx) Obligation(id string) (incident.Obligation, error) { return obligations.get(tx, id) }

// Obligations lists what belongs to an incident, oldest first.
func (tx *Tx) Obligations(organisation, of string) ([]incident.Obligation, error) {
	return obligations.list(tx, "organisation_id = ? AND incident = ?", "created_at, id", organisation, of)
}

// PutObligation makes or changes one obligation.
func (tx *Tx) PutObligation(v incident.Obligation) (incident.Obligation, error) {
	return obligations.put(tx, v)
}

var incidentReports = define(table[incident.Report]{
	name: "incident_reports", kind: "incident_report", keys: "id",
	columns: "id, organisation_id, incident, obligation, stage, form, form_version, status, corrects, own, withhold, " +
		"approved_by, approved_name, approved_at, approved_digest, bypass, content, sha256, submitted_by, submitted_at, due_at, " +
		"channel, handed_at, received_at, reference, receipt, created_by, created_at, updated_at, version",
	fields: func(v *incident.Report) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, &v.Obligation, &v.Stage, &v.Form, &v.FormVersion, &v.Status, &v.Corrects,
			sqldb.JSON(&v.Own), sqldb.JSON(&v.Withhold), &v.ApprovedBy, &v.ApprovedName, sqldb.Time(&v.ApprovedAt), &v.ApprovedDigest, &v.Bypass,
			sqldb.Raw(&v.Content), &v.SHA256, &v.SubmittedBy, sqldb.Time(&v.SubmittedAt), sqldb.Time(&v.DueAt), &v.Channel,
			sqldb.Time(&v.HandedAt), sqldb.Time(&v.ReceivedAt), &v.Reference, &v.Receipt, &v.CreatedBy, sqldb.Time(&v.CreatedAt), sqldb.Time(&v.UpdatedAt),
			&v.Version,
		}
	},
	org:     func(v *incident.Report) *string { return &v.Organisation },
	version: func(v *incident.Report) *int64 { return &v.Version },
	id:      func(v *incident.Report) *string { return &v.ID },
	created: func(v *incident.Report) *time.Time { return &v.CreatedAt },
	updated: func(v *incident.Report) *time.Time { return &v.UpdatedAt },
	secret:  true, // what was sent is not taken back
})

// IncidentReport returns one report.
func (tx *Tx) IncidentReport(id string) (incident.Report, error) { return incidentReports.get(tx, id) }

// IncidentReports lists what belongs to an incident, oldest first.
func (tx *Tx) IncidentReports(organisation, of string) ([]incident.Report, error) {
	return incidentReports.list(tx, "organisation_id = ? AND incident = ?", "created_at, id", organisation, of)
}

// UnderwayReports lists the reports that were submitted over the wire and have not
// reached their authority, oldest first.
func (tx *Tx) UnderwayReports() ([]incident.Report, error) {
	all, err := incidentReports.list(tx, "status = ? AND channel = ? AND received_at = 0", "created_at, id", incident.Submitted, incident.OnTheWire)
	return slices.DeleteFunc(all, func(r incident.Report) bool { return !r.Underway() }), err
}

// PutIncidentReport makes or changes one report.
func (tx *Tx) PutIncidentReport(v incident.Report) (incident.Report, error) {
	return incidentReports.put(tx, v)
}

var incidentEntries = define(table[incident.Entry]{
	name: "incident_entries", kind: "incident_entry", keys: "id",
	columns: "id, organisation_id, incident, at, kind, body, before_value, after_value, object, written_by, " +
		"written_by_name, created_at",
	fields: func(v *incident.Entry) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, sqldb.JSON(&v.At), &v.Kind, &v.Text, &v.Before, &v.After, &v.Object, &v.By,
			&v.ByName, sqldb.Time(&v.CreatedAt),
		}
	},
	org:     func(v *incident.Entry) *string { return &v.Organisation },
	id:      func(v *incident.Entry) *string { return &v.ID },
	created: func(v *incident.Entry) *time.Time { return &v.CreatedAt },
	secret:  true, // the record is only added to
})

// IncidentEntry returns one entry.
func (tx *Tx) IncidentEntry(id string) (incident.Entry, error) { return incidentEntries.get(tx, id) }

// IncidentEntries lists what belongs to incidents, oldest first.
func (tx *Tx) IncidentEntries(organisation string, of ...string) ([]incident.Entry, error) {
	return ofIncidents(tx, incidentEntries, organisation, of)
}

// AddIncidentEntry writes a line into the record of an incident.
func (tx *Tx) AddIncidentEntry(v incident.Entry) (incident.Entry, error) {
	return incidentEntries.put(tx, v)
}

var indicators = define(table[incident.Indicator]{
	name: "indicators", kind: "indicator", keys: "id",
	columns: "id, organisation_id, incident, type, value, tlp, note, seen_at, source, import_id, created_at, version",
	fields: func(v *incident.Indicator) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, &v.Type, &v.Value, &v.TLP, &v.Note, sqldb.Time(&v.SeenAt), &v.Source,
			&v.Import, sqldb.Time(&v.CreatedAt), &v.Version,
		}
	},
	org:     func(v *incident.Indicator) *string { return &v.Organisation },
	version: func(v *incident.Indicator) *int64 { return &v.Version },
	id:      func(v *incident.Indicator) *string { return &v.ID },
	created: func(v *incident.Indicator) *time.Time { return &v.CreatedAt },
})

// Indicator returns one indicator.
func (tx *Tx) Indicator(id string) (incident.Indicator, error) { return indicators.get(tx, id) }

// PutIndicator makes or changes one indicator.
func (tx *Tx) PutIndicator(v incident.Indicator) (incident.Indicator, error) {
	return indicators.put(tx, v)
}

// RemoveIndicator deletes one indicator.
func (tx *Tx) RemoveIndicator(id string) error { return indicators.remove(tx, id) }

var affected = define(table[incident.Affected]{
	name: "incident_affected", kind: "affected", keys: "id",
	columns: "id, organisation_id, incident, kind, name, amount, condition_now, note, created_at, version",
	fields: func(v *incident.Affected) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, &v.Kind, &v.Name, &v.Count, &v.Condition, &v.Note, sqldb.Time(&v.CreatedAt),
			&v.Version,
		}
	},
	org:     func(v *incident.Affected) *string { return &v.Organisation },
	version: func(v *incident.Affected) *int64 { return &v.Version },
	id:      func(v *incident.Affected) *string { return &v.ID },
	created: func(v *incident.Affected) *time.Time { return &v.CreatedAt },
})

// Affected returns one affected thing.
func (tx *Tx) Affected(id string) (incident.Affected, error) { return affected.get(tx, id) }

// AffectedBy lists what belongs to incidents, oldest first.
func (tx *Tx) AffectedBy(organisation string, of ...string) ([]incident.Affected, error) {
	return ofIncidents(tx, affected, organisation, of)
}

// PutAffected makes or changes one affected thing.
func (tx *Tx) PutAffected(v incident.Affected) (incident.Affected, error) { return affected.put(tx, v) }

// RemoveAffected deletes one affected thing.
func (tx *Tx) RemoveAffected(id string) error { return affected.remove(tx, id) }

var exhibits = define(table[incident.Exhibit]{
	name: "incident_exhibits", kind: "exhibit", keys: "id",
	columns: "id, organisation_id, incident, name, sha256, file, scan, custody, created_at, version",
	fields: func(v *incident.Exhibit) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, &v.Name, &v.SHA256, &v.File, &v.Scan, sqldb.JSON(&v.Custody), sqldb.Time(&v.CreatedAt),
			&v.Version,
		}
	},
	org:     func(v *incident.Exhibit) *string { return &v.Organisation },
	version: func(v *incident.Exhibit) *int64 { return &v.Version },
	id:      func(v *incident.Exhibit) *string { return &v.ID },
	created: func(v *incident.Exhibit) *time.Time { return &v.CreatedAt },
})

// Exhibit returns one piece of evidence.
func (tx *Tx) Exhibit(id string) (incident.Exhibit, error) { return exhibits.get(tx, id) }

// Exhibits lists what belongs to incidents, oldest first.
func (tx *Tx) Exhibits(organisation string, of ...string) ([]incident.Exhibit, error) {
	return ofIncidents(tx, exhibits, organisation, of)
}

// PutExhibit makes or changes one piece of evidence.
func (tx *Tx) PutExhibit(v incident.Exhibit) (incident.Exhibit, error) { return exhibits.put(tx, v) }

// RemoveExhibit deletes one piece of evidence.
func (tx *Tx) RemoveExhibit(id string) error { return exhibits.remove(tx, id) }

var informed = define(table[incident.Informed]{
	name: "incident_informed", kind: "informed", keys: "id",
	columns: "id, organisation_id, incident, at, whom, amount, channel, body, about, struck, created_at, version",
	fields: func(v *incident.Informed) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, sqldb.JSON(&v.At), &v.Whom, &v.Count, &v.Channel, &v.Text, &v.About, &v.Struck,
			sqldb.Time(&v.CreatedAt), &v.Version,
		}
	},
	org:     func(v *incident.Informed) *string { return &v.Organisation },
	version: func(v *incident.Informed) *int64 { return &v.Version },
	id:      func(v *incident.Informed) *string { return &v.ID },
	created: func(v *incident.Informed) *time.Time { return &v.CreatedAt },
})

// Informed returns one information of recipients.
func (tx *Tx) Informed(id string) (incident.Informed, error) { return informed.get(tx, id) }

// InformedOf lists what belongs to incidents, oldest first.
func (tx *Tx) InformedOf(organisation string, of ...string) ([]incident.Informed, error) {
	return ofIncidents(tx, informed, organisation, of)
}

// PutInformed makes or changes one information of recipients.
func (tx *Tx) PutInformed(v incident.Informed) (incident.Informed, error) { return informed.put(tx, v) }

var incidentCosts = define(table[incident.Cost]{
	name: "incident_costs", kind: "incident_cost", keys: "id",
	columns: "id, organisation_id, incident, what, cents, currency, estimated, on_day, struck, created_at, version",
	fields: func(v *incident.Cost) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, &v.What, &v.Cents, &v.Currency, &v.Estimated, sqldb.Date(&v.On), &v.Struck,
			sqldb.Time(&v.CreatedAt), &v.Version,
		}
	},
	org:     func(v *incident.Cost) *string { return &v.Organisation },
	version: func(v *incident.Cost) *int64 { return &v.Version },
	id:      func(v *incident.Cost) *string { return &v.ID },
	created: func(v *incident.Cost) *time.Time { return &v.CreatedAt },
})

// IncidentCost returns one cost.
func (tx *Tx) IncidentCost(id string) (incident.Cost, error) { return incidentCosts.get(tx, id) }

// IncidentCosts lists what belongs to incidents, oldest first.
func (tx *Tx) IncidentCosts(organisation string, of ...string) ([]incident.Cost, error) {
	return ofIncidents(tx, incidentCosts, organisation, of)
}

// PutIncidentCost makes or changes one cost.
func (tx *Tx) PutIncidentCost(v incident.Cost) (incident.Cost, error) {
	return incidentCosts.put(tx, v)
}

// ofIncidents lists the rows of incidents, oldest first.
func ofIncidents[T any](tx *Tx, t *table[T], organisation string, of []string) ([]T, error) {
	args := []any{organisation}
	for _, id := range of {
		args = append(args, id)
	}
	return t.list(tx, "organisation_id = ? AND incident IN "+sqldb.Marks(len(of)), "created_at, id", args...)
}
