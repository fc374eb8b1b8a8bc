/** Reads server-sent events from pieces of text that may be cut anywhere. */

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

export class SseParser {
  private rest = "";
  private id = "";
  private event = "";
  private data: string[] = [];

  /** Takes the next piece and returns the events that it completes. */
  push(piece: string): ServerEvent[] {
    const text = this.rest + piece;
    // A carriage return at the end may be the first half of a line end.
    const held = text.endsWith("\r") ? 1 : 0;
    const lines = text.slice(0, text.length - held).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + text.slice(text.length - held);
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): ServerEvent[] {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return [];
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.id = value;
    else if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    return [];
  }

  private dispatch(): ServerEvent[] {
    const done = { id: this.id, event: this.event || "message", data: this.data.join("\n") };
    const empty = this.data.length === 0;
    this.event = "";
    this.data = [];
    return empty ? [] : [done];
  }
}
