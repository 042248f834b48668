import {
  remindContext,
  verifyWriteAllowed,
  type WriteAllowed,
} from "../../src/work/agent.ts";
import { completeItem } from "../../src/work/complete.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  EASY_WORKFLOW,
  edit,
  fixedHost,
  idOf,
  legacyState,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  withSession,
  WORKFLOW,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("remindContext() says what an agent should not forget", () =>
  withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    const constraints = ["No new packages"];
    await startSession(fixedHost(), { root, task: "Add login", constraints });
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "idea" });
    const { place, reminder } = await withoutTrace(
      root,
      () => remindContext(fixedHost(), { root }),
    );
    assertEquals(place.session, idOf(0, 0));
    assertEquals(reminder, {
      active: true,
      task: "Add login",
      phaseId: "PLAN",
      progress: "1/5",
      constraints,
    });
  }));

Deno.test("remindContext() is inactive without a session and in a closed one", async () => {
  await withRoot({}, async (root) => {
    const { place, reminder } = await remindContext(fixedHost(), { root });
    assertEquals([place.root, place.session], [root, null]);
    assertEquals(reminder, { active: false });
  });
  await withSession(async (root) => {
    await abandonSession(fixedHost({ number: 1 }), { root, reason: "Dropped" });
    const { place, reminder } = await remindContext(fixedHost(), { root });
    assertEquals(place.session, idOf(0, 0));
    assertEquals(reminder, { active: false });
  });
});

Deno.test("remindContext() does not pass a session over that was named", () =>
  withSession(async (root) => {
    const options = { root, session: "34aa3244" };
    const error = await refusalOf(() => remindContext(fixedHost(), options));
    assertEquals(error.code, "no_such_session");
  }));

const EXECUTING = EASY_WORKFLOW.replace("id: DO", "id: EXECUTE");

function verdictOn(root: string, machine: Machine = {}): Promise<WriteAllowed> {
  return withoutTrace(
    root,
    () => verifyWriteAllowed(fixedHost(machine), { root }),
  );
}

async function refusalCode(
  root: string,
  machine: Machine = {},
): Promise<string> {
  return (await refusalOf(() => verdictOn(root, machine))).code;
}

/** Starts another session beside the first one. */
async function startBeside(
  root: string,
  workflow: string,
  number = 1,
): Promise<void> {
  writeTree(root, { "workflow.yaml": workflow });
  const host = fixedHost({ number });
  await startSession(host, { root, task: "More", beside: true });
}

function damageCurrent(root: string): void {
  writeTree(root, { ".orchestrator/current": "../.." });
}

Deno.test("verifyWriteAllowed() allows it in the phase EXECUTE", () =>
  withSession(async (root) => {
    const { active, phaseId, place } = await verdictOn(root);
    assertEquals([active, phaseId], [true, "EXECUTE"]);
    assertEquals(place.session, idOf(0, 0));
  }, EXECUTING));

Deno.test("verifyWriteAllowed() refuses it in every other phase and names that", () =>
  withSession(async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => verifyWriteAllowed(fixedHost(), { root }),
    );
    assertEquals([error.kind, error.code], ["refused", "write_not_allowed"]);
    assertEquals(error.details, { session: idOf(0, 0), phaseId: "PLAN" });
  }));

Deno.test("verifyWriteAllowed() allows it without a session and in a closed one", async () => {
  await withRoot({}, async (root) => {
    const { active, phaseId, place } = await verdictOn(root);
    assertEquals([active, phaseId, place.session], [false, null, null]);
  });
  await withSession(async (root) => {
    await abandonSession(fixedHost({ number: 1 }), { root, reason: "Dropped" });
    assertEquals((await verdictOn(root)).active, false);
  });
});

Deno.test("verifyWriteAllowed() judges by the caller's own session", () =>
  withSession(async (root) => {
    writeTree(root, { "workflow.yaml": EXECUTING });
    const environment = agent("5f0c");
    const host = fixedHost({ number: 1, environment });
    await startSession(host, { root, task: "More", beside: true });
    edit(`${root}/.orchestrator/current`, idOf(1, 0), idOf(0, 0));
    assertEquals((await verdictOn(root, { environment })).phaseId, "EXECUTE");
    assertEquals(await refusalCode(root), "write_not_allowed");
  }));

Deno.test("verifyWriteAllowed() asks all open sessions when current is damaged", () =>
  withSession(async (root) => {
    damageCurrent(root);
    assertEquals((await verdictOn(root)).place.session, idOf(0, 0));
    await startBeside(root, EXECUTING);
    damageCurrent(root);
    const { active, phaseId, place } = await verdictOn(root);
    assertEquals([active, phaseId, place.session], [true, "EXECUTE", null]);
    await startBeside(root, EASY_WORKFLOW, 2);
    damageCurrent(root);
    assertEquals(await refusalCode(root), "write_not_allowed");
  }, EXECUTING));

Deno.test("verifyWriteAllowed() asks all open sessions when a binding is damaged", () =>
  withRoot({ "workflow.yaml": EXECUTING }, async (root) => {
    const environment = agent("5f0c");
    await startSession(fixedHost({ environment }), { root, task: "Add login" });
    const [binding] = Deno.readDirSync(`${root}/.orchestrator/bindings`);
    for (const text of ["{", '{"session":"../.."}', "\xff"]) {
      writeTree(root, { [`.orchestrator/bindings/${binding?.name}`]: text });
      assertEquals((await verdictOn(root, { environment })).phaseId, "EXECUTE");
    }
  }));

Deno.test("verifyWriteAllowed() asks all open sessions when current leads nowhere or is missing", () =>
  withSession(async (root) => {
    await startBeside(root, EXECUTING);
    writeTree(root, { ".orchestrator/current": "34aa3244" });
    assertEquals((await verdictOn(root)).phaseId, "EXECUTE");
    Deno.removeSync(`${root}/.orchestrator/current`);
    assertEquals((await verdictOn(root)).phaseId, "EXECUTE");
  }, EXECUTING));

Deno.test("verifyWriteAllowed() reads a legacy session, also when current is damaged", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    assertEquals(await refusalCode(root), "write_not_allowed");
    damageCurrent(root);
    assertEquals(await refusalCode(root), "write_not_allowed");
  }));

Deno.test("verifyWriteAllowed() does not pass over a session that was named", () =>
  withSession(async (root) => {
    const environment = { ORCHESTRATOR_SESSION: "34aa3244" };
    assertEquals(await refusalCode(root, { environment }), "no_such_session");
  }, EXECUTING));

Deno.test("verifyWriteAllowed() allows nothing on a state that cannot be read", () =>
  withSession(async (root) => {
    const at = `.orchestrator/sessions/${idOf(0, 0)}/state.json`;
    writeTree(root, { [at]: "{" });
    assertEquals(await refusalCode(root), "invalid_json");
  }, EXECUTING));
