/** The project that the page is about. */

import { createContext, useContext } from "react";
import type { ProjectInfo } from "@/api/types";

export const ProjectContext = createContext<ProjectInfo | null>(null);

/** Only below the shell, which shows no page before it knows the project. */
export function useProject(): ProjectInfo {
  const project = useContext(ProjectContext);
  if (!project) throw new Error("no project is chosen");
  return project;
}
