"""What the server bears: one of two parts, each printed and written to a report as JSON.

    load.py kinds REPORT BINARY DATA PROJECT    the warm time of each query
    load.py many REPORT BINARY DATA PROJECT     50 queries at once; a light one beside heavy ones; a cancelled one

A query is cancelled as a browser does it: by closing its connection. What the server's processors do from 100 ms after
that on is held against the time that passes.
"""
import json
import pathlib
import socket
import statistics
import sys
import threading
import time

from engines import Hedgerow
from queries import QUERIES, range_of

AT_ONCE = 50
LIGHT_TIMES = 60
CANCELS = 10
LIGHT = {"path": "query", "rows": lambda answer: answer["results"], "body": {
    "kind": "TrendsQuery", "series": [{"event": "signed_up"}], "dateRange": range_of(("2026-06-24", "2026-06-30"))}}
HEAVY = next(query for query in QUERIES if query["name"] == "funnel of 5 steps within 14 days")


def p95(times):
    return statistics.quantiles(times, n=20, method="inclusive")[18]


def kinds(server):
    results = []
    for query in QUERIES:
        server.run(query)
        times = [server.run(query)[0] * 1e3 for _ in range(9)]
        results.append({"name": query["name"], "kind": query["kind"], "warm_ms": statistics.median(times)})
        print(f"  {query['name']:<34} {statistics.median(times):8.1f} ms, slowest {max(times):8.1f} ms", flush=True)
    return {"queries": results}


def at_once(server):
    errors, times = [], []

    def ask(query):
        try:
            times.append(server.run(query)[0])
        except Exception as error:
            errors.append(f"{query['name']}: {error}")

    threads = [threading.Thread(target=ask, args=(QUERIES[n % len(QUERIES)],)) for n in range(AT_ONCE)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    slowest = max(times, default=0.0)
    print(f"{AT_ONCE} queries at once: {len(errors)} errors, all in {took:.1f} s, the slowest {slowest:.1f} s", flush=True)
    return {"errors": errors, "seconds": took, "slowest_seconds": slowest}


def light_beside_heavy(server):
    def light():
        return [server.run(LIGHT)[0] * 1e3 for _ in range(LIGHT_TIMES)]

    light()
    solo = p95(light())
    ended, heavy_times = threading.Event(), []

    def heavy():
        while not ended.is_set():
            heavy_times.append(server.run(HEAVY)[0])

    thread = threading.Thread(target=heavy)
    thread.start()
    time.sleep(0.3)
    beside = p95(light())
    ended.set()
    thread.join()
    print(f"a light query: p95 {solo:.1f} ms alone, {beside:.1f} ms beside one that takes "
          f"{statistics.median(heavy_times):.1f} s", flush=True)
    return {"solo_p95_ms": solo, "beside_p95_ms": beside, "heavy_seconds": statistics.median(heavy_times)}


def cancel(server):
    whole = server.run(HEAVY)[0]
    body = json.dumps(HEAVY["body"]).encode()
    head = (f"POST /api/projects/{server.project}/query?refresh=true HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    after, during = [], []
    for n in range(CANCELS):
        connection = socket.create_connection(("127.0.0.1", server.port))
        begun, start = server.cpu_seconds(), time.perf_counter()
        connection.sendall(head + body)
        # In different stages of the query.
        time.sleep(whole * (n + 0.5) / CANCELS * 0.8)
        during.append((server.cpu_seconds() - begun) / (time.perf_counter() - start))
        connection.close()
        time.sleep(0.1)
        begun, start = server.cpu_seconds(), time.perf_counter()
        time.sleep(0.3)
        after.append((server.cpu_seconds() - begun) / (time.perf_counter() - start))
    if statistics.mean(during) < 0.1:
        raise RuntimeError("the server did nothing for the queries that were to be cancelled")
    print(f"a query of {whole:.1f} s cancelled {CANCELS} times: {statistics.mean(during):.2f} processors before, at most "
          f"{max(after):.3f} from 100 ms after on", flush=True)
    return {"seconds": whole, "processors_before": statistics.mean(during), "processors_after": max(after)}


def main(part, report, *hedgerow):
    server = Hedgerow(*hedgerow)
    try:
        if part == "kinds":
            result = kinds(server)
        else:
            result = {"at_once": at_once(server), "light": light_beside_heavy(server), "cancel": cancel(server)}
    finally:
        server.close()
    pathlib.Path(report).write_text(json.dumps(result | {"peak_mb": server.peak_mb}))


main(*sys.argv[1:])
