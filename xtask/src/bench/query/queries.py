"""The 20 queries: each as our API takes it, as DuckDB and as ClickHouse take it, and how an answer of ours becomes the
rows that they give. Peers look at `events` with typed columns and `person_id`, the person after all merges, and at
`persons` with `created_at`.

Funnels count who reached each step; ours also gives times to convert, which theirs leave out. Their steps are disjoint,
for which ClickHouse's windowFunnel means the same.
"""
NONE = "$$_posthog_breakdown_null_$$"
ALL = ("2026-04-02", "2026-06-30")
JUNE = ("2026-06-01", "2026-06-30")


def range_of(dates):
    return {"date_from": dates[0], "date_to": dates[1]}


def within(dates):
    """Both engines read it: a day is a time at its start."""
    return f"timestamp >= '{dates[0]} 00:00:00' AND timestamp <= '{dates[1]} 23:59:59.999999'"


def numbers(answer):
    """Day and number of each bucket in which there is any."""
    [series] = answer["results"]
    return [[day, number] for day, number in zip(series["days"], series["data"]) if number]


def numbers_by_value(answer):
    return [[None if series["breakdown_value"] == NONE else series["breakdown_value"], day, number]
            for series in answer["results"] for day, number in zip(series["days"], series["data"]) if number]


def funnel_rows(answer):
    return [[step["count"] for step in answer["results"]]]


def retention_rows(answer):
    return [[row["date"][:10], column, value["count"]] for row in answer["results"]
            for column, value in enumerate(row["values"]) if value["count"]]


def lifecycle_rows(answer):
    return [[day, series["status"], abs(number)] for series in answer["results"]
            for day, number in zip(series["days"], series["data"]) if number]


def stickiness_rows(answer):
    [series] = answer["results"]
    return [[day, number] for day, number in zip(series["days"], series["data"]) if number]


def edge_rows(answer):
    def edge(edge):
        step, source = edge["source"].split("_", 1)
        return [int(step), source, edge["target"].split("_", 1)[1], edge["value"], edge["average_conversion_time"]]
    return [edge(given) for given in answer["results"]]


def trends(name, dates, duckdb, clickhouse, rows=numbers, interval="day", series=None, **more):
    body = {"kind": "TrendsQuery", "series": series, "interval": interval, "dateRange": range_of(dates), **more}
    return {"name": name, "kind": "trends", "path": "query", "body": body, "rows": rows,
            "duckdb": duckdb, "clickhouse": clickhouse}


def by_day(name, dates, what, where, series, clickhouse=None, **more):
    """A number a day, which both engines compute in the same words but for `what`."""
    sql = f"SELECT {{day}} AS day, {{what}} AS number FROM events WHERE {within(dates)}{where} GROUP BY 1 ORDER BY 1"
    return trends(name, dates, sql.format(day="CAST(timestamp AS DATE)", what=what),
                  sql.format(day="toDate(timestamp)", what=clickhouse or what), series=[series], **more)


def funnel(name, dates, steps, window, unit, seconds):
    body = {"kind": "FunnelsQuery", "series": [{"event": step} for step in steps], "dateRange": range_of(dates),
            "funnelsFilter": {"funnelWindowInterval": window, "funnelWindowIntervalUnit": unit}}
    # DuckDB: each event of a step with the latest way to the step before it, by joins of the latest row.
    parts = [f"""s1 AS MATERIALIZED (SELECT person_id, timestamp AS reached, timestamp AS began FROM events
    WHERE event = '{steps[0]}' AND {within(dates)})"""]
    for step, event in enumerate(steps[1:], 2):
        parts.append(f"""s{step} AS MATERIALIZED (SELECT e.person_id, e.timestamp AS reached, s.began
    FROM (SELECT person_id, timestamp FROM events WHERE event = '{event}' AND {within(dates)}) e
    ASOF JOIN s{step - 1} s ON e.person_id = s.person_id AND e.timestamp >= s.reached
    WHERE e.timestamp <= s.began + INTERVAL {seconds} SECOND)""")
    counts = ", ".join(f"(SELECT count(DISTINCT person_id) FROM s{step})" for step in range(1, len(steps) + 1))
    conditions = ", ".join(f"event = '{step}'" for step in steps)
    names = ", ".join(f"'{step}'" for step in steps)
    levels = ", ".join(f"countIf(level >= {step})" for step in range(1, len(steps) + 1))
    return {"name": name, "kind": "funnels", "path": "query", "body": body, "rows": funnel_rows,
            "duckdb": "WITH " + ",\n".join(parts) + f"\nSELECT {counts}",
            "clickhouse": f"""SELECT {levels} FROM (
    SELECT person_id, windowFunnel({seconds * 1_000_000})(toUInt64(toUnixTimestamp64Micro(timestamp)), {conditions}) AS level
    FROM events WHERE event IN ({names}) AND {within(dates)} GROUP BY person_id)"""}


def weekly_active():
    since = ("2026-05-26", JUNE[1])
    where = f"event = '$pageview' AND {within(since)}"
    return trends(
        "weekly active users by day", JUNE,
        # Each active day counts until the next one, seven days at most, so that nobody counts twice.
        f"""WITH active AS (SELECT DISTINCT person_id, CAST(timestamp AS DATE) AS day FROM events WHERE {where}),
spans AS (SELECT day, least(coalesce(lead(day) OVER (PARTITION BY person_id ORDER BY day) - day, 7), 7) AS days FROM active),
counted AS (SELECT day + CAST(unnest(range(days)) AS INTEGER) AS day FROM spans)
SELECT day, count(*) FROM counted WHERE day BETWEEN '{JUNE[0]}' AND '{JUNE[1]}' GROUP BY 1 ORDER BY 1""",
        f"""SELECT day, count() FROM (
    SELECT arrayJoin(arrayDistinct(arrayFlatten(arrayMap(day -> arrayMap(later -> day + later, range(7)), days)))) AS day
    FROM (SELECT person_id, groupUniqArray(toDate(timestamp)) AS days FROM events WHERE {where} GROUP BY person_id)
) WHERE day BETWEEN '{JUNE[0]}' AND '{JUNE[1]}' GROUP BY 1 ORDER BY 1""",
        series=[{"event": "$pageview", "math": "weekly_active"}])


def conversion():
    return trends(
        "sign-ups in percent of visitors", ALL,
        f"""SELECT CAST(timestamp AS DATE) AS day, count(*) FILTER (event = 'signed_up') * 100.0
    / count(DISTINCT person_id) FILTER (event = '$pageview') AS number
FROM events WHERE event IN ('signed_up', '$pageview') AND {within(ALL)} GROUP BY 1 ORDER BY 1""",
        f"""SELECT toDate(timestamp) AS day, countIf(event = 'signed_up') * 100.0 / uniqExactIf(person_id, event = '$pageview')
FROM events WHERE event IN ('signed_up', '$pageview') AND {within(ALL)} GROUP BY 1 ORDER BY 1""",
        series=[{"event": "signed_up"}, {"event": "$pageview", "math": "dau"}],
        trendsFilter={"formulaNodes": [{"formula": "A / B * 100"}]})


def sessions():
    return trends(
        "sessions by week", ALL,
        f"""SELECT CAST(date_trunc('week', timestamp + INTERVAL 1 DAY) AS DATE) - 1 AS week, count(DISTINCT session_id)
FROM events WHERE {within(ALL)} GROUP BY 1 ORDER BY 1""",
        f"SELECT toStartOfWeek(timestamp) AS week, uniqExact(session_id) FROM events WHERE {within(ALL)} GROUP BY 1 ORDER BY 1",
        series=[{"event": None, "math": "unique_session"}], interval="week")


def recurring_retention():
    began, all_days = ("2026-06-01", "2026-06-23"), ("2026-06-01", "2026-06-30")
    body = {"kind": "RetentionQuery", "dateRange": range_of(began), "retentionFilter": {"period": "Day"}}
    where = f"event = '$pageview' AND {within(all_days)}"
    return {"name": "retention by day, recurring", "kind": "retention", "path": "query", "body": body,
            "rows": retention_rows,
            "duckdb": f"""WITH active AS MATERIALIZED (SELECT DISTINCT person_id, CAST(timestamp AS DATE) AS day
    FROM events WHERE {where})
SELECT began.day, later.day - began.day AS after, count(*) FROM active began JOIN active later
    ON began.person_id = later.person_id AND later.day BETWEEN began.day AND began.day + 7
WHERE began.day <= '{began[1]}' GROUP BY 1, 2 ORDER BY 1, 2""",
            "clickhouse": f"""SELECT began, later - began AS after, count() FROM (
    SELECT began, arrayJoin(arrayFilter(day -> day >= began AND day <= began + 7, days)) AS later FROM (
        SELECT groupUniqArray(toDate(timestamp)) AS days, arrayJoin(days) AS began FROM events WHERE {where} GROUP BY person_id)
    WHERE began <= '{began[1]}')
GROUP BY 1, 2 ORDER BY 1, 2"""}


def first_time_retention():
    began = ("2026-04-05", "2026-06-27")
    body = {"kind": "RetentionQuery", "dateRange": range_of(began), "retentionFilter": {
        "period": "Week", "totalIntervals": 12, "retentionType": "retention_first_time",
        "targetEntity": {"id": "$pageview"}, "returningEntity": {"id": "$autocapture"}}}
    week = "CAST(date_trunc('week', {} + INTERVAL 1 DAY) AS DATE) - 1"
    return {"name": "retention by week, first time", "kind": "retention", "path": "query", "body": body,
            "rows": retention_rows,
            "duckdb": f"""WITH firsts AS MATERIALIZED (SELECT person_id, min(timestamp) AS first FROM events
    WHERE event = '$pageview' GROUP BY 1 HAVING first BETWEEN '{began[0]}' AND '{began[1]} 23:59:59.999999'),
began AS MATERIALIZED (SELECT person_id, {week.format('first')} AS week FROM firsts),
came AS (SELECT DISTINCT person_id, {week.format('timestamp')} AS week FROM events
    WHERE event = '$autocapture' AND timestamp >= '{began[0]}')
SELECT week, 0 AS after, count(*) FROM began GROUP BY 1
UNION ALL
SELECT began.week, (came.week - began.week) // 7 AS after, count(*) FROM began JOIN came USING (person_id)
WHERE came.week > began.week AND came.week <= began.week + 77 GROUP BY 1, 2""",
            "clickhouse": f"""SELECT began, intDiv(later - began, 7) AS after, count() FROM (
    SELECT toStartOfWeek(first) AS began,
        arrayJoin(arrayPushFront(arrayFilter(week -> week > began AND week <= began + 77, weeks), began)) AS later
    FROM (SELECT minIf(timestamp, event = '$pageview') AS first, countIf(event = '$pageview') AS views,
            groupUniqArrayIf(toStartOfWeek(timestamp), event = '$autocapture') AS weeks
        FROM events WHERE event IN ('$pageview', '$autocapture') GROUP BY person_id)
    WHERE views > 0 AND first BETWEEN '{began[0]}' AND '{began[1]} 23:59:59.999999')
GROUP BY 1, 2 ORDER BY 1, 2"""}


def lifecycle():
    body = {"kind": "LifecycleQuery", "series": [{"event": "$pageview"}], "dateRange": range_of(JUNE)}
    where = f"event = '$pageview' AND {within(('2026-05-31', JUNE[1]))}"
    return {"name": "lifecycle by day", "kind": "lifecycle", "path": "query", "body": body, "rows": lifecycle_rows,
            "duckdb": f"""WITH active AS (SELECT DISTINCT person_id, CAST(timestamp AS DATE) AS day FROM events
    WHERE {where} AND "$process_person_profile" IS DISTINCT FROM false),
around AS MATERIALIZED (SELECT person_id, day, lag(day) OVER days AS before, lead(day) OVER days AS after FROM active
    WINDOW days AS (PARTITION BY person_id ORDER BY day))
SELECT day, CASE WHEN CAST(created_at AS DATE) = day THEN 'new' WHEN before = day - 1 THEN 'returning'
    ELSE 'resurrecting' END AS status, count(*)
FROM around LEFT JOIN persons USING (person_id) WHERE day >= '{JUNE[0]}' GROUP BY 1, 2
UNION ALL
SELECT day + 1, 'dormant', count(*) FROM around
WHERE (after IS NULL OR after > day + 1) AND day < '{JUNE[1]}' GROUP BY 1""",
            "clickhouse": f"""SELECT status.1 AS day, status.2 AS name, count() FROM (
    SELECT arrayJoin(arrayConcat(
        arrayMap(day -> (day, multiIf(toDate(created_at) = day, 'new', has(days, day - 1), 'returning', 'resurrecting')),
            arrayFilter(day -> day >= '{JUNE[0]}', days)),
        arrayMap(day -> (day + 1, 'dormant'), arrayFilter(day -> day < '{JUNE[1]}' AND NOT has(days, day + 1), days)))) AS status
    FROM (SELECT person_id, groupUniqArray(toDate(timestamp)) AS days FROM events
        WHERE {where} AND ifNull(`$process_person_profile`, true) GROUP BY person_id) AS active
    LEFT JOIN persons USING (person_id))
GROUP BY 1, 2"""}


def stickiness():
    where = f"event = '$pageview' AND {within(JUNE)}"
    body = {"kind": "StickinessQuery", "series": [{"event": "$pageview"}], "dateRange": range_of(JUNE)}
    sql = "SELECT days, count(*) FROM (SELECT {days} AS days FROM events WHERE " + where + " GROUP BY person_id) GROUP BY 1"
    return {"name": "stickiness by day", "kind": "stickiness", "path": "query", "body": body, "rows": stickiness_rows,
            "duckdb": sql.format(days="count(DISTINCT CAST(timestamp AS DATE))"),
            "clickhouse": sql.format(days="uniqExact(toDate(timestamp))")}


def paths():
    week = ("2026-06-15", "2026-06-21")
    body = {"kind": "PathsQuery", "dateRange": range_of(week), "pathsFilter": {"edgeLimit": 50}}
    where = f"event = '$pageview' AND {within(week)}"
    order = "ORDER BY sessions DESC, step, source, target LIMIT 50"
    return {"name": "paths of five steps", "kind": "paths", "path": "query", "body": body, "rows": edge_rows,
            "duckdb": f"""WITH items AS (SELECT person_id, timestamp AS time,
    coalesce(nullif(rtrim("$pathname", '/'), ''), "$pathname") AS item FROM events WHERE {where} AND "$pathname" IS NOT NULL),
marked AS (SELECT *, coalesce(time - lag(time) OVER own > INTERVAL 30 MINUTE, true) AS begins, lag(item) OVER own AS last
    FROM items WINDOW own AS (PARTITION BY person_id ORDER BY time, item)),
numbered AS (SELECT *, sum(CAST(begins AS INTEGER)) OVER own AS session
    FROM marked WINDOW own AS (PARTITION BY person_id ORDER BY time, item ROWS UNBOUNDED PRECEDING)),
steps AS (SELECT item, time, row_number() OVER own AS step, lead(item) OVER own AS next, lead(time) OVER own AS next_time
    FROM numbered WHERE begins OR item <> last WINDOW own AS (PARTITION BY person_id, session ORDER BY time, item))
SELECT step, item AS source, next AS target, count(*) AS sessions, avg(epoch_us(next_time) - epoch_us(time)) / 1000 AS took
FROM steps WHERE step <= 4 AND next IS NOT NULL GROUP BY 1, 2, 3 {order}""",
            "clickhouse": f"""SELECT edge.1 AS step, edge.2 AS source, edge.3 AS target, count() AS sessions,
    avg(edge.4) / 1000 AS took FROM (
    SELECT arrayJoin(arrayMap(at -> (at, path[at].2, path[at + 1].2, path[at + 1].1 - path[at].1), range(1, length(path)))) AS edge
    FROM (
        SELECT arrayJoin(arraySplit((item, begins) -> begins, items, arrayMap((item, at) ->
                at > 1 AND item.1 - items[at - 1].1 > 1800000000, items, arrayEnumerate(items)))) AS session,
            arraySlice(arrayFilter((item, at) -> at = 1 OR item.2 != session[at - 1].2, session, arrayEnumerate(session)), 1, 5) AS path
        FROM (SELECT arraySort(groupArray((toUnixTimestamp64Micro(timestamp), item))) AS items FROM (
            SELECT person_id, timestamp,
                coalesce(nullIf(trim(TRAILING '/' FROM `$pathname`), ''), `$pathname`) AS item FROM events
            WHERE {where} AND `$pathname` IS NOT NULL) GROUP BY person_id)))
GROUP BY 1, 2, 3 {order}"""}


def pages():
    sql = f"""SELECT {{path}} AS path, count(*) AS views, count(DISTINCT {{person}}) AS people FROM events
WHERE event = '$pageview' AND {within(JUNE)} GROUP BY 1 ORDER BY views DESC, path LIMIT 20"""
    return {"name": "most viewed pages, as SQL", "kind": "sql", "path": "sql",
            "body": {"query": sql.format(path="properties.$pathname", person="person_key")},
            "rows": lambda answer: answer["rows"],
            "duckdb": sql.format(path='"$pathname"', person="person_id"),
            "clickhouse": sql.format(path="`$pathname`", person="person_id")}


def of_property(name, dates, event, math, key, duckdb, clickhouse):
    return by_day(name, dates, duckdb.format(f'"{key}"'), f" AND event = '{event}'",
                  {"event": event, "math": math, "math_property": key}, clickhouse=clickhouse.format(f"`{key}`"))


DAY, HOUR = 86_400, 3_600
QUERIES = [
    by_day("events by day", ALL, "count(*)", "", {"event": None}),
    by_day("page views by day, filtered", ALL, "count(*)",
           ''' AND event = '$pageview' AND "$browser" = 'Chrome' AND "$pathname" ILIKE '%/notes%' '''.rstrip(),
           {"event": "$pageview", "properties": [{"key": "$browser", "operator": "exact", "value": "Chrome"},
                                                 {"key": "$pathname", "operator": "icontains", "value": "/notes"}]}),
    by_day("active users by day", ALL, "count(DISTINCT person_id)", " AND event = '$pageview'",
           {"event": "$pageview", "math": "dau"}, clickhouse="uniqExact(person_id)"),
    trends("active users by day and browser", JUNE,
           f'SELECT "$browser" AS browser, CAST(timestamp AS DATE) AS day, count(DISTINCT person_id) FROM events '
           f"WHERE {within(JUNE)} GROUP BY 1, 2",
           f"SELECT `$browser` AS browser, toDate(timestamp) AS day, uniqExact(person_id) FROM events "
           f"WHERE {within(JUNE)} GROUP BY 1, 2",
           rows=numbers_by_value, series=[{"event": None, "math": "dau"}], breakdownFilter={"breakdown": "$browser"}),
    weekly_active(),
    sessions(),
    of_property("characters written by day", ALL, "note_edited", "sum", "note_length", "sum({})", "sum({})"),
    of_property("median time on a page by day", ALL, "$pageleave", "median", "$prev_pageview_duration",
                "median({})", "quantileExactInclusive(0.5)({})"),
    of_property("p90 of the largest paint by day", ALL, "$web_vitals", "p90", "$web_vitals_LCP_value",
                "quantile_cont({}, 0.9)", "quantileExactInclusive(0.9)({})"),
    conversion(),
    funnel("funnel of 2 steps within 14 days", ALL, ["$pageview", "signed_up"], 14, "day", 14 * DAY),
    funnel("funnel of 3 steps within 7 days", ALL, ["signed_up", "note_created", "note_shared"], 7, "day", 7 * DAY),
    funnel("funnel of 3 steps within 1 hour", JUNE, ["$pageview", "$autocapture", "$pageleave"], 1, "hour", HOUR),
    funnel("funnel of 5 steps within 14 days", ALL,
           ["$pageview", "$autocapture", "signed_up", "note_created", "note_shared"], 14, "day", 14 * DAY),
    recurring_retention(),
    first_time_retention(),
    lifecycle(),
    stickiness(),
    paths(),
    pages(),
]
