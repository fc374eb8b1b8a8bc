import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, api } from "@/api/client";
import type { FeedbackBody, GivenFeedback } from "@/api/types";
import { RunFeedback } from "@/features/chat/run-feedback";

let stored: GivenFeedback | null;

beforeEach(() => {
  stored = null;
  vi.spyOn(api, "feedback").mockImplementation(async () => stored);
  vi.spyOn(api, "giveFeedback").mockImplementation(async (run_id: string, body: FeedbackBody) => {
    const { rating, text = null } = body;
    stored = { run_id, project: "site", person: "local", at: "2026-05-20T12:00:00Z", rating, text };
    return stored;
  });
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function show() {
  const client = new QueryClient();
  return render(
    <QueryClientProvider client={client}>
      <RunFeedback run="run" />
    </QueryClientProvider>,
  );
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

it("one click is kept at once, words replace it, and both are there after a reload", async () => {
  show();
  await screen.findByRole("button", { name: "No" });
  press("No");
  await waitFor(() => expect(stored).toMatchObject({ rating: "bad", text: null }));
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "It counts robots" } });
  press("Send");
  await screen.findByText(/Thank you/);
  expect(stored).toMatchObject({ rating: "bad", text: "It counts robots" });
  cleanup();
  const { container } = show();
  await screen.findByText(/not of use/);
  expect(container.textContent).toContain("It counts robots");
  press("Change");
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("It counts robots");
  press("Yes");
  await waitFor(() => expect(stored).toMatchObject({ rating: "good", text: "It counts robots" }));
});

it("what could not be kept stays to be sent again", async () => {
  const report = { code: "denied" as const, retry: "never" as const, message: "lacks the right run:write", hint: null };
  vi.mocked(api.giveFeedback).mockRejectedValue(new ApiError(report, 403));
  show();
  await screen.findByRole("button", { name: "Yes" });
  press("Yes");
  expect((await screen.findByRole("alert")).textContent).toContain("run:write");
  expect(screen.getByRole("button", { name: "Send again" })).toBeDefined();
});
