/** A part of what was asked for: what is there, and loudly what is not. */

import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";

export interface PartialResultProps {
  title: string;
  /** What is missing, one thing each. */
  missing: string[];
  /** What is there. */
  children?: ReactNode;
  onGoOn?: (() => void) | undefined;
}

export function PartialResult({ title, missing, children, onGoOn }: PartialResultProps) {
  return (
    <div className="space-y-4">
      <Notice
        tone="warn"
        icon="alert"
        title={title}
        actions={
          onGoOn && (
            <Button onClick={onGoOn}>
              <Icon name="retry" />
              Get the rest
            </Button>
          )
        }
      >
        {missing.length > 0 && (
          <ul aria-label="What is missing" className="list-disc space-y-0.5 pl-4 text-sm">
            {missing.map((each) => (
              <li key={each} className="[overflow-wrap:anywhere]">
                {each}
              </li>
            ))}
          </ul>
        )}
      </Notice>
      {children}
    </div>
  );
}
