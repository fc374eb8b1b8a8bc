"""Computes queries again with ClickHouse and DuckDB and compares: compare.py FOLDER.

Each folder in it is a data set with its seed and the time of asking (`set.json`), its events and the queries with
Hedgerow's answers. Each difference is printed with its seed; the program then ends with 1.
"""

import collections
import json
import math
import pathlib
import sys
import time

from engines import ClickHouse, DuckDB
from kinds import NONE, OTHER, Kinds, comparable

CLOSE = 1e-9
# A refusal is no answer to compare. That few are refused is checked, too.
MOST_REFUSED = 0.1


def close(one, other):
    """Whether two answers are the same: numbers within a billionth, true and 1 apart."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
    return one == other


def day(text, interval):
    """The start of an interval of retention, which is given as RFC 3339."""
    return text[:10] if interval != "Hour" else text[:19].replace("T", " ")


def found(query, results):
    """An answer of Hedgerow in the form in which the others come."""
    kind = query["kind"]
    if kind == "TrendsQuery":
        lines = {}
        for series in results:
            value = series.get("breakdown_value")
            value = value if value in (NONE, OTHER) else comparable(value)
            key = series["action"]["order"], value if "breakdownFilter" in query else None
            assert key not in lines, f"two lines of {key}"
            lines[key] = series["data"] if series["days"] else [series.get("aggregated_value")]
        days = results[0]["days"] if results else None
        return {"days": days, "lines": lines}
    if kind == "RetentionQuery":
        return {
            "days": [day(row["date"], query["retentionFilter"]["period"]) for row in results],
            "rows": [[value["count"] for value in row["values"]] for row in results],
        }
    if kind == "StickinessQuery":
        return [line["data"] for line in results]
    if kind == "LifecycleQuery":
        return {"days": results[0]["days"], "lines": {line["status"]: line["data"] for line in results}}
    if kind == "FunnelsQuery":
        return [step["count"] for step in results]
    return {comparable(part): [share, median, count] for part, share, median, count in results}


def without_nothing(query, answer):
    """A line of a breakdown without any number may be there or not."""
    if query["kind"] != "TrendsQuery" or "breakdownFilter" not in query:
        return answer
    lines = {key: line for key, line in answer["lines"].items() if any(line)}
    return {"lines": lines, "days": answer["days"] if lines else None}


def difference(one, other):
    """The parts that differ, for who reads them."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in {**one, **other} if not close(one.get(key), other.get(key))]
        return {str(key): difference(one.get(key), other.get(key)) for key in keys}
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
        pairs = enumerate(zip(one, other))
        return {place: difference(*pair) for place, pair in pairs if not close(*pair)}
    return {"hedgerow": one, "other": other}


def main(folder):
    engines = [ClickHouse(), DuckDB()]
    counts, refused, differences = collections.Counter(), [], 0
    spent = collections.Counter()
    for path in sorted(pathlib.Path(folder).iterdir()):
        data_set = json.loads((path / "set.json").read_text())
        events = [json.loads(line) for line in (path / "events.jsonl").read_text().splitlines()]
        data_set["span"] = min(event["us"] for event in events), max(event["us"] for event in events)
        cases = [json.loads(line) for line in (path / "cases.jsonl").read_text().splitlines()]
        for engine in engines:
            engine.load(path / "events.jsonl", data_set["zone"])
            kinds = Kinds(engine, data_set)
            for case in cases:
                query = case["query"]
                if "refused" in case:
                    refused.append(case["refused"])
                    continue
                begun = time.monotonic()
                ours = without_nothing(query, found(query, case["results"]))
                theirs = without_nothing(query, kinds.expected(query))
                spent[engine.name] += time.monotonic() - begun
                counts[query["kind"], engine.name] += 1
                if not close(ours, theirs):
                    differences += 1
                    print(f"seed {data_set['seed']}, query {case['place']}: {engine.name} differs", json.dumps(query))
                    print("   ", json.dumps(difference(ours, theirs), ensure_ascii=False)[:2000])
    for (kind, engine), count in sorted(counts.items()):
        print(f"{kind}: {count} compared with {engine}")
    compared = sum(counts.values()) // len(engines)
    print(f"query-cases: {compared}")
    print(", ".join(f"{engine} took {seconds:.1f} s" for engine, seconds in spent.items()))
    for message, count in collections.Counter(refused).most_common(5):
        print(f"refused {count // len(engines)} times: {message}")
    if len(refused) > MOST_REFUSED * sum(counts.values()):
        sys.exit("too many queries were refused")
    if differences or not compared:
        sys.exit(f"{differences} differences")


if __name__ == "__main__":
    main(*sys.argv[1:])
