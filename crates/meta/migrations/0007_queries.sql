-- Queries that were answered, the latest of each project. Times as in 0001.

CREATE TABLE queries (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    query_id    TEXT NOT NULL UNIQUE,
    project     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    -- JSON, as it was asked.
    query       TEXT NOT NULL CHECK (json_valid(query)),
    -- The time by which its dates were read.
    now         TEXT NOT NULL,
    snapshot_id INTEGER NOT NULL,
    memory_rows INTEGER NOT NULL CHECK (memory_rows >= 0)
) STRICT;

CREATE INDEX queries_of_project ON queries (project, position);
