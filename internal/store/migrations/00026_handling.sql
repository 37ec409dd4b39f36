-- +goose Up
ALTER TABLE incidents ADD COLUMN ahead_ms BIGINT NOT NULL DEFAULT 0;

ALTER TABLE tasks ADD COLUMN incident_id TEXT NOT NULL DEFAULT '';
CREATE INDEX tasks_incident ON tasks (workspace_id, incident_id) WHERE incident_id <> '';

ALTER TABLE indicators ADD COLUMN import_id TEXT NOT NULL DEFAULT '';
DROP INDEX indicators_incident;
CREATE INDEX indicators_order ON indicators (workspace_id, organisation_id, incident, created_at, id);
CREATE INDEX indicators_import ON indicators (workspace_id, import_id) WHERE import_id <> '';

CREATE TABLE indicator_imports (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  format TEXT NOT NULL,
  tlp TEXT NOT NULL,
  good BIGINT NOT NULL,
  bad BIGINT NOT NULL,
  types TEXT NOT NULL,
  problems TEXT NOT NULL,
  state TEXT NOT NULL,
  added BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX indicator_imports_incident ON indicator_imports (workspace_id, organisation_id, incident);

CREATE TABLE incident_exercises (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY, -- of the incident
  organisation_id TEXT NOT NULL,
  playbook TEXT NOT NULL,
  copied TEXT NOT NULL,
  goal TEXT NOT NULL,
  people TEXT NOT NULL,
  injects TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  findings TEXT NOT NULL,
  summary TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_exercises_organisation ON incident_exercises (workspace_id, organisation_id);

-- +goose Down
DROP TABLE incident_exercises;
DROP TABLE indicator_imports;
DROP INDEX indicators_import;
DROP INDEX indicators_order;
CREATE INDEX indicators_incident ON indicators (workspace_id, organisation_id, incident);
ALTER TABLE indicators DROP COLUMN import_id;
DROP INDEX tasks_incident;
ALTER TABLE tasks DROP COLUMN incident_id;
ALTER TABLE incidents DROP COLUMN ahead_ms;
