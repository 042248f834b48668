import { layerOf, sourcePath } from "./source_path.ts";

/** What each layer may import besides itself. */
const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ["core", []],
  ["store", ["core"]],
  ["host", ["core"]],
  ["remote", ["core", "host"]],
  ["app", ["core", "store", "host", "remote"]],
  ["commands", ["core", "host", "app"]],
  ["serve", ["core", "host", "app", "commands"]],
  ["cli", ["core", "host", "app", "commands", "serve"]],
]);

/** Commands get their host handed in, so they need to know only its shape. */
const TYPES_ONLY: ReadonlySet<string> = new Set(["commands > host"]);

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

interface Complaint {
  readonly message: string;
  readonly hint?: string;
}

/** Refuses imports against the order of the layers, and imports of `cli.ts`. */
export const layers: Deno.lint.Rule = {
  create(context) {
    const from = sourcePath(context.filename);

    function check(
      node: Deno.lint.Node,
      specifier: unknown,
      isTypeOnly: boolean,
    ) {
      if (typeof specifier !== "string") return;
      const to = resolve(from, specifier);
      const complaint = to && judge({ from, to, isTypeOnly });
      if (complaint) context.report({ node, ...complaint });
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

function judge({ from, to, isTypeOnly }: Import): Complaint | undefined {
  if (to === "cli.ts") {
    return from === "mod.ts" || from === "scripts/npm/bin.ts"
      ? undefined
      : { message: "Only mod.ts and the npm package's bin may import cli.ts" };
  }
  const layer = layerOf(from);
  if (layer === undefined) return undefined;
  const allowed = MAY_IMPORT.get(layer);
  if (allowed === undefined) return { message: `"${layer}" is not a layer` };
  return judgeTarget(
    { from: layer, to: layerOf(to) ?? to, isTypeOnly },
    allowed,
  );
}

function judgeTarget(
  { from, to, isTypeOnly }: Import,
  allowed: readonly string[],
): Complaint | undefined {
  if (from === to) return undefined;
  if (!allowed.includes(to)) {
    return {
      message: `Layer "${from}" must not import "${to}"`,
      hint: `It may import ${[from, ...allowed].join(", ")}`,
    };
  }
  return TYPES_ONLY.has(`${from} > ${to}`) && !isTypeOnly
    ? { message: `Layer "${from}" may import only types from "${to}"` }
    : undefined;
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
