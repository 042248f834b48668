import {
  LEGACY_WHOLES,
  type LegacyWhole,
  type RepositoryLayout,
} from "../base/layout.ts";
import { relativePath } from "../base/path.ts";
import type { LinesRole } from "./migration_facts.ts";

/** Where the older tool kept what; all paths seen from the root. */
export interface LegacyPlaces {
  readonly root: string;
  /** That of the root first. */
  readonly states: readonly string[];
  /** The one of the states whose name others use too. */
  readonly foreignState: string | null;
  readonly logs: readonly string[];
  readonly feedback: readonly {
    readonly path: string;
    readonly role: LinesRole;
  }[];
  /** Directory of the checkpoints. */
  readonly checkpoints: string | null;
  readonly wholes: readonly LegacyWhole[];
  /** Whether further files of its kind are looked for. */
  readonly hasCustom: boolean;
}

/** All places in a repository. */
export function legacyPlaces(layout: RepositoryLayout): LegacyPlaces {
  const below = (path: string): string =>
    relativePath(layout.root, path) ?? path;
  return {
    root: layout.root,
    states: [below(layout.legacyState), below(layout.sessionlessState)],
    foreignState: below(layout.sessionlessState),
    logs: [below(layout.legacyLog), below(layout.sessionlessLog)],
    feedback: [
      // The oldest first, as it was written before the other two.
      { path: below(layout.legacyFeedback), role: "both" },
      { path: below(layout.legacyToolFeedback), role: "tool" },
      { path: below(layout.legacyProcessFeedback), role: "process" },
    ],
    checkpoints: below(layout.legacyCheckpoints),
    wholes: LEGACY_WHOLES,
    hasCustom: true,
  };
}

/** Nothing but one file, which is a log or a state. */
export function onlyFile(
  root: string,
  name: string,
  role: "state" | "log",
): LegacyPlaces {
  return {
    root,
    states: role === "state" ? [name] : [],
    foreignState: null,
    logs: role === "log" ? [name] : [],
    feedback: [],
    checkpoints: null,
    wholes: [],
    hasCustom: false,
  };
}
