-- +goose Up
-- A document that was copied from a template, or written, and that nobody has approved
-- yet.
ALTER TABLE evidence ADD COLUMN draft BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
DELETE FROM evidence WHERE draft;
ALTER TABLE evidence DROP COLUMN draft;
