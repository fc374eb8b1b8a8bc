/** What a section of the gallery is made of. */

import { type ReactNode, useState } from "react";

export interface Specimen {
  /** The state. */
  name: string;
  node: ReactNode;
}

export interface Section {
  id: string;
  title: string;
  about: string;
  specimens: Specimen[];
}

/** Holds a component's state where it has no page around it that does. */
export function Held<T>({ start, children }: { start: T; children: (held: T, hold: (next: T) => void) => ReactNode }) {
  const [held, hold] = useState(start);
  return children(held, hold);
}
