-- +goose Up
-- Who answers for a requirement or a question.
CREATE TABLE assignments (
  workspace_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  kind TEXT NOT NULL, -- requirement, question
  object TEXT NOT NULL,
  person_id TEXT NOT NULL,
  due_day TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, organisation_id, kind, object),
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX assignments_person ON assignments (workspace_id, person_id);

-- Answers that somebody proposed, and what became of them.
CREATE TABLE suggestions (
  workspace_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  source TEXT NOT NULL,
  question TEXT NOT NULL,
  options TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  on_day TEXT NOT NULL,
  note TEXT NOT NULL,
  state TEXT NOT NULL, -- open, accepted, dismissed
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, organisation_id, source, question),
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);

ALTER TABLE delegations ADD COLUMN direct BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE delegations ADD COLUMN handed_in BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE delegations DROP COLUMN handed_in;
ALTER TABLE delegations DROP COLUMN direct;
DROP TABLE suggestions;
DROP TABLE assignments;
