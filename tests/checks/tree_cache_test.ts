import { repositoryLayout } from "../../src/base/layout.ts";
import { readTree } from "../../src/checks/tree.ts";
import { readCached, stage, treePath } from "../../src/checks/tree_cache.ts";
import { test, writeTree } from "../files/temporary.ts";
import {
  changeSince,
  commit,
  gitHost,
  idOf,
  inGit,
  run,
  siteOf,
} from "./fixtures.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";

const TOKEN = "0".repeat(32);

function namesIn(directory: string): readonly string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

inGit(
  "readTree() keeps its cache out of git, also in a portable repository",
  async (root) => {
    writeTree(root, { "a.txt": "a", ".orchestrator/current": "" });
    await commit(root);
    const id = await idOf(root, { keeps: true });
    const { cache } = repositoryLayout(root);
    assertEquals(namesIn(cache), [".gitignore", "files", "trees"]);
    assertEquals(namesIn(`${cache}/trees`), [id]);
    assertEquals(await run(root, "git", "status", "--porcelain"), "");
    Deno.removeSync(cache, { recursive: true });
    assertEquals(await idOf(root, { keeps: true }), id);
  },
);

inGit(
  "readTree() makes no state where there is none, and writes nothing unless it is asked",
  async (root) => {
    writeTree(root, { "a.txt": "a" });
    const id = await idOf(root, { keeps: true });
    assertEquals(namesIn(root), [".git", "a.txt"]);
    writeTree(root, { ".orchestrator/current": "" });
    await idOf(root);
    await changeSince(siteOf(root), id);
    assertEquals(namesIn(`${root}/.orchestrator`), ["current"]);
  },
);

inGit(
  "readTree() reads and writes nothing through a link in the place of its cache",
  async (root) => {
    writeTree(root, {
      "repo/a.txt": "a",
      "repo/.orchestrator/current": "",
      "elsewhere/trees/x": "",
    });
    const repo = `${root}/repo`;
    await run(repo, "git", "init", "--quiet");
    await run(repo, "ln", "-s", `${root}/elsewhere`, ".orchestrator/cache");
    Deno.chmodSync(`${root}/elsewhere/trees/x`, 0o600);
    await idOf(repo, { keeps: true });
    assertEquals(namesIn(`${root}/elsewhere`), ["trees"]);
    const layout = repositoryLayout(repo);
    assertEquals(readCached(layout, treePath(layout, "x")), undefined);
  },
);

inGit(
  "readTree() may keep the same tree several times at once",
  async (root) => {
    writeTree(root, {
      "a.txt": "a",
      "b.txt": "b",
      ".orchestrator/current": "",
    });
    const trees = await Promise.all(
      Array.from(
        { length: 4 },
        () => readTree(gitHost(), siteOf(root), { keeps: true }),
      ),
    );
    const [id = "", ...others] = trees.map((tree) => tree.id ?? "");
    assertEquals(new Set(others), new Set([id]));
    const { cache } = repositoryLayout(root);
    assertEquals(namesIn(`${cache}/trees`), [id]);
    assertEquals(namesIn(`${cache}/files`).length, 1);
    writeTree(root, { "b.txt": "x" });
    const { names } = await changeSince(siteOf(root), id);
    assertEquals(names, ["b.txt"]);
  },
);

inGit(
  "readTree() keeps the last trees, and those of a killed process no longer",
  async (root) => {
    writeTree(root, { "a.txt": "a", ".orchestrator/current": "" });
    const first = await idOf(root, { keeps: true });
    const { cache } = repositoryLayout(root);
    for (let number = 1; number <= 25; number++) {
      const path = `${cache}/trees/${number}.${TOKEN}.tmp`;
      Deno.writeTextFileSync(path, "");
      Deno.utimeSync(path, number, number);
    }
    // Who has the same tree again has used it.
    Deno.utimeSync(`${cache}/trees/${first}`, 0, 0);
    assertEquals(await idOf(root, { keeps: true }), first);
    writeTree(root, { "a.txt": "b" });
    const second = await idOf(root, { keeps: true });
    assertNotEquals(second, first);
    const names = namesIn(`${cache}/trees`);
    assertEquals(names.length, 20);
    assert(names.includes(first) && names.includes(second));
    assert(!names.includes(`1.${TOKEN}.tmp`));
  },
);

test("stage() says by the clock of the file system when it began", (root) => {
  writeTree(root, { ".orchestrator/current": "" });
  const layout = repositoryLayout(root);
  const staged = stage(layout, treePath(layout, "x"), TOKEN);
  const { ctime } = Deno.lstatSync(staged?.temporary ?? "");
  assertEquals(staged?.madeAtMs, ctime?.getTime());
  // What is being written is not written over.
  assertEquals(stage(layout, treePath(layout, "x"), TOKEN), undefined);
  assertEquals(Deno.statSync(staged?.temporary ?? "").isFile, true);
});
