#!/usr/bin/env python3
"""Truths of the product questions, computed from the exported raw events.

Shares no code with the product: DuckDB only reads the Parquet file; persons, funnels,
retention and all else are made here, slowly and plainly, in Python. `--check` compares
with questions.yaml, `--write` fills it in. README.md has the meaning of every word.
"""
import argparse
import bisect
import collections
import datetime
import json
import pathlib
import re
import statistics
import sys

import duckdb
import yaml

HERE = pathlib.Path(__file__).resolve().parent

MINUTE, HOUR, DAY = (datetime.timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
WEEK = 7 * DAY

Event = collections.namedtuple("Event", "at name distinct_id session props key")

PROPERTIES = """$browser $os $device_type $pathname $process_person_profile app_version plan
utm_source utm_campaign $feature/onboarding-checklist note_length upload_mb results amount seats
$current_url search_term cancel_reason alias $anon_distinct_id""".split()


# Persons: the rules of merging, applied in the order of timestamps, then of uuids.

ILLEGAL = {"anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated",
           "email", "undefined", "true", "false"}
ILLEGAL_AS_WRITTEN = {"[object Object]", "NaN", "None", "none", "null", "0", ""}
MERGES = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}


def is_illegal(distinct_id):
    bare = distinct_id.strip().strip("'\"")
    return bare.lower() in ILLEGAL or bare in ILLEGAL_AS_WRITTEN


def persons_of(events):
    """The person of each distinct id, and when each person was created (absent for those who never were)."""
    person, members, identified, created = {}, {}, set(), {}
    for event in events:
        if event.props["$process_person_profile"] is False:
            continue
        own = event.distinct_id
        if own not in person:
            person[own] = own
            members[own] = [own]
            created[own] = event.at
        if event.name not in MERGES:
            continue
        other = event.props[MERGES[event.name]]
        if other is not None and not is_illegal(other) and other != own:
            into, absorbed = person[own], person.get(other)
            if absorbed is None:
                person[other] = into
                members[into].append(other)
            elif absorbed != into:
                if absorbed in identified and event.name != "$merge_dangerously":
                    continue
                for moved in members.pop(absorbed):
                    person[moved] = into
                    members[into].append(moved)
                created[into] = min(created[into], created.pop(absorbed))
            identified.add(into)
        elif event.name == "$identify":
            identified.add(person[own])
    return person, created


class World:
    def __init__(self, path):
        db = duckdb.connect()
        fields = ", ".join(f'"{name}"' for name in PROPERTIES)
        rows = db.execute(
            f"SELECT epoch_us(timestamp), event, distinct_id, session_id, person_key, {fields} "
            "FROM read_parquet($path) ORDER BY timestamp, uuid", {"path": str(path)}).fetchall()
        epoch = datetime.datetime(1970, 1, 1)
        self.events = [
            Event(epoch + datetime.timedelta(microseconds=row[0]), *row[1:4],
                  dict(zip(PROPERTIES, row[5:])), row[4])
            for row in rows]
        self.person, self.created = persons_of(self.events)
        self.streams = collections.defaultdict(list)
        for event in self.events:
            self.streams[self.of(event)].append(event)
        self.times = [event.at for event in self.events]

    def of(self, event):
        return self.person.get(event.distinct_id, event.distinct_id)

    def disagreements(self):
        """Persons made here that are not those of the export, as a check of either."""
        ours, theirs = collections.defaultdict(set), collections.defaultdict(set)
        for event in self.events:
            ours[self.of(event)].add(event.key)
            theirs[event.key].add(self.of(event))
        return sum(len(keys) > 1 for keys in [*ours.values(), *theirs.values()])


WORLD = None


# What the truths of questions.yaml are written with.

def day(text):
    return datetime.datetime.fromisoformat(text)


def period(first, last=None):
    """Whole days, both included."""
    return day(first), day(last or first) + DAY


ALL = (day("2026-04-02"), day("2026-07-01"))
APRIL = period("2026-04-02", "2026-04-30")
MAY = period("2026-05-01", "2026-05-31")
JUNE = period("2026-06-01", "2026-06-30")


def since(first):
    return day(first), ALL[1]


def earlier(when, by=None):
    """The period of the same length just before, or the same period some days before."""
    by = by or when[1] - when[0]
    return when[0] - by, when[1] - by


def ev(name=None, **props):
    """A test of events: by name (none: every event) and by properties, `_path` for `$pathname` and so on."""
    keys = {"path": "$pathname", "browser": "$browser", "os": "$os", "device": "$device_type",
            "checklist": "$feature/onboarding-checklist"}
    props = {keys.get(key, key): value for key, value in props.items()}
    return lambda event: ((name is None or event.name == name)
                          and all(event.props[key] == value for key, value in props.items()))


def view(path, **props):
    return ev("$pageview", path=path, **props)


def with_profile(event):
    return event.props["$process_person_profile"] is not False


def with_session(event):
    return event.session is not None


def found(test, when=ALL):
    first, last = (bisect.bisect_left(WORLD.times, edge) for edge in when)
    return [event for event in WORLD.events[first:last] if test(event)]


def count(test, when=ALL):
    return len(found(test, when))


def persons(test, when=ALL):
    return {WORLD.of(event) for event in found(test, when)}


def people(test=ev(), when=ALL):
    return len(persons(test, when))


def ids(test=ev(), when=ALL):
    """Distinct ids: what a count of people without merges would say."""
    return len({event.distinct_id for event in found(test, when)})


def sessions(test=ev(), when=ALL):
    return len({event.session for event in found(test, when) if event.session})


def change(now, before):
    return 100 * (now - before) / before


def values(prop, test, when=ALL):
    return [event.props[prop] for event in found(test, when) if event.props[prop] is not None]


def mean(numbers):
    return statistics.fmean(numbers)


def median(numbers):
    return statistics.median(numbers)


def by(prop, test, when=ALL, of=None):
    """How many events, or people (`of=people`), have each value of a property."""
    groups = collections.defaultdict(list)
    for event in found(test, when):
        if event.props[prop] is not None:
            groups[event.props[prop]].append(WORLD.of(event))
    return {kind: len(set(group) if of is people else group) for kind, group in groups.items()}


def top(measures, least=False):
    """The one name with the highest value; a tie is an error."""
    ranked = sorted(measures.items(), key=lambda item: item[1], reverse=not least)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        raise ValueError(f"a tie of {ranked[:2]}")
    return ranked[0][0]


def bottom(measures):
    return top(measures, least=True)


def by_name(among):
    """The number of events of each name that is not left out."""
    return collections.Counter(name for name in map(among, WORLD.events) if name)


def per_person(test, when=ALL):
    """The number of events of each person who has any."""
    return list(collections.Counter(WORLD.of(event) for event in found(test, when)).values())


def per_day(test, when=ALL, of=people):
    days = (when[1] - when[0]).days
    return {(when[0] + n * DAY).date().isoformat(): of(test, (when[0] + n * DAY, when[0] + (n + 1) * DAY))
            for n in range(days)}


class funnel:
    """Every person's furthest step: for each event of the first step, the earliest events that go on from it.

    Wrong readings leave out the order and the window (`ordered`), or take distinct ids for persons (`merged`).
    """

    def __init__(self, *steps, when=ALL, within=14 * DAY, ordered=True, merged=True):
        self.reached, self.seconds, self.first = {}, [], {}
        streams = WORLD.streams
        if not merged:
            streams = collections.defaultdict(list)
            for event in WORLD.events:
                streams[event.distinct_id].append(event)
        for person, stream in streams.items():
            stream = [event for event in stream if when[0] <= event.at < when[1]]
            starts = [at for at, event in enumerate(stream) if steps[0](event)]
            if not starts:
                continue
            best, ends = 1, []
            if not ordered:
                have = [any(step(event) for event in stream) for step in steps]
                self.reached[person] = sum(have)
                continue
            for start in starts:
                limit = stream[start].at + within
                at, depth = start, 1
                for step in steps[1:]:
                    following = (n for n in range(at + 1, len(stream))
                                 if stream[n].at <= limit and step(stream[n]))
                    at = next(following, None)
                    if at is None:
                        break
                    depth += 1
                best = max(best, depth)
                if depth == len(steps):
                    ends.append((stream[at].at, stream[start].at))
            self.reached[person] = best
            self.first[person] = stream[starts[0]]
            if ends:
                end = min(ends)[0]
                start = max(start for other, start in ends if other == end)
                self.seconds.append((end - start).total_seconds())
        self.steps = len(steps)

    def at(self, step=None):
        """The persons who reached a step, counted from 1."""
        return sum(depth >= (step or self.steps) for depth in self.reached.values())

    def share(self, step=None, of=1):
        return 100 * self.at(step) / self.at(of)

    def lost(self):
        return self.at(1) - self.at()

    def shares_by(self, prop, least=1):
        """The share of each value that the property has on a person's first step."""
        entered, done = collections.Counter(), collections.Counter()
        for person, event in self.first.items():
            entered[event.props[prop]] += 1
            done[event.props[prop]] += self.reached[person] == self.steps
        return {kind: 100 * done[kind] / size for kind, size in entered.items()
                if kind is not None and size >= least}


class retention:
    """People who did `target` in a stretch, and those of them who did `back` in the k-th stretch after it.

    `first`: only those for whom it was the first time ever. `starts`: the first days of the stretches; several are
    added up.
    """

    def __init__(self, target, back, *starts, unit=WEEK, k=1, first=True):
        self.size = self.back = 0
        for start in map(day, starts):
            cohort = persons(target, (start, start + unit))
            if first:
                cohort -= persons(target, (ALL[0], start))
            returned = persons(back, (start + k * unit, start + (k + 1) * unit))
            self.size += len(cohort)
            self.back += len(cohort & returned)

    def share(self):
        return 100 * self.back / self.size


def days_from(first, count):
    return [(day(first) + n * DAY).date().isoformat() for n in range(count)]


class lifecycle:
    """The four states of one stretch, weeks unless `unit` says otherwise. Events without a person don't count."""

    def __init__(self, test, start, unit=WEEK, by_first_event=False, personless=False):
        start = day(start)
        known = lambda event: test(event) and (personless or with_profile(event))
        now = persons(known, (start, start + unit))
        before = persons(known, (start - unit, start))
        if by_first_event:
            ever = persons(known, (ALL[0], start))
            created = now - ever
        else:
            created = {who for who in now if start <= WORLD.created.get(who, ALL[0] - DAY) < start + unit}
        self.new = len(created)
        self.returning = len(now & before - created)
        self.resurrecting = len(now - before - created)
        self.dormant = len(before - now)


def stickiness(test, when, unit=DAY):
    """On how many days (or weeks) of a period each person did it."""
    active = collections.defaultdict(set)
    for event in found(test, when):
        active[WORLD.of(event)].add((event.at - when[0]) // unit)
    return [len(buckets) for buckets in active.values()]


def exactly(number, counts):
    return sum(found == number for found in counts)


def at_least(number, counts):
    return sum(found >= number for found in counts)


def after(test, among, when=ALL, first_only=True, collapse=True):
    """What comes next after an event in the same session (a gap of 30 minutes ends it), by the number of sessions.

    Equal items that follow each other are one. `among` makes an event an item, or leaves it out with None.
    """
    following = collections.Counter()
    for stream in WORLD.streams.values():
        session, last = [], None
        for event in [*stream, None]:
            if event is None or last is not None and event.at - last > 30 * MINUTE:
                marks = [n for n, (_, is_start) in enumerate(session) if is_start]
                for mark in marks[:1] if first_only else marks:
                    rest = [item for item, _ in session[mark + 1:]]
                    if collapse:
                        own = session[mark][0]
                        while rest and rest[0] == own:
                            rest.pop(0)
                    if rest:
                        following[rest[0]] += 1
                session = []
            if event is None:
                break
            if not when[0] <= event.at < when[1]:
                continue
            item = among(event)
            if item is not None:
                session.append((item, test(event)))
                last = event.at
    return following


def custom(event):
    return None if event.name.startswith("$") else event.name


def any_name(event):
    return event.name


def page(event):
    return event.props["$pathname"] if event.name == "$pageview" else None


def truth(expression):
    value = eval(expression, globals())  # noqa: S307: the expressions are our own
    if isinstance(value, str):
        return value
    value = round(float(value), 4)
    return int(value) if value.is_integer() else value


def fill(text, case, value):
    """questions.yaml with one case's value replaced, the rest left as written."""
    head = rf'(^- id: {re.escape(case["id"])}\n(?:(?!^- id:).*\n)*?.*\bvalue: )("[^"]*"|[^,}}]*)'
    text, hits = re.subn(head, lambda m: m[1] + json.dumps(value), text, count=1, flags=re.M)
    if hits != 1:
        raise ValueError("no value to fill in")
    return text


def main():
    global WORLD
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("events", type=pathlib.Path, help="the events of the world, exported as Parquet")
    args.add_argument("--questions", type=pathlib.Path, default=HERE / "questions.yaml")
    args.add_argument("--others", type=pathlib.Path, default=HERE / "other_readings.yaml",
                      help="other readings of the questions, which must give other values")
    mode = args.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="exit 1 on a difference")
    mode.add_argument("--write", action="store_true", help="fill questions.yaml in")
    args = args.parse_args()

    WORLD = World(args.events)
    wrong = []
    if differ := WORLD.disagreements():
        wrong.append(f"{differ} persons are not those of the export")
    text = args.questions.read_text()
    cases = yaml.safe_load(text)["questions"]
    others = yaml.safe_load(args.others.read_text())
    ids = [case["id"] for case in cases]
    wrong += [f"{i}: id used twice" for i in sorted(set(ids)) if ids.count(i) > 1]
    wrong += [f"{i}: another reading of no question" for kind in others.values() for i in kind if i not in ids]
    for case in cases:
        name, expect = case["id"], case["expect"]
        if expect["outcome"] != "answered":
            continue
        try:
            got = truth(case["truth"])
            if args.write:
                text = fill(text, case, got)
            readings = [(said, kind == "alike", truth(made)) for kind, of in others.items()
                        for said, made in of.get(name, {}).items()]
            if not any(not alike for _, alike, _ in readings):
                wrong.append(f"{name}: no wrong reading to tell it from")
        except Exception as error:  # noqa: BLE001: whatever is wrong with a truth is told with its id
            wrong.append(f"{name}: {type(error).__name__}: {error}")
            continue
        wanted = got if args.write else expect["value"]
        print(f"{name}: {got}")
        if got != wanted:
            wrong.append(f"{name}: {wanted!r} expected, the events say {got!r}")
        for said, alike, other in readings:
            print(f"    {'alike' if alike else 'wrong'}, {said}: {other}")
            is_text = isinstance(got, str) or isinstance(other, str)
            same = got == other if is_text else abs(got - other) <= expect["tolerance"]
            if same != alike:
                wrong.append(f"{name}: the reading {said!r} gives {other!r}, the truth is {got!r}")
    if args.write:
        args.questions.write_text(text)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong and (args.check or args.write) else 0


if __name__ == "__main__":
    sys.exit(main())
