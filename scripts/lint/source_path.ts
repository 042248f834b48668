const ROOT = slashed(import.meta.dirname ?? "").replace(/\/scripts\/lint$/, "");

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Path of a linted file from the root of this repository, with slashes. */
export function sourcePath(fileName: string): string {
  const path = slashed(fileName);
  return path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : path;
}

/** Name of the layer a path belongs to; undefined outside `src`. */
export function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)/.exec(path)?.[1];
}

/** Whether the file is part of the published program. */
export function isShipped(path: string): boolean {
  return path === "mod.ts" || path === "cli.ts" || path.startsWith("src/");
}
