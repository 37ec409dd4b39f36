-- +goose Up
-- What the inbox of an authority is filtered by, and what the authority made of a
-- report. The bytes that came stay as they are.
ALTER TABLE authority_reports ADD COLUMN media TEXT NOT NULL DEFAULT 'application/json';
ALTER TABLE authority_reports ADD COLUMN channel TEXT NOT NULL DEFAULT 'nisaba';
ALTER TABLE authority_reports ADD COLUMN regime TEXT NOT NULL DEFAULT '';
ALTER TABLE authority_reports ADD COLUMN sector TEXT NOT NULL DEFAULT '';
ALTER TABLE authority_reports ADD COLUMN class TEXT NOT NULL DEFAULT '';
ALTER TABLE authority_reports ADD COLUMN cross_border TEXT NOT NULL DEFAULT '';
ALTER TABLE authority_reports ADD COLUMN voluntary BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE authority_reports ADD COLUMN exercise BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE authority_reports ADD COLUMN late BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE authority_reports ADD COLUMN answer_due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE authority_reports ADD COLUMN answered_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE authority_reports ADD COLUMN review TEXT NOT NULL DEFAULT 'new';
ALTER TABLE authority_reports ADD COLUMN reviewed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE authority_reports ADD COLUMN reviewed_by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE authority_reports ADD COLUMN reviewed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE authority_reports ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
UPDATE authority_reports SET regime = COALESCE((SELECT c.regime FROM authority_cases c WHERE c.id = authority_reports.case_id), '');
-- The filters are decided within the indexes: rows hold the content, and are read for
-- what is shown only.
CREATE INDEX authority_reports_inbox ON authority_reports (workspace_id, received_at, id, organisation_id, regime, stage, sector, class, cross_border, late, case_id);
CREATE INDEX authority_reports_entity ON authority_reports (workspace_id, organisation_id, received_at, id);
CREATE INDEX authority_reports_unanswered ON authority_reports (workspace_id, received_at, id, answer_due, answered_at) WHERE answer_due > 0 AND answered_at = 0;
CREATE INDEX authority_reports_review ON authority_reports (workspace_id, review, received_at, id) WHERE review <> 'passed';
CREATE INDEX authority_cases_entity_reference ON authority_cases (workspace_id, entity_reference);

-- +goose Down
DROP INDEX authority_cases_entity_reference;
DROP INDEX authority_reports_review;
DROP INDEX authority_reports_unanswered;
DROP INDEX authority_reports_entity;
DROP INDEX authority_reports_inbox;
ALTER TABLE authority_reports DROP COLUMN version;
ALTER TABLE authority_reports DROP COLUMN reviewed_at;
ALTER TABLE authority_reports DROP COLUMN reviewed_by_name;
ALTER TABLE authority_reports DROP COLUMN reviewed_by;
ALTER TABLE authority_reports DROP COLUMN review;
ALTER TABLE authority_reports DROP COLUMN answered_at;
ALTER TABLE authority_reports DROP COLUMN answer_due;
ALTER TABLE authority_reports DROP COLUMN late;
ALTER TABLE authority_reports DROP COLUMN exercise;
ALTER TABLE authority_reports DROP COLUMN voluntary;
ALTER TABLE authority_reports DROP COLUMN cross_border;
ALTER TABLE authority_reports DROP COLUMN class;
ALTER TABLE authority_reports DROP COLUMN sector;
ALTER TABLE authority_reports DROP COLUMN regime;
ALTER TABLE authority_reports DROP COLUMN channel;
ALTER TABLE authority_reports DROP COLUMN media;
