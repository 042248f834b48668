import {
  verifyWriteAllowed,
  type WriteAllowed,
} from "../work/verify_write_allowed.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc verify-write-allowed` */
export const verifyWriteAllowedCommand = command<Omit<WriteAllowed, "place">>({
  name: "verify-write-allowed",
  summary: "Tell a hook whether files may be changed now",
  description:
    "Exits with 0 in phase EXECUTE and where no session is open, else with 3. Meant for a hook that runs before an agent changes files. Where it cannot be told which session is meant, all open ones have to allow it.",
  args: [],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc verify-write-allowed"],
  async run(host, values) {
    const options = sessionOptions(values, "verify-write-allowed");
    const { place, ...result } = await verifyWriteAllowed(host, options);
    return { place, result };
  },
  render: ({ active, phase }) =>
    active
      ? `Files may be changed: the session is in phase "${phase}"`
      : "Files may be changed: no session is open",
});
