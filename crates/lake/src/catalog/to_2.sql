-- Values that lie in no column of their own have a column now. A property that had its name gets another.
UPDATE ducklake_column SET column_name = column_name || '_2'
 WHERE lower(column_name) = 'rest' AND column_id IN (SELECT column_id FROM hedgerow_property);
UPDATE hedgerow_property SET column_name = column_name || '_2' WHERE lower(column_name) = 'rest';
INSERT INTO ducklake_column
SELECT (SELECT max(column_id) + 1 FROM ducklake_column), (SELECT max(snapshot_id) FROM ducklake_snapshot), NULL, 1,
       (SELECT max(column_id) + 1 FROM ducklake_column), 'rest', 'json', NULL, 'NULL', 1, NULL, 'literal', 'duckdb'
 WHERE NOT EXISTS (SELECT 1 FROM ducklake_column WHERE column_name = 'rest');
-- The statistics of a file go with it.
CREATE INDEX hedgerow_file_stats ON ducklake_file_column_stats(data_file_id);
-- The values of a property lie in runs, each ascending and in blocks (`value_index/run.rs`); what a
-- value's count is, is the sum over the runs. `values_closed` is 0 where all values are in them, the run
-- that says which values are listed where not all are, and -1 where none is.
CREATE TABLE hedgerow_value_run(id INTEGER PRIMARY KEY, column_id INTEGER NOT NULL, run INTEGER NOT NULL, entries INTEGER NOT NULL, bytes INTEGER NOT NULL, UNIQUE(column_id, run));
CREATE TABLE hedgerow_value_block(id INTEGER PRIMARY KEY, column_id INTEGER NOT NULL, run INTEGER NOT NULL, first BLOB NOT NULL, data BLOB NOT NULL, UNIQUE(column_id, run, first));
-- Form 1 listed up to 20,000 values of a property, and no further one from then on.
UPDATE hedgerow_property SET distinct_values = distinct_values >= 20000 AND NOT values_complete;
ALTER TABLE hedgerow_property RENAME COLUMN distinct_values TO values_closed;
