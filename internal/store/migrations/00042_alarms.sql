-- +goose Up
CREATE INDEX outbox_organisation ON outbox (workspace_id, organisation_id, created_at);
CREATE INDEX outbox_troubled ON outbox (workspace_id, kind, created_at) WHERE error <> '';
-- Early warnings that came before authorities had alarms ring once, when their answer is overdue.
INSERT INTO alarms (workspace_id, id, organisation_id, incident, obligation, stage, step, at, due_at, sent_at)
  SELECT workspace_id, 'answer/' || id || '/overdue', organisation_id, case_id, 'answer/' || id, 'answer', 'overdue', answer_due, answer_due, 0
  FROM authority_reports WHERE answer_due > 0 AND answered_at = 0;

-- +goose Down
DELETE FROM alarms WHERE stage = 'answer';
DROP INDEX outbox_troubled;
DROP INDEX outbox_organisation;
