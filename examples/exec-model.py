#!/usr/bin/env python3
"""A model of Hedgerow in a few lines: it counts page views and refuses everything else.

    hedgerow ask "How many page views were there on 2015-05-18?" \
        --model "exec:python3 examples/exec-model.py"

Hedgerow starts this program once for each reply, with the whole conversation as JSON on standard
input, and reads one reply as JSON from standard output. So nothing is kept between two replies: what
to do next is read from the messages. docs/guides/models.md describes the format.
"""

import json
import re
import sys

# The questions it understands, as a whole: a word that no part of the pattern takes, such as "bots",
# makes the question one that it refuses instead of one that it answers wrongly.
DAY = r"\d{4}-\d{2}-\d{2}"
QUESTION = re.compile(
    r"how many page views(?: were there| did we get)?"
    rf"(?P<period> on (?P<day>{DAY})| from (?P<first>{DAY}) to (?P<last>{DAY}))?\s*\?*",
    re.IGNORECASE,
)


def call(name, arguments):
    """A reply that asks for one tool. The id is free to choose; the result comes back under it."""
    return {"tool_calls": [{"id": name, "name": name, "arguments": arguments}]}


def refuse(why):
    """A final reply without an answer. A refusal needs no number, so it has none."""
    return {"text": why, "outcome": "refused"}


def date_range(question):
    if question["day"]:
        return {"date_from": question["day"], "date_to": question["day"]}
    if question["first"]:
        return {"date_from": question["first"], "date_to": question["last"]}
    return {"date_from": "all"}


def reply(request):
    messages = request["messages"]
    # Everything after the user's last words belongs to this question.
    start = max(n for n, message in enumerate(messages) if message["role"] == "user")
    question = QUESTION.fullmatch(messages[start]["content"].strip())
    results = {message["name"]: message for message in messages[start:] if message["role"] == "tool"}

    if not question:
        return refuse("I only count page views: in total, on a day, or from a day to a day, as year-month-day.")
    if "repair" in request:
        # The last answer held a number that its reference does not support. This program has no
        # better one, and must not make one up.
        return refuse("I could not support the number of page views.")

    # Names are looked up before they are used.
    taxonomy = results.get("read_taxonomy")
    if taxonomy is None:
        return call("read_taxonomy", {"kind": "events"})
    if taxonomy["outcome"] != "ok" or "$pageview" not in taxonomy["content"]:
        return refuse("This project has no page views.")

    counted = results.get("query_trends")
    if counted is None:
        query = {
            "series": [{"event": "$pageview"}],
            "dateRange": date_range(question),
            "trendsFilter": {"display": "BoldNumber"},
        }
        return call("query_trends", query)
    if counted["outcome"] != "ok":
        return refuse("The page views could not be counted; the failed call says why.")

    # The number itself is never written: the reference names its result, row and column, and Hedgerow
    # puts the number there. The period may be written, because it stands in the question.
    reference = counted["handle"] + "[0].page_views"
    period = question["period"] or ""
    return {"text": "{{" + reference + "}} page views" + period + ".", "headline": reference}


def main():
    request = json.load(sys.stdin)
    if request["version"] != 1:
        # What is printed here stands in Hedgerow's error message.
        sys.exit(f"this program knows version 1 of the protocol, not {request['version']}")
    json.dump(reply(request), sys.stdout)


if __name__ == "__main__":
    main()
