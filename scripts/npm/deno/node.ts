import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * Loads a module of Node's own. An `import` of one reads each of its members, and for some of
 * them Node opens standard input or loads its streams: half of what a start takes.
 */
export function load<Module>(name: string): Module {
  return require(name);
}

/** Node's `fs`. */
export const fs: typeof import("node:fs") = load("node:fs");

/** The process that runs, as Node describes it. */
export const process: NodeJS.Process = globalThis.process;
