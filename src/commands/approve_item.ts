import { approveItem } from "../work/approve_item.ts";
import { changeOutcome, type ChangeResult, changeText } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc approve-item` */
export const approveItemCommand = command<ChangeResult<{ item: string }>>({
  name: "approve-item",
  summary: "Give a human's yes to an item",
  description:
    "Passes a manual gate. Only a human can: in a terminal, by typing the item's id. Who is not known to be one is refused with 77, and the try is logged. ORCHESTRATOR_APPROVALS=any lets tests and CI approve; the log says so.",
  args: [{
    name: "ITEM",
    summary: "Id of the manual gate",
    required: true,
    values: "open-item",
  }],
  flags: [{
    name: "notes",
    short: "n",
    value: "TEXT",
    summary: "What was looked at, at most 2000 characters",
  }],
  effect: "human",
  permissions: [],
  examples: ["orc approve-item plan_approval"],
  async run(host, values) {
    const item = values.need("ITEM");
    const changed = await approveItem(host, {
      ...sessionOptions(values, `approve-item ${item}`),
      itemId: item,
      notes: values.text("notes"),
    });
    return changeOutcome({ ...changed, item });
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
