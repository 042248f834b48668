/** What a check leaves behind: its receipt in the log, and what it printed beside it. */
import { sessionLayout } from "../../src/base/layout.ts";
import { parseReceipt, type Receipt } from "../../src/engine/receipt.ts";
import type { Host } from "../../src/host/host.ts";
import { ENDED_WELL } from "../../src/host/test_host.ts";
import { completeItem } from "../../src/work/complete.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  eventsOf,
  fixedHost,
  idOf,
  refusalOf,
  stateOf,
  withSession,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Receipts
phases:
  - id: P
    name: P
    items:
      - {id: t, name: T, step_type: gate, verification: {type: command, command: "echo out; echo err >&2; exit $(cat code)"}}
      - {id: f, name: F, verification: {type: file_exists, path: code}}
`;

function realHost(number = 1): Host {
  return fixedHost({ programs: "real", number });
}

/** The receipts of all events that have one. */
function receiptsOf(root: string): readonly (readonly [string, Receipt])[] {
  return eventsOf(root).flatMap(({ type, details }) => {
    const receipt = parseReceipt(details.get("receipt"));
    return receipt === undefined ? [] : [[type, receipt] as const];
  });
}

function directoryOf(root: string): string {
  return sessionLayout(root, idOf(0, 0)).directory;
}

/** What lies among the outputs. */
function outputsIn(root: string): Readonly<Record<string, string>> {
  const beginning = ".orchestrator/sessions/" + idOf(0, 0) + "/outputs/";
  return Object.fromEntries(
    Object.entries(readTree(root))
      .filter(([path]) => path.startsWith(beginning) && path !== beginning)
      .map(([path, text]) => [path.slice(beginning.length), String(text)]),
  );
}

Deno.test("each check leaves a receipt, passed or failed, and what it printed lies where that says", () =>
  withSession(async (root) => {
    writeTree(root, { code: "3" });
    await refusalOf(() => completeItem(realHost(), { root, itemId: "t" }));
    writeTree(root, { code: "0" });
    await completeItem(realHost(2), { root, itemId: "t" });
    await completeItem(realHost(3), { root, itemId: "f" });
    const receipts = receiptsOf(root);
    assertEquals(receipts.map(([type, { exitCode }]) => [type, exitCode]), [
      ["gate_failed", 3],
      ["gate_passed", 0],
      ["verification_passed", null],
    ]);
    const [[, failed], [, passed], [, look]] = receipts as [
      [string, Receipt],
      [string, Receipt],
      [string, Receipt],
    ];
    for (
      const { program, command, output, stdout, environment } of [
        failed,
        passed,
      ]
    ) {
      // Nobody is told what they may not look at.
      assert(program?.endsWith("/sh") ?? true, program ?? "none");
      assertEquals(command, "echo out; echo err >&2; exit $(cat code)");
      assertEquals([stdout?.bytes, environment], [4, "filtered"]);
      const text = Deno.readTextFileSync(`${directoryOf(root)}/${output}`);
      assertEquals(text, "==> stdout <==\nout\n\n==> stderr <==\nerr\n");
    }
    assert(failed.output !== passed.output);
    assertEquals(Object.keys(outputsIn(root)).length, 2);
    assertEquals([look.program, look.output, look.tree], [null, null, null]);
    // The state keeps what the Python tool knows, and no more.
    const { gate_result } = stateOf(root).phases.P.items.t;
    assertEquals(gate_result.receipt, undefined);
  }, WORKFLOW));

Deno.test("what a check printed is not kept where no event came of it", () =>
  withSession(async (root) => {
    writeTree(root, { code: "0" });
    const runProgram: Host["runProgram"] = async () => {
      await completeItem(realHost(2), { root, itemId: "t" });
      return { ...ENDED_WELL, stdout: "late" };
    };
    const host = { ...fixedHost({ number: 1 }), runProgram };
    assertEquals(
      (await completeItem(host, { root, itemId: "t" })).changed,
      false,
    );
    const texts = Object.values(outputsIn(root));
    assertEquals(texts.length, 1);
    assertStringIncludes(texts[0] ?? "", "out");
  }, WORKFLOW));

/** Puts down what a process leaves that ended between its output and its update. */
function leave(root: string, name: string, ageMs: number): void {
  const outputs = `${directoryOf(root)}/outputs`;
  writeTree(root, {});
  Deno.mkdirSync(outputs, { recursive: true });
  Deno.writeTextFileSync(`${outputs}/${name}.txt`, "x");
  const marker = `${outputs}/${name}.pending`;
  Deno.writeTextFileSync(marker, "");
  const at = (Date.parse("2026-03-01T10:00:00Z") - ageMs) / 1000;
  Deno.utimeSync(marker, at, at);
}

Deno.test("what a crash left before its event is swept a day later, and nothing that an event names", () =>
  withSession(async (root) => {
    writeTree(root, { code: "3" });
    await refusalOf(() => completeItem(realHost(), { root, itemId: "t" }));
    const [named = ""] = Object.keys(outputsIn(root));
    const day = 86_400_000;
    // Its update was made, and the marker left by a process that was killed behind it.
    leave(root, named.replace(".txt", ""), 2 * day);
    leave(root, "a".repeat(32), 2 * day);
    leave(root, "b".repeat(32), day / 2);
    await refusalOf(() => completeItem(realHost(2), { root, itemId: "t" }));
    const names = Object.keys(outputsIn(root));
    assertEquals(names.filter((name) => name.startsWith("a")), []);
    assertEquals(
      names.filter((name) => name.startsWith("b")).toSorted(),
      [`${"b".repeat(32)}.pending`, `${"b".repeat(32)}.txt`],
    );
    assert(names.includes(named));
    assert(!names.includes(named.replace(".txt", ".pending")));
  }, WORKFLOW));

Deno.test("a check counts although what it printed cannot be kept, and nothing is written through a link", () =>
  withSession(async (root) => {
    writeTree(root, { code: "0", "elsewhere/": "" });
    Deno.writeTextFileSync(`${directoryOf(root)}/outputs`, "in the way");
    const { changed, warnings } = await completeItem(realHost(), {
      root,
      itemId: "t",
    });
    assert(changed);
    assertStringIncludes(
      warnings.join(),
      "What the check printed is not kept: ",
    );
    assertEquals(receiptsOf(root).map(([, { output }]) => output), [null]);
  }, WORKFLOW));
