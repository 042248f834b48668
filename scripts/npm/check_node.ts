/**
 * Checks the sources against what the oldest Node has: its language, and of Deno the stand-in.
 *
 * @module
 */

/** What Node 20 knows. Of ES2024 it has the methods of strings alone. */
const LIBRARIES = [
  "es2023",
  "es2024.string",
  "dom",
  "dom.iterable",
  "dom.asynciterable",
];

const GLOBALS = new URL("./deno/globals.d.ts", import.meta.url).href;

/** Type errors of modules, named relative to the root; an empty text if there are none. */
export async function findNewerThanNode(
  root: string,
  modules: readonly string[],
): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "orc-node-check-" });
  try {
    const main = [
      `/// <reference types="${GLOBALS}" />`,
      ...modules.map((path) => `import "file://${root}/${path}";`),
    ];
    await Deno.writeTextFile(`${directory}/main.ts`, main.join("\n"));
    await Deno.writeTextFile(
      `${directory}/deno.json`,
      await configurationFor(root),
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", "deno.json", "main.ts"],
      cwd: directory,
      env: { NO_COLOR: "1" },
    }).output();
    return success ? "" : new TextDecoder().decode(stderr).trim();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function configurationFor(root: string): Promise<string> {
  const { compilerOptions, imports, links } = JSON.parse(
    await Deno.readTextFile(`${root}/deno.json`),
  );
  return JSON.stringify({
    compilerOptions: { ...compilerOptions, lib: LIBRARIES },
    imports,
    links: links.map((path: string) => `${root}/${path}`),
    lock: false,
  });
}

if (import.meta.main) {
  const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
  const errors = await findNewerThanNode(root, ["mod.ts", "cli.ts"]);
  if (errors !== "") {
    console.error(`${errors}\n\nNode 20 does not have all that is used here`);
    Deno.exit(1);
  }
}
