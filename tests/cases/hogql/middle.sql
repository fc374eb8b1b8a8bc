-- id: middle-001
-- asks: Active people by day and browser, the five largest browsers of each day
-- expect: runs
SELECT toStartOfDay(timestamp) AS day, properties.$browser AS browser, uniq(person_id) AS people FROM events WHERE timestamp >= now() - interval 14 day GROUP BY day, browser ORDER BY day, people DESC LIMIT 5 BY day

-- id: middle-002
-- asks: How many people wrote a note within seven days of signing up?
-- expect: runs
WITH starts AS (SELECT person_id, min(timestamp) AS start FROM events WHERE event = 'signed_up' GROUP BY person_id),
notes AS (SELECT person_id, min(timestamp) AS first_note FROM events WHERE event = 'note_created' GROUP BY person_id)
SELECT count() AS signed_up, countIf(notes.first_note <= starts.start + interval 7 day AND notes.first_note >= starts.start) AS wrote
FROM starts LEFT JOIN notes ON notes.person_id = starts.person_id

-- id: middle-003
-- asks: Which variant of the experiment writes more?
-- expect: runs
SELECT variant, count() AS people, countIf(wrote > 0) AS writers, round(countIf(wrote > 0) / count(), 4) AS rate
FROM (
    SELECT person_id, any(properties.`$feature/onboarding-checklist`) AS variant, countIf(event = 'note_created') AS wrote
    FROM events GROUP BY person_id
) WHERE variant IS NOT NULL GROUP BY variant

-- id: middle-004
-- asks: The time from sign-up to the first note, in hours
-- expect: runs
SELECT quantile(0.5)(dateDiff('hour', start, note)) AS median_hours FROM (
    SELECT person_id, minIf(timestamp, event = 'signed_up') AS start, minIf(timestamp, event = 'note_created') AS note
    FROM events WHERE event IN ('signed_up', 'note_created') GROUP BY person_id
) WHERE start IS NOT NULL AND note > start

-- id: middle-005
-- asks: New people by week with a running total
-- expect: runs
SELECT week, people, sum(people) OVER (ORDER BY week) AS total FROM (
    SELECT toStartOfWeek(created_at, 1) AS week, count() AS people FROM persons GROUP BY week
) ORDER BY week

-- id: middle-006
-- asks: Change of active people against the day before
-- expect: runs
SELECT day, people, people - lagInFrame(people, 1, 0) OVER (ORDER BY day) AS change FROM (
    SELECT toDate(timestamp) AS day, uniq(person_id) AS people FROM events GROUP BY day
) ORDER BY day

-- id: middle-007
-- asks: A mean over seven days of pageviews
-- expect: runs
SELECT day, avg(views) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS smooth FROM (
    SELECT toStartOfDay(timestamp) AS day, count() AS views FROM events WHERE event = '$pageview' GROUP BY day
)

-- id: middle-008
-- asks: The last event of each person
-- expect: runs
SELECT person_id, event, timestamp FROM (
    SELECT person_id, event, timestamp, row_number() OVER (PARTITION BY person_id ORDER BY timestamp DESC) AS n FROM events
) WHERE n = 1 LIMIT 100

-- id: middle-009
-- asks: The same with QUALIFY
-- expect: runs
SELECT person_id, event, timestamp FROM events WHERE timestamp > now() - interval 1 day QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY timestamp DESC, uuid) = 1

-- id: middle-010
-- asks: The rank of browsers within each operating system
-- expect: runs
SELECT os, browser, people, rank() OVER (PARTITION BY os ORDER BY people DESC) AS place FROM (
    SELECT properties.$os AS os, properties.$browser AS browser, uniq(person_id) AS people FROM events GROUP BY os, browser
) ORDER BY os, place

-- id: middle-011
-- asks: A window that is named
-- expect: runs
SELECT properties.app_version AS version, count() AS c, dense_rank() OVER w AS place FROM events GROUP BY version WINDOW w AS (ORDER BY count() DESC)

-- id: middle-012
-- asks: What do paying persons write against others?
-- expect: runs
SELECT p.properties.plan AS plan, count() AS notes, avg(e.properties.note_length) AS mean_length
FROM events AS e INNER JOIN persons AS p ON e.person_id = p.id WHERE e.event = 'note_created' GROUP BY plan

-- id: middle-013
-- asks: Persons who never wrote a note
-- expect: runs
SELECT p.id, p.properties.email FROM persons p LEFT JOIN (
    SELECT DISTINCT person_id FROM events WHERE event = 'note_created'
) w ON w.person_id = p.id WHERE w.person_id IS NULL LIMIT 200

-- id: middle-014
-- asks: Persons who shared, by IN with a subquery
-- expect: runs
SELECT properties.role AS role, count() FROM persons WHERE id IN (SELECT person_id FROM events WHERE event = 'note_shared') GROUP BY role ORDER BY 2 DESC

-- id: middle-015
-- asks: Persons who upgraded and did not cancel
-- expect: runs
SELECT count() FROM persons WHERE id IN (SELECT person_id FROM events WHERE event = 'plan_upgraded') AND id NOT IN (SELECT person_id FROM events WHERE event = 'subscription_cancelled')

-- id: middle-016
-- asks: Persons who came on at least five days of the last thirty
-- expect: runs
SELECT count() FROM (
    SELECT person_id, uniq(toDate(timestamp)) AS days FROM events WHERE timestamp >= now() - interval 30 day GROUP BY person_id HAVING days >= 5
)

-- id: middle-017
-- asks: How many people came on how many days?
-- expect: runs
SELECT days, count() AS people FROM (
    SELECT person_id, count(DISTINCT toStartOfDay(timestamp)) AS days FROM events WHERE timestamp >= toDate('2026-06-01') GROUP BY person_id
) GROUP BY days ORDER BY days

-- id: middle-018
-- asks: A funnel by hand: pricing, sign-up, upgrade, in this order
-- expect: runs
SELECT countIf(pricing IS NOT NULL) AS step_1, countIf(signed > pricing) AS step_2, countIf(signed > pricing AND upgraded > signed) AS step_3 FROM (
    SELECT person_id,
        minIf(timestamp, event = '$pageview' AND properties.$pathname = '/pricing') AS pricing,
        minIf(timestamp, event = 'signed_up') AS signed,
        minIf(timestamp, event = 'plan_upgraded') AS upgraded
    FROM events GROUP BY person_id
)

-- id: middle-019
-- asks: Retention of the people who signed up in April, by week
-- expect: runs
SELECT dateDiff('week', s.start, e.timestamp) AS week, uniq(e.person_id) AS people
FROM events e JOIN (
    SELECT person_id, min(timestamp) AS start FROM events WHERE event = 'signed_up' AND timestamp < '2026-05-01' GROUP BY person_id
) s ON s.person_id = e.person_id WHERE e.timestamp >= s.start GROUP BY week ORDER BY week

-- id: middle-020
-- asks: Sessions with a note and how long they were
-- expect: runs
SELECT s.session_id, s.$session_duration, count() AS notes FROM events e JOIN sessions s ON s.session_id = e.$session_id
WHERE e.event = 'note_created' GROUP BY s.session_id, s.$session_duration ORDER BY notes DESC LIMIT 20

-- id: middle-021
-- asks: Bounces by source
-- expect: runs
SELECT ifNull($entry_utm_source, $entry_referring_domain) AS source, count() AS visits, countIf($is_bounce) AS bounces
FROM sessions WHERE $start_timestamp BETWEEN '2026-06-01' AND '2026-06-30 23:59:59' GROUP BY source HAVING visits >= 10 ORDER BY bounces / visits DESC

-- id: middle-022
-- asks: Sessions by the hour and day of the week in Berlin
-- expect: runs
SELECT toDayOfWeek(local) AS weekday, toHour(local) AS hour, count() AS visits FROM (
    SELECT toTimeZone($start_timestamp, 'Europe/Berlin') AS local FROM sessions
) GROUP BY weekday, hour ORDER BY weekday, hour

-- id: middle-023
-- asks: Exits from the site
-- expect: runs
SELECT $end_pathname AS exit, count() AS sessions, quantile(0.9)($session_duration) AS p90 FROM sessions WHERE $entry_hostname = 'www.leaflet.example' GROUP BY exit ORDER BY sessions DESC LIMIT 15

-- id: middle-024
-- asks: Each tag of the active flags
-- expect: runs
SELECT flag, uniq(person_id) AS people FROM events ARRAY JOIN JSONExtractArrayRaw(properties.$active_feature_flags ?? '[]') AS flag GROUP BY flag

-- id: middle-025
-- asks: Each kind of exception, also where events have several
-- expect: runs
SELECT arrayJoin(JSONExtractArrayRaw(coalesce(properties.$exception_types, '[]'))) AS kind, count() AS times FROM events WHERE event = '$exception' GROUP BY kind ORDER BY times DESC

-- id: middle-026
-- asks: Exceptions with their first message
-- expect: runs
SELECT JSONExtractString(properties.$exception_list, 1, 'type') AS type, JSONExtractString(properties.$exception_list, 1, 'value') AS message, count() FROM events WHERE event = '$exception' GROUP BY type, message

-- id: middle-027
-- asks: Was the exception handled?
-- expect: runs
SELECT JSONExtractBool(properties.$exception_list, 1, 'mechanism', 'handled') AS handled, count() FROM events WHERE event = '$exception' GROUP BY handled

-- id: middle-028
-- asks: The line where the bad chunk fails
-- expect: runs
SELECT JSONExtractInt(properties.$exception_list, 1, 'stacktrace', 'frames', 1, 'lineno') AS line, count() FROM events WHERE JSONExtractString(properties.$exception_list, 1, 'type') = 'ChunkLoadError' GROUP BY line

-- id: middle-029
-- asks: What groups say about themselves when they are identified
-- expect: runs
SELECT JSONExtractString(properties.$group_set, 'industry') AS industry, max(JSONExtractInt(properties.$group_set, 'seats')) AS seats FROM events WHERE event = '$groupidentify' GROUP BY industry

-- id: middle-030
-- asks: The workspace of an event from its groups
-- expect: runs
SELECT JSONExtractString(properties.$groups, 'workspace') AS workspace, uniq(person_id) AS people FROM events WHERE JSONHas(properties.$groups, 'workspace') GROUP BY workspace ORDER BY people DESC LIMIT 10

-- id: middle-031
-- asks: Nested properties without a function
-- expect: runs
SELECT properties.$groups.workspace AS workspace, count() FROM events WHERE properties.$groups.workspace IS NOT NULL GROUP BY workspace LIMIT 20

-- id: middle-032
-- asks: What changed of persons
-- expect: runs
SELECT properties.$set.plan AS to_plan, count() FROM events WHERE properties.$set.plan != '' GROUP BY to_plan

-- id: middle-033
-- asks: How many frames has a stack trace?
-- expect: runs
SELECT JSONLength(properties.$exception_list, 1, 'stacktrace', 'frames') AS frames, count() FROM events WHERE event = '$exception' GROUP BY frames ORDER BY frames

-- id: middle-034
-- asks: The pages of each session, in order
-- expect: runs
SELECT $session_id, arrayStringConcat(arraySlice(groupArray(properties.$pathname), 1, 5), ' > ') AS way FROM (
    SELECT $session_id, properties.$pathname, timestamp FROM events WHERE event = '$pageview' ORDER BY timestamp
) GROUP BY $session_id LIMIT 50

-- id: middle-035
-- asks: Sessions that saw pricing and sign-up
-- expect: runs
SELECT count() FROM (
    SELECT $session_id, groupUniqArray(properties.$pathname) AS pages FROM events WHERE event = '$pageview' GROUP BY $session_id
) WHERE hasAll(pages, ['/pricing', '/signup'])

-- id: middle-036
-- asks: Sessions that saw any of the blog
-- expect: runs
SELECT countIf(arrayExists(page -> startsWith(page, '/blog'), pages)) AS with_blog, count() AS all_sessions FROM (
    SELECT $session_id, groupArray(properties.$pathname) AS pages FROM events WHERE event = '$pageview' AND properties.$pathname IS NOT NULL GROUP BY $session_id
)

-- id: middle-037
-- asks: How many different pages has a session, and how many are docs?
-- expect: runs
SELECT avg(arrayUniq(pages)) AS different, avg(arrayCount(p -> p LIKE '/docs%', pages)) AS docs FROM (
    SELECT groupArray(ifNull(properties.$pathname, '')) AS pages FROM events WHERE event = '$pageview' GROUP BY $session_id
)

-- id: middle-038
-- asks: Only the app's pages of a person
-- expect: runs
SELECT person_id, arrayFilter(p -> p LIKE '/app%', groupUniqArray(properties.$pathname)) AS app_pages FROM events WHERE event = '$pageview' GROUP BY person_id HAVING notEmpty(app_pages) LIMIT 20

-- id: middle-039
-- asks: Lengths of notes in pages of 1,800 characters
-- expect: runs
SELECT arrayMap(l -> ceil(l / 1800), groupArray(properties.note_length)) AS pages FROM events WHERE event = 'note_created' AND person_id IN COHORT 'Founders' GROUP BY person_id LIMIT 10

-- id: middle-040
-- asks: Total and mean by arrays, per person
-- expect: runs
SELECT person_id, arraySum(lengths) AS characters, arrayAvg(lengths) AS mean, arrayMax(lengths) AS longest FROM (
    SELECT person_id, groupArray(properties.note_length) AS lengths FROM events WHERE event = 'note_created' GROUP BY person_id
) ORDER BY characters DESC LIMIT 10

-- id: middle-041
-- asks: First and latest city that events of a person show
-- expect: runs
SELECT person_id, argMin(properties.$timezone, timestamp) AS first_zone, argMax(properties.$timezone, timestamp) AS last_zone FROM events GROUP BY person_id HAVING first_zone != last_zone LIMIT 50

-- id: middle-042
-- asks: The plan at the end of May
-- expect: runs
SELECT plan, count() AS people FROM (
    SELECT person_id, argMaxIf(properties.plan, timestamp, timestamp < '2026-06-01' AND properties.plan IS NOT NULL) AS plan FROM events GROUP BY person_id
) WHERE plan IS NOT NULL GROUP BY plan

-- id: middle-043
-- asks: Days without a sign-up
-- expect: runs
SELECT d.day, coalesce(s.sign_ups, 0) AS sign_ups FROM (
    SELECT toDate('2026-04-02') + toIntervalDay(number) AS day FROM numbers(90)
) d LEFT JOIN (
    SELECT toDate(timestamp) AS day, count() AS sign_ups FROM events WHERE event = 'signed_up' GROUP BY day
) s ON s.day = d.day ORDER BY d.day

-- id: middle-044
-- asks: Three kinds of event side by side per week
-- expect: runs
SELECT toMonday(timestamp) AS week, countIf(event = 'note_created') AS created, countIf(event = 'note_edited') AS edited, countIf(event = 'note_shared') AS shared, round(edited / created, 2) AS edits_per_note FROM events WHERE event LIKE 'note\\_%' GROUP BY week ORDER BY week

-- id: middle-045
-- asks: Conversion of sources
-- expect: runs
SELECT multiIf(properties.utm_source = 'google', 'ads', properties.utm_source = 'newsletter', 'newsletter', properties.$referring_domain = '$direct', 'direct', 'search') AS source, uniq(person_id) AS visitors, uniqIf(person_id, event = 'signed_up') AS sign_ups, sign_ups / visitors AS rate FROM events GROUP BY source ORDER BY rate DESC

-- id: middle-046
-- asks: The mean number of notes per writer and week
-- expect: runs
SELECT week, notes / writers AS per_writer FROM (
    SELECT toStartOfWeek(timestamp) AS week, count() AS notes, uniq(person_id) AS writers FROM events WHERE event = 'note_created' GROUP BY week
) ORDER BY week

-- id: middle-047
-- asks: Ten-minute intervals around the release
-- expect: runs
SELECT toStartOfInterval(timestamp, INTERVAL 10 MINUTE) AS slot, countIf(event = '$exception') AS errors, count() AS events FROM events WHERE timestamp >= '2026-05-19 13:00:00' AND timestamp < '2026-05-19 16:00:00' GROUP BY slot ORDER BY slot

-- id: middle-048
-- asks: Six-hour intervals
-- expect: runs
SELECT toStartOfInterval(timestamp, toIntervalHour(6)) AS slot, uniq($session_id) AS sessions FROM events WHERE toDate(timestamp) BETWEEN '2026-05-18' AND '2026-05-24' GROUP BY slot ORDER BY slot

-- id: middle-049
-- asks: This week against the week before
-- expect: runs
SELECT countIf(timestamp >= now() - interval 7 day) AS this_week, countIf(timestamp < now() - interval 7 day) AS week_before, round(100 * (this_week - week_before) / week_before, 1) AS percent FROM events WHERE timestamp >= now() - interval 14 day AND event = 'note_created'

-- id: middle-050
-- asks: Days since a person was last seen
-- expect: runs
SELECT dateDiff('day', max(timestamp), now()) AS days, person_id FROM events WHERE person_id IN COHORT 'Paying' GROUP BY person_id HAVING days > 14 ORDER BY days DESC

-- id: middle-051
-- asks: Age of an account in whole months when it upgrades
-- expect: runs
SELECT age('month', person.created_at, timestamp) AS months, count() FROM events WHERE event = 'plan_upgraded' GROUP BY months ORDER BY months

-- id: middle-052
-- asks: Distribution of session lengths in steps
-- expect: runs
SELECT if($session_duration < 10, '0-10 s', if($session_duration < 60, '10-60 s', if($session_duration < 600, '1-10 min', 'longer'))) AS length, count() FROM sessions GROUP BY length

-- id: middle-053
-- asks: A histogram of note lengths in steps of 500
-- expect: runs
SELECT floor(properties.note_length / 500) * 500 AS from_length, count() AS notes FROM events WHERE event = 'note_created' GROUP BY from_length ORDER BY from_length

-- id: middle-054
-- asks: Orders of magnitude of uploads
-- expect: runs
SELECT round(log10(properties.upload_mb)) AS magnitude, count(), min(properties.upload_mb), max(properties.upload_mb) FROM events WHERE event = 'file_uploaded' AND properties.upload_mb > 0 GROUP BY magnitude

-- id: middle-055
-- asks: Vitals by device, with a mark
-- expect: runs
SELECT properties.$device_type AS device, quantile(0.75)(properties.$web_vitals_LCP_value) AS lcp, quantile(0.75)(properties.$web_vitals_CLS_value) AS cls, lcp <= 2500 AND cls <= 0.1 ? 'good' : 'poor' AS mark FROM events WHERE event = '$web_vitals' GROUP BY device

-- id: middle-056
-- asks: Vitals of the pages with enough measurements
-- expect: runs
SELECT properties.$pathname AS page, count() AS n, quantileIf(0.9)(properties.$web_vitals_INP_value, properties.$web_vitals_INP_value > 0) AS inp FROM events WHERE event = '$web_vitals' GROUP BY page HAVING n > 50 AND inp > 200 ORDER BY inp DESC

-- id: middle-057
-- asks: Tuples as a key
-- expect: runs
SELECT (properties.$os, properties.$browser) AS platform, count() AS c FROM events GROUP BY platform ORDER BY c DESC LIMIT 10

-- id: middle-058
-- asks: A pair from argMax
-- expect: runs
SELECT person_id, argMax((event, properties.$pathname), timestamp).1 AS last_event FROM events GROUP BY person_id LIMIT 5

-- id: middle-059
-- asks: Conditions over a pair of columns
-- expect: runs
SELECT count() FROM events WHERE (properties.$os, properties.$browser) IN (('iOS', 'Mobile Safari'), ('Android', 'Chrome'))

-- id: middle-060
-- asks: Filter of the dashboard inside a subquery
-- expect: runs
-- given: {"filters": {"dateRange": {"date_from": "2026-06-01", "date_to": "2026-06-30"}, "properties": [{"type": "event", "key": "$device_type", "operator": "exact", "value": "Desktop"}]}}
SELECT avg(c) FROM (SELECT person_id, count() AS c FROM events WHERE event = 'note_edited' AND {filters} GROUP BY person_id)

-- id: middle-061
-- asks: Bounds of the dashboard's range
-- expect: runs
-- given: {"filters": {"dateRange": {"date_from": "2026-06-01", "date_to": "2026-06-08"}}}
SELECT toStartOfDay(timestamp) AS day, count() FROM events WHERE timestamp >= {filters.dateRange.from} AND timestamp < {filters.dateRange.to} GROUP BY day

-- id: middle-062
-- asks: A number from the dashboard
-- expect: runs
-- given: {"variables": {"at_least": 20}}
SELECT person_id, count() AS notes FROM events WHERE event = 'note_created' GROUP BY person_id HAVING notes >= {variables.at_least} ORDER BY notes DESC

-- id: middle-063
-- asks: A list from the dashboard, in an interval from the dashboard
-- expect: runs
-- given: {"variables": {"events": ["note_created", "note_shared"], "days": 14}}
SELECT event, count() FROM events WHERE event IN {variables.events} AND timestamp > now() - toIntervalDay({variables.days}) GROUP BY event

-- id: middle-064
-- asks: A value with a name of its own
-- expect: runs
-- given: {"values": {"city": "São Paulo"}}
SELECT uniq(person_id) FROM events WHERE person.properties.city = {city}

-- id: middle-065
-- asks: Constants in WITH before the columns
-- expect: runs
WITH '2026-05-19' AS released, 7 AS days SELECT countIf(timestamp < released) AS before, countIf(timestamp >= released) AS after FROM events WHERE event = '$exception' AND timestamp >= toDate(released) - toIntervalDay(days) AND timestamp < toDate(released) + toIntervalDay(days)

-- id: middle-066
-- asks: A scalar from another query in WITH
-- expect: runs
WITH (SELECT count() FROM events WHERE event = '$pageview') AS total SELECT properties.$browser AS browser, count() / total AS share FROM events WHERE event = '$pageview' GROUP BY browser ORDER BY share DESC

-- id: middle-067
-- asks: Share of each browser by a subquery as a value
-- expect: runs
SELECT properties.$browser AS browser, round(100 * count() / (SELECT count() FROM events WHERE event = '$pageview'), 2) AS percent FROM events WHERE event = '$pageview' GROUP BY browser ORDER BY percent DESC

-- id: middle-068
-- asks: Share by a window over the groups
-- expect: runs
SELECT properties.$os AS os, count() AS c, c / sum(count()) OVER () AS share FROM events GROUP BY os ORDER BY share DESC

-- id: middle-069
-- asks: Both of two lists
-- expect: runs
SELECT person_id FROM events WHERE event = 'note_shared' INTERSECT SELECT person_id FROM events WHERE event = 'workspace_invited'

-- id: middle-070
-- asks: The first list without the second
-- expect: runs
SELECT DISTINCT person_id FROM events WHERE event = 'checkout_started' EXCEPT SELECT DISTINCT person_id FROM events WHERE event = 'plan_upgraded' LIMIT 100

-- id: middle-071
-- asks: Two lists without doubles
-- expect: runs
SELECT properties.city AS place FROM persons UNION DISTINCT SELECT properties.industry FROM groups

-- id: middle-072
-- asks: Union of two periods with a mark
-- expect: runs
SELECT period, uniq(person_id) AS people FROM (
    SELECT 'june' AS period, person_id FROM events WHERE toYYYYMM(timestamp) = 202606
    UNION ALL
    SELECT 'may' AS period, person_id FROM events WHERE toYYYYMM(timestamp) = 202605
) GROUP BY period

-- id: middle-073
-- asks: Aggregates with FILTER
-- expect: runs
SELECT properties.$browser AS browser, count() FILTER (WHERE event = '$exception') AS errors, count(*) FILTER (WHERE event = '$pageview') AS views FROM events GROUP BY browser

-- id: middle-074
-- asks: PREWHERE before WHERE
-- expect: runs
SELECT properties.$pathname AS page, count() FROM events PREWHERE event = '$pageview' WHERE properties.$is_identified = false AND timestamp >= '2026-06-15' GROUP BY page LIMIT 30

-- id: middle-075
-- asks: Sub-totals of plan and role
-- expect: runs
SELECT properties.plan AS plan, properties.role AS role, count() AS people FROM persons GROUP BY ROLLUP(properties.plan, properties.role)

-- id: middle-076
-- asks: All combinations of plan and city, counted together
-- expect: runs
SELECT properties.plan, properties.city, count() FROM persons GROUP BY CUBE(properties.plan, properties.city) LIMIT 200

-- id: middle-077
-- asks: Two groupings at once
-- expect: runs
SELECT properties.plan, properties.role, count() FROM persons GROUP BY GROUPING SETS ((properties.plan), (properties.role), ())

-- id: middle-078
-- asks: Workspaces with more people than seats
-- expect: runs
SELECT g.key, g.properties.name AS name, toInt(g.properties.seats) AS seats, uniq(e.person_id) AS people FROM events e JOIN groups g ON g.key = e.$group_0 WHERE g.index = 0 GROUP BY g.key, name, seats HAVING people > seats ORDER BY people - seats DESC

-- id: middle-079
-- asks: Notes of an industry
-- expect: runs
SELECT group_0.properties.industry AS industry, count() AS notes, uniq($group_0) AS workspaces FROM events WHERE event = 'note_created' AND group_0.properties.plan = 'team' GROUP BY industry

-- id: middle-080
-- asks: Seats of workspaces against their invitations
-- expect: runs
SELECT group_0.properties.seats AS seats, countIf(event = 'workspace_invited') / uniq($group_0) AS invitations FROM events WHERE $group_0 != '' GROUP BY seats ORDER BY seats

-- id: middle-081
-- asks: Length of the session in which people sign up
-- expect: runs
SELECT quantile(0.5)(session.$session_duration) AS half, quantile(0.9)(session.$session_duration) AS most FROM events WHERE event = 'signed_up'

-- id: middle-082
-- asks: Notes by the channel of the session
-- expect: runs
SELECT session.$channel_type AS channel, countIf(event = 'signed_up') AS sign_ups, uniq($session_id) AS sessions FROM events GROUP BY channel HAVING sessions > 20

-- id: middle-083
-- asks: Two persons' properties at once
-- expect: runs
SELECT person.properties.plan AS plan, person.properties.role AS role, countIf(event = 'search_performed') AS searches, uniq(person_id) AS people, searches / people AS each FROM events GROUP BY plan, role ORDER BY each DESC

-- id: middle-084
-- asks: Mail domains
-- expect: runs
SELECT splitByString('@', person.properties.email)[-1] AS mail, uniq(person_id) FROM events WHERE person.properties.email LIKE '%@%' GROUP BY mail

-- id: middle-085
-- asks: Persons with an id from the customer database
-- expect: runs
SELECT person_id, arrayFirst(d -> startsWith(d, 'crm_'), groupArray(distinct_id)) AS customer FROM person_distinct_ids GROUP BY person_id HAVING arrayExists(d -> startsWith(d, 'crm_'), groupArray(distinct_id))

-- id: middle-086
-- asks: Persons joined with their ids
-- expect: runs
SELECT p.properties.email AS email, uniq(d.distinct_id) AS ids FROM persons p JOIN person_distinct_ids d ON d.person_id = p.id GROUP BY email ORDER BY ids DESC LIMIT 10

-- id: middle-087
-- asks: Two cohorts at once
-- expect: runs
SELECT count() FROM persons WHERE id IN COHORT 'Paying' AND NOT (id IN COHORT 'Founders')

-- id: middle-088
-- asks: Events of founders by day, those of others beside it
-- expect: runs
SELECT toDate(timestamp) AS day, countIf(person_id IN COHORT 'Founders') AS founders, countIf(person_id NOT IN COHORT 'Founders') AS others FROM events WHERE event = 'note_created' GROUP BY day ORDER BY day

-- id: middle-089
-- asks: Who does the action, by week
-- expect: runs
SELECT toStartOfWeek(timestamp) AS week, uniqIf(person_id, matchesAction('Wrote a note')) AS writers, uniq(person_id) AS active FROM events GROUP BY week

-- id: middle-090
-- asks: The first campaign of the people who pay
-- expect: runs
SELECT properties.$initial_utm_campaign AS campaign, countIf(properties.plan != 'free') AS paying, count() AS people FROM persons GROUP BY campaign HAVING people >= 5 ORDER BY paying / people DESC

-- id: middle-091
-- asks: Crawlers by name
-- expect: runs
SELECT arrayFirst(name -> position(properties.$raw_user_agent, name) > 0, ['Googlebot', 'bingbot', 'GPTBot', 'Amazonbot', 'HeadlessChrome']) AS crawler, count() AS views FROM events WHERE match(properties.$raw_user_agent, 'bot|Headless') GROUP BY crawler

-- id: middle-092
-- asks: Which of the searched words are frequent?
-- expect: runs
SELECT word, count() AS times FROM (
    SELECT arrayJoin(splitByChar('+', assumed)) AS word FROM (SELECT ifNull(properties.search_term, '') AS assumed FROM events WHERE event = 'search_performed')
) WHERE length(word) > 2 GROUP BY word ORDER BY times DESC LIMIT 20

-- id: middle-093
-- asks: Two columns of arrays at once
-- expect: runs
SELECT name, place FROM events ARRAY JOIN ['lcp', 'fcp'] AS name, [properties.$web_vitals_LCP_value, properties.$web_vitals_FCP_value] AS place WHERE event = '$web_vitals' LIMIT 10

-- id: middle-094
-- asks: Array join with its index
-- expect: runs
SELECT n, page, count() AS times FROM (
    SELECT splitByChar('/', properties.$pathname) AS parts FROM events WHERE event = '$pageview' AND properties.$pathname IS NOT NULL
) ARRAY JOIN parts AS page, range(1, length(parts) + 1) AS n WHERE page != '' GROUP BY n, page ORDER BY times DESC LIMIT 30

-- id: middle-095
-- asks: Rows are kept where the list is empty
-- expect: runs
SELECT event, flag FROM events LEFT ARRAY JOIN JSONExtractArrayRaw(ifNull(properties.$active_feature_flags, '[]')) AS flag LIMIT 20

-- id: middle-096
-- asks: Wide to long by a literal of tuples
-- expect: runs
SELECT kind.1 AS metric, avg(kind.2) AS mean FROM (
    SELECT arrayJoin([('LCP', properties.$web_vitals_LCP_value), ('INP', properties.$web_vitals_INP_value)]) AS kind FROM events WHERE event = '$web_vitals'
) GROUP BY metric

-- id: middle-097
-- asks: Days on which more than the mean came
-- expect: runs
WITH daily AS (SELECT toDate(timestamp) AS day, uniq(person_id) AS people FROM events GROUP BY day) SELECT day, people FROM daily WHERE people > (SELECT avg(people) FROM daily) ORDER BY day

-- id: middle-098
-- asks: The three best days of each month
-- expect: runs
SELECT month, day, notes FROM (
    SELECT toStartOfMonth(timestamp) AS month, toDate(timestamp) AS day, count() AS notes FROM events WHERE event = 'note_created' GROUP BY month, day
) ORDER BY month, notes DESC LIMIT 3 BY month

-- id: middle-099
-- asks: The second page of results per browser
-- expect: runs
SELECT properties.$browser AS browser, properties.$pathname AS page, count() AS views FROM events GROUP BY browser, page ORDER BY browser, views DESC LIMIT 2 OFFSET 1 BY browser

-- id: middle-100
-- asks: Cancelled within a month of the upgrade
-- expect: runs
SELECT count() AS churned FROM (
    SELECT person_id, maxIf(timestamp, event = 'plan_upgraded') AS up, maxIf(timestamp, event = 'subscription_cancelled') AS down FROM events GROUP BY person_id
) WHERE down > up AND down < addMonths(up, 1)

-- id: middle-101
-- asks: Time between two visits of a person
-- expect: runs
SELECT quantile(0.5)(gap) AS median_gap FROM (
    SELECT dateDiff('hour', lag(start) OVER (PARTITION BY person_id ORDER BY start), start) AS gap FROM (
        SELECT person_id, $session_id, min(timestamp) AS start FROM events WHERE properties.$is_identified GROUP BY person_id, $session_id
    )
) WHERE gap IS NOT NULL

-- id: middle-102
-- asks: What happens right after an upload
-- expect: runs
SELECT next, count() AS times FROM (
    SELECT event, leadInFrame(event) OVER (PARTITION BY $session_id ORDER BY timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next FROM events
) WHERE event = 'file_uploaded' AND next IS NOT NULL GROUP BY next ORDER BY times DESC

-- id: middle-103
-- asks: The first and the last page of a session by windows
-- expect: runs
SELECT DISTINCT $session_id, first_value(properties.$pathname) OVER (PARTITION BY $session_id ORDER BY timestamp) AS first, last_value(properties.$pathname) OVER (PARTITION BY $session_id ORDER BY timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last FROM events WHERE event = '$pageview' LIMIT 20

-- id: middle-104
-- asks: The largest upload per person beside each upload
-- expect: runs
SELECT person_id, properties.upload_mb AS mb, max(properties.upload_mb) OVER (PARTITION BY person_id) AS largest FROM events WHERE event = 'file_uploaded' ORDER BY largest DESC, mb DESC LIMIT 50

-- id: middle-105
-- asks: Upgrades by the month of the sign-up
-- expect: runs
SELECT formatDateTime(person.created_at, '%b %Y') AS signed_up, uniqIf(person_id, event = 'plan_upgraded') AS upgraded, uniq(person_id) AS people FROM events GROUP BY signed_up

-- id: middle-106
-- asks: Notes edited on the day of their creation
-- expect: runs
SELECT count() FROM events AS c JOIN events AS d ON d.properties.note_id = c.properties.note_id WHERE c.event = 'note_created' AND d.event = 'note_edited' AND toDate(c.timestamp) = toDate(d.timestamp)

-- id: middle-107
-- asks: Events of the same person shortly before a cancellation
-- expect: runs
SELECT b.event AS event, count() AS times FROM events a INNER JOIN events b ON a.person_id = b.person_id WHERE a.event = 'subscription_cancelled' AND b.timestamp > subtractDays(a.timestamp, 7) AND b.timestamp < a.timestamp GROUP BY b.event ORDER BY times DESC

-- id: middle-108
-- asks: All pairs of plan and device
-- expect: runs
SELECT p.plan, d.device FROM (SELECT DISTINCT properties.plan AS plan FROM persons) p CROSS JOIN (SELECT DISTINCT properties.$device_type AS device FROM events) d

-- id: middle-109
-- asks: Full join of two lists of paths
-- expect: runs
SELECT coalesce(a.page, b.page) AS page, a.views AS on_phone, b.views AS on_desk FROM (
    SELECT properties.$pathname AS page, count() AS views FROM events WHERE properties.is_mobile = true GROUP BY page
) a FULL OUTER JOIN (
    SELECT properties.$pathname AS page, count() AS views FROM events WHERE properties.is_mobile = false GROUP BY page
) b ON a.page = b.page ORDER BY page LIMIT 100

-- id: middle-110
-- asks: Join by a common column
-- expect: runs
SELECT person_id, notes, searches FROM (
    SELECT person_id, count() AS notes FROM events WHERE event = 'note_created' GROUP BY person_id
) n JOIN (
    SELECT person_id, count() AS searches FROM events WHERE event = 'search_performed' GROUP BY person_id
) s USING (person_id) ORDER BY notes DESC LIMIT 25

-- id: middle-111
-- asks: A column by its place in a list
-- expect: runs
SELECT ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][toDayOfWeek(timestamp)] AS weekday, count() FROM events GROUP BY weekday

-- id: middle-112
-- asks: Cast in short and in long
-- expect: runs
SELECT properties.$browser_version::int AS version, CAST(avg(properties.results) AS Float64) AS results FROM events WHERE event = 'search_performed' GROUP BY version ORDER BY version DESC

-- id: middle-113
-- asks: Times as Unix seconds
-- expect: runs
SELECT toUnixTimestamp(toStartOfMinute(timestamp)) AS minute, count() AS events FROM events WHERE timestamp > toDateTime('2026-06-30 22:00:00') GROUP BY minute ORDER BY minute

-- id: middle-114
-- asks: Where the month ends
-- expect: runs
SELECT toLastDayOfMonth(timestamp) AS month_end, sum(properties.amount) AS revenue, count() AS invoices FROM events WHERE event = 'invoice_paid' GROUP BY month_end ORDER BY month_end

-- id: middle-115
-- asks: Amounts within bounds and outside
-- expect: runs
SELECT countIf(properties.amount BETWEEN 5 AND 20) AS usual, countIf(properties.amount NOT BETWEEN 5 AND 20) AS unusual FROM events WHERE event = 'invoice_paid'

-- id: middle-116
-- asks: The newest plan of each workspace by its events
-- expect: runs
SELECT $group_0 AS workspace, argMax(properties.plan, timestamp) AS plan, max(timestamp) AS seen FROM events WHERE isNotNull($group_0) GROUP BY workspace HAVING seen < now() - interval 21 day

-- id: middle-117
-- asks: Sign-ups with their campaign or referrer as one text
-- expect: runs
SELECT concat(ifNull(properties.utm_source, properties.$referring_domain), ' / ', ifNull(properties.utm_campaign, '-')) AS origin, count() FROM events WHERE event = 'signed_up' GROUP BY origin ORDER BY 2 DESC

-- id: middle-118
-- asks: Cleaned addresses
-- expect: runs
SELECT cutQueryString(properties.$current_url) AS page, uniq(properties.$session_entry_pathname) AS entries FROM events WHERE event = '$pageview' GROUP BY page ORDER BY entries DESC LIMIT 20

-- id: middle-119
-- asks: Pages of two depths
-- expect: runs
SELECT arrayStringConcat(arraySlice(splitByChar('/', properties.$pathname), 1, 3), '/') AS branch, count() AS views FROM events WHERE event = '$pageview' AND properties.$host = 'app.leaflet.example' GROUP BY branch ORDER BY views DESC

-- id: middle-120
-- asks: A text made of parts
-- expect: runs
SELECT f'{properties.$browser} on {properties.$os}' AS platform, count() FROM events GROUP BY platform LIMIT 10

-- id: middle-121
-- asks: Reading a member that may not be there
-- expect: runs
SELECT properties.$group_set?.seats AS seats, count() FROM events WHERE event = '$groupidentify' GROUP BY seats

-- id: middle-122
-- asks: Everything but two columns
-- expect: runs
SELECT * EXCLUDE (properties, elements_chain) FROM events WHERE event = 'signed_up' LIMIT 3

-- id: middle-123
-- asks: Are there people at all who were never identified but signed up?
-- expect: runs
SELECT EXISTS (SELECT 1 FROM events WHERE event = 'signed_up' AND properties.$is_identified = false) AS found

-- id: middle-124
-- asks: Values that differ, nulls counted as a value
-- expect: runs
SELECT count() FROM events WHERE properties.plan IS DISTINCT FROM person.properties.plan

-- id: middle-125
-- asks: Sampling with an offset
-- expect: refused, naming SAMPLE
SELECT uniq(person_id) * 20 FROM events SAMPLE 0.05 OFFSET 0.5 WHERE event = 'note_created'

-- id: middle-126
-- asks: Sums with their total below
-- expect: refused, naming WITH TOTALS
SELECT event, count() FROM events GROUP BY event WITH TOTALS

-- id: middle-127
-- asks: Days filled in
-- expect: refused, naming WITH FILL
SELECT toDate(timestamp) AS day, count() FROM events GROUP BY day ORDER BY day WITH FILL

-- id: middle-128
-- asks: A funnel by a function of ClickHouse
-- expect: refused, naming windowFunnel
SELECT level, count() FROM (
    SELECT person_id, windowFunnel(604800)(timestamp, event = 'signed_up', event = 'note_created') AS level FROM events GROUP BY person_id
) GROUP BY level

-- id: middle-129
-- asks: A sequence by a pattern
-- expect: refused, naming sequenceMatch
SELECT count() FROM (SELECT person_id, sequenceMatch('(?1).*(?2)')(timestamp, event = 'checkout_started', event = 'subscription_cancelled') AS m FROM events GROUP BY person_id) WHERE m

-- id: middle-130
-- asks: Retention by a function
-- expect: refused, naming retention
SELECT arraySum(r) FROM (SELECT person_id, retention(event = 'signed_up', event = 'note_created') AS r FROM events GROUP BY person_id)

-- id: middle-131
-- asks: States of aggregates to merge later
-- expect: refused, naming uniqState
SELECT toDate(timestamp) AS day, uniqState(person_id) AS state FROM events GROUP BY day

-- id: middle-132
-- asks: Merging of such states
-- expect: refused, naming uniqMerge
SELECT uniqMerge(state) FROM (SELECT person_id AS state FROM events)

-- id: middle-133
-- asks: Rows of another server
-- expect: refused, naming remote
SELECT * FROM remote('other.example:9000', 'default.events') LIMIT 10

-- id: middle-134
-- asks: Customers of the billing database
-- expect: refused, naming postgresql
SELECT e.person_id, c.name FROM events e JOIN postgresql('db.example:5432', 'billing', 'customers', 'reader', 'secret') c ON c.id = e.distinct_id

-- id: middle-135
-- asks: A program on the server
-- expect: refused, naming executable
SELECT * FROM executable('list.sh', 'TSV', 'name String')

-- id: middle-136
-- asks: A table of the warehouse that is not connected
-- expect: refused, naming stripe_charge
SELECT c.email, sum(c.amount) FROM stripe_charge c GROUP BY c.email

-- id: middle-137
-- asks: Tables of another schema
-- expect: refused, naming prod
SELECT count() FROM prod.events

-- id: middle-138
-- asks: What the server ran
-- expect: refused, naming query_log
SELECT query, query_duration_ms FROM query_log ORDER BY query_duration_ms DESC LIMIT 10

-- id: middle-139
-- asks: Rows that are replaced by newer ones
-- expect: refused, naming person_distinct_id_overrides
SELECT distinct_id, person_id FROM person_distinct_id_overrides

-- id: middle-140
-- asks: A second type of groups that does not exist
-- expect: refused, naming group_1
SELECT group_1.properties.name, count() FROM events GROUP BY group_1.properties.name

-- id: middle-141
-- asks: A misspelt field of sessions
-- expect: refused, naming $duration
SELECT avg(session.$duration) FROM events WHERE event = 'signed_up'

-- id: middle-142
-- asks: A misspelt column in a condition
-- expect: refused, naming timestmap
SELECT event FROM events WHERE timestmap > now() - interval 1 day

-- id: middle-143
-- asks: An alias of a table that is not there
-- expect: refused, naming s
SELECT s.event FROM events e WHERE e.event = '$pageview'

-- id: middle-144
-- asks: Sum of counts without a subquery
-- expect: refused, naming count
SELECT max(count()) FROM events GROUP BY person_id

-- id: middle-145
-- asks: A row number where rows are chosen
-- expect: refused, naming row_number
SELECT event FROM events WHERE row_number() OVER (PARTITION BY person_id ORDER BY timestamp) = 1

-- id: middle-146
-- asks: Any match is enough
-- expect: refused, naming ANY
SELECT count() FROM events e ANY LEFT JOIN persons p ON p.id = e.person_id

-- id: middle-147
-- asks: The nearest earlier row
-- expect: refused, naming ASOF
SELECT e.uuid, u.timestamp FROM events e ASOF JOIN events u ON u.person_id = e.person_id AND u.timestamp <= e.timestamp

-- id: middle-148
-- asks: A calculation with text
-- expect: refused, naming $browser
SELECT properties.$browser + 1 FROM events LIMIT 1

-- id: middle-149
-- asks: The hour of a text
-- expect: refused, naming toHour
SELECT toHour(event) FROM events LIMIT 1

-- id: middle-150
-- asks: A unit that there is not
-- expect: refused, naming fortnight
SELECT dateDiff('fortnight', person.created_at, timestamp) FROM events LIMIT 10

-- id: middle-151
-- asks: An action that nobody defined
-- expect: refused, naming Bought a yacht
SELECT count() FROM events WHERE matchesAction('Bought a yacht')

-- id: middle-152
-- asks: Filters for a table that has none
-- expect: refused, naming filters
-- given: {"filters": {"dateRange": {"date_from": "-7d"}}}
SELECT count() FROM groups WHERE {filters}

-- id: middle-153
-- asks: A reduction by the name of an aggregate
-- expect: refused, naming arrayReduce
SELECT arrayReduce('sum', groupArray(properties.results)) FROM events

-- id: middle-154
-- asks: Columns by a pattern
-- expect: refused, naming COLUMNS
SELECT COLUMNS('^utm') FROM events LIMIT 10

-- id: middle-155
-- asks: A lambda without a function
-- expect: refused, naming lambda
SELECT x -> x + 1 FROM events LIMIT 1

-- id: middle-156
-- asks: Files per writer and the largest of them
-- expect: runs
SELECT e.person_id, uniqExact(e.uuid) AS files, maxIf(e.properties.upload_mb, e.properties.upload_mb < 100) AS largest FROM events e WHERE e.event = 'file_uploaded' AND e.person.properties.role NOT IN ('student', 'other') GROUP BY e.person_id LIMIT 20

-- id: middle-157
-- asks: Trial persons whose last visit is a week ago
-- expect: runs
SELECT p.id, max(e.timestamp) AS seen FROM persons p JOIN events e ON e.person_id = p.id WHERE p.properties.trial = true GROUP BY p.id HAVING seen <= now() - toIntervalDay(7)

-- id: middle-158
-- asks: The week of the year with its dates
-- expect: runs
SELECT concat(toString(toYear(timestamp)), '-W', toString(toISOWeek(timestamp))) AS week, min(toDate(timestamp)) AS first, max(toDate(timestamp)) AS last FROM events GROUP BY week ORDER BY first

-- id: middle-159
-- asks: Templates used by those who searched, against the others
-- expect: runs
SELECT has(kinds, 'search_performed') AS searched, avg(arrayCount(k -> k = 'template_used', kinds)) AS templates FROM (SELECT groupArray(event) AS kinds FROM events GROUP BY person_id) GROUP BY searched
