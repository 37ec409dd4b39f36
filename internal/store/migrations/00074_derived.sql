-- +goose Up
-- How often something was written that is derived from what the ledger records, such
-- as portfolio rows and automatic snapshots: what was read at a count stays true until
-- the next one.
ALTER TABLE ledger_heads ADD COLUMN derived BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE ledger_heads DROP COLUMN derived;
