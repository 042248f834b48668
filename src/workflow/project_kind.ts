import type { Project, ProjectKind, ReadManifest } from "./core_project.ts";
import {
  detectCargo,
  detectCmake,
  detectDeno,
  detectGo,
  detectMake,
  detectNode,
  detectPython,
} from "./project.ts";

export type { ProjectKind, ReadManifest } from "./core_project.ts";

/** The Python tool's order, with Deno beside Node. */
const DETECTORS: readonly ((project: Project) => ProjectKind | undefined)[] = [
  detectNode,
  detectDeno,
  detectCargo,
  detectGo,
  detectPython,
  detectMake,
  detectCmake,
];

const UNKNOWN: ProjectKind = {
  name: "unknown",
  testCommand: undefined,
  buildCommand: undefined,
  lintCommand: undefined,
};

/**
 * Tells the kind of a project from the files at its root.
 *
 * The first kind that has tests wins: a package.json that only formats
 * documents does not hide a Cargo.toml. Without a reader of files only what
 * every project of a kind understands is chosen.
 */
export function detectProject(
  files: ReadonlySet<string>,
  readManifest: ReadManifest = () => undefined,
): ProjectKind {
  const project = { files, read: readManifest };
  const kinds = DETECTORS.flatMap((detect) => detect(project) ?? []);
  return kinds.find(({ testCommand }) => testCommand !== undefined) ??
    kinds[0] ?? UNKNOWN;
}
