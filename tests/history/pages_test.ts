import { encodeLogLine } from "../../src/engine/event.ts";
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
  withoutTrace,
  withRoot,
  withSession,
  WORKTREES,
} from "../work/fixtures.ts";
import { appendToLog } from "../work/log_lines.ts";
import { assertRefused, assertRefusedWithoutTrace } from "../work/refused.ts";
import { recorded } from "./log_events.ts";
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

Deno.test("generateMarkdown() replaces its own page, and writes nothing when nothing has changed", () =>
  withSession(async (root) => {
    await generate(root);
    const same = await withoutTrace(root, () => generate(root));
    assertEquals(same.changed, false);
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "idea" });
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" });
    const { changed, text } = await generate(root);
    assertEquals([changed, Deno.readTextFileSync(`${root}/WORKFLOW.md`)], [
      true,
      text,
    ]);
    assertStringIncludes(text, "- [x] `idea` The idea");
    assertStringIncludes(text, "| Status | abandoned |");
  }));

Deno.test("generateMarkdown() shows the log of a legacy session, where it lies", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const lines = ["wf_1a2b3c4d", "wf_00000001"].map((workflowId) =>
      recorded("note_added", { workflowId, message: workflowId.slice(3) })
    ).map(encodeLogLine);
    writeTree(root, { ".workflow_log.jsonl": lines.join("") });
    const run = () => generate(root, { stdout: true });
    const { text } = await withoutTrace(root, run);
    assertStringIncludes(text, "| note\\_added | 1a2b3c4d |");
    assert(!text.includes("00000001"), text);
  }));

Deno.test("generateMarkdown() shows the last 20 events of a long log once each", () =>
  withSession(async (root) => {
    const workflowId = "wf_00000000";
    const notes = Array.from(
      { length: 5000 },
      (_, number) =>
        recorded("note_added", { workflowId, message: `No. ${number}.` }),
    );
    appendToLog(root, [...notes, '{"torn": ']);
    const { text } = await generate(root, { stdout: true });
    const shown = text.match(/No\. \d+\./g) ?? [];
    assertEquals([shown.length, shown.at(-1)], [20 - 2, "No. 4999."]);
  }));

Deno.test("generateMarkdown() returns the page and writes nothing with stdout", () =>
  withSession(async (root) => {
    writeTree(root, { "WORKFLOW.md": "# Mine\n" });
    const run = () => generate(root, { stdout: true });
    const { path, text } = await withoutTrace(root, run);
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

const ELSEWHERE: readonly (readonly [file: string, because: string])[] = [
  [".orchestrator/now.md", "it lies among what orc keeps"],
  [".git/hooks/pre-commit", "it lies among what git keeps"],
  ["../now.md", "it lies outside the working tree"],
  [".", "it lies outside the working tree"],
  ["-", "that is not the name of a file"],
];

Deno.test("generateMarkdown() writes no page where one does not belong, or cannot be", () =>
  withSession(async (root) => {
    const refused = (file: string, expected: string) => {
      const run = () => generate(root, { file }, { workingDirectory: root });
      return assertRefusedWithoutTrace(root, expected, run);
    };
    for (const [file, because] of ELSEWHERE) {
      const { message } = await refused(file, "usage page_elsewhere");
      assertStringIncludes(message, because, file);
    }
    const { hint } = await refused("docs/now.md", "not_found path_not_found");
    assertStringIncludes(hint ?? "", "orc generate-md --stdout");
  }));

Deno.test("generateMarkdown() does not replace what is no file, whoever asks", () =>
  withSession(async (root) => {
    writeTree(root, { "WORKFLOW.md/": "" });
    for (const force of [false, true]) {
      const run = () => generate(root, { force }, { environment: APPROVING });
      await assertRefusedWithoutTrace(root, "corrupt not_a_regular_file", run);
    }
  }));

Deno.test("generateMarkdown() lets nobody replace what it did not make, but a human by force", () =>
  withSession(async (root) => {
    writeTree(root, { "WORKFLOW.md": "# Mine\n" });
    const force = { force: true };
    const refused = (expected: string, options: GenerateOptions) =>
      assertRefusedWithoutTrace(root, expected, () => generate(root, options));
    await refused("refused not_generated", {});
    await refused("denied approval_required", force);
    const { text } = await generate(root, force, { answers: ["replace"] });
    assertEquals(Deno.readTextFileSync(`${root}/WORKFLOW.md`), text);
    assertEquals((await generate(root, force)).changed, false);
  }));

Deno.test("generateMarkdown() writes into the linked worktree", () =>
  withRoot(WORKTREES, async (root) => {
    const machine = { workingDirectory: `${root}/wt`, number: 9 };
    await startSession(fixedHost(machine), { task: "Add login" });
    const { path } = await generateMarkdown(fixedHost(machine));
    assertEquals(path, `${root}/wt/WORKFLOW.md`);
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
  withSession(async (root) => {
    const learned = await withoutTrace(root, () => save(root));
    const { hasLearnings, path, saved } = learned;
    assertEquals([hasLearnings, path, saved], [false, null, false]);
  }));

Deno.test("writeLearnings() begins LEARNINGS.md, appends to it, and repeats nothing", () =>
  withNote(async (root) => {
    const first = await save(root);
    assertEquals([first.saved, first.path], [true, `${root}/LEARNINGS.md`]);
    assert(page(root).startsWith("# Learnings\n"));
    assertStringIncludes(page(root), "\n\n## 2026-03-01 Add login\n");
    const once = page(root);
    const again = await withoutTrace(root, () => save(root, 4));
    assertEquals(again.saved, false);
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
    const run = () => save(root);
    await assertRefusedWithoutTrace(root, "corrupt not_a_regular_file", run);
    Deno.removeSync(path);
    Deno.writeFileSync(path, new Uint8Array([0xff, 0x61, 0x62]));
    await assertRefused("corrupt invalid_utf8", run);
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
