-- +goose Up
CREATE TABLE jobs (
  workspace_id TEXT NOT NULL, -- '': of the server
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  args TEXT NOT NULL,
  unique_key TEXT, -- NULL: not unique, or finished
  priority BIGINT NOT NULL,
  state TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  leased_by TEXT NOT NULL,
  progress DOUBLE PRECISION NOT NULL,
  note TEXT NOT NULL,
  error TEXT NOT NULL,
  result TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT NOT NULL,
  again BOOLEAN NOT NULL -- asked for once more while it was running
);
CREATE UNIQUE INDEX jobs_unique ON jobs (workspace_id, kind, unique_key);
CREATE INDEX jobs_due ON jobs (priority DESC, run_at, id) WHERE state IN ('waiting', 'running');
CREATE INDEX jobs_workspace ON jobs (workspace_id, created_at);

CREATE TABLE crons (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  every TEXT NOT NULL,
  next_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL
);

CREATE TABLE outbox (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  effect_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  receipt TEXT NOT NULL,
  error TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  UNIQUE (workspace_id, effect_key)
);
CREATE INDEX outbox_created ON outbox (workspace_id, created_at);

CREATE TABLE marks (
  workspace_id TEXT NOT NULL,
  mark TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, mark)
);

CREATE TABLE counters (
  name TEXT NOT NULL,
  period BIGINT NOT NULL, -- begin, milliseconds since 1970
  n BIGINT NOT NULL,
  PRIMARY KEY (name, period)
);
CREATE INDEX counters_period ON counters (period);

-- +goose Down
DROP TABLE counters;
DROP TABLE marks;
DROP TABLE outbox;
DROP TABLE crons;
DROP TABLE jobs;
