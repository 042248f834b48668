import { isShipped, sourcePath } from "./source_path.ts";

const LAYOUT_FILE = "src/base/layout.ts";

const FILE_NAMES = [
  "\\.migration_complete",
  "\\.orchestrator",
  "\\.orchestrator\\.yaml",
  "\\.workflow_[\\w.-]*",
  "config\\.yaml",
  "LEARNINGS\\.md",
  "log\\.jsonl",
  "meta\\.json",
  "migration_backup",
  "process\\.jsonl",
  "state\\.json",
  "tool\\.jsonl",
  "workflow\\.yaml",
  "WORKFLOW\\.md",
].join("|");

/** A sentence may mention a file; alone or beside a slash its name is a path. */
const PATH = new RegExp(
  `^(?:${FILE_NAMES})$` +
    `|[/\\\\](?:${FILE_NAMES})(?![\\w-]|\\.\\w)` +
    `|(?<![\\w.-])(?:${FILE_NAMES})[/\\\\]`,
);

/** Keeps every path and file name of the state in one place. */
export const pathsInLayout: Deno.lint.Rule = {
  create(context) {
    const path = sourcePath(context.filename);
    if (!isShipped(path) || path === LAYOUT_FILE) return {};

    function check(node: Deno.lint.Node, text: unknown) {
      if (typeof text !== "string" || !PATH.test(text)) return;
      context.report({
        node,
        message: `The path "${text}" must come from ${LAYOUT_FILE}`,
      });
    }

    return {
      Literal(node) {
        check(node, node.value);
      },
      TemplateElement(node) {
        check(node, node.cooked);
      },
    };
  },
};
