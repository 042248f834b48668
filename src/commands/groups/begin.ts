import { shortSessionId } from "../../base/ids.ts";
import { countOf } from "../../base/text.ts";
import { VERSION } from "../../base/version.ts";
import type { Initialized, Validated, WorkflowList } from "../../work/init.ts";
import type { Started } from "../../work/start.ts";
import { problemLine } from "../../workflow/problem.ts";
import { AHEAD } from "../brief.ts";
import { aheadText } from "../change_view.ts";
import {
  arg,
  command,
  flag,
  humanFlag,
  type ResultOf,
  type Style,
} from "../command.ts";

export const initCommand = command<ResultOf<Initialized>>({
  description:
    "Makes the directory .orchestrator and, where there is none, a workflow.yaml for this kind of project. Not needed before orc start; may be run again.",
  flags: [
    flag(
      "--portable",
      "Let git track the directory .orchestrator instead of ignoring it",
    ),
    humanFlag("-f, --force", "Write workflow.yaml anew and keep the old one"),
    flag("--workflow NAME", "A workflow of orc workflows, such as bugfix"),
    flag("--dry-run", "Show what would be written, and write nothing", {
      effect: "reads",
    }),
  ],
  effect: "rewrites",
  permissions: ["tree"],
  examples: ["orc init", "orc init --workflow bugfix"],
  use: async (host, options, values) =>
    (await import("../../work/init.ts")).initRepository(host, {
      ...options,
      portable: values.on("portable"),
      force: values.on("force"),
      workflow: values.text("workflow"),
      dryRun: values.on("dry-run"),
    }),
  render: initText,
});

function initText(result: ResultOf<Initialized>): string {
  const { workingTree, workflow, kept, activeSession, dryRun } = result;
  if (dryRun) {
    return [
      `Would prepare the repository: ${workingTree}`,
      ...sharedState(result),
      workflow === "written"
        ? "Would write workflow.yaml"
        : "Would keep workflow.yaml as it is",
      ...kept === null ? [] : [`The old workflow.yaml would become ${kept}`],
    ].join("\n");
  }
  const lines = [`Repository ready: ${workingTree}`, ...sharedState(result)];
  if (workflow === "written") lines.push("Wrote workflow.yaml");
  if (workflow === "kept") lines.push("Kept workflow.yaml as it is");
  if (kept !== null) lines.push(`The old workflow.yaml is now ${kept}`);
  // What was there may be another program's, or no file at all.
  const first = workflow === "kept" ? "orc validate, then " : "";
  const then = activeSession === null ? 'orc start "TASK"' : "orc next";
  lines.push(`Next: ${first}${then}`);
  return lines.join("\n");
}

/** In a linked worktree the state lies where nobody would look for it. */
function sharedState(
  { root, workingTree }: {
    readonly root: string;
    readonly workingTree: string;
  },
): readonly string[] {
  return root === workingTree ? [] : [`State of all its worktrees: ${root}`];
}

export const workflowsCommand = command<ResultOf<WorkflowList>>({
  description:
    "Lists the workflows that come with orc, and prints the one that is named as YAML, with the commands of your project. orc init --workflow NAME writes it.",
  args: [arg("[NAME]", "One of them, such as bugfix")],
  effect: "reads",
  permissions: ["tree"],
  examples: ["orc workflows", "orc workflows bugfix"],
  async use(host, options, values) {
    const { listWorkflows } = await import("../../work/init.ts");
    return await listWorkflows(host, { ...options, name: values.text("NAME") });
  },
  render: ({ text, workflows }, style) => {
    if (text !== null) return text.trimEnd();
    const lines = workflows.map(({ name, summary, sizes }) => {
      const words = sizes.length === 0 ? "" : ` (${sizes.join(", ")})`;
      return `${style.bold(name.padEnd(10))}${summary}${words}`;
    });
    return [...lines, "Next: orc init --workflow NAME"].join("\n");
  },
});

export const validateCommand = command<ResultOf<Validated>>({
  description:
    "Checks a workflow file and names every problem with line and column. Exits with 78 if the file cannot be used or a check in it can verify nothing; what is merely doubtful is a warning.",
  flags: [
    flag("-w, --workflow FILE", "Workflow file instead of workflow.yaml"),
  ],
  effect: "reads",
  examples: ["orc validate", "orc validate -w other.yaml --json"],
  async use(host, options, values) {
    const { validateWorkflow } = await import("../../work/init.ts");
    const file = values.text("workflow");
    const validated = await validateWorkflow(host, { ...options, file });
    const source = validated.path ?? "the built-in workflow";
    const warnings = [
      ...validated.warnings,
      ...validated.problems.map((problem) => problemLine(problem, source)),
    ];
    return { ...validated, warnings };
  },
  render: ({ path, name, version, phases, items }) =>
    `${path ?? "The built-in workflow"} is valid: "${name}" ${version}, ${
      countOf(phases, "phase")
    }, ${countOf(items, "item")}`,
});

type StartResult = ResultOf<Started> & {
  readonly session: string;
  readonly root: string;
};

export const startCommand = command<StartResult>({
  description:
    "Starts a session and makes it yours. Takes workflow.yaml, else a built-in workflow of five phases with the commands of your project. Needs no init. Everything is checked before anything is written.",
  // It makes a session: there is none to name.
  args: [
    arg("TASK", "What is to be done", undefined, { excludes: ["session"] }),
  ],
  flags: [
    flag("-w, --workflow FILE", "Workflow file instead of workflow.yaml"),
    flag(
      "-c, --constraint, --constraints TEXT...",
      "What must hold throughout; may be given several times",
    ),
    flag("-p, --project NAME", "Name of a project"),
    flag("--test-command COMMAND", "Command that runs the tests"),
    flag("--build-command COMMAND", "Command that builds the project"),
    flag(
      "--size SIZE",
      "A size of the workflow; without it, or with auto, the task tells it",
    ),
    flag("--beside", "Start although your session is still active"),
    flag("--no-archive", "No effect: orc moves no files of yours"),
  ],
  effect: "writes",
  brief: () =>
    `workflowPath,tests.command,problems,size,sizeReason,phaseNotes,${AHEAD}`,
  examples: [
    'orc start "Add login"',
    'orc start "Fix the crash" --test-command "npm test" -c "No new packages"',
  ],
  async use(host, options, values) {
    const { startSession } = await import("../../work/start.ts");
    const started = await startSession(host, {
      ...options,
      task: values.need("TASK"),
      file: values.text("workflow"),
      constraints: values.list("constraint"),
      project: values.text("project"),
      testCommand: values.text("test-command"),
      buildCommand: values.text("build-command"),
      beside: values.on("beside"),
      size: values.text("size"),
    });
    const { place, problems } = started;
    const source = started.workflowPath ?? "the built-in workflow";
    const { vanishingWarning } = await import("../../persist/after.ts");
    const vanishing = await vanishingWarning(host, place.root);
    return {
      ...started,
      session: place.session,
      root: place.root,
      warnings: [
        ...started.warnings,
        ...vanishing === undefined ? [] : [vanishing],
        ...problems.map((problem) => problemLine(problem, source)),
      ],
    };
  },
  render: startText,
});

function startText(result: StartResult, style: Style): string {
  const { phases, progress } = result.summary;
  const workflow = result.workflowPath ?? "the built-in workflow";
  const tests = result.tests.map(({ command, workingDir }) =>
    workingDir === null ? command : `${command} in ${workingDir}`
  ).join(", ");
  return [
    `Session ${
      style.bold(shortSessionId(result.session))
    } started in ${result.workingTree}`,
    ...sharedState(result),
    `(${workflow}, ${countOf(phases.length, "phase")}, ${
      countOf(progress.total, "item")
    }${tests && `; tests: ${tests}`})`,
    ...result.size === null
      ? []
      : [`Size ${result.size}: ${result.sizeReason ?? ""}`],
    "",
    aheadText(result, style),
  ].join("\n");
}

/** What is running: for bug reports and for programs that need a minimum version. */
interface VersionInfo {
  readonly version: string;
  /** The JavaScript runtime with its version. */
  readonly runtime: string;
}

export const versionCommand = command<VersionInfo>({
  description: "Shows the version of orc and of the runtime it runs on. " +
    "orc --version and orc -v do the same.",
  effect: "reads",
  examples: ["orc version", "orc version --json"],
  use: (host) => ({
    place: null,
    version: VERSION,
    runtime: host.identity().runtime,
  }),
  render: ({ version, runtime }) => `orc ${version} (${runtime})`,
});
