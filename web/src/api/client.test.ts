import { afterEach, expect, it, vi } from "vitest";
import { ApiError, api, asReport } from "@/api/client";

afterEach(() => vi.unstubAllGlobals());

/** A server that gives one answer, and notes what it was asked. */
function serve(answer: () => Response) {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (target: string | Request, init: RequestInit) => {
    asked.push(new Request(target, init));
    return answer();
  });
  return asked;
}

const failure = async (call: () => Promise<unknown>) => {
  const error = await call().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
};

it("a list is its data, and names are encoded in the address", async () => {
  const asked = serve(() => Response.json({ data: ["How many?"] }));
  expect(await api.suggestions("my site&x")).toEqual(["How many?"]);
  await api.suggestions("site", "/objects/feature_flag");
  await api.conversation("a/b");
  await api.runs("site");
  expect(asked.map(({ url }) => url.replace(/^https?:\/\/[^/]+/, ""))).toEqual([
    "/api/suggestions?project=my%20site%26x",
    "/api/suggestions?project=site&page=%2Fobjects%2Ffeature_flag",
    "/api/conversations/a%2Fb",
    "/api/runs?project=site&limit=100",
  ]);
});

it("a failure carries the server's report", async () => {
  const report = { code: "unknown_name", retry: "adjust", message: "unknown project", hint: "known: site" };
  serve(() => Response.json({ error: report }, { status: 404 }));
  const error = await failure(api.projects);
  expect([error.report, error.status]).toEqual([report, 404]);
  expect(asReport(error)).toEqual(report);
});

it.each([
  [502, "<h1>Bad Gateway</h1>", "once"],
  [400, "", "never"],
])("a failure %i without a report still says what it was", async (status, body, retry) => {
  serve(() => new Response(body, { status }));
  const { report } = await failure(() => api.cancel("run"));
  expect(report).toEqual({
    code: "internal",
    retry,
    message: `the server answered with status ${status}`,
    hint: null,
  });
});

it("a server that can't be reached is said so", async () => {
  serve(() => {
    throw new TypeError("network");
  });
  const { report, status } = await failure(() => api.ask("site", { run_id: "r", question: "How many?" }));
  expect([report.code, status]).toEqual(["unavailable", 0]);
});

it("a list without a body is a failure and no empty list", async () => {
  serve(() => new Response(null, { status: 200 }));
  await expect(api.projects()).rejects.toThrow("no body");
});
