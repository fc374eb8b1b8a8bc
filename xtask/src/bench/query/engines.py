"""The engines of the bench behind one face: tables made once, then queries whose rows come back as lists.

Each has a name, `fresh()` that forgets what it holds in memory, `run(query)` that gives seconds and rows, `cpu_seconds()`
that it took of the processors so far, and `paths`, the files that its data lies in.
"""
import http.client
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import time

THREADS = 2
FEW_VALUES = 10_000


def files_of(paths):
    for path in map(pathlib.Path, paths):
        yield from (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def cold(paths):
    """Takes files out of the system's cache."""
    os.sync()
    for file in files_of(paths):
        with open(file, "rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def bytes_of(paths):
    return sum(file.stat().st_size for file in files_of(paths))


class Hedgerow:
    """The server on a data folder, spoken to over its API."""
    name = "hedgerow"

    def __init__(self, binary, data, project):
        self.command = [binary, "--data", data, "serve", "--listen"]
        self.project, self.server, self.peak_mb = project, None, 0
        self.paths = [pathlib.Path(data) / "projects" / project]
        self.version = subprocess.check_output([binary, "--version"], text=True).split()[-1]
        self.fresh()

    def fresh(self):
        self.close()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        listen = f"127.0.0.1:{self.port}"
        self.server = subprocess.Popen([*self.command, listen], stdout=subprocess.DEVNULL)
        while True:
            try:
                self.request("GET", "taxonomy")
                return
            except ConnectionError:
                if self.server.poll() is not None:
                    raise SystemExit("the server ended") from None
                time.sleep(0.005)

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request(method, f"/api/projects/{self.project}/{path}", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}: {content.decode()}")
        return content

    def run(self, query):
        body = json.dumps(query["body"])
        start = time.perf_counter()
        content = self.request("POST", query["path"] + "?refresh=true", body)
        seconds = time.perf_counter() - start
        return seconds, query["rows"](json.loads(content))

    def cpu_seconds(self):
        """The processors' time of all threads, ended ones left out."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.server.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except FileNotFoundError:
                pass
        return total / 1e9

    def close(self):
        if self.server:
            status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            self.peak_mb = max(self.peak_mb, int(peak.split()[1]) * 1024 / 1e6)
            self.server.terminate()
            self.server.wait(30)
            self.server = None


class InProcess:
    """An engine in this process, which does nothing else."""

    def cpu_seconds(self):
        return time.process_time()


class DuckDb(InProcess):
    """DuckDB on its own file or on Parquet."""

    def __init__(self, folder, parquet):
        import duckdb
        self.duckdb, self.folder, self.parquet, self.connection = duckdb, pathlib.Path(folder), parquet, None
        self.version = duckdb.__version__
        self.name = "duckdb-parquet" if parquet else "duckdb-native"
        self.file = self.folder / "events.duckdb"
        self.paths = [self.folder / "events.parquet", self.folder / "persons.parquet"] if parquet else [self.file]
        if not parquet and not self.file.exists():
            self.make()
        self.fresh()

    def ddl(self):
        kind = "views" if self.parquet else "tables"
        return self.connection.execute(f"SELECT sql FROM duckdb_{kind}() WHERE {kind[:-1]}_name = 'events'").fetchone()[0]

    def make(self):
        connection = self.duckdb.connect(str(self.file))
        connection.execute(f"SET threads = {THREADS}")
        for table in ["events", "persons"]:
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM '{self.folder}/{table}.parquet'")
        connection.execute("CHECKPOINT")
        connection.close()

    def fresh(self):
        self.close()
        self.connection = self.duckdb.connect() if self.parquet else self.duckdb.connect(str(self.file), read_only=True)
        self.connection.execute(f"SET threads = {THREADS}; SET TimeZone = 'UTC'")
        if self.parquet:
            for table in ["events", "persons"]:
                self.connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{self.folder}/{table}.parquet'")

    def run(self, query):
        start = time.perf_counter()
        rows = self.connection.execute(query["duckdb"]).fetchall()
        return time.perf_counter() - start, [[plain(cell) for cell in row] for row in rows]

    def close(self):
        if self.connection:
            self.connection.close()


class ClickHouse(InProcess):
    """ClickHouse on MergeTree in PostHog's order or on Parquet."""

    def __init__(self, folder, parquet):
        from chdb import session
        self.folder, self.parquet = pathlib.Path(folder).resolve(), parquet
        self.name = "clickhouse-parquet" if parquet else "clickhouse-mergetree"
        self.store = self.folder / self.name
        is_new = not self.store.exists()
        self.session = session.Session(str(self.store))
        [[self.version]] = self.rows("SELECT version()")
        if is_new:
            self.make()
        self.paths = [self.folder / "events.parquet", self.folder / "persons.parquet"] if parquet else [self.store]

    def rows(self, sql):
        settings = f" SETTINGS max_threads = {THREADS}"
        lines = self.session.query(sql + settings, "JSONCompactEachRow").data().splitlines()
        return [json.loads(line) for line in lines if line]

    def source(self, table):
        return f"file('{self.folder}/{table}.parquet', Parquet)"

    def make(self):
        if self.parquet:
            for table in ["events", "persons"]:
                self.session.query(f"CREATE VIEW {table} AS SELECT * FROM {self.source(table)}")
            return
        columns = {row[0]: row[1] for row in self.rows(f"DESCRIBE {self.source('events')}")}
        # Texts with few different values get a dictionary, as ClickHouse's manual advises.
        texts = [name for name, kind in columns.items() if "String" in kind and name != "rest"]
        counted = ", ".join(f"uniq(`{name}`)" for name in texts)
        [counts] = self.rows(f"SELECT {counted} FROM {self.source('events')}")
        few = {name for name, count in zip(texts, counts) if int(count) < FEW_VALUES}
        fixed = {"event", "timestamp", "distinct_id", "uuid", "person_id"}
        lines = ["    team_id Int64"]
        for name, kind in columns.items():
            if name in fixed:
                kind = kind.removeprefix("Nullable(").removesuffix(")") if kind.startswith("Nullable(") else kind
            lines.append(f"    `{name}` LowCardinality({kind})" if name in few else f"    `{name}` {kind}")
        self.session.query("CREATE TABLE events (\n" + ",\n".join(lines) + """
) ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid))""")
        self.session.query(f"INSERT INTO events SELECT 1, * FROM {self.source('events')}")
        self.session.query("OPTIMIZE TABLE events FINAL")
        self.session.query("CREATE TABLE persons (person_id Int64, created_at DateTime64(6)) ENGINE = MergeTree ORDER BY person_id")
        self.session.query(f"INSERT INTO persons SELECT * FROM {self.source('persons')}")

    def ddl(self):
        [[ddl]] = self.rows("SELECT create_table_query FROM system.tables WHERE name = 'events' AND database = currentDatabase()")
        return ddl

    def fresh(self):
        for cache in ["MARK CACHE", "UNCOMPRESSED CACHE", "QUERY CACHE"]:
            self.session.query(f"SYSTEM DROP {cache}")

    def run(self, query):
        sql = query["clickhouse"]
        if not self.parquet:
            sql = sql.replace("FROM events WHERE ", "FROM events WHERE team_id = 1 AND ")
        start = time.perf_counter()
        rows = self.rows(sql)
        return time.perf_counter() - start, [[plain(cell) for cell in row] for row in rows]

    def close(self):
        self.session.close()


def plain(cell):
    """A cell as JSON has it: whole numbers and fractions, texts, days."""
    if isinstance(cell, str) and cell.lstrip("-").isdigit():
        return int(cell)
    if cell is None or isinstance(cell, (int, float, str)):
        return cell
    return float(cell) if type(cell).__name__ == "Decimal" else str(cell)


def typed_columns(export, catalog, folder):
    """The events as Parquet with the person of each after all merges, in the order of our files; and the persons."""
    import duckdb
    folder = pathlib.Path(folder)
    if (folder / "persons.parquet").exists():
        return
    rows = sqlite3.connect(f"file:{catalog}?mode=ro", uri=True).execute(
        "SELECT root_key, min(first_seen_us) FROM hedgerow_id GROUP BY 1 HAVING min(first_seen_us) IS NOT NULL")
    (folder / "persons.csv").write_text("\n".join(["person_id,created_us", *(f"{key},{us}" for key, us in rows)]))
    db = duckdb.connect()
    db.execute(f"SET threads = {THREADS}; SET TimeZone = 'UTC'")
    db.execute(f"""COPY (SELECT * EXCLUDE (timestamp, person_key), timestamp AT TIME ZONE 'UTC' AS timestamp,
        person_key AS person_id FROM '{export}') TO '{folder}/events.parquet' (COMPRESSION zstd)""")
    db.execute(f"""COPY (SELECT person_id, make_timestamp(created_us) AS created_at FROM '{folder}/persons.csv')
        TO '{folder}/persons.parquet' (COMPRESSION zstd)""")
    (folder / "persons.csv").unlink()


def engine(name, folder, hedgerow):
    made = {"hedgerow": lambda: Hedgerow(*hedgerow), "duckdb-native": lambda: DuckDb(folder, False),
            "duckdb-parquet": lambda: DuckDb(folder, True), "clickhouse-mergetree": lambda: ClickHouse(folder, False),
            "clickhouse-parquet": lambda: ClickHouse(folder, True)}
    return made[name]()
