/** House rules that `deno lint` checks; ARCHITECTURE.md says why they hold. */

import { layers } from "./lint/layers.ts";
import { namedExports } from "./lint/named_exports.ts";
import { pathsInLayout } from "./lint/paths_in_layout.ts";
import { pureCore } from "./lint/pure_core.ts";

const plugin: Deno.lint.Plugin = {
  name: "orc",
  rules: {
    "layers": layers,
    "named-exports": namedExports,
    "paths-in-layout": pathsInLayout,
    "pure-core": pureCore,
  },
};

export default plugin;
