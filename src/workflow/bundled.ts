import { bundledPhases } from "./bundled_phases.ts";
import { phaseYaml, scalarYaml } from "./bundled_yaml.ts";
import { planCommand } from "./command.ts";
import type { ProjectKind } from "./core_project.ts";

const HEADER = `\
# How work is done in this project; orc enforces it.
#
# An item is done when its check passes, not when somebody says so. The checks
# look into files that the work itself produces, in a directory of the session's
# own: {{session_name}} becomes a name such as add-login-3f2a when it starts.
#
#   plan.md       boxes for results, then entries "- Step: ...", "- Risk: ...",
#                 "- [ ] Test: ...", "- Ran: ..."
#   review.md     a box for each finding, and "- Security: ..."
#   learnings.md  what the next session should know
#
# A box, "- [ ] something", is a promise: a gate stays shut until it is ticked.
#
# The checks use "git grep --no-index": unlike file_exists it fails on an empty
# file, and it works the same on Linux, macOS and Windows, in a git repository
# and outside.
#
# Change whatever does not fit, then run: orc validate
# A session that has started keeps the workflow it started with.

name: Software change
version: "1.0"
description: Plan, execute, review, verify and learn, with checks that can fail
`;

const NO_TESTS = `\
  # No way to run tests was found here. Once there is one, add it:
  #   test_command: make test
  # and let tests_pass and final_tests run it:
  #   step_type: gate
  #   verification: {type: command, command: "{{test_command}}"}
`;

/** Writes the five-phase workflow of a project that has none, comments included. */
export function bundledWorkflow(kind: ProjectKind): string {
  const commands = {
    test_command: kind.testCommand,
    build_command: kind.buildCommand,
    lint_command: kind.lintCommand,
  };
  const phases = bundledPhases({
    test: referenceTo("test_command", kind.testCommand),
    build: referenceTo("build_command", kind.buildCommand),
    lint: referenceTo("lint_command", kind.lintCommand),
  });
  const found = Object.entries(commands).flatMap(([name, command]) =>
    command === undefined ? [] : `  ${name}: ${scalarYaml(command)}\n`
  );
  const title = found.length === 0
    ? ""
    : `  # Found in this project (${kind.name}).\n`;
  return `${HEADER}
settings:
  # Manual gates wait for a human.
  supervision_mode: supervised
${kind.testCommand === undefined ? NO_TESTS : ""}${title}${found.join("")}
phases:
${phases.map(phaseYaml).join("\n")}`;
}

/** How a check names a command: by its setting, or as it is where no setting may hold it. */
function referenceTo(
  setting: string,
  command: string | undefined,
): string | undefined {
  if (command === undefined) return undefined;
  const reference = `{{${setting}}}`;
  const plan = planCommand(reference, new Map([[setting, command]]));
  return plan.kind === "invalid" ? command : reference;
}
