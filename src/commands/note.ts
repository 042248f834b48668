import { addNote } from "../work/add_note.ts";
import { changeOutcome, type ChangeResult } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc note` */
export const noteCommand = command<ChangeResult<unknown>>({
  name: "note",
  summary: "Keep a note in the session",
  description:
    "Keeps what is worth remembering: a decision, a finding, a trap. Status shows it to whoever goes on with the session.",
  args: [{ name: "TEXT", summary: "At most 2000 characters", required: true }],
  flags: [{
    name: "item",
    value: "ITEM",
    values: "item",
    summary: "The item of the current phase it is about",
  }],
  effect: "writes",
  permissions: [],
  examples: ['orc note "The old API stays until March" --item plan'],
  async run(host, values) {
    return changeOutcome(
      await addNote(host, {
        ...sessionOptions(values, "note"),
        text: values.need("TEXT"),
        itemId: values.text("item"),
      }),
    );
  },
  render: () => "Noted",
});
