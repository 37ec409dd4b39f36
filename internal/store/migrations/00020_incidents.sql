-- +goose Up
CREATE TABLE incidents (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  exercise BOOLEAN NOT NULL,
  zone TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  detected_at TEXT NOT NULL,
  aware_at TEXT NOT NULL,
  handled_at TEXT NOT NULL,
  facts TEXT NOT NULL,
  criteria TEXT NOT NULL,
  significance TEXT NOT NULL,
  channel TEXT NOT NULL,
  reporter TEXT NOT NULL,
  lead TEXT NOT NULL,
  linked TEXT NOT NULL,
  into_incident TEXT NOT NULL,
  from_incident TEXT NOT NULL,
  tlp TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX incidents_reference ON incidents (workspace_id, organisation_id, reference);

CREATE TABLE obligations (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  regime TEXT NOT NULL,
  authority TEXT NOT NULL,
  country TEXT NOT NULL,
  zone TEXT NOT NULL,
  entity TEXT NOT NULL,
  partner TEXT NOT NULL,
  applies TEXT NOT NULL,
  reason TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  terms TEXT NOT NULL,
  holidays TEXT NOT NULL,
  trust_service BOOLEAN NOT NULL,
  qualified TEXT NOT NULL,
  exempt BOOLEAN NOT NULL,
  aware_at TEXT NOT NULL,
  classified_at BIGINT NOT NULL,
  measure_at BIGINT NOT NULL,
  requested_at BIGINT NOT NULL,
  request_due BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX obligations_incident ON obligations (workspace_id, organisation_id, incident);

CREATE TABLE incident_reports (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  obligation TEXT NOT NULL,
  stage TEXT NOT NULL,
  form TEXT NOT NULL,
  form_version BIGINT NOT NULL,
  status TEXT NOT NULL,
  corrects TEXT NOT NULL,
  own TEXT NOT NULL,
  withhold TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  approved_name TEXT NOT NULL,
  approved_at BIGINT NOT NULL,
  bypass TEXT NOT NULL,
  content TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  submitted_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  channel TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  reference TEXT NOT NULL,
  receipt TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_reports_incident ON incident_reports (workspace_id, organisation_id, incident);

CREATE TABLE incident_entries (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  before_value TEXT NOT NULL,
  after_value TEXT NOT NULL,
  object TEXT NOT NULL,
  written_by TEXT NOT NULL,
  written_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_entries_incident ON incident_entries (workspace_id, organisation_id, incident, created_at);

CREATE TABLE indicators (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  tlp TEXT NOT NULL,
  note TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  source TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX indicators_incident ON indicators (workspace_id, organisation_id, incident);

CREATE TABLE incident_affected (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  amount BIGINT NOT NULL,
  condition_now TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_affected_incident ON incident_affected (workspace_id, organisation_id, incident);

CREATE TABLE incident_exhibits (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  file TEXT NOT NULL,
  custody TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_exhibits_incident ON incident_exhibits (workspace_id, organisation_id, incident);

CREATE TABLE incident_informed (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  at TEXT NOT NULL,
  whom TEXT NOT NULL,
  amount BIGINT NOT NULL,
  channel TEXT NOT NULL,
  body TEXT NOT NULL,
  about TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_informed_incident ON incident_informed (workspace_id, organisation_id, incident);

CREATE TABLE incident_costs (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  what TEXT NOT NULL,
  cents BIGINT NOT NULL,
  currency TEXT NOT NULL,
  estimated BOOLEAN NOT NULL,
  on_day TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX incident_costs_incident ON incident_costs (workspace_id, organisation_id, incident);

CREATE TABLE alarms (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY, -- of the obligation, the stage, the step and the deadline
  organisation_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  obligation TEXT NOT NULL,
  stage TEXT NOT NULL,
  step TEXT NOT NULL,
  at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX alarms_due ON alarms (sent_at, at);
CREATE INDEX alarms_obligation ON alarms (workspace_id, obligation);

-- +goose Down
DROP TABLE alarms;
DROP TABLE incident_costs;
DROP TABLE incident_informed;
DROP TABLE incident_exhibits;
DROP TABLE incident_affected;
DROP TABLE indicators;
DROP TABLE incident_entries;
DROP TABLE incident_reports;
DROP TABLE obligations;
DROP TABLE incidents;
