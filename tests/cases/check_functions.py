#!/usr/bin/env python3
"""Runs every example of functions.yaml in a ClickHouse engine and exits 1 on a difference that is not marked.

Needs chdb 4.4.0 (ClickHouse 26.9.2) and PyYAML 6 from PyPI:

    python3 -m venv target/chdb && target/chdb/bin/pip install chdb==4.4.0 pyyaml
    target/chdb/bin/python tests/cases/check_functions.py

A line is `sql => value`, where value is JSON, `rows [...]` or `error`. After it may stand `@chdb sql`, what
HogQL makes of the call before ClickHouse sees it, or `@differs value`, what the engine gives where the
dialect must answer otherwise.
"""

import json
import math
import pathlib
import sys

import chdb
import yaml

KINDS = {"scalar", "aggregate", "aggregate_if", "window", "array_lambda", "table"}
SETTINGS = (
    " SETTINGS session_timezone = 'UTC', output_format_json_quote_64bit_integers = 0,"
    " output_format_json_quote_denormals = 1, output_format_json_escape_forward_slashes = 0"
)
FIELDS = {"name", "kind", "args", "meaning", "differs", "data", "examples"}


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)


def table(data):
    names = list(data)
    rows = [
        "SELECT " + ", ".join(f"{literal(value)} AS {name}" for name, value in zip(names, row))
        for row in zip(*data.values())
    ]
    return "WITH data AS (" + " UNION ALL ".join(rows) + ") "


def run(sql, data):
    """The value of an expression, the rows of a SELECT, or the text `error`."""
    is_select = sql.startswith("SELECT ")
    text = sql if is_select else f"SELECT {sql}" + (" FROM data" if data else "")
    try:
        answer = str(chdb.query((table(data) if data else "") + text + SETTINGS, "JSONCompactEachRow"))
    except RuntimeError as error:
        return "error", str(error).splitlines()[0]
    rows = [json.loads(line) for line in answer.splitlines()]
    return rows, None


def equal(left, right):
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        # Truth values are 1 and 0 in ClickHouse.
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    # The sign of what is not a number depends on the processor.
    left, right = ("nan" if value == "-nan" else value for value in (left, right))
    return type(left) is type(right) and left == right


def fits(expected, answer):
    if expected == "error" or answer == "error":
        return expected == answer
    if expected.startswith("rows "):
        return equal(json.loads(expected[5:]), answer)
    return len(answer) == 1 and len(answer[0]) == 1 and equal(json.loads(expected), answer[0][0])


def parse(line):
    sql, expected = line.split(" => ")
    expected, _, chdb_sql = expected.partition(" @chdb ")
    expected, _, differs = expected.partition(" @differs ")
    return sql.strip(), expected.strip(), chdb_sql.strip(), differs.strip()


def main():
    entries = yaml.safe_load(pathlib.Path(__file__).with_name("functions.yaml").read_text())
    faults, examples, marked, translated = [], 0, 0, 0
    names = [entry["name"] for entry in entries]
    faults += [f"{name}: stands twice" for name in sorted(set(names)) if names.count(name) > 1]
    for entry in entries:
        name = entry["name"]
        missing = FIELDS - {"differs", "data"} - entry.keys()
        if missing or entry.keys() - FIELDS:
            faults.append(f"{name}: fields {sorted(missing | (entry.keys() - FIELDS))}")
            continue
        if entry["kind"] not in KINDS:
            faults.append(f"{name}: unknown kind {entry['kind']}")
        lines = [line for line in entry["examples"].splitlines() if line.strip()]
        if len(lines) < 2:
            faults.append(f"{name}: fewer than two examples")
        if not any(name + "(" in line for line in lines):
            faults.append(f"{name}: no example uses it")
        if any(" @differs " in line for line in lines) and "differs" not in entry:
            faults.append(f"{name}: a difference without a reason")
        for line in lines:
            sql, expected, chdb_sql, differs = parse(line)
            examples += 1
            marked += bool(differs)
            translated += bool(chdb_sql)
            answer, why = run(chdb_sql or sql, entry.get("data"))
            if not fits(differs or expected, answer):
                faults.append(f"{name}: {sql} gives {why or json.dumps(answer, ensure_ascii=False)}, not {differs or expected}")
            if differs and fits(expected, answer):
                faults.append(f"{name}: {sql} is marked and does not differ")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(entries)} functions, {examples} examples, {marked} marked as different, {translated} by their HogQL form")
    print(f"{examples - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
