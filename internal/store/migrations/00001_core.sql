-- +goose Up
-- One text for SQLite and PostgreSQL. Ids are UUIDs of version 7 as text, times
-- milliseconds since 1970 (0: none), days YYYY-MM-DD (empty: none), lists and
-- objects JSON text. Every table of a tenant has workspace_id.

CREATE TABLE workspaces (
  workspace_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  brand TEXT NOT NULL,
  policy TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE TABLE organisations (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  brand TEXT NOT NULL,
  template BOOLEAN NOT NULL,
  archived BOOLEAN NOT NULL,
  tags TEXT NOT NULL,
  facts TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE (workspace_id, id)
);

CREATE TABLE people (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  digest TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  totp_secret TEXT NOT NULL,
  totp_last_step BIGINT NOT NULL,
  disabled BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL
);
CREATE INDEX passkeys_person ON passkeys (person_id);

CREATE TABLE recovery_codes (
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, hash)
);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  shown_workspace TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  from_address TEXT NOT NULL,
  device TEXT NOT NULL,
  mfa BOOLEAN NOT NULL,
  step_up_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE members (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  organisation_id TEXT NOT NULL, -- '': the whole workspace
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, person_id, organisation_id)
);
CREATE INDEX members_person ON members (person_id);

CREATE TABLE invitations (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  id TEXT PRIMARY KEY,
  organisation_id TEXT,
  email TEXT NOT NULL,
  role TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  invited_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  accepted_at BIGINT NOT NULL,
  accepted_by TEXT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX invitations_workspace ON invitations (workspace_id);

CREATE TABLE tokens (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  id TEXT PRIMARY KEY,
  organisation_id TEXT,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX tokens_workspace ON tokens (workspace_id);

CREATE TABLE settings (
  workspace_id TEXT NOT NULL REFERENCES workspaces (workspace_id) ON DELETE CASCADE,
  organisation_id TEXT NOT NULL, -- '': of the workspace
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, organisation_id, name)
);

CREATE TABLE ledger_heads (
  workspace_id TEXT PRIMARY KEY, -- '': what belongs to no workspace
  size BIGINT NOT NULL,
  edges TEXT NOT NULL
);

CREATE TABLE ledger_entries (
  workspace_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  from_address TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  action TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX ledger_entries_object ON ledger_entries (workspace_id, kind, object, seq);
CREATE INDEX ledger_entries_organisation ON ledger_entries (workspace_id, organisation_id, seq);

CREATE TABLE ledger_hashes (
  workspace_id TEXT NOT NULL,
  place BIGINT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (workspace_id, place)
);

CREATE TABLE checkpoints (
  workspace_id TEXT NOT NULL,
  size BIGINT NOT NULL,
  at BIGINT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (workspace_id, size)
);

-- +goose Down
DROP TABLE checkpoints;
DROP TABLE ledger_hashes;
DROP TABLE ledger_entries;
DROP TABLE ledger_heads;
DROP TABLE settings;
DROP TABLE tokens;
DROP TABLE invitations;
DROP TABLE members;
DROP TABLE sessions;
DROP TABLE recovery_codes;
DROP TABLE passkeys;
DROP TABLE people;
DROP TABLE organisations;
DROP TABLE workspaces;
