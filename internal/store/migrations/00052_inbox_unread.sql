-- +goose Up
-- Every page shows how many notices are unread: without this, all of a person are
-- looked through for it.
CREATE INDEX inbox_unread ON inbox (workspace_id, person_id) WHERE read_at = 0;

-- +goose Down
DROP INDEX inbox_unread;
