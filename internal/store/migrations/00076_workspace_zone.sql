-- +goose Up
-- The time zone of a workspace, an IANA name; '' is UTC, as it was for all before.
ALTER TABLE workspaces ADD COLUMN zone TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE workspaces DROP COLUMN zone;
