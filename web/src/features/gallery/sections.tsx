/** The sections of the gallery. A new component of AI results gets one here. */

import { AnswerView } from "@/features/answer/answer";
import { Draft } from "@/features/answer/draft";
import { MarkedText } from "@/features/answer/figure";
import { Outcome } from "@/features/answer/outcome";
import { CommandList } from "@/features/chat/command-list";
import { LentContextChips } from "@/features/chat/lent-context";
import { FilterBuilder } from "@/features/filters/filter-builder";
import { FilterWords, type WordsState } from "@/features/filters/filter-words";
import * as fixtures from "@/features/gallery/fixtures";
import { Held, type Section, type Specimen } from "@/features/gallery/specimen";
import { Approval, type ApprovalState, type AskedCall } from "@/features/results/approval";
import { Changes } from "@/features/results/changes";
import { Done } from "@/features/results/done";
import { Feedback, type FeedbackState } from "@/features/results/feedback";
import { FormCard, type FormState } from "@/features/results/form-card";
import { PartialResult } from "@/features/results/partial-result";
import { Refused } from "@/features/results/refused";
import { ResultView } from "@/features/results/result-view";
import { Undo, type UndoState } from "@/features/results/undo";
import { Warnings } from "@/features/results/warnings";
import { ToolCard } from "@/features/tools/tool-card";
import { EMPTY_TREE, type Group } from "@/lib/filters";
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

function approval(name: string, asked: AskedCall, state: ApprovalState): Specimen {
  return {
    name,
    node: (
      <Held start={state}>
        {(held, hold) => (
          <Approval
            call={asked}
            schema={asked.tool === "update_feature_flag" ? fixtures.FLAG_SCHEMA : undefined}
            state={held}
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
    approval("approved", fixtures.CHANGE_CALL, { type: "approved", edited: false }),
    approval("approved with other arguments", fixtures.CHANGE_CALL, { type: "approved", edited: true }),
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

function form(name: string, state: FormState): Specimen {
  return {
    name,
    node: (
      <Held start={state}>
        {(held, hold) => (
          <FormCard
            title="A flag for the new editor"
            description="Who may see it?"
            schema={fixtures.FLAG_SCHEMA}
            state={held}
            onChange={(value) => hold({ type: "open", value, checked: held.type === "open" && held.checked })}
            onSend={(value, right) => hold(right ? { type: "sent", value } : { type: "open", value, checked: true })}
            onDismiss={() => hold({ type: "dismissed" })}
          />
        )}
      </Held>
    ),
  };
}

const forms: Section = {
  id: "form",
  title: "Form",
  about: "From a JSON schema. What is wrong is said at its field, after the first try to send it.",
  specimens: [
    form("open", { type: "open", value: fixtures.FLAG_VALUE, checked: false }),
    form("with what is wrong", { type: "open", value: fixtures.WRONG_FLAG_VALUE, checked: true }),
    form("that could not be sent", { type: "failed", value: fixtures.FLAG_VALUE, error: fixtures.ERROR }),
    form("sent", { type: "sent", value: fixtures.FLAG_VALUE }),
    form("dismissed", { type: "dismissed" }),
  ],
};

function undo(name: string, scope: "step" | "turn", state: UndoState): Specimen {
  const what = scope === "turn" ? "3 changes by this answer" : "Changed the feature flag “new-editor”";
  return {
    name,
    node: (
      <Held start={state}>
        {(held, hold) => (
          <Undo what={what} scope={scope} state={held} onUndo={() => hold({ type: "undone", at: "10:32" })} />
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
    undo("being done", "turn", { type: "undoing" }),
    undo("done", "step", { type: "undone", at: "10:32" }),
    undo("that did not work", "step", { type: "failed", error: fixtures.ERROR }),
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
    feedback("that could not be sent", { type: "failed", rating: "good", text: "", error: fixtures.ERROR }),
    feedback("sent", { type: "sent", rating: "good" }),
  ],
};

const warnings: Section = {
  id: "warnings",
  title: "Warnings",
  about: "What a reader must know beside the numbers; never hidden, never only a colour.",
  specimens: [{ name: "below an answer", node: <Warnings warnings={fixtures.WARNINGS} /> }],
};

function builder(name: string, start: Group): Specimen {
  return {
    name,
    node: (
      <div className="rounded-xl border border-line bg-surface p-3">
        <Held start={start}>
          {(held, hold) => <FilterBuilder fields={fixtures.FIELDS} tree={held} onChange={hold} />}
        </Held>
      </div>
    ),
  };
}

function words(name: string, text: string, state: WordsState): Specimen {
  return {
    name,
    node: (
      <Held start={text}>
        {(held, hold) => (
          <FilterWords
            what="feature flags"
            text={held}
            state={state}
            onText={hold}
            onAsk={nothing}
            onStop={nothing}
            onClose={nothing}
          />
        )}
      </Held>
    ),
  };
}

const filters: Section = {
  id: "filters",
  title: "Filters",
  about: "A tree of conditions, by hand or by words. What can't be used yet says why.",
  specimens: [
    builder("nothing is filtered", EMPTY_TREE),
    builder("nested", fixtures.TREE),
    builder("with what is wrong", fixtures.WRONG_TREE),
    words("by words", "", { type: "idle" }),
    words("by words, running", "active flags for at least 40 percent", { type: "running", status: "Making filters" }),
    words("by words, done", "active flags for at least 40 percent", {
      type: "ended",
      outcome: <Done title="Active is yes; rollout is at least 40" />,
    }),
    words("by words, refused", "flags that came from Mars", {
      type: "ended",
      outcome: <Refused title="No filters were made">No field of the list says where a flag came from.</Refused>,
    }),
  ],
};

const shares: Section = {
  id: "shared",
  title: "Shared state",
  about: "What a page lends to a question, one switch a thing.",
  specimens: [
    {
      name: "shared, and kept back",
      node: (
        <Held start={true}>
          {(held, hold) => (
            <LentContextChips
              items={[
                { name: "make_filters", description: "the list of feature flags", shared: held },
                { name: "update_feature_flag", description: "the feature flag “new-editor”", shared: false },
              ]}
              onShare={(_, share) => hold(share)}
            />
          )}
        </Held>
      ),
    },
    {
      name: "commands behind the slash",
      node: (
        <Held start={0}>
          {(held, hold) => (
            <CommandList
              id="gallery-commands"
              commands={fixtures.COMMANDS}
              chosen={held}
              onChoose={hold}
              onTake={nothing}
            />
          )}
        </Held>
      ),
    },
  ],
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
];
