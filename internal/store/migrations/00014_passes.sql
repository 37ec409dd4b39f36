-- +goose Up
CREATE TABLE passes (
  id TEXT PRIMARY KEY, -- hash of what the holder shows
  kind TEXT NOT NULL,
  person_id TEXT REFERENCES people (id) ON DELETE CASCADE,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX passes_person ON passes (person_id);
CREATE INDEX passes_expiry ON passes (expires_at);

-- +goose Down
DROP TABLE passes;
