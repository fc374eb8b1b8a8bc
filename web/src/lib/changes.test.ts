import { expect, it } from "vitest";
import type { Change } from "@/api/objects";
import { callQuestion, changeWords, kindWord, quoted, stateFields, toolWords } from "@/lib/changes";

const state = (body: object, name = "beta") => ({ name, body });

const change = (changes: Partial<Change>): Change => ({
  kind: "feature_flag",
  id: "f",
  from_version: 1,
  before: state({ active: true, rollout: 5 }),
  after: state({ active: false, rollout: 5 }),
  ...changes,
});

it.each<[Partial<Change>, string]>([
  [{}, "Change the feature flag “beta” in 1 field"],
  [{ after: state({ active: false }, "gamma") }, "Change the feature flag “gamma” in 3 fields"],
  [{ before: null, from_version: 0 }, "Create the feature flag “beta”"],
  [{ after: null, kind: "insight", before: state({}, "Sign-ups") }, "Delete the insight “Sign-ups”"],
])("the change %j in words", (changes, words) => {
  expect(changeWords(change(changes))).toBe(words);
});

it("a call asks with what it does, and without changes with what the tool is for", () => {
  expect(callQuestion("Delete a flag", "delete", [])).toBe("Delete a flag? It deletes something.");
  const both = [change({ after: null }), change({})];
  expect(callQuestion("", "delete", both)).toBe("Delete the feature flag “beta”, and 1 more?");
});

it("what a later version names is shown as it is named", () => {
  expect(kindWord("early_access")).toBe("early access");
  expect(toolWords("create_flag")).toBe("Create flag");
});

it("a body's fields stand beside the name, unless one would hide the other", () => {
  expect(stateFields(state({ active: true }))).toEqual({ name: "beta", active: true });
  expect(stateFields(state({ name: "other" }))).toEqual({ name: "beta", body: { name: "other" } });
  expect(stateFields({ name: "beta", body: [1] })).toEqual({ name: "beta", body: [1] });
  expect(stateFields(undefined)).toBeNull();
});

it("a name from right to left can't turn the words around it", () => {
  expect(quoted("new-editor")).toBe("“new-editor”");
  expect(quoted("סל קניות (2)")).toBe("“\u2068סל קניות (2)\u2069”");
});
