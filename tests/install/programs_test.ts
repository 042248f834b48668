/** What can be installed from a clone without npm, as shells find it in a new home. */
import { bundle } from "../../scripts/bundle.ts";
import { runSuites } from "../../scripts/npm/proofs.ts";
import { run } from "../../scripts/npm/program.ts";
import { type Clone, openClone } from "./clone.ts";
import { openHome } from "./home.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

let clone: Clone;

Deno.test.beforeAll(async () => {
  clone = await openClone();
});

Deno.test.afterAll(() => clone.remove());

/** Starts a session with the `orc` that a shell finds, and asks it what is next. */
async function proveFound(
  shell: (program: "bash" | "sh", cwd: string, line: string) => Promise<string>,
  shop: string,
): Promise<void> {
  await Deno.mkdir(`${shop}/.git`, { recursive: true });
  await shell("sh", shop, 'orc start "Add login"');
  const next = await shell("bash", shop, "orc next");
  assertStringIncludes(next, "then: orc complete");
  // A command whose chunk is loaded when it is called.
  assertStringIncludes(await shell("sh", shop, "orc session list"), "active");
}

Deno.test("deno install -g makes an orc of the clone, as README says", async () => {
  const { path, env, shell } = await openHome(
    `${clone.directory}/installed`,
    ".deno/bin",
  );
  const readme = await Deno.readTextFile("README.md");
  const [, block = ""] = /```sh\n(deno task build\n[^]*?)```/.exec(readme) ??
    [];
  const lines = block.trim().split("\n").map((line) =>
    line.replace(/ +#.*$/, "")
  );
  assertEquals(lines.length, 2);
  const programs = Deno.execPath().replace(/\/[^/]+$/, "");
  const withDeno = `PATH="${programs}:$PATH"`;
  for (const line of lines) {
    await shell("sh", clone.root, `${withDeno}; ${line}`);
  }
  const PATH = `${env.PATH}:${programs}`;
  await proveFound(
    (program, cwd, line) =>
      run([program, "-c", line], { cwd, env: { ...env, PATH } }),
    `${path}/shop`,
  );
  await runSuites(Deno.cwd(), ["journey", "runtimes"], [
    `env PATH=${PATH} orc`,
  ]);
});

Deno.test("the single file is a program that shells run", async () => {
  const { path, shell } = await openHome(`${clone.directory}/single`, "bin");
  await bundle(clone.root, `${clone.root}/dist/orc.js`);
  await Deno.mkdir(`${path}/bin`);
  await Deno.symlink(`${clone.root}/dist/orc.js`, `${path}/bin/orc`);
  await proveFound(shell, `${path}/shop`);
});

/** The chunks that a command of the built program loads, without what makes their names new. */
async function chunksOf(
  shop: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const counts = await Deno.makeTempDir();
  const main = `${clone.root}/dist/program/main.js`;
  const flags = ["run", "-A", "--no-config", `--coverage=${counts}`];
  await new Deno.Command(Deno.execPath(), {
    args: [...flags, main, ...args],
    cwd: shop,
    env: { ORCHESTRATOR_EPHEMERAL: "0" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  const urls = Array.from(
    Deno.readDirSync(counts),
    ({ name }): string =>
      JSON.parse(Deno.readTextFileSync(`${counts}/${name}`)).url ?? "",
  );
  await Deno.remove(counts, { recursive: true });
  return urls.flatMap((url) =>
    /\/program\/(.+?)(?:-[\w-]{8})?\.js$/.exec(url)?.[1] ?? []
  ).sort();
}

Deno.test("commands of every turn load no chunk of the built program that they do not need", async () => {
  await run([Deno.execPath(), "task", "build"], { cwd: clone.root });
  const shop = `${clone.directory}/turns`;
  await Deno.mkdir(shop);
  await run(["git", "init", "-q"], { cwd: shop });
  const started = await chunksOf(shop, ["start", "Add login", "--root", "."]);
  // A start reads YAML: what finds no package there would find none anywhere.
  assertEquals(started.includes("yaml"), true, started.join(" "));
  assertEquals(await chunksOf(shop, ["status"]), ["main"]);
  assertEquals(await chunksOf(shop, ["note", "Text"]), ["main", "update"]);
  assertEquals(
    await chunksOf(shop, ["next"]),
    ["main", "update", "work-renewal"],
  );
  // The modules of Node's that Deno has cost more than all that a note does.
  const turns = /^(?:main|shared|update|work-renewal)(?:-[\w-]{8})?\.js$/;
  const program = `${clone.root}/dist/program`;
  const nodes = Array.from(Deno.readDirSync(program), ({ name }) => name)
    .filter((name) =>
      turns.test(name) &&
      /from ?["']node:/.test(Deno.readTextFileSync(`${program}/${name}`))
    );
  assertEquals(nodes, []);
  const completing = await chunksOf(shop, ["complete", "scope"]);
  const packages = ["yaml", "valibot", "snapshot", "shared-parsers"];
  assertEquals(completing.filter((name) => packages.includes(name)), []);
});

Deno.test("deno task orc builds by itself, and anew where a source is newer", async () => {
  const orc = (...args: readonly string[]) =>
    run([Deno.execPath(), "task", "--quiet", "orc", ...args], {
      cwd: clone.root,
      env: { INIT_CWD: clone.root },
    });
  const built = () => Deno.stat(`${clone.root}/dist/program/main.js`);
  const chunks = () =>
    new Set(
      Array.from(
        Deno.readDirSync(`${clone.root}/dist/program`),
        ({ name }) => name,
      ),
    );
  assertStringIncludes(await orc("version"), "orc ");
  const [first, before] = [await built(), chunks()];
  await orc("version");
  assertEquals((await built()).ino, first.ino);
  const version = `${clone.root}/src/base/version.ts`;
  const text = await Deno.readTextFile(version);
  await Deno.writeTextFile(
    version,
    text.replace(/VERSION = "[^"]+"/, 'VERSION = "9.9.9"'),
  );
  assertStringIncludes(await orc("version"), "orc 9.9.9");
  // A program that still runs finds the chunks it was built with.
  assertEquals(before.difference(chunks()), new Set());
});
