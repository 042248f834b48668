import { type Advanced, advancePhase } from "../work/phase.ts";
import { changeOutcome, changeText } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc advance` */
export const advanceCommand = command<Omit<Advanced, "place" | "warnings">>({
  name: "advance",
  summary: "Go on to the next phase",
  description:
    "Leaves the current phase when all its required items are done and, where the workflow asks for it, a human has approved. The last phase is left with orc finish.",
  args: [],
  flags: [
    {
      name: "force",
      short: "f",
      summary: "Leave the phase although something is open",
      effect: "human",
    },
    { name: "yes", short: "y", summary: "No effect: nothing is asked" },
    { name: "no-critique", summary: "No effect: orc runs no outside reviews" },
  ],
  effect: "writes",
  permissions: [],
  examples: ["orc advance"],
  async run(host, values) {
    return changeOutcome(
      await advancePhase(host, {
        ...sessionOptions(values, "advance"),
        force: values.on("force"),
      }),
    );
  },
  render: (result, style) =>
    changeText(
      result.to === null
        ? `Phase "${result.from}" is the last one and is complete`
        : `Left phase "${result.from}", entered phase "${result.to}"`,
      result,
      style,
    ),
});
