import { expect, it } from "vitest";
import { uuidv7 } from "@/lib/uuid";

it("ids have the form of version 7 and sort by time", () => {
  const ids = [0, 1, 2 ** 32 - 1, 2 ** 32, Date.UTC(2026, 0), Date.UTC(2100, 0)].map((time) => uuidv7(time));
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([...ids].sort()).toEqual(ids);
  expect(ids[0]?.slice(0, 13)).toBe("00000000-0000");
  expect(uuidv7(0x0123456789ab).slice(0, 13)).toBe("01234567-89ab");
});
