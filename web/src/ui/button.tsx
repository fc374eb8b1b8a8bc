/** Buttons. */

import type { ComponentProps } from "react";

const VARIANTS = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent",
  secondary: "bg-surface text-ink border-control hover:bg-sunken",
  ghost:
    "bg-transparent text-muted border-transparent hover:bg-sunken hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent-strong",
};

const SIZES = {
  normal: "min-h-9 px-3 py-1.5 text-sm",
  small: "min-h-7 px-2 text-xs",
  icon: "size-9 justify-center p-0",
};

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
}

export function buttonClass(variant: keyof typeof VARIANTS = "secondary", size: keyof typeof SIZES = "normal"): string {
  const base = "inline-flex items-center gap-1.5 rounded-lg border font-medium transition-colors disabled:opacity-50";
  return `${base} ${VARIANTS[variant]} ${SIZES[size]}`;
}

export function Button({ variant = "secondary", size = "normal", className = "", ...rest }: ButtonProps) {
  return <button type="button" className={`${buttonClass(variant, size)} ${className}`} {...rest} />;
}
