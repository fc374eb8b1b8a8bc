/** An answer whose figures are bound. */

import { useState } from "react";
import type { Answer, ResultSnapshot } from "@/api/types";
import { Evidence } from "@/features/answer/evidence";
import { FigureView } from "@/features/answer/figure";
import { Prose } from "@/features/answer/prose";
import { proseBlocks } from "@/lib/prose";
import { Dialog } from "@/ui/dialog";

export interface AnswerViewProps {
  answer: Answer;
  results: ResultSnapshot[];
}

export function AnswerView({ answer, results }: AnswerViewProps) {
  // The figure stays set while the dialog closes, so that it does not go empty on its way out.
  const [shown, setShown] = useState(0);
  const [open, setOpen] = useState(false);
  const figure = answer.figures[shown];
  const show = (index: number) => {
    setShown(index);
    setOpen(true);
  };
  return (
    <div data-answer="bound">
      <Prose
        blocks={proseBlocks(answer.segments)}
        figure={(index) => <FigureView figure={answer.figures[index]} onOpen={() => show(index)} />}
      />
      {figure?.status === "verified" && (
        <Dialog open={open} onOpenChange={setOpen} title={<>Where “{figure.text}” comes from</>}>
          <Evidence figure={figure} results={results} />
        </Dialog>
      )}
    </div>
  );
}
