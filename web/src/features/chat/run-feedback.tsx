/** What the reader says of a run: rated in one click, which is kept at once, and put in words by those who want to. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, asReport } from "@/api/client";
import { feedbackQuery } from "@/api/queries";
import type { GivenFeedback } from "@/api/types";
import { Feedback, type FeedbackState, type Rating } from "@/features/results/feedback";

interface Draft {
  rating: Rating;
  text: string;
}

export function RunFeedback({ run }: { run: string }) {
  const client = useQueryClient();
  const given = useQuery(feedbackQuery(run));
  const [draft, setDraft] = useState<Draft | null>(null);
  const give = useMutation({
    mutationFn: (said: Draft & { last: boolean }) =>
      api.giveFeedback(run, { rating: said.rating, text: said.text || null }),
    onSuccess: (kept, { last }) => {
      client.setQueryData(feedbackQuery(run).queryKey, kept);
      if (last) setDraft(null);
    },
  });
  // Where it can't be read, nothing can be said either, and the run itself is what matters.
  if (given.isPending || given.isError) return null;
  return (
    <Feedback
      state={stateOf(draft, given.data, give)}
      onRate={(rating) => {
        const said = { rating, text: draft?.text ?? given.data?.text ?? "" };
        setDraft(said);
        give.mutate({ ...said, last: false });
      }}
      onText={(text) => draft && setDraft({ ...draft, text })}
      onSend={() => draft && give.mutate({ ...draft, last: true })}
      onCancel={() => setDraft(null)}
      onChange={() => given.data && setDraft({ rating: given.data.rating, text: given.data.text ?? "" })}
    />
  );
}

interface Giving {
  isPending: boolean;
  isError: boolean;
  isSuccess: boolean;
  error: Error | null;
  variables: (Draft & { last: boolean }) | undefined;
}

function stateOf(draft: Draft | null, given: GivenFeedback | null, give: Giving): FeedbackState {
  if (draft) {
    if (give.isPending && give.variables?.last) return { type: "sending", ...draft };
    if (give.isError) return { type: "failed", ...draft, error: asReport(give.error) };
    return { type: "writing", ...draft };
  }
  if (!given) return { type: "open" };
  const { rating, text } = given;
  const isNew = give.isSuccess;
  return { type: "sent", rating, before: !isNew, ...(text ? { text } : {}) };
}
