import { escapeControls } from "../../base/text.ts";
import type { ProgramProgress } from "../../host/host.ts";
import type { SessionOptions } from "../../repository/select.ts";
import { type Completed, completeItem } from "../../work/complete.ts";
import {
  addNote,
  approveItem,
  skipItem,
  type Skipped,
  startItem,
} from "../../work/item.ts";
import { type Advanced, advancePhase, approvePhase } from "../../work/phase.ts";
import { AHEAD, CHANGED } from "../brief.ts";
import {
  arg,
  type ArgSpec,
  type ChangeResult,
  command,
  flag,
  humanFlag,
  type ResultOf,
  sessionOptions,
  type Values,
} from "../command.ts";
import {
  aheadText,
  changeText,
  commandHead,
  doneText,
  tookText,
  withProgress,
} from "../change_view.ts";
import { section } from "../view.ts";

interface StartedItem {
  readonly itemId: string;
  /**
   * From when on `complete` skips the item if no human answers: starting a
   * manual gate starts its clock, where it has one. Null for everything else.
   */
  readonly passesAt: string | null;
}

const ITEM: ArgSpec = arg("ITEM", "Id of the item", "open-item");

/** The purpose names the item: who waits for its lock wants to know. */
function itemOptions(
  values: Values,
): SessionOptions & { readonly itemId: string } {
  const itemId = values.need("ITEM");
  return { ...sessionOptions(values, itemId), itemId };
}

export const startItemCommand = command<ChangeResult<StartedItem>>({
  description:
    "Marks an item as being worked on, so that status shows it and since when. Where a manual gate passes by itself after some time, that time begins.",
  args: [ITEM],
  effect: "writes",
  brief: () => `itemId,passesAt,${CHANGED}`,
  examples: ["orc start-item plan"],
  use: async (host, _options, values) => {
    const options = itemOptions(values);
    const { itemId } = options;
    const changed = await startItem(host, options);
    const started = changed.summary.items.find(({ id }) => id === itemId);
    return { ...changed, itemId, passesAt: started?.passesAt ?? null };
  },
  render: (result, style) => changeText(startedText(result), result, style),
});

function startedText(result: ChangeResult<StartedItem>): string {
  const started = sentenceOf("Started", result);
  return result.passesAt === null
    ? started
    : `${started}: it passes by itself at ${result.passesAt}, unless a human approves it before`;
}

function sentenceOf(
  done: string,
  { itemId, changed }: Pick<ChangeResult<StartedItem>, "itemId" | "changed">,
): string {
  return changed
    ? `${done} item "${itemId}"`
    : `Item "${itemId}" is ${done.toLowerCase()} already`;
}

export const completeCommand = command<ResultOf<Completed>>({
  description:
    "Runs the item's check and, if it passes, marks the item as completed. A check that fails is counted and exits with 3. Completing an item twice does nothing, unless files changed since its check saw them: then that runs again, of an earlier phase too, and where it fails the item is open again.\n\nSome items ask for evidence: orc next names the fields. --evidence NAME=TEXT gives one; give it again for each further entry of a list, and NAME.KEY=TEXT for a mapping. A file whose name holds = is written ./FILE; one outside of the working tree only a human may give. Evidence is kept even when the check fails.\n\nA check runs in the working tree or the item's working_dir, without input, in the environment orc was started in. ORCHESTRATOR_CHECK is added and holds SESSION/ITEM: a check cannot complete its own item.",
  args: [ITEM],
  flags: [
    flag("-n, --notes TEXT", "What was done, at most 2000 characters"),
    flag(
      "--evidence FILE...",
      "What supports it: a JSON or YAML file, - for standard input, or fields as NAME=TEXT",
    ),
    humanFlag("--skip-verify", "Complete without the check, but never a gate"),
    flag("--skip-auto-review", "No effect: orc runs no outside reviews"),
  ],
  effect: "writes",
  permissions: ["run"],
  brief: () => `itemId,renewed,changed,serial,${AHEAD}`,
  examples: [
    'orc complete plan --notes "Three steps, risks named"',
    "orc complete analysis --evidence analysis.yaml",
  ],
  use: (host, _options, values) =>
    withProgress(host, values, async (show) => {
      const options = itemOptions(values);
      return await completeItem(host, {
        ...options,
        notes: values.text("notes"),
        evidence: values.list("evidence"),
        skipVerify: values.on("skip-verify"),
        onProgress: show && ((progress) =>
          show(checkProgress(options.itemId, progress, host.terminal.columns))),
      });
    }),
  render: (result, style) => doneText(completedText(result), result, style),
});

function completedText(result: ResultOf<Completed>): string {
  const { check, changed, itemId, events } = result;
  if (events.some(({ type }) => type === "item_skipped")) {
    return `Skipped manual gate "${itemId}": nobody approved it, and the workflow lets it pass`;
  }
  const done = result.renewed
    ? `Renewed item "${itemId}": its check passed on the files as they are`
    : sentenceOf("Completed", result);
  return changed && check?.type === "command"
    ? `${done}, checked by: ${commandHead(check.command)}`
    : done;
}

export const skipCommand = command<
  ResultOf<Skipped & { readonly itemId: string }>
>({
  description:
    "Leaves an item out. The reason is kept and judged: stock phrases and repetition are refused. Required items cannot be skipped, except in a phase that the workflow calls autonomous; gates only by a human.",
  args: [ITEM],
  flags: [
    flag(
      "-r, --reason TEXT",
      "What makes it unnecessary here: 10 characters or more, 50 for documented items, gates and what only an autonomous phase lets be skipped",
    ),
    humanFlag("-f, --force", "Skip a gate"),
  ],
  effect: "writes",
  brief: () => `itemId,changed,serial,${AHEAD}`,
  examples: ['orc skip migration --reason "No stored data changes its shape"'],
  use: async (host, _options, values) => ({
    ...await skipItem(host, {
      ...itemOptions(values),
      reason: values.text("reason") ?? "",
      force: values.on("force"),
    }),
    itemId: values.need("ITEM"),
  }),
  render: (result, style) =>
    doneText(sentenceOf("Skipped", result), result, style),
});

export const approveItemCommand = command<ChangeResult<{ itemId: string }>>({
  description:
    "Passes a manual gate, or a gate that names nothing to verify. Only a human can: in a terminal, by typing the item's id. Without --session it is the session in which the item waits; where it waits in several, you are asked. The files that the item shows are named with their first lines, and have to stay as they are: after a change the same command approves them anew. What comes before it in its phase has to be done first, but for --early. Who is not known to be one is refused with 77, and the try is logged. ORCHESTRATOR_APPROVALS=any lets tests and CI approve; the log says so.",
  args: [arg("ITEM", "Id of the manual gate", "open-item")],
  flags: [
    flag("-n, --notes TEXT", "What was looked at, at most 2000 characters"),
    flag("--early", "Also while required items before it are open"),
  ],
  effect: "human",
  permissions: ["run"],
  brief: () => `itemId,${CHANGED}`,
  examples: ["orc approve-item plan_approval"],
  use: async (host, _options, values) => ({
    ...await approveItem(host, {
      ...itemOptions(values),
      notes: values.text("notes"),
      early: values.on("early"),
    }),
    itemId: values.need("ITEM"),
  }),
  render: (result, style) =>
    changeText(sentenceOf("Approved", result), result, style),
});

export const noteCommand = command<ChangeResult<unknown>>({
  description:
    "Keeps what is worth remembering: a decision, a finding, a trap. Status shows it to whoever goes on with the session.",
  args: [arg("TEXT", "At most 2000 characters")],
  flags: [
    flag("--item ITEM", "The item of the current phase it is about"),
  ],
  effect: "writes",
  brief: () => CHANGED,
  examples: ['orc note "The old API stays until March" --item plan'],
  use: (host, options, values) =>
    addNote(host, {
      ...options,
      text: values.need("TEXT"),
      itemId: values.text("item"),
    }),
  render: () => "Noted",
});

export const advanceCommand = command<ResultOf<Advanced>>({
  description:
    "Leaves the current phase when all its required items are done and, where the workflow asks for it, a human has approved. The last phase is left with orc finish.",
  flags: [
    humanFlag("-f, --force", "Leave the phase although something is open"),
    flag("-y, --yes", "No effect: nothing is asked"),
    flag("--no-critique", "No effect: orc runs no outside reviews"),
  ],
  effect: "writes",
  brief: () =>
    `from,to,skipped,durationMinutes,changed,serial,phaseNotes,${AHEAD}`,
  examples: ["orc advance"],
  use: (host, options, values) =>
    advancePhase(host, { ...options, force: values.on("force") }),
  render: (result, style) =>
    [
      result.to === null
        ? `Phase "${result.from}" is the last one and is complete`
        : [
          `Left phase "${result.from}"${
            tookText(result.durationMinutes)
          }, entered phase "${result.to}"`,
          ...section(
            "Skipped in it",
            result.skipped.map(({ itemId, reason }) =>
              `${itemId}: ${reason ?? "for no reason that was kept"}`
            ),
          ),
        ].join("\n"),
      aheadText(result, style),
    ].join("\n"),
});

export const approveCommand = command<ChangeResult<unknown>>({
  description:
    "Approves that a phase with a human exit gate is left. Only a human can: in a terminal, by typing the phase's id.",
  flags: [
    flag("-p, --phase PHASE", "Id of the phase instead of the current one"),
  ],
  effect: "human",
  permissions: ["run"],
  brief: () => CHANGED,
  examples: ["orc approve", "orc approve --phase REVIEW"],
  use: (host, options, values) =>
    approvePhase(host, { ...options, phaseId: values.text("phase") }),
  render: (result, style) =>
    changeText(
      result.changed ? "Approved the phase" : "The phase awaits no approval",
      result,
      style,
    ),
});

/** Who waits no longer than this needs no word about it. */
const SILENT_MS = 1000;

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
