import { verifyWriteAllowed, type WriteAllowed } from "../../agents/write.ts";
import { arg, command, type ResultOf } from "../command.ts";

export const verifyWriteAllowedCommand = command<ResultOf<WriteAllowed>>({
  description:
    "Exits with 0 where the phase lets these files be changed, and where no session is open, else with 3. A phase says which by allow_write; where no phase does, files are changed in the phase EXECUTE. What lies in .orchestrator is orc's alone, and what lies outside of the repository is not judged. Where it cannot be told which session is meant, all open ones have to allow it.",
  args: [
    arg("[PATH]...", "File that is about to be changed; all without any"),
  ],
  effect: "reads",
  examples: [
    "orc verify-write-allowed src/login.ts",
    "orc verify-write-allowed",
  ],
  use: (host, options, values) =>
    verifyWriteAllowed(host, { ...options, paths: values.list("PATH") }),
  render: ({ active, phaseId, outside }) =>
    [
      active
        ? `Files may be changed: the session is in phase "${phaseId}"`
        : "Files may be changed: no session is open",
      ...outside.map((path) =>
        `"${path}" lies outside of the repository and is not judged`
      ),
    ].join("\n"),
});
