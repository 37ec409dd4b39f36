-- +goose Up
-- What entities tell the register of an authority. It is the workspace's until an
-- officer has accepted it.
CREATE TABLE authority_applications (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  entity TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  class TEXT NOT NULL,
  reference TEXT NOT NULL,
  changed_on TEXT NOT NULL,
  language TEXT NOT NULL,
  facts TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_by_name TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id) REFERENCES workspaces (workspace_id) ON DELETE CASCADE
);
CREATE INDEX authority_applications_state ON authority_applications (workspace_id, state, created_at);
CREATE INDEX authority_applications_token ON authority_applications (token_hash);
CREATE TABLE authority_entries (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  state TEXT NOT NULL,
  reference TEXT NOT NULL,
  class TEXT NOT NULL,
  email TEXT NOT NULL,
  registered_on TEXT NOT NULL,
  changed_on TEXT NOT NULL,
  notified_on TEXT NOT NULL,
  late BOOLEAN NOT NULL,
  reviewed_on TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authority_entries_organisation ON authority_entries (workspace_id, organisation_id);
CREATE INDEX authority_entries_reference ON authority_entries (workspace_id, reference);
CREATE TABLE authority_recipients (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  country TEXT NOT NULL,
  email TEXT NOT NULL,
  regimes TEXT NOT NULL,
  cross_border BOOLEAN NOT NULL,
  withhold TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id) REFERENCES workspaces (workspace_id) ON DELETE CASCADE
);
CREATE INDEX authority_recipients_workspace ON authority_recipients (workspace_id, kind, name);
CREATE TABLE authority_forwardings (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  recipient TEXT NOT NULL,
  recipient_name TEXT NOT NULL,
  basis TEXT NOT NULL,
  way TEXT NOT NULL,
  address TEXT NOT NULL,
  withheld TEXT NOT NULL,
  content TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  reason TEXT NOT NULL,
  sent_by TEXT NOT NULL,
  sent_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX authority_forwardings_case ON authority_forwardings (workspace_id, organisation_id, case_id, created_at);
-- The file of the supervision of an entity, what the public was told about a case,
-- and, without an entity, notes on the situation.
CREATE TABLE authority_records (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT,
  case_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  power TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  purpose TEXT NOT NULL,
  due_on TEXT NOT NULL,
  done_on TEXT NOT NULL,
  outcome TEXT NOT NULL,
  cents BIGINT NOT NULL,
  written_by TEXT NOT NULL,
  written_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX authority_records_organisation ON authority_records (workspace_id, organisation_id, created_at);
CREATE INDEX authority_records_due ON authority_records (workspace_id, due_on);

-- +goose Down
DROP TABLE authority_records;
DROP TABLE authority_forwardings;
DROP TABLE authority_recipients;
DROP TABLE authority_entries;
DROP TABLE authority_applications;
