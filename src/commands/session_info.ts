import { readStatus, type Status } from "../work/status.ts";
import { command, sessionOptions } from "./command.ts";

type InfoResult = Omit<Status, "place" | "warnings"> & {
  readonly root: string;
};

/** `orc session info` */
export const sessionInfoCommand = command<InfoResult>({
  name: "session info",
  summary: "Show one session in detail",
  description:
    "Shows what a session is: its whole id, task, workflow, progress, and why it is the one that is meant.",
  args: [{
    name: "ID",
    summary: "Id of the session instead of the current one",
    required: false,
    values: "session",
  }],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc session info", "orc session info 01k9 --json"],
  async run(host, values) {
    const options = sessionOptions(values, "session info");
    const session = values.text("ID") ?? options.session;
    const { place, warnings, ...status } = await readStatus(host, {
      ...options,
      session,
    });
    return { place, warnings, result: { ...status, root: place.root } };
  },
  render: infoText,
});

const SOURCES: Readonly<Record<Status["sessionSource"], string>> = {
  flag: "named on the command line",
  environment: "named by ORCHESTRATOR_SESSION",
  agent: "bound to this agent",
  worktree: "bound to this worktree",
  current: "the current session",
  only: "the only active session",
  legacy: "read from the older tool's file",
};

function infoText(info: InfoResult): string {
  const { completed, skipped, total } = info.progress;
  const rows: readonly (readonly [string, string])[] = [
    ["Session", info.session],
    ...named(info.name),
    ["Chosen as", SOURCES[info.sessionSource]],
    ["Repository", info.root],
    ["Task", info.task],
    ["Status", info.status],
    ["Workflow", `${info.workflow} (${info.workflowId})`],
    ["Phase", info.phase],
    ["Items", `${completed} completed, ${skipped} skipped, ${total} in all`],
    ["Updates", String(info.serial)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(11)} ${value}`).join("\n");
}

function named(name: string | null): readonly (readonly [string, string])[] {
  return name === null ? [] : [["Name", name]];
}
