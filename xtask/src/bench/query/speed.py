"""Times of the 20 queries by one engine, cold and warm, with the rows that it gave.

    speed.py ENGINE FOLDER REPORT [BINARY DATA PROJECT]

Cold: what the engine holds in memory is forgotten, and the files are out of the system's cache. Warm: the median of
several runs after that, and the processors' time of one. The report is JSON: times in milliseconds, rows, DDL, and bytes on disk.
"""
import json
import pathlib
import statistics
import sys

from engines import bytes_of, cold, engine
from queries import QUERIES

WARM = 5


def main(name, folder, report, *hedgerow):
    measured = engine(name, folder, hedgerow)
    print(f"{measured.name} {measured.version}: {bytes_of(measured.paths) / 1e6:,.0f} MB on disk", flush=True)
    ddl = measured.ddl() if hasattr(measured, "ddl") else ""
    if ddl:
        print(ddl, flush=True)
    queries = []
    for query in QUERIES:
        measured.fresh()
        cold(measured.paths)
        first, rows = measured.run(query)
        cpu = measured.cpu_seconds()
        warm = statistics.median(measured.run(query)[0] for _ in range(WARM))
        cpu = (measured.cpu_seconds() - cpu) / WARM
        queries.append({"name": query["name"], "kind": query["kind"], "cold_ms": first * 1e3, "warm_ms": warm * 1e3,
                        "cpu_ms": cpu * 1e3, "rows": sorted(rows, key=str)})
        print(f"  {query['name']:<34} cold {first * 1e3:8.1f} ms, warm {warm * 1e3:8.1f} ms, of which processors "
              f"{cpu * 1e3:8.1f} ms", flush=True)
    measured.close()
    pathlib.Path(report).write_text(json.dumps({
        "name": measured.name, "version": measured.version, "bytes": bytes_of(measured.paths), "ddl": ddl,
        "peak_mb": getattr(measured, "peak_mb", None), "queries": queries}))


main(*sys.argv[1:])
