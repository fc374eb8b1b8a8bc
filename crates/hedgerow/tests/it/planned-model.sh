#!/bin/sh
# A model for tests. The question is its plan: `plan ROUNDS SECONDS END`. Each reply takes so many
# seconds; the first ROUNDS replies call tools, the last one ends the run in the way of END.
request=$(cat)
# Unquoted on purpose: the four words of the plan become the arguments.
set -- $(printf '%s' "$request" | grep -o 'plan [0-9]* [0-9.]* [a-z]*' | head -n 1)
rounds=$2
end=$4
replies=$(printf '%s' "$request" | grep -o '"role":"assistant"' | wc -l)
sleep "$3"
if [ "$replies" -lt "$rounds" ]; then
  cat <<'REPLY'
{"tool_calls": [
  {"id": "1", "name": "execute_sql", "arguments": {"query": "SELECT event, count(*) AS events FROM events GROUP BY event"}},
  {"id": "2", "name": "read_taxonomy", "arguments": {"kind": "events"}},
  {"id": "3", "name": "no_such_tool", "arguments": {}},
  {"id": "4", "name": "todo_write", "arguments": {"items": [{"content": "count", "status": "pending"}]}}
]}
REPLY
  exit 0
fi
case $end in
  answer) echo '{"text": "That is all there is to say about it."}' ;;
  lie) echo '{"text": "There were 12345 events."}' ;;
  ask) echo '{"tool_calls": [{"id": "1", "name": "ask_user", "arguments": {"question": "Which?"}}]}' ;;
  *) echo 'the plan says to fail' >&2; exit 1 ;;
esac
