const ROOT = slashed(import.meta.dirname ?? "").replace(/\/scripts\/lint$/, "");

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Path of a linted file from the root of this repository, with slashes. */
export function sourcePath(fileName: string): string {
  const path = slashed(fileName);
  return path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : path;
}

/** Whether the file is part of the published program. */
export function isShipped(path: string): boolean {
  return path === "mod.ts" || path === "cli.ts" || path.startsWith("src/");
}
