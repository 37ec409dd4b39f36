-- +goose Up
ALTER TABLE scan_findings ADD COLUMN history TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE scan_findings DROP COLUMN history;
