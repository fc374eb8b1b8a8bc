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
