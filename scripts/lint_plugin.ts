/** House rules that `deno lint` checks; ARCHITECTURE.md says why they hold. */
import { namedExports } from "./lint/named_exports.ts";
import { pathsInLayout } from "./lint/paths_in_layout.ts";
import { pureFiles } from "./lint/pure_files.ts";
import { rooms } from "./lint/rooms.ts";

const plugin: Deno.lint.Plugin = {
  name: "orc",
  rules: {
    "named-exports": namedExports,
    "paths-in-layout": pathsInLayout,
    "pure-files": pureFiles,
    "rooms": rooms,
  },
};

export default plugin;
