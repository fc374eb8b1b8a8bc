"""What a project's current files and its catalog take on disk, as one line of JSON.

    stored.py CATALOG [EVENTS_FOLDER]

With the folder of the files, by column too.
"""
import json
import pathlib
import sqlite3
import sys

import duckdb

catalog, *folder = map(pathlib.Path, sys.argv[1:])
db = sqlite3.connect(f"{catalog.resolve().as_uri()}?mode=ro", uri=True)
files = db.execute("""SELECT path, file_size_bytes, record_count FROM ducklake_data_file
    WHERE end_snapshot IS NULL""").fetchall()
[[catalog_bytes]] = db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchall()
columns = []
if folder:
    paths = [str(folder[0] / path) for path, _, _ in files]
    columns = duckdb.execute("""SELECT path_in_schema, sum(total_compressed_size)::BIGINT
        FROM parquet_metadata(?) GROUP BY ALL""", [paths]).fetchall()
print(json.dumps({"files": len(files), "bytes": sum(size for _, size, _ in files),
                  "rows": sum(rows for _, _, rows in files), "catalog_bytes": catalog_bytes,
                  "columns": dict(columns)}))
