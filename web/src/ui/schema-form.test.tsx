import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import type { Json } from "@/api/types";
import type { JsonSchema } from "@/lib/json-schema";
import { SchemaForm } from "@/ui/schema-form";

afterEach(cleanup);

const SCHEMA: JsonSchema = {
  type: "object",
  required: ["name", "stage"],
  properties: {
    name: { type: "string", title: "Name" },
    stage: { oneOf: [{ const: "alpha", description: "For its makers." }, { const: "beta" }] },
    active: { type: "boolean" },
    sizes: { type: "array", items: { type: "integer" } },
    owner: {
      anyOf: [{ type: "object", properties: { mail: { type: "string" } } }, { type: "null" }],
      title: "Owner",
    },
    extra: {},
    kind: { type: "string", const: "Flag" },
    groups: {
      type: "array",
      items: { type: "object", required: ["share"], properties: { share: { type: "integer", maximum: 100 } } },
    },
  },
};

function show(start: Json) {
  let value = start;
  function Holder() {
    const [held, setHeld] = useState(start);
    value = held;
    return <SchemaForm schema={SCHEMA} value={held} onChange={setHeld} />;
  }
  render(<Holder />);
  const type = (role: string, name: string | RegExp, text: string) =>
    fireEvent.change(screen.getByRole(role, { name }), { target: { value: text } });
  return { value: () => value, type };
}

it("each kind of field writes its kind of value", () => {
  const { value, type } = show({ name: "a", stage: "alpha" });
  type("textbox", /Name/, "b");
  type("combobox", /stage/, "1");
  type("combobox", "active", "false");
  type("textbox", "sizes", "1\n\n20\nx");
  type("textbox", "extra", '{"a": [1]}');
  expect(value()).toEqual({ name: "b", stage: "beta", active: false, sizes: [1, 20, "x"], extra: { a: [1] } });
});

it("what is cleared goes away, and a needed text stays as an empty one", () => {
  const { value, type } = show({ name: "a", stage: "alpha", active: true, sizes: [1], extra: 5 });
  type("textbox", /Name/, "");
  type("combobox", "active", "");
  type("textbox", "sizes", "");
  type("textbox", "extra", " ");
  expect(value()).toEqual({ name: "", stage: "alpha" });
});

it("a choice says what it means, and is described by it", () => {
  show({ name: "a", stage: "alpha" });
  const stage = screen.getByRole("combobox", { name: /stage/ });
  const hint = document.getElementById(stage.getAttribute("aria-describedby") ?? "");
  expect(hint?.textContent).toBe("For its makers.");
});

it("an optional group is set, filled and taken away", () => {
  const { value, type } = show({ name: "a", stage: "alpha" });
  fireEvent.click(screen.getByRole("button", { name: "Set Owner" }));
  type("textbox", "mail", "a@b.example");
  expect(value()).toMatchObject({ owner: { mail: "a@b.example" } });
  fireEvent.click(screen.getByRole("button", { name: "Take away Owner" }));
  expect(value()).toEqual({ name: "a", stage: "alpha" });
});

it("entries of a list are added, filled and taken away", () => {
  const { value, type } = show({ name: "a", stage: "alpha" });
  fireEvent.click(screen.getByRole("button", { name: "Add groups 1" }));
  fireEvent.click(screen.getByRole("button", { name: "Add groups 2" }));
  const [first] = screen.getAllByRole("spinbutton", { name: /share/ });
  if (!first) throw new Error("there are two entries");
  fireEvent.change(first, { target: { value: "50" } });
  expect(value()).toMatchObject({ groups: [{ share: 50 }, {}] });
  fireEvent.click(screen.getByRole("button", { name: "Take away groups 2" }));
  expect(value()).toMatchObject({ groups: [{ share: 50 }] });
  fireEvent.click(screen.getByRole("button", { name: "Take away groups 1" }));
  expect(value()).toEqual({ name: "a", stage: "alpha" });
  type("textbox", /Name/, "b");
});

it("where anything is allowed, a text needs no quotes, and what was begun as JSON must be some", () => {
  const { value, type } = show({ name: "a", stage: "alpha", extra: "team" });
  const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "extra" });
  expect(box().value).toBe("team");
  type("textbox", "extra", "two words");
  expect(value()).toMatchObject({ extra: "two words" });
  type("textbox", "extra", '"5"');
  expect(value()).toMatchObject({ extra: "5" });
  expect(box().value).toBe('"5"');
  type("textbox", "extra", '{"a": ');
  expect(box().getAttribute("aria-invalid")).toBe("true");
});

it("what can only be one thing has no field, unless it is something else", () => {
  show({ name: "a", stage: "alpha", kind: "Flag" });
  expect(screen.queryByRole("combobox", { name: "kind" })).toBeNull();
  cleanup();
  show({ name: "a", stage: "alpha", kind: "Other" });
  expect(screen.getByRole("combobox", { name: "kind" })).toBeTruthy();
});
