-- +goose Up
ALTER TABLE tasks ADD COLUMN currency TEXT NOT NULL DEFAULT '';

CREATE TABLE feeds (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  organisation_id TEXT, -- null: everything in reach of the person
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX feeds_person ON feeds (workspace_id, person_id);

CREATE TABLE reports (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  format TEXT NOT NULL,
  language TEXT NOT NULL,
  parts TEXT NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size BIGINT NOT NULL,
  as_of TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX reports_organisation ON reports (workspace_id, organisation_id);

-- +goose Down
DROP TABLE reports;
DROP TABLE feeds;
ALTER TABLE tasks DROP COLUMN currency;
