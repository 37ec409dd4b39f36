-- +goose Up
CREATE TABLE filing_keys (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  registered_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX filing_keys_key ON filing_keys (key_id) WHERE key_id <> '';
CREATE INDEX filing_keys_code ON filing_keys (code_hash);

CREATE TABLE authority_cases (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  entity_case TEXT NOT NULL,
  entity_reference TEXT NOT NULL,
  regime TEXT NOT NULL,
  country TEXT NOT NULL,
  reference TEXT NOT NULL,
  state TEXT NOT NULL,
  handler TEXT NOT NULL,
  voluntary BOOLEAN NOT NULL,
  exercise BOOLEAN NOT NULL,
  tlp TEXT NOT NULL,
  aware_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authority_cases_entity ON authority_cases (workspace_id, organisation_id, entity_case, regime);
CREATE UNIQUE INDEX authority_cases_reference ON authority_cases (workspace_id, reference);

CREATE TABLE authority_reports (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  report TEXT NOT NULL,
  corrects TEXT NOT NULL,
  stage TEXT NOT NULL,
  form TEXT NOT NULL,
  form_version BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  content TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  receipt TEXT NOT NULL,
  submitted_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authority_reports_report ON authority_reports (workspace_id, organisation_id, report);
CREATE INDEX authority_reports_case ON authority_reports (workspace_id, case_id, submitted_at);

CREATE TABLE authority_messages (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  remote TEXT NOT NULL,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  body TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  written_by TEXT NOT NULL,
  written_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authority_messages_number ON authority_messages (workspace_id, organisation_id, number) WHERE number > 0;
CREATE UNIQUE INDEX authority_messages_remote ON authority_messages (workspace_id, organisation_id, remote) WHERE remote <> '';
CREATE INDEX authority_messages_case ON authority_messages (workspace_id, case_id, created_at);

-- What signatures were seen, so that none counts for another request. Kept for a day.
CREATE TABLE filing_nonces (
  workspace_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  nonce TEXT NOT NULL,
  sum TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, key_id, nonce)
);
CREATE INDEX filing_nonces_at ON filing_nonces (at);

CREATE TABLE filing_endpoints (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  authority TEXT NOT NULL,
  country TEXT NOT NULL,
  url TEXT NOT NULL,
  authority_key TEXT NOT NULL,
  public_key TEXT NOT NULL,
  sealed TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  last_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX filing_endpoints_authority ON filing_endpoints (workspace_id, organisation_id, authority, country);

CREATE TABLE filing_messages (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  incident TEXT NOT NULL,
  regime TEXT NOT NULL,
  number BIGINT NOT NULL,
  remote TEXT NOT NULL,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  body TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  said_at BIGINT NOT NULL,
  delivered_at BIGINT NOT NULL,
  written_by TEXT NOT NULL,
  written_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX filing_messages_number ON filing_messages (workspace_id, organisation_id, endpoint, number) WHERE number > 0;
CREATE INDEX filing_messages_incident ON filing_messages (workspace_id, organisation_id, incident, created_at);

-- +goose Down
DROP TABLE filing_messages;
DROP TABLE filing_endpoints;
DROP TABLE filing_nonces;
DROP TABLE authority_messages;
DROP TABLE authority_reports;
DROP TABLE authority_cases;
DROP TABLE filing_keys;
