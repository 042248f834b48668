/** README's first command, as those run it who have Node and npm and nothing else. */
import { type Clone, openClone } from "./clone.ts";
import { filesIn, openHome } from "./home.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

let clone: Clone;

Deno.test.beforeAll(async () => {
  clone = await openClone();
});

Deno.test.afterAll(() => clone.remove());

/** Commands of the block that says how to begin. */
async function commandsOfReadme(): Promise<readonly string[]> {
  const readme = await Deno.readTextFile("README.md");
  const [, block = ""] = /## Try it[^]*?```sh\n([^]*?)```/.exec(readme) ?? [];
  return block.trim().split("\n").map((line) => line.replace(/ +#.*$/, ""));
}

const MAKEFILE = "next:\n\t@orc next\n";
const HOOK = "#!/bin/sh\norc next > hooked.txt\n";

Deno.test("README's first command starts a session and leaves orc to all shells, and uninstalling leaves nothing", async () => {
  const { path, shell } = await openHome(
    `${clone.directory}/home`,
    ".npm-global/bin",
  );
  const [first = "", second = ""] = await commandsOfReadme();
  assertEquals(second, "npx -y deno@2.9.6 task test");
  assertStringIncludes(await shell("bash", clone.root, first), "Session ");
  const next = await shell("bash", clone.root, "orc next");
  assertStringIncludes(next, "then: orc complete");
  assertEquals(await shell("sh", clone.root, "orc next"), next);
  await Deno.writeTextFile(`${clone.root}/Next.mk`, MAKEFILE);
  const made = await shell("sh", clone.root, "make -s -f Next.mk next");
  assertEquals(made, next);
  const hook = `${clone.root}/.git/hooks/pre-commit`;
  await Deno.writeTextFile(hook, HOOK, { mode: 0o755 });
  const author = "-c user.name=Ada -c user.email=ada@example.org";
  const commit = `git ${author} commit --quiet --allow-empty -m "Try it"`;
  await shell("sh", clone.root, commit);
  assertEquals(await Deno.readTextFile(`${clone.root}/hooked.txt`), next);
  await shell("bash", clone.root, "npx -y deno@2.9.6 task uninstall");
  assertEquals(filesIn(path), []);
  const built = filesIn(clone.root).filter((file) =>
    /^(?:dist|npm)\//.test(file)
  );
  assertEquals(built, []);
});

Deno.test("setup installs for the user alone where npm's own place cannot be written, and says so", async () => {
  const home = await openHome(`${clone.directory}/limited`, "bin");
  const { path, env } = home;
  await Deno.writeTextFile(`${path}/closed`, "");
  const setup = (task: string) =>
    new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", task],
      cwd: clone.root,
      env: { ...env, npm_config_prefix: `${path}/closed/global` },
    }).output();
  const { success, stdout, stderr } = await setup("setup");
  const said = new TextDecoder().decode(stdout);
  assert(success, new TextDecoder().decode(stderr));
  assertStringIncludes(said, `${path}/.local/bin/orc`);
  assertStringIncludes(said, `export PATH="${path}/.local/bin:$PATH"`);
  const line = `PATH="${path}/.local/bin:$PATH"; orc version`;
  assertStringIncludes(await home.shell("sh", path, line), "orc ");
  assert((await setup("uninstall")).success);
  assertEquals(filesIn(path), ["closed"]);
});
