import { skipItem } from "../work/skip_item.ts";
import { changeOutcome, type ChangeResult, changeText } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc skip` */
export const skipCommand = command<ChangeResult<{ item: string }>>({
  name: "skip",
  summary: "Skip an item, with a reason",
  description:
    "Leaves an item out. The reason is kept and judged: stock phrases and repetition are refused. Required items cannot be skipped, except in a phase that the workflow calls autonomous; gates only by a human.",
  args: [{
    name: "ITEM",
    summary: "Id of the item",
    required: true,
    values: "open-item",
  }],
  flags: [
    {
      name: "reason",
      short: "r",
      value: "TEXT",
      summary:
        "What makes it unnecessary here: 10 characters or more, 50 for documented items, gates and what only an autonomous phase lets be skipped",
    },
    {
      name: "force",
      short: "f",
      summary: "Skip a gate",
      effect: "human",
    },
  ],
  effect: "writes",
  permissions: [],
  examples: ['orc skip migration --reason "No stored data changes its shape"'],
  async run(host, values) {
    const item = values.need("ITEM");
    const changed = await skipItem(host, {
      ...sessionOptions(values, `skip ${item}`),
      itemId: item,
      reason: values.text("reason") ?? "",
      force: values.on("force"),
    });
    return changeOutcome({ ...changed, item });
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
