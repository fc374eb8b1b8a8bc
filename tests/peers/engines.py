"""The two engines: how each loads events, and how the same thing is said in the SQL of each."""

import json

COLUMNS = {
    "event": "text",
    "us": "whole",
    "actor": "text",
    "session": "text",
    "plan": "text",
    "amount": "whole",
    "ratio": "number",
    "code": "text",
    "member": "truth",
    "since": "text",
    "Größe 都市": "text",
    "$process_person_profile": "truth",
}
PRESENT = {"event", "us", "actor"}


def name(column):
    return '"' + column + '"'


class ClickHouse:
    name = "ClickHouse"
    TYPES = {"text": "String", "whole": "Int64", "number": "Float64", "truth": "Bool"}
    SETTINGS = (
        " SETTINGS join_use_nulls = 1, output_format_json_quote_64bit_integers = 0,"
        " output_format_json_quote_denormals = 0, output_format_json_escape_forward_slashes = 0"
    )

    def __init__(self):
        from chdb import session

        self.session = session.Session()

    def load(self, path, zone):
        self.zone = zone

        def typed(column, of):
            plain = self.TYPES[of]
            return f"{name(column)} " + (plain if column in PRESENT else f"Nullable({plain})")

        columns = ", ".join(typed(*column) for column in COLUMNS.items())
        self.session.query("DROP TABLE IF EXISTS events")
        self.session.query(f"CREATE TABLE events ({columns}) ENGINE = MergeTree ORDER BY (event, us)")
        self.session.query(f"INSERT INTO events SELECT * FROM file('{path}', JSONEachRow, '{columns}')")

    def rows(self, sql):
        answer = str(self.session.query(sql + self.SETTINGS, "JSONCompactEachRow"))
        return [json.loads(line) for line in answer.splitlines() if line]

    def time(self, micros):
        return f"fromUnixTimestamp64Micro({micros}, '{self.zone}')"

    def start(self, interval, micros):
        function = {
            "hour": "toStartOfHour({})",
            "day": "toStartOfDay({})",
            "week": "toStartOfWeek({}, 0)",
            "month": "toStartOfMonth({})",
        }[interval]
        return function.format(self.time(micros))

    def shown(self, interval, start):
        return f"toString({start})" if interval == "hour" else f"toString(toDate({start}))"

    def between(self, interval, first, second):
        """How many intervals lie between two starts."""
        if interval == "week":
            return f"intDiv(dateDiff('day', {first}, {second}), 7)"
        return f"dateDiff('{interval}', {first}, {second})"

    def text(self, value):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def as_text(self, column):
        return f"toString({column})"

    def as_number(self, column, of):
        return f"toFloat64OrNull({column})" if of == "text" else f"toFloat64({column})"

    def as_micros(self, column):
        return f"toUnixTimestamp64Micro(parseDateTime64BestEffortOrNull({column}, 6, '{self.zone}'))"

    def contains(self, column, value):
        return f"positionCaseInsensitiveUTF8({column}, {self.text(value)}) > 0"

    def matches(self, column, pattern):
        return f"match({column}, {self.text(pattern)})"

    def quantile(self, share, column):
        return f"quantileExactInclusive({share})({column})"

    def divided(self, one, other):
        return f"intDiv({one}, {other})"

    def table(self, rows):
        """Rows of a text and two whole numbers."""
        rows = ", ".join(f"({self.text(text)}, {first}, {last})" for text, first, last in rows)
        return f"(SELECT * FROM values('b String, low Int64, high Int64', {rows}))"


class DuckDB:
    name = "DuckDB"
    TYPES = {"text": "VARCHAR", "whole": "BIGINT", "number": "DOUBLE", "truth": "BOOLEAN"}

    def __init__(self):
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 2")

    def load(self, path, zone):
        self.zone = zone
        self.connection.execute(f"SET TimeZone = '{zone}'")
        columns = ", ".join(f"{name(column)} {self.TYPES[of]}" for column, of in COLUMNS.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE events ({columns})")
        typed = ", ".join(f"{self.text(column)}: '{self.TYPES[of]}'" for column, of in COLUMNS.items())
        read = f"read_json('{path}', format = 'newline_delimited', columns = {{{typed}}})"
        self.connection.execute(f"INSERT INTO events SELECT * FROM {read}")

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()

    def time(self, micros):
        return f"(make_timestamptz({micros}) AT TIME ZONE '{self.zone}')"

    def start(self, interval, micros):
        if interval == "week":
            return f"(date_trunc('week', {self.time(micros)} + INTERVAL 1 DAY) - INTERVAL 1 DAY)"
        return f"date_trunc('{interval}', {self.time(micros)})"

    def shown(self, interval, start):
        return f"strftime({start}, '{'%Y-%m-%d %H:%M:%S' if interval == 'hour' else '%Y-%m-%d'}')"

    def between(self, interval, first, second):
        if interval == "week":
            return f"(date_diff('day', {first}, {second}) // 7)"
        return f"date_diff('{interval}', {first}, {second})"

    def text(self, value):
        return "'" + value.replace("'", "''") + "'"

    def as_text(self, column):
        return f"CAST({column} AS VARCHAR)"

    def as_number(self, column, of):
        return f"TRY_CAST({column} AS DOUBLE)"

    def as_micros(self, column):
        return f"epoch_us(TRY_CAST({column} AS TIMESTAMPTZ))"

    def contains(self, column, value):
        return f"contains(lower({column}), lower({self.text(value)}))"

    def matches(self, column, pattern):
        return f"regexp_matches({column}, {self.text(pattern)})"

    def quantile(self, share, column):
        return f"quantile_cont({column}, {share})"

    def divided(self, one, other):
        return f"({one} // {other})"

    def table(self, rows):
        rows = ", ".join(f"({self.text(text)}, {first}, {last})" for text, first, last in rows)
        return f"(SELECT * FROM (VALUES {rows}) AS given(b, low, high))"
