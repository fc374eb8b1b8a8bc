/** The sections of the gallery about what is hard to show: names, numbers and texts that are not as one thinks of them. */

import type { Change } from "@/api/objects";
import type { Answer, Report, ResultSnapshot } from "@/api/types";
import { AnswerView } from "@/features/answer/answer";
import * as fixtures from "@/features/gallery/fixtures";
import type { Section } from "@/features/gallery/specimen";
import { ActorName } from "@/features/objects/actor-name";
import { Approval } from "@/features/results/approval";
import { Changes } from "@/features/results/changes";
import { Done } from "@/features/results/done";
import { FormCard } from "@/features/results/form-card";
import { PartialResult } from "@/features/results/partial-result";
import { Refused } from "@/features/results/refused";
import { Undo } from "@/features/results/undo";
import { Warnings } from "@/features/results/warnings";
import { ToolCard } from "@/features/tools/tool-card";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Progress } from "@/ui/progress";
import { ResultFrame } from "@/ui/result-frame";

const nothing = () => undefined;

const LONG = "experiment_2026_q3_onboarding_checklist_with_progress_bar_and_reminder_emails_for_trial_workspaces";
const ARABIC = "تجربة المحرر الجديد";
const HEBREW = "סל קניות (גרסה 2)";
const MIXED = "Größe 規模 🌱 naïve ё";
const PARAGRAPH =
  "The first week after the launch had more sign-ups than any week before, and most of them came from one link. ".repeat(
    6,
  );

const change = (name: string, percent: number): Change => ({
  ...fixtures.FLAG_CHANGE,
  id: `flag-${name}`,
  before: { name, body: { description: "", rollout_percentage: 5, owner: ARABIC } },
  after: { name, body: { description: PARAGRAPH, rollout_percentage: percent, owner: MIXED } },
});

const call = (name: string) => ({ ...fixtures.CHANGE_CALL, changes: [change(name, 50)] });

/** An answer with one figure of a large number. */
const LARGE: Answer = {
  text: "There were 9,007,199,254,740,991 events of عربي.",
  headline: null,
  figures: [
    {
      text: "9,007,199,254,740,991",
      value: 9_007_199_254_740_991,
      unit: "events",
      status: "verified",
      expression: "r1[0].events",
      cells: [{ handle: "r1", query_id: null, row: 0, column: "events", label: ARABIC, value: 9_007_199_254_740_991 }],
      claim: "reference",
    },
  ],
  segments: [
    { type: "text", text: "There were " },
    { type: "figure", index: 0 },
    { type: "text", text: ` events of ${ARABIC}.` },
  ],
};

const TABLE: ResultSnapshot = {
  handle: "r9",
  table: {
    title: `Events by ${LONG}`,
    columns: [
      { name: "value", title: "Value", role: "label", unit: "none" },
      { name: "events", title: "Events", role: "measure", unit: "events" },
      { name: "share", title: "Share of all events of the project", role: "measure", unit: "percent" },
    ],
    rows: [
      [ARABIC, 9_007_199_254_740_991, 99.99],
      [HEBREW, 1_234_567_890.5, 0.01],
      [LONG, -42, 0],
      [MIXED, 0, null],
      ["", null, null],
    ],
    rows_cut: 1_234_567,
  },
  provenance: null,
  warnings: [],
};

const FAILURE: Report = {
  code: "invalid_argument",
  retry: "adjust",
  message: `the property ${LONG}.${LONG} is no number: ${PARAGRAPH}`,
  hint: `did you mean ${ARABIC} or ${LONG}?`,
};

const names: Section = {
  id: "names",
  title: "Names",
  about: "Long ones, those from right to left, and those of several scripts, wherever a name stands.",
  specimens: [
    {
      name: "an approval of a long name",
      node: <Approval call={call(LONG)} state={{ type: "open" }} onDecide={nothing} />,
    },
    {
      name: "an approval of a name from right to left",
      node: <Approval call={call(HEBREW)} state={{ type: "approved", edited: false, by: ARABIC }} onDecide={nothing} />,
    },
    { name: "a change", node: <Changes changes={[change(LONG, 100), change(ARABIC, 0), change(MIXED, 7)]} /> },
    {
      name: "who did something",
      node: (
        <p className="flex flex-wrap gap-3 text-sm">
          {[LONG, ARABIC, MIXED].map((name) => (
            <ActorName key={name} actor={{ type: "person", name }} />
          ))}
        </p>
      ),
    },
    {
      name: "undo",
      node: (
        <Undo
          what={`Changed the feature flag “${LONG}”`}
          scope="turn"
          state={{ type: "ready" }}
          onUndo={nothing}
          onConfirm={nothing}
          onKeep={nothing}
        />
      ),
    },
    {
      name: "a step",
      node: (
        <ol className="rounded-xl border border-line bg-surface">
          <ToolCard
            ended={false}
            call={fixtures.call({
              title: `Counting ${ARABIC} by ${LONG}`,
              arguments: { event: ARABIC, breakdown: LONG },
              state: "running",
              progress: 0.25,
              content: "",
              result: null,
              ms: null,
            })}
          />
        </ol>
      ),
    },
    { name: "progress", node: <Progress title={`Reading ${LONG}`} fraction={0.999} left={86_400_000} /> },
    {
      name: "a form",
      node: (
        <FormCard
          title={LONG}
          schema={{ type: "object", properties: { [LONG]: { type: "string", description: PARAGRAPH } } }}
          state={{ type: "open", value: { [LONG]: HEBREW }, checked: false }}
          onChange={nothing}
          onSend={nothing}
          onDismiss={nothing}
        />
      ),
    },
  ],
};

const numbers: Section = {
  id: "numbers",
  title: "Numbers",
  about: "Very large, negative, none at all, and those that stand beside words of other scripts.",
  specimens: [
    { name: "a large figure", node: <AnswerView answer={LARGE} results={[TABLE]} /> },
    { name: "a table", node: <ResultFrame result={TABLE} /> },
  ],
};

const texts: Section = {
  id: "texts",
  title: "Texts",
  about: "Very long, without any space, and empty.",
  specimens: [
    { name: "an error", node: <ErrorCard error={FAILURE} onRetry={nothing} /> },
    {
      name: "an error without words",
      node: <ErrorCard error={{ code: "internal", retry: "never", message: "", hint: null }} />,
    },
    { name: "a refusal", node: <Refused>{PARAGRAPH}</Refused> },
    { name: "something done", node: <Done title={`Saved ${LONG} as ${HEBREW}`} /> },
    { name: "nothing there", node: <Empty icon="flag" title={`No ${LONG} fits`} /> },
    { name: "a part", node: <PartialResult title={`A part of ${LONG}`} missing={[LONG, ARABIC, PARAGRAPH]} /> },
    {
      name: "warnings",
      node: (
        <Warnings
          warnings={[
            { code: LONG, message: PARAGRAPH },
            { code: "partial_period", message: ARABIC },
          ]}
        />
      ),
    },
  ],
};

export const hardSections: Section[] = [names, numbers, texts];
