import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { timeLeft, useTimeLeft } from "@/features/tools/time-left";

it.each<[number, number, number | null]>([
  [0.05, 100, null],
  [0.25, 1000, 3000],
  [0.5, 1000, 1000],
  [1, 1000, null],
  [0.5, 0, null],
])("at %d after %d ms, %s ms are left", (fraction, at, left) => {
  expect(timeLeft({ fraction: 0, at: 0 }, { fraction, at })).toBe(left);
});

it("the speed is measured from the first fraction that was seen, and anew when it goes back", () => {
  let now = 0;
  const { result, rerender } = renderHook(({ fraction }) => useTimeLeft(fraction, () => now), {
    initialProps: { fraction: 0.5 },
  });
  expect(result.current).toBeNull();
  now = 2000;
  rerender({ fraction: 0.75 });
  expect(result.current).toBe(2000);
  now = 9000;
  rerender({ fraction: 0.75 });
  expect(result.current).toBe(2000);
  rerender({ fraction: 0.1 });
  expect(result.current).toBeNull();
});
