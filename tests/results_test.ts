/** Results and errors of the library are plain data: JSON and `structuredClone` keep all of it. */
import * as orc from "../mod.ts";
import { fixedHost, withSession } from "./work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

/** Asserts that JSON and clones lose nothing; a member that is undefined says nothing. */
function assertPlain(name: string, value: unknown): void {
  assertWithoutClasses(name, value);
  assertEquals(structuredClone(value), value, name);
  assertEquals(
    JSON.stringify(JSON.parse(JSON.stringify(value))),
    JSON.stringify(value),
    name,
  );
}

function assertWithoutClasses(name: string, value: unknown): void {
  assert(!["function", "symbol", "bigint"].includes(typeof value), name);
  if (typeof value !== "object" || value === null) return;
  const prototype = Object.getPrototypeOf(value);
  assert(
    prototype === Object.prototype || prototype === Array.prototype,
    `${name} is a ${prototype?.constructor?.name}`,
  );
  for (const [key, member] of Object.entries(value)) {
    assertWithoutClasses(`${name}.${key}`, member);
  }
}

type Options = { readonly root: string };

const DRY = { dryRun: true };
const COLOR = "color";
const CLAUDE = { hosts: ["claude"] };

/** What each function is called with besides the root; those that are left out have no result of their own. */
const CALLS: Readonly<
  Record<string, (host: orc.Host, options: Options) => unknown>
> = {
  startSession: (host, o) =>
    orc.startSession(host, { ...o, task: "Another", beside: true }),
  startItem: (host, o) => orc.startItem(host, { ...o, itemId: "idea" }),
  completeItem: (host, o) =>
    orc.completeItem(host, { ...o, itemId: "idea", notes: "Done" }),
  skipItem: (host, o) =>
    orc.skipItem(host, { ...o, itemId: "sketch", reason: "Not needed at all" }),
  listApprovals: (host, { root }) => orc.listApprovals(host, { root }),
  testNotify: (host, { root }) => orc.testNotify(host, { root }),
  watchApprovals: (host, { root }) =>
    orc.watchApprovals(host, { root }).warnings(),
  approveItem: (host, o) =>
    orc.approveItem(host, { ...o, itemId: "consent", early: true }),
  waitForAnswer: (host, o) =>
    orc.waitForAnswer(host, { ...o, itemId: "consent", timeout: "0s" }),
  rejectItem: (host, o) =>
    orc.rejectItem(host, { ...o, itemId: "consent", reason: "Not yet" }),
  reopen: (host, o) => orc.reopen(host, { ...o, id: "idea", reason: "A gap" }),
  undoUpdates: (host, o) => orc.undoUpdates(host, { ...o, dryRun: true }),
  advancePhase: orc.advancePhase,
  approvePhase: orc.approvePhase,
  finishSession: orc.finishSession,
  addNote: (host, o) => orc.addNote(host, { ...o, text: "A note" }),
  readStatus: orc.readStatus,
  readSessionInfo: orc.readSessionInfo,
  readNext: orc.readNext,
  readGates: orc.readGates,
  readSession: orc.readSession,
  remindContext: orc.remindContext,
  verifyWriteAllowed: orc.verifyWriteAllowed,
  primeAgent: orc.primeAgent,
  answerHook: (host, o) =>
    orc.answerHook(host, { ...o, host: "claude", event: "Stop", input: "{}" }),
  installAgents: (host, o) =>
    orc.installAgents(host, { ...o, ...CLAUDE, dryRun: true }),
  uninstallAgents: (host, o) => orc.uninstallAgents(host, { ...o, ...CLAUDE }),
  readAgents: (host, o) => orc.readAgents(host, { ...o, ...CLAUDE }),
  validateWorkflow: orc.validateWorkflow,
  listWorkflows: orc.listWorkflows,
  resolveWorkflow: orc.resolveWorkflow,
  updateIncludes: orc.updateIncludes,
  initRepository: orc.initRepository,
  readHistory: orc.readHistory,
  streamHistory: async (host, o) =>
    await Array.fromAsync((await orc.streamHistory(host, o)).batches),
  readOutputs: (host, o) => orc.readOutputs(host, { ...o, itemId: "tests" }),
  writeReport: orc.writeReport,
  captureFeedback: orc.captureFeedback,
  reviewFeedback: orc.reviewFeedback,
  analyzeSessions: orc.analyzeSessions,
  writeLearnings: orc.writeLearnings,
  generateMarkdown: orc.generateMarkdown,
  saveCheckpoint: orc.saveCheckpoint,
  listCheckpoints: orc.listCheckpoints,
  cleanupCheckpoints: orc.cleanupCheckpoints,
  resumeSession: (host, o) => orc.resumeSession(host, { ...o, yes: true }),
  handOff: orc.handOff,
  listSessions: orc.listSessions,
  listSharedSessions: orc.listSharedSessions,
  listTree: (host, o) => orc.listTree(host, { directory: o.root }),
  eachSession: (host, o) => Array.fromAsync(orc.eachSession(host, o)),
  packSessions: (host, o) => orc.packSessions(host, { ...o, all: true }),
  unpackSessions: (host, o) => orc.unpackSessions(host, { ...o, all: true }),
  cleanupSessions: (host, o) => orc.cleanupSessions(host, { ...o, ...DRY }),
  cleanupTree: (host, { root }) =>
    orc.cleanupTree(host, { directory: root, ...DRY }),
  renameSession: (host, o) =>
    orc.renameSession(host, { ...o, id: "no", name: "Another name" }),
  unlock: orc.unlock,
  getSetting: (host, o) => orc.getSetting(host, { ...o, name: COLOR }),
  setSetting: (host, o) =>
    orc.setSetting(host, { ...o, name: COLOR, value: "never" }),
  listSettings: orc.listSettings,
  listConfigFiles: orc.listConfigFiles,
  showConfig: orc.showConfig,
  unsetSetting: (host, o) => orc.unsetSetting(host, { ...o, name: COLOR }),
  switchSession: (host, o) => orc.switchSession(host, { ...o, id: "no" }),
  migrate: (host, o) => orc.migrate(host, { ...o, dryRun: true }),
  importLegacy: (host, o) => orc.importLegacy(host, { ...o, path: o.root }),
  diagnoseRepository: orc.diagnoseRepository,
  eachFinding: (host, o) => Array.fromAsync(orc.eachFinding(host, o)),
  verifySession: orc.verifySession,
  sessionCommands: orc.sessionCommands,
  trustSession: orc.trustSession,
  attestSession: orc.attestSession,
  verifyAttestation: (host, o) =>
    orc.verifyAttestation(host, { ...o, attestation: "note" }),
  changePushHook: async (host, o) => {
    // Else the hook would be one of the repository around.
    const init = { args: ["init", "--quiet", o.root] };
    await new Deno.Command("git", init).output();
    return await orc.changePushHook(host, { ...o });
  },
  verifyPush: (host, o) => orc.verifyPush(host, { ...o, refs: "" }),
  probeRemote: orc.probeRemote,
  pushSessions: orc.pushSessions,
  pullSessions: orc.pullSessions,
  readPersistStatus: orc.readPersistStatus,
  pruneSessions: (host, o) => orc.pruneSessions(host, { ...o, yes: true }),
  readStoreStatus: orc.readStoreStatus,
  moveSessions: (host, o) => orc.moveSessions(host, { ...o, to: "postgres" }),
  upgradeStore: orc.upgradeStore,
  listRecoverable: orc.listRecoverable,
  recoverSession: orc.recoverSession,
  forgetSession: orc.forgetSession,
  exportSnapshot: (host, o) =>
    orc.exportSnapshot(host, { ...o, file: `${o.root}/session.orc` }),
  streamSnapshot: async (host, o) => {
    const { pieces, warnings } = await orc.streamSnapshot(host, o);
    await Array.fromAsync(pieces);
    return warnings;
  },
  inspectSnapshot: (host, { root }) =>
    orc.inspectSnapshot(host, { file: `${root}/session.orc` }),
  importSnapshot: (host, { root }) =>
    orc.importSnapshot(host, { root, file: `${root}/session.orc` }),
  diagnoseSecrets: orc.diagnoseSecrets,
  listSecrets: orc.listSecrets,
  initSecrets: orc.initSecrets,
  getSecret: (host, o) => orc.getSecret(host, { ...o, name: "NO_SECRET" }),
  setSecret: (host, o) => orc.setSecret(host, { ...o, name: "NO_SECRET" }),
  sourceOfSecret: (host, o) =>
    orc.sourceOfSecret(host, { ...o, name: "NO_SECRET" }),
  testSecret: (host, o) => orc.testSecret(host, { ...o, name: "NO_SECRET" }),
  removeStoredSecret: (host, o) =>
    orc.removeStoredSecret(host, { ...o, name: "NO_SECRET" }),
  abandonSession: (host, o) =>
    orc.abandonSession(host, { ...o, reason: "It is over" }),
};

/** Exports that are no use case: handles over them, hosts and stores, the rules, and what they work on. */
const OTHERS = [
  "decide",
  "denoHost",
  "exitCodeOf",
  "findRoot",
  "isOrcError",
  "JsonNumber",
  "memoryStore",
  "openRepository",
  "OrchestratorPaths",
  "OrcError",
  "parseWorkflow",
  "SessionManager",
  "testHost",
  "VERSION",
  "workflowJsonSchema",
];

Deno.test("every use case of the library is called here", () => {
  assertEquals(
    Object.keys(orc).toSorted(),
    [...Object.keys(CALLS), ...OTHERS].toSorted(),
  );
});

Deno.test("every result and every error of the library is plain data", () =>
  withSession(async (root) => {
    const host = fixedHost({
      programs: "real",
      environment: { ORCHESTRATOR_APPROVALS: "any" },
    });
    const failed: string[] = [];
    for (const [name, call] of Object.entries(CALLS)) {
      try {
        assertPlain(name, await call(host, { root }));
      } catch (error) {
        if (!(error instanceof orc.OrcError)) throw error;
        failed.push(name);
        assertPlain(name, error.toJSON());
      }
    }
    assert(failed.length < Object.keys(CALLS).length / 2, failed.join(" "));
  }));
