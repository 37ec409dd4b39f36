package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var assets = define(table[register.Asset]{
	name: "assets", kind: "asset", keys: "id",
	columns: "id, organisation_id, name, kind, hosts, ports_said, ports, criticality, owner, location, supplier, note, created_at, updated_at, version",
	fields: func(a *register.Asset) []any {
		return []any{&a.ID, &a.Organisation, &a.Name, &a.Kind, sqldb.JSON(&a.Hosts), &a.PortsSaid, sqldb.JSON(&a.Ports), &a.Criticality, &a.Owner,
			&a.Location, &a.Supplier, &a.Note, sqldb.Time(&a.CreatedAt), sqldb.Time(&a.UpdatedAt), &a.Version}
	},
	org:     func(a *register.Asset) *string { return &a.Organisation },
	version: func(a *register.Asset) *int64 { return &a.Version },
	id:      func(a *register.Asset) *string { return &a.ID },
	created: func(a *register.Asset) *time.Time { return &a.CreatedAt },
	updated: func(a *register.Asset) *time.Time { return &a.UpdatedAt },
})

// Asset returns one asset.
func (tx *Tx) Asset(id string) (register.Asset, error) { return assets.get(tx, id) }

// Assets lists the assets of an organisation by name.
func (tx *Tx) Assets(organisation string) ([]register.Asset, error) {
	return assets.list(tx, "organisation_id = ?", "name, id", organisation)
}

// PutAsset makes or changes an asset. Conflict when another one has the name.
func (tx *Tx) PutAsset(a register.Asset) (register.Asset, error) { return assets.put(tx, a) }

// RemoveAsset deletes an asset.
func (tx *Tx) RemoveAsset(id string) error { return assets.remove(tx, id) }

var suppliers = define(table[register.Supplier]{
	name: "suppliers", kind: "supplier", keys: "id",
	columns: "id, organisation_id, name, supplies, criticality, contact, email, language, owner, domains, review_by, note, created_at, updated_at, version",
	fields: func(s *register.Supplier) []any {
		return []any{&s.ID, &s.Organisation, &s.Name, &s.Supplies, &s.Criticality, &s.Contact, &s.Email, &s.Language, &s.Owner, sqldb.JSON(&s.Domains), sqldb.Date(&s.ReviewBy),
			&s.Note, sqldb.Time(&s.CreatedAt), sqldb.Time(&s.UpdatedAt), &s.Version}
	},
	org:     func(s *register.Supplier) *string { return &s.Organisation },
	version: func(s *register.Supplier) *int64 { return &s.Version },
	id:      func(s *register.Supplier) *string { return &s.ID },
	created: func(s *register.Supplier) *time.Time { return &s.CreatedAt },
	updated: func(s *register.Supplier) *time.Time { return &s.UpdatedAt },
})

// Supplier returns one supplier.
func (tx *Tx) Supplier(id string) (register.Supplier, error) { return suppliers.get(tx, id) }

// Suppliers lists the suppliers of an organisation by name.
func (tx *Tx) Suppliers(organisation string) ([]register.Supplier, error) {
	return suppliers.list(tx, "organisation_id = ?", "name, id", organisation)
}

// PutSupplier makes or changes a supplier. Conflict when another one has the name.
func (tx *Tx) PutSupplier(s register.Supplier) (register.Supplier, error) {
	return suppliers.put(tx, s)
}

// RemoveSupplier deletes a supplier.
func (tx *Tx) RemoveSupplier(id string) error { return suppliers.remove(tx, id) }

// SuppliersInReach lists the suppliers of all organisations in reach that have domains,
// by name.
func (tx *Tx) SuppliersInReach() ([]register.Supplier, error) {
	return suppliers.list(tx, "domains NOT IN ('', '[]', 'null')", "name, id")
}

// SupplierPlaces lists the organisations of all workspaces that have a supplier with
// domains. It needs a scope of everything.
func (tx *Tx) SupplierPlaces() ([]Place, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	out, err := sqldb.Collect(tx.q, func(p *Place) []any { return []any{&p.Workspace, &p.Organisation} }, `
		SELECT DISTINCT workspace_id, organisation_id FROM suppliers
		WHERE domains NOT IN ('', '[]', 'null') AND `+notArchived("suppliers")+`
		ORDER BY workspace_id, organisation_id`)
	if err != nil {
		return nil, fmt.Errorf("list the organisations with suppliers: %w", err)
	}
	return out, nil
}

var supplierRequests = define(table[register.Request]{
	name: "supplier_requests", kind: "supplier_request", keys: "id", secret: true, // a mail is not taken back
	columns: "id, organisation_id, supplier_id, scan_id, address, language, body, asked_by, asked_name, created_at",
	fields: func(r *register.Request) []any {
		return []any{&r.ID, &r.Organisation, &r.Supplier, &r.Scan, &r.Address, &r.Language, &r.Body, &r.AskedBy, &r.AskedName, sqldb.Time(&r.CreatedAt)}
	},
	org:     func(r *register.Request) *string { return &r.Organisation },
	id:      func(r *register.Request) *string { return &r.ID },
	created: func(r *register.Request) *time.Time { return &r.CreatedAt },
})

// SupplierRequest returns one request to a supplier.
func (tx *Tx) SupplierRequest(id string) (register.Request, error) {
	return supplierRequests.get(tx, id)
}

// SupplierRequests lists the requests to all suppliers of an organisation, newest
// first.
func (tx *Tx) SupplierRequests(organisation string) ([]register.Request, error) {
	return supplierRequests.list(tx, "organisation_id = ?", "created_at DESC, id DESC", organisation)
}

// PutSupplierRequest keeps a request to a supplier.
func (tx *Tx) PutSupplierRequest(r register.Request) (register.Request, error) {
	return supplierRequests.put(tx, r)
}

var risks = define(table[register.Risk]{
	name: "risks", kind: "risk", keys: "id",
	columns: "id, organisation_id, title, scenario, asset, origin, incident, requirements, likelihood, impact, reason, owner, treatment, measures, left_over, " +
		"acceptance, accepted_by, accepted_name, accepted_on, review_by, closed_on, created_at, updated_at, version",
	fields: func(r *register.Risk) []any {
		return []any{&r.ID, &r.Organisation, &r.Title, &r.Scenario, &r.Asset, &r.Origin, &r.Incident, sqldb.JSON(&r.Requirements), &r.Likelihood, &r.Impact,
			&r.Reason, &r.Owner, &r.Treatment, &r.Measures, sqldb.JSON(&r.Left), &r.Acceptance, &r.AcceptedBy, &r.AcceptedName, sqldb.Date(&r.AcceptedOn),
			sqldb.Date(&r.ReviewBy), sqldb.Date(&r.ClosedOn), sqldb.Time(&r.CreatedAt), sqldb.Time(&r.UpdatedAt), &r.Version}
	},
	org:     func(r *register.Risk) *string { return &r.Organisation },
	version: func(r *register.Risk) *int64 { return &r.Version },
	id:      func(r *register.Risk) *string { return &r.ID },
	created: func(r *register.Risk) *time.Time { return &r.CreatedAt },
	updated: func(r *register.Risk) *time.Time { return &r.UpdatedAt },
})

// Risk returns one risk.
func (tx *Tx) Risk(id string) (register.Risk, error) { return risks.get(tx, id) }

// Risks lists the risks of an organisation, open ones first, then the largest first.
func (tx *Tx) Risks(organisation string) ([]register.Risk, error) {
	return risks.list(tx, "organisation_id = ?", "CASE closed_on WHEN '' THEN 0 ELSE 1 END, likelihood * impact DESC, title, id", organisation)
}

// PutRisk makes or changes a risk.
func (tx *Tx) PutRisk(r register.Risk) (register.Risk, error) { return risks.put(tx, r) }

// RemoveRisk deletes a risk.
func (tx *Tx) RemoveRisk(id string) error { return risks.remove(tx, id) }
