import { countOf } from "../../base/text.ts";
import type { ItemOrigin, ResolvedWorkflow } from "../../upstream/resolve.ts";
import type { UpdatedIncludes } from "../../upstream/update.ts";
import { problemLine } from "../../workflow/problem.ts";
import { command, flag, type ResultOf } from "../command.ts";

type Resolved = ResultOf<ResolvedWorkflow> & { readonly origin: boolean };

export const workflowResolveCommand = command<Resolved>({
  description:
    "Puts the workflow together from the files that it includes, and prints it as one YAML file, or with --origin the file and the line of each item. Fetches what is not kept on this machine yet, and writes nothing into the repository.",
  flags: [
    flag("-w, --workflow FILE", "Workflow file instead of workflow.yaml"),
    flag("--origin", "Print where each item comes from instead"),
  ],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc workflow resolve", "orc workflow resolve --origin"],
  async use(host, options, values) {
    const { resolveWorkflow } = await import("../../upstream/resolve.ts");
    const file = values.text("workflow");
    const resolved = await resolveWorkflow(host, { ...options, file });
    const source = resolved.path ?? "the built-in workflow";
    return {
      ...resolved,
      origin: values.on("origin"),
      warnings: resolved.problems.map((one) => problemLine(one, source)),
    };
  },
  render: ({ text, items, origin }) =>
    origin ? originText(items) : text.trimEnd(),
});

function originText(items: readonly ItemOrigin[]): string {
  const names = items.map(({ phaseId, itemId }) => `${phaseId}.${itemId}`);
  const width = Math.max(...names.map((name) => name.length));
  return items.map(({ file, line }, index) => {
    const place = line === null ? file : `${file}:${line}`;
    return `${(names[index] ?? "").padEnd(width)}  ${place}`;
  }).join("\n");
}

export const includeUpdateCommand = command<ResultOf<UpdatedIncludes>>({
  description:
    "Writes into workflow.yaml which commit each branch or tag leads to now that it includes files from, so that what is included changes only when you see it in a diff. Nothing else in the file changes, and running sessions keep what they were started with.",
  flags: [
    flag("--dry-run", "Show what would be written, and write nothing", {
      effect: "reads",
    }),
  ],
  effect: "rewrites",
  permissions: ["run", "tree"],
  examples: ["orc include update --dry-run", "orc include update"],
  async use(host, options, values) {
    const { updateIncludes } = await import("../../upstream/update.ts");
    const dryRun = values.on("dry-run");
    return await updateIncludes(host, { ...options, dryRun });
  },
  render: ({ pins, changed, dryRun, path }) => {
    if (pins.length === 0) {
      return `${path} includes nothing from another repository`;
    }
    const lines = pins.map(({ git, file, ref, from, to }) =>
      from === to
        ? `${git} ${file}: ${ref} is still at ${to.slice(0, 12)}`
        : `${git} ${file}: ${ref} ${
          from === null ? "" : `from ${from.slice(0, 12)} `
        }to ${to.slice(0, 12)}`
    );
    if (!changed) return lines.join("\n");
    const commits = countOf(pins.length, "commit");
    return [
      ...lines,
      dryRun
        ? `Would write ${commits} into ${path}`
        : `Wrote ${commits} into ${path}: see git diff, then orc validate`,
    ].join("\n");
  },
});
