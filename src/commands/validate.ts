import { countOf } from "../base/text.ts";
import { type Validated, validateWorkflow } from "../work/validate_workflow.ts";
import { problemLine } from "../workflow/problem.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc validate` */
export const validateCommand = command<Omit<Validated, "place">>({
  name: "validate",
  summary: "Check workflow.yaml and list all problems",
  description:
    "Checks a workflow file and names every problem with line and column. Exits with 78 if the file cannot be used or a check in it can verify nothing; what is merely doubtful is a warning.",
  args: [],
  flags: [{
    name: "workflow",
    short: "w",
    value: "FILE",
    values: "file",
    summary: "Workflow file instead of workflow.yaml",
  }],
  effect: "reads",
  permissions: [],
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
