#!/usr/bin/env python3
"""Checks the shape of questions.yaml: run `python3 check.py` (needs PyYAML).

Keys, kinds of values and the values themselves are looked up in the sources of the seeded
world, so that nothing is asked for that it doesn't have. Exits 1 if anything is wrong.
"""
import collections
import datetime
import pathlib
import re
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
CRATES = HERE.parent.parent / "crates"
LEAST, LEAST_OF_LIST = 88, 22
UNANSWERED = (1 / 4, 1 / 3)
DEPTH = 2

ANY = {"is_set", "is_not_set"}
TEXTS = ANY | {"exact", "is_not", "in", "not_in", "icontains", "not_icontains", "regex", "not_regex"}
VERSIONS = {f"semver_{name}" for name in "eq neq gt gte lt lte tilde caret wildcard".split()}
NUMBERS = ANY | {"exact", "is_not", "in", "not_in", "gt", "gte", "lt", "lte", "between", "not_between"}
OPERATORS = {
    "text": TEXTS, "free": TEXTS, "tags": TEXTS, "version": TEXTS | VERSIONS,
    "whole": NUMBERS, "number": NUMBERS,
    "boolean": ANY | {"exact", "is_not"},
    "date": ANY | {"is_date_exact", "is_date_before", "is_date_after"},
    "json": ANY | {"icontains", "not_icontains"},
}
LISTED = {"exact", "is_not", "in", "not_in", "icontains", "not_icontains", "regex", "not_regex"}
KINDS = {"Text": "text", "Integer": "whole", "Double": "number", "Boolean": "boolean", "Json": "json"}

errors = []


def fail(case, message):
    errors.append(f"{case}: {message}")


def rust_strings(path, name):
    """The texts of a list in a Rust file, from its name to the end of the list."""
    text = path.read_text(encoding="utf-8")
    return re.findall(r'"((?:[^"\\]|\\.)*)"', text[text.index(name):].split("];")[0])


def fields_of_lists():
    source = (CRATES / "world/src/properties.rs").read_text(encoding="utf-8")
    found = re.findall(r'"([^"]+)" (Text|Integer|Double|Boolean|Json),', source)
    event = {key: KINDS[kind] for key, kind in found}
    event["app_version"] = "version"
    person = {}
    for key in rust_strings(CRATES / "lake/src/people/mapped.rs", "const MAPPED"):
        if key in event:
            person[key] = person["$initial_" + key.removeprefix("$")] = event[key]
    person |= {"email": "free", "plan": "text", "role": "text", "city": "text",
               "seats": "whole", "trial": "boolean", "newsletter": "boolean"}
    identity = (CRATES / "world/src/identity.rs").read_text(encoding="utf-8")
    for key in ("email", "plan", "role", "city", "seats", "trial", "newsletter"):
        if f'\\"{key}\\":' not in identity:
            fail("world", f"persons have no property {key}")
    people = {("person", key): kind for key, kind in person.items()}
    session = {
        "duration": "number", "started_at": "date", "events": "whole", "pageviews": "whole",
        "errors": "whole", "rage_clicks": "whole", "entry_path": "text", "exit_path": "text",
        "browser": "text", "os": "text", "device_type": "text", "plan": "text",
    }
    flag = {
        "key": "text", "name": "free", "active": "boolean", "rollout_percentage": "whole",
        "has_variants": "boolean", "created_at": "date", "created_by": "free", "tags": "tags",
        "last_called_at": "date",
    }
    return {
        "events": {("event", key): kind for key, kind in event.items()} | people | {
            ("event_field", "event"): "text", ("event_field", "timestamp"): "date",
            ("event_field", "distinct_id"): "free"},
        "persons": people | {("person_field", "created_at"): "date", ("person_field", "distinct_id"): "free"},
        "sessions": people | {("session", key): kind for key, kind in session.items()},
        "flags": {("flag", key): kind for key, kind in flag.items()},
    }


def world_texts():
    """Every text that the world's sources have; a text within JSON or a pattern is not among them."""
    texts = set()
    for path in sorted((CRATES / "world/src").glob("*.rs")):
        texts |= set(re.findall(r'"([^"\\]*)"', path.read_text(encoding="utf-8")))
    return texts


FIELDS = fields_of_lists()
WORLD = world_texts()


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_date(case, value):
    if not isinstance(value, str):
        return fail(case, f"{value!r} is no text")
    form = "%Y-%m-%d" if len(value) == 10 else "%Y-%m-%dT%H:%M:%SZ"
    try:
        datetime.datetime.strptime(value, form)
    except ValueError:
        fail(case, f"{value!r} is no day and no time in UTC")


def check_value(case, kind, operator, value):
    if kind == "whole" and not (isinstance(value, int) and not isinstance(value, bool)):
        fail(case, f"{value!r} is no whole number")
    elif kind == "number" and not is_number(value):
        fail(case, f"{value!r} is no number")
    elif kind == "boolean" and not isinstance(value, bool):
        fail(case, f"{value!r} is no boolean")
    elif kind == "date":
        check_date(case, value)
    elif kind in ("text", "free", "tags", "version", "json"):
        if not isinstance(value, str) or not value:
            fail(case, f"{value!r} is no text")
        elif operator in ("regex", "not_regex"):
            re.compile(value)
        elif operator in ("exact", "is_not", "in", "not_in") and kind in ("text", "version") and value not in WORLD:
            fail(case, f"the world has no {value!r}")


def check_filter(case, name, node):
    for key in node.keys() - {"key", "value", "operator", "type"}:
        fail(case, f"unknown member {key}")
    kind = FIELDS[name].get((node.get("type"), node.get("key")))
    if kind is None:
        return fail(case, f"{name} have no {node.get('type')} {node.get('key')}")
    operator, value = node.get("operator"), node.get("value")
    if operator not in OPERATORS[kind]:
        return fail(case, f"operator {operator} does not go with {node['key']}")
    if operator in ANY:
        if "value" in node:
            fail(case, f"{operator} takes no value")
        return None
    if operator in ("between", "not_between"):
        if not (isinstance(value, list) and len(value) == 2 and all(map(is_number, value)) and value[0] <= value[1]):
            fail(case, f"{operator} takes [min, max], not {value!r}")
        return None
    values = value if isinstance(value, list) else [value]
    if isinstance(value, list) and (operator not in LISTED or len(value) < 2):
        fail(case, f"{operator} takes one value, or the list has fewer than two")
    for one in values:
        check_value(case, kind, operator, one)
    return None


def check_group(case, name, group, depth=1):
    if group.keys() != {"type", "values"} or group["type"] not in ("AND", "OR") or not group["values"]:
        return fail(case, "a group has a type, AND or OR, and values, at least one")
    if depth > DEPTH:
        fail(case, f"nested deeper than {DEPTH} levels")
    if (depth > 1 or group["type"] == "OR") and len(group["values"]) < 2:
        fail(case, "a group of one")
    for node in group["values"]:
        if "values" in node:
            if node.get("type") == group["type"]:
                fail(case, "a group within a group of the same type")
            check_group(case, name, node, depth + 1)
        else:
            check_filter(case, name, node)
    return None


def check_case(case):
    identity = case.get("id", "?")
    for key in case.keys() - {"id", "list", "words", "now", "expect"}:
        fail(identity, f"unknown key {key}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", identity):
        fail(identity, "the id is not in kebab case")
    if case.get("list") not in FIELDS:
        return fail(identity, f"no list {case.get('list')}")
    words = case.get("words")
    if not isinstance(words, str) or not 2 <= len(words.split()) <= 20:
        return fail(identity, "words are 2 to 20 words")
    relative = re.search(r"\b(today|yesterday|ago|(last|past) \d+)\b", words) or (
        re.search(r"\d (May|June|April)\b", words) and not re.search(r"\b20\d\d\b", words))
    if bool(relative) != ("now" in case):
        fail(identity, "now is given where a date is relative, and nowhere else")
    if "now" in case:
        check_date(identity, case["now"])
    expect = case.get("expect", {})
    if expect.keys() == {"filters"}:
        check_group(identity, case["list"], expect["filters"])
    elif expect.keys() == {"outcome", "reason"}:
        if expect["outcome"] != ["refused", "asked"] or not isinstance(expect["reason"], str) or not expect["reason"]:
            fail(identity, "an outcome is [refused, asked] with a reason")
    else:
        fail(identity, "expect has filters, or outcome and reason")
    return None


def main():
    cases = yaml.safe_load((HERE / "questions.yaml").read_text(encoding="utf-8"))
    for case in cases:
        check_case(case)
    for key in ("id", "words"):
        for value, count in collections.Counter((case.get("list", "") * (key == "words"), case.get(key))
                                                for case in cases).items():
            if count > 1:
                fail(value[1], f"{key} comes {count} times")
    total = collections.Counter(case.get("list") for case in cases)
    without = collections.Counter(case.get("list") for case in cases if "outcome" in case.get("expect", {}))
    rows = [(name, total[name], without[name], LEAST_OF_LIST) for name in FIELDS]
    rows.append(("all", sum(total.values()), sum(without.values()), LEAST))
    for name, count, none, least in rows:
        print(f"{name:9} {count:4} cases, {count - none:3} with a tree, {none:3} without")
        if count < least:
            fail(name, f"fewer than {least} cases")
        if not UNANSWERED[0] * count <= none <= UNANSWERED[1] * count:
            fail(name, "not between a quarter and a third have no answer")
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
