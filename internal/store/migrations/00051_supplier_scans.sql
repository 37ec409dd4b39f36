-- +goose Up
ALTER TABLE suppliers ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE suppliers ADD COLUMN language TEXT NOT NULL DEFAULT '';

ALTER TABLE scan_targets ADD COLUMN supplier_id TEXT NOT NULL DEFAULT '';
DROP INDEX scan_targets_declared;
CREATE UNIQUE INDEX scan_targets_declared ON scan_targets (workspace_id, organisation_id, supplier_id, declared);

ALTER TABLE scans ADD COLUMN supplier_id TEXT NOT NULL DEFAULT '';
DROP INDEX scans_organisation;
CREATE INDEX scans_organisation ON scans (workspace_id, organisation_id, supplier_id, created_at);

CREATE TABLE supplier_requests (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  supplier_id TEXT NOT NULL,
  scan_id TEXT NOT NULL,
  address TEXT NOT NULL,
  language TEXT NOT NULL,
  body TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX supplier_requests_supplier ON supplier_requests (workspace_id, organisation_id, supplier_id, created_at);

-- +goose Down
DROP TABLE supplier_requests;
DELETE FROM scans WHERE supplier_id <> '';
DROP INDEX scans_organisation;
ALTER TABLE scans DROP COLUMN supplier_id;
CREATE INDEX scans_organisation ON scans (workspace_id, organisation_id, created_at);
DELETE FROM scan_targets WHERE supplier_id <> '';
DROP INDEX scan_targets_declared;
ALTER TABLE scan_targets DROP COLUMN supplier_id;
CREATE UNIQUE INDEX scan_targets_declared ON scan_targets (workspace_id, organisation_id, declared);
ALTER TABLE suppliers DROP COLUMN language;
ALTER TABLE suppliers DROP COLUMN email;
