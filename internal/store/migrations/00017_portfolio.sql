-- +goose Up
ALTER TABLE rollups ADD COLUMN sectors TEXT NOT NULL DEFAULT '[]';
ALTER TABLE rollups ADD COLUMN countries TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE rollups DROP COLUMN sectors;
ALTER TABLE rollups DROP COLUMN countries;
