-- What is set for the queries of projects. Times as in 0001.

CREATE TABLE query_settings (
    project  TEXT PRIMARY KEY,
    -- JSON: the time zone, and the conditions that leave out test accounts.
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    set_by   TEXT NOT NULL,
    set_at   TEXT NOT NULL
) STRICT;
