-- +goose Up
CREATE TABLE answers (
  workspace_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  question TEXT NOT NULL,
  options TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  on_day TEXT NOT NULL,
  note TEXT NOT NULL,
  source TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, organisation_id, question),
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE evidence (
  workspace_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  on_day TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  owner TEXT NOT NULL,
  location TEXT NOT NULL,
  covers TEXT NOT NULL,
  shows TEXT NOT NULL,
  note TEXT NOT NULL,
  form TEXT NOT NULL,
  files TEXT NOT NULL,
  owner_person TEXT NOT NULL,
  renew_months BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, organisation_id, id),
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX evidence_expiry ON evidence (workspace_id, valid_until);

CREATE TABLE files (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  uploaded_by TEXT NOT NULL,
  uploaded_at BIGINT NOT NULL,
  scan TEXT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX files_organisation ON files (workspace_id, organisation_id);
CREATE INDEX files_hash ON files (sha256);

CREATE TABLE exceptions (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  requirement TEXT NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  compensation TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  on_day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX exceptions_organisation ON exceptions (workspace_id, organisation_id);

CREATE TABLE assertions (
  workspace_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  requirement TEXT NOT NULL,
  status TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  on_day TEXT NOT NULL,
  note TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, organisation_id, requirement),
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE determinations (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  on_day TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  class TEXT NOT NULL,
  facts TEXT NOT NULL,
  result TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  reopened_at BIGINT NOT NULL,
  changed TEXT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX determinations_organisation ON determinations (workspace_id, organisation_id, on_day);

CREATE TABLE snapshots (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  on_day TEXT NOT NULL,
  label TEXT NOT NULL,
  automatic BOOLEAN NOT NULL,
  points DOUBLE PRECISION NOT NULL,
  scores TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX snapshots_organisation ON snapshots (workspace_id, organisation_id, on_day);

CREATE TABLE rollups (
  workspace_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  as_of TEXT NOT NULL,
  class TEXT NOT NULL,
  points DOUBLE PRECISION NOT NULL,
  points_then DOUBLE PRECISION NOT NULL,
  measures TEXT NOT NULL,
  met BIGINT NOT NULL,
  applicable BIGINT NOT NULL,
  not_assessed BIGINT NOT NULL,
  next_deadline BIGINT NOT NULL,
  next_deadline_text TEXT NOT NULL,
  open_tasks BIGINT NOT NULL,
  overdue_tasks BIGINT NOT NULL,
  expiring_evidence BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, organisation_id),
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE delegations (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  title TEXT NOT NULL,
  questions TEXT NOT NULL,
  recipient TEXT NOT NULL,
  email TEXT NOT NULL,
  language TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX delegations_organisation ON delegations (workspace_id, organisation_id);
CREATE INDEX delegations_token ON delegations (token_hash);

-- +goose Down
DROP TABLE delegations;
DROP TABLE rollups;
DROP TABLE snapshots;
DROP TABLE determinations;
DROP TABLE assertions;
DROP TABLE exceptions;
DROP TABLE files;
DROP TABLE evidence;
DROP TABLE answers;
