/** A dialog whose code is fetched when the first one opens. */

import { lazy, type ReactNode, Suspense, useState } from "react";

const DialogWindow = lazy(() => import("@/ui/dialog-window"));

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  /** In the middle on wide screens and from the bottom on narrow ones; or at the left. */
  shape?: "sheet" | "drawer";
  children: ReactNode;
}

export function Dialog(props: DialogProps) {
  const [used, setUsed] = useState(props.open);
  if (props.open && !used) setUsed(true);
  if (!used) return null;
  return (
    <Suspense fallback={null}>
      <DialogWindow {...props} />
    </Suspense>
  );
}
