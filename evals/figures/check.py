#!/usr/bin/env python3
"""Checks the shape of a figure set: run `python3 check.py [FOLDER]` (needs PyYAML).

Without FOLDER it checks the set beside it.

It is not the figure checker. It knows the rule only roughly, enough to see
that the labels are consistent with the tables. Exits 1 if anything is wrong.
"""
import ast
import collections
import datetime
import pathlib
import re
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE
# folder -> (least number of cases, least number of true cases,
#            kind -> (least number of cases, least number of cases with a false claim))
SHAPES = {
    "figures": (200, 80, {
        "true_literal": (20, 0), "true_reference": (15, 0),
        "swapped_labels": (20, 20), "wrong_direction": (10, 10),
        "wrong_unit": (10, 10), "chance_ratio": (10, 10), "dates": (10, 5),
        "ordinals": (10, 3), "version_numbers": (10, 2), "rounding": (10, 10),
        "separators": (10, 10), "given": (5, 0), "rank_words": (10, 3),
        "invented": (5, 5), "negation": (5, 3),
    }),
    "figures_more": (150, 50, {
        "true_literal": (15, 0), "true_reference": (10, 0),
        "swapped_labels": (10, 10), "wrong_direction": (10, 10),
        "wrong_unit": (10, 10), "chance_ratio": (10, 10), "dates": (10, 5),
        "ordinals": (10, 3), "version_numbers": (10, 2), "rounding": (10, 10),
        "separators": (10, 10), "given": (3, 0), "rank_words": (8, 3),
        "invented": (10, 10), "negation": (10, 10),
    }),
}
CASES, TRUE_CASES, KINDS = SHAPES[FOLDER.name]
WRONG_REFERENCES = 10
UNITS = {"events", "persons", "sessions", "percent", "bytes", "none"}
SYNONYMS = {
    "persons": ["visitor", "visitors", "users", "people", "persons"],
    "sessions": ["sessions", "visits"],
    "page views": ["views", "pageviews", "page-view"],
    "requests": ["hits", "request"],
}
WORDS = dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11)))
MONTHS = ("January February March April May June July August September "
          "October November December").split()
CHANGE = re.compile(
    r"\b(rose|rises?|risen|fell|falls?|drop(?:s|ped)?|increased?|decreased?|grew|grown|"
    r"climbed|slipped|declined|doubled?|halved|twice|highest|lowest|higher|lower|most|"
    r"least|fewest|more|fewer|less|busiest|quietest|peak(?:ed)?|largest|smallest|biggest|"
    r"leads?|up|down|first|second|third|fourth|fifth|last|top)\b", re.I)
REF = re.compile(r"\{\{(.*?)\}\}")
CELL = re.compile(r"\br(\d+)\[(\d+)\]\.(\w+)")

errors = []


def err(where, text):
    errors.append(f"{where}: {text}")


def number(text):
    """The value of a literal as English prose reads it, or None."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    bare = re.sub(r"\s*(%|percent)$", "", text)
    if re.fullmatch(r"\d{1,3}([,\u00a0\u202f ]\d{3})+(\.\d+)?|\d+(\.\d+)?", bare):
        return float(re.sub(r"[,\u00a0\u202f ]", "", bare))
    return None


def label_forms(column, value):
    """The ways a row's label can stand in a sentence."""
    if column["role"] == "label":
        return [value.lower()]
    day, _, hour = value.partition(" ")
    d = datetime.date.fromisoformat(day)
    month, th = MONTHS[d.month - 1].lower(), r"(?:st|nd|rd|th)?"
    days = [day, rf"{d.day}{th}(?: of)? {month}", rf"{month} {d.day}{th}"]
    return [rf"{hour} on {f}" for f in days] if hour else days


def stands(form, sentence, pattern=False):
    body = form if pattern else re.escape(form)
    return re.search(rf"(?<![\w]){body}(?![\w])", sentence, re.I) is not None


def measure_stands(column, sentence):
    title = column["title"]
    forms = [title, column["name"], column["name"].replace("_", " ")]
    forms += SYNONYMS.get(column["unit"], []) + SYNONYMS.get(title, [])
    return any(stands(f, sentence) for f in forms)


def bound(value, sentence, tables):
    """The cells equal to value whose row label and measure stand in the sentence."""
    out = []
    for t, table in enumerate(tables, 1):
        for i, row in enumerate(table["rows"]):
            named = all(
                any(stands(f, sentence, c["role"] == "time") for f in label_forms(c, v))
                for c, v in zip(table["columns"], row) if c["role"] != "measure")
            for c, v in zip(table["columns"], row):
                if (c["role"] == "measure" and v == value and named
                        and measure_stands(c, sentence)):
                    out.append(f"r{t}[{i}].{c['name']}")
    return out


def evaluate(reference, tables):
    """The value of a {{...}} reference; ValueError if it has none."""
    body, _, form = reference[2:-2].partition("|")
    if form.strip() not in ("", "percent"):
        raise ValueError("unknown format " + form)

    def cell(m):
        t, i, name = int(m[1]), int(m[2]), m[3]
        if not 1 <= t <= len(tables) or i >= len(tables[t - 1]["rows"]):
            raise ValueError("no such row")
        for c, v in zip(tables[t - 1]["columns"], tables[t - 1]["rows"][i]):
            if c["name"] == name:
                return repr(v)
        raise ValueError("no such column")

    code = CELL.sub(cell, body)
    tree = ast.parse(code.strip(), mode="eval")
    ok = (ast.Expression, ast.BinOp, ast.Constant, ast.Add, ast.Sub, ast.Mult, ast.Div)
    if not all(isinstance(n, ok) for n in ast.walk(tree)):
        raise ValueError("not arithmetic: " + code)
    return eval(compile(tree, "reference", "eval"))


def sentences(text):
    """(start, end) of each sentence; points inside references and numbers are no ends."""
    start, out = 0, []
    for m in re.finditer(r"(?<!\bSt)[.!?](?=\s+(?:[A-Z]|\d|\{\{))", text):
        out.append((start, m.end()))
        start = m.end()
    return out + [(start, len(text))]


def check_tables(doc):
    tables = {}
    for t in doc["tables"]:
        where = f"table {t.get('name')}"
        if t["name"] in tables:
            err(where, "name used twice")
        tables[t["name"]] = t
        for c in t["columns"]:
            if set(c) != {"name", "role", "unit", "title"}:
                err(where, f"column keys {sorted(c)}")
            if c["role"] not in ("time", "label", "measure") or c["unit"] not in UNITS:
                err(where, f"column {c['name']}: role or unit")
        for row in t["rows"]:
            if len(row) != len(t["columns"]):
                err(where, f"row length {row}")
            for c, v in zip(t["columns"], row):
                if isinstance(v, str) == (c["role"] == "measure"):
                    err(where, f"cell type {c['name']} {v!r}")
    return tables


def check_case(case, all_tables, stats):
    where = case.get("id", "?")
    if set(case) != {"id", "kind", "question", "tables", "answer", "claims"}:
        err(where, f"keys {sorted(case)}")
        return
    missing = [n for n in case["tables"] if n not in all_tables]
    if missing or not case["tables"]:
        err(where, f"tables {missing}")
        return
    tables = [all_tables[n] for n in case["tables"]]
    answer, at, spans = case["answer"], 0, []
    ends = sentences(answer)
    if len(ends) > 2:
        err(where, "more than two sentences")
    for claim in case["claims"]:
        text, truth = claim["text"], claim["truth"]
        if set(claim) != {"text", "truth", "why"} or not claim["why"]:
            err(where, f"claim keys {claim}")
        if truth not in ("true", "false", "given", "label"):
            err(where, f"truth {truth!r} of {text!r}")
        head = r"(?<![\w.,])" if text[0].isalnum() else ""
        tail = r"(?!\w)" if text[-1].isalnum() else ""
        m = re.compile(head + re.escape(text) + tail).search(answer, at)
        if not m:
            err(where, f"claim {text!r} is not in the answer, or out of order")
            continue
        at = m.end()
        spans.append(m.span())
        sentence = next(answer[a:b] for a, b in ends if a <= m.start() < b)
        if text.startswith("{{"):
            stats["references"] += 1
            stats["wrong_references"] += truth == "false"
            try:
                evaluate(text, tables)
            except (ValueError, SyntaxError) as e:
                if truth != "false":
                    err(where, f"{text} does not evaluate: {e}")
            if truth in ("given", "label"):
                err(where, f"{text}: a reference is true or false")
            continue
        value = number(text)
        cells = bound(value, sentence, tables) if value is not None else []
        # a rank such as "2nd" or "first" has no value; "First" as a word is a rank too
        literal = re.search(r"\d", text) and not re.search(r"\d(st|nd|rd|th)\b", text)
        literal = literal or text.lower() in WORDS
        if truth == "true" and literal:
            if not cells:
                err(where, f"{text!r} is true but no bound cell equals it: {sentence!r}")
            stats["true_literals"] += 1
        if truth == "false" and cells:
            stats["lures"] += 1
        if truth == "given":
            asked = [number(w) for w in re.findall(r"[\d][\d,.]*\d|\d", case["question"])]
            if value is None or value not in asked:
                err(where, f"{text!r} is given but not in the question")
            if cells:
                err(where, f"{text!r} is given and a bound cell at once")
        elif truth in ("true", "false") and literal:
            asked = [number(w) for w in re.findall(r"[\d][\d,.]*\d|\d", case["question"])]
            if value is not None and value in asked:
                err(where, f"{text!r} is {truth} but stands in the question")
    covered = lambda a, b: any(s <= a and b <= e for s, e in spans)
    for m in REF.finditer(answer):
        if not covered(*m.span()):
            err(where, f"no claim for {m[0]}")
    plain = REF.sub(lambda m: " " * len(m[0]), answer)
    names = [re.escape(n) for n in WORDS]
    for rx in (re.compile(r"\d[\d.,]*\d|\d"), CHANGE, re.compile(rf"\b({'|'.join(names)})\b", re.I)):
        for m in rx.finditer(plain):
            if not covered(*m.span()) and m[0].lower() != "one":
                err(where, f"no claim for {m[0]!r} in {answer!r}")


def main():
    all_tables = check_tables(yaml.safe_load((FOLDER / "tables.yaml").read_text("utf-8")))
    cases = yaml.safe_load((FOLDER / "sentences.yaml").read_text("utf-8"))["cases"]
    stats, seen, used = collections.Counter(), set(), set()
    kinds, hostile = collections.Counter(), collections.Counter()
    truths, true_cases = collections.Counter(), 0
    for case in cases:
        if case["id"] in seen:
            err(case["id"], "id used twice")
        seen.add(case["id"])
        check_case(case, all_tables, stats)
        used |= set(case["tables"])
        kinds[case["kind"]] += 1
        found = {c["truth"] for c in case["claims"]}
        truths.update(c["truth"] for c in case["claims"])
        hostile[case["kind"]] += "false" in found
        true_cases += "true" in found and "false" not in found
    pairs = collections.Counter((c["answer"], tuple(c["tables"])) for c in cases)
    for (answer, _), n in pairs.items():
        if n > 1:
            err("set", f"answer used {n} times: {answer!r}")
    for name in set(all_tables) - used:
        err("set", f"table {name} is never used")
    for kind in set(kinds) - set(KINDS):
        err("set", f"unknown kind {kind}")
    for kind, (least, least_false) in KINDS.items():
        if kinds[kind] < least or hostile[kind] < least_false:
            err("set", f"{kind}: {kinds[kind]} cases, {hostile[kind]} with a false claim; "
                       f"needs {least} and {least_false}")
    if len(cases) < CASES:
        err("set", f"{len(cases)} cases, needs {CASES}")
    if true_cases < TRUE_CASES:
        err("set", f"{true_cases} true cases, needs {TRUE_CASES}")
    if stats["wrong_references"] < WRONG_REFERENCES:
        err("set", f"{stats['wrong_references']} wrong references, needs {WRONG_REFERENCES}")
    print(f"{len(cases)} cases, {true_cases} of them true, {len(all_tables)} tables")
    for kind in KINDS:
        print(f"  {kind:16} {kinds[kind]:3} cases, {hostile[kind]:3} with a false claim")
    print("claims: " + ", ".join(f"{n} {t}" for t, n in sorted(truths.items())))
    print(f"references: {stats['references']}, {stats['wrong_references']} of them wrong; "
          f"true literals: {stats['true_literals']}; "
          f"false literals that a mere word search would verify: {stats['lures']}")
    for e in errors:
        print("ERROR", e)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
