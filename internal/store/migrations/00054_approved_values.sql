-- +goose Up
-- What the second person approved: the SHA-256 of the answers at that moment.
ALTER TABLE incident_reports ADD COLUMN approved_digest TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE incident_reports DROP COLUMN approved_digest;
