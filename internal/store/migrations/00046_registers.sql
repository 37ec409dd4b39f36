-- +goose Up
CREATE TABLE assets (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  hosts TEXT NOT NULL,
  ports_said BOOLEAN NOT NULL,
  ports TEXT NOT NULL,
  criticality TEXT NOT NULL,
  owner TEXT NOT NULL,
  location TEXT NOT NULL,
  supplier TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX assets_name ON assets (workspace_id, organisation_id, name);

CREATE TABLE suppliers (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  name TEXT NOT NULL,
  supplies TEXT NOT NULL,
  criticality TEXT NOT NULL,
  contact TEXT NOT NULL,
  owner TEXT NOT NULL,
  domains TEXT NOT NULL,
  review_by TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX suppliers_name ON suppliers (workspace_id, organisation_id, name);

CREATE TABLE risks (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  title TEXT NOT NULL,
  scenario TEXT NOT NULL,
  asset TEXT NOT NULL,
  origin TEXT NOT NULL,
  incident TEXT NOT NULL,
  requirements TEXT NOT NULL,
  likelihood BIGINT NOT NULL,
  impact BIGINT NOT NULL,
  reason TEXT NOT NULL,
  owner TEXT NOT NULL,
  treatment TEXT NOT NULL,
  measures TEXT NOT NULL,
  left_over TEXT NOT NULL,
  acceptance TEXT NOT NULL,
  accepted_by TEXT NOT NULL,
  accepted_name TEXT NOT NULL,
  accepted_on TEXT NOT NULL,
  review_by TEXT NOT NULL,
  closed_on TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX risks_organisation ON risks (workspace_id, organisation_id, closed_on);

-- +goose Down
DROP TABLE risks;
DROP TABLE suppliers;
DROP TABLE assets;
