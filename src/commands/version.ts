import { VERSION } from "../base/version.ts";
import { command } from "./command.ts";

/** What is running: for bug reports and for programs that need a minimum version. */
export interface VersionInfo {
  readonly version: string;
  /** The JavaScript runtime with its version. */
  readonly runtime: string;
}

/** `orc version`, also reached by `orc --version`. */
export const versionCommand = command<VersionInfo>({
  name: "version",
  summary: "Show the version of orc and of its runtime",
  description: "Shows the version of orc and of the runtime it runs on. " +
    "orc --version and orc -v do the same.",
  args: [],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc version", "orc version --json"],
  run: (host) =>
    Promise.resolve({
      place: null,
      result: { version: VERSION, runtime: host.identity().runtime },
    }),
  render: ({ version, runtime }) => `orc ${version} (${runtime})`,
});
