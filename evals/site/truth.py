#!/usr/bin/env python3
"""Truths of the public questions, computed from the raw log lines.

Shares no code with the product: DuckDB splits the lines and runs each case's
`truth` query; only the user agent is read in Python (the uap-core rules and the
crawler list). `--check` compares with questions.yaml, `--write` fills it in.
"""
import argparse
import json
import pathlib
import re
import sys

import duckdb
import ua_parser
import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

ASSETS = """css js mjs map png jpg jpeg gif svg ico webp avif bmp tif tiff woff woff2 ttf
otf eot mp3 mp4 webm ogg wav avi mov pdf zip gz tgz bz2 xz tar jar rar 7z rpm deb exe dmg
iso img bin swf txt xml json csv""".split()

# The last quote may be missing: the agent then reaches to the end of the line.
LINE = (r'^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+) [^"]*" (\d{3}) (\d+|-)'
        r' "([^"]*)" "([^"]*)"?$')

# One row per line. A visitor is (address, agent); a session ends after a gap of
# more than 30 minutes between two of a visitor's events, whatever the day.
LOG = """
CREATE TABLE log AS
WITH raw AS (
  SELECT unnest(string_split(content, chr(10))) AS line FROM read_text($path)
), cut AS (
  SELECT regexp_extract(line, $line,
    ['addr', 'at', 'method', 'target', 'status', 'bytes', 'referrer', 'agent']) AS f
  FROM raw WHERE line <> ''
), fields AS (
  SELECT f.addr AS addr, f.agent AS agent, f.addr || ' ' || f.agent AS visitor,
    strptime(f.at, '%d/%b/%Y:%H:%M:%S +0000') AS ts,
    f.method AS method, f.status::INT AS status,
    nullif(f.bytes, '-')::BIGINT AS bytes,
    nullif(f.referrer, '-') AS referrer, f.target AS url,
    regexp_extract(f.target, '^[^?#]*') AS path,
    regexp_extract(f.target, '[?]([^#]*)', 1) AS query
  FROM cut
), kinds AS (
  SELECT *,
    list_contains($assets, lower(regexp_extract(path, '[.]([^./]*)$', 1))) AS asset,
    (regexp_matches(path, '(?i)(^|/)(feed|feeds|rss|atom)(/|$)')
      OR regexp_matches(path, '(?i)[.](rss|atom|rdf|xml)$')
      OR regexp_matches(query, '(^|&)(flav=(rss20|rss|atom)(&|$)|feed=)')) AS feed,
    coalesce(ts - lag(ts) OVER (PARTITION BY visitor ORDER BY ts)
      > INTERVAL 30 MINUTE, true) AS starts
  FROM fields
)
SELECT kinds.* EXCLUDE (starts), agents.* EXCLUDE (agent), ts::DATE AS day,
  method = 'GET' AND status BETWEEN 200 AND 399 AND NOT asset AND NOT feed AS pageview,
  visitor || ' #' || sum(starts::INT) OVER (PARTITION BY visitor ORDER BY ts) AS session
FROM kinds JOIN agents USING (agent)
"""

RENAMED = {"IE": "Internet Explorer", "Edge": "Microsoft Edge"}


def load(log, crawlers):
    db = duckdb.connect()
    bots = [re.compile(c["pattern"]) for c in json.loads(crawlers.read_text())]
    agents = {m[1] for line in log.read_text().splitlines()
              if (m := re.search(r'"([^"]*)"?$', line))}
    rows = []
    for agent in agents:
        browser, os = ua_parser.parse_user_agent(agent), ua_parser.parse_os(agent)
        browser = browser and RENAMED.get(browser.family, browser.family)
        rows.append((agent, browser, os and os.family,
                     agent not in ("", "-") and any(b.search(agent) for b in bots)))
    db.execute("CREATE TABLE agents (agent TEXT, browser TEXT, os TEXT, bot BOOL)")
    db.executemany("INSERT INTO agents VALUES (?, ?, ?, ?)", rows)
    db.execute(LOG, {"path": str(log), "line": LINE, "assets": ASSETS})
    lines = sum(1 for line in log.open() if line.strip())
    kept = db.execute("SELECT count(*) FROM log").fetchone()[0]
    if lines != kept:
        sys.exit(f"{lines} lines, {kept} read")
    return db


def truth(db, sql):
    """The one value of a query; a second row would be a tie, so it is an error."""
    rows = db.execute(sql).fetchall()
    if len(rows) != 1 or len(rows[0]) != 1:
        raise ValueError(f"wanted one value, got {rows[:3]}")
    value = rows[0][0]
    if isinstance(value, str):
        return value
    value = round(float(value), 4)
    return int(value) if value.is_integer() else value


def fill(text, case, value):
    """questions.yaml with one case's value replaced, the rest left as written."""
    shown = json.dumps(value)
    head = rf'(^- id: {re.escape(case["id"])}\n(?:(?!^- id:).*\n)*?.*\bvalue: )("[^"]*"|[^,}}]*)'
    text, hits = re.subn(head, lambda m: m[1] + shown, text, count=1, flags=re.M)
    if hits != 1:
        raise ValueError("no value to fill in")
    return text


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("log", nargs="?", type=pathlib.Path,
                      default=ROOT / "evals/data/access-log/access.log")
    args.add_argument("--crawlers", type=pathlib.Path,
                      default=ROOT / "crates/ingest/data/crawler-user-agents.json")
    args.add_argument("--questions", type=pathlib.Path, default=HERE / "questions.yaml")
    mode = args.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="exit 1 on a difference")
    mode.add_argument("--write", action="store_true", help="fill questions.yaml in")
    args = args.parse_args()

    db = load(args.log, args.crawlers)
    text = args.questions.read_text()
    cases = yaml.safe_load(text)
    ids = [case["id"] for case in cases]
    wrong = [f"{i}: id used twice" for i in sorted(set(ids)) if ids.count(i) > 1]
    for case in cases:
        answered = case["expect"]["outcome"] == "answered"
        if not answered and "truth" not in case:
            continue
        try:
            got = truth(db, case["truth"])
            if answered and args.write:
                text = fill(text, case, got)
                continue
        except (KeyError, ValueError, duckdb.Error) as error:
            wrong.append(f"{case['id']}: {error}")
            continue
        # A refused case may carry a query too: it shows that nothing matches.
        wanted = case["expect"]["value"] if answered else 0
        print(f"{case['id']}: {got}")
        if got != wanted:
            wrong.append(f"{case['id']}: {wanted!r} expected, the log says {got!r}")
    if args.write:
        args.questions.write_text(text)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong and (args.check or args.write) else 0


if __name__ == "__main__":
    sys.exit(main())
