/** What may be done with no permission but to read the root and to write its `.orchestrator`. */
import {
  cleanupTree,
  denoHost,
  listSessions,
  listTree,
  openRepository,
  OrcError,
  OrchestratorPaths,
  SessionManager,
  workflowJsonSchema,
} from "@orc/cli";
import assert from "node:assert/strict";
import process from "node:process";

const root = process.argv[2] ?? "";
const repository = await openRepository({ root });
// On Deno what reads YAML asks for the environment, so it was started before.
const session = await repository.current() ??
  await repository.start("Add login");
const id = session.id;

/** Beside the state: there it may be written. */
const snapshot = `${root}/.orchestrator/session.orc`;

type Calls = Readonly<Record<string, () => Promise<unknown>>>;

/** What each method does; a refusal by the rules is an answer, one by the machine is not. */
const reads: Calls = {
  "session.status": () => session.status(),
  "session.info": () => session.info(),
  "session.next": () => session.next(),
  "session.gates": () => session.gates(),
  "session.read": () => session.read(),
  "session.verify": () => session.verify(),
  "session.commands": () => session.commands(),
  "session.trust": () => session.trust(),
  "session.reminder": () => session.reminder(),
  "session.prime": () => session.prime(),
  "session.verifyWriteAllowed": () => session.verifyWriteAllowed(),
  "session.events": async () => {
    for await (const { type } of session.events()) assert.ok(type);
  },
  "session.history": () => session.history(),
  "session.outputs": () => session.outputs("sketch"),
  "session.checkpoints": () => session.checkpoints(),
  "session.handOff": () => session.handOff(),
  "session.learn": () => session.learn(),
  "session.report": () => session.report(),
  "repository.notifyTest": () => repository.notifyTest(),
  "session.page": () => session.page({ stdout: true }),
  "session.wait": () => session.wait("consent", { timeout: "0s" }),
  "repository.sessions": async () => {
    for await (const line of repository.sessions()) assert.equal(line.id, id);
  },
  "repository.approvals": () => repository.approvals(),
  "repository.waiting": async () => {
    const pause = () => Promise.reject(new Error("over"));
    const waiting = repository.waiting({ pause });
    await assert.rejects(async () => {
      for await (const { session } of waiting) assert.equal(session, id);
    }, /over/);
  },
  "repository.analyze": () => repository.analyze(),
  "repository.feedback": () => repository.feedback(),
  "repository.findings": async () => {
    for await (const { code } of repository.findings()) assert.ok(code);
  },
  "repository.doctor": () => repository.doctor(),
  "repository.recoverable": () => repository.recoverable(),
  "repository.unlock": () => repository.unlock(),
  "repository.streamSnapshot": async () => {
    const { pieces } = await repository.streamSnapshot({ plain: true });
    for await (const piece of pieces) assert.ok(piece.length > 0);
  },
  "config.get": () => repository.config.get("check_timeout_seconds"),
  "config.list": () => repository.config.list(),
  "config.show": () => repository.config.show(),
  "config.files": () => repository.config.files(),
  "secrets.list": () => repository.secrets.list(),
  "secrets.source": () => repository.secrets.source("DEPLOY_KEY"),
  "secrets.test": () => repository.secrets.test("DEPLOY_KEY"),
  "secrets.get": () => repository.secrets.get("DEPLOY_KEY"),
  "secrets.doctor": () => repository.secrets.doctor(),
  listSessions: () => listSessions(denoHost(), { root }),
  listTree: () => listTree(denoHost(), { directory: root }),
  workflowJsonSchema: () => workflowJsonSchema(),
  "manager.readState": async () => {
    const paths = new OrchestratorPaths({ baseDir: root });
    const manager = new SessionManager(paths);
    assert.equal(paths.findLegacyStateFile(), null);
    assert.deepEqual(await manager.listSessions(), [id]);
    return await manager.readState();
  },
};

const writes: Calls = {
  "session.startItem": () => session.startItem("idea"),
  "session.complete": () => session.complete("idea", { notes: "As asked" }),
  "session.note": () => session.note("The old API stays"),
  "session.skip": () => session.skip("sketch", "It is known from last week"),
  "session.approve": () => session.approve("consent", { early: true }),
  "session.reject": () => session.reject("consent", "Not yet"),
  "session.undo": () => session.undo({ reason: "Too early" }),
  "session.reopen": () => session.reopen("idea", "A gap"),
  "session.approvePhase": () => session.approvePhase(),
  "session.advance": () => session.advance(),
  "session.checkpoint": () => session.checkpoint({ message: "Here" }),
  "session.cleanupCheckpoints": () =>
    session.cleanupCheckpoints({ dryRun: true }),
  "session.resume": () => session.resume({ yes: true }),
  "session.rename": () => session.rename("Login"),
  "session.feedback": () => session.feedback({ auto: true }),
  "repository.switch": () => repository.switch(id),
  "repository.exportSnapshot": () =>
    repository.exportSnapshot({ file: snapshot, plain: true }),
  "repository.inspectSnapshot": () =>
    repository.inspectSnapshot({ file: snapshot }),
  "repository.importSnapshot": () =>
    repository.importSnapshot({ file: snapshot }),
  "repository.pack": () => repository.pack({ all: true }),
  "repository.unpack": () => repository.unpack({ all: true }),
  "repository.cleanup": () => repository.cleanup({ yes: true }),
  cleanupTree: () => cleanupTree(denoHost(), { directory: root, yes: true }),
  "repository.migrate": () => repository.migrate(),
  "repository.recover": () => repository.recover(),
  "repository.forget": () => repository.forget(),
  "config.set": () => repository.config.set("check_timeout_seconds", "900"),
  "session.abandon": () => session.abandon("It was dropped"),
  "session.finish": () => session.finish(),
};

// Node 20 permits nobody to sync a file where it permits anything at all, so nothing is written there.
const calls: Calls = process.argv[3] === "reads"
  ? reads
  : { ...reads, ...writes };
const refusals: Record<string, string> = {};
for (const [name, call] of Object.entries(calls)) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    refusals[name] = error.code;
  }
}
console.log(JSON.stringify({ called: Object.keys(calls), refusals }));
