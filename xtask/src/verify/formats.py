"""The world's files as DuckDB sees them, for `cargo xtask verify formats`.

    parquet TAXONOMY JSONL PARQUET     writes the lines as Parquet with a typed column per property
    load TAXONOMY FORMAT FILE DATABASE loads a file into a new database and says how long it took
    compare TAXONOMY FOLDER FORMAT CATALOG FILE [FORMAT CATALOG FILE ...]
                                       lakes with one another, and each with the file it is from
"""
import json
import pathlib
import resource
import sys
import time

import duckdb

TYPES = {"string": "VARCHAR", "integer": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN", "json": "JSON"}
# They speak of persons and groups, so that the taxonomy does not list them.
STRUCTURAL = ["$set", "$set_once", "$unset", "$groups", "$group_set"]
FIXED = {"uuid": "UUID", "event": "VARCHAR", "timestamp": "TIMESTAMPTZ", "distinct_id": "VARCHAR"}
SESSION = "$session_id"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    return "'" + str(value).replace("'", "''") + "'"


def properties(taxonomy):
    """The keys with their columns' names in the lake and their types; the session is none of them."""
    rows = json.loads(pathlib.Path(taxonomy).read_text())["data"]
    keys = {row["key"]: (row["column"], TYPES[row["value_type"]]) for row in rows if row["key"] != SESSION}
    return keys | {key: (key, "JSON") for key in STRUCTURAL}


def as_list(columns):
    return "{" + ", ".join(f"{text(name)}: {text(kind)}" for name, kind in columns.items()) + "}"


def lines(file, keys):
    """The reader of JSON lines, told all types."""
    fields = [f"{quoted(key)} {kind}" for key, (_, kind) in keys.items()] + [f"{quoted(SESSION)} VARCHAR"]
    struct = f"STRUCT({', '.join(fields)})"
    return f"read_json({text(file)}, columns = {as_list(FIXED | {'properties': struct})})"


def typed(form, file, keys):
    """A SELECT of a file's rows, each property in a column of its type."""
    names = ", ".join(FIXED)
    if form == "parquet":
        return f"SELECT {names}, {', '.join(map(quoted, [SESSION, *keys]))} FROM read_parquet({text(file)})"
    if form == "jsonl":
        spread = ", ".join(f"properties.{quoted(key)} AS {quoted(key)}" for key in [SESSION, *keys])
        return f"SELECT {names}, {spread} FROM {lines(file, keys)}"
    columns = as_list(FIXED | {SESSION: "VARCHAR", "properties": "JSON"})
    shape = json.dumps({key: kind for key, (_, kind) in keys.items()})
    spread = ", ".join(f"spread.{quoted(key)} AS {quoted(key)}" for key in keys)
    return f"""SELECT {names}, {quoted(SESSION)}, {spread} FROM (SELECT * EXCLUDE (properties),
        json_transform(properties, {text(shape)}) AS spread FROM read_csv({text(file)}, columns = {columns}))"""


def found_keys(form, file, db):
    """The keys that a file really has, so that one which an import left out is missed."""
    if form == "parquet":
        rows = db.execute(f"DESCRIBE SELECT * FROM read_parquet({text(file)})").fetchall()
        return {row[0] for row in rows} - set(FIXED)
    columns = "columns = {'properties': 'JSON'}"
    source = f"read_json({text(file)}, {columns})" if form == "jsonl" else f"read_csv({text(file)})"
    rows = db.execute(f"SELECT DISTINCT unnest(json_keys(properties::JSON)) FROM {source}").fetchall()
    return {row[0] for row in rows}


def write_parquet(taxonomy, jsonl, parquet):
    db = duckdb.connect(config={"memory_limit": "4GB"})
    db.execute("SET TimeZone = 'UTC'")
    rows = typed("jsonl", jsonl, properties(taxonomy))
    db.execute(f"COPY ({rows}) TO {text(parquet)} (FORMAT parquet, COMPRESSION zstd)")


def load(taxonomy, form, file, database):
    # Of JSON lines the first thousands don't show all keys, with which DuckDB's own guess ends in an
    # error; and to be told the types is faster than a guess from all lines, and than to keep JSON.
    readers = {"csv": f"read_csv({text(file)})", "parquet": f"read_parquet({text(file)})",
               "jsonl": lines(file, properties(taxonomy))}
    statements = [f"CREATE TABLE events AS SELECT * FROM {readers[form]}", "CHECKPOINT"]
    start, cpu = time.perf_counter(), time.process_time()
    db = duckdb.connect(database)
    for statement in statements:
        db.execute(statement)
    db.close()
    taken, cpu = time.perf_counter() - start, time.process_time() - cpu
    rows = duckdb.connect(database, read_only=True).execute("SELECT count(*) FROM events").fetchone()[0]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"version": duckdb.__version__, "statements": statements, "rows": rows, "seconds": taken,
                      "cpu": cpu, "peak_mb": peak_mb, "bytes": pathlib.Path(database).stat().st_size}))


class Table:
    """Rows with an identity each, and for every column a sum that no order of rows changes.

    The sum is of hashes of (uuid, value). As uuids are unique, tables whose sums are equal in every
    column have equal rows.
    """

    def __init__(self, db, name, relation, columns):
        self.name, self.relation, self.columns = name, relation, columns
        sums = [f"count({value}), sum(hash(uuid, {value}))" for value in columns.values()]
        row = db.execute(f"SELECT count(*), count(DISTINCT uuid), {', '.join(sums)} FROM {relation}").fetchone()
        self.rows = row[0]
        if row[0] != row[1]:
            sys.exit(f"{name}: {row[0]} rows have {row[1]} different uuids")
        self.marks = dict(zip(columns, zip(row[2::2], row[3::2])))


def equal(db, one, other, columns, kinds):
    """Ends with an error at the first column that differs."""
    if one.rows != other.rows:
        alone = db.execute(f"""SELECT coalesce(a.uuid, b.uuid), a.event, b.event
            FROM {one.relation} a FULL JOIN {other.relation} b USING (uuid)
            WHERE a.uuid IS NULL OR b.uuid IS NULL LIMIT 3""").fetchall()
        lines = "\n".join(f"  {uuid}: {a!r} and {b!r}" for uuid, a, b in alone)
        sys.exit(f"{one.name} has {one.rows} rows, {other.name} {other.rows}; events of one alone:\n{lines}")
    for column in columns:
        if one.marks[column] == other.marks[column]:
            continue
        mine, theirs = one.columns[column], other.columns[column]
        differing = db.execute(f"""SELECT coalesce(a.uuid, b.uuid) AS uuid, a.value::VARCHAR, b.value::VARCHAR
            FROM (SELECT uuid, {mine} AS value FROM {one.relation}) a
            FULL JOIN (SELECT uuid, {theirs} AS value FROM {other.relation}) b USING (uuid)
            WHERE a.value IS DISTINCT FROM b.value""")
        examples = []
        while len(examples) < 3 and (rows := differing.fetchmany(10_000)):
            if kinds[column] == "JSON":
                rows = [row for row in rows if parsed(row[1]) != parsed(row[2])]
            examples += rows[:3 - len(examples)]
        if examples:
            counts = f"{one.marks[column][0]} and {other.marks[column][0]} values"
            lines = "\n".join(f"  {uuid}: {a!r} and {b!r}" for uuid, a, b in examples)
            sys.exit(f"{one.name} and {other.name} differ in {column} ({counts}):\n{lines}")


def parsed(value):
    """JSON in one spelling; 1 and 1.0 are two values, as Python's == would not have it."""
    return value if value is None else json.dumps(json.loads(value), sort_keys=True)


def attached(folder, catalogs):
    # Only this command needs them; the newest DuckDB has its environment without them.
    import duckdb_extension_ducklake
    import duckdb_extension_sqlite_scanner

    db = duckdb.connect(str(folder / "compare.duckdb"), config={"autoinstall_known_extensions": False})
    for package in (duckdb_extension_sqlite_scanner, duckdb_extension_ducklake):
        [extension] = pathlib.Path(package.__file__).parent.glob("extensions/*/*.duckdb_extension")
        db.execute(f"LOAD '{extension}'")
    db.execute("SET memory_limit = '4GB'")
    db.execute("SET TimeZone = 'UTC'")
    for form, catalog in catalogs.items():
        db.execute(f"ATTACH {text(f'ducklake:sqlite:{catalog}')} AS {form}_lake (READ_ONLY)")
    return db


def compare(taxonomy, folder, *rest):
    keys = properties(taxonomy)
    files = dict(zip(rest[0::3], rest[2::3]))
    db = attached(pathlib.Path(folder), dict(zip(rest[0::3], rest[1::3])))
    nested = [key for key, (_, kind) in keys.items() if kind == "JSON"]
    lakes, kinds = {}, {}
    for form in files:
        described = db.execute(f"DESCRIBE {form}_lake.events").fetchall()
        columns = {row[0]: row[1] for row in described}
        if kinds and columns != kinds:
            only = sorted(set(columns.items()) ^ set(kinds.items()))
            sys.exit(f"the lake of {form} has other columns than the one before: {only}")
        kinds = columns
        values = {name: quoted(name) for name in columns}
        # What lies in `rest` counts as a whole between lakes, and key by key beside a file.
        values |= {f"rest: {key}": f"(rest -> {text('$.' + quoted(key))})" for key in nested}
        values["rest: keys"] = "len(json_keys(rest))"
        lakes[form] = Table(db, f"the lake of {form}", f"{form}_lake.events", values)
        print(f"the lake of {form}: {lakes[form].rows} rows, {len(columns)} columns", flush=True)
    first, *others = lakes.values()
    for other in others:
        equal(db, first, other, kinds, kinds)
    print("the lakes are equal in every column", flush=True)
    for form, file in files.items():
        beside_file(db, lakes[form], form, file, keys, kinds)


def beside_file(db, lake, form, file, keys, kinds):
    unknown = found_keys(form, file, db) - set(keys) - {SESSION}
    if unknown:
        sys.exit(f"{form} has properties of which the lake knows nothing: {sorted(unknown)}")
    db.execute(f"CREATE OR REPLACE TABLE read AS {typed(form, file, keys)}")
    db.execute("CREATE OR REPLACE TABLE once AS SELECT min(rowid) AS id FROM read GROUP BY uuid")
    values = {name: name for name in FIXED} | {"session_id": quoted(SESSION)}
    # A lake's column by its own name, and what has none by its key in `rest`.
    places = {key: column if kind != "JSON" else f"rest: {key}" for key, (column, kind) in keys.items()}
    values |= {place: quoted(key) for key, place in places.items()}
    nested = [key for key, (_, kind) in keys.items() if kind == "JSON"]
    present = " + ".join(f"({quoted(key)} IS NOT NULL)::INT" for key in nested)
    values["rest: keys"] = f"nullif({present}, 0)"
    relation = "(FROM read SEMI JOIN once ON read.rowid = once.id)"
    rows = Table(db, f"DuckDB on the file of {form}", relation, values)
    of_values = kinds | {f"rest: {key}": "JSON" for key in nested} | {"rest: keys": "BIGINT"}
    equal(db, lake, rows, values, of_values)
    read = db.execute("SELECT count(*) FROM read").fetchone()[0]
    db.execute("DROP TABLE read")
    print(f"{form}: {read} rows of the file are {rows.rows} events, equal in {len(values)} columns", flush=True)


if __name__ == "__main__":
    {"parquet": write_parquet, "load": load, "compare": compare}[sys.argv[1]](*sys.argv[2:])
