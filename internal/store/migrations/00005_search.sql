-- +goose Up
CREATE TABLE search (
  workspace_id TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  title TEXT NOT NULL,
  folded TEXT NOT NULL, -- title and text without accents and case
  PRIMARY KEY (workspace_id, kind, object),
  FOREIGN KEY (workspace_id, organisation_id) REFERENCES organisations (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX search_organisation ON search (workspace_id, organisation_id);

-- +goose Down
DROP TABLE search;
