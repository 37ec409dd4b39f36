-- +goose Up
-- By when an entity is to mend a report that was sent back; 0: no time was set.
ALTER TABLE authority_reports ADD COLUMN mend_due BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE authority_reports DROP COLUMN mend_due;
