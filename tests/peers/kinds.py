"""What each kind of query means, as SQL that is made here from the query alone."""

import itertools

from calendar_dates import Calendar
from conditions import Conditions
from engines import COLUMNS, name

MICROS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}
SHARES = {"median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
TRAILING = {"weekly_active": 7, "monthly_active": 30}
WHO = {"dau": "actor", "unique_session": "session"}
RUNNING = "ActionsLineGraphCumulative"
OTHER = "$$_posthog_breakdown_other_$$"
NONE = "$$_posthog_breakdown_null_$$"


class Kinds:
    """One data set in one engine."""

    def __init__(self, engine, data_set):
        self.engine = engine
        self.calendar = Calendar(data_set["zone"])
        self.conditions = Conditions(engine, self.calendar)
        self.now, self.span = data_set["now"], data_set["span"]

    def expected(self, query):
        return {
            "TrendsQuery": self.trends,
            "RetentionQuery": self.retention,
            "StickinessQuery": self.stickiness,
            "LifecycleQuery": self.lifecycle,
            "FunnelsQuery": self.funnel,
            "Percentiles": self.percentiles,
        }[query["kind"]](query)

    def range(self, query, interval):
        return self.calendar.range(query.get("dateRange", {}), interval, self.now, self.span)

    def all_of(self, *conditions):
        return "(" + " AND ".join(conditions) + ")"

    # Trends.

    def trends(self, query):
        """For each series and value the numbers of its buckets, or the total."""
        total, running = (query["trendsFilter"]["display"] == shown for shown in ("BoldNumber", RUNNING))
        interval = None if total else query["interval"]
        first, last = self.range(query, interval)
        starts = [] if total else self.calendar.starts(interval, first, last)
        shown = [""] if total else [self.calendar.shown(interval, start) for start in starts]
        breakdown = query.get("breakdownFilter")
        lines = {}
        for order, node in enumerate(query["series"]):
            math = node.get("math", "total")
            value = name(breakdown["breakdown"]) if breakdown else "NULL"
            # Where nothing was found there is no average, and no smallest or largest value.
            empty = None if (self.statistic(math) or "sum") != "sum" else 0
            sql = self.trend(query, node, (interval, first, last), starts, value)
            if not breakdown:
                lines[order, None] = [empty] * len(shown)
            for bucket, part, value, number in self.engine.rows(sql):
                key = {"none": NONE, "other": OTHER}.get(part, comparable(value))
                line = lines.setdefault((order, key if breakdown else None), [empty] * len(shown))
                line[shown.index(bucket)] = empty if number is None else number
        if running:
            lines = {key: list(itertools.accumulate(line)) for key, line in lines.items()}
        return {"days": [] if total else shown, "lines": lines}

    @staticmethod
    def statistic(math):
        """How numbers of persons or of a property become one; None where something is counted."""
        known = math.removesuffix("_count_per_actor")
        return known if known in ("avg", "sum", "min", "max", *SHARES) else None

    def trend(self, query, node, span, starts, value):
        math, chosen = node.get("math", "total"), self.chosen(query, node, span, starts, value)
        if math.endswith("_count_per_actor"):
            each = f"(SELECT {{by}}, actor, count(*) AS n FROM {{rows}} GROUP BY {{by}}, actor)"
            number = self.combined(self.statistic(math), "n")
        elif query["trendsFilter"]["display"] == RUNNING and math in WHO:
            # Who counts in a running total does so in the first bucket alone.
            who = WHO[math]
            each = f"(SELECT {{by}}, {who} FROM (SELECT {{keys}}, min(b) AS b, {who} FROM {{rows}} AS all_of"
            each += f" WHERE {who} IS NOT NULL GROUP BY {{keys}}, {who}) AS firsts)"
            number = "count(*)"
        else:
            each, number = "{rows}", self.number(node)

        def numbers(rows, by):
            of = each.format(rows=rows, by=by, keys=by.removeprefix("b, "))
            return f"SELECT {by}, {number} AS number FROM {of} AS each GROUP BY {by}"

        limit = query.get("breakdownFilter", {}).get("breakdown_limit", 25)
        return f"""
            WITH chosen AS ({chosen}),
            numbers AS ({numbers("chosen", "b, v")}),
            sums AS (SELECT v, sum(number) AS s FROM numbers WHERE v IS NOT NULL GROUP BY v),
            ranked AS (SELECT v AS rv, row_number() OVER (ORDER BY coalesce(s, 0) DESC, v) AS place FROM sums),
            named AS (
                SELECT chosen.*,
                    CASE WHEN v IS NULL THEN 'none' WHEN place <= {limit} THEN 'value' ELSE 'other' END AS part,
                    CASE WHEN place <= {limit} THEN v END AS label
                FROM chosen LEFT JOIN ranked ON v = rv
            )
            {numbers("named", "b, part, label")}"""

    def chosen(self, query, node, span, starts, value):
        """The events of a series with their bucket and value."""
        interval, first, last = span
        math = node.get("math", "total")
        ours = self.all_of(
            self.conditions.group(query["properties"]), self.conditions.entity(node["event"], node["properties"])
        )

        def bucket(micros):
            return self.engine.shown(interval, self.engine.start(interval, micros)) if interval else "''"

        columns = f"{value} AS v, actor, session, amount, ratio, code"
        if math in TRAILING:
            table = self.engine.table(self.trailing(TRAILING[math], interval, last, starts))
            return f"""SELECT b, {columns} FROM events CROSS JOIN {table} AS given
                WHERE {ours} AND us >= low AND us < high AND us <= {last}"""
        if math in ("first_time_for_user", "first_matching_event_for_user"):
            named = self.conditions.entity(node["event"], []) if math == "first_time_for_user" else ours
            return f"""
                SELECT {bucket("first")} AS b, min(v) AS v, actor FROM (
                    SELECT actor AS whose, min(us) AS at_all, min(CASE WHEN {ours} THEN us END) AS first
                    FROM events WHERE {named} AND us <= {last} GROUP BY actor
                ) AS firsts
                JOIN (SELECT actor, us, {value} AS v FROM events WHERE {ours}) AS matching
                ON actor = whose AND us = first
                WHERE first = at_all AND first >= {first} GROUP BY actor, first"""
        return f"""SELECT {bucket("us")} AS b, {columns} FROM events
            WHERE {ours} AND us >= {first} AND us <= {last}"""

    def trailing(self, days, interval, last, starts):
        """The last days of each bucket, as far as it is in the range; for hours, the same in hours."""
        unit = "hour" if interval == "hour" else "day"
        ends = [self.calendar.local(last)]
        if interval:
            ends = [self.calendar.later(interval, start) for start in starts]
        for place, end in enumerate(ends):
            within = min(self.calendar.micros(end) - (1 if interval else 0), last)
            after = self.calendar.later(unit, self.calendar.start(unit, self.calendar.local(within)))
            before = self.calendar.later("day", after, -days)
            shown = self.calendar.shown(interval, starts[place]) if interval else ""
            yield shown, self.calendar.micros(before), self.calendar.micros(after)

    def number(self, node):
        math = node.get("math", "total")
        statistic = self.statistic(math)
        if statistic:
            key = node["math_property"]
            return self.combined(statistic, self.engine.as_number(name(key), COLUMNS[key]))
        if math in ("total", "first_time_for_user", "first_matching_event_for_user"):
            return "count(*)"
        return f"count(DISTINCT {WHO.get(math, 'actor')})"

    def combined(self, statistic, column):
        if statistic in SHARES:
            return self.engine.quantile(SHARES[statistic], column)
        return f"{statistic}({column})"

    # Retention.

    def retention(self, query):
        """For each start the persons who begin and those of each bracket; None where it has not begun."""
        asked = query["retentionFilter"]
        interval = asked["period"].lower()
        brackets, place = [], 1
        for length in asked.get("retentionCustomBrackets", [1] * (asked.get("totalIntervals", 8) - 1)):
            brackets.append((place, place + length - 1))
            place += length
        first, last = self.range(query, interval)
        if "date_from" not in query["dateRange"]:
            end = self.calendar.start(interval, self.calendar.local(last))
            first = self.calendar.micros(self.calendar.later(interval, end, 1 - place))
        begins, returns = (
            self.all_of(
                self.conditions.group(query["properties"]),
                self.conditions.entity(asked[entity]["id"], asked[entity]["properties"]),
            )
            for entity in ("targetEntity", "returningEntity")
        )
        start = self.engine.start(interval, "us")
        if asked["retentionType"] == "retention_recurring":
            begun = f"SELECT DISTINCT actor, {start} AS s FROM events WHERE {begins} AND us BETWEEN {first} AND {last}"
        else:
            named = self.conditions.entity(asked["targetEntity"]["id"], [])
            at_all = begins if asked["retentionType"] == "retention_first_time" else named
            begun = f"""
                SELECT actor, {self.engine.start(interval, "first")} AS s FROM (
                    SELECT actor, min(us) AS at_all, min(CASE WHEN {begins} THEN us END) AS first
                    FROM events WHERE {at_all} GROUP BY actor
                ) AS firsts WHERE first = at_all AND first BETWEEN {first} AND {last}"""
        case = " ".join(f"WHEN d BETWEEN {a} AND {b} THEN {k}" for k, (a, b) in enumerate(brackets, 1))
        case = f"CASE {case} END" if brackets else "NULL"
        counted = "max(k)" if asked["cumulative"] else "k"
        by_person = "" if not asked["cumulative"] else " GROUP BY actor, s"
        sql = f"""
            WITH begun AS ({begun}),
            back AS (
                SELECT actor AS whose, {start} AS r FROM events WHERE {returns}
                GROUP BY actor, {start} HAVING count(*) >= {asked["minimumOccurrences"]}
            ),
            pairs AS (
                SELECT actor, s, {case} AS k FROM (
                    SELECT actor, s, {self.engine.between(interval, "s", "r")} AS d
                    FROM begun JOIN back ON actor = whose
                ) AS apart
            ),
            counted AS (SELECT actor, s, {counted} AS c FROM pairs WHERE k IS NOT NULL{by_person})
            SELECT {self.engine.shown(interval, "s")} AS b, 0 AS c, count(*) AS n FROM begun GROUP BY s
            UNION ALL
            SELECT {self.engine.shown(interval, "s")} AS b, c, count(DISTINCT actor) AS n FROM counted GROUP BY s, c"""
        starts = self.calendar.starts(interval, first, last)
        rows = {self.calendar.shown(interval, start): [0] * (1 + len(brackets)) for start in starts}
        for bucket, place, count in self.engine.rows(sql):
            rows[bucket][place] = count
        found = []
        for start, counts in zip(starts, rows.values()):
            if asked["cumulative"]:
                for place in range(len(brackets) - 1, 0, -1):
                    counts[place] += counts[place + 1]
            firsts = [0] + [low for low, _ in brackets]
            begun = [self.calendar.later(interval, start, low) <= self.calendar.local(self.now) for low in firsts]
            found.append([count if known else None for count, known in zip(counts, begun)])
        return {"days": list(rows), "rows": found}

    # Stickiness.

    def stickiness(self, query):
        interval, units = query["interval"], query["intervalCount"]
        first, last = self.range(query, interval)
        width = -(-len(self.calendar.starts(interval, first, last)) // units)
        asked = query["stickinessFilter"]
        criteria = asked.get("stickinessCriteria", {"operator": "gte", "value": 1})
        comparison = {"gte": ">=", "lte": "<=", "exact": "="}[criteria["operator"]]
        since = self.engine.between(
            interval, self.engine.start(interval, str(first)), self.engine.start(interval, "us")
        )
        lines = []
        for node in query["series"]:
            ours = self.all_of(
                self.conditions.group(query["properties"]), self.conditions.entity(node["event"], node["properties"])
            )
            sql = f"""
                SELECT many, count(*) FROM (
                    SELECT actor, count(*) AS many FROM (
                        SELECT actor, {self.engine.divided(since, units)} AS place, count(*) AS times FROM events
                        WHERE {ours} AND us BETWEEN {first} AND {last} GROUP BY actor, place
                    ) AS places WHERE times {comparison} {criteria["value"]} GROUP BY actor
                ) AS persons GROUP BY many"""
            line = [0] * width
            for many, persons in self.engine.rows(sql):
                line[many - 1] = persons
            if asked["computedAs"] == "cumulative":
                for place in range(width - 2, -1, -1):
                    line[place] += line[place + 1]
            lines.append(line)
        return lines

    # Lifecycle.

    def lifecycle(self, query):
        interval, node = query["interval"], query["series"][0]
        first, last = self.range(query, interval)
        starts = self.calendar.starts(interval, first, last)
        count, begin = len(starts), self.calendar.micros(starts[0])
        before = self.calendar.micros(self.calendar.later(interval, starts[0], -1))
        known = f"coalesce({name('$process_person_profile')}, true)"
        ours = self.all_of(
            known,
            self.conditions.group(query["properties"]),
            self.conditions.entity(node["event"], node["properties"]),
            f"(us >= {before} AND us < {begin} OR us >= {first} AND us <= {last})",
        )
        origin = self.engine.start(interval, str(before))
        place, born = (
            self.engine.between(interval, origin, self.engine.start(interval, micros)) for micros in ("us", "min(us)")
        )
        sql = f"""
            WITH active AS (SELECT DISTINCT actor AS a, {place} AS i FROM events WHERE {ours}),
            born AS (SELECT actor AS b, {born} AS bi FROM events WHERE {known} GROUP BY actor),
            earlier AS (SELECT a AS e, i + 1 AS ei FROM active)
            SELECT CASE WHEN i = bi THEN 'new' WHEN e IS NOT NULL THEN 'returning' ELSE 'resurrecting' END AS status,
                i AS place, count(*)
            FROM active JOIN born ON a = b LEFT JOIN earlier ON e = a AND ei = i WHERE i > 0 GROUP BY status, i
            UNION ALL
            SELECT 'dormant' AS status, ei AS place, -count(*)
            FROM earlier LEFT JOIN active ON e = a AND ei = i WHERE a IS NULL AND ei <= {count} GROUP BY ei"""
        lines = {status: [0] * count for status in ("new", "returning", "resurrecting", "dormant")}
        for status, place, persons in self.engine.rows(sql):
            lines[status][place - 1] = persons
        return {"days": [self.calendar.shown(interval, start) for start in starts], "lines": lines}

    # Funnels.

    def funnel(self, query):
        """Persons who reach each step: by windowFunnel, or by the earliest way on from each first step."""
        first, last = self.range(query, None)
        asked = query["funnelsFilter"]
        window = asked["funnelWindowInterval"] * MICROS[asked["funnelWindowIntervalUnit"]] * 1_000_000
        within = f"{self.conditions.group(query['properties'])} AND us BETWEEN {first} AND {last}"
        steps = [self.conditions.entity(node["event"], node["properties"]) for node in query["series"]]
        if self.engine.name == "ClickHouse":
            sql = f"""
                SELECT level, count(*) FROM (
                    SELECT actor, windowFunnel({window})(toUInt64(us), {", ".join(steps)}) AS level
                    FROM events WHERE {within} GROUP BY actor
                ) GROUP BY level"""
            levels = dict(self.engine.rows(sql))
            return [sum(count for level, count in levels.items() if level > step) for step in range(len(steps))]
        ways = [f"way0 AS (SELECT actor, us AS begun, us AS reached FROM events WHERE {within} AND {steps[0]})"]
        for place, step in enumerate(steps[1:], 1):
            ways.append(f"""
                way{place} AS (
                    SELECT way.actor, begun, min(us) AS reached FROM way{place - 1} AS way
                    JOIN events ON events.actor = way.actor AND us >= reached AND us <= begun + {window}
                    WHERE {within} AND {step} GROUP BY way.actor, begun
                )""")
        counts = ", ".join(f"(SELECT count(DISTINCT actor) FROM way{place})" for place in range(len(steps)))
        return list(self.engine.rows(f"WITH {', '.join(ways)} SELECT {counts}")[0])

    # Percentiles of SQL.

    def percentiles(self, query):
        by = {"distinct_id": "actor"}.get(query["by"], query["by"].removeprefix("properties."))
        where = self.conditions.entity(query["event"], [])
        column = name(query["key"])
        sql = f"""
            SELECT {by} AS part, {self.engine.quantile(query["share"], column)},
                {self.engine.quantile(0.5, column)}, count(*)
            FROM events WHERE {where} GROUP BY {by}"""
        return {comparable(part): [share, median, count] for part, share, median, count in self.engine.rows(sql)}


def comparable(value):
    """A breakdown value whatever the engine makes of numbers; true is not 1."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return str(value) if isinstance(value, bool) else value
    return float(value)
