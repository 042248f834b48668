/** What the runs of a check printed, as it is kept. */
import { type OutputOptions, readOutputs } from "../../src/history/outputs.ts";
import { readHistory } from "../../src/history/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  legacyState,
  refusalOf,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { writeTree } from "../files/temporary.ts";
import { encodeLogLine } from "../../src/engine/event.ts";
import { assertRefused } from "../work/refused.ts";
import { recorded } from "./log_events.ts";
import { orc } from "../commands/orc.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** More than the log itself holds of a stream. */
const LONG = `first\n${"x".repeat(3000)}\nlast\n`;

/** Runs the check of the item `tests` once for each text; all but the last fail. */
async function run(root: string, ...texts: readonly string[]): Promise<void> {
  for (const [index, stdout] of texts.entries()) {
    const exitCode = index < texts.length - 1 ? 1 : 0;
    const host = fixedHost({
      number: index + 1,
      at: `2026-03-01T10:0${index + 1}:00Z`,
      programs: { "make test": { exitCode, stdout, stderr: "" } },
    });
    const complete = () => completeItem(host, { root, itemId: "tests" });
    await (exitCode === 0 ? complete() : refusalOf(complete));
  }
}

function read(root: string, options: Partial<OutputOptions> = {}) {
  return readOutputs(fixedHost(), { root, itemId: "tests", ...options });
}

Deno.test("readOutputs() gives the whole of what the last runs printed, oldest first, and writes nothing", () =>
  withSession(async (root) => {
    await run(root, "one\n", LONG, "three\n");
    const one = await withoutTrace(root, () => read(root));
    const told = (
      { passed, text, whole }: typeof one.outputs[number],
    ) => [passed, text, whole];
    assertEquals(one.outputs.map(told), [[
      true,
      "==> stdout <==\nthree\n",
      true,
    ]]);
    assertEquals([one.hasEarlier, one.itemId], [true, "tests"]);
    const two = await read(root, { last: 2 });
    assertEquals(two.outputs.map(told), [
      [false, `==> stdout <==\n${LONG}`, true],
      [true, "==> stdout <==\nthree\n", true],
    ]);
    assertEquals(two.outputs[0]?.command, "make test");
    assertEquals(two.hasEarlier, true);
    const all = await read(root, { last: 100 });
    assertEquals(all.outputs.map(({ serial }) => serial), [2, 3, 4]);
    assertEquals(all.hasEarlier, false);
  }));

Deno.test("readOutputs() says where only the log's own part is left, and where nothing was printed", () =>
  withSession(async (root) => {
    await run(root, LONG, "");
    const outputs = `${root}/.orchestrator/sessions/${idOf(0, 0)}/outputs`;
    Deno.removeSync(outputs, { recursive: true });
    const [left, silent] = (await read(root, { last: 2 })).outputs;
    assertEquals(left?.whole, false);
    assertStringIncludes(left?.text ?? "", "==> stdout <==\nfirst\nxxx");
    assertStringIncludes(left?.text ?? "", "xxx\nlast\n");
    assertEquals([silent?.text, silent?.whole], ["", true]);
  }));

Deno.test("readOutputs() reads a legacy session's log in place", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const details = { command: "make", stdout: "", stderr: "no\n" };
    const failed = recorded("verification_failed", {
      ...{ workflowId: "wf_1a2b3c4d", itemId: "it", details },
    });
    writeTree(root, {
      ".workflow_state.json": legacyState(),
      ".workflow_log.jsonl": encodeLogLine(failed),
    });
    const { outputs } = await withoutTrace(
      root,
      () => read(root, { itemId: "it" }),
    );
    assertEquals(
      outputs.map(({ text, command, whole }) => [text, command, whole]),
      [["==> stderr <==\nno\n", "make", false]],
    );
  }));

Deno.test("readOutputs() refuses what the workflow does not have, what never ran, and a bad number", () =>
  withSession(async (root) => {
    await addNote(fixedHost(), { root, text: "On it", itemId: "tests" });
    await assertRefused("not_found no_output", () => read(root));
    const other = () => read(root, { itemId: "test" });
    await assertRefused("not_found no_such_item", other);
    await run(root, "one\n");
    for (const last of [0, 101, 1.5, NaN]) {
      const some = () => read(root, { last });
      await assertRefused("usage invalid_limit", some);
    }
  }));

Deno.test("orc output prints it, and orc history the item with the first lines of what failed", () =>
  withSession(async (root) => {
    await run(
      root,
      "1..4\n\nnot ok 1 \x1b[31mred\nnot ok 2\nnot ok 3\n",
      "ok\n",
    );
    assertEquals(
      (await orc(root, ["output", "tests", "--last", "2"])).out,
      `2026-03-01 10:01:00Z Gate failed: tests
==> stdout <==
1..4

not ok 1 \\x1b[31mred
not ok 2
not ok 3

2026-03-01 10:02:00Z Gate passed: tests
==> stdout <==
ok
`,
    );
    assertEquals(
      (await orc(root, ["output", "tests", "--last", "x"])).exitCode,
      2,
    );
    const { out } = await orc(root, ["history", "--type", "gate_failed"]);
    assertStringIncludes(
      out,
      "Gate failed: tests - exit code 1, 0.3 s\n  1..4\n  not ok 1 \\x1b[31mred\n  not ok 2\n  more: orc output tests\n",
    );
    const { events } = await readHistory(fixedHost(), { root });
    assertEquals(events.at(-1)?.itemId, "tests");
  }));
