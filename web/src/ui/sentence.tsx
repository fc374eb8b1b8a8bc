/** Messages of the server as sentences. What they have in backticks, such as a command, is code. */

import type { Report } from "@/api/types";
import { sentence } from "@/lib/format";

export function Sentence({ text }: { text: string }) {
  return sentence(text)
    .split(/`([^`]+)`/)
    .map((part, index) =>
      index % 2 === 0 ? (
        part
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text of a report does not change.
        <code key={index} className="font-mono text-[0.92em]">
          {part}
        </code>
      ),
    );
}

/** What and why, and the way out. */
export function ReportText({ report }: { report: Report }) {
  return (
    <p className="[overflow-wrap:anywhere]">
      <Sentence text={report.message} /> {report.hint && <Sentence text={report.hint} />}
    </p>
  );
}
