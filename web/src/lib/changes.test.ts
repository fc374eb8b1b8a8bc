import { expect, it } from "vitest";
import type { Change } from "@/api/objects";
import { callQuestion, changeWords, kindWord, toolWords } from "@/lib/changes";

const change = (changes: Partial<Change>): Change => ({
  kind: "feature_flag",
  id: "f",
  name: "beta",
  from_version: 1,
  before: { active: true, rollout: 5 },
  after: { active: false, rollout: 5 },
  ...changes,
});

it.each<[Partial<Change>, string]>([
  [{}, "Change the feature flag “beta” in 1 field"],
  [{ after: { active: false } }, "Change the feature flag “beta” in 2 fields"],
  [{ before: null, from_version: 0 }, "Create the feature flag “beta”"],
  [{ after: null, kind: "insight", name: "Sign-ups" }, "Delete the insight “Sign-ups”"],
])("the change %j in words", (changes, words) => {
  expect(changeWords(change(changes))).toBe(words);
});

it("a call asks with what it does, and without changes with what the tool is for", () => {
  expect(callQuestion("Delete a flag", "delete", [])).toBe("Delete a flag? It deletes something.");
  const both = [change({ after: null }), change({ name: "old" })];
  expect(callQuestion("", "delete", both)).toBe("Delete the feature flag “beta”, and 1 more?");
});

it("what a later version names is shown as it is named", () => {
  expect(kindWord("early_access")).toBe("early access");
  expect(toolWords("create_flag")).toBe("Create flag");
});
