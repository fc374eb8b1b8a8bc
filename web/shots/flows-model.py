#!/usr/bin/env python3
"""A model for the flows: it knows the calls that the built-in analyst does not, and says when one is done."""

import json
import sys

CALLS = {
    "cohort": ("cohorts", "create_cohort", {"name": "Testers", "body": {"persons": ["user-1", "user-2"]}}),
}


def call(name, arguments):
    return {"tool_calls": [{"id": name, "name": name, "arguments": arguments}]}


def reply(request):
    messages = request["messages"]
    done = [message for message in messages if message["role"] == "tool" and message["outcome"] == "ok"]
    words = [message["content"].lower() for message in messages if message["role"] == "user"]
    for noun, (mode, tool, arguments) in CALLS.items():
        if noun in words[0]:
            if any(message["name"] == tool for message in done):
                return {"text": "Done: it is on its page."}
            if tool not in [card["name"] for card in request["tools"]]:
                return call("enable_mode", {"mode": mode})
            return call(tool, arguments)
    return {"text": "I only make one object of each kind.", "outcome": "refused"}


json.dump(reply(json.load(sys.stdin)), sys.stdout)
