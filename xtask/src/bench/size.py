"""A Parquet file's rows in ClickHouse: bytes on disk of merged MergeTree tables, by column.

    size.py PARQUET FOLDER REPORT

Several tables, which differ in what ClickHouse leaves to whoever makes them. Each is printed when it is
merged; the report is a JSON array of them.
"""
import json
import pathlib
import sys
import time

from chdb import session

# Texts with fewer different values get a dictionary where there is one, as ClickHouse's manual advises.
FEW_VALUES = 10_000
# Name, compression, with dictionaries, and the type of `rest`.
VARIANTS = [("plain", 1, False, "Nullable(String)"), ("LowCardinality", 1, True, "Nullable(String)"),
            ("LowCardinality, rest as JSON", 1, True, "Nullable(JSON)"), ("plain", 3, False, "Nullable(String)"),
            ("LowCardinality", 3, True, "Nullable(String)")]


def quoted(name):
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def text(value):
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


class ClickHouse:
    def __init__(self, folder):
        self.session = session.Session(str(folder))

    def rows(self, sql):
        lines = self.session.query(sql, "JSONCompactEachRow").data().splitlines()
        return [json.loads(line) for line in lines if line]

    def run(self, sql):
        self.session.query(sql)


def main(parquet, folder, report):
    clickhouse = ClickHouse(folder)
    source = f"file({text(pathlib.Path(parquet).resolve())}, Parquet)"
    columns = {row[0]: row[1] for row in clickhouse.rows(f"DESCRIBE {source}")}
    texts = [name for name, kind in columns.items() if kind.endswith("String)") and name != "rest" or name == "event"]
    counted = ", ".join(f"uniq({quoted(name)})" for name in texts)
    [counts] = clickhouse.rows(f"SELECT {counted} FROM {source}")
    few = {name for name, count in zip(texts, counts) if int(count) < FEW_VALUES}
    [[version, expected]] = clickhouse.rows(f"SELECT version(), count() FROM {source}")
    tables = []
    for name, level, dictionaries, rest in VARIANTS:
        types = columns | {"rest": rest}
        types |= {column: f"LowCardinality({columns[column]})" for column in few if dictionaries}
        lines = ",\n".join(f"    {quoted(column)} {kind} CODEC(ZSTD({level}))" for column, kind in types.items())
        ddl = f"""CREATE TABLE events (
{lines}
) ENGINE = MergeTree ORDER BY (toDate(timestamp), person_key, timestamp, uuid)"""
        start = time.perf_counter()
        clickhouse.run("DROP TABLE IF EXISTS events SYNC")
        clickhouse.run(ddl)
        clickhouse.run(f"INSERT INTO events SELECT * FROM {source}")
        clickhouse.run("OPTIMIZE TABLE events FINAL")
        seconds = time.perf_counter() - start
        parts = "database = currentDatabase() AND table = 'events' AND active"
        [[rows, size, count]] = clickhouse.rows(
            f"SELECT sum(rows), sum(bytes_on_disk), count() FROM system.parts WHERE {parts}")
        if int(rows) != int(expected):
            sys.exit(f"{name}: {rows} rows of {expected} are in ClickHouse")
        by_column = clickhouse.rows(f"""SELECT column, sum(column_data_compressed_bytes + column_marks_bytes)
            FROM system.parts_columns WHERE {parts} GROUP BY column""")
        by_column = {column: int(bytes_) for column, bytes_ in by_column}
        name = f"{name}, ZSTD({level})"
        print(f"ClickHouse {version}, {name}: {size} bytes in {count} parts ({seconds:.0f} s)", flush=True)
        tables.append({"name": f"ClickHouse {version}, {name}", "rows": int(rows), "bytes": int(size), "ddl": ddl,
                       "columns": by_column})
    pathlib.Path(report).write_text(json.dumps(tables))


main(*sys.argv[1:])
