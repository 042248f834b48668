/** The npm package as it is built and installed; on all runtimes it is tried by `deno task npm`. */
import { buildPackage } from "../../scripts/npm/build.ts";
import { quickProofs } from "../../scripts/npm/proofs.ts";
import { repositoryPage } from "../../scripts/npm/package.ts";
import { run } from "../../scripts/npm/program.ts";
import { removeTree } from "../../scripts/npm/stage.ts";
import { filesIn, openHome } from "../install/home.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const REPOSITORY = "https://example.org/ada/orc";

const directory = `${Deno.cwd()}/tests/.tmp/npm-${Deno.pid}`;
const bench = {
  root: Deno.cwd(),
  package: `${directory}/npm`,
  directory: `${directory}/proof`,
};

Deno.test.beforeAll(async () => {
  await Deno.mkdir(bench.directory, { recursive: true });
  await buildPackage(bench.root, {
    directory: bench.package,
    isOffline: true,
    repository: REPOSITORY,
  });
});

Deno.test.afterAll(() => removeTree(directory));

for (const { name, run } of quickProofs(bench)) {
  Deno.test(`the npm package: ${name}`, async () => {
    await run();
  });
}

Deno.test("the npm package says where it comes from", async () => {
  const text = await Deno.readTextFile(`${bench.package}/package.json`);
  const { repository, homepage, bugs } = JSON.parse(text);
  assertEquals(repository, { type: "git", url: `git+${REPOSITORY}.git` });
  assertEquals(homepage, `${REPOSITORY}#readme`);
  assertEquals(bugs, `${REPOSITORY}/issues`);
});

Deno.test("repositoryPage() knows the forms in which git names a remote", () => {
  for (
    const remote of [
      "https://example.org/ada/orc.git",
      "https://ada:token@example.org/ada/orc",
      "git@example.org:ada/orc.git",
      "ssh://git@example.org:2222/ada/orc.git",
    ]
  ) assertEquals(repositoryPage(remote), REPOSITORY);
  assertEquals(repositoryPage("/home/ada/orc"), undefined);
});

Deno.test("the npm package holds what its pages lead to, its man page and its source maps", async () => {
  const packed = await run(["npm", "pack", "--json", "--dry-run"], {
    cwd: bench.package,
  });
  const [{ files }]: [{ files: readonly { path: string }[] }] = JSON.parse(
    packed,
  );
  const paths = new Set(files.map(({ path }) => path));
  const pages = [...paths].filter((path) => path.endsWith(".md"));
  assert(pages.length > 10);
  for (const page of pages) {
    const text = await Deno.readTextFile(`${bench.package}/${page}`);
    for (const [, link = ""] of text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)) {
      const { pathname } = new URL(link, `file:///${page}`);
      assert(paths.has(pathname.slice(1)), `${page} leads to ${link}`);
    }
  }
  assert(paths.has("man/orc.1"));
  const unmapped = [...paths].filter((path) =>
    path.endsWith(".js") && !paths.has(`${path}.map`)
  );
  // Modules that only pass on what others hold have nothing to map.
  const texts = await Promise.all(
    unmapped.map((path) => Deno.readTextFile(`${bench.package}/${path}`)),
  );
  assertEquals(texts.filter((text) => text.length > 1000), []);
});

Deno.test("npm i -g ./npm gives shells an orc, and npm takes it away", async () => {
  const home = await openHome(`${directory}/home`, ".npm-global/bin");
  const { path, shell } = home;
  await Deno.mkdir(`${path}/shop/.git`, { recursive: true });
  const npm = directory;
  await shell("sh", npm, "npm i -g ./npm --no-audit --no-fund");
  await shell("bash", `${path}/shop`, 'orc start "Add login"');
  const next = await shell("bash", `${path}/shop`, "orc next");
  assertStringIncludes(next, "then: orc complete");
  await shell("sh", npm, "npm uninstall -g @orc/cli");
  const left = filesIn(path).filter((file) => !file.startsWith("shop/"));
  assertEquals(left.filter((file) => !file.endsWith(".package-lock.json")), []);
});
