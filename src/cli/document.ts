import type { OrcError } from "../base/error.ts";
import { plainOf } from "../base/plain.ts";
import { escapeJson } from "../base/text.ts";
import { truncationIn } from "../commands/clamp.ts";
import type { Command, Outcome, Values } from "../commands/command.ts";
import {
  compacted,
  fieldsIn,
  pick,
  SCHEMA_VERSION,
} from "../commands/fields.ts";
import type { Presentation } from "./parse.ts";

/** Who is told, and in which form. */
export interface Reader {
  readonly commandName: string | null;
  readonly presentation: Pick<Presentation, "full" | "fields">;
  readonly values: Values | undefined;
}

/** The one JSON document of a command that was done, also if its result is bad news. */
export async function resultDocument(
  { commandName, presentation, values }: Reader,
  command: Pick<Command, "brief" | "isWhole">,
  { place, result, warnings = [], refusal }: Outcome<unknown>,
): Promise<string> {
  const brief = values && await command.brief?.(values);
  return documentOf({
    ok: refusal === undefined,
    schemaVersion: SCHEMA_VERSION,
    command: commandName,
    root: place?.root ?? null,
    rootSource: place?.rootSource ?? null,
    session: place?.session ?? null,
    result: shaped(result ?? null, presentation, command.isWhole, brief),
    error: refusal && errorMembers(told(refusal), presentation),
    warnings: warnings.length === 0 ? undefined : warnings,
  }, presentation);
}

/** Where it was made is for who looks for a bug. */
function told({ kind, code, message, hint, path, details }: OrcError) {
  return { kind, code, message, hint, path, details };
}

/** What was asked for is there also if it is null; and a document that is the result is one's own. */
function shaped(
  result: unknown,
  { full, fields }: Reader["presentation"],
  isWhole: boolean | undefined,
  brief: string | undefined,
): unknown {
  if (fields !== undefined) {
    const part = pick(result, fieldsIn(fields));
    const truncation = truncationIn(result);
    return truncation ? { ...truncation, ...Object(part) } : part;
  }
  if (full || isWhole) return result;
  return compacted(
    brief === undefined ? result : pick(result, fieldsIn(brief)),
  );
}

/** The members of an error that anybody is told. */
export type ErrorMembers = Pick<OrcError, "message" | "details"> & {
  readonly code: string;
  readonly kind: string;
  readonly hint?: string | null;
  readonly path?: string | null;
  readonly stack?: string;
};

/** The facts of errors that say all of it in their message too. */
const TOLD = fieldsIn(
  "itemId,tries,result.exitCode,blockers.code,blockers.itemId",
);

export function errorMembers(
  { kind, code, message, hint = null, path = null, details, stack }:
    ErrorMembers,
  { full }: Pick<Presentation, "full">,
): object {
  const members = { kind, code, message, hint, path };
  if (full) return { ...members, details, stack };
  const isTold = details !== undefined &&
    ("result" in details || "blockers" in details);
  const facts = isTold ? pick(details, TOLD) : details;
  return Object(compacted({ ...members, details: facts, stack }));
}

/** A document in one line; of its envelope what is null is left out, but where all is wanted. */
export function documentOf(
  content: object,
  { full }: Pick<Presentation, "full">,
): string {
  const members = Object.entries(content)
    .filter(([key, member]) => full || key === "result" || member !== null);
  return lineOf(Object.fromEntries(members));
}

/** A part of a result, in one line. */
export function partDocument(
  part: unknown,
  { full }: Pick<Presentation, "full">,
): string {
  return lineOf(full ? part : compacted(part));
}

function lineOf(content: unknown): string {
  return `${escapeJson(JSON.stringify(content, toPlain))}\n`;
}

/** JSON.stringify would print a JSON object of the core as `{}`. */
function toPlain(_key: string, value: unknown): unknown {
  return value instanceof Map ? plainOf(value) : value;
}
