import type { RecordedEvent } from "../../src/engine/event.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { approveItem } from "../../src/work/item.ts";
import {
  advancePhase,
  approvePhase,
  finishSession,
} from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { gitHost, run } from "../checks/fixtures.ts";
import { eventsOf } from "../work/fixtures.ts";
import {
  agent,
  APPROVING,
  codeOf,
  type Files,
  fixedHost,
  idOf,
  type Machine,
  refusalOf,
  stateOf,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const SHOWING = `name: Showing
settings: {place: docs}
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: ok, name: Plan is good, shows: ["{{place}}/plan.md"], verification: {type: manual_gate}}
  - id: DO
    name: Do
    exit_gate: human_approval
    items:
      - {id: it, name: It}
      - {id: seen, name: Result is good, required: false, shows: [docs/plan.md, notes.md], verification: {type: manual_gate}}
`;

const FILES: Files = {
  "workflow.yaml": SHOWING,
  "docs/plan.md": "# Plan\n\n- Step: write it\n",
  "notes.md": "As planned\n",
};

/** SHA-256 of "# Plan\n\n- Step: write it\n", as sha256sum prints it. */
const PLAN_HASH =
  "badb2ada78961caa016eefb8bf144223ea6417fda6a0e1de8d31db6ef68af4bb";

function withShowing(
  test: (root: string) => Promise<void>,
  files: Files = {},
): Promise<void> {
  return withRoot({ ...FILES, ...files }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    await test(root);
  });
}

let count = 0;

/** A human who types the id of what they approve. */
function human(word: string, machine: Machine = {}) {
  return fixedHost({ answers: [word], number: 1 + ++count % 90, ...machine });
}

function ok(root: string, machine: Machine = {}) {
  return approveItem(human("ok", machine), { root, itemId: "ok" });
}

function lastOf(root: string, type: string): RecordedEvent | undefined {
  return eventsOf(root).findLast((event) => event.type === type);
}

function next() {
  return fixedHost({ number: 1 + ++count % 90 });
}

function change(root: string, path: string, text: string): void {
  Deno.writeTextFileSync(`${root}/${path}`, text);
}

Deno.test("a human who approves an item reads path, size and first lines of what it shows", () =>
  withShowing(async (root) => {
    const host = human("ok", { columns: 40 });
    await approveItem(host, { root, itemId: "ok" });
    const [question = ""] = host.questions;
    assertStringIncludes(
      question,
      `docs/plan.md, 225 B:
  # Plan
  one two three four five six seven eig…
  \\x1b[2J\\x07  \\u202e
  l1
  l2
  l3
  l4
  l5
  l6
  l7
  (2 more lines)
To approve item "ok", type ok: `,
    );
  }, {
    "docs/plan.md": `# Plan
${"one two three four five six seven eight nine ".repeat(4)}
\x1b[2J\x07\t\u202e
${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `l${n}`).join("\n")}
`,
  }));

Deno.test("what a human reads of an empty file, and of one that is no text, is that", () =>
  withShowing(async (root) => {
    await ok(root);
    await advancePhase(next(), { root });
    await completeItem(next(), { root, itemId: "it" });
    const host = human("seen");
    await approveItem(host, { root, itemId: "seen" });
    const [question = ""] = host.questions;
    assertStringIncludes(question, "docs/plan.md, 0 B, is empty\n");
    assertStringIncludes(question, "notes.md, 3 B, is no text\n");
  }, { "docs/plan.md": "", "notes.md": "a\0b" }));

Deno.test("an approval is bound to the files that were shown and to the tree, whoever says yes", () =>
  withShowing(async (root) => {
    const shown = [{ path: "docs/plan.md", bytes: 25, sha256: PLAN_HASH }];
    const asked: unknown[] = [];
    const host = {
      ...fixedHost({ environment: agent("1"), number: 95 }),
      approve: (request: { readonly shown: unknown }) => {
        asked.push(request.shown);
        return Promise.resolve({ approved: true });
      },
    };
    await approveItem(host, { root, itemId: "ok" });
    assertEquals(asked, [shown]);
    const { details } = lastOf(root, "item_completed") ?? {};
    assertEquals(plain(details?.get("shown")), shown);
    assertEquals(details?.get("origin"), "host");
    assertEquals(details?.has("tree"), true);
    const stored = stateOf(root).phases.PLAN.items.ok.verification_result;
    assertEquals(stored.shown, shown);
  }));

Deno.test("an approval by the setting, and that of a phase, say what lay there or why that is not known", () =>
  withShowing(async (root) => {
    const byNobody = { environment: APPROVING, answers: undefined };
    await ok(root, byNobody);
    const { details } = lastOf(root, "item_completed") ?? {};
    assertEquals(plain(details?.get("shown")), [
      { path: "docs/plan.md", bytes: 25, sha256: PLAN_HASH },
    ]);
    await approvePhase(human("DO"), { root, phaseId: "DO" });
    const phase = lastOf(root, "human_override")?.details;
    assertEquals(phase?.has("shown"), false);
    const [tree, why] = [phase?.get("tree"), phase?.get("tree_reason")];
    assert(tree !== undefined && (tree === null) === (why !== undefined));
  }));

Deno.test("the tree of an approval is the one that a check would see", () =>
  withShowing(async (root) => {
    await run(root, "git", "init", "--quiet");
    const host = gitHost();
    await approveItem({
      ...human("ok"),
      runProgram: host.runProgram,
    }, { root, itemId: "ok" });
    const tree = lastOf(root, "item_completed")?.details.get("tree");
    const { id, kind } = plain(tree) as { id: string; kind: string };
    assertEquals([kind, /^[0-9a-f]{40,64}$/.test(id)], ["git", true]);
    // Nothing is kept of a tree that is only named.
    assertEquals(isThere(`${root}/.orchestrator/cache`), false);
  }));

Deno.test("a file that is missing, is no file or lies elsewhere cannot be approved, and says so before anybody is asked", () =>
  withShowing(async (root) => {
    const outside = Deno.makeTempFileSync();
    const plan = `${root}/docs/plan.md`;
    const cases: readonly [string, () => unknown][] = [
      ["docs/plan.md does not exist", () => {}],
      ["out of the repository", () => run(root, "ln", "-s", outside, plan)],
      ["a directory", () => Deno.mkdirSync(plan)],
    ];
    for (const [text, prepare] of cases) {
      if (isThere(plan)) Deno.removeSync(plan);
      await prepare();
      const host = human("ok");
      const error = await refusalOf(() =>
        approveItem(host, { root, itemId: "ok", early: true })
      );
      assertEquals(`${error.kind} ${error.code}`, "refused shown_missing");
      assertStringIncludes(error.message, text);
      assertEquals(error.details, { itemId: "ok", paths: ["docs/plan.md"] });
      assertEquals(host.questions, []);
    }
    // Who could not say yes anyhow is told that, and it is logged.
    const byAgent = { environment: agent("1") };
    assertEquals(
      await codeOf(() => ok(root, byAgent)),
      "denied approval_required",
    );
    assertEquals(lastOf(root, "error")?.itemId, "ok");
    Deno.removeSync(outside);
  }));

Deno.test("a link that stays in the working tree is shown, and what it leads to is what counts", () =>
  withShowing(async (root) => {
    Deno.renameSync(`${root}/docs/plan.md`, `${root}/real.md`);
    await run(root, "ln", "-s", "../real.md", `${root}/docs/plan.md`);
    await ok(root);
    change(root, "real.md", "# Another plan\n");
    assertEquals(
      await codeOf(() => advancePhase(next(), { root })),
      "refused approval_stale",
    );
  }));

Deno.test("a file that changes while the human reads it is not approved", () =>
  withShowing(async (root) => {
    const host = human("ok");
    const terminal = {
      ...host.terminal,
      readLine: (question: string) => {
        change(root, "docs/plan.md", "# Another plan\n");
        return host.terminal.readLine(question);
      },
    };
    const approve = () =>
      approveItem({ ...host, terminal }, { root, itemId: "ok" });
    const error = await refusalOf(approve);
    assertEquals(`${error.kind} ${error.code}`, "conflict approval_changed");
    assertEquals(error.details, { itemId: "ok", paths: ["docs/plan.md"] });
    assertEquals(stateOf(root).phases.PLAN.items.ok.status, "pending");
    assertEquals(lastOf(root, "item_completed"), undefined);
  }));

Deno.test("a phase is not left, and no session finished, on an approval of other files; a human approves anew", () =>
  withShowing(async (root) => {
    await ok(root);
    change(root, "docs/plan.md", "# Another plan\n");
    const error = await refusalOf(() => advancePhase(next(), { root }));
    assertEquals(`${error.kind} ${error.code}`, "refused approval_stale");
    assertEquals(error.details, { itemId: "ok", paths: ["docs/plan.md"] });
    const command = `orc approve-item ok --session ${idOf(0, 0)}`;
    assertStringIncludes(error.hint ?? "", command);
    // An agent cannot, and a human who sees what they saw has nothing to do.
    const byAgent = { environment: agent("1") };
    assertEquals(
      await codeOf(() => ok(root, byAgent)),
      "denied approval_required",
    );
    assertEquals((await ok(root)).changed, true);
    assertEquals((await ok(root)).changed, false);
    const { details, message } = lastOf(root, "item_completed") ?? {};
    assertEquals([details?.get("renewed"), message], [
      true,
      "Approved manual gate: ok",
    ]);
    await advancePhase(next(), { root });
    await completeItem(next(), { root, itemId: "it" });
    await approvePhase(human("DO"), { root });
    change(root, "docs/plan.md", "# Yet another plan\n");
    const finish = () => finishSession(next(), { root });
    assertEquals(await codeOf(finish), "refused approval_stale");
    const codes = async () =>
      (await verifySession(next(), { root })).findings.map(({ code, itemId }) =>
        `${code} ${itemId}`
      );
    assertEquals(await codes(), ["approval_stale ok", "session_open null"]);
    // The phase of the item was left, and its approval can be renewed all the same.
    assertEquals((await ok(root)).changed, true);
    await finish();
    assertEquals(await codes(), []);
  }));

Deno.test("of a file that several approvals showed, the last one counts", () =>
  withShowing(async (root) => {
    await ok(root);
    await advancePhase(next(), { root });
    await completeItem(next(), { root, itemId: "it" });
    change(root, "docs/plan.md", "# Plan, ticked\n");
    const at = "2026-03-01T11:00:00Z";
    const seen = human("seen", { at });
    await approveItem(seen, { root, itemId: "seen" });
    await approvePhase(human("DO", { at }), { root });
    Deno.removeSync(`${root}/notes.md`);
    const finish = () => finishSession(next(), { root });
    const error = await refusalOf(finish);
    assertEquals(error.details, { itemId: "seen", paths: ["notes.md"] });
    // What is gone cannot be approved anew.
    assertEquals(
      await codeOf(() => approveItem(human("seen"), { root, itemId: "seen" })),
      "refused shown_missing",
    );
    change(root, "notes.md", "As planned\n");
    await finish();
  }));

Deno.test("a human leaves a phase by force whatever changed", () =>
  withShowing(async (root) => {
    await ok(root);
    Deno.removeSync(`${root}/docs/plan.md`);
    await advancePhase(human("PLAN"), { root, force: true });
    const force = () => finishSession(human("finish"), { root, force: true });
    assertEquals((await force()).changed, true);
  }));

function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

const TWO_GATES = `name: Two gates
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: ok, name: Plan is good, shows: [docs/plan.md], verification: {type: manual_gate}}
      - {id: again, name: Plan is still good, shows: [docs/plan.md], verification: {type: manual_gate}}
  - id: DO
    name: Do
    items:
      - {id: done, name: Result is good, shows: [docs/plan.md, notes.md], verification: {type: manual_gate}}
`;

Deno.test("what a gate that is still open shows too is not asked for twice", () =>
  withShowing(async (root) => {
    const checked = async () =>
      (await readStatus(gitHost(), { root, check: true })).warnings;
    const by = 'Item "ok" was approved by other files: 1 file changed since: ' +
      '"docs/plan.md"; ';
    await ok(root);
    change(root, "docs/plan.md", "# Another plan\n");
    assertEquals(await checked(), [`${by}item "again" asks about it again`]);
    // One who looks at the open one has seen what the other showed.
    const early = await refusalOf(() => advancePhase(next(), { root }));
    assertEquals(early.code, "blocked");
    const at = "2026-03-01T11:00:00Z";
    await approveItem(human("again", { at }), { root, itemId: "again" });
    assertEquals(await checked(), []);
    // No later phase speaks for one that is still to be left.
    change(root, "docs/plan.md", "# Yet another plan\n");
    const again = by.replace('"ok"', '"again"');
    const command = `orc approve-item again --session ${idOf(0, 0)}`;
    assertEquals(await checked(), [`${again}a human looks again: ${command}`]);
    assertEquals(
      await codeOf(() => advancePhase(next(), { root })),
      "refused approval_stale",
    );
    const later = human("again", { at: "2026-03-01T11:01:00Z" });
    await approveItem(later, { root, itemId: "again" });
    await advancePhase(next(), { root });
    change(root, "docs/plan.md", "# Plan, ticked\n");
    assertEquals(await checked(), [`${again}item "done" asks about it again`]);
  }, { "workflow.yaml": TWO_GATES }));

Deno.test("a human who lets a phase be left, by force too, reads how each of its items was done", () =>
  withShowing(async (root) => {
    const by = { force: true, root };
    const leaving = human("PLAN");
    await advancePhase(leaving, by);
    assertStringIncludes(leaving.questions.join(), "\n  ok: open\n");
    await completeItem(next(), { root, itemId: "it", notes: "Wrote it" });
    const host = human("DO");
    await approvePhase(host, { root });
    assertStringIncludes(
      host.questions.join(),
      `Phase DO: Do
  it: said by the agent: Wrote it
  seen: open, optional
To approve phase "DO", type DO: `,
    );
  }));
