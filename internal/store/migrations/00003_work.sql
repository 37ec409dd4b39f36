-- +goose Up
CREATE TABLE tasks (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  origin TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  phase TEXT NOT NULL,
  requirements TEXT NOT NULL,
  measures TEXT NOT NULL,
  after_tasks TEXT NOT NULL,
  owner TEXT NOT NULL,
  role TEXT NOT NULL,
  effort TEXT NOT NULL,
  cost_cents BIGINT NOT NULL,
  start_day TEXT NOT NULL,
  due_day TEXT NOT NULL,
  due_because TEXT NOT NULL,
  every_months BIGINT NOT NULL,
  priority DOUBLE PRECISION NOT NULL,
  position DOUBLE PRECISION NOT NULL,
  done_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX tasks_organisation ON tasks (workspace_id, organisation_id, state);
CREATE INDEX tasks_due ON tasks (workspace_id, due_day);

CREATE TABLE comments (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL,
  body TEXT NOT NULL,
  mentions TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  edited_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX comments_object ON comments (workspace_id, organisation_id, kind, object);

CREATE TABLE approvals (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  object TEXT NOT NULL,
  title TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  file TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  decision TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_name TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  note TEXT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX approvals_organisation ON approvals (workspace_id, organisation_id);

CREATE TABLE trainings (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  name TEXT NOT NULL,
  management BOOLEAN NOT NULL,
  course TEXT NOT NULL,
  on_day TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  minutes BIGINT NOT NULL,
  evidence TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX trainings_organisation ON trainings (workspace_id, organisation_id);

CREATE TABLE saved_views (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  page TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  shared BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX saved_views_person ON saved_views (workspace_id, person_id);

CREATE TABLE inbox (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  organisation_id TEXT,
  message_key TEXT NOT NULL,
  args TEXT NOT NULL,
  link TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX inbox_person ON inbox (workspace_id, person_id, created_at);

-- +goose Down
DROP TABLE inbox;
DROP TABLE saved_views;
DROP TABLE trainings;
DROP TABLE approvals;
DROP TABLE comments;
DROP TABLE tasks;
