import { type Completed, completeItem } from "../app/complete_item.ts";
import { changeOutcome, changeText } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc complete` */
export const completeCommand = command<Omit<Completed, "place" | "warnings">>({
  name: "complete",
  summary: "Check an item and mark it as completed",
  description:
    "Runs the item's check and, if it passes, marks the item as completed. A check that fails is counted and exits with 3. Completing an item twice does nothing.",
  args: [{ name: "ITEM", summary: "Id of the item", required: true }],
  flags: [
    {
      name: "notes",
      short: "n",
      value: "TEXT",
      summary: "What was done, at most 2000 characters",
    },
    {
      name: "skip-verify",
      summary: "Complete without the check; a human only, and never a gate",
    },
    {
      name: "skip-auto-review",
      summary: "No effect: orc runs no outside reviews",
    },
  ],
  permissions: ["run"],
  examples: ['orc complete plan --notes "Three steps, risks named"'],
  async run(host, values) {
    return changeOutcome(
      await completeItem(host, {
        ...sessionOptions(values, `complete ${values.need("ITEM")}`),
        itemId: values.need("ITEM"),
        notes: values.text("notes"),
        skipVerify: values.on("skip-verify"),
      }),
    );
  },
  render: (result, style) => changeText(sentence(result), result, style),
});

function sentence(
  { item, changed, events }: Pick<Completed, "item" | "changed" | "events">,
): string {
  if (!changed) return `Item "${item}" is completed already`;
  return events.some(({ type }) => type === "item_skipped")
    ? `Skipped manual gate "${item}": the workflow runs without humans`
    : `Completed item "${item}"`;
}
