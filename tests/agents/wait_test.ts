import { approveItem, startItem } from "../../src/work/item.ts";
import { addNote } from "../../src/work/item.ts";
import { approvePhase } from "../../src/work/phase.ts";
import { rejectItem } from "../../src/work/rework.ts";
import { completeItem } from "../../src/work/complete.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { waitForAnswer, type WaitOptions } from "../../src/work/wait.ts";
import { orc } from "../commands/orc.ts";
import {
  APPROVING,
  codeOf,
  fixedHost,
  HYBRID_WORKFLOW,
  withSession,
} from "../work/fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

const GATED = `name: Gated
phases:
  - id: PLAN
    name: Plan
    exit_gate: human_approval
    items:
      - {id: look, name: Somebody looks, verification: {type: manual_gate}}
      - {id: plan, name: Plan}
`;
const WHY = "The way back is missing";

let number = 10;

/** A human, where the setting stands in for one. */
const human = (at?: string) =>
  fixedHost({
    environment: APPROVING,
    number: number++,
    ...at === undefined ? {} : { at },
  });

function wait(
  root: string,
  then: readonly (() => Promise<unknown>)[] = [],
  options: Partial<WaitOptions> = {},
) {
  const steps = [...then];
  const pause = async () => {
    const step = steps.shift();
    if (step === undefined) throw new Error("over");
    await step();
  };
  const host = fixedHost({ number: number++ });
  return waitForAnswer(host, { root, itemId: "look", pause, ...options });
}

function within(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(test, GATED);
}

const approve = (root: string) => () =>
  approveItem(human(), { root, itemId: "look" });
const reject = (root: string) => () =>
  rejectItem(human(), { root, itemId: "look", reason: WHY });
const note = (root: string, at = "2026-03-01T10:01:00Z") => () =>
  addNote(
    fixedHost({ number: number++, at }),
    { root, text: "Reworked" },
  );

Deno.test("waitForAnswer() ends with a yes, whatever else happens before", () =>
  within(async (root) => {
    const { answer, itemId, phaseId } = await wait(root, [
      () => Promise.resolve(),
      note(root),
      approve(root),
    ]);
    assertEquals([answer, itemId, phaseId], ["approved", "look", "PLAN"]);
    assertEquals((await wait(root)).answer, "approved");
  }));

Deno.test("waitForAnswer() misses no answer that comes while it begins", () =>
  within(async (root) => {
    const [session] = Deno.readDirSync(`${root}/.orchestrator/sessions`);
    const directory = `${root}/.orchestrator/sessions/${session?.name}`;
    const files = ["state.json", "log.jsonl"].map((name) =>
      `${directory}/${name}`
    );
    const read = () => files.map((path) => Deno.readFileSync(path));
    const write = (contents: readonly Uint8Array<ArrayBuffer>[]) =>
      contents.forEach((bytes, at) =>
        Deno.writeFileSync(files[at] ?? "", bytes)
      );
    const before = read();
    await approve(root)();
    const after = read();
    write(before);
    let calls = 0;
    const waiting = (answerAt: number) => {
      calls = 0;
      const host = fixedHost({ number: number++ });
      const now = () => {
        if (++calls === answerAt) write(after);
        return host.now();
      };
      const pauses = [1, 2];
      const pause = () =>
        pauses.pop() ? Promise.resolve() : Promise.reject(new Error("over"));
      const options = { root, itemId: "look", pause };
      return waitForAnswer({ ...host, now }, options);
    };
    await assertRejects(() => waiting(0), Error, "over");
    // Each look asks for the time, and so does the beginning, before the first of them.
    const { answer } = await waiting(calls - 3);
    assertEquals(answer, "approved");
  }));

Deno.test("waitForAnswer() ends with a no and its reason, also with one from before that nobody answered", () =>
  within(async (root) => {
    const no = await wait(root, [reject(root)]);
    assertEquals([no.answer, no.reason], ["rejected", WHY]);
    assertEquals((await wait(root)).answer, "rejected");
    await note(root)();
    const yes = await wait(root, [approve(root)]);
    assertEquals([yes.answer, yes.reason], ["approved", null]);
  }));

Deno.test("waitForAnswer() takes a no for old once something was done since, and a new no at once", () =>
  within(async (root) => {
    await reject(root)();
    await note(root)();
    const again = await wait(root, [], { timeout: "0s" });
    assertEquals([again.answer, again.reason], ["waiting", WHY]);
    const rejectAt = (at: string, reason: string) => () =>
      rejectItem(human(at), { root, itemId: "look", reason });
    const during = rejectAt("2026-03-01T10:02:00Z", "Still missing");
    assertEquals((await wait(root, [during])).reason, "Still missing");
    await note(root, "2026-03-01T10:03:00Z")();
    // Between the work and the waiting: nobody has read it yet.
    await rejectAt("2026-03-01T10:04:00Z", "No, no")();
    const no = await wait(root);
    assertEquals([no.answer, no.reason], ["rejected", "No, no"]);
  }));

Deno.test("waitForAnswer() takes a no for old once a file that the item shows was changed", () =>
  withSession(
    async (root) => {
      const plan = `${root}/plan.md`;
      const touch = async (text: string, at: string) => {
        await Deno.writeTextFile(plan, text);
        await Deno.utime(plan, new Date(at), new Date(at));
      };
      await touch("A", "2026-03-01T09:00:00Z");
      await rejectItem(human(), { root, itemId: "look", reason: WHY });
      assertEquals((await wait(root)).answer, "rejected");
      await touch("B", "2026-03-01T10:00:01Z");
      const again = await wait(root, [], { timeout: "0s" });
      assertEquals(again.answer, "waiting");
    },
    GATED.replace(
      "name: Somebody looks",
      'name: Somebody looks, shows: ["plan.md"]',
    ),
  ));

Deno.test("waitForAnswer() does not lose a no behind what a human did, or an agent tried, after it", () =>
  within(async (root) => {
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "plan" });
    await reject(root)();
    await rejectItem(human(), { root, itemId: "plan", reason: "Too short" });
    const agent = fixedHost({ number: 3 });
    await assertRejects(() => approveItem(agent, { root, itemId: "look" }));
    const no = await wait(root);
    assertEquals([no.reason, no.rejectedItemId], [WHY, "look"]);
  }));

Deno.test("waitForAnswer() ends with a no to another item of the phase, for which the session then waits", () =>
  within(async (root) => {
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "plan" });
    const rejectPlan = () =>
      rejectItem(human(), { root, itemId: "plan", reason: "Too short" });
    const no = await wait(root, [rejectPlan]);
    assertEquals(
      [no.answer, no.itemId, no.rejectedItemId, no.reason],
      ["rejected", "look", "plan", "Too short"],
    );
    const at = "2026-03-01T10:03:00Z";
    await completeItem(fixedHost({ number: 5, at }), { root, itemId: "plan" });
    await approve(root)();
    const phase = { itemId: undefined };
    const other = await wait(root, [rejectPlan], phase);
    assertEquals(
      [other.answer, other.itemId, other.rejectedItemId],
      ["rejected", null, "plan"],
    );
    const text = await orc(root, ["wait", "look"], { number: 6 });
    assertEquals(text.out, 'Item "look": approved\n');
  }));

Deno.test("waitForAnswer() waits for a yes that is to be given again since a file changed", () =>
  withSession(
    async (root) => {
      await Deno.writeTextFile(`${root}/plan.md`, "A");
      await completeItem(fixedHost({ number: 2 }), { root, itemId: "plan" });
      await approve(root)();
      await approvePhase(human(), { root });
      await Deno.writeTextFile(`${root}/plan.md`, "B");
      const renew = () =>
        approveItem(human("2026-03-01T10:04:00Z"), { root, itemId: "look" });
      for (const itemId of ["look", undefined]) {
        const silent = await wait(root, [], { itemId, timeout: "0s" });
        assertEquals([silent.answer, silent.itemId], ["waiting", "look"]);
      }
      const yes = await wait(root, [renew], { itemId: undefined });
      assertEquals(yes.answer, "approved");
      assertEquals((await wait(root)).answer, "approved");
    },
    GATED.replace(
      "name: Somebody looks",
      'name: Somebody looks, shows: ["plan.md"]',
    ),
  ));

Deno.test("waitForAnswer() without an item waits for what the next step asks a human for", () =>
  within(async (root) => {
    assertEquals(
      await codeOf(() => wait(root, [], { itemId: undefined })),
      "not_found nothing_awaited",
    );
    assertEquals(
      await codeOf(() => wait(root, [], { itemId: "plan" })),
      "not_found nothing_awaited",
    );
    await completeItem(fixedHost({ number: 2 }), { root, itemId: "plan" });
    await approve(root)();
    const { answer, itemId, phaseId } = await wait(root, [
      () => approvePhase(human(), { root }),
    ], { itemId: undefined });
    assertEquals([answer, itemId, phaseId], ["approved", null, "PLAN"]);
  }));

Deno.test("waitForAnswer() ends when its time is over, the session is, or the signal ends it", () =>
  within(async (root) => {
    const { answer } = await wait(root, [], { timeout: "0s" });
    assertEquals(answer, "waiting");
    const forever = { timeout: "for ever" };
    const code = await codeOf(() => wait(root, [], forever));
    assertEquals(code, "usage invalid_time");
    const over = new AbortController();
    const { signal } = over;
    const end = () => Promise.resolve(over.abort(new Error("enough")));
    await assertRejects(() => wait(root, [end], { signal }), Error, "enough");
    const drop = () =>
      abandonSession(fixedHost({ number: 3 }), { root, reason: "Dropped" });
    assertEquals(
      await codeOf(() => wait(root, [drop])),
      "refused session_closed",
    );
  }));

Deno.test("waitForAnswer() ends when a manual gate passes by itself", () =>
  withSession(async (root) => {
    await startItem(fixedHost({ number: 2 }), { root, itemId: "look" });
    const at = "2026-03-01T10:30:00Z";
    const host = fixedHost({ number: 3, at });
    const waited = await waitForAnswer(host, { root, itemId: "look" });
    assertEquals(waited.answer, "passed");
  }, HYBRID_WORKFLOW));

Deno.test("orc wait ends with 0 for a yes, 3 for a no with its reason, 75 for no answer", () =>
  within(async (root) => {
    const argv = ["wait", "look", "--timeout", "0s"];
    const silent = await orc(root, argv, { number: 2 });
    assertEquals([silent.exitCode, silent.out], [75, 'Item "look": waiting\n']);
    await reject(root)();
    const no = await orc(root, argv, { number: 3 });
    assertEquals([no.exitCode, no.out], [
      3,
      `Item "look": rejected: ${WHY}\n`,
    ]);
    await approve(root)();
    const yes = await orc(root, argv, { number: 4 });
    assertEquals([yes.exitCode, yes.out], [0, 'Item "look": approved\n']);
  }));
