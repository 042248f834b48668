import { cleanupTree, type TreeCleanup } from "../sessions/cleanup_tree.ts";
import { CLEANUP_FLAGS, cleanupText } from "./cleanup_view.ts";
import { command } from "./command.ts";
import { DEPTH_FLAG, SEARCH_FLAG, treeOptions } from "./tree_flags.ts";

/** `orc cleanup` */
export const cleanupCommand = command<Omit<TreeCleanup, "warnings">>({
  name: "cleanup",
  summary: "Remove old closed sessions of a directory tree",
  description:
    "Removes completed and abandoned sessions of all repositories in a directory tree that have not changed for some days. Shows them with their size and asks first. An active session is never removed, nor one that is damaged. Files of the older tool stay: only a migration removes them.",
  args: [],
  flags: [
    SEARCH_FLAG,
    DEPTH_FLAG,
    {
      name: "older-than",
      aliases: ["max-age"],
      short: "a",
      value: "DAYS",
      summary: "Days without a change, 7 without it",
    },
    ...CLEANUP_FLAGS,
  ],
  effect: "writes",
  permissions: [],
  examples: [
    "orc cleanup --dry-run",
    "orc cleanup --search ~/projects --older-than 30 --yes",
  ],
  async run(host, values) {
    const { warnings, ...result } = await cleanupTree(host, {
      ...treeOptions(values, "cleanup"),
      olderThan: values.text("older-than"),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
    });
    return { place: null, warnings, result };
  },
  render: cleanupText,
});
