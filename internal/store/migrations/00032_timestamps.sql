-- +goose Up
CREATE TABLE checkpoint_stamps (
  workspace_id TEXT NOT NULL,
  size BIGINT NOT NULL, -- of the ledger that the stamped checkpoint signs
  at BIGINT NOT NULL, -- as the time-stamping authority says
  authority TEXT NOT NULL, -- subject of its certificate
  token TEXT NOT NULL, -- RFC 3161, DER in base64
  PRIMARY KEY (workspace_id, size)
);

-- +goose Down
DROP TABLE checkpoint_stamps;
