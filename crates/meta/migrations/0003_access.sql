-- Who may do what: the organisation, its members and keys. Times as in 0001, projects and scopes as JSON lists
-- of texts; absent they mean all.

CREATE TABLE organisations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE members (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    name         TEXT NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    projects     TEXT CHECK (projects IS NULL OR json_type(projects) = 'array'),
    created_by   TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    PRIMARY KEY (organisation, name)
) STRICT;

CREATE TABLE keys (
    position     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    name         TEXT NOT NULL,
    -- SHA-256 of the key, which itself is stored nowhere.
    hash         BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    prefix       TEXT NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    scopes       TEXT CHECK (scopes IS NULL OR json_type(scopes) = 'array'),
    projects     TEXT CHECK (projects IS NULL OR json_type(projects) = 'array'),
    -- The member's name; it stays with the revoked keys of a member who was removed.
    member       TEXT,
    created_by   TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    revoked_at   TEXT,
    last_used_at TEXT
) STRICT;

-- A name tells keys in use apart; a revoked one gives its name free.
CREATE UNIQUE INDEX keys_in_use ON keys (organisation, name) WHERE revoked_at IS NULL;

-- A key is revoked for good, and what it may is never widened.
CREATE TRIGGER keys_are_final BEFORE UPDATE ON keys
    WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at)
        OR NEW.hash IS NOT OLD.hash OR NEW.role IS NOT OLD.role OR NEW.scopes IS NOT OLD.scopes
        OR NEW.projects IS NOT OLD.projects OR NEW.member IS NOT OLD.member OR NEW.expires_at IS NOT OLD.expires_at
BEGIN
    SELECT RAISE(ABORT, 'a key is never changed, and never un-revoked');
END;
