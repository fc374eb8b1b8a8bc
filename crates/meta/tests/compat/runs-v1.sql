-- A database of version 1 of the run log, with one finished run. It is never changed.
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'runs','2015-05-20 12:00:00',1,X'92F87B125F2EBC965FFA612E784F86A434DAAA52FC1F2518B921D8F73C58A4FD6CCDE8C29EA3212EE81898CE8AD0EE17',0);
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
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',1,1,'2015-05-20T12:00:00.000001000Z','run_started','{"kind":"run_started","project":"demo","conversation_id":"01970000-0000-7000-8000-00000000000b","question":"How many page views?","model":"builtin","now":"2015-05-20T12:00:00Z","continues":"01970000-0000-7000-8000-000000000009"}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',2,1,'2015-05-20T12:00:00.000001000Z','mode_enabled','{"kind":"mode_enabled","mode":"product_analytics","by":"router"}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',3,1,'2015-05-20T12:00:00.000001000Z','text_delta','{"kind":"text_delta","text":"Let me "}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',4,1,'2015-05-20T12:00:00.000001000Z','replied','{"kind":"replied","reply":{"text":"{{r1[0].page_views}} page views.","tool_calls":[{"id":"1","name":"query_trends","arguments":{}}],"outcome":"answered","headline":"r1[0].page_views","usage":{"replies":1,"input_tokens":20,"output_tokens":10}}}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',5,1,'2015-05-20T12:00:00.000001000Z','call_started','{"kind":"call_started","call_id":"01970000-0000-7000-8000-00000000000c","model_call_id":"1","tool":"query_trends","title":"Counting","arguments":{"series":[{"event":"$pageview","math":"total"}]},"effect":"read"}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',6,1,'2015-05-20T12:00:00.000001000Z','call_progress','{"kind":"call_progress","call_id":"01970000-0000-7000-8000-00000000000c","fraction":0.5,"note":"half of the files"}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',7,1,'2015-05-20T12:00:00.000001000Z','call_finished','{"kind":"call_finished","call_id":"01970000-0000-7000-8000-00000000000c","outcome":"ok","title":"Counted","content":"| page_views |\n| 218 |","result":{"handle":"r1","table":{"title":"Page views by path","columns":[{"name":"pathname","title":"pathname","role":"label","unit":"none"},{"name":"page_views","title":"page_views","role":"measure","unit":"events"},{"name":"share","title":"share","role":"measure","unit":"percent"}],"rows":[["/café 🐇",218,6.75],[null,0,true]],"rows_cut":7},"provenance":{"query_id":"01970000-0000-7000-8000-00000000000d","project":"demo","kind":"TrendsQuery","plan_hash":"00ff","snapshot_id":3,"time_zone":"UTC","range":{"date_from":"2015-05-17T00:00:00Z","date_to":"2015-05-20T23:59:59.999999Z","partial":true},"filters":["status is 200"],"null_semantics":"missing values match is not","limits":["breakdown 25"],"query":"{}","rows_read":10000,"elapsed_ms":12},"warnings":[{"code":"partial_period","message":"2015-05-20 is not complete"}]},"ms":12}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',8,1,'2015-05-20T12:00:00.000001000Z','call_finished','{"kind":"call_finished","call_id":"01970000-0000-7000-8000-00000000000c","outcome":"error","title":"Failed","content":"unknown event \"$pagview\" (hint: did you mean $pageview?)","error":{"code":"unknown_name","retry":"adjust","message":"unknown event \"$pagview\"","hint":"did you mean $pageview?"},"ms":1}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',9,1,'2015-05-20T12:00:00.000001000Z','call_outcome_unknown','{"kind":"call_outcome_unknown","call_id":"01970000-0000-7000-8000-00000000000c"}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',10,1,'2015-05-20T12:00:00.000001000Z','repair_requested','{"kind":"repair_requested","problem":"219 is not in r1"}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',11,1,'2015-05-20T12:00:00.000001000Z','todo_changed','{"kind":"todo_changed","items":[{"content":"Count","status":"in_progress"}]}');
INSERT INTO "run_events" VALUES('01970000-0000-7000-8000-00000000000a',12,1,'2015-05-20T12:00:00.000001000Z','completed','{"kind":"completed","outcome":"answered","answer":{"text":"218 page views.","segments":[{"type":"figure","index":0},{"type":"text","text":" page views."}],"figures":[{"text":"218","value":218,"unit":"events","status":"verified","expression":"r1[0].page_views","cells":[{"handle":"r1","query_id":"01970000-0000-7000-8000-00000000000d","row":0,"column":"page_views","label":"/","value":218}],"claim":"reference"}],"headline":0},"warnings":[{"code":"partial_period","message":"2015-05-20 is not complete"}],"usage":{"replies":1,"input_tokens":20,"output_tokens":10}}');
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
INSERT INTO "runs" VALUES(1,'01970000-0000-7000-8000-00000000000a','01970000-0000-7000-8000-00000000000b','demo','How many page views?','2015-05-20T12:00:00.000000000Z','2015-05-20T12:00:00.000000000Z');
CREATE INDEX runs_of_conversation ON runs (conversation_id, position);
CREATE UNIQUE INDEX run_events_end ON run_events (run_id)
    WHERE kind IN ('completed', 'failed', 'cancelled', 'awaiting_user');
CREATE VIEW run_ends AS
    SELECT run_id, version, kind, body ->> 'outcome' AS outcome
    FROM run_events
    WHERE kind IN ('completed', 'failed', 'cancelled', 'awaiting_user');
CREATE TRIGGER run_events_are_final BEFORE UPDATE ON run_events BEGIN
    SELECT RAISE(ABORT, 'run events are never changed');
END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',1);
COMMIT;
