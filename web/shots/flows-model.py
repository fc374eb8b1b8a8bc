#!/usr/bin/env python3
"""A model for the flows: it knows one call for each kind of object, and says when it is done."""

import json
import sys

CALLS = {
    "feature flag": ("feature_flags", "create_feature_flag", {
        "name": "new-editor",
        "body": {"description": "The new editor", "active": True, "filters": {"groups": [{"rollout_percentage": 20}]}},
    }),
    "insight": ("insights", "create_insight", {
        "name": "Views by day",
        "body": {"query": {"series": [{"event": "$pageview"}], "dateRange": {"date_from": "all"}}},
    }),
    "dashboard": ("insights", "create_dashboard", {
        "name": "Traffic",
        "body": {"tiles": [{"type": "text", "text": "What people read"}]},
    }),
    "cohort": ("cohorts", "create_cohort", {"name": "Testers", "body": {"persons": ["user-1", "user-2"]}}),
    "action": ("actions", "create_action", {
        "name": "Not found",
        "body": {"steps": [{"event": "$request", "properties": [{"key": "status", "value": 404}]}]},
    }),
    "notebook": ("notebooks", "create_notebook", {
        "name": "What people read",
        "body": {"cells": [{"type": "text", "text": "The pages of a week."}]},
    }),
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
