"""A program as the model: asks the one query of its plan, then says the plan's text.

The plan is a JSON file: tool, arguments, text and headline, with HANDLE for the result's name.
"""
import json
import sys

plan = json.load(open(sys.argv[1]))
request = json.load(sys.stdin)
assert request["version"] == 1, "an unknown version of the protocol"
results = [message for message in request["messages"] if message["role"] == "tool"]
if not results:
    assert plan["tool"] in [tool["name"] for tool in request["tools"]], "the tool is not offered"
    call = {"id": "1", "name": plan["tool"], "arguments": plan["arguments"]}
    reply = {"tool_calls": [call]}
elif results[-1]["outcome"] == "ok":
    handle = results[-1]["handle"]
    reply = {"text": plan["text"].replace("HANDLE", handle),
             "headline": plan["headline"].replace("HANDLE", handle)}
else:
    reply = {"text": results[-1]["content"], "outcome": "refused"}
json.dump(reply, sys.stdout)
