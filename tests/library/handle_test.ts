import {
  type Host,
  type Liveness,
  type OpenOptions,
  openRepository,
  type ProgramResult,
} from "../../mod.ts";
import { findRoot } from "../../src/library/repository.ts";
import {
  APPROVING,
  codeOf,
  EASY_WORKFLOW,
  fixedHost,
  GIT_LS_FILES,
  idOf,
  NOW,
  withRoot,
  withSession,
  WORKFLOW,
} from "../work/fixtures.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";

const host = fixedHost({ programs: "real" });
const open = (root: string, more: OpenOptions = {}) =>
  openRepository({ root, host, ...more });

async function listOf<Entry>(
  entries: AsyncIterable<Entry>,
): Promise<readonly Entry[]> {
  return await Array.fromAsync(entries);
}

Deno.test("openRepository() finds the root once, and makes nothing", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const repository = await open(root);
    assertEquals([repository.root, repository.found.source], [root, "flag"]);
    assertEquals(await findRoot({ root, host }), repository.found);
    assertEquals(await repository.current(), null);
    assertEquals(Object.keys(readTree(root)), ["workflow.yaml"]);
    assertEquals(
      await codeOf(() => open(`${root}/none`)),
      "not_found no_such_root",
    );
  }));

Deno.test("a handle stays where it was opened, wherever the process goes", () =>
  withSession(async (root) => {
    let workingDirectory = root;
    const moving = Object.defineProperties({ ...host }, {
      workingDirectory: { get: () => workingDirectory },
    });
    const repository = await openRepository({ host: moving });
    workingDirectory = "/";
    const { place } = await repository.session().status();
    assertEquals([place.root, place.rootSource], [root, "marker"]);
  }));

Deno.test("a session goes from its start to its end through its handle", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const repository = await open(root);
    const session = await repository.start("Add login", { project: "Shop" });
    assertEquals(session.id, session.started?.place.session ?? "");
    assertEquals((await session.status()).project, "Shop");
    assertEquals((await session.next()).next?.item?.id, "it");
    await session.startItem("it");
    await session.note("The old API stays", { itemId: "it" });
    await session.complete("it", { notes: "As Ada does" });
    const { summary } = await session.finish();
    assertEquals(summary.status, "completed");
    const types = (await listOf(session.events())).map(({ type }) => type);
    assertEquals(types.slice(0, 4), [
      "workflow_started",
      "phase_started",
      "item_started",
      "note_added",
    ]);
    assertEquals(types.at(-1), "workflow_completed");
    const { events } = await session.history({ type: "note_added" });
    assertEquals(events.length, 1);
  }));

Deno.test("Session.events() follows until the session is closed", () =>
  withSession(async (root) => {
    const session = (await open(root)).session();
    const types: string[] = [];
    for await (const { type } of session.events({ follow: true })) {
      types.push(type);
      if (type === "phase_started") await session.abandon("Nobody needs it");
    }
    assertEquals(types, [
      "workflow_started",
      "phase_started",
      "workflow_abandoned",
    ]);
  }));

Deno.test("Repository.sessions() goes through all, the newest first, or through those of a status", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const repository = await open(root);
    const first = await repository.start("One");
    await first.abandon("It was dropped");
    const second = await repository.start("Two");
    await repository.start("Three", { beside: true });
    writeTree(root, {
      [`.orchestrator/sessions/${second.id}/state.json`]: "{",
    });
    const ids = async (options = {}) =>
      (await listOf(repository.sessions(options))).map(({ id }) => id);
    assertEquals(await ids(), [0, 1, 2].map((n) => idsFrom(root)[2 - n]));
    // What cannot be read may be any.
    assertEquals(await ids({ status: "abandoned" }), [second.id, first.id]);
    assertEquals(await ids({ status: ["completed"] }), [second.id]);
  }));

function idsFrom(root: string): readonly string[] {
  return Array.from(
    Deno.readDirSync(`${root}/.orchestrator/sessions`),
    ({ name }) => name,
  ).sort();
}

Deno.test("Repository.current() is the session that is meant, and switch() makes another it", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const repository = await open(root);
    const one = await repository.start("One");
    const two = await repository.start("Two", { beside: true });
    assertEquals((await repository.current())?.id, two.id);
    await repository.switch(one.id ?? "");
    assertEquals((await repository.current())?.id, one.id);
    const task = (await repository.session(two.id).status()).task;
    assertEquals(task, "Two");
  }));

Deno.test("Session.gates() names those of all phases; read() tells state, workflow and number", () =>
  withSession(async (root) => {
    const session = (await open(root)).session();
    const gates = await session.gates();
    assertEquals(gates.map(({ itemId }) => itemId), ["tests", "consent", null]);
    await session.note("Kept");
    const reading = await session.read();
    assertEquals([reading.serial, reading.checksum, reading.legacy], [
      2,
      "valid",
      false,
    ]);
    assertEquals(reading.state.createdAt, NOW);
    assertEquals(reading.workflow.settings, { test_command: "make test" });
    // Nothing vanishes on the way to another process or thread.
    assertEquals(JSON.parse(JSON.stringify(reading)), structuredClone(reading));
    assert(Object.keys(reading.state.metadata).includes("orc") === false);
  }));

Deno.test("Session.read() reads a legacy session, too", () =>
  withRoot({}, async (root) => {
    writeTree(root, legacyFiles());
    const session = (await open(root)).session();
    const reading = await session.read();
    assertEquals(reading.legacy, true);
    assertEquals((await session.gates()) instanceof Array, true);
  }));

Deno.test("Session.events() goes on where a legacy session is moved to its new place", () =>
  withRoot({}, async (root) => {
    writeTree(root, legacyFiles());
    const session = (await open(root)).session();
    const older = (await listOf(session.events())).map(({ type }) => type);
    assertEquals(older, ["workflow_started", "phase_started"]);
    const followed: string[] = [];
    for await (const { type } of session.events({ follow: true })) {
      followed.push(type);
      if (followed.length === older.length) await session.note("Kept");
      if (type === "note_added") await session.abandon("It was dropped");
    }
    assertEquals(followed, [...older, "note_added", "workflow_abandoned"]);
  }));

/** An active session of the Python tool, and its log after one that ended before. */
function legacyFiles(): Readonly<Record<string, string>> {
  const [own, other] = ["wf_0123abcd", "wf_4567abcd"];
  const line = (workflow_id: string, event_type: string) =>
    JSON.stringify({
      timestamp: "2026-01-05T21:28:34.461722Z",
      event_type,
      workflow_id,
      phase_id: null,
      item_id: null,
      message: "Something happened",
      details: {},
      actor: "system",
    });
  const state = {
    workflow_id: own,
    workflow_type: "Tiny",
    workflow_version: "1.0",
    task_description: "Add login",
    current_phase_id: "PLAN",
    workflow_definition: {
      name: "Tiny",
      version: "1.0",
      phases: [{
        id: "PLAN",
        name: "Plan",
        items: [{ id: "idea", name: "Idea" }],
      }],
    },
    phases: {
      PLAN: { id: "PLAN", items: { idea: { id: "idea", status: "pending" } } },
    },
  };
  return {
    ".workflow_state.json": JSON.stringify(state),
    ".workflow_log.jsonl": [
      line(other, "workflow_started"),
      line(own, "workflow_started"),
      line(own, "phase_started"),
      "",
    ].join("\n"),
  };
}

Deno.test("checkpoints, names, pages and feedback are methods of a session", () =>
  withSession(async (root) => {
    const session = (await open(root)).session();
    const saved = await session.checkpoint({ message: "Before the merge" });
    const { checkpoints } = await session.checkpoints();
    assertEquals(checkpoints.map(({ id }) => id), [saved.id]);
    await session.complete("idea");
    const { summary } = await session.resume({ yes: true });
    assertEquals(summary.items[0]?.status, "pending");
    assertEquals((await session.rename("Login")).name, "Login");
    assertEquals((await session.status()).name, "Login");
    const page = await session.page({ stdout: true });
    assert(page.text.includes("Add login"));
    assertEquals((await session.learn()).saved, false);
    assert((await session.handOff()).prompt?.includes("Add login"));
    await session.feedback({ auto: true, learnings: "It has no paging" });
    assertEquals((await (await open(root)).feedback()).sessions, 1);
    const cleaned = await session.cleanupCheckpoints({ dryRun: true });
    assertEquals(cleaned.checkpoints, []);
  }));

Deno.test("acts of a human are asked of the host", () =>
  withSession(async (root) => {
    const approving = fixedHost({ environment: APPROVING });
    const session = (await open(root, { host: approving })).session();
    assert((await session.approve("consent", { early: true })).changed);
    assert((await session.approvePhase()).changed);
    const bare = await openRepository({ root });
    const refused = bare.session().approve("consent", { early: true });
    assertEquals((await refused).changed, false);
    const phase = "BUILD";
    assertEquals((await bare.session().approvePhase(phase)).changed, false);
  }, WORKFLOW));

Deno.test("settings and secrets are members of a repository", () =>
  withRoot({}, async (root) => {
    const repository = await open(root);
    await repository.config.set("check_timeout_seconds", "900");
    const { value, origin } = await repository.config.get(
      "check_timeout_seconds",
    );
    assertEquals([value, origin.type], [900, "repository"]);
    const { statements } = await repository.config.show();
    assertEquals(statements.map(({ name }) => name), ["check_timeout_seconds"]);
    assert((await repository.config.list()).settings.length > 5);
    assert((await repository.config.files()).some(({ exists }) => exists));
    await repository.config.unset("check_timeout_seconds");
    assertEquals((await repository.secrets.list()).secrets, []);
    const missing = repository.secrets.get("OPENAI_API_KEY");
    assertEquals(await codeOf(() => missing), "not_found no_such_secret");
  }));

Deno.test("the repository as a whole is looked at, and cleaned up, through its handle", () =>
  withSession(async (root) => {
    const repository = await open(root);
    assertEquals((await repository.validate()).name, "Tiny");
    assertEquals((await repository.analyze()).analysis.total, 1);
    assertEquals((await repository.unlock()).locks, []);
    assertEquals((await repository.cleanup({ dryRun: true })).sessions, []);
    assertEquals((await repository.migrate({ dryRun: true })).moves, []);
    writeTree(root, { ".orchestrator/current": "../etc" });
    const [first] = await listOf(repository.findings());
    assertEquals(first?.code, "foreign_current");
    assertEquals((await repository.doctor()).findings[0], first);
  }));

Deno.test("a call ends with its own signal, and with the one of its handle", () =>
  withSession(async (root) => {
    const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(() => undefined, (reason) => reason);
    const handle = new AbortController();
    const repository = await open(root, { signal: handle.signal });
    const session = repository.session(idOf(0, 0));
    const own = AbortSignal.abort("own");
    assertEquals(await reasonOf(session.note("No", { signal: own })), "own");
    await session.note("Yes", { signal: new AbortController().signal });
    handle.abort("all");
    assertStrictEquals(await reasonOf(session.status()), "all");
    assertEquals(await reasonOf(session.next({ signal: own })), "all");
  }));

/** All that orc asks of a host, as methods that need their object. */
class OwnHost implements Host {
  readonly #inner: Host;

  constructor(inner: Host) {
    this.#inner = inner;
  }

  get workingDirectory(): string {
    return this.#inner.workingDirectory;
  }

  get terminal(): Host["terminal"] {
    return this.#inner.terminal;
  }

  now(): string {
    return this.#inner.now();
  }

  localNow(): string {
    return this.#inner.localNow();
  }

  env(name: string): string | undefined {
    return this.#inner.env(name);
  }

  readInput(limitBytes: number): Uint8Array {
    return this.#inner.readInput(limitBytes);
  }

  newToken(): string {
    return this.#inner.newToken();
  }

  idSource(): Promise<() => string> {
    return this.#inner.idSource();
  }

  homeDirectory(): string | undefined {
    return this.#inner.homeDirectory();
  }

  identity(): ReturnType<Host["identity"]> {
    return this.#inner.identity();
  }

  livenessOf(...asked: Parameters<Host["livenessOf"]>): Liveness {
    return this.#inner.livenessOf(...asked);
  }

  runProgram(...asked: Parameters<Host["runProgram"]>): Promise<ProgramResult> {
    return this.#inner.runProgram(...asked);
  }

  caller(): ReturnType<Host["caller"]> {
    return this.#inner.caller();
  }
}

Deno.test("a host may be an object of a class", () =>
  withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    const programs = { "make test": {}, [GIT_LS_FILES]: {} };
    const machine = { programs, environment: APPROVING };
    const own = new OwnHost(fixedHost(machine));
    const repository = await openRepository({ root, host: own });
    const session = await repository.start("Add login");
    const refused = await codeOf(() => session.complete("plan"));
    assertEquals(refused, "refused check_failed");
    await session.approve("consent", { early: true });
    await session.complete("tests");
    await session.checkpoint();
    await session.abandon("Nobody needs it");
    await repository.config.set("check_timeout_seconds", "900");
    assert((await repository.config.list()).settings.length > 0);
    await repository.doctor();
    await session.feedback({ auto: true });
    assert((await listOf(session.events())).length > 4);
    await repository.cleanup({ olderThan: "0", dryRun: true });
  }));

Deno.test("what is about a session always names it, for the compiler too", () =>
  withRoot({}, async (root) => {
    const repository = await openRepository({ root, host: fixedHost() });
    const session = await repository.start("Add login");
    const { place } = await session.note("The old API stays");
    const ids: readonly string[] = [
      session.id,
      place.session,
      (await session.status()).place.session,
      (await session.history()).place.session,
      (await repository.switch(session.id)).place.session,
    ];
    assertEquals(new Set(ids), new Set([session.id]));
  }));
