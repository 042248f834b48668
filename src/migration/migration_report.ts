import { OrcError } from "../base/error.ts";
import { parentDirectory, resolvePath } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { fileKind, realOrGiven, visibleKind } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { Migrated } from "./migration_outcome.ts";

/** Refuses a file for the report that cannot be written, before anything is done. */
export function assertReport(host: Host, file: string | undefined): void {
  if (file === undefined) return;
  const path = resolvePath(host.workingDirectory, file);
  const parent = parentDirectory(path);
  const isFit = ["absent", "file"].includes(visibleKind(path)) &&
    parent !== undefined && fileKind(realOrGiven(parent)) === "directory";
  if (isFit) return;
  throw new OrcError(
    "usage",
    "invalid_report",
    `Cannot write a report to "${path}"`,
    { path, hint: "name a file, in a directory that is there" },
  );
}

/** Writes a result as JSON where somebody asked for it; what was done counts without it too. */
export function writeReport(
  host: Host,
  file: string | undefined,
  result: Migrated,
): Migrated {
  if (file === undefined) return result;
  const path = resolvePath(host.workingDirectory, file);
  const text = `${JSON.stringify(result, null, 2)}\n`;
  const token = host.newToken();
  try {
    writeAtomic(path, new TextEncoder().encode(text), { token });
    return result;
  } catch (cause) {
    const error = asOrcError(cause, "write the report", path);
    if (!(error instanceof OrcError)) throw error;
    return { ...result, warnings: [...result.warnings, error.message] };
  }
}
