-- id: outside-001
-- asks: An event of one's own making
-- expect: refused, naming INSERT
INSERT INTO events (event, distinct_id) VALUES ('note_created', 'u_1')

-- id: outside-002
-- asks: Another plan for everybody
-- expect: refused, naming UPDATE
UPDATE persons SET properties = '{}' WHERE id != ''

-- id: outside-003
-- asks: Events that shall go
-- expect: refused, naming DELETE
DELETE FROM events WHERE event = '$exception'

-- id: outside-004
-- asks: The same in ClickHouse's words
-- expect: refused, naming ALTER
ALTER TABLE events DELETE WHERE event = '$exception'

-- id: outside-005
-- asks: A table that shall go
-- expect: refused, naming DROP
DROP TABLE events

-- id: outside-006
-- asks: An empty table
-- expect: refused, naming TRUNCATE
TRUNCATE TABLE persons

-- id: outside-007
-- asks: A table of notes
-- expect: refused, naming CREATE
CREATE TABLE notes AS SELECT * FROM events WHERE event = 'note_created'

-- id: outside-008
-- asks: A view of notes
-- expect: refused, naming CREATE
CREATE VIEW notes AS SELECT * FROM events

-- id: outside-009
-- asks: Rows into a file
-- expect: refused, naming INTO
SELECT * FROM events INTO OUTFILE 'events.csv'

-- id: outside-010
-- asks: More threads for one query
-- expect: refused, naming SETTINGS
SELECT count() FROM events SETTINGS max_threads = 8

-- id: outside-011
-- asks: No limit of time
-- expect: refused, naming SETTINGS
SELECT event, count() FROM events GROUP BY event SETTINGS max_execution_time = 0, readonly = 0

-- id: outside-012
-- asks: A setting for the session
-- expect: refused, naming SET
SET max_memory_usage = 0

-- id: outside-013
-- asks: The names of all tables
-- expect: refused, naming SHOW
SHOW TABLES

-- id: outside-014
-- asks: The columns of a table
-- expect: refused, naming DESCRIBE
DESCRIBE TABLE events

-- id: outside-015
-- asks: Another database
-- expect: refused, naming USE
USE prod

-- id: outside-016
-- asks: The caches of the server
-- expect: refused, naming SYSTEM
SYSTEM DROP MARK CACHE

-- id: outside-017
-- asks: Two statements in one
-- expect: refused, naming statement
SELECT 1; DROP TABLE events

-- id: outside-018
-- asks: A user for somebody else
-- expect: refused, naming GRANT
GRANT SELECT ON events TO guest

-- id: outside-019
-- asks: A file into a table
-- expect: refused, naming COPY
COPY events FROM 'events.csv'

-- id: outside-020
-- asks: Five rows in the words of another dialect
-- expect: refused, naming TOP
SELECT TOP 5 event FROM events

-- id: outside-021
-- asks: Rows as JSON
-- expect: refused, naming FORMAT
SELECT event, timestamp FROM events LIMIT 10 FORMAT JSONEachRow
