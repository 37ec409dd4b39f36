-- +goose Up
-- Why a record of people told, or of a cost, counts no more; '' while it counts.
ALTER TABLE incident_informed ADD COLUMN struck TEXT NOT NULL DEFAULT '';
ALTER TABLE incident_costs ADD COLUMN struck TEXT NOT NULL DEFAULT '';
-- Whether an alarm had fallen due before its clock was known.
ALTER TABLE alarms ADD COLUMN late BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE alarms DROP COLUMN late;
ALTER TABLE incident_costs DROP COLUMN struck;
ALTER TABLE incident_informed DROP COLUMN struck;
