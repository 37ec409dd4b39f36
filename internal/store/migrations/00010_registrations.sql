-- +goose Up
CREATE TABLE registrations (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  register TEXT NOT NULL,
  state TEXT NOT NULL,
  authority TEXT NOT NULL,
  reference TEXT NOT NULL,
  registered_on TEXT NOT NULL,
  notified_on TEXT NOT NULL,
  facts TEXT NOT NULL,
  changed_on TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX registrations_organisation ON registrations (workspace_id, organisation_id);

-- +goose Down
DROP TABLE registrations;
