import type { Host } from "../host/host.ts";
import {
  type Completed,
  completeItem,
  type CompleteOptions,
} from "../work/complete_item.ts";
import { changeOutcome, changeText } from "./change_view.ts";
import { checkProgress } from "./check_progress.ts";
import { command, sessionOptions, type Values } from "./command.ts";

/** `orc complete` */
export const completeCommand = command<Omit<Completed, "place" | "warnings">>({
  name: "complete",
  summary: "Check an item and mark it as completed",
  description:
    "Runs the item's check and, if it passes, marks the item as completed. A check that fails is counted and exits with 3. Completing an item twice does nothing.\n\nSome items ask for evidence: orc next names the fields. --evidence NAME=TEXT gives one; give it again for each further entry of a list, and NAME.KEY=TEXT for a mapping. A file whose name holds = is written ./FILE. Evidence is kept even when the check fails.\n\nA check runs in the working tree or the item's working_dir, without input, in the environment orc was started in. ORCHESTRATOR_CHECK is added and holds SESSION/ITEM: inside of its own check an item cannot be completed.",
  args: [{
    name: "ITEM",
    summary: "Id of the item",
    required: true,
    values: "open-item",
  }],
  flags: [
    {
      name: "notes",
      short: "n",
      value: "TEXT",
      summary: "What was done, at most 2000 characters",
    },
    {
      name: "evidence",
      value: "FILE",
      values: "file",
      repeatable: true,
      summary:
        "What supports it: a JSON or YAML file, - for standard input, or fields as NAME=TEXT",
    },
    {
      name: "skip-verify",
      summary: "Complete without the check, but never a gate",
      effect: "human",
    },
    {
      name: "skip-auto-review",
      summary: "No effect: orc runs no outside reviews",
    },
  ],
  effect: "writes",
  permissions: ["run"],
  examples: [
    'orc complete plan --notes "Three steps, risks named"',
    "orc complete analysis --evidence analysis.yaml",
  ],
  async run(host, values) {
    try {
      return changeOutcome(await completeItem(host, optionsOf(host, values)));
    } finally {
      host.terminal.showProgress(undefined);
    }
  },
  render: (result, style) => changeText(sentence(result), result, style),
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
        terminal.showProgress(
          checkProgress(itemId, progress, terminal.columns),
        )
      : undefined,
  };
}

function sentence(
  { item, changed, events }: Pick<Completed, "item" | "changed" | "events">,
): string {
  if (!changed) return `Item "${item}" is completed already`;
  return events.some(({ type }) => type === "item_skipped")
    ? `Skipped manual gate "${item}": nobody approved it, and the workflow lets it pass`
    : `Completed item "${item}"`;
}
