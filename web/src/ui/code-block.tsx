/** Text as a machine wrote it, scrolled sideways instead of cut. */

export function CodeBlock({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section aria-label={label} tabIndex={0} className="max-h-72 overflow-auto rounded-lg bg-sunken">
      <pre className="w-max min-w-full p-3 font-mono text-xs leading-relaxed">{text}</pre>
    </section>
  );
}
