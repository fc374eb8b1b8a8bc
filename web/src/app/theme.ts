/** Light, dark, or as the system says. Imported first, so that the page never shows the wrong one. */

import { useSyncExternalStore } from "react";
import { loadSetting, saveSetting } from "@/lib/storage";

export const THEMES = ["light", "dark", "system"] as const;
export type Theme = (typeof THEMES)[number];

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let theme: Theme = THEMES.find((each) => each === loadSetting("theme")) ?? "system";

function shown(): "light" | "dark" {
  if (theme === "system") return dark.matches ? "dark" : "light";
  return theme;
}

function show(): void {
  document.documentElement.dataset.theme = shown();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setTheme(next: Theme): void {
  theme = next;
  saveSetting("theme", next);
  show();
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}

/** The theme on the screen, for what can't be coloured by CSS. */
export function useShownTheme(): "light" | "dark" {
  return useSyncExternalStore(subscribe, shown);
}

dark.addEventListener("change", show);
show();
