-- A column is in the events table once, by its id and by its name (SQL compares names without
-- case), and has one property: an append that went by an old view is refused here at the latest.
CREATE UNIQUE INDEX hedgerow_column_id ON ducklake_column(table_id, column_id) WHERE end_snapshot IS NULL;
CREATE UNIQUE INDEX hedgerow_column_name ON ducklake_column(table_id, column_name COLLATE NOCASE) WHERE end_snapshot IS NULL;
CREATE UNIQUE INDEX hedgerow_property_column ON hedgerow_property(column_id);
-- The next person key is found without walking all persons for every batch.
CREATE UNIQUE INDEX hedgerow_person_key ON hedgerow_person(person_key);
