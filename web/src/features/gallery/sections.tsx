/** The sections of the gallery. A new component of AI results gets one here. */

import { SessionContext } from "@/app/session";
import { AnswerView } from "@/features/answer/answer";
import { Draft } from "@/features/answer/draft";
import { MarkedText } from "@/features/answer/figure";
import { Outcome } from "@/features/answer/outcome";
import * as fixtures from "@/features/gallery/fixtures";
import { hardSections } from "@/features/gallery/hard-sections";
import { filters, forms, shares } from "@/features/gallery/input-sections";
import { Held, type Section, type Specimen } from "@/features/gallery/specimen";
import { Approval, type ApprovalState, type AskedCall } from "@/features/results/approval";
import { Changes } from "@/features/results/changes";
import { Done } from "@/features/results/done";
import { Feedback, type FeedbackState } from "@/features/results/feedback";
import { PartialResult } from "@/features/results/partial-result";
import { Refused } from "@/features/results/refused";
import { ResultView } from "@/features/results/result-view";
import { Undo, type UndoState } from "@/features/results/undo";
import { Warnings } from "@/features/results/warnings";
import { ToolCard } from "@/features/tools/tool-card";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { ErrorCard } from "@/ui/error-card";
import { Progress } from "@/ui/progress";
import { StatusLine } from "@/ui/status-line";

const nothing = () => undefined;

function card(name: string, changes: Parameters<typeof fixtures.call>[0], ended = false): Specimen {
  return {
    name,
    node: (
      <ol className="rounded-xl border border-line bg-surface">
        <ToolCard call={fixtures.call(changes)} ended={ended} />
      </ol>
    ),
  };
}

const unfinished = { content: "", result: null, ms: null };

const running: Section = {
  id: "running",
  title: "Running",
  about: "The tool's own words: in the present while it runs, in the past when it is done.",
  specimens: [
    { name: "before the first step", node: <StatusLine text="Looking at the question" /> },
    card("a step that runs", { ...unfinished, state: "running", title: "Counting events" }),
    card("a step that is done", { title: "Counted events" }),
    card("a step that failed", {
      ...unfinished,
      state: "error",
      title: "Counting events failed",
      error: fixtures.REFUSED_ERROR,
      ms: 3,
    }),
    card("a step that was stopped", { ...unfinished, state: "running", title: "Counting events" }, true),
    card("a step of which nobody knows how it ended", {
      ...unfinished,
      state: "unknown",
      title: "Sending a message",
      tool: "send_message",
      arguments: { channel: "#launch" },
    }),
  ],
};

const progress: Section = {
  id: "progress",
  title: "Progress",
  about: "How far it is, by steps, by a fraction, and by the time that is left, as far as each is known.",
  specimens: [
    {
      name: "with steps and time left",
      node: (
        <Progress
          title="Comparing two launches"
          fraction={0.4}
          left={42_000}
          steps={[
            { text: "Count sign-ups per week", state: "completed" },
            { text: "Count first notes per week", state: "in_progress" },
            { text: "Compare both with the launch before", state: "pending" },
          ]}
        />
      ),
    },
    { name: "a fraction alone", node: <Progress title="Reading 4 of 5 million events" fraction={0.8} left={null} /> },
    {
      name: "steps alone, one of which failed",
      node: (
        <Progress
          title="Checking three sources"
          fraction={null}
          left={null}
          steps={[
            { text: "Events", state: "completed" },
            { text: "The billing system", state: "failed" },
            { text: "Surveys", state: "pending" },
          ]}
        />
      ),
    },
    card("within a step", { ...unfinished, state: "running", title: "Counting events", progress: 0.5 }),
  ],
};

const partial: Section = {
  id: "partial",
  title: "Partial",
  about: "A part of what was asked for. What is missing comes first, so that no part passes for the whole.",
  specimens: [
    {
      name: "with what is there",
      node: (
        <PartialResult
          title="A part was found before it ended"
          missing={["The answer", "Sign-ups of the second week: the store did not answer"]}
          onGoOn={nothing}
        >
          <ResultView call={fixtures.countedCall} />
        </PartialResult>
      ),
    },
    {
      name: "without",
      node: <PartialResult title="2 of 3 sources were read" missing={["The billing system: access was denied"]} />,
    },
  ],
};

const done: Section = {
  id: "done",
  title: "Done",
  about: "What was done, where it is now, and what follows.",
  specimens: [
    {
      name: "with a way on",
      node: (
        <Done title="Created the insight “Sign-ups per week”" actions={<Button>Open the insight</Button>}>
          <p className="text-sm text-muted">It is in version 1 and shows the last 12 weeks.</p>
        </Done>
      ),
    },
    { name: "short", node: <Done title="Two filters are set on this page" /> },
  ],
};

const empty: Section = {
  id: "empty",
  title: "Empty",
  about: "Nothing is there: why, and what makes something be there.",
  specimens: [
    {
      name: "with a way on",
      node: (
        <Empty icon="flag" title="There are no feature flags yet" actions={<Button variant="primary">New flag</Button>}>
          A flag turns a part of the product on for some people.
        </Empty>
      ),
    },
    {
      name: "nothing fits",
      node: (
        <Empty icon="filter" title="No flag fits these filters" actions={<Button>Take the filters away</Button>}>
          12 flags are there without them.
        </Empty>
      ),
    },
  ],
};

const refused: Section = {
  id: "refused",
  title: "Refused",
  about: "Not answered, and no error: the reason, and what could be asked in its place.",
  specimens: [
    {
      name: "with a reason",
      node: (
        <Refused>
          <p>Revenue is in none of the events here, so that no number of it would be true.</p>
        </Refused>
      ),
    },
    {
      name: "with warnings and a way on",
      node: (
        <Refused warnings={fixtures.WARNINGS} actions={<Button>Ask for May instead</Button>}>
          <p>There are no events before 17 May 2015.</p>
        </Refused>
      ),
    },
  ],
};

const error: Section = {
  id: "error",
  title: "Error",
  about: "What went wrong, why, and what helps. Trying again is offered where it may work.",
  specimens: [
    {
      name: "that may work next time",
      node: <ErrorCard error={fixtures.ERROR} onRetry={nothing} actions={<Button>Edit the question</Button>} />,
    },
    {
      name: "that needs other input",
      node: (
        <ErrorCard
          title="The filter could not be used"
          error={fixtures.REFUSED_ERROR}
          actions={<Button>Edit the filter</Button>}
        />
      ),
    },
  ],
};

function approval(name: string, asked: AskedCall, state: ApprovalState, lacks?: string): Specimen {
  return {
    name,
    node: (
      <SessionContext value={lacks === undefined ? null : fixtures.VIEWER}>
        <Held start={state}>
          {(held, hold) => (
            <Approval
              call={asked}
              schema={asked.tool === "update_feature_flag" ? fixtures.FLAG_SCHEMA : undefined}
              state={held}
              lacks={lacks}
              onDecide={(decision) =>
                hold(
                  decision.decision === "approve"
                    ? { type: "approved", edited: decision.arguments !== undefined }
                    : { type: "rejected", reason: decision.reason ?? null },
                )
              }
            />
          )}
        </Held>
      </SessionContext>
    ),
  };
}

const approvals: Section = {
  id: "approval",
  title: "Approval",
  about: "A call that waits: in words, before and after, with arguments to edit, and a reason to give for a no.",
  specimens: [
    approval("of a change", fixtures.CHANGE_CALL, { type: "open" }),
    approval("of a deletion", fixtures.DELETE_CALL, { type: "open" }),
    approval("of something outside, which nothing can show", fixtures.OUTSIDE_CALL, { type: "open" }),
    approval("being sent", fixtures.OUTSIDE_CALL, { type: "sending", decision: "approve" }),
    approval("that could not be sent", fixtures.OUTSIDE_CALL, { type: "failed", error: fixtures.ERROR }),
    approval("that the reader may not decide on", fixtures.CHANGE_CALL, { type: "open" }, "feature_flag:write"),
    approval("approved", fixtures.CHANGE_CALL, { type: "approved", edited: false }),
    approval("approved with other arguments", fixtures.CHANGE_CALL, { type: "approved", edited: true }),
    approval("approved by somebody else", fixtures.CHANGE_CALL, { type: "approved", edited: false, by: "Grace" }),
    approval("rejected", fixtures.DELETE_CALL, { type: "rejected", reason: "the sales team uses it" }),
    approval("dropped", fixtures.OUTSIDE_CALL, { type: "dropped" }),
  ],
};

const diff: Section = {
  id: "changes",
  title: "Changes",
  about: "Before and after, field by field, and within texts line by line.",
  specimens: [
    { name: "a field", node: <Changes changes={[fixtures.FLAG_CHANGE]} /> },
    { name: "a text", node: <Changes changes={[fixtures.NOTEBOOK_CHANGE]} /> },
    { name: "something new", node: <Changes changes={[fixtures.INSIGHT_CREATE]} tense="past" /> },
    { name: "something deleted", node: <Changes changes={[fixtures.COHORT_DELETE]} tense="past" /> },
  ],
};

function undo(name: string, scope: "step" | "turn", state: UndoState, mayUndo = true): Specimen {
  const what = scope === "turn" ? "3 changes by this answer" : "Changed the feature flag “new-editor”";
  return {
    name,
    node: (
      <Held start={state}>
        {(held, hold) => (
          <Undo
            what={what}
            scope={scope}
            state={held}
            onUndo={mayUndo ? () => hold({ type: "planned", plan: fixtures.UNDO_PLAN }) : undefined}
            onConfirm={() => hold({ type: "undone", at: "10:32" })}
            onKeep={() => hold({ type: "ready" })}
          />
        )}
      </Held>
    ),
  };
}

const undos: Section = {
  id: "undo",
  title: "Undo",
  about: "Takes back a step or a whole turn, and says what came of it.",
  specimens: [
    undo("of a step", "step", { type: "ready" }),
    undo("of a turn", "turn", { type: "ready" }),
    undo("whose outcome is being found out", "step", { type: "planning" }),
    undo("shown before it is done", "step", { type: "planned", plan: fixtures.UNDO_PLAN }),
    undo("that something stands in the way of", "turn", { type: "planned", plan: fixtures.BLOCKED_PLAN }),
    undo("being done", "turn", { type: "undoing" }),
    undo("done", "step", { type: "undone", at: "10:32" }),
    undo("that did not work", "step", { type: "failed", error: fixtures.ERROR }),
    undo("that the reader may not take back", "step", { type: "ready" }, false),
  ],
};

const figures: Section = {
  id: "figure",
  title: "Figure",
  about: "Only a number that is proven by its cells looks like a fact, and opens its proof.",
  specimens: [
    ...(["verified", "given", "unverified"] as const).map((status) => ({
      name: status,
      node: <AnswerView answer={fixtures.answerWith(status)} results={fixtures.results} />,
    })),
    {
      name: "pending, while the answer is written",
      node: <Draft text="There were {{r1[1].page_views}} page views on" ended={false} />,
    },
    {
      name: "marked by the server, outside of an answer",
      node: (
        <p>
          <MarkedText text="There were 9,999 [unverified] views. Go on?" />
        </p>
      ),
    },
  ],
};

function outcome(name: string, fixture: string): Specimen {
  return {
    name,
    node: <Outcome thread={fixtures.thread(fixture)} onAskAgain={nothing} onEdit={nothing} onReply={nothing} />,
  };
}

const outcomes: Section = {
  id: "answer",
  title: "Answer",
  about: "How a question ends: an answer with its results, or a question back.",
  specimens: [
    outcome("a number", "number"),
    outcome("over time", "answered"),
    outcome("by the values of a property", "breakdown"),
    outcome("a question back", "asked"),
  ],
};

function feedback(name: string, state: FeedbackState): Specimen {
  return {
    name,
    node: (
      <Held start={state}>
        {(held, hold) => {
          const text = held.type === "open" || held.type === "sent" ? "" : held.text;
          return (
            <Feedback
              state={held}
              onRate={(rating) => hold({ type: "writing", rating, text })}
              onText={(next) => held.type !== "open" && hold({ type: "writing", rating: held.rating, text: next })}
              onSend={() => held.type !== "open" && hold({ type: "sent", rating: held.rating })}
              onCancel={() => hold({ type: "open" })}
            />
          );
        }}
      </Held>
    ),
  };
}

const feedbacks: Section = {
  id: "feedback",
  title: "Feedback",
  about: "Good or bad in one click, and in words for those who want to.",
  specimens: [
    feedback("open", { type: "open" }),
    feedback("being written", { type: "writing", rating: "bad", text: "It counts the wrong week." }),
    feedback("being sent", { type: "sending", rating: "good", text: "The figure opens its cells." }),
    feedback("that could not be sent", { type: "failed", rating: "good", text: "", error: fixtures.ERROR }),
    feedback("sent", { type: "sent", rating: "good" }),
    feedback("given before", { type: "sent", rating: "bad", text: "It counts the wrong week.", before: true }),
  ],
};

const warnings: Section = {
  id: "warnings",
  title: "Warnings",
  about: "What a reader must know beside the numbers; never hidden, never only a colour.",
  specimens: [{ name: "below an answer", node: <Warnings warnings={fixtures.WARNINGS} /> }],
};

export const SECTIONS: Section[] = [
  running,
  progress,
  partial,
  done,
  empty,
  refused,
  error,
  approvals,
  diff,
  forms,
  undos,
  figures,
  outcomes,
  feedbacks,
  warnings,
  filters,
  shares,
  ...hardSections,
];
