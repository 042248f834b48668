import { codeSpan, fenced, headOf, seen } from "../base/fence.ts";
import {
  asObject,
  type JsonObject,
  type JsonValue,
  numberOf,
} from "../base/json.ts";
import { STORED_OUTPUT_LENGTH } from "../base/limits.ts";
import { shellWord } from "../base/shell_word.ts";
import { tailOf } from "../base/text.ts";
import { isSkippable, type SkipSite } from "../engine/next.ts";
import { stepFor } from "../engine/next_step.ts";
import type { OpenItem } from "../engine/state.ts";
import { fillTemplate } from "../workflow/command.ts";
import type { Item, ItemState, Workflow } from "../workflow/types.ts";

/** Longest description, note or condition of an item that is handed over; more is no description. */
const MAX_TEXT_LENGTH = 1000;
const MAX_NOTES = 10;

/** What makes a command line mean one session, whoever types it. */
export type CommandLineFor = (command: string) => string;

/** One open item for whoever goes on: what good looks like, what failed, and how it is completed. */
export function itemSection(
  session: SkipSite,
  open: OpenItem,
  lineFor: CommandLineFor,
): string {
  return [
    fenced(factsOf(session.workflow, open)),
    ...failureOf(open.itemState),
    wayOn(session, open, lineFor),
  ].join("\n\n");
}

function factsOf(
  workflow: Workflow,
  { item, itemState }: OpenItem,
): string {
  const kind = item.required ? "required" : "optional";
  const { description } = item.verification;
  const facts: readonly (readonly [string, string | null])[] = [
    ["item", item.id],
    ["name", item.name],
    ["status", itemState.status.replace("_", " ")],
    ["kind", `${kind}, ${item.stepType}`],
    ["what to do", item.description],
    ["check", checkText(workflow, item)],
    ["the check asks that", description],
    ["the check runs in", item.workingDir],
    ["evidence to collect", item.evidencePrompt],
    ["evidence has to follow", item.evidenceSchema],
    ...item.notes.slice(0, MAX_NOTES)
      .map((note) => ["note", note] as const),
    ...item.skipConditions.slice(0, MAX_NOTES)
      .map((condition) => ["may be skipped if", condition] as const),
  ];
  return factLines(facts);
}

/** Facts with their labels, one a line; further lines of a fact are indented. */
export function factLines(
  facts: readonly (readonly [string, string | null])[],
): string {
  return facts.flatMap(([label, text]) => {
    if (text === null || text.trim() === "") return [];
    const lines = headOf(seen(text).trim(), MAX_TEXT_LENGTH).split("\n");
    return `${label}: ${lines.join("\n  ")}`;
  }).join("\n");
}

function checkText({ settings }: Workflow, item: Item): string {
  const { verification, timeoutSeconds } = item;
  switch (verification.type) {
    case "none":
      return "none; the notes say what was done";
    case "manual_gate":
      return "a human decides";
    case "file_exists":
      return `${fillTemplate(verification.path, settings)} exists`;
    case "command": {
      const command = fillTemplate(verification.command, settings);
      const limit = timeoutSeconds === undefined
        ? ""
        : ` within ${timeoutSeconds} s`;
      return `${command} ends with exit code ${verification.expectExitCode}${limit}`;
    }
  }
}

/** What is known of the last try that failed; nothing when none did. */
function failureOf(item: ItemState): readonly string[] {
  if (item.retryCount === 0) return [];
  const result = asObject(item.gateResult) ?? asObject(item.verificationResult);
  const tries = item.retryCount === 1 ? "1 try" : `${item.retryCount} tries`;
  const head = `Its check failed so far: ${tries}. The last one ended so:`;
  return result === undefined
    ? [`Its check failed so far: ${tries}.`]
    : [head, fenced(failureText(result))];
}

function failureText(result: JsonObject): string {
  const exitCode = numberOf(result.get("exit_code"));
  const facts = factLines([
    ["command", textIn(result, "command")],
    ["path", textIn(result, "path")],
    ["exit code", exitCode === undefined ? null : String(exitCode)],
    ["problem", textIn(result, "error") ?? textIn(result, "reason")],
  ]);
  const outputs = ["stdout", "stderr"].flatMap((name) => {
    const output = textIn(result, name)?.trim() ?? "";
    return output === ""
      ? []
      : [`${name}:`, tailOf(output, STORED_OUTPUT_LENGTH)];
  });
  return [facts, ...outputs].join("\n");
}

function textIn(result: JsonObject, key: string): string | null {
  const value: JsonValue | undefined = result.get(key);
  return typeof value === "string" ? value : null;
}

function wayOn(
  session: SkipSite,
  open: OpenItem,
  lineFor: CommandLineFor,
): string {
  const { item } = open;
  const step = stepFor(session.workflow, item);
  if (step.human) {
    const command = codeSpan(lineFor(step.command));
    return `Only a human gets past it, with ${command}. Leave it to them.`;
  }
  const done = `When it is done: ${codeSpan(lineFor(step.command))}`;
  // What has to be done, and says of no case in which it has not, is no offer to skip it.
  const isOffered = !item.required || item.skipConditions.length > 0;
  if (!isOffered || !isSkippable(session, open)) return done;
  const skip = lineFor(`orc skip ${shellWord(item.id)} --reason "<why>"`);
  return `${done}\n\nWhere it is not needed: ${codeSpan(skip)}`;
}
