-- Browsers in which somebody has signed in with a key. A session is good for nothing once its key is revoked or has
-- expired; who acts, and what they may, is always read from the key. Times as in 0001.

CREATE TABLE sessions (
    -- SHA-256 of the session's token, which itself is stored nowhere.
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    key_id     TEXT NOT NULL REFERENCES keys (id),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
