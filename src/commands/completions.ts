import { OrcError } from "../base/error.ts";
import { command } from "./command.ts";
import { COMPLETION_SCRIPTS, type Shell } from "./completion_scripts.ts";

interface Completions {
  readonly shell: Shell;
  readonly script: string;
}

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish", "powershell"];

/** `orc completions` */
export const completionsCommand = command<Completions>({
  name: "completions",
  summary: "Print what makes a shell complete commands of orc",
  description:
    "Prints a script that teaches a shell commands, flags and values of orc, with the ids of items, phases, sessions and checkpoints as they are at that moment. The first lines of the script say where to put it.",
  args: [{
    name: "SHELL",
    summary: "bash, zsh, fish or powershell",
    required: true,
    values: SHELLS,
  }],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc completions bash", "orc completions zsh"],
  run(_host, values) {
    const shell = shellOf(values.need("SHELL"));
    const result = { shell, script: COMPLETION_SCRIPTS[shell] };
    return Promise.resolve({ place: null, result });
  },
  render: ({ script }) => script,
});

function shellOf(name: string): Shell {
  const shell = SHELLS.find((known) => known === name);
  if (shell !== undefined) return shell;
  throw new OrcError("usage", "no_such_shell", `Cannot complete in "${name}"`, {
    hint: `orc completions ${SHELLS[0]}`,
    details: { shells: SHELLS },
  });
}
