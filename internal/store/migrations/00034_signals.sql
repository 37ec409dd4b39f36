-- +goose Up
CREATE TABLE intake_sources (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  mapping TEXT NOT NULL,
  window_minutes BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX intake_sources_token ON intake_sources (token_hash);
CREATE INDEX intake_sources_organisation ON intake_sources (workspace_id, organisation_id);

CREATE TABLE intake_signals (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  source TEXT NOT NULL,
  incident TEXT NOT NULL,
  event TEXT NOT NULL,
  alike TEXT NOT NULL,
  title TEXT NOT NULL,
  severity TEXT NOT NULL,
  host TEXT NOT NULL,
  at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  size BIGINT NOT NULL,
  raw TEXT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX intake_signals_event ON intake_signals (workspace_id, source, event) WHERE event <> '';
CREATE INDEX intake_signals_alike ON intake_signals (workspace_id, source, alike, received_at);
CREATE INDEX intake_signals_incident ON intake_signals (workspace_id, organisation_id, incident, received_at);

-- +goose Down
DROP TABLE intake_signals;
DROP TABLE intake_sources;
