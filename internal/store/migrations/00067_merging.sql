-- +goose Up
-- What changed when a case was merged into another one, so that it can be taken back.
ALTER TABLE incidents ADD COLUMN merging TEXT NOT NULL DEFAULT '';
CREATE INDEX alarms_incident ON alarms (workspace_id, incident);

-- +goose Down
DROP INDEX alarms_incident;
ALTER TABLE incidents DROP COLUMN merging;
