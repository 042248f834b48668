import { JsonNumber, plainOf } from "../base/json.ts";
import { escapeControls } from "../base/text.ts";
import type {
  Command,
  Outcome,
  Streaming,
  Style,
} from "../commands/command.ts";
import { escapeJson, escapeTexts } from "./escape.ts";
import type { Failure } from "./failure.ts";

/** The text of a command that was done, for people. */
export function resultText(
  command: Command,
  result: unknown,
  style: Style,
): string {
  const text = command.render(escapeTexts(result), style);
  return text === "" ? "" : `${text}\n`;
}

/** The one JSON document of a command that was done, also if its result is bad news. */
export function resultDocument(
  command: string,
  { place, result, warnings = [], refusal }: Outcome<unknown>,
): string {
  return documentOf({
    ok: refusal === undefined,
    command,
    root: place?.root ?? null,
    rootSource: place?.rootSource ?? null,
    session: place?.session ?? null,
    result: result ?? null,
    error: refusal && { ...errorMembers(refusal), stack: undefined },
    warnings: warnings.length === 0 ? undefined : warnings,
  });
}

/** Parts of a streamed result, for people: each begins a line. */
export function partsText(
  streaming: Streaming,
  parts: readonly unknown[],
  style: Style,
): string {
  return parts
    .map((part) => `${streaming.render(escapeTexts(part), style)}\n`)
    .join("");
}

/** Parts of a streamed result, for programs: one JSON document a line. */
export function partsLines(parts: readonly unknown[]): string {
  return parts.map(documentOf).join("");
}

/** A warning, for people. */
export function warningText(warning: string): string {
  return `Warning: ${escapeControls(warning)}\n`;
}

/** What went wrong and what to do next, for people. */
export function errorText({ message, hint, stack }: Failure): string {
  const lines = [message];
  if (hint !== undefined) lines.push(`Try: ${hint}`);
  if (stack !== undefined) lines.push(stack);
  return `${escapeControls(lines.join("\n"))}\n`;
}

/** The one JSON document of a command that was not done. */
export function errorDocument(
  command: string | null,
  failure: Failure,
): string {
  return documentOf({ ok: false, command, error: errorMembers(failure) });
}

function errorMembers(
  { kind, code, message, hint, path, details, stack }: Omit<Failure, "error">,
): Readonly<Record<string, unknown>> {
  return {
    kind,
    code,
    message,
    hint: hint ?? null,
    path: path ?? null,
    details,
    stack,
  };
}

function documentOf(content: unknown): string {
  return `${escapeJson(JSON.stringify(content, toPlain))}\n`;
}

/** JSON.stringify would print a JSON object of the core as `{}`. */
function toPlain(_key: string, value: unknown): unknown {
  return value instanceof Map || value instanceof JsonNumber
    ? plainOf(value)
    : value;
}
