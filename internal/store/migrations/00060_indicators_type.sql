-- +goose Up
-- Each part of the handling of a case shows how many indicators it has, by type: without
-- this, the rows of up to 100,000 are read for it.
CREATE INDEX indicators_type ON indicators (workspace_id, organisation_id, incident, type);

-- +goose Down
DROP INDEX indicators_type;
