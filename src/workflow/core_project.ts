/** What kind of project a repository holds, and how it checks itself. */
export interface ProjectKind {
  /** Such as `Node.js`; `unknown` when no manifest was found. */
  readonly name: string;
  /** Undefined when there is none: a command that always passes would be no check. */
  readonly testCommand: string | undefined;
  readonly buildCommand: string | undefined;
  readonly lintCommand: string | undefined;
}

/** Reads a file at the root of the project; undefined when it cannot be read. */
export type ReadManifest = (name: string) => string | undefined;

/** The root of a project: the names of its files, and what they hold. */
export interface Project {
  readonly files: ReadonlySet<string>;
  readonly read: ReadManifest;
}
