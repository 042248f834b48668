import { OrcError } from "../base/error.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { writeAtomic, type WriteOptions } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { ConfigSite } from "../settings/files.ts";
import { askForApproval } from "../work/approval.ts";
import { isWorkflowPage } from "./workflow_page.ts";

/** How a page is written. */
export interface PageOptions extends Pick<WriteOptions, "stagingDirectory"> {
  /** Replaces a file that orc did not make; a human only. */
  readonly force: boolean;
  /** Whose settings say how a human says yes. */
  readonly site: ConfigSite;
}

/** What became of a page. */
export interface WrittenPage {
  /** False when the file held the same page already. */
  readonly changed: boolean;
  /** What went wrong after the file was replaced, as sentences for people. */
  readonly warnings: readonly string[];
}

/** Writes a page whole or not at all, and over nothing but a page, unless a human says so. */
export async function writePage(
  host: Host,
  { path, text }: { readonly path: string; readonly text: string },
  { site, force, stagingDirectory }: PageOptions,
): Promise<WrittenPage> {
  const present = presentText(path, force);
  if (present === text) return { changed: false, warnings: [] };
  if (present === FOREIGN) await assertHuman(host, site, nameOf(path));
  const token = host.newToken();
  const warning = write(path, text, { token, stagingDirectory });
  return { changed: true, warnings: warning === undefined ? [] : [warning] };
}

/** Here a directory that is gone has no other reader to tell. */
function write(
  path: string,
  text: string,
  options: WriteOptions,
): string | undefined {
  try {
    return writeAtomic(path, new TextEncoder().encode(text), options);
  } catch (error) {
    throw asOrcError(error, "write", path);
  }
}

/** A file that orc did not make. */
const FOREIGN = Symbol("foreign");

/** What the file holds, if it may be replaced: a page of orc, or what a human has to give up. */
function presentText(
  path: string,
  force: boolean,
): string | typeof FOREIGN | undefined {
  const kind = fileKind(path);
  if (kind === "absent") return undefined;
  if (kind !== "file") throw notReplaceable(path, kind);
  const text = force ? readIfPossible(path) : readPage(path);
  if (text !== undefined && isWorkflowPage(text)) return text;
  if (!force) throw notGenerated(path);
  return FOREIGN;
}

function readPage(path: string): string | undefined {
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  return bytes && new TextDecoder().decode(bytes);
}

/** What cannot be read is what a human gives up, too. */
function readIfPossible(path: string): string | undefined {
  try {
    return readPage(path);
  } catch (error) {
    if (error instanceof OrcError) return undefined;
    throw error;
  }
}

async function assertHuman(
  host: Host,
  site: ConfigSite,
  name: string,
): Promise<void> {
  const act = { request: `replace ${name}`, confirmation: "replace" };
  if (await askForApproval(host, site, act) !== null) return;
  throw new OrcError(
    "denied",
    "approval_required",
    `Cannot replace ${name}: only a human may, at a terminal`,
    { hint: "ask a human to run orc generate-md --force in a terminal" },
  );
}

function notReplaceable(path: string, kind: string): OrcError {
  return new OrcError(
    "corrupt",
    "not_a_regular_file",
    `Cannot replace "${path}": it is a ${kind} and not a regular file`,
    { path, hint: ELSEWHERE },
  );
}

function notGenerated(path: string): OrcError {
  return new OrcError(
    "refused",
    "not_generated",
    `Cannot replace "${path}": orc did not make it`,
    { path, hint: ELSEWHERE },
  );
}

const ELSEWHERE = "write another file: orc generate-md --to FILE";
