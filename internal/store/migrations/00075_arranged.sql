-- +goose Up
-- How long the ledger was after the last entry that is no daily work: people and their
-- rights, organisations and settings are as they were since.
ALTER TABLE ledger_heads ADD COLUMN arranged BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE ledger_heads DROP COLUMN arranged;
