import { isShipped, sourcePath } from "./source_path.ts";

/** Wants each export to be named where it is exported. */
export const namedExports: Deno.lint.Rule = {
  create(context) {
    if (!isShipped(sourcePath(context.filename))) return {};

    return {
      ExportAllDeclaration(node) {
        context.report({ node, message: "Name what is exported" });
      },
      ExportDefaultDeclaration(node) {
        context.report({ node, message: "Use a named export" });
      },
      ExportSpecifier(node) {
        if (nameOf(node.exported) !== "default") return;
        context.report({ node, message: "Use a named export" });
      },
    };
  },
};

function nameOf(node: Deno.lint.Identifier | Deno.lint.StringLiteral): string {
  return node.type === "Identifier" ? node.name : node.value;
}
