-- id: hard-001
-- asks: Weekly retention of sign-up cohorts as a table of weeks 0 to 4
-- expect: runs
WITH cohort AS (
    SELECT person_id, toStartOfWeek(min(timestamp), 1) AS start FROM events WHERE event = 'signed_up' GROUP BY person_id
), activity AS (
    SELECT DISTINCT person_id, toStartOfWeek(timestamp, 1) AS week FROM events WHERE event IN ('note_created', 'note_edited', 'note_shared')
)
SELECT c.start AS cohort, uniq(c.person_id) AS people,
    uniqIf(c.person_id, dateDiff('week', c.start, a.week) = 0) AS week_0,
    uniqIf(c.person_id, dateDiff('week', c.start, a.week) = 1) AS week_1,
    uniqIf(c.person_id, dateDiff('week', c.start, a.week) = 2) AS week_2,
    uniqIf(c.person_id, dateDiff('week', c.start, a.week) = 3) AS week_3,
    uniqIf(c.person_id, dateDiff('week', c.start, a.week) = 4) AS week_4
FROM cohort c LEFT JOIN activity a ON a.person_id = c.person_id
GROUP BY cohort ORDER BY cohort

-- id: hard-002
-- asks: A funnel with a window of seven days between its steps, by source of the first visit
-- expect: runs
WITH firsts AS (
    SELECT person_id, min(timestamp) AS t1, argMin(properties.utm_source ?? 'none', timestamp) AS source
    FROM events WHERE event = '$pageview' GROUP BY person_id
), signups AS (
    SELECT f.person_id AS person_id, f.source AS source, f.t1 AS t1, min(e.timestamp) AS t2
    FROM firsts f JOIN events e ON e.person_id = f.person_id
    WHERE e.event = 'signed_up' AND e.timestamp BETWEEN f.t1 AND f.t1 + interval 7 day
    GROUP BY f.person_id, f.source, f.t1
), notes AS (
    SELECT s.person_id AS person_id, min(e.timestamp) AS t3 FROM signups s JOIN events e ON e.person_id = s.person_id
    WHERE e.event = 'note_created' AND e.timestamp BETWEEN s.t2 AND s.t2 + interval 7 day GROUP BY s.person_id
)
SELECT f.source, count() AS visited, countIf(s.t2 IS NOT NULL) AS signed_up, countIf(n.t3 IS NOT NULL) AS wrote,
    round(100 * signed_up / visited, 2) AS rate_1, round(100 * wrote / signed_up, 2) AS rate_2
FROM firsts f LEFT JOIN signups s ON s.person_id = f.person_id LEFT JOIN notes n ON n.person_id = f.person_id
GROUP BY f.source ORDER BY visited DESC

-- id: hard-003
-- asks: Lifecycle of a week: new, returning, resurrecting, dormant
-- expect: runs
WITH weeks AS (
    SELECT person_id, toMonday(timestamp) AS week FROM events WHERE event = '$pageview' GROUP BY person_id, week
), marked AS (
    SELECT person_id, week,
        lag(week) OVER (PARTITION BY person_id ORDER BY week) AS before,
        lead(week) OVER (PARTITION BY person_id ORDER BY week) AS after
    FROM weeks
)
SELECT week, status, count() AS people FROM (
    SELECT week, multiIf(before IS NULL, 'new', dateDiff('day', before, week) = 7, 'returning', 'resurrecting') AS status, person_id FROM marked
    UNION ALL
    SELECT addDays(week, 7) AS week, 'dormant' AS status, person_id FROM marked WHERE after IS NULL OR dateDiff('day', week, after) > 7
) GROUP BY week, status ORDER BY week, status

-- id: hard-004
-- asks: Stickiness: on how many days of a week people come, as a share of all
-- expect: runs
SELECT days, people, people / sum(people) OVER () AS share FROM (
    SELECT days, count() AS people FROM (
        SELECT person_id, toStartOfWeek(timestamp) AS week, uniq(toDate(timestamp)) AS days FROM events
        WHERE event = 'note_edited' AND timestamp >= '2026-06-01' GROUP BY person_id, week
    ) GROUP BY days
) ORDER BY days

-- id: hard-005
-- asks: The ways from the pricing page: the three pages after it
-- expect: runs
SELECT arrayStringConcat(way, ' > ') AS way, count() AS sessions FROM (
    SELECT sid, arraySlice(pages, indexOf(pages, '/pricing'), 4) AS way FROM (
        SELECT sid, arrayMap(x -> x.2, arraySort(x -> x.1, groupArray((timestamp, page)))) AS pages FROM (
            SELECT $session_id AS sid, timestamp, properties.$pathname AS page FROM events WHERE event = '$pageview' AND properties.$pathname IS NOT NULL
        ) GROUP BY sid
    ) WHERE has(pages, '/pricing')
) GROUP BY way ORDER BY sessions DESC LIMIT 20

-- id: hard-006
-- asks: Pages without immediate repetitions
-- expect: runs
SELECT sid, arrayFilter((p, i) -> i = 1 OR p != pages[i - 1], pages, range(1, length(pages) + 1)) AS clean FROM (
    SELECT $session_id AS sid, groupArray(properties.$pathname) AS pages FROM (
        SELECT $session_id, properties.$pathname, timestamp FROM events WHERE event = '$pageview' ORDER BY timestamp
    ) GROUP BY sid
) WHERE length(pages) > 3 LIMIT 20

-- id: hard-007
-- asks: Steps from page to page, as edges of a graph
-- expect: runs
SELECT step.1 AS from_page, step.2 AS to_page, count() AS times FROM (
    SELECT arrayJoin(arrayZip(arraySlice(pages, 1, length(pages) - 1), arraySlice(pages, 2))) AS step FROM (
        SELECT groupArray(page) AS pages FROM (
            SELECT $session_id AS sid, replaceRegexpAll(properties.$pathname, '/n[0-9a-f]{10}', '/:note') AS page FROM events
            WHERE event = '$pageview' ORDER BY $session_id, timestamp
        ) GROUP BY sid
    ) WHERE length(pages) > 1
) WHERE from_page != to_page GROUP BY from_page, to_page ORDER BY times DESC LIMIT 50

-- id: hard-008
-- asks: The experiment with its lift and the standard error
-- expect: runs
WITH outcome AS (
    SELECT person_id, argMin(properties.`$feature/onboarding-checklist`, timestamp) AS variant,
        minIf(timestamp, event = 'signed_up') AS joined, minIf(timestamp, event = 'note_created') AS wrote
    FROM events WHERE properties.`$feature/onboarding-checklist` IS NOT NULL GROUP BY person_id
), rates AS (
    SELECT variant, count() AS n, countIf(wrote BETWEEN joined AND joined + toIntervalDay(7)) AS converted, converted / n AS rate
    FROM outcome WHERE joined IS NOT NULL GROUP BY variant
)
SELECT t.rate - c.rate AS lift, pow(c.rate * (1 - c.rate) / c.n + t.rate * (1 - t.rate) / t.n, 0.5) AS error, lift / error AS z
FROM rates t CROSS JOIN rates c WHERE t.variant = 'test' AND c.variant = 'control'

-- id: hard-009
-- asks: Monthly revenue: new, expansion, churn, by workspace
-- expect: runs
WITH monthly AS (
    SELECT $group_0 AS ws, toStartOfMonth(timestamp) AS month, sum(properties.amount) AS paid FROM events
    WHERE event = 'invoice_paid' AND $group_0 != '' GROUP BY ws, month
), compared AS (
    SELECT ws, month, paid, lag(paid) OVER (PARTITION BY ws ORDER BY month) AS before FROM monthly
)
SELECT month, sumIf(paid, before IS NULL) AS new, sumIf(paid - before, paid > before) AS expansion, sumIf(before - paid, paid < before) AS contraction, sum(paid) AS total
FROM compared GROUP BY month ORDER BY month

-- id: hard-010
-- asks: Sessions by a gap of thirty minutes, without session ids
-- expect: runs
WITH gaps AS (
    SELECT person_id, timestamp, dateDiff('minute', lag(timestamp) OVER (PARTITION BY person_id ORDER BY timestamp), timestamp) AS gap
    FROM events WHERE timestamp >= '2026-06-25'
), numbered AS (
    SELECT person_id, timestamp, sum(if(gap IS NULL OR gap > 30, 1, 0)) OVER (PARTITION BY person_id ORDER BY timestamp) AS visit FROM gaps
)
SELECT avg(events) AS events_per_visit, avg(minutes) AS minutes, count() AS visits FROM (
    SELECT person_id, visit, count() AS events, dateDiff('minute', min(timestamp), max(timestamp)) AS minutes FROM numbered GROUP BY person_id, visit
)

-- id: hard-011
-- asks: Longest streak of days of each member
-- expect: runs
SELECT person_id, max(days) AS streak FROM (
    SELECT person_id, island, count() AS days FROM (
        SELECT person_id, day, subtractDays(day, row_number() OVER (PARTITION BY person_id ORDER BY day)) AS island FROM (
            SELECT DISTINCT person_id, toDate(timestamp) AS day FROM events WHERE properties.$is_identified = true
        )
    ) GROUP BY person_id, island
) GROUP BY person_id ORDER BY streak DESC LIMIT 25

-- id: hard-012
-- asks: Attribution of upgrades to the last campaign before them
-- expect: runs
WITH touches AS (
    SELECT person_id, timestamp AS seen, properties.utm_campaign AS campaign FROM events WHERE properties.utm_campaign IS NOT NULL
), upgrades AS (
    SELECT person_id, timestamp AS bought, properties.amount AS amount FROM events WHERE event = 'plan_upgraded'
)
SELECT campaign, count() AS upgrades, sum(amount) AS revenue FROM (
    SELECT u.person_id, u.bought, any(u.amount) AS amount, argMax(t.campaign, t.seen) AS campaign
    FROM upgrades u INNER JOIN touches t ON t.person_id = u.person_id AND t.seen <= u.bought GROUP BY u.person_id, u.bought
) GROUP BY campaign ORDER BY revenue DESC

-- id: hard-013
-- asks: Attribution in equal parts over all campaigns of a person
-- expect: runs
SELECT campaign, round(sum(credit), 2) AS credit FROM (
    SELECT arrayJoin(campaigns) AS campaign, 1 / length(campaigns) AS credit FROM (
        SELECT groupUniqArrayIf(properties.utm_campaign, properties.utm_campaign IS NOT NULL) AS campaigns, countIf(event = 'signed_up') AS joined
        FROM events GROUP BY person_id HAVING joined > 0 AND notEmpty(campaigns)
    )
) GROUP BY campaign ORDER BY credit DESC

-- id: hard-014
-- asks: Days of the bad release against other days, per thousand pageviews
-- expect: runs
WITH per_day AS (
    SELECT toDate(timestamp) AS day, properties.app_version AS version, countIf(event = '$exception') AS errors, countIf(event = '$pageview') AS views
    FROM events WHERE timestamp >= '2026-05-01' GROUP BY day, version HAVING views > 0
)
SELECT version, count() AS days, 1000 * sum(errors) / sum(views) AS per_thousand, quantile(0.9)(1000 * errors / views) AS bad_day,
    per_thousand > 3 * (SELECT 1000 * sum(errors) / sum(views) FROM per_day) ? 'look' : 'fine' AS verdict
FROM per_day GROUP BY version ORDER BY per_thousand DESC

-- id: hard-015
-- asks: Persons whose failures came only in one version
-- expect: runs
SELECT uniq(person_id) AS people FROM (
    SELECT person_id, groupUniqArrayIf(properties.app_version, event = '$exception') AS bad, groupUniqArray(properties.app_version) AS seen
    FROM events GROUP BY person_id
) WHERE bad = ['3.4.0'] AND length(arrayFilter(v -> v IS NOT NULL AND v != '3.4.0', seen)) > 0

-- id: hard-016
-- asks: Power users: the tenth of people with most edits, and what they do else
-- expect: runs
WITH edits AS (
    SELECT person_id, count() AS n FROM events WHERE event = 'note_edited' GROUP BY person_id
), border AS (SELECT quantile(0.9)(n) AS p90 FROM edits)
SELECT event, uniq(person_id) AS people, count() / people AS each FROM events
WHERE person_id IN (SELECT person_id FROM edits WHERE n >= (SELECT p90 FROM border)) GROUP BY event ORDER BY each DESC

-- id: hard-017
-- asks: Deciles of people by their number of events
-- expect: runs
SELECT decile, count() AS people, min(n) AS fewest, max(n) AS most, sum(n) AS events FROM (
    SELECT person_id, n, ntile(10) OVER (ORDER BY n, person_id) AS decile FROM (SELECT person_id, count() AS n FROM events GROUP BY person_id)
) GROUP BY decile ORDER BY decile

-- id: hard-018
-- asks: How the share of the largest workspaces adds up
-- expect: runs
SELECT place, name, c, sum(c) OVER (ORDER BY place) / sum(c) OVER () AS share FROM (
    SELECT group_0.properties.name AS name, count() AS c, row_number() OVER (ORDER BY count() DESC) AS place
    FROM events WHERE $group_0 IS NOT NULL GROUP BY name
) ORDER BY place LIMIT 20

-- id: hard-019
-- asks: Active people of the day and of thirty days, for each day
-- expect: runs
WITH days AS (SELECT toDate('2026-06-01') + toIntervalDay(number) AS day FROM numbers(30)),
seen AS (SELECT DISTINCT person_id, toDate(timestamp) AS day FROM events)
SELECT d.day, uniqIf(s.person_id, s.day = d.day) AS dau, uniq(s.person_id) AS mau, round(dau / mau, 3) AS stickiness
FROM days d JOIN seen s ON s.day <= d.day AND s.day > subtractDays(d.day, 30) GROUP BY d.day ORDER BY d.day

-- id: hard-020
-- asks: Which day looks odd: away from the mean of its weekday by two deviations
-- expect: runs
WITH daily AS (
    SELECT toDate(timestamp) AS day, toDayOfWeek(timestamp) AS weekday, count() AS c FROM events WHERE event = '$exception' GROUP BY day, weekday
)
SELECT day, c, mean, (c - mean) / deviation AS score FROM (
    SELECT day, c, avg(c) OVER (PARTITION BY weekday) AS mean, stddevPop(c) OVER (PARTITION BY weekday) AS deviation FROM daily
) WHERE deviation > 0 AND abs(c - mean) > 2 * deviation ORDER BY abs(score) DESC

-- id: hard-021
-- asks: Correlation of what a person did in the first week with paying later
-- expect: runs
SELECT behaviour, round(payers_with / with_it, 3) AS rate_with, round(payers_without / without_it, 3) AS rate_without FROM (
    SELECT act.1 AS behaviour, countIf(act.2 > 0) AS with_it, countIf(act.2 > 0 AND pays) AS payers_with, countIf(act.2 = 0) AS without_it, countIf(act.2 = 0 AND pays) AS payers_without
    FROM (
        SELECT arrayJoin([('shared', shared), ('searched', searched), ('invited', invited)]) AS act, pays FROM (
            SELECT e.person_id, countIf(e.event = 'note_shared') AS shared, countIf(e.event = 'search_performed') AS searched, countIf(e.event = 'workspace_invited') AS invited, any(p.properties.plan) IN ('pro', 'team') AS pays
            FROM events e JOIN persons p ON p.id = e.person_id WHERE e.timestamp < p.created_at + interval 7 day GROUP BY e.person_id
        )
    ) GROUP BY behaviour
) ORDER BY rate_with - rate_without DESC

-- id: hard-022
-- asks: Time to each step for people who took all three, at the median
-- expect: runs
SELECT quantileIf(0.5)(dateDiff('minute', a, b), b IS NOT NULL) AS to_sign_up, quantileIf(0.5)(dateDiff('hour', b, c), c IS NOT NULL) AS to_note, count() AS people FROM (
    SELECT person_id, min(timestamp) AS a, minIf(timestamp, event = 'signed_up') AS b, minIf(timestamp, event = 'note_shared') AS c FROM events GROUP BY person_id
    HAVING a <= b AND b <= c
)

-- id: hard-023
-- asks: Search sessions: how often a search is followed by an opened note within a minute
-- expect: runs
SELECT countIf(has_note) / count() AS found FROM (
    SELECT s.uuid, countIf(n.event = '$pageview' AND match(n.properties.$pathname, '^/app/notes/n[0-9a-f]+')) > 0 AS has_note
    FROM events s LEFT JOIN events n ON n.$session_id = s.$session_id AND n.timestamp > s.timestamp AND n.timestamp <= s.timestamp + toIntervalMinute(1)
    WHERE s.event = 'search_performed' GROUP BY s.uuid
)

-- id: hard-024
-- asks: Words of searches without a result, with the share of people
-- expect: runs
WITH failed AS (
    SELECT person_id, arrayFilter(w -> length(w) > 2, splitByChar('+', lower(ifNull(properties.search_term, '')))) AS words
    FROM events WHERE event = 'search_performed' AND properties.results = 0
)
SELECT word, uniq(person_id) AS people, round(people / (SELECT uniq(person_id) FROM failed), 3) AS share
FROM failed ARRAY JOIN words AS word GROUP BY word HAVING people > 1 ORDER BY people DESC, word LIMIT 30

-- id: hard-025
-- asks: Exceptions: the first, the last and the newest version of each, with the people hit in the last week
-- expect: runs
SELECT type, min(timestamp) AS first, max(timestamp) AS last, argMax(version, timestamp) AS newest, uniqIf(person_id, timestamp > now() - interval 7 day) AS hit, groupUniqArray(version) AS versions FROM (
    SELECT timestamp, person_id, properties.app_version AS version, arrayJoin(arrayMap(e -> JSONExtractString(e, 'type'), JSONExtractArrayRaw(ifNull(properties.$exception_list, '[]')))) AS type
    FROM events WHERE event = '$exception'
) GROUP BY type ORDER BY hit DESC

-- id: hard-026
-- asks: Frames of the app's own code that fail most
-- expect: runs
SELECT concat(JSONExtractString(frame, 'filename'), ':', toString(JSONExtractInt(frame, 'lineno'))) AS place, count() AS times, topK(1)(version)[1] AS version FROM (
    SELECT properties.app_version AS version, arrayJoin(JSONExtractArrayRaw(ifNull(JSONExtractRaw(properties.$exception_list, 1, 'stacktrace', 'frames'), '[]'))) AS frame FROM events WHERE event = '$exception'
) WHERE JSONExtractBool(frame, 'in_app') GROUP BY place ORDER BY times DESC LIMIT 10

-- id: hard-027
-- asks: What a release changed: each event before and after, scaled to pageviews
-- expect: runs
WITH toDateTime('2026-05-23 09:00:00') AS border
SELECT event, before, after, round(after / before, 2) AS ratio FROM (
    SELECT event, countIf(timestamp < border) / max(views_before) AS before, countIf(timestamp >= border) / max(views_after) AS after
    FROM events CROSS JOIN (
        SELECT countIf(timestamp < border) AS views_before, countIf(timestamp >= border) AS views_after FROM events WHERE event = '$pageview' AND timestamp BETWEEN border - interval 4 day AND border + interval 4 day
    ) v WHERE timestamp BETWEEN border - interval 4 day AND border + interval 4 day GROUP BY event
) WHERE before > 0 ORDER BY abs(log(ratio)) DESC

-- id: hard-028
-- asks: Vitals as a table of pages by devices
-- expect: refused, naming laptop
SELECT page, phone, tablet, laptop FROM (
    SELECT properties.$pathname AS page, quantileIf(0.75)(properties.$web_vitals_LCP_value, properties.$device_type = 'Mobile') AS phone, quantileIf(0.75)(properties.$web_vitals_LCP_value, properties.$device_type = 'Tablet') AS tablet, quantileIf(0.75)(properties.$web_vitals_LCP_value, properties.$device_type = 'Desktop') AS desk
    FROM events WHERE event = '$web_vitals' GROUP BY page
) ORDER BY phone DESC

-- id: hard-029
-- asks: Rage: sessions with rage clicks whose next event is leaving
-- expect: runs
SELECT page, countIf(next = '$pageleave') / count() AS leaves, count() AS rages FROM (
    SELECT event, properties.$pathname AS page, lead(event, 1) OVER w AS next FROM events WINDOW w AS (PARTITION BY $session_id ORDER BY timestamp, uuid)
) WHERE event IN ('$rageclick', '$dead_click') GROUP BY page HAVING rages > 2 ORDER BY leaves DESC

-- id: hard-030
-- asks: Elements that are clicked in vain, from the chain
-- expect: runs
SELECT extract(chain, '^([a-z]+)') AS tag, extract(chain, 'text="([^"]*)"') AS label, count() AS clicks, uniq(sid) AS sessions FROM (
    SELECT splitByChar(';', elements_chain)[1] AS chain, $session_id AS sid FROM events WHERE event = '$dead_click' AND notEmpty(elements_chain)
) GROUP BY tag, label ORDER BY clicks DESC LIMIT 20

-- id: hard-031
-- asks: Attributes of elements by all matches
-- expect: runs
SELECT attribute, count() FROM (
    SELECT arrayJoin(extractAll(elements_chain, 'attr__data-attr="([^"]+)"')) AS attribute FROM events WHERE event = '$autocapture'
) GROUP BY attribute ORDER BY 2 DESC

-- id: hard-032
-- asks: Workspaces in danger: paid, many seats, falling activity
-- expect: runs
WITH recent AS (
    SELECT $group_0 AS key, countIf(timestamp >= now() - interval 14 day) AS now_14, countIf(timestamp < now() - interval 14 day) AS before_14, uniqIf(person_id, timestamp >= now() - interval 14 day) AS people
    FROM events WHERE timestamp >= now() - interval 28 day AND event != '$pageview' GROUP BY key
)
SELECT g.key, g.properties.name AS name, g.properties.plan AS plan, toInt(g.properties.seats) AS seats, r.now_14, r.before_14, round(ifNull(r.people, 0) / seats, 2) AS used
FROM groups g LEFT JOIN recent r ON r.key = g.key
WHERE g.properties.plan IN ('pro', 'team') AND (r.key IS NULL OR r.now_14 < 0.5 * r.before_14) ORDER BY seats DESC, name LIMIT 50

-- id: hard-033
-- asks: How plans changed: from which to which, and after how many days
-- expect: runs
SELECT before, plan, count() AS changes, quantile(0.5)(days) AS median_days FROM (
    SELECT person_id, plan, lag(plan) OVER (PARTITION BY person_id ORDER BY since) AS before, dateDiff('day', lag(since) OVER (PARTITION BY person_id ORDER BY since), since) AS days FROM (
        SELECT person_id, properties.plan AS plan, timestamp AS since FROM events WHERE event IN ('plan_upgraded', 'subscription_cancelled', 'signed_up') AND properties.plan IS NOT NULL
    )
) WHERE before != plan GROUP BY before, plan

-- id: hard-034
-- asks: People at the end of each day, from what came and went
-- expect: runs
SELECT day, sum(delta) OVER (ORDER BY day ROWS UNBOUNDED PRECEDING) AS paying FROM (
    SELECT toDate(timestamp) AS day, sum(multiIf(event = 'plan_upgraded', 1, event = 'subscription_cancelled', -1, 0)) AS delta FROM events GROUP BY day
) ORDER BY day

-- id: hard-035
-- asks: Visitors who became members on another device
-- expect: runs
SELECT count() AS people, avg(devices) AS devices FROM (
    SELECT person_id, uniq(properties.$device_id) AS devices, uniqIf(distinct_id, properties.$is_identified = false) AS anonymous FROM events GROUP BY person_id
    HAVING devices > 1 AND anonymous > 0
) WHERE person_id IN COHORT 'Paying'

-- id: hard-036
-- asks: Sources of the first and the second visit beside each other
-- expect: runs
SELECT first_source, second_source, count() AS people FROM (
    SELECT person_id, arrayMap(v -> v.2, arraySlice(arraySort(v -> v.1, groupArray((start, source))), 1, 2)) AS sources, sources[1] AS first_source, sources[2] AS second_source FROM (
        SELECT person_id, $session_id, min(timestamp) AS start, argMin(coalesce(properties.utm_source, properties.$referring_domain, 'unknown'), timestamp) AS source FROM events GROUP BY person_id, $session_id
    ) GROUP BY person_id HAVING count() > 1
) GROUP BY first_source, second_source ORDER BY people DESC

-- id: hard-037
-- asks: Entry pages that lead to sign-ups, through the table of sessions
-- expect: runs
SELECT s.$entry_pathname AS entry, count() AS sessions, countIf(e.joined > 0) AS with_sign_up, round(100 * with_sign_up / sessions, 1) AS percent
FROM sessions s LEFT JOIN (
    SELECT $session_id AS sid, countIf(event = 'signed_up') AS joined FROM events GROUP BY sid
) e ON e.sid = s.session_id
WHERE s.$start_timestamp >= toStartOfMonth(addMonths(now(), -1)) GROUP BY entry HAVING sessions >= 20 ORDER BY percent DESC

-- id: hard-038
-- asks: Entry pages against exits, in one table
-- expect: runs
SELECT page, sumIf(n, kind = 'entry') AS entries, sumIf(n, kind = 'exit') AS exits, entries - exits AS balance FROM (
    SELECT $entry_pathname AS page, 'entry' AS kind, count() AS n FROM sessions GROUP BY page
    UNION ALL
    SELECT $end_pathname AS page, 'exit' AS kind, count() AS n FROM sessions GROUP BY page
) GROUP BY page ORDER BY abs(balance) DESC LIMIT 20

-- id: hard-039
-- asks: Sessions compared with the mean of their channel
-- expect: runs
SELECT session_id, channel, seconds, seconds / nullIf(mean, 0) AS factor FROM (
    SELECT session_id, $channel_type AS channel, $session_duration AS seconds, avg($session_duration) OVER (PARTITION BY $channel_type) AS mean FROM sessions WHERE $pageview_count > 1
) WHERE factor > 5 ORDER BY factor DESC LIMIT 30

-- id: hard-040
-- asks: A dashboard's tile with everything it chooses
-- expect: runs
-- given: {"variables": {"by_person": true, "event": "note_created", "plans": ["pro", "team"]}, "filters": {"dateRange": {"date_from": "2026-05-01"}, "properties": [{"type": "person", "key": "city", "operator": "is_set", "value": "is_set"}]}}
SELECT toStartOfInterval(timestamp, INTERVAL 1 WEEK) AS week, if({variables.by_person}, uniq(person_id), count()) AS value
FROM events WHERE event = {variables.event} AND {filters} AND (properties.plan IN {variables.plans} OR empty({variables.plans}))
GROUP BY week ORDER BY week LIMIT 60

-- id: hard-041
-- asks: Filters of the dashboard in both halves of a comparison
-- expect: runs
-- given: {"filters": {"properties": [{"type": "event", "key": "$os", "operator": "exact", "value": ["iOS", "Android"]}]}}
SELECT a.day, a.people AS chosen, b.people AS everybody FROM (
    SELECT toDate(timestamp) AS day, uniq(person_id) AS people FROM events WHERE {filters} GROUP BY day
) a RIGHT JOIN (
    SELECT toDate(timestamp) AS day, uniq(person_id) AS people FROM events GROUP BY day
) b ON a.day = b.day ORDER BY b.day

-- id: hard-042
-- asks: Three levels of CTEs, each using the one before
-- expect: runs
WITH visits AS (SELECT person_id, $session_id AS sid, min(timestamp) AS start FROM events GROUP BY person_id, sid),
numbered AS (SELECT person_id, sid, start, row_number() OVER (PARTITION BY person_id ORDER BY start) AS n FROM visits),
seconds AS (SELECT a.person_id AS person_id, dateDiff('day', a.start, b.start) AS days FROM numbered a JOIN numbered b ON b.person_id = a.person_id AND b.n = a.n + 1 WHERE a.n = 1)
SELECT multiIf(days < 1, 'same day', days < 7, 'same week', days < 30, 'same month', 'later') AS came_back, count() AS people FROM seconds GROUP BY came_back

-- id: hard-043
-- asks: A correlated question: persons with more notes than the mean of their city
-- expect: runs
SELECT c.person_id, c.city, c.notes FROM (
    SELECT person_id, person.properties.city AS city, count() AS notes FROM events WHERE event = 'note_created' GROUP BY person_id, city
) c WHERE c.notes > (
    SELECT avg(d.notes) FROM (SELECT person_id, person.properties.city AS city, count() AS notes FROM events WHERE event = 'note_created' GROUP BY person_id, city) d WHERE d.city = c.city
) LIMIT 100

-- id: hard-044
-- asks: Persons for whom an event exists within a day of another
-- expect: runs
SELECT p.id FROM persons p WHERE EXISTS (
    SELECT 1 FROM events a JOIN events b ON b.person_id = a.person_id WHERE a.person_id = p.id AND a.event = 'checkout_started' AND b.event = 'plan_upgraded' AND b.timestamp > a.timestamp AND dateDiff('hour', a.timestamp, b.timestamp) < 24
) ORDER BY p.created_at LIMIT 100

-- id: hard-045
-- asks: Cumulative conversion by days since sign-up
-- expect: runs
SELECT day, sum(converted) OVER (ORDER BY day) AS until, until / (SELECT uniq(person_id) FROM events WHERE event = 'signed_up') AS rate FROM (
    SELECT dateDiff('day', s, u) AS day, count() AS converted FROM (
        SELECT person_id, minIf(timestamp, event = 'signed_up') AS s, minIf(timestamp, event = 'plan_upgraded') AS u FROM events GROUP BY person_id
    ) WHERE s IS NOT NULL AND u >= s GROUP BY day
) ORDER BY day

-- id: hard-046
-- asks: An array of counts per week and person, and who falls
-- expect: refused, naming countEqualTo
SELECT person_id, weeks FROM (
    SELECT person_id, arrayMap(w -> countEqualTo(w), range(4)) AS weeks FROM events GROUP BY person_id
) LIMIT 10

-- id: hard-047
-- asks: Counts by week as an array, and persons whose last is below half of the first
-- expect: runs
SELECT person_id, counts, counts[-1] / counts[1] AS ratio FROM (
    SELECT person_id, arrayMap(w -> arrayCount(x -> x = w, all_weeks), range(4)) AS counts FROM (
        SELECT person_id, groupArray(intDiv(dateDiff('day', toDateTime('2026-06-01 00:00:00'), timestamp), 7)) AS all_weeks FROM events
        WHERE timestamp >= '2026-06-01' AND timestamp < '2026-06-29' GROUP BY person_id
    )
) WHERE counts[1] > 10 AND ratio < 0.5 ORDER BY ratio LIMIT 20

-- id: hard-048
-- asks: Baskets: which two events are in one session
-- expect: runs
SELECT a, b, count() AS sessions FROM (
    SELECT arrayJoin(kinds) AS a, kinds FROM (SELECT groupUniqArray(event) AS kinds FROM events WHERE event NOT LIKE '$%' GROUP BY $session_id)
) ARRAY JOIN kinds AS b WHERE a < b GROUP BY a, b ORDER BY sessions DESC LIMIT 30

-- id: hard-049
-- asks: A matrix of hours and weekdays with rows as arrays
-- expect: runs
SELECT weekday, arrayMap(h -> arrayCount(x -> x = h, hours), range(24)) AS by_hour FROM (
    SELECT toDayOfWeek(timestamp) AS weekday, groupArray(toHour(timestamp)) AS hours FROM events WHERE event = 'note_created' GROUP BY weekday
) ORDER BY weekday

-- id: hard-050
-- asks: Median of the daily medians beside the median of all
-- expect: runs
SELECT (SELECT median(properties.note_length) FROM events WHERE event = 'note_created') AS of_all, median(m) AS of_days FROM (
    SELECT toDate(timestamp) AS day, median(properties.note_length) AS m FROM events WHERE event = 'note_created' GROUP BY day HAVING count() >= 5
)

-- id: hard-051
-- asks: Local time of each person: writing by night
-- expect: runs
SELECT zone, countIf(local_hour >= 22 OR local_hour < 6) / count() AS at_night FROM (
    SELECT properties.$timezone AS zone, toHour(multiIf(properties.$timezone = 'Asia/Tokyo', toTimeZone(timestamp, 'Asia/Tokyo'), properties.$timezone = 'Europe/Berlin', toTimeZone(timestamp, 'Europe/Berlin'), timestamp)) AS local_hour
    FROM events WHERE event = 'note_edited' AND properties.$timezone IN ('Asia/Tokyo', 'Europe/Berlin', 'Europe/London')
) GROUP BY zone

-- id: hard-052
-- asks: Notes that several people touched
-- expect: runs
SELECT note, people, first_author, arrayStringConcat(arraySort(roles), ', ') AS roles FROM (
    SELECT extract(properties.$pathname, '/app/notes/(n[0-9a-f]+)') AS note, uniq(person_id) AS people, argMin(person_id, timestamp) AS first_author, groupUniqArray(person.properties.role) AS roles
    FROM events WHERE properties.$pathname LIKE '/app/notes/n%' GROUP BY note
) WHERE people > 1 ORDER BY people DESC LIMIT 20

-- id: hard-053
-- asks: From invitation to a second member of the workspace
-- expect: runs
SELECT quantiles(0.25, 0.5, 0.75)(hours) AS hours, count() AS workspaces FROM (
    SELECT i.ws, dateDiff('hour', i.invited, min(e.timestamp)) AS hours FROM (
        SELECT $group_0 AS ws, min(timestamp) AS invited, argMin(person_id, timestamp) AS host FROM events WHERE event = 'workspace_invited' GROUP BY ws
    ) i JOIN events e ON e.$group_0 = i.ws WHERE e.person_id != i.host AND e.timestamp > i.invited GROUP BY i.ws, i.invited
)

-- id: hard-054
-- asks: Versions in their order of numbers, with the people still on them
-- expect: runs
SELECT version, uniq(person_id) AS people FROM (
    SELECT person_id, argMax(properties.app_version, timestamp) AS version FROM events WHERE properties.app_version IS NOT NULL GROUP BY person_id
) GROUP BY version ORDER BY arrayMap(p -> toInt(p), splitByChar('.', version)) DESC

-- id: hard-055
-- asks: Channels by a rule of one's own, over sessions and revenue
-- expect: runs
SELECT channel, count() AS sessions, sum(revenue) AS revenue, revenue / sessions AS per_session FROM (
    SELECT multiIf(s.$entry_utm_medium = 'cpc', 'paid', s.$entry_utm_medium = 'email', 'mail', s.$entry_referring_domain = '$direct', 'direct', match(s.$entry_referring_domain, '(google|bing|duckduckgo|ecosia)'), 'search', 'other') AS channel, coalesce(r.amount, 0) AS revenue
    FROM sessions AS s LEFT JOIN (SELECT $session_id AS sid, sum(properties.amount) AS amount FROM events WHERE event = 'plan_upgraded' GROUP BY sid) AS r ON s.session_id = r.sid
) GROUP BY channel ORDER BY revenue DESC

-- id: hard-056
-- asks: New exceptions: types that were not there in the weeks before
-- expect: runs
SELECT type, count() AS times FROM (
    SELECT JSONExtractString(properties.$exception_list, 1, 'type') AS type, timestamp FROM events WHERE event = '$exception' AND timestamp >= '2026-05-19' AND timestamp < '2026-05-26'
) WHERE type NOT IN (
    SELECT JSONExtractString(properties.$exception_list, 1, 'type') FROM events WHERE event = '$exception' AND timestamp >= '2026-04-19' AND timestamp < '2026-05-19'
) GROUP BY type

-- id: hard-057
-- asks: Late events by their delay, in classes
-- expect: runs
SELECT class, count() FROM (
    SELECT transform(toInt(greatest(0, least(3, floor(log(1 + dateDiff('hour', session.$start_timestamp, timestamp)))))), [0, 1, 2, 3], ['at once', 'hours', 'a day', 'days'], 'other') AS class FROM events WHERE $session_id IS NOT NULL
) GROUP BY class

-- id: hard-058
-- asks: Two cohorts' behaviour in one table
-- expect: runs
SELECT event, sumIf(c, cohort = 'paying') AS paying, sumIf(c, cohort = 'founders') AS founders FROM (
    SELECT event, 'paying' AS cohort, count() AS c FROM events WHERE person_id IN COHORT 'Paying' GROUP BY event
    UNION ALL
    SELECT event, 'founders' AS cohort, count() AS c FROM events WHERE person_id IN COHORT 'Founders' GROUP BY event
) GROUP BY event ORDER BY paying DESC

-- id: hard-059
-- asks: Members of a cohort by the tables of cohorts
-- expect: runs
SELECT c.name, p.properties.city AS city, count() AS people FROM cohort_people m JOIN cohorts c ON c.id = m.cohort_id JOIN persons p ON p.id = m.person_id GROUP BY c.name, city ORDER BY people DESC LIMIT 50

-- id: hard-060
-- asks: What new writers do in their first hour, the ten most frequent, with their share
-- expect: runs
SELECT event, share FROM (
    SELECT e.event AS event, uniq(e.person_id) / max(n.everybody) AS share FROM events e
    JOIN (SELECT person_id, min(timestamp) AS start, count() OVER () AS everybody FROM events WHERE matchesAction('Wrote a note') GROUP BY person_id) n
    ON n.person_id = e.person_id AND e.timestamp BETWEEN n.start AND n.start + toIntervalHour(1)
    GROUP BY e.event
) ORDER BY share DESC LIMIT 10

-- id: hard-061
-- asks: A note's growth: each edit against the one before, with percent
-- expect: runs
SELECT note, edit, size, round(100 * (size - before) / nullIf(before, 0), 1) AS percent FROM (
    SELECT properties.note_id AS note, row_number() OVER w AS edit, properties.note_length AS size, lagInFrame(properties.note_length, 1, 0) OVER w AS before
    FROM events WHERE event IN ('note_created', 'note_edited') WINDOW w AS (PARTITION BY properties.note_id ORDER BY timestamp)
) WHERE edit > 1 ORDER BY percent DESC NULLS LAST LIMIT 20

-- id: hard-062
-- asks: Rolling retention: who came in week n or later
-- expect: runs
SELECT n, countIf(last_week >= n) AS people FROM (
    SELECT person_id, dateDiff('week', min(timestamp), max(timestamp)) AS last_week FROM events GROUP BY person_id HAVING countIf(event = 'signed_up') > 0
) p CROSS JOIN (SELECT number AS n FROM numbers(12)) w GROUP BY n ORDER BY n

-- id: hard-063
-- asks: Frames by time: events of the last hour before each exception
-- expect: runs
SELECT uuid, before FROM (
    SELECT uuid, event, count() OVER (PARTITION BY person_id ORDER BY toUnixTimestamp(timestamp) RANGE BETWEEN 3600 PRECEDING AND 1 PRECEDING) AS before FROM events WHERE toDate(timestamp) = '2026-05-20'
) WHERE event = '$exception' ORDER BY before DESC LIMIT 20

-- id: hard-064
-- asks: The second largest upload of each person
-- expect: runs
SELECT DISTINCT person_id, nth_value(properties.upload_mb, 2) OVER (PARTITION BY person_id ORDER BY properties.upload_mb DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS second FROM events WHERE event = 'file_uploaded' LIMIT 50

-- id: hard-065
-- asks: Pages with far more phone errors than the others, by a join of two aggregates on the page
-- expect: runs
SELECT v.page, v.phone_views, e.phone_errors, e.phone_errors / v.phone_views AS rate FROM (
    SELECT properties.$pathname AS page, countIf(properties.is_mobile) AS phone_views FROM events WHERE event = '$pageview' GROUP BY page
) v INNER JOIN (
    SELECT properties.$pathname AS page, countIf(properties.is_mobile) AS phone_errors FROM events WHERE event = '$exception' GROUP BY page
) e ON e.page = v.page WHERE v.phone_views > 100 AND e.phone_errors > 0.02 * v.phone_views ORDER BY rate DESC

-- id: hard-066
-- asks: Invoices that are missing: paying workspaces without one in June
-- expect: runs
SELECT g.properties.name AS name FROM groups g WHERE g.properties.plan != 'free' AND g.key NOT IN (
    SELECT $group_0 FROM events WHERE event = 'invoice_paid' AND toStartOfMonth(timestamp) = '2026-06-01' AND $group_0 IS NOT NULL
) ORDER BY toFloat(g.properties.seats) DESC

-- id: hard-067
-- asks: Deep union with sorting and a limit of its own in each part
-- expect: runs
(SELECT 'top' AS part, properties.$pathname AS page, count() AS c FROM events WHERE event = '$pageview' GROUP BY page ORDER BY c DESC LIMIT 3)
UNION ALL
(SELECT 'bottom' AS part, properties.$pathname AS page, count() AS c FROM events WHERE event = '$pageview' GROUP BY page ORDER BY c ASC, page LIMIT 3)

-- id: hard-068
-- asks: Days of a month turned into columns
-- expect: refused, naming PIVOT
SELECT * FROM (SELECT toDayOfWeek(timestamp) AS weekday, event FROM events) PIVOT (count(event) FOR weekday IN (1, 2, 3))

-- id: hard-069
-- asks: A join over all servers
-- expect: refused, naming GLOBAL
SELECT count() FROM events e GLOBAL INNER JOIN persons p ON p.id = e.person_id

-- id: hard-070
-- asks: A chart in each row of a larger query
-- expect: refused, naming sparkline
WITH daily AS (SELECT event, toDate(timestamp) AS day, count() AS c FROM events GROUP BY event, day) SELECT event, sum(c) AS total, sparkline(arrayMap(x -> x.2, arraySort(x -> x.1, groupArray((day, c))))) AS trend FROM daily GROUP BY event

-- id: hard-071
-- asks: Domains of advertisers by the lookups of another product
-- expect: refused, naming hogql_lookupDomainType
SELECT hogql_lookupDomainType(properties.$referring_domain) AS kind, uniq(person_id) FROM events GROUP BY kind

-- id: hard-072
-- asks: Exchange rates joined to invoices
-- expect: refused, naming exchange_rate
SELECT e.timestamp, e.properties.amount * r.rate FROM events e JOIN exchange_rate r ON r.date = toDate(e.timestamp) WHERE e.event = 'invoice_paid'

-- id: hard-073
-- asks: A secret read through a dictionary
-- expect: refused, naming dictGet
SELECT dictGet('customers', 'name', distinct_id) FROM events LIMIT 10

-- id: hard-074
-- asks: A pause on every row
-- expect: refused, naming sleep
SELECT sleep(3), event FROM events LIMIT 1

-- id: hard-075
-- asks: Rows of a cluster inside a CTE
-- expect: refused, naming cluster
WITH outside AS (SELECT * FROM cluster('main', 'default', 'events')) SELECT count() FROM outside

-- id: hard-076
-- asks: Random rows
-- expect: refused, naming generateRandom
SELECT * FROM generateRandom('id UInt64, name String') LIMIT 5

-- id: hard-077
-- asks: A filter on a property that only another kind of group has, deep inside
-- expect: refused, naming mrr
SELECT ws, revenue FROM (SELECT group_0.properties.name AS ws, group_0.properties.mrr AS revenue, count() AS c FROM events GROUP BY ws, revenue) WHERE c > 10

-- id: hard-078
-- asks: A CTE that is not there
-- expect: refused, naming buyers
WITH a AS (SELECT person_id FROM events WHERE event = 'signed_up') SELECT count() FROM a JOIN buyers b ON a.person_id = b.person_id

-- id: hard-079
-- asks: Two columns on one side, one on the other
-- expect: refused, naming UNION
SELECT event, count() FROM events GROUP BY event UNION ALL SELECT properties.plan FROM persons

-- id: hard-080
-- asks: Arrays of different things
-- expect: refused, naming arraySum
SELECT arraySum(arrayMap(p -> upper(p), groupArray(properties.$pathname))) FROM events GROUP BY person_id

-- id: hard-081
-- asks: Half of a formula's names are missing
-- expect: refused, naming active
WITH daily AS (SELECT toDate(timestamp) AS day, countIf(event = 'note_created') AS notes FROM events GROUP BY day) SELECT day, notes / active AS per_head FROM daily ORDER BY day

-- id: hard-082
-- asks: Persons by the number of their searches, sorted into four equal parts, and what each part pays
-- expect: runs
SELECT part, count() AS people, countIf(plan IN ('pro', 'team')) AS paying, min(searches) AS fewest FROM (
    SELECT s.person_id, s.searches AS searches, p.properties.plan AS plan, ntile(4) OVER (ORDER BY s.searches, s.person_id) AS part
    FROM (SELECT person_id, countIf(event = 'search_performed') AS searches FROM events GROUP BY person_id HAVING searches > 0) s
    JOIN persons p ON p.id = s.person_id
) GROUP BY part ORDER BY part

-- id: hard-083
-- asks: Note pages by their kind, as a share of each session's note pages, averaged
-- expect: runs
SELECT avg(edit_share) AS edits, avg(history_share) AS history, count() AS sessions FROM (
    SELECT $session_id, countIf(endsWith(properties.$pathname, '/edit')) / count() AS edit_share, countIf(endsWith(properties.$pathname, '/history')) / count() AS history_share
    FROM events WHERE event = '$pageview' AND properties.$pathname LIKE '/app/notes/n%' GROUP BY $session_id HAVING count() >= 3
)

-- id: hard-084
-- asks: Which campaigns reach people who were already members?
-- expect: runs
SELECT t.campaign, uniq(t.person_id) AS people, uniqIf(t.person_id, t.seen > s.joined) AS members FROM (
    SELECT person_id, properties.utm_campaign AS campaign, min(timestamp) AS seen FROM events WHERE properties.utm_campaign != '' GROUP BY person_id, campaign
) t LEFT JOIN (
    SELECT person_id, min(timestamp) AS joined FROM events WHERE event IN ('signed_up', 'logged_in') GROUP BY person_id
) s ON s.person_id = t.person_id GROUP BY t.campaign ORDER BY members / people DESC

-- id: hard-085
-- asks: Invitations and what follows: invited workspaces whose seats grew
-- expect: runs
SELECT key, first_seats, last_seats FROM (
    SELECT properties.$group_key AS key, argMin(JSONExtractInt(properties.$group_set, 'seats'), timestamp) AS first_seats, argMax(JSONExtractInt(properties.$group_set, 'seats'), timestamp) AS last_seats
    FROM events WHERE event = '$groupidentify' AND properties.$group_type = 'workspace' GROUP BY key
) WHERE last_seats > first_seats AND key IN (SELECT $group_0 FROM events WHERE event = 'workspace_invited')

-- id: hard-086
-- asks: Flags: persons who were shown both variants of one flag
-- expect: runs
SELECT flag, countIf(length(answers) > 1) AS mixed, count() AS people FROM (
    SELECT person_id, properties.$feature_flag AS flag, groupUniqArray(properties.$feature_flag_response) AS answers FROM events WHERE event = '$feature_flag_called' GROUP BY person_id, flag
) GROUP BY flag HAVING people > 5

-- id: hard-087
-- asks: The hour in which each weekday peaks
-- expect: runs
SELECT weekday, hour, people FROM (
    SELECT toDayOfWeek(timestamp) AS weekday, toHour(timestamp) AS hour, uniq(person_id) AS people FROM events GROUP BY weekday, hour
) QUALIFY rank() OVER (PARTITION BY weekday ORDER BY people DESC, hour) = 1 ORDER BY weekday
