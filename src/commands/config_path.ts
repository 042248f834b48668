import { OrcError } from "../base/error.ts";
import { listConfigFiles, type ShownConfigFile } from "../config/show.ts";
import { command } from "./command.ts";
import { globalFlag, levelOptions } from "./config_options.ts";

interface PathResult {
  /** The file that `config set` writes to. */
  readonly path: string;
  /** All files that are read, the lowest first. */
  readonly files: readonly ShownConfigFile[];
}

/** `orc config path` */
export const configPathCommand = command<PathResult>({
  name: "config path",
  summary: "Print which file holds the settings",
  description:
    "Prints the path of the repository's config.yaml, or of yours with --global, whether it exists or not. --json lists all files that are read.",
  args: [],
  flags: [globalFlag],
  effect: "reads",
  permissions: [],
  examples: ["orc config path", "orc config path --global"],
  run(host, values) {
    const { root, global } = levelOptions(values, "config path");
    const { place, files } = listConfigFiles(host, { root });
    const level = global ? "user" : "repository";
    const own = files.find((file) => file.level === level && !file.legacy);
    if (own === undefined) return Promise.reject(noHome());
    return Promise.resolve({ place, result: { path: own.path, files } });
  },
  render: ({ path }) => path,
});

function noHome(): OrcError {
  return new OrcError(
    "not_found",
    "no_home",
    "Cannot find your own settings: HOME names no directory",
    { hint: "set HOME to your home directory" },
  );
}
