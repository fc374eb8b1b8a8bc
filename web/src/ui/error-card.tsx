/** What went wrong, why, and what helps, with the ways on. */

import type { ReactNode } from "react";
import type { Report } from "@/api/types";
import { retryText } from "@/lib/retry";
import { Button } from "@/ui/button";
import { Icon } from "@/ui/icons";
import { Notice } from "@/ui/notice";
import { Sentence } from "@/ui/sentence";

export interface ErrorCardProps {
  error: Report;
  title?: string;
  retryLabel?: string;
  /** Absent where nothing is left to try. */
  onRetry?: (() => void) | undefined;
  /** Further ways on. */
  actions?: ReactNode;
  /** Read out at once. For what was not there when the page was opened. */
  urgent?: boolean;
}

export function ErrorCard({
  error,
  title = "This did not work",
  retryLabel = "Try again",
  onRetry,
  actions,
  urgent = false,
}: ErrorCardProps) {
  const ways = onRetry || actions;
  return (
    <Notice
      tone="bad"
      icon="alert"
      title={title}
      {...(urgent ? { role: "alert" as const } : {})}
      actions={
        ways && (
          <>
            {onRetry && <RetryButton label={retryLabel} onClick={onRetry} />}
            {actions}
          </>
        )
      }
    >
      <p className="[overflow-wrap:anywhere]">
        <Sentence text={error.message} />
      </p>
      {error.hint && (
        <p className="mt-1 [overflow-wrap:anywhere]">
          Hint: <Sentence text={error.hint} />
        </p>
      )}
      <p className="mt-1 text-sm text-muted">
        What helps: {retryText(error.retry)} Code: <code className="font-mono text-xs">{error.code}</code>
      </p>
    </Notice>
  );
}

export function RetryButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button onClick={onClick}>
      <Icon name="retry" />
      {label}
    </Button>
  );
}
