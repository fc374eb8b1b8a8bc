-- id: easy-001
-- asks: How many notes were written?
-- expect: runs
SELECT count() FROM events WHERE event = 'note_created'

-- id: easy-002
-- asks: Which events come in, and how often?
-- expect: runs
SELECT event, count() AS times FROM events GROUP BY event ORDER BY times DESC

-- id: easy-003
-- asks: How many events came on each day?
-- expect: runs
SELECT toStartOfDay(timestamp) AS day, count() FROM events GROUP BY day ORDER BY day

-- id: easy-004
-- asks: How many people used the product in the last seven days?
-- expect: runs
SELECT uniq(person_id) FROM events WHERE timestamp > now() - interval 7 day

-- id: easy-005
-- asks: Show the ten newest events.
-- expect: runs
SELECT uuid, event, timestamp FROM events ORDER BY timestamp DESC LIMIT 10

-- id: easy-006
-- asks: Which browsers do visitors use?
-- expect: runs
SELECT properties.$browser AS "Browser", count() AS `Views of pages` FROM events WHERE event = '$pageview' GROUP BY "Browser" ORDER BY `Views of pages` DESC LIMIT 20

-- id: easy-007
-- asks: Which plans do people have?
-- expect: runs
SELECT properties.plan, count() FROM persons GROUP BY properties.plan

-- id: easy-008
-- asks: How many persons are identified?
-- expect: runs
SELECT countIf(is_identified) AS identified, count() AS everybody FROM persons

-- id: easy-009
-- asks: Which distinct ids has one person?
-- expect: runs
SELECT distinct_id FROM person_distinct_ids WHERE person_id = '01963c5e-0000-7000-8000-000000000001'

-- id: easy-010
-- asks: Which pages of the site are read most?
-- expect: runs
SELECT properties.$pathname, count() FROM events WHERE event = '$pageview' AND properties.$host = 'www.leaflet.example' GROUP BY 1 ORDER BY 2 DESC LIMIT 25

-- id: easy-011
-- asks: What did the subscriptions bring in?
-- expect: runs
SELECT sum(properties.amount) FROM events WHERE event = 'invoice_paid'

-- id: easy-012
-- asks: What is the mean invoice, by plan?
-- expect: runs
SELECT properties.plan AS plan, avg(properties.amount) AS dollars FROM events WHERE event = 'plan_upgraded' GROUP BY plan

-- id: easy-013
-- asks: How long is the longest note?
-- expect: runs
SELECT max(properties.note_length), min(properties.note_length) FROM events WHERE event IN ('note_created', 'note_edited')

-- id: easy-014
-- asks: What is the median length of a note?
-- expect: runs
SELECT median(properties.note_length) FROM events WHERE event = 'note_created'

-- id: easy-015
-- asks: How large are uploads at the 95th percentile?
-- expect: runs
SELECT quantile(0.95)(properties.upload_mb) AS p95 FROM events WHERE event = 'file_uploaded'

-- id: easy-016
-- asks: Who is on the team plan?
-- expect: runs
SELECT id, properties.email FROM persons WHERE properties.plan = 'team' LIMIT 50

-- id: easy-017
-- asks: Which searches found nothing?
-- expect: runs
SELECT properties.search_term, count() AS tries FROM events WHERE event = 'search_performed' AND properties.results = 0 GROUP BY properties.search_term HAVING tries > 3 ORDER BY tries DESC

-- id: easy-018
-- asks: How many pageviews came from phones?
-- expect: runs
SELECT countIf(properties.is_mobile = true) / count() AS share FROM events WHERE event = '$pageview'

-- id: easy-019
-- asks: Which mail addresses are like a name?
-- expect: runs
SELECT properties.email FROM persons WHERE properties.email ILIKE '%@mail.example' ORDER BY properties.email LIMIT 5

-- id: easy-020
-- asks: How many people came back in May?
-- expect: runs
SELECT count(DISTINCT person_id) FROM events WHERE timestamp BETWEEN '2026-05-01' AND '2026-05-31'

-- id: easy-021
-- asks: When did the first event of the project happen?
-- expect: runs
SELECT min(timestamp) AS first, max(timestamp) AS last FROM events

-- id: easy-022
-- asks: At what hour do people write?
-- expect: runs
SELECT toHour(timestamp) AS hour, count() FROM events WHERE event = 'note_created' GROUP BY hour ORDER BY hour

-- id: easy-023
-- asks: Which day of the week is the busiest?
-- expect: runs
SELECT toDayOfWeek(timestamp) AS weekday, uniq(person_id) AS people FROM events GROUP BY weekday ORDER BY people DESC LIMIT 1

-- id: easy-024
-- asks: Which note pages were opened?
-- expect: runs
SELECT DISTINCT properties.$pathname FROM events WHERE properties.$pathname LIKE '/app/notes/n%' LIMIT 100

-- id: easy-025
-- asks: How many events have no browser?
-- expect: runs
SELECT count() FROM events WHERE properties.$browser IS NULL

-- id: easy-026
-- asks: How many visitors came from a campaign?
-- expect: runs
SELECT uniq(distinct_id) FROM events WHERE properties.utm_source IS NOT NULL

-- id: easy-027
-- asks: Which campaigns bring visitors?
-- expect: runs
SELECT properties.utm_source, properties.utm_campaign, uniq(person_id) FROM events WHERE isNotNull(properties.utm_campaign) GROUP BY properties.utm_source, properties.utm_campaign

-- id: easy-028
-- asks: How many sign-ups per week?
-- expect: runs
SELECT toStartOfWeek(timestamp) AS week, count() AS sign_ups FROM events WHERE event = 'signed_up' GROUP BY week ORDER BY week ASC

-- id: easy-029
-- asks: How many sign-ups per month, the month as a date from dateTrunc?
-- expect: runs
SELECT dateTrunc('month', timestamp) AS month, count() FROM events WHERE event = 'signed_up' GROUP BY month

-- id: easy-030
-- asks: Which exceptions happen in which version?
-- expect: runs
SELECT properties.app_version, properties.$exception_types, count() FROM events WHERE event = '$exception' GROUP BY properties.app_version, properties.$exception_types ORDER BY count() DESC

-- id: easy-031
-- asks: Are events of the browser identified?
-- expect: runs
SELECT properties.$is_identified, uniq(distinct_id) FROM events GROUP BY properties.$is_identified

-- id: easy-032
-- asks: Which countries' languages do browsers speak, without the region?
-- expect: runs
SELECT splitByChar('-', properties.$browser_language)[1] AS language, count() FROM events GROUP BY language

-- id: easy-033
-- asks: Which hosts are there?
-- expect: runs
SELECT domain(properties.$current_url) AS host, count() FROM events WHERE notEmpty(properties.$current_url) GROUP BY host

-- id: easy-034
-- asks: How many pages have a query string?
-- expect: runs
SELECT countIf(position(properties.$current_url, '?') > 0) FROM events WHERE event = '$pageview'

-- id: easy-035
-- asks: Which reasons do people give for leaving?
-- expect: runs
SELECT properties.cancel_reason AS reason, count() AS people FROM events WHERE event = 'subscription_cancelled' GROUP BY reason ORDER BY people DESC, reason

-- id: easy-036
-- asks: Which flags are asked for?
-- expect: runs
SELECT properties.$feature_flag, properties.$feature_flag_response, count() FROM events WHERE event = '$feature_flag_called' GROUP BY ALL

-- id: easy-037
-- asks: What do people click?
-- expect: runs
SELECT properties.$el_text, count() AS clicks FROM events WHERE event = '$autocapture' AND properties.$event_type = 'click' AND properties.$el_text != '' GROUP BY properties.$el_text ORDER BY clicks DESC LIMIT 30

-- id: easy-038
-- asks: Which buttons are clicked in rage?
-- expect: runs
SELECT elements_chain, count() FROM events WHERE event = '$rageclick' GROUP BY elements_chain LIMIT 10

-- id: easy-039
-- asks: How fast is the largest paint?
-- expect: runs
SELECT avg(properties.$web_vitals_LCP_value) AS mean, stddevPop(properties.$web_vitals_LCP_value) AS deviation FROM events WHERE event = '$web_vitals'

-- id: easy-040
-- asks: Which screens do people have?
-- expect: runs
SELECT concat(toString(properties.$screen_width), 'x', toString(properties.$screen_height)) AS screen, uniq(person_id) FROM events GROUP BY screen ORDER BY 2 DESC LIMIT 15

-- id: easy-041
-- asks: Who are the founders in Berlin?
-- expect: runs
SELECT properties.email FROM persons WHERE properties.role = 'founder' AND properties.city = 'Berlin'

-- id: easy-042
-- asks: People of two roles, the newest first
-- expect: runs
SELECT id, created_at FROM persons WHERE properties.role IN ('engineer', 'designer') ORDER BY created_at DESC LIMIT 20 OFFSET 40

-- id: easy-043
-- asks: How many persons were first seen on each day?
-- expect: runs
SELECT toDate(created_at) AS day, count() FROM persons GROUP BY day ORDER BY day

-- id: easy-044
-- asks: Which workspaces are there?
-- expect: runs
SELECT key, properties.name, properties.seats FROM groups WHERE index = 0 LIMIT 100

-- id: easy-045
-- asks: How many workspaces per industry?
-- expect: runs
SELECT properties.industry AS industry, count() AS workspaces, sum(properties.seats) AS seats FROM groups GROUP BY industry

-- id: easy-046
-- asks: How many sessions were there?
-- expect: runs
SELECT count() FROM sessions

-- id: easy-047
-- asks: How long does a session last?
-- expect: runs
SELECT avg($session_duration) AS seconds FROM sessions WHERE $start_timestamp >= now() - interval 30 day

-- id: easy-048
-- asks: Which pages do sessions begin with?
-- expect: runs
SELECT $entry_pathname, count() FROM sessions GROUP BY $entry_pathname ORDER BY count() DESC

-- id: easy-049
-- asks: How many sessions bounce?
-- expect: runs
SELECT round(100 * countIf($is_bounce) / count(), 1) AS percent FROM sessions

-- id: easy-050
-- asks: Sessions by channel
-- expect: runs
SELECT $channel_type AS channel, count() AS visits, avg($pageview_count) AS pages FROM sessions GROUP BY channel ORDER BY visits DESC

-- id: easy-051
-- asks: The sessions with the most pageviews
-- expect: runs
SELECT session_id, $pageview_count FROM sessions ORDER BY $pageview_count DESC, session_id LIMIT 5

-- id: easy-052
-- asks: Which cohorts are there?
-- expect: runs
SELECT id, name FROM cohorts ORDER BY name

-- id: easy-053
-- asks: How many people pay?
-- expect: runs
SELECT count() FROM persons WHERE id IN COHORT 'Paying'

-- id: easy-054
-- asks: How many events did everybody else make?
-- expect: runs
SELECT count(), uniq(event) FROM events WHERE person_id NOT IN COHORT 'Paying'

-- id: easy-055
-- asks: Where do people of the free plan live?
-- expect: runs
SELECT person.properties.city AS city, uniq(person_id) AS people FROM events WHERE person.properties.plan = 'free' GROUP BY city

-- id: easy-056
-- asks: Events of one mail address
-- expect: runs
SELECT timestamp, event FROM events WHERE person.properties.email = 'u_0000000000000000@mail.example' ORDER BY timestamp

-- id: easy-057
-- asks: When was the person of each event first seen?
-- expect: runs
SELECT event, person.created_at FROM events LIMIT 3

-- id: easy-058
-- asks: Events per workspace
-- expect: runs
SELECT group_0.properties.name AS workspace, count() AS events FROM events GROUP BY workspace ORDER BY events DESC LIMIT 10

-- id: easy-059
-- asks: How many workspaces used templates?
-- expect: runs
SELECT uniq($group_0) FROM events WHERE event = 'template_used'

-- id: easy-060
-- asks: Bracket access for keys with a dollar sign
-- expect: runs
SELECT properties['$os'], count() FROM events GROUP BY properties['$os']

-- id: easy-061
-- asks: Person properties by brackets
-- expect: runs
SELECT person.properties['role'] AS role, count() FROM events WHERE event = 'note_shared' GROUP BY role

-- id: easy-062
-- asks: Phone or not, with a ternary
-- expect: runs
SELECT properties.is_mobile ? 'phone' : 'desk' AS kind, count() FROM events GROUP BY kind

-- id: easy-063
-- asks: A default for a missing source
-- expect: runs
SELECT properties.utm_source ?? 'none' AS source, count() FROM events WHERE event = '$pageview' GROUP BY source

-- id: easy-064
-- asks: Sources with a default by ifNull, in small letters
-- expect: runs
SELECT lower(ifNull(properties.utm_medium, 'none')) AS medium, uniq(distinct_id) AS visitors FROM events GROUP BY medium

-- id: easy-065
-- asks: Crawlers by their user agent
-- expect: runs
SELECT count() FROM events WHERE properties.$raw_user_agent =~ 'bot|Headless'

-- id: easy-066
-- asks: Everybody but crawlers
-- expect: runs
SELECT count() FROM events WHERE properties.$raw_user_agent !~ '(Google|bing|Amazon)bot' AND event = '$pageview'

-- id: easy-067
-- asks: Crawlers, whatever their capitals
-- expect: runs
SELECT DISTINCT properties.$raw_user_agent FROM events WHERE properties.$raw_user_agent =~* 'GPTBOT'

-- id: easy-068
-- asks: Crawlers by a function
-- expect: runs
SELECT countIf(match(properties.$raw_user_agent, 'Googlebot/[0-9.]+')) AS googlebot FROM events

-- id: easy-069
-- asks: Events of a version of the app
-- expect: runs
SELECT count() FROM events WHERE properties.app_version == '3.4.0' AND properties.$device_type == 'Tablet'

-- id: easy-070
-- asks: Versions that begin with 3.4
-- expect: runs
SELECT properties.app_version, min(timestamp), max(timestamp) FROM events WHERE startsWith(properties.app_version, '3.4') GROUP BY properties.app_version

-- id: easy-071
-- asks: Which events carry an amount?
-- expect: runs
SELECT event, countIf(properties.amount IS NOT NULL) AS with_amount FROM events GROUP BY event HAVING with_amount > 0

-- id: easy-072
-- asks: Notes of several lengths
-- expect: runs
SELECT multiIf(properties.note_length < 200, 'short', properties.note_length < 2000, 'middle', 'long') AS size, count() FROM events WHERE event = 'note_created' GROUP BY size

-- id: easy-073
-- asks: The same with CASE
-- expect: runs
SELECT CASE WHEN properties.results = 0 THEN 'nothing' WHEN properties.results < 10 THEN 'few' ELSE 'many' END AS found, count() FROM events WHERE event = 'search_performed' GROUP BY found

-- id: easy-074
-- asks: Plans in words, with CASE over a value
-- expect: runs
SELECT CASE properties.plan WHEN 'pro' THEN 'Pro' WHEN 'team' THEN 'Team' ELSE 'Free' END AS plan, count() FROM persons GROUP BY plan

-- id: easy-075
-- asks: Active people today
-- expect: runs
SELECT uniq(person_id) FROM events WHERE toDate(timestamp) = today()

-- id: easy-076
-- asks: Active people yesterday
-- expect: runs
SELECT uniqExact(person_id) AS people FROM events WHERE timestamp >= yesterday() AND timestamp < today()

-- id: easy-077
-- asks: Events of this month
-- expect: runs
SELECT count() FROM events WHERE timestamp >= toStartOfMonth(now())

-- id: easy-078
-- asks: Events of the last quarter of an hour before a time
-- expect: runs
SELECT event, timestamp FROM events WHERE timestamp > toDateTime('2026-05-19 14:00:00') - toIntervalMinute(15) AND timestamp <= toDateTime('2026-05-19 14:00:00')

-- id: easy-079
-- asks: The days of May with their week
-- expect: runs
SELECT toDate(timestamp) AS day, toISOWeek(timestamp) AS week, count() FROM events WHERE toYYYYMM(timestamp) = 202605 GROUP BY day, week ORDER BY day

-- id: easy-080
-- asks: The day in a written form
-- expect: runs
SELECT formatDateTime(timestamp, '%Y-%m-%d') AS day, count() FROM events GROUP BY day ORDER BY day DESC LIMIT 7

-- id: easy-081
-- asks: Events by the hour in New York
-- expect: runs
SELECT toHour(toTimeZone(timestamp, 'America/New_York')) AS hour, count() FROM events GROUP BY hour

-- id: easy-082
-- asks: Sign-ups by quarter and month
-- expect: runs
SELECT toYear(timestamp), toQuarter(timestamp), toMonth(timestamp), count() FROM events WHERE event = 'signed_up' GROUP BY 1, 2, 3

-- id: easy-083
-- asks: Members and visitors in one row
-- expect: runs
SELECT uniqIf(person_id, properties.$is_identified = true) AS members, uniqIf(distinct_id, properties.$is_identified = false) AS visitors FROM events

-- id: easy-084
-- asks: Money of each plan in columns
-- expect: runs
SELECT sumIf(properties.amount, properties.plan = 'pro') AS pro, sumIf(properties.amount, properties.plan = 'team') AS team FROM events WHERE event = 'invoice_paid'

-- id: easy-085
-- asks: How old are uploads on average, by person?
-- expect: runs
SELECT person_id, avg(properties.upload_mb) FROM events WHERE event = 'file_uploaded' GROUP BY person_id ORDER BY 2 DESC LIMIT 10

-- id: easy-086
-- asks: The page that a page was reached from
-- expect: runs
SELECT properties.$prev_pageview_pathname AS before, properties.$pathname AS page, count() AS times FROM events WHERE event = '$pageview' AND properties.$prev_pageview_pathname != properties.$pathname GROUP BY before, page ORDER BY times DESC LIMIT 40

-- id: easy-087
-- asks: How long do people stay on a page?
-- expect: runs
SELECT properties.$prev_pageview_pathname, quantile(0.5)(properties.$prev_pageview_duration) AS seconds FROM events WHERE event = '$pageleave' GROUP BY properties.$prev_pageview_pathname LIMIT 100

-- id: easy-088
-- asks: Referrers without the www
-- expect: runs
SELECT replaceOne(properties.$referring_domain, 'www.', '') AS referrer, count() FROM events WHERE properties.$referring_domain != '$direct' GROUP BY referrer

-- id: easy-089
-- asks: Paths with the id of the note taken out
-- expect: runs
SELECT replaceRegexpAll(properties.$pathname, '/n[0-9a-f]{10}', '/:note') AS page, count() AS views FROM events WHERE event = '$pageview' GROUP BY page ORDER BY views DESC

-- id: easy-090
-- asks: The part of the app that is used
-- expect: runs
SELECT splitByChar('/', properties.$pathname)[3] AS area, uniq(person_id) AS people FROM events WHERE properties.$pathname LIKE '/app/%' GROUP BY area

-- id: easy-091
-- asks: The searched words from the address
-- expect: runs
SELECT extractURLParameter(properties.$current_url, 'q') AS term, count() FROM events WHERE path(properties.$current_url) = '/app/search' GROUP BY term

-- id: easy-092
-- asks: The id of the note in the path
-- expect: runs
SELECT extract(properties.$pathname, '/app/notes/(n[0-9a-f]+)') AS note, count() FROM events WHERE event = '$pageview' GROUP BY note HAVING note != '' LIMIT 20

-- id: easy-093
-- asks: Long search terms
-- expect: runs
SELECT properties.search_term, length(properties.search_term) AS characters FROM events WHERE event = 'search_performed' AND characters > 12 LIMIT 30

-- id: easy-094
-- asks: The newest event of each kind
-- expect: runs
SELECT event, argMax(uuid, timestamp) AS newest FROM events GROUP BY event

-- id: easy-095
-- asks: Some path that each browser opened
-- expect: runs
SELECT properties.$browser, any(properties.$pathname) FROM events WHERE event = '$pageview' GROUP BY properties.$browser

-- id: easy-096
-- asks: All versions that a browser was seen with
-- expect: runs
SELECT properties.$browser AS browser, groupUniqArray(properties.$browser_version) AS versions FROM events GROUP BY browser

-- id: easy-097
-- asks: The most frequent operating systems
-- expect: runs
SELECT topK(3)(properties.$os) FROM events

-- id: easy-098
-- asks: Several quantiles at once
-- expect: runs
SELECT quantiles(0.25, 0.5, 0.75)(properties.$web_vitals_INP_value) AS quartiles FROM events WHERE event = '$web_vitals'

-- id: easy-099
-- asks: Names of plans by transform
-- expect: runs
SELECT transform(properties.plan, ['free', 'pro', 'team'], ['Free', 'Pro', 'Team'], 'unknown') AS plan, count() FROM persons GROUP BY plan

-- id: easy-100
-- asks: Two kinds of event, one below the other
-- expect: runs
SELECT 'written' AS what, count() AS times FROM events WHERE event = 'note_created' UNION ALL SELECT 'shared', count() FROM events WHERE event = 'note_shared'

-- id: easy-101
-- asks: One event per browser
-- expect: runs
SELECT properties.$browser, event, timestamp FROM events ORDER BY timestamp DESC LIMIT 1 BY properties.$browser

-- id: easy-102
-- asks: Everything of three persons
-- expect: runs
SELECT * FROM persons LIMIT 3

-- id: easy-103
-- asks: Everything of one event
-- expect: runs
SELECT * FROM events WHERE event = 'plan_upgraded' LIMIT 1

-- id: easy-104
-- asks: The merges of persons
-- expect: runs
SELECT distinct_id, properties.alias FROM events WHERE event IN ('$create_alias', '$merge_dangerously') ORDER BY timestamp LIMIT 50

-- id: easy-105
-- asks: How many ids has a person?
-- expect: runs
SELECT person_id, count() AS ids FROM person_distinct_ids GROUP BY person_id HAVING ids >= 3 ORDER BY ids DESC

-- id: easy-106
-- asks: People who never said a role
-- expect: runs
SELECT count() FROM persons WHERE properties.role IS NULL OR properties.role = ''

-- id: easy-107
-- asks: People with more than ten seats, by number
-- expect: runs
SELECT properties.email, toInt(properties.seats) AS seats FROM persons WHERE toInt(properties.seats) > 10 ORDER BY seats DESC NULLS LAST

-- id: easy-108
-- asks: First source of the persons
-- expect: runs
SELECT coalesce(properties.$initial_utm_source, properties.$initial_referring_domain, 'unknown') AS source, count() FROM persons GROUP BY source

-- id: easy-109
-- asks: Any events at all with a filter from the dashboard
-- expect: runs
-- given: {"filters": {"dateRange": {"date_from": "-30d"}}}
SELECT count() FROM events WHERE {filters}

-- id: easy-110
-- asks: Events of a browser that the dashboard chooses
-- expect: runs
-- given: {"variables": {"browser": "Firefox"}}
SELECT count() FROM events WHERE properties.$browser = {variables.browser}

-- id: easy-111
-- asks: A list of days without a table of events
-- expect: runs
SELECT toDate('2026-06-01') + toIntervalDay(number) AS day FROM numbers(30)

-- id: easy-112
-- asks: Arithmetic without a table
-- expect: runs
SELECT 17 * 3 AS product, divide(17, 3) AS quotient, 17 % 3 AS rest, intDiv(17, 3) AS whole

-- id: easy-113
-- asks: Is it late?
-- expect: runs
SELECT now() AS now, toStartOfHour(now()) AS hour, dateDiff('day', toDate('2026-04-02'), today()) AS days

-- id: easy-114
-- asks: The rate of exceptions in the bad release
-- expect: runs
SELECT properties.app_version AS version, countIf(event = '$exception') / countIf(event = '$pageview') AS rate FROM events GROUP BY version

-- id: easy-115
-- asks: People with the palette
-- expect: runs
SELECT uniq(person_id) FROM events WHERE properties['$feature/command-palette'] = true AND NOT event = '$pageview'

-- id: easy-116
-- asks: Notes written on weekends
-- expect: runs
SELECT count() AS notes FROM events WHERE event = 'note_created' AND toDayOfWeek(timestamp) IN (6, 7)

-- id: easy-117
-- asks: Steps of a purchase by hand
-- expect: runs
SELECT uniqIf(person_id, event = 'checkout_started') AS started, uniqIf(person_id, event = 'plan_upgraded') AS bought FROM events WHERE timestamp >= '2026-06-01'

-- id: easy-118
-- asks: Server events
-- expect: runs
SELECT event, count() FROM events WHERE properties.$lib IS NULL OR properties.$lib <> 'web' GROUP BY event

-- id: easy-119
-- asks: An action that was defined
-- expect: runs
SELECT count() FROM events WHERE matchesAction('Wrote a note')

-- id: easy-120
-- asks: A tenth of the events
-- expect: refused, naming SAMPLE
SELECT count() * 10 FROM events SAMPLE 0.1 WHERE event = '$pageview'

-- id: easy-121
-- asks: A sample by a fraction
-- expect: refused, naming SAMPLE
SELECT event, count() FROM events SAMPLE 1/100 GROUP BY event

-- id: easy-122
-- asks: The state of persons after all merges, as ClickHouse writes it
-- expect: refused, naming FINAL
SELECT count() FROM persons FINAL

-- id: easy-123
-- asks: The first ten with ties
-- expect: refused, naming WITH TIES
SELECT event, count() AS c FROM events GROUP BY event ORDER BY c DESC LIMIT 10 WITH TIES

-- id: easy-124
-- asks: A line in a cell
-- expect: refused, naming sparkline
SELECT event, sparkline(groupArray(1)) FROM events GROUP BY event

-- id: easy-125
-- asks: A button to the recording
-- expect: refused, naming recording_button
SELECT recording_button(properties.$session_id) FROM events LIMIT 10

-- id: easy-126
-- asks: A tag in the select list
-- expect: refused, naming Sparkline
SELECT event, <Sparkline data={[1, 2, 3]} /> FROM events LIMIT 5

-- id: easy-127
-- asks: Rows from an address
-- expect: refused, naming url
SELECT * FROM url('https://data.example/prices.csv')

-- id: easy-128
-- asks: Rows from a file
-- expect: refused, naming file
SELECT * FROM file('customers.parquet')

-- id: easy-129
-- asks: Rows from a bucket
-- expect: refused, naming s3
SELECT count() FROM s3('https://bucket.example/*.parquet', 'Parquet')

-- id: easy-130
-- asks: What tables does the server have?
-- expect: refused, naming system.tables
SELECT name FROM system.tables

-- id: easy-131
-- asks: What happened in recordings?
-- expect: refused, naming session_replay_events
SELECT session_id, click_count FROM session_replay_events LIMIT 10

-- id: easy-132
-- asks: Persons without merging
-- expect: refused, naming raw_persons
SELECT id, is_deleted FROM raw_persons

-- id: easy-133
-- asks: A misspelt property
-- expect: refused, naming $brwoser
SELECT properties.$brwoser, count() FROM events GROUP BY properties.$brwoser

-- id: easy-134
-- asks: A property that no event has
-- expect: refused, naming page_load_ms
SELECT avg(properties.page_load_ms) FROM events WHERE event = '$pageview'

-- id: easy-135
-- asks: A person property that does not exist
-- expect: refused, naming country
SELECT count() FROM persons WHERE properties.country = 'DE'

-- id: easy-136
-- asks: A column that persons do not have
-- expect: refused, naming email
SELECT email FROM persons LIMIT 10

-- id: easy-137
-- asks: A column of sessions that is not called so
-- expect: refused, naming duration
SELECT avg(duration) FROM sessions

-- id: easy-138
-- asks: A table that is called otherwise
-- expect: refused, naming users
SELECT count() FROM users

-- id: easy-139
-- asks: Events of another project
-- expect: refused, naming team_id
SELECT count() FROM events WHERE team_id = 2

-- id: easy-140
-- asks: All rows, please
-- expect: refused, naming 1000000
SELECT uuid FROM events LIMIT 1000000

-- id: easy-141
-- asks: A variable that the dashboard does not have
-- expect: refused, naming tier
-- given: {"variables": {"plan": "pro"}}
SELECT count() FROM events WHERE properties.plan = {variables.tier}

-- id: easy-142
-- asks: A cohort that there is not
-- expect: refused, naming Whales
SELECT count() FROM persons WHERE id IN COHORT 'Whales'

-- id: easy-143
-- asks: A cohort by a number of another system
-- expect: refused, naming 41
SELECT count() FROM events WHERE person_id IN COHORT 41

-- id: easy-144
-- asks: A function that does not exist
-- expect: refused, naming median_length
SELECT median_length(properties.search_term) FROM events

-- id: easy-145
-- asks: A text as a number
-- expect: refused, naming sum
SELECT sum(properties.$browser) FROM events

-- id: easy-146
-- asks: An aggregate where rows are chosen
-- expect: refused, naming count
SELECT event FROM events WHERE count() > 10 GROUP BY event

-- id: easy-147
-- asks: A column that is neither grouped nor aggregated
-- expect: refused, naming distinct_id
SELECT event, distinct_id, count() FROM events GROUP BY event

-- id: easy-148
-- asks: Rates of exchange
-- expect: refused, naming convertCurrency
SELECT convertCurrency('USD', 'EUR', properties.amount) FROM events WHERE event = 'invoice_paid'

-- id: easy-149
-- asks: Where people click, as a heat map
-- expect: refused, naming heatmaps
SELECT x, y, count() FROM heatmaps GROUP BY x, y

-- id: easy-150
-- asks: The name of the server
-- expect: refused, naming hostName
SELECT hostName()

-- id: easy-151
-- asks: People who opened the history of a note
-- expect: runs
SELECT uniq(person_id) FROM events WHERE endsWith(properties.$pathname, '/history')

-- id: easy-152
-- asks: The five cities with most people, in capitals
-- expect: runs
SELECT upper(properties.city) AS city, count() AS people FROM persons WHERE notEmpty(properties.city) GROUP BY city ORDER BY people DESC LIMIT 5

-- id: easy-153
-- asks: The days and hours of one person, newest first, without repetition
-- expect: runs
SELECT DISTINCT toStartOfHour(timestamp) AS hour, event FROM events WHERE distinct_id = 'u_0000000000000000' ORDER BY hour DESC

-- id: easy-154
-- asks: Mean distance from a round number
-- expect: runs
SELECT abs(avg(properties.results) - 10) AS distance, pow(2, 3) AS eight FROM events WHERE event = 'search_performed'
