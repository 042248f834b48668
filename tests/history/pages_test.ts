import {
  type Generated,
  generateMarkdown,
  type GenerateOptions,
  writeLearnings,
} from "../../src/history/pages.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  APPROVING,
  fixedHost,
  idOf,
  legacyState,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  withSession,
  WORKTREES,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

function generate(
  root: string,
  options: GenerateOptions = {},
  machine: Machine = {},
): Promise<Generated> {
  return generateMarkdown(fixedHost({ number: 9, ...machine }), {
    root,
    ...options,
  });
}

function pageIn(root: string): string {
  return Deno.readTextFileSync(`${root}/WORKFLOW.md`);
}

Deno.test("generateMarkdown() writes WORKFLOW.md and nothing else", () =>
  withSession(async (root) => {
    const before = readTree(root);
    const { path, text, changed, warnings, place } = await generate(root);
    assertEquals(
      [path, changed, warnings, place.session],
      [`${root}/WORKFLOW.md`, true, [], idOf(0, 0)],
    );
    assertEquals(readTree(root), { ...before, "WORKFLOW.md": text });
    assert(text.includes("# Add login\n"));
    assert(text.includes("| 2026-03-01 10:00 | workflow\\_started |"), text);
  }));

Deno.test("generateMarkdown() writes nothing when nothing has changed", () =>
  withSession(async (root) => {
    await generate(root);
    const { changed } = await withoutTrace(root, () => generate(root));
    assertEquals(changed, false);
  }));

Deno.test("generateMarkdown() replaces its own page", () =>
  withSession(async (root) => {
    await generate(root);
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "idea" });
    const { changed, text } = await generate(root);
    assertEquals([changed, pageIn(root)], [true, text]);
    assert(text.includes("- [x] `idea` The idea"), text);
  }));

Deno.test("generateMarkdown() shows a closed session", () =>
  withSession(async (root) => {
    await abandonSession(fixedHost({ number: 1 }), { root, reason: "Dropped" });
    assert((await generate(root)).text.includes("| Status | abandoned |"));
  }));

Deno.test("generateMarkdown() shows the last 20 events of a long log once each", () =>
  withSession(async (root) => {
    const log = `${root}/.orchestrator/sessions/${idOf(0, 0)}/log.jsonl`;
    const line = (number: number) =>
      JSON.stringify({
        timestamp: "2026-03-01T11:00:00Z",
        event_type: "note_added",
        workflow_id: "wf_00000000",
        message: `No. ${number}.`,
        details: {},
      });
    const lines = Array.from({ length: 5000 }, (_, index) => line(index));
    const text = `${lines.join("\n")}\n{"torn": `;
    Deno.writeTextFileSync(log, text, { append: true });
    const { text: page } = await generate(root, { stdout: true });
    const shown = page.match(/No\. \d+\./g) ?? [];
    assertEquals(shown.length, 20 - 2);
    assertEquals(shown.at(-1), "No. 4999.");
  }));

Deno.test("generateMarkdown() returns the page and writes nothing with stdout", () =>
  withSession(async (root) => {
    writeTree(root, { "WORKFLOW.md": "# Mine\n" });
    const { path, text } = await withoutTrace(
      root,
      () => generate(root, { stdout: true }),
    );
    assertEquals(path, null);
    assert(text.includes("# Add login\n"));
  }));

Deno.test("generateMarkdown() writes another file, as seen from the working directory", () =>
  withSession(async (root) => {
    writeTree(root, { "docs/": "" });
    const machine = { workingDirectory: `${root}/docs` };
    const { path, text } = await generate(root, { file: "now.md" }, machine);
    assertEquals(path, `${root}/docs/now.md`);
    assertEquals(readTree(`${root}/docs`), { "now.md": text });
  }));

Deno.test("generateMarkdown() names a directory that does not exist", () =>
  withSession(async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => generate(root, { file: `${root}/docs/now.md` }),
    );
    assertEquals([error.kind, error.code], ["not_found", "path_not_found"]);
  }));

const ELSEWHERE: readonly (readonly [file: string, because: string])[] = [
  [".orchestrator/now.md", "it lies among what orc keeps"],
  [".git/hooks/pre-commit", "it lies among what git keeps"],
  ["../now.md", "it lies outside the working tree"],
  [".", "it lies outside the working tree"],
  ["-", "that is not the name of a file"],
];

for (const [file, because] of ELSEWHERE) {
  Deno.test(`generateMarkdown() does not write "${file}": ${because}`, () =>
    withSession(async (root) => {
      const machine = { workingDirectory: root };
      const error = await refusalWithoutTrace(
        root,
        () => generate(root, { file }, machine),
      );
      assertEquals([error.kind, error.code], ["usage", "page_elsewhere"]);
      assertStringIncludes(error.message, because);
    }));
}

Deno.test("generateMarkdown() does not replace what it did not make", () =>
  withSession(async (root) => {
    writeTree(root, { "WORKFLOW.md": "# Mine\n" });
    const error = await refusalWithoutTrace(root, () => generate(root));
    assertEquals([error.kind, error.code], ["refused", "not_generated"]);
  }));

Deno.test("generateMarkdown() does not replace what is no file, whoever asks", () =>
  withSession(async (root) => {
    writeTree(root, { "WORKFLOW.md/": "" });
    for (const force of [false, true]) {
      const error = await refusalWithoutTrace(
        root,
        () => generate(root, { force }, { environment: APPROVING }),
      );
      assertEquals([error.kind, error.code], ["corrupt", "not_a_regular_file"]);
    }
  }));

Deno.test("generateMarkdown() lets a human replace another file by force", () =>
  withSession(async (root) => {
    writeTree(root, { "WORKFLOW.md": "# Mine\n" });
    const refused = await refusalWithoutTrace(
      root,
      () => generate(root, { force: true }),
    );
    assertEquals([refused.kind, refused.code], ["denied", "approval_required"]);
    const { text } = await generate(root, { force: true }, {
      answers: ["replace"],
    });
    assertEquals(pageIn(root), text);
    const again = await generate(root, { force: true });
    assertEquals(again.changed, false);
  }));

Deno.test("generateMarkdown() writes into the linked worktree", () =>
  withRoot(WORKTREES, async (root) => {
    const machine = { workingDirectory: `${root}/wt`, number: 9 };
    await startSession(fixedHost(machine), { task: "Add login" });
    const { path } = await generateMarkdown(fixedHost(machine));
    assertEquals(path, `${root}/wt/WORKFLOW.md`);
  }));

Deno.test("generateMarkdown() shows a legacy session with its own log", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const line = (workflowId: string) =>
      `{"event_type": "note_added", "workflow_id": "${workflowId}", "message": "Of ${workflowId}"}\n`;
    writeTree(root, {
      ".workflow_log.jsonl": line("wf_1a2b3c4d") + line("wf_00000001"),
    });
    const before = readTree(root);
    const { text } = await generate(root);
    assertEquals(readTree(root), { ...before, "WORKFLOW.md": text });
    assert(text.includes("Of wf\\_1a2b3c4d"), text);
    assert(!text.includes("wf\\_00000001"), text);
  }));

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
