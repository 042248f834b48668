import { type Initialized, initRepository } from "../work/init.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc init` */
export const initCommand = command<Omit<Initialized, "place">>({
  name: "init",
  summary: "Prepare the repository and write a workflow.yaml",
  description:
    "Makes the directory .orchestrator and, where there is none, a workflow.yaml for this kind of project. Not needed before orc start; may be run again.",
  args: [],
  flags: [
    {
      name: "portable",
      summary:
        "Let git track the directory .orchestrator instead of ignoring it",
    },
    {
      name: "force",
      short: "f",
      summary: "Write workflow.yaml anew and keep the old one",
      effect: "human",
    },
  ],
  effect: "writes",
  permissions: [],
  examples: ["orc init", "orc init --portable"],
  async run(host, values) {
    const { place, ...result } = await initRepository(host, {
      ...sessionOptions(values, "init"),
      portable: values.on("portable"),
      force: values.on("force"),
    });
    return { place, result };
  },
  render: initText,
});

function initText(
  { root, workflow, kept }: Omit<Initialized, "place">,
): string {
  const lines = [`Repository ready: ${root}`];
  if (workflow === "written") lines.push("Wrote workflow.yaml");
  if (workflow === "kept") lines.push("Kept workflow.yaml as it is");
  if (kept !== null) lines.push(`The old workflow.yaml is now ${kept}`);
  lines.push('Next: orc start "TASK"');
  return lines.join("\n");
}
