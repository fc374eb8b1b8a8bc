#!/bin/sh
# A model for pictures: it counts once and then thinks for a while, or fails where the question says so.
request=$(cat)
case $request in
*'Where does it fail?'*)
  echo 'no answer from this model' >&2
  exit 1
  ;;
*'"role":"tool"'*)
  sleep 20
  echo '{"text": "That took long."}'
  ;;
*)
  cat <<'REPLY'
{"tool_calls": [{"id": "1", "name": "query_trends", "arguments": {
  "series": [{"event": "$pageview"}], "dateRange": {"date_from": "2015-05-17", "date_to": "2015-05-20"}}}]}
REPLY
  ;;
esac
