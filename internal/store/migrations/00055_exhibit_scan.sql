-- +goose Up
-- What is known of harmful content in the file of a piece of evidence.
ALTER TABLE incident_exhibits ADD COLUMN scan TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE incident_exhibits DROP COLUMN scan;
