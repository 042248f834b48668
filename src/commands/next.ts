import { readStatus } from "../app/read_status.ts";
import type { NextStep, Summary } from "../core/summary.ts";
import { command, sessionOptions } from "./command.ts";
import { nextParagraph } from "./progress_view.ts";

type NextResult =
  & Pick<
    Summary,
    "active" | "status" | "task" | "phase" | "phases" | "constraints"
  >
  & { readonly next: NextStep | null };

/** `orc next` */
export const nextCommand = command<NextResult>({
  name: "next",
  summary: "Show the next item and the command for it",
  description:
    "Shows one item, what good looks like, and the exact next command: all an agent needs, in few words.",
  args: [],
  flags: [],
  permissions: [],
  examples: ["orc next", "orc next --json"],
  async run(host, values) {
    const status = await readStatus(host, sessionOptions(values, "next"));
    const { active, task, phase, phases, constraints, next } = status;
    return {
      place: status.place,
      warnings: status.warnings,
      result: {
        active,
        status: status.status,
        task,
        phase,
        phases,
        constraints,
        next,
      },
    };
  },
  render: (result, style) => nextParagraph(result, style),
});
