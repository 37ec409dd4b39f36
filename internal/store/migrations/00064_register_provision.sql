-- +goose Up
-- The point of Art. 2(2) under which a Member State identified the entity, for Art. 3(5)(b).
ALTER TABLE authority_entries ADD COLUMN provision TEXT NOT NULL DEFAULT '';
ALTER TABLE authority_applications ADD COLUMN provision TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE authority_applications DROP COLUMN provision;
ALTER TABLE authority_entries DROP COLUMN provision;
