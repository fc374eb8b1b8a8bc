/** The sections of the gallery about what people fill in: forms, filters, and what goes along with a question. */

import { CommandList } from "@/features/chat/command-list";
import { LentContextChips } from "@/features/chat/lent-context";
import { FilterBuilder } from "@/features/filters/filter-builder";
import { FilterWords, type WordsState } from "@/features/filters/filter-words";
import * as fixtures from "@/features/gallery/fixtures";
import { Held, type Section, type Specimen } from "@/features/gallery/specimen";
import { Done } from "@/features/results/done";
import { FormCard, type FormState } from "@/features/results/form-card";
import { Refused } from "@/features/results/refused";
import { EMPTY_TREE, type Group } from "@/lib/filters";

const nothing = () => undefined;

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

export const forms: Section = {
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

export const filters: Section = {
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

export const shares: Section = {
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
