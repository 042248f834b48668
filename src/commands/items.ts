import { startItem } from "../work/item.ts";
import { changeOutcome, type ChangeResult, changeText } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

interface StartedItem {
  readonly item: string;
  /**
   * From when on `complete` skips the item if no human answers: starting a
   * manual gate starts its clock, where it has one. Null for everything else.
   */
  readonly passesAt: string | null;
}

/** `orc start-item` */
export const startItemCommand = command<ChangeResult<StartedItem>>({
  name: "start-item",
  summary: "Say that work on an item has begun",
  description:
    "Marks an item as being worked on, so that status shows it and since when. Where a manual gate passes by itself after some time, that time begins.",
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
    const started = changed.summary.items.find(({ id }) => id === item);
    const passesAt = started?.passesAt ?? null;
    return changeOutcome({ ...changed, item, passesAt });
  },
  render: (result, style) => changeText(sentence(result), result, style),
});

function sentence(
  { item, changed, passesAt }: ChangeResult<StartedItem>,
): string {
  const started = changed
    ? `Started item "${item}"`
    : `Item "${item}" is started already`;
  return passesAt === null
    ? started
    : `${started}: it passes by itself at ${passesAt}, unless a human approves it before`;
}
