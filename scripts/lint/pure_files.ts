import { isPure } from "../house/rooms.ts";
import { sourcePath } from "./source_path.ts";

/** The one file that may use `Date`, to parse and format but not to read the clock. */
const TIME_FILE = "src/base/time.ts";

const GLOBALS: ReadonlySet<string> = new Set([
  "console",
  "Date",
  "Deno",
  "fetch",
  "globalThis",
  "performance",
  "process",
  "setInterval",
  "setTimeout",
  "Temporal",
]);

const MEMBERS: ReadonlySet<string> = new Set([
  "crypto.getRandomValues",
  "crypto.randomUUID",
  "Math.random",
]);

/** Keeps effects out of pure files: no clock, randomness, environment, network or output. */
export const pureFiles: Deno.lint.Rule = {
  create(context) {
    const path = sourcePath(context.filename);
    if (!isPure(path)) return {};
    const mayParseDates = path === TIME_FILE;

    function refuse(node: Deno.lint.Node, name: string) {
      context.report({
        node,
        message: `A pure file must not use ${name}`,
        hint: "Hand the value in as an argument",
      });
    }
    function refuseNodeModule(node: Deno.lint.Node, specifier: unknown) {
      if (String(specifier).startsWith("node:")) refuse(node, `${specifier}`);
    }

    return {
      Identifier(node) {
        if (!GLOBALS.has(node.name) || isOnlyAName(node)) return;
        if (node.name === "Date" && mayParseDates && !readsClock(node)) return;
        refuse(node, node.name);
      },
      MemberExpression(node) {
        const name = memberName(node);
        if (MEMBERS.has(name)) refuse(node, name);
      },
      ImportDeclaration(node) {
        refuseNodeModule(node, node.source.value);
      },
      ExportNamedDeclaration(node) {
        refuseNodeModule(node, node.source?.value);
      },
      ImportExpression(node) {
        if (node.source.type === "Literal") {
          refuseNodeModule(node, node.source.value);
        }
      },
    };
  },
};

/** Whether the identifier names a member or key instead of the global. */
function isOnlyAName(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
      return parent.key === node && !parent.computed;
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSMethodSignature":
    case "TSPropertySignature":
      return parent.key === node && !parent.computed;
    default:
      return false;
  }
}

/** Whether this use of `Date` asks for the present moment. */
function readsClock(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "NewExpression":
      return parent.arguments.length === 0;
    case "CallExpression":
      return parent.callee === node;
    case "MemberExpression":
      return memberName(parent) === "Date.now";
    default:
      return false;
  }
}

function memberName({ object, property }: Deno.lint.MemberExpression): string {
  if (object.type !== "Identifier") return "";
  if (property.type === "Identifier") return `${object.name}.${property.name}`;
  return property.type === "Literal" ? `${object.name}.${property.value}` : "";
}
