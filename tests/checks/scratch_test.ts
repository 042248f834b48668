import { repositoryLayout } from "../../src/base/layout.ts";
import { withScratch } from "../../src/checks/scratch.ts";
import { scratchPath } from "../../src/checks/tree_cache.ts";
import { fileKind } from "../../src/files/read.ts";
import { test, writeTree } from "../files/temporary.ts";
import { gitHost } from "./fixtures.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

function use<Answer>(
  root: string,
  work: (directory: string) => Promise<Answer>,
): Promise<Answer> {
  return withScratch(gitHost(), repositoryLayout(root), "try", work);
}

test("who leaves a scratch directory takes nothing from others at work beside it", async (root) => {
  writeTree(root, { ".orchestrator/": "" });
  await use(root, async (mine) => {
    writeTree(mine, { "tree/.git/refs/": "" });
    const other = await use(root, (directory) => Promise.resolve(directory));
    assertEquals(fileKind(other), "absent");
    assertEquals(fileKind(`${mine}/tree/.git/refs`), "directory");
  });
  assertEquals(fileKind(scratchPath(repositoryLayout(root))), "absent");
});

test("a scratch directory is removed though its use fails and its files may not be", async (root) => {
  writeTree(root, { ".orchestrator/sessions/": "" });
  await assertRejects(
    () =>
      use(root, (directory) => {
        writeTree(directory, { "modules/a": "" });
        Deno.chmodSync(`${directory}/modules`, 0o500);
        throw new Error("stop");
      }),
    Error,
    "stop",
  );
  const { cache } = repositoryLayout(root);
  const left = Array.from(Deno.readDirSync(cache), ({ name }) => name);
  assertEquals(left, [".gitignore"]);
});

test("a repository in which orc keeps nothing is left as it was found", async (root) => {
  writeTree(root, { "a": "" });
  const seen = await use(root, (directory) => {
    writeTree(directory, { "b": "" });
    return Promise.resolve(fileKind(`${directory}/b`));
  });
  assertEquals(seen, "file");
  assertEquals([...Deno.readDirSync(root)].map(({ name }) => name), ["a"]);
});

test("the last of several that use scratch leaves a repository without state as it was", async (root) => {
  const { directory } = repositoryLayout(root);
  await use(root, async () => {
    await use(root, () => Promise.resolve());
    assert(fileKind(directory) === "directory");
  });
  assertEquals(fileKind(directory), "absent");
});
