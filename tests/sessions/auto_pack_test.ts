import { packAfterwards } from "../../src/sessions/auto_pack.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { orc } from "../commands/orc.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  type Machine,
  sessionsIn,
  withRoot,
} from "../work/fixtures.ts";
import { namesIn } from "../session/fixtures.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

type Environment = Readonly<Record<string, string>>;

const AUTO: Environment = { ORCHESTRATOR_STORE: "auto" };
const DAY_MS = 24 * 60 * 60 * 1000;

/** The clocks of files cannot be set, so that the one of the machine runs ahead of them. */
function inDays(days: number, environment: Environment = AUTO): Machine {
  const at = new Date(Date.now() + days * DAY_MS + 60_000).toISOString();
  return { at: `${at.slice(0, 19)}Z`, environment, number: ++machines };
}

let machines = 0;

function pack(root: string, machine: Machine) {
  return packAfterwards(fixedHost(machine), root);
}

async function end(root: string): Promise<string> {
  const host = fixedHost(inDays(0));
  const { place } = await startSession(host, { root, task: "Add login" });
  const { session } = place;
  await abandonSession(host, { root, session, reason: "Nobody wants it now" });
  return session;
}

function withWorkflow(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, test);
}

function packedIn(root: string): readonly string[] {
  return sessionsIn(root).filter((id) =>
    namesIn(`${root}/.orchestrator/sessions/${id}`).includes("session.pack")
  );
}

Deno.test("packAfterwards() packs closed sessions that rested a month, and says so", () =>
  withWorkflow(async (root) => {
    const id = await end(root);
    await startSession(fixedHost(inDays(0)), { root, task: "Open" });
    assertEquals((await pack(root, inDays(29))).message, null);
    assertEquals(packedIn(root), []);
    const { message, warnings } = await pack(root, inDays(31));
    assertMatch(message ?? "", /^Packed 1 closed session: .* became .*B$/);
    assertEquals(warnings, []);
    assertEquals(packedIn(root), [id]);
    assertEquals((await pack(root, inDays(32))).message, null);
  }));

Deno.test("packAfterwards() packs a large session after a day", () =>
  withWorkflow(async (root) => {
    const id = await end(root);
    const path = `${root}/.orchestrator/sessions/${id}/log.jsonl`;
    Deno.writeTextFileSync(path, "\n".repeat(200_000), { append: true });
    const small = { ...AUTO, ORCHESTRATOR_STORE_PACK_OVER_MB: "0.1" };
    assertEquals((await pack(root, inDays(0, small))).message, null);
    assertEquals((await pack(root, inDays(2))).message, null);
    assert((await pack(root, inDays(2, small))).message !== null);
    assertEquals(packedIn(root), [id]);
  }));

Deno.test("packAfterwards() packs nothing unless it is asked to", () =>
  withWorkflow(async (root) => {
    await end(root);
    const odd: Environment = { ORCHESTRATOR_STORE: "odd" };
    for (const env of [{}, odd]) {
      const { message } = await pack(root, inDays(99, env));
      assertEquals(message, null);
    }
    assertEquals(packedIn(root), []);
  }));

Deno.test("packAfterwards() leaves alone what cannot be packed, and takes the others", () =>
  withWorkflow(async (root) => {
    const [damaged, odd, sound] = [
      await end(root),
      await end(root),
      await end(root),
    ];
    const at = (id: string) => `${root}/.orchestrator/sessions/${id}`;
    Deno.writeTextFileSync(`${at(damaged)}/state.json`, "{");
    Deno.writeTextFileSync(`${at(odd)}/a:b`, "");
    const { message, warnings } = await pack(root, inDays(40));
    assertMatch(message ?? "", /^Packed 1 /);
    assertEquals([packedIn(root), warnings], [[sound], []]);
  }));

Deno.test("packAfterwards() leaves what would take long to whoever asks for it", () =>
  withWorkflow(async (root) => {
    const id = await end(root);
    const path = `${root}/.orchestrator/sessions/${id}/log.jsonl`;
    const file = Deno.openSync(path, { write: true });
    file.truncateSync(65_000_000);
    file.close();
    assertEquals((await pack(root, inDays(40))).message, null);
    assertEquals(packedIn(root), []);
  }));

Deno.test("orc start and orc finish pack what rested long enough, after their answer, in one line", () =>
  withWorkflow(async (root) => {
    const id = await end(root);
    const status = await orc(root, ["session", "list"], inDays(40));
    assertEquals(status.err, "");
    const started = await orc(root, ["start", "Next"], inDays(40));
    assertMatch(started.err, /^Packed 1 closed session: [^\n]*\n$/m);
    assertEquals(packedIn(root), [id]);
  }));
