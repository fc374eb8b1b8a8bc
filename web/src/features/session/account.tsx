/** Who is signed in, what they may, until when, and the way out. */

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asReport } from "@/api/client";
import { sessionApi } from "@/api/session";
import type { Session } from "@/api/types";
import { formatInstant } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Facts } from "@/ui/facts";
import { Icon } from "@/ui/icons";
import { ReportText } from "@/ui/sentence";

export interface AccountProps {
  session: Session;
  onSignedOut: () => void;
}

export function Account({ session, onSignedOut }: AccountProps) {
  const [open, setOpen] = useState(false);
  const leaving = useMutation({ mutationFn: sessionApi.signOut, onSuccess: onSignedOut });
  const { name, role, scopes, projects, expires_at: until } = session;
  const facts: [string, string][] = [
    ["Name", name],
    ["Role", role],
    ["Projects", projects?.join(", ") || (projects ? "none" : "all")],
  ];
  if (scopes) facts.push(["Of the role", scopes.join(", ") || "nothing"]);
  if (until) facts.push(["Until", formatInstant(until)]);
  return (
    <>
      <Button
        variant="ghost"
        aria-label={`Signed in as ${name}`}
        className="min-w-9 shrink-0 justify-center sm:max-w-44"
        onClick={() => setOpen(true)}
      >
        <Icon name="person" className="text-base" />
        <span className="hidden truncate sm:inline">{name}</span>
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title="Signed in">
        <div className="space-y-4">
          <Facts facts={facts} />
          <p className="text-sm text-muted">
            Signing out ends this session, in this browser alone. It ends by itself at the time above, and at once when
            its key is revoked.
          </p>
          {leaving.isError && (
            <div role="alert" className="text-sm text-bad">
              <ReportText report={asReport(leaving.error)} />
            </div>
          )}
          <Button variant="primary" disabled={leaving.isPending} onClick={() => leaving.mutate()}>
            {leaving.isPending && <Icon name="spinner" className="spinner" />}
            Sign out
          </Button>
        </div>
      </Dialog>
    </>
  );
}
