import { startItem } from "../app/start_item.ts";
import { changeOutcome, type ChangeResult, changeText } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc start-item` */
export const startItemCommand = command<ChangeResult<{ item: string }>>({
  name: "start-item",
  summary: "Say that work on an item has begun",
  description:
    "Marks an item as being worked on, so that status shows it and since when.",
  args: [{
    name: "ITEM",
    summary: "Id of the item",
    required: true,
    values: "open-item",
  }],
  flags: [],
  effect: "writes",
  permissions: [],
  examples: ["orc start-item plan"],
  async run(host, values) {
    const item = values.need("ITEM");
    const changed = await startItem(host, {
      ...sessionOptions(values, `start-item ${item}`),
      itemId: item,
    });
    return changeOutcome({ ...changed, item });
  },
  render: (result, style) =>
    changeText(
      result.changed
        ? `Started item "${result.item}"`
        : `Item "${result.item}" is started already`,
      result,
      style,
    ),
});
