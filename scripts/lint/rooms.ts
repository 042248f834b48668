import { brokenOrder } from "../house/rooms.ts";
import { sourcePath } from "./source_path.ts";

/** Refuses imports against the order of the rooms, and imports of `cli.ts`. */
export const rooms: Deno.lint.Rule = {
  create(context) {
    const from = sourcePath(context.filename);

    function check(
      node: Deno.lint.Node,
      specifier: unknown,
      isTypeOnly: boolean,
    ) {
      if (typeof specifier !== "string") return;
      const to = resolve(from, specifier);
      const message = to && judge(from, to, isTypeOnly);
      if (message) context.report({ node, message });
    }

    return {
      ImportDeclaration(node) {
        check(node, node.source.value, isTypeImport(node));
      },
      ExportNamedDeclaration(node) {
        check(node, node.source?.value, isTypeExport(node));
      },
      ExportAllDeclaration(node) {
        check(node, node.source.value, node.exportKind === "type");
      },
      ImportExpression(node) {
        check(node, literalValue(node.source), false);
      },
      TSImportType(node) {
        check(node, literalValue(node.argument), true);
      },
    };
  },
};

/** Path from the root of what a specifier names; undefined for packages. */
function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("@orc/cli")) return "mod.ts";
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

function judge(
  from: string,
  to: string,
  isTypeOnly: boolean,
): string | undefined {
  if (to !== "cli.ts") return brokenOrder({ from, to, isTypeOnly });
  return from === "mod.ts" || from === "scripts/program/main.ts"
    ? undefined
    : "Only mod.ts and the built program may import cli.ts";
}

function isTypeImport(node: Deno.lint.ImportDeclaration): boolean {
  return node.importKind === "type" ||
    node.specifiers.length > 0 &&
      node.specifiers.every((specifier) =>
        specifier.type === "ImportSpecifier" &&
        specifier.importKind === "type"
      );
}

function isTypeExport(node: Deno.lint.ExportNamedDeclaration): boolean {
  return node.exportKind === "type" ||
    node.specifiers.every((specifier) => specifier.exportKind === "type");
}

function literalValue(node: Deno.lint.Node): unknown {
  const literal = node.type === "TSLiteralType" ? node.literal : node;
  return literal.type === "Literal" ? literal.value : undefined;
}
