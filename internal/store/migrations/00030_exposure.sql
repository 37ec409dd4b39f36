-- +goose Up
CREATE TABLE scan_targets (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  declared TEXT NOT NULL,
  subtree BOOLEAN NOT NULL,
  sweep BOOLEAN NOT NULL,
  proof TEXT NOT NULL,
  token TEXT NOT NULL,
  proven_at BIGINT NOT NULL,
  until TEXT NOT NULL,
  letter TEXT NOT NULL,
  recorded_by TEXT NOT NULL,
  recorded_name TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  approved_name TEXT NOT NULL,
  problem TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX scan_targets_declared ON scan_targets (workspace_id, organisation_id, declared);

CREATE TABLE scans (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  job TEXT NOT NULL,
  state TEXT NOT NULL,
  only_checks TEXT NOT NULL,
  entry TEXT NOT NULL,
  permit TEXT NOT NULL,
  targets TEXT NOT NULL,
  scanner TEXT NOT NULL,
  catalogue TEXT NOT NULL,
  grade TEXT NOT NULL,
  grade_before TEXT NOT NULL,
  areas TEXT NOT NULL,
  worse BIGINT NOT NULL,
  better BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  warnings BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  observations TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  problem TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX scans_organisation ON scans (workspace_id, organisation_id, created_at);

CREATE TABLE scan_findings (
  workspace_id TEXT NOT NULL,
  scan_id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  findings TEXT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX scan_findings_organisation ON scan_findings (workspace_id, organisation_id);

-- +goose Down
DROP TABLE scan_findings;
DROP TABLE scans;
DROP TABLE scan_targets;
