-- +goose Up
-- When a person handed a report over that the platform had not delivered; 0 for all others.
ALTER TABLE incident_reports ADD COLUMN handed_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE incident_reports DROP COLUMN handed_at;
