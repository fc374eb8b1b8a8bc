/** Signing in with a key. It takes the page's place where the server answers nobody whom it does not know. */

import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { asReport } from "@/api/client";
import { sessionApi } from "@/api/session";
import type { Report, Session } from "@/api/types";
import { Button } from "@/ui/button";
import { CONTROL, Field } from "@/ui/field";
import { Icon, Mark } from "@/ui/icons";
import { ReportText, Sentence } from "@/ui/sentence";

export interface SignInProps {
  /** Why it is asked: nobody has signed in, or what they had signed in with is over. */
  reason: Report;
  onSignedIn: (session: Session) => void;
}

export function SignIn({ reason, onSignedIn }: SignInProps) {
  const [key, setKey] = useState("");
  const [shown, setShown] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const signing = useMutation({
    mutationFn: () => sessionApi.signIn(key.trim()),
    onSuccess: onSignedIn,
    onError: () => input.current?.select(),
  });
  useEffect(() => input.current?.focus(), []);
  return (
    <div className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center gap-5 px-4 py-10">
      <div>
        <Mark className="size-12" />
        <h1 className="mt-4 text-2xl font-semibold tracking-tight">Sign in</h1>
        <p className="mt-1 text-muted [overflow-wrap:anywhere]">
          <Sentence text={reason.message} /> Use the key that you were given.
        </p>
      </div>
      <form
        className="space-y-4 rounded-xl border border-line bg-surface p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() && !signing.isPending) signing.mutate();
        }}
      >
        <Field label="Key" hint="It begins with hr_. The page does not keep it.">
          {(control) => (
            <span className="flex gap-1.5">
              <input
                {...control}
                ref={input}
                // Password managers may keep it: it is one.
                type={shown ? "text" : "password"}
                autoComplete="current-password"
                autoCapitalize="none"
                spellCheck={false}
                className={`${CONTROL} min-h-9 font-mono`}
                value={key}
                onChange={(event) => setKey(event.target.value)}
              />
              <Button aria-pressed={shown} onClick={() => setShown(!shown)}>
                {shown ? "Hide" : "Show"}
                <span className="sr-only"> the key</span>
              </Button>
            </span>
          )}
        </Field>
        {signing.isError && (
          <div role="alert" className="flex gap-2 text-sm text-bad">
            <Icon name="alert" className="mt-0.5" />
            <ReportText report={asReport(signing.error)} />
          </div>
        )}
        <Button type="submit" variant="primary" disabled={!key.trim() || signing.isPending}>
          {signing.isPending && <Icon name="spinner" className="spinner" />}
          {signing.isPending ? "Signing in" : "Sign in"}
        </Button>
      </form>
      <div className="text-sm text-muted">
        <p>Without a key, ask whoever runs this server. They make one with</p>
        <code className="mt-1 block overflow-x-auto rounded-lg bg-sunken px-3 py-2 font-mono text-xs text-ink">
          hedgerow keys create --name laptop --role member
        </code>
      </div>
    </div>
  );
}
