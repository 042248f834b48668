import { countOf } from "../base/text.ts";
import { VERSION } from "../base/version.ts";
import {
  type Initialized,
  initRepository,
  type Validated,
  validateWorkflow,
} from "../work/init.ts";
import { problemLine } from "../workflow/problem.ts";
import { command, flag, sessionOptions } from "./command.ts";

/** `orc init` */
const initCommand = command<Omit<Initialized, "place">>({
  description:
    "Makes the directory .orchestrator and, where there is none, a workflow.yaml for this kind of project. Not needed before orc start; may be run again.",
  flags: [
    flag(
      "--portable",
      "Let git track the directory .orchestrator instead of ignoring it",
    ),
    flag("-f, --force", "Write workflow.yaml anew and keep the old one", {
      effect: "human",
    }),
  ],
  effect: "writes",
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

/** `orc validate` */
const validateCommand = command<Omit<Validated, "place">>({
  description:
    "Checks a workflow file and names every problem with line and column. Exits with 78 if the file cannot be used or a check in it can verify nothing; what is merely doubtful is a warning.",
  flags: [
    flag("-w, --workflow FILE", "Workflow file instead of workflow.yaml", {
      values: "file",
    }),
  ],
  effect: "reads",
  examples: ["orc validate", "orc validate -w other.yaml --json"],
  async run(host, values) {
    const { place, ...result } = await validateWorkflow(host, {
      ...sessionOptions(values, "validate"),
      file: values.text("workflow"),
    });
    const source = result.path ?? "the built-in workflow";
    return {
      place,
      warnings: result.problems.map((problem) => problemLine(problem, source)),
      result,
    };
  },
  render: ({ path, name, version, phases, items }) =>
    `${path ?? "The built-in workflow"} is valid: "${name}" ${version}, ${
      countOf(phases, "phase")
    }, ${countOf(items, "item")}`,
});

/** What is running: for bug reports and for programs that need a minimum version. */
interface VersionInfo {
  readonly version: string;
  /** The JavaScript runtime with its version. */
  readonly runtime: string;
}

/** `orc version`, also reached by `orc --version`. */
const versionCommand = command<VersionInfo>({
  description: "Shows the version of orc and of the runtime it runs on. " +
    "orc --version and orc -v do the same.",
  effect: "reads",
  examples: ["orc version", "orc version --json"],
  run: (host) =>
    Promise.resolve({
      place: null,
      result: { version: VERSION, runtime: host.identity().runtime },
    }),
  render: ({ version, runtime }) => `orc ${version} (${runtime})`,
});

/** The commands of this file, by their names. */
export const commands = {
  init: initCommand,
  validate: validateCommand,
  version: versionCommand,
};
