"""The bench's query on the same files, by DuckDB in its own process: median time and a checksum."""
import json
import pathlib
import statistics
import sys
import time

import duckdb

files, times = pathlib.Path(sys.argv[1]), int(sys.argv[2])
db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'")
source = f"read_parquet('{files}/**/*.parquet', union_by_name = true)"
columns = [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
[browser] = [name for name in columns if name.lower() == "$browser"]
# Browsers without a name are people, too, as in the product's None.
query = f"""SELECT timestamp::DATE AS day, "{browser}" AS browser, count(DISTINCT person_key) AS visitors
    FROM {source} GROUP BY ALL ORDER BY ALL"""
taken = []
for _ in range(times):
    start = time.perf_counter()
    rows = db.execute(query).fetchall()
    taken.append((time.perf_counter() - start) * 1e3)
print(json.dumps({"version": duckdb.__version__, "p50_ms": statistics.median(taken),
                  "visitors": sum(row[2] for row in rows)}))
