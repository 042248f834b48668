/** An approval that came with a copy of a session is shown as one of elsewhere; one that was given here is not. */
import { sessionLayout } from "../../src/base/layout.ts";
import { main } from "../../src/cli/main.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readSessionInfo } from "../../src/sessions/info.ts";
import { exportSnapshot } from "../../src/snapshot/export.ts";
import { importSnapshot } from "../../src/snapshot/import.ts";
import { verifySession } from "../../src/trust/use.ts";
import { addNote, approveItem } from "../../src/work/item.ts";
import { listApprovals } from "../../src/work/approvals.ts";
import { readStatus } from "../../src/work/status.ts";
import { captureStreams } from "../cli/fake.ts";
import { machine, start, withRemote } from "./clones.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Gates
phases:
  - id: DO
    name: Do
    items:
      - {id: one, name: One, verification: {type: manual_gate}}
      - {id: two, name: Two, verification: {type: manual_gate}}
`;

/** A machine whose user says yes. */
function human(root: string) {
  return {
    ...machine(root),
    approve: () => Promise.resolve({ approved: true }),
  };
}

const approve = (root: string, itemId: string, session?: string) =>
  approveItem(human(root), { root, itemId, session });
const push = (root: string) => pushSessions(machine(root), { root });
const pull = (root: string, keepBoth = false) =>
  pullSessions(machine(root), { root, keepBoth });

/** Of each approval whether it is one of elsewhere. */
async function sight(root: string, session?: string) {
  const where = { root, session };
  const { approvals } = await verifySession(machine(root), where);
  const info = await readSessionInfo(machine(root), where);
  assertEquals(info.approvals, approvals);
  const named = approvals.filter(({ elsewhere }) => elsewhere)
    .map(({ itemId }) => itemId).join(", ");
  // A glance says so too, and says nothing of what was given here.
  const said = ({ warnings }: { readonly warnings: readonly string[] }) =>
    warnings.filter((text) => text.includes("approved elsewhere"));
  const status = said(await readStatus(machine(root), where));
  const id = info.session;
  assertEquals(
    status.map((text) => text.split(";")[0]),
    named === "" ? [] : [`Session "${id}": ${named} approved elsewhere`],
  );
  const all = said(await listApprovals(machine(root), { root }));
  assertEquals(all.filter((text) => text.includes(`"${id}"`)), status);
  for (const { elsewhere, message } of approvals) {
    assertEquals(message.endsWith(": approved elsewhere"), elsewhere, message);
  }
  return Object.fromEntries(
    approvals.map(({ itemId, elsewhere }) => [itemId, elsewhere]),
  );
}

Deno.test("approvals that came by pull, by pull --keep-both and in a snapshot are of elsewhere", () =>
  withRemote(async ({ directory, clone }) => {
    const roots = await Promise.all(["a", "b", "c"].map((name) => clone(name)));
    const [a = "", b = "", c = ""] = roots;
    for (const root of roots) {
      Deno.writeTextFileSync(`${root}/workflow.yaml`, WORKFLOW);
    }
    const id = await start(a);
    await approve(a, "one");
    assertEquals(await sight(a), { one: false });
    await push(a);
    await pull(b);
    assertEquals(await sight(b, id), { one: true });
    await approve(b, "two", id);
    await addNote(machine(b), { root: b, text: "Going on", session: id });
    assertEquals(await sight(b, id), { one: true, two: false });
    await push(b);
    assertEquals((await pull(a)).sessions[0]?.comparison, "fast_forward");
    assertEquals(await sight(a), { one: false, two: true });
    // What one clone thinks of it does not travel.
    await addNote(machine(a), { root: a, text: "Home again" });
    await push(a);
    await pull(b);
    assertEquals(await sight(b, id), { one: true, two: false });
    await addNote(machine(a), { root: a, text: "This way" });
    await addNote(machine(b), { root: b, text: "That way", session: id });
    await push(a);
    const [kept] = (await pull(b, true)).sessions;
    assertEquals(kept?.comparison, "diverged");
    const other = kept?.storedAs ?? "";
    assertEquals(await sight(b, other), { one: true, two: true });
    const file = `${directory}/sessions.orc`;
    await exportSnapshot(machine(a), { root: a, file, plain: true });
    await importSnapshot(machine(c), { root: c, file });
    assertEquals(await sight(c, id), { one: true, two: true });
    const streams = captureStreams();
    const words = ["--root", c, "verify", id];
    assertEquals(await main(words, machine(c), { streams }), 3);
    assertStringIncludes(
      streams.out,
      'Item "one" was approved by the host program: approved elsewhere',
    );
    const json = captureStreams();
    await main([...words, "--json"], machine(c), { streams: json });
    assertMatch(json.out, /"elsewhere": ?true/);
  }));

Deno.test("an arrival that did not come to its end makes no later approval of here one of elsewhere", () =>
  withRemote(async ({ clone }) => {
    const root = await clone("a");
    Deno.writeTextFileSync(`${root}/workflow.yaml`, WORKFLOW);
    const id = await start(root);
    const { meta } = sessionLayout(root, id);
    const said = JSON.parse(Deno.readTextFileSync(meta));
    for (const arrivals of [[[9, 12]], "none", [["1", 2]], [3], [[1]]]) {
      Deno.writeTextFileSync(meta, JSON.stringify({ ...said, arrivals }));
      await approve(root, "one");
      assertEquals(await sight(root), { one: false }, JSON.stringify(arrivals));
    }
  }));
