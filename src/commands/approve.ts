import { approvePhase } from "../work/approve_phase.ts";
import { changeOutcome, type ChangeResult, changeText } from "./change_view.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc approve` */
export const approveCommand = command<ChangeResult<unknown>>({
  name: "approve",
  summary: "Give a human's yes to a phase",
  description:
    "Approves that a phase with a human exit gate is left. Only a human can: in a terminal, by typing the phase's id.",
  args: [],
  flags: [{
    name: "phase",
    short: "p",
    value: "PHASE",
    values: "phase",
    summary: "Id of the phase instead of the current one",
  }],
  effect: "human",
  permissions: [],
  examples: ["orc approve", "orc approve --phase REVIEW"],
  async run(host, values) {
    return changeOutcome(
      await approvePhase(host, {
        ...sessionOptions(values, "approve"),
        phaseId: values.text("phase"),
      }),
    );
  },
  render: (result, style) =>
    changeText(
      result.changed ? "Approved the phase" : "The phase awaits no approval",
      result,
      style,
    ),
});
