import { escapeControls } from "../base/text.ts";
import type { Host, ProgramProgress } from "../host/host.ts";
import {
  type Completed,
  completeItem,
  type CompleteOptions,
} from "../work/complete.ts";
import { addNote, approveItem, skipItem, startItem } from "../work/item.ts";
import {
  answering,
  arg,
  type ChangeResult,
  command,
  flag,
  outcomeOf,
  type ResultOf,
  sessionOptions,
  type Values,
} from "./command.ts";
import { changeText } from "./view.ts";

interface StartedItem {
  readonly item: string;
  /**
   * From when on `complete` skips the item if no human answers: starting a
   * manual gate starts its clock, where it has one. Null for everything else.
   */
  readonly passesAt: string | null;
}

const startItemCommand = command<ChangeResult<StartedItem>>({
  description:
    "Marks an item as being worked on, so that status shows it and since when. Where a manual gate passes by itself after some time, that time begins.",
  args: [arg("ITEM", "Id of the item", "open-item")],
  effect: "writes",
  examples: ["orc start-item plan"],
  async run(host, values) {
    const item = values.need("ITEM");
    const changed = await startItem(host, {
      ...sessionOptions(values, `start-item ${item}`),
      itemId: item,
    });
    const started = changed.summary.items.find(({ id }) => id === item);
    const passesAt = started?.passesAt ?? null;
    return outcomeOf({ ...changed, item, passesAt });
  },
  render: (result, style) => changeText(startedText(result), result, style),
});

function startedText(
  { item, changed, passesAt }: ChangeResult<StartedItem>,
): string {
  const started = changed
    ? `Started item "${item}"`
    : `Item "${item}" is started already`;
  return passesAt === null
    ? started
    : `${started}: it passes by itself at ${passesAt}, unless a human approves it before`;
}

const completeCommand = command<ResultOf<Completed>>({
  description:
    "Runs the item's check and, if it passes, marks the item as completed. A check that fails is counted and exits with 3. Completing an item twice does nothing.\n\nSome items ask for evidence: orc next names the fields. --evidence NAME=TEXT gives one; give it again for each further entry of a list, and NAME.KEY=TEXT for a mapping. A file whose name holds = is written ./FILE. Evidence is kept even when the check fails.\n\nA check runs in the working tree or the item's working_dir, without input, in the environment orc was started in. ORCHESTRATOR_CHECK is added and holds SESSION/ITEM: inside of its own check an item cannot be completed.",
  args: [arg("ITEM", "Id of the item", "open-item")],
  flags: [
    flag("-n, --notes TEXT", "What was done, at most 2000 characters"),
    flag(
      "--evidence FILE",
      "What supports it: a JSON or YAML file, - for standard input, or fields as NAME=TEXT",
      { values: "file", repeatable: true },
    ),
    flag("--skip-verify", "Complete without the check, but never a gate", {
      effect: "human",
    }),
    flag("--skip-auto-review", "No effect: orc runs no outside reviews"),
  ],
  effect: "writes",
  permissions: ["run"],
  examples: [
    'orc complete plan --notes "Three steps, risks named"',
    "orc complete analysis --evidence analysis.yaml",
  ],
  async run(host, values) {
    try {
      return outcomeOf(await completeItem(host, optionsOf(host, values)));
    } finally {
      host.terminal.showProgress(undefined);
    }
  },
  render: (result, style) => changeText(completedText(result), result, style),
});

function optionsOf({ terminal }: Host, values: Values): CompleteOptions {
  const itemId = values.need("ITEM");
  const isShown = terminal.isErrorTerminal && !values.on("quiet");
  return {
    ...sessionOptions(values, `complete ${itemId}`),
    itemId,
    notes: values.text("notes"),
    evidence: values.list("evidence"),
    skipVerify: values.on("skip-verify"),
    onProgress: isShown
      ? (progress) =>
        terminal.showProgress(checkProgress(itemId, progress, terminal.columns))
      : undefined,
  };
}

function completedText(
  { item, changed, events }: Pick<Completed, "item" | "changed" | "events">,
): string {
  if (!changed) return `Item "${item}" is completed already`;
  return events.some(({ type }) => type === "item_skipped")
    ? `Skipped manual gate "${item}": nobody approved it, and the workflow lets it pass`
    : `Completed item "${item}"`;
}

const skipCommand = command<ChangeResult<{ item: string }>>({
  description:
    "Leaves an item out. The reason is kept and judged: stock phrases and repetition are refused. Required items cannot be skipped, except in a phase that the workflow calls autonomous; gates only by a human.",
  args: [arg("ITEM", "Id of the item", "open-item")],
  flags: [
    flag(
      "-r, --reason TEXT",
      "What makes it unnecessary here: 10 characters or more, 50 for documented items, gates and what only an autonomous phase lets be skipped",
    ),
    flag("-f, --force", "Skip a gate", { effect: "human" }),
  ],
  effect: "writes",
  examples: ['orc skip migration --reason "No stored data changes its shape"'],
  async run(host, values) {
    const item = values.need("ITEM");
    const changed = await skipItem(host, {
      ...sessionOptions(values, `skip ${item}`),
      itemId: item,
      reason: values.text("reason") ?? "",
      force: values.on("force"),
    });
    return outcomeOf({ ...changed, item });
  },
  render: (result, style) =>
    changeText(
      result.changed
        ? `Skipped item "${result.item}"`
        : `Item "${result.item}" is skipped already`,
      result,
      style,
    ),
});

const approveItemCommand = command<ChangeResult<{ item: string }>>({
  description:
    "Passes a manual gate. Only a human can: in a terminal, by typing the item's id. Who is not known to be one is refused with 77, and the try is logged. ORCHESTRATOR_APPROVALS=any lets tests and CI approve; the log says so.",
  args: [arg("ITEM", "Id of the manual gate", "open-item")],
  flags: [
    flag("-n, --notes TEXT", "What was looked at, at most 2000 characters"),
  ],
  effect: "human",
  examples: ["orc approve-item plan_approval"],
  async run(host, values) {
    const item = values.need("ITEM");
    const changed = await approveItem(host, {
      ...sessionOptions(values, `approve-item ${item}`),
      itemId: item,
      notes: values.text("notes"),
    });
    return outcomeOf({ ...changed, item });
  },
  render: (result, style) =>
    changeText(
      result.changed
        ? `Approved item "${result.item}"`
        : `Item "${result.item}" is approved already`,
      result,
      style,
    ),
});

const noteCommand = command<ChangeResult<unknown>>({
  description:
    "Keeps what is worth remembering: a decision, a finding, a trap. Status shows it to whoever goes on with the session.",
  args: [arg("TEXT", "At most 2000 characters")],
  flags: [
    flag("--item ITEM", "The item of the current phase it is about", {
      values: "item",
    }),
  ],
  effect: "writes",
  examples: ['orc note "The old API stays until March" --item plan'],
  run: answering((host, values) =>
    addNote(host, {
      ...sessionOptions(values, "note"),
      text: values.need("TEXT"),
      itemId: values.text("item"),
    })
  ),
  render: () => "Noted",
});

/** Who waits no longer than this needs no word about it. */
const SILENT_MS = 1000;

/** What programs paint their output with. */
// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[\d;]*m/g;

/** From here on characters may be two columns wide; to take all for wide does no harm. */
const FIRST_WIDE_POINT = 0x1100;

/** What a check is about, in one line of a terminal; undefined while it has only begun. */
export function checkProgress(
  itemId: string,
  { elapsedMs, lastLine }: ProgramProgress,
  columns: number,
): string | undefined {
  if (elapsedMs < SILENT_MS) return undefined;
  const head = `Checking ${itemId}, ${durationText(elapsedMs)}`;
  const said = (lastLine ?? "").replaceAll(COLOURS, "")
    .replaceAll(/\s+/g, " ").trim();
  const text = said === "" ? head : `${head}: ${said}`;
  // The last column stays free: some terminals go on to the next line.
  return cutTo(columns - 1, escapeControls(text));
}

function durationText(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Cuts a text, so that it and the mark of the cut take no more columns than these. */
function cutTo(columns: number, text: string): string {
  const characters = Array.from(text);
  if (widthOf(characters) <= columns) return text;
  let count = 0;
  let width = 1;
  for (const character of characters) {
    width += widthOf([character]);
    if (width > columns) break;
    count++;
  }
  return `${characters.slice(0, count).join("")}…`;
}

function widthOf(characters: readonly string[]): number {
  return characters.reduce(
    (width, character) =>
      width + ((character.codePointAt(0) ?? 0) < FIRST_WIDE_POINT ? 1 : 2),
    0,
  );
}

/** The commands of this file, by their names. */
export const commands = {
  "start-item": startItemCommand,
  complete: completeCommand,
  skip: skipCommand,
  "approve-item": approveItemCommand,
  note: noteCommand,
};
