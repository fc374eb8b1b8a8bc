#!/usr/bin/env python3
"""Parses the queries of this folder with HogQL's own parser and exits 1 when one is rejected or the set is not whole.

Needs Node.js and the npm package @posthog/hogql-parser at version 1.3.87 (WebAssembly, MIT):

    npm install --prefix target/hogql-parser @posthog/hogql-parser@1.3.87
    python3 tests/cases/hogql/check.py [target/hogql-parser]

Beside the syntax it checks that ids do not repeat and that there are 400 queries; of those that shall run, that no
two have one structure, that they call only functions of functions.yaml or of standard SQL, and that they name only
properties and tables that there are. It knows no types: whether a query can run is not what it says.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LEVELS = ["easy", "middle", "hard"]
WANTED = 400
MODULE = "@posthog/hogql-parser"
PARSE = """
import {{ createRequire }} from 'module';
import {{ readFileSync }} from 'fs';
const create = createRequire({folder})({module});
const parser = await (create.default ?? create)();
const queries = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(queries.map(query => JSON.parse(parser.parseSelect(query, true)))));
"""

# What SQL and DataFusion have under these names.
STANDARD = {"nth_value", "ntile", "lag", "lead", "log10", "matchesAction"}
# The parser writes some forms as calls.
FORMS = {"_caseWithExpression", "EXISTS", "NOT"}

TABLES = {"events", "persons", "sessions", "groups", "cohorts", "cohort_people", "person_distinct_ids", "numbers"}
OF_PERSONS = "email plan role city seats trial newsletter".split()
OF_GROUPS = "name plan seats industry".split()
COLUMNS = """$session_id $window_id $group_0 $start_timestamp $end_timestamp $entry_current_url $entry_pathname
$entry_hostname $end_current_url $end_pathname $end_hostname $entry_utm_source $entry_utm_medium $entry_utm_campaign
$entry_referring_domain $pageview_count $autocapture_count $channel_type $session_duration $is_bounce""".split()


def read(path):
    """The entries of a file: what the lines before the query say, and the query."""
    entries = []
    for line in path.read_text().splitlines():
        heading = re.match(r"-- (id|asks|expect|given): (.+)$", line)
        if heading and heading[1] == "id":
            entries.append({"file": path.name, "id": heading[2], "query": ""})
        elif heading:
            entries[-1][heading[1]] = heading[2]
        else:
            entries[-1]["query"] += line + "\n"
    return entries


def parse(queries, folder):
    script = PARSE.format(folder=json.dumps(str(folder.resolve()) + "/"), module=json.dumps(MODULE))
    command = ["node", "--input-type=module", "--eval", script]
    done = subprocess.run(command, input=json.dumps(queries), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the parser can't be loaded from {folder}: see the head of {pathlib.Path(__file__).name}\n{done.stderr}")
    return json.loads(done.stdout)


def nodes(tree):
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from nodes(part)


def structure(tree):
    """The tree without names and values: equal for queries that differ in nothing else."""
    if isinstance(tree, list):
        return [structure(part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.get("node") == "Field":
        return "field"
    if tree.get("node") == "Constant":
        return "constant"
    return {key: structure(part) for key, part in tree.items() if key not in ("alias", "start", "end")}


def names_of(tree):
    calls, fields, tables = set(), set(), set()
    for node in nodes(tree):
        if node.get("node") == "Call":
            calls.add(node["name"])
        elif node.get("node") == "WindowFunction":
            calls.add(node["name"])
        elif node.get("node") == "Field":
            fields.add(tuple(node["chain"]))
        elif node.get("node") == "JoinExpr" and (node.get("table") or {}).get("node") == "Field":
            tables.add(".".join(map(str, node["table"]["chain"])))
    return calls, fields, tables


def defined_in(tree):
    """Names of CTEs, which stand where tables do."""
    names = set()
    for node in nodes(tree):
        names |= {cte["name"] for cte in nodes(node.get("ctes") or []) if "name" in cte}
    return names


def known_properties():
    text = (ROOT / "crates/world/src/properties.rs").read_text()
    of_events = set(re.findall(r'"([^"]+)" (?:Text|Integer|Double|Boolean|Json)\b', text))
    initial = {"$initial_" + key.removeprefix("$") for key in of_events}
    return of_events | initial | set(OF_PERSONS) | set(OF_GROUPS)


def unknown(tree, functions, properties):
    calls, fields, tables = names_of(tree)
    for call in sorted(calls - functions - STANDARD - FORMS):
        yield f"function {call} is neither in functions.yaml nor standard"
    for table in sorted(tables - TABLES - defined_in(tree)):
        yield f"table {table}"
    for chain in sorted(fields, key=str):
        if "properties" in chain[:-1]:
            key = chain[chain.index("properties") + 1]
            if key not in properties:
                yield f"property {key}"
        elif isinstance(chain[-1], str) and chain[-1].startswith("$") and chain[-1] not in COLUMNS:
            yield f"column {chain[-1]}"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/hogql-parser")
    entries = [entry for level in LEVELS for entry in read(HERE / f"{level}.sql")]
    outside = read(HERE / "outside.sql")
    trees = parse([entry["query"] for entry in entries + outside], folder)
    functions = set(re.findall(r"^- name: (\S+)$", (HERE.parent / "functions.yaml").read_text(), re.M))
    properties = known_properties()
    faults, seen, structures, counts = [], set(), {}, collections.Counter()
    for entry, tree in zip(entries + outside, trees):
        name = entry["id"]
        if name in seen:
            faults.append(f"{name}: the id stands twice")
        seen.add(name)
        expect = re.fullmatch(r"(runs)|refused, naming (\S.*)", entry.get("expect", ""))
        if not entry.get("asks") or not expect:
            faults.append(f"{name}: needs `asks` and `expect: runs` or `expect: refused, naming ...`")
            continue
        if "given" in entry:
            json.loads(entry["given"])
        if entry in outside:
            if not tree.get("error") or not expect[2]:
                faults.append(f"{name}: HogQL's parser takes it, or it shall run")
            continue
        counts[entry["file"].removesuffix(".sql"), "runs" if expect[1] else "refused"] += 1
        if tree.get("error"):
            faults.append(f"{name}: {tree['message']}")
            continue
        if expect[1]:
            twin = structures.setdefault(json.dumps(structure(tree), sort_keys=True), name)
            if twin != name:
                faults.append(f"{name}: has the structure of {twin}")
            faults += [f"{name}: {what}" for what in unknown(tree, functions, properties)]
        if not expect[1] and expect[2].lower() not in entry["query"].lower():
            if expect[2] not in ("lambda",):
                faults.append(f"{name}: {expect[2]} does not stand in it")
    if len(entries) < WANTED:
        faults.append(f"{len(entries)} queries, {WANTED} are wanted")
    for fault in faults:
        print(fault, file=sys.stderr)
    for level in LEVELS:
        print(f"{level}: {counts[level, 'runs']} run, {counts[level, 'refused']} are refused")
    print(f"{len(entries)} queries, {len(outside)} outside of HogQL's grammar")
    print(f"{len(entries) + len(outside) - len({fault.split(':')[0] for fault in faults})} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
