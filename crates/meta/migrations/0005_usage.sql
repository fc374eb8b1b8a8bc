-- How the tools are used, what is said of runs, and what is set for projects. Times as in 0001.

CREATE TABLE project_settings (
    project      TEXT PRIMARY KEY,
    -- The stage from which on the project's members see products.
    early_access TEXT NOT NULL CHECK (early_access IN ('idea', 'alpha', 'beta', 'ga')),
    set_by       TEXT NOT NULL,
    set_at       TEXT NOT NULL
) STRICT;

-- Calls that belong to no run; those of runs are in run_events.
CREATE TABLE tool_calls (
    position        INTEGER PRIMARY KEY AUTOINCREMENT,
    project         TEXT NOT NULL,
    tool            TEXT NOT NULL,
    surface         TEXT NOT NULL,
    -- By the caller's clock, which may be set; recorded_at is the machine's, by which rows are forgotten.
    at              TEXT NOT NULL,
    recorded_at     TEXT NOT NULL,
    ms              INTEGER CHECK (ms >= 0),
    ended           TEXT NOT NULL CHECK (ended IN ('ok', 'error', 'denied', 'asked', 'rejected', 'unknown')),
    error           TEXT CHECK (error IS NULL OR json_valid(error)),
    argument_tokens INTEGER NOT NULL CHECK (argument_tokens >= 0),
    result_tokens   INTEGER NOT NULL CHECK (result_tokens >= 0),
    run_id          TEXT,
    searched        TEXT
) STRICT;

CREATE INDEX tool_calls_of_project ON tool_calls (project, at);
CREATE INDEX tool_calls_recorded ON tool_calls (recorded_at);

CREATE TABLE feedback (
    run_id  TEXT NOT NULL REFERENCES runs (run_id),
    person  TEXT NOT NULL,
    project TEXT NOT NULL,
    at      TEXT NOT NULL,
    rating  TEXT NOT NULL CHECK (rating IN ('good', 'bad')),
    text    TEXT,
    call_id TEXT,
    figure  INTEGER CHECK (figure >= 0),
    PRIMARY KEY (run_id, person)
) STRICT;

CREATE INDEX feedback_of_project ON feedback (project, at);
