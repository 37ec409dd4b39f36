-- +goose Up
-- Files that officers add to the lines of the file of an entity; their contents are
-- kept in the folder of files.
CREATE TABLE authority_record_files (
  workspace_id TEXT NOT NULL,
  id TEXT PRIMARY KEY,
  organisation_id TEXT NOT NULL,
  record_id TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_by_name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX authority_record_files_organisation ON authority_record_files (workspace_id, organisation_id, created_at);

-- +goose Down
DROP TABLE authority_record_files;
