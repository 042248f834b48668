/** What the event of a check tells: its result, and whether it was the check that the workflow asks for. */
import { isJsonList, numberOf, textAt } from "../base/json.ts";
import { normalisePath, resolvePath } from "../base/path.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { parseReceipt } from "../engine/receipt.ts";
import { fillTemplate } from "../workflow/template.ts";
import type { CheckResult, Item, Workflow } from "../workflow/types.ts";

const CHECKED: readonly string[] = [
  "verification_passed",
  "verification_failed",
  "gate_passed",
  "gate_failed",
];

/** Whether an event says how a check ended, and not that a human rejected an item. */
export function isCheck({ type, details }: RecordedEvent): boolean {
  return CHECKED.includes(type) && !details.has("rejected");
}

/** Whether something else was run or looked at than the pinned workflow says. */
export function isOtherCheck(
  { phases, settings }: Workflow,
  event: RecordedEvent,
): boolean {
  if (!isCheck(event)) return false;
  const { itemId, details } = event;
  const items = phases.flatMap(({ items }) => items);
  const verification = items.find(({ id }) => id === itemId)?.verification;
  if (verification?.type === "command") {
    if (verification.prove && !isProved(event, verification)) return true;
    const told = textAt(details, "command") ?? "";
    const { command } = verification;
    return ![command, fillTemplate(command, settings)].some((text) =>
      isMaskedFrom(text, told)
    );
  }
  if (verification?.type !== "file_exists") return false;
  // The root may be elsewhere by now, or have been on a system with other slashes.
  const path = resolvePath("/r", fillTemplate(verification.path, settings))
    .replace(/^\/r(?=\/|$)/, "");
  const told = normalisePath(textAt(details, "path") ?? "");
  return !told.replaceAll("\\", "/").endsWith(path.replaceAll("\\", "/"));
}

/** Whether a check that passed tells that it was red on the base; one that failed needs not. */
function isProved(
  { type, details }: RecordedEvent,
  { expectExitCode }: { readonly expectExitCode: number },
): boolean {
  if (!type.endsWith("_passed")) return true;
  const proved = parseReceipt(details.get("receipt"))?.proved;
  const red = proved?.red?.exitCode;
  return proved?.reason === null && proved.control !== null &&
    red !== undefined && red !== expectExitCode;
}

const SECRET = /\[secret[^\]]*\]/;

/** Whether a text is another one in which secrets may have been replaced by their names. */
function isMaskedFrom(text: string, masked: string): boolean {
  const [first = "", ...pieces] = masked.split(SECRET);
  const last = pieces.pop();
  if (last === undefined) return text === masked;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces) {
    at = text.indexOf(piece, at);
    if (at < 0) return false;
    at += piece.length;
  }
  return text.endsWith(last) && text.length - last.length >= at;
}

/** The result that an event tells of; undefined where it contradicts itself. */
export function resultOf(
  { verification }: Item,
  { type: eventType, details }: RecordedEvent,
): CheckResult | undefined {
  const passed = eventType.endsWith("_passed");
  const problem = textAt(details, "error");
  if (verification.type === "file_exists") {
    if (passed !== (details.get("exists") === true)) return undefined;
    const path = textAt(details, "path") ?? "";
    return { type: "file_exists", passed, name: "", path, problem };
  }
  if (verification.type !== "command") return undefined;
  const { expectExitCode } = verification;
  const exitCode = numberOf(details.get("exit_code")) ?? -1;
  const isGood = exitCode === expectExitCode && problem === null;
  if (passed !== isGood) return undefined;
  const words = details.get("command_args") ?? null;
  return {
    type: "command",
    passed,
    command: textAt(details, "command") ?? "",
    originalCommand: textAt(details, "original_command") ?? "",
    words: isJsonList(words) ? words.map(String) : [],
    shell: false,
    exitCode,
    expectExitCode,
    stdout: textAt(details, "stdout") ?? "",
    stderr: textAt(details, "stderr") ?? "",
    notUtf8: [],
    durationSeconds: numberOf(details.get("duration_seconds")) ?? 0,
    problem,
  };
}
