-- +goose Up
-- The address of a source that sends mails, sealed: people look it up again.
ALTER TABLE intake_sources ADD COLUMN sealed TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE intake_sources DROP COLUMN sealed;
