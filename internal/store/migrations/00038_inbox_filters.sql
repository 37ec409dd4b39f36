-- Filters of the inbox that select few reports or none: without these, all of them
-- were looked through.

-- +goose Up
CREATE INDEX authority_reports_late ON authority_reports (workspace_id, received_at, id, sector, class, stage, regime, cross_border, organisation_id) WHERE late;
CREATE INDEX authority_reports_abroad ON authority_reports (workspace_id, received_at, id, sector, class, stage, regime, late, organisation_id) WHERE cross_border = 'yes';
CREATE INDEX authority_reports_sector ON authority_reports (workspace_id, sector, received_at, id, class, stage, regime, cross_border, late, organisation_id);

-- +goose Down
DROP INDEX authority_reports_sector;
DROP INDEX authority_reports_abroad;
DROP INDEX authority_reports_late;
