"""Events by kind and day, counted by DuckDB on the attached catalog: event, day, count."""
import pathlib
import sys

import duckdb
import duckdb_extension_ducklake
import duckdb_extension_sqlite_scanner

catalog = sys.argv[1]
db = duckdb.connect(config={"autoinstall_known_extensions": False})
for package in (duckdb_extension_sqlite_scanner, duckdb_extension_ducklake):
    folder = pathlib.Path(package.__file__).parent
    [extension] = folder.glob("extensions/*/*.duckdb_extension")
    db.execute(f"LOAD '{extension}'")
db.execute(f"ATTACH 'ducklake:sqlite:{catalog}' AS lake (READ_ONLY)")
db.execute("SET TimeZone = 'UTC'")
counted = "SELECT event, timestamp::DATE::VARCHAR, count(*) FROM lake.events GROUP BY ALL"
for row in db.execute(counted).fetchall():
    print(*row, sep="\t")
