-- +goose Up
-- 0: still to be mailed, or found not to be. Notices from before count as settled.
ALTER TABLE inbox ADD COLUMN settled_at BIGINT NOT NULL DEFAULT 1;
CREATE INDEX inbox_unsettled ON inbox (workspace_id, created_at) WHERE settled_at = 0;
ALTER TABLE people ADD COLUMN zone TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN notices TEXT NOT NULL DEFAULT '{}';
CREATE INDEX outbox_held ON outbox (kind, created_at) WHERE state = 'held';

-- +goose Down
DROP INDEX outbox_held;
ALTER TABLE people DROP COLUMN notices;
ALTER TABLE people DROP COLUMN zone;
DROP INDEX inbox_unsettled;
ALTER TABLE inbox DROP COLUMN settled_at;
