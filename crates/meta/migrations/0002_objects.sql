-- What people and agents make and change, and every change of it. Times as in 0001.

CREATE TABLE objects (
    id         TEXT PRIMARY KEY,
    project    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL CHECK (version >= 1),
    body       TEXT NOT NULL CHECK (json_valid(body)),
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (project, kind, name)
) STRICT;

CREATE TABLE activity (
    position  INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT NOT NULL UNIQUE,
    project   TEXT NOT NULL,
    object_id TEXT NOT NULL,
    kind      TEXT NOT NULL,
    version   INTEGER NOT NULL CHECK (version >= 1),
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    run_id    TEXT AS (actor ->> 'run_id') STORED,
    call_id   TEXT AS (actor ->> 'call_id') STORED,
    action    TEXT NOT NULL,
    -- The states before and after, absent where the object was not there.
    before    TEXT CHECK (before IS NULL OR json_valid(before)),
    after     TEXT CHECK (after IS NULL OR json_valid(after)),
    undoes    TEXT REFERENCES activity (id),
    UNIQUE (object_id, version)
) STRICT;

CREATE INDEX activity_of_run ON activity (run_id, position);
CREATE INDEX activity_undone ON activity (undoes, position);

-- The history is append-only.
CREATE TRIGGER activity_is_final BEFORE UPDATE ON activity BEGIN
    SELECT RAISE(ABORT, 'activity is never changed');
END;
