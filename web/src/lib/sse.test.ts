import { expect, it } from "vitest";
import { SseParser } from "@/lib/sse";

const STREAM =
  ': hello\n\nid: 1\nevent: run_event\ndata: {"a":1}\n\nid: 2\r\nevent: run_event\r\ndata: x\r\ndata:y\r\n\r\n';
const EVENTS = [
  { id: "1", event: "run_event", data: '{"a":1}' },
  { id: "2", event: "run_event", data: "x\ny" },
];

it("parser gives the same events wherever the text is cut", () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    const parser = new SseParser();
    expect([...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))]).toEqual(EVENTS);
  }
  const parser = new SseParser();
  expect([...STREAM].flatMap((character) => parser.push(character))).toEqual(EVENTS);
});

it("parser holds back an event that is not complete", () => {
  const parser = new SseParser();
  expect(parser.push("id: 3\nevent: run_event\ndata: z\n")).toEqual([]);
  expect(parser.push("\n")).toHaveLength(1);
});
