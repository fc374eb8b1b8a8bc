-- What is known of each distinct id: `person_key` is its own key, which its events carry, and
-- `root_key` that of its person. Found by `person_key`, which follows from the distinct id. Rows are in
-- order of arrival, since rows of a kilobyte in order of a hash would touch a page each. The state
-- holds the property registers; an id that only a merge named has no `first_seen_us`.
CREATE TABLE hedgerow_id(id INTEGER PRIMARY KEY, person_key INTEGER NOT NULL UNIQUE, distinct_id TEXT NOT NULL, root_key INTEGER NOT NULL, first_seen_us INTEGER, identified_us INTEGER, identified_uuid BLOB, state BLOB NOT NULL);
CREATE INDEX hedgerow_id_absorbed ON hedgerow_id(root_key) WHERE root_key <> person_key;
-- Every merge that was asked for between two legal ids, whether it happened or not.
CREATE TABLE hedgerow_merge(uuid BLOB NOT NULL UNIQUE, timestamp_us INTEGER NOT NULL, event TEXT NOT NULL, target TEXT NOT NULL, other TEXT NOT NULL);
CREATE INDEX hedgerow_merge_target ON hedgerow_merge(target);
CREATE INDEX hedgerow_merge_other ON hedgerow_merge(other);
CREATE TABLE hedgerow_merge_refusal(uuid BLOB NOT NULL UNIQUE, timestamp_us INTEGER NOT NULL, event TEXT NOT NULL, target TEXT NOT NULL, other TEXT NOT NULL, reason TEXT NOT NULL);
-- From a key in event files to the key of its person, where they differ. `own_key` is the key that
-- follows from the distinct id: older files carry others.
CREATE TABLE hedgerow_override(raw_key INTEGER PRIMARY KEY, own_key INTEGER NOT NULL, person_key INTEGER NOT NULL);
CREATE INDEX hedgerow_override_old ON hedgerow_override(own_key) WHERE own_key <> raw_key;
CREATE TABLE hedgerow_group_type(group_type TEXT PRIMARY KEY, group_type_index INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE hedgerow_group(id INTEGER PRIMARY KEY, group_type_index INTEGER NOT NULL, group_key TEXT NOT NULL, first_seen_us INTEGER NOT NULL, state BLOB NOT NULL, UNIQUE(group_type_index, group_key));
-- What events said of persons and groups and could not be used, by kind.
CREATE TABLE hedgerow_ignored(kind TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
-- Distinct ids whose key another one had first: their events count as that one's.
CREATE TABLE hedgerow_key_collision(distinct_id TEXT PRIMARY KEY, person_key INTEGER NOT NULL, kept TEXT NOT NULL) WITHOUT ROWID;
