/** A dialog: in the middle on wide screens, from the bottom on narrow ones; or a drawer at the left. */

import { Dialog as Base } from "@base-ui/react/dialog";
import { buttonClass } from "@/ui/button";
import type { DialogProps } from "@/ui/dialog";
import { Icon } from "@/ui/icons";

const SHAPES = {
  sheet:
    "inset-x-0 bottom-0 max-h-[88dvh] rounded-t-2xl sm:inset-x-auto sm:bottom-auto sm:left-1/2 sm:top-1/2 sm:w-[min(46rem,calc(100vw-3rem))] sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-2xl",
  drawer: "inset-y-0 left-0 w-[min(19rem,85vw)]",
};

export default function DialogWindow({ open, onOpenChange, title, shape = "sheet", children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-30 bg-[#0a0f0b]/45" />
        <Base.Popup
          className={`fixed z-40 flex flex-col border border-line bg-surface text-ink shadow-xl outline-none ${SHAPES[shape]}`}
        >
          <div className="flex items-start gap-3 border-b border-line px-4 py-3">
            <Base.Title className="min-w-0 flex-1 self-center text-base font-semibold">{title}</Base.Title>
            <Base.Close className={buttonClass("ghost", "icon")} aria-label="Close">
              <Icon name="close" />
            </Base.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
