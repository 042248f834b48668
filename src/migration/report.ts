/** The result of a migration as a file, where somebody asks for it. */
import { OrcError, refused, usage } from "../base/error.ts";
import { parentDirectory, resolvePath } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import {
  fileKind,
  readBeginning,
  realOrGiven,
  visibleKind,
} from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";

/** How each report begins; a file that begins otherwise is somebody's. */
const REPORT_START = '{\n  "place": {\n    "root": ';

/** Refuses a file that cannot be a report, or is another's, before anything is done. */
export function assertReport(host: Host, file: string | undefined): void {
  if (file === undefined) return;
  const path = resolvePath(host.workingDirectory, file);
  const parent = parentDirectory(path);
  const isFit = ["absent", "file"].includes(visibleKind(path)) &&
    parent !== undefined && fileKind(realOrGiven(parent)) === "directory";
  if (!isFit) {
    const hint = "name a file, in a directory that is there";
    const message = `Cannot write a report to "${path}"`;
    throw usage("invalid_report", message, { path, hint });
  }
  const start = readBeginning(path, REPORT_START.length) ?? [];
  if (["", REPORT_START].includes(String.fromCharCode(...start))) return;
  const hint = "name a file that is not there yet";
  const message = `Cannot replace "${path}": it is no report of orc`;
  throw refused("not_a_report", message, { path, hint });
}

/** Writes it as JSON; returns why it cannot, since what was done counts without that. */
export function writeReport(
  host: Host,
  file: string,
  result: object,
): string | undefined {
  const path = resolvePath(host.workingDirectory, file);
  const text = `${JSON.stringify(result, null, 2)}\n`;
  try {
    writeAtomic(path, text, { token: host.newToken() });
    return undefined;
  } catch (cause) {
    const error = asOrcError(cause, "write the report", path);
    if (error instanceof OrcError) return error.message;
    throw error;
  }
}
