import { Deno as standIn } from "../../scripts/npm/deno/api.ts";
import { withTemporaryDirectory } from "../files/temporary.ts";
import { type DenoApi, rulesOf } from "./deno_api_contract.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const APIS: readonly (readonly [string, unknown])[] = [
  ["Deno", Deno],
  ["the stand-in", standIn],
];

for (const [name, api] of APIS) {
  for (const [says, rule] of rulesOf(api as DenoApi)) {
    Deno.test({
      name: `${name}: ${says}`,
      ignore: Deno.build.os === "windows",
      fn: () => withTemporaryDirectory(rule),
    });
  }
}

/** Types have no value; tests and examples may use all of Deno. */
const TYPES = new Set([
  "DirEntry",
  "FileInfo",
  "OpenOptions",
  "PermissionDescriptor",
  "Signal",
]);

function sourcesIn(directory: string): readonly string[] {
  const found = walkSync(directory, { includeDirs: false });
  return Array.from(found, ({ path }) => path);
}

function namesUsedIn(path: string): readonly string[] {
  const code = Deno.readTextFileSync(path)
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\/\/.*$/gm, "");
  return Array.from(code.matchAll(/\bDeno\.(\w+)/g), ([, name = ""]) => name);
}

Deno.test("the stand-in has all that the sources use of Deno", () => {
  const paths = ["mod.ts", "cli.ts", ...sourcesIn("src")];
  const used = new Set(paths.flatMap(namesUsedIn));
  assert(used.size > 20);
  const missing = [...used].filter((name) =>
    !TYPES.has(name) && !(name in standIn)
  );
  assertEquals(missing, []);
});
