import { writeLearnings } from "../../src/history/write_learnings.ts";
import { addNote } from "../../src/work/add_note.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  fixedHost,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  withSession,
  WORKTREES,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

function withNote(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    await addNote(fixedHost({ number: 2 }), { root, text: "Ada knows" });
    await test(root);
  });
}

function save(root: string, number = 3): ReturnType<typeof writeLearnings> {
  return writeLearnings(fixedHost({ number }), { root, save: true });
}

function page(root: string): string {
  return Deno.readTextFileSync(`${root}/LEARNINGS.md`);
}

Deno.test("writeLearnings() writes nothing unless it is asked to", () =>
  withNote((root) =>
    withoutTrace(root, async () => {
      const learned = await writeLearnings(fixedHost(), { root });
      assertEquals(learned.learnings.notes, ["Ada knows"]);
      assertEquals([learned.path, learned.saved], [null, false]);
    })
  ));

Deno.test("writeLearnings() writes nothing when there is nothing to learn", () =>
  withSession((root) =>
    withoutTrace(root, async () => {
      const { hasLearnings, path, saved } = await save(root);
      assertEquals([hasLearnings, path, saved], [false, null, false]);
    })
  ));

Deno.test("writeLearnings() begins LEARNINGS.md, appends to it, and repeats nothing", () =>
  withNote(async (root) => {
    const first = await save(root);
    assertEquals([first.saved, first.path], [true, `${root}/LEARNINGS.md`]);
    assert(page(root).startsWith("# Learnings\n"));
    assertStringIncludes(page(root), "\n\n## 2026-03-01 Add login\n");
    const once = page(root);
    await withoutTrace(root, async () => {
      assertEquals((await save(root, 4)).saved, false);
    });
    await addNote(fixedHost({ number: 5 }), { root, text: "And more" });
    assertEquals((await save(root, 6)).saved, true);
    assert(page(root).startsWith(`${once}\n## `));
    assert(page(root).endsWith("- PLAN: 0 min\n"));
  }));

Deno.test("writeLearnings() keeps every byte of what others wrote", () =>
  withNote(async (root) => {
    const before = "\ufeff# Ours\r\n\r\nWithout a line end";
    writeTree(root, { "LEARNINGS.md": before });
    await save(root);
    const bytes = Deno.readFileSync(`${root}/LEARNINGS.md`);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    assert(text.startsWith(`${before}\n\n## 2026-03-01 Add login\n`));
  }));

Deno.test("writeLearnings() refuses a LEARNINGS.md that it cannot extend", () =>
  withNote(async (root) => {
    const path = `${root}/LEARNINGS.md`;
    Deno.mkdirSync(path);
    const directory = await refusalWithoutTrace(root, () => save(root));
    assertEquals(directory.code, "not_a_regular_file");
    Deno.removeSync(path);
    Deno.writeFileSync(path, new Uint8Array([0xff, 0x61, 0x62]));
    assertEquals((await refusalOf(() => save(root))).code, "invalid_utf8");
    assertEquals(Deno.readFileSync(path).length, 3);
  }));

Deno.test("writeLearnings() writes to the working tree the caller is in", () =>
  withRoot(WORKTREES, async (root) => {
    const host = (number: number) =>
      fixedHost({ number, workingDirectory: `${root}/wt` });
    await startSession(host(1), { task: "Add login" });
    await addNote(host(2), { text: "Ada knows" });
    const { path } = await writeLearnings(host(3), { save: true });
    assertEquals(path, `${root}/wt/LEARNINGS.md`);
    assertStringIncludes(page(`${root}/wt`), "- Ada knows");
  }));
