import { shortSessionId } from "../base/ids.ts";
import { countOf } from "../base/text.ts";
import { type Started, startSession } from "../work/start.ts";
import { problemLine } from "../workflow/problem.ts";
import {
  arg,
  command,
  flag,
  type ResultOf,
  sessionOptions,
  type Style,
} from "./command.ts";
import { nextParagraph } from "./view.ts";

type StartResult = ResultOf<Started> & {
  readonly session: string;
  readonly root: string;
};

const startCommand = command<StartResult>({
  description:
    "Starts a session and makes it yours. Takes workflow.yaml, else a built-in workflow of five phases with the commands of your project. Needs no init. Everything is checked before anything is written.",
  args: [arg("TASK", "What is to be done")],
  flags: [
    flag("-w, --workflow FILE", "Workflow file instead of workflow.yaml", {
      values: "file",
    }),
    flag(
      "-c, --constraint TEXT",
      "What must hold throughout; may be given several times",
      { repeatable: true },
    ),
    flag("-p, --project NAME", "Name of a project"),
    flag("--test-command COMMAND", "Command that runs the tests"),
    flag("--build-command COMMAND", "Command that builds the project"),
    flag("--beside", "Start although your session is still active"),
    flag("--no-archive", "No effect: orc moves no files of yours"),
  ],
  effect: "writes",
  examples: [
    'orc start "Add login"',
    'orc start "Fix the crash" --test-command "npm test" -c "No new packages"',
  ],
  async run(host, values) {
    const { place, warnings, ...started } = await startSession(host, {
      ...sessionOptions(values, "start"),
      task: values.need("TASK"),
      file: values.text("workflow"),
      constraints: values.list("constraint"),
      project: values.text("project"),
      testCommand: values.text("test-command"),
      buildCommand: values.text("build-command"),
      beside: values.on("beside"),
    });
    const session = place.session ?? "";
    return {
      place,
      warnings: [
        ...warnings,
        ...started.problems.map((problem) =>
          problemLine(problem, started.workflowPath ?? "the built-in workflow")
        ),
      ],
      result: { ...started, session, root: place.root },
    };
  },
  render: startText,
});

function startText(result: StartResult, style: Style): string {
  const { phases, progress } = result.summary;
  const workflow = result.workflowPath ?? "the built-in workflow";
  return [
    `Session ${
      style.bold(shortSessionId(result.session))
    } started in ${result.root}`,
    `(${workflow}, ${countOf(phases.length, "phase")}, ${
      countOf(progress.total, "item")
    })`,
    "",
    nextParagraph(result.summary, style),
  ].join("\n");
}

/** The commands of this file, by their names. */
export const commands = { start: startCommand };
