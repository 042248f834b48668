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
