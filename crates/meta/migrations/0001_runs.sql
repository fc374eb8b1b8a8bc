-- Runs and their events. Times are RFC 3339 text in UTC with nine decimals, so that text order is time order.

CREATE TABLE runs (
    -- The order in which runs were made. Their times come from an injected clock and may stand still.
    position        INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id          TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL,
    project         TEXT NOT NULL,
    question        TEXT NOT NULL,
    started_at      TEXT NOT NULL,
    heartbeat_at    TEXT NOT NULL
) STRICT;

CREATE INDEX runs_of_conversation ON runs (conversation_id, position);

CREATE TABLE run_events (
    run_id  TEXT NOT NULL REFERENCES runs (run_id),
    seq     INTEGER NOT NULL CHECK (seq >= 1),
    version INTEGER NOT NULL CHECK (version >= 1),
    at      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    -- The whole event but for the columns before it, its kind once more included.
    body    TEXT NOT NULL CHECK (kind = body ->> 'kind'),
    PRIMARY KEY (run_id, seq)
) STRICT;

-- A run ends once: the database itself refuses a second terminal event.
CREATE UNIQUE INDEX run_events_end ON run_events (run_id)
    WHERE kind IN ('completed', 'failed', 'cancelled', 'awaiting_user');

-- The terminal events, with what a list of runs shows of them.
CREATE VIEW run_ends AS
    SELECT run_id, version, kind, body ->> 'outcome' AS outcome
    FROM run_events
    WHERE kind IN ('completed', 'failed', 'cancelled', 'awaiting_user');

-- The log is append-only.
CREATE TRIGGER run_events_are_final BEFORE UPDATE ON run_events BEGIN
    SELECT RAISE(ABORT, 'run events are never changed');
END;
