/** Everything a command does is a function of the library, with the same guarantees. */
import * as library from "../../mod.ts";
import { tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { methods } from "./methods.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

type Name = keyof typeof library;

/** What each command calls; nothing for those that are about the command line itself. */
const FUNCTIONS: Readonly<Record<string, readonly Name[]>> = {
  "init": ["initRepository"],
  "validate": ["validateWorkflow"],
  "workflows": ["listWorkflows"],
  "workflow resolve": ["resolveWorkflow"],
  "include update": ["updateIncludes"],
  "start": ["startSession"],
  "status": ["readStatus"],
  "next": ["readNext"],
  "start-item": ["startItem"],
  "complete": ["completeItem"],
  "skip": ["skipItem"],
  "note": ["addNote"],
  "advance": ["advancePhase"],
  "finish": ["finishSession", "abandonSession"],
  "approvals": ["listApprovals", "watchApprovals"],
  "notify test": ["testNotify"],
  "approve-item": ["approveItem"],
  "wait": ["waitForAnswer"],
  "reject": ["rejectItem"],
  "reopen": ["reopen"],
  "approve": ["approvePhase"],
  "verify-write-allowed": ["verifyWriteAllowed"],
  "notify deliver": [],
  "hook": ["answerHook"],
  "mcp": [],
  "checkpoint": ["saveCheckpoint"],
  "checkpoints": ["listCheckpoints", "cleanupCheckpoints"],
  "resume": ["resumeSession"],
  "undo": ["undoUpdates"],
  "handoff": ["handOff"],
  "agents install": ["installAgents"],
  "agents status": ["readAgents"],
  "agents uninstall": ["uninstallAgents"],
  "prime": ["primeAgent"],
  "context-reminder": ["remindContext"],
  "snapshot export": ["exportSnapshot", "streamSnapshot"],
  "snapshot inspect": ["inspectSnapshot"],
  "snapshot import": ["importSnapshot"],
  "session list": ["listSessions", "listSharedSessions"],
  "session switch": ["switchSession"],
  "session info": ["readSessionInfo"],
  "session rename": ["renameSession"],
  "session pack": ["packSessions"],
  "session unpack": ["unpackSessions"],
  "session cleanup": ["cleanupSessions"],
  "list": ["listTree"],
  "cleanup": ["cleanupTree"],
  "recover": ["recoverSession", "listRecoverable", "forgetSession"],
  "persist probe": ["probeRemote"],
  "persist push": ["pushSessions"],
  "persist pull": ["pullSessions"],
  "persist status": ["readPersistStatus"],
  "persist prune": ["pruneSessions"],
  "doctor": ["diagnoseRepository"],
  "store status": ["readStoreStatus"],
  "store move": ["moveSessions"],
  "store upgrade": ["upgradeStore"],
  "migrate": ["migrate"],
  "import-legacy": ["importLegacy"],
  "unlock": ["unlock"],
  "serve": [],
  "history": ["readHistory", "streamHistory"],
  "output": ["readOutputs"],
  "verify": ["verifySession", "verifyAttestation"],
  "trust": ["trustSession", "sessionCommands"],
  "attest": ["attestSession", "changePushHook"],
  "verify-push": ["verifyPush"],
  "analyze": ["analyzeSessions"],
  "learn": ["writeLearnings"],
  "feedback capture": ["captureFeedback"],
  "feedback review": ["reviewFeedback"],
  "generate-md": ["generateMarkdown"],
  "config list": ["listSettings"],
  "config show": ["showConfig", "listSettings"],
  "config get": ["getSetting"],
  "config set": ["setSetting"],
  "config unset": ["unsetSetting"],
  "config path": ["listConfigFiles"],
  "secrets init": ["initSecrets"],
  "secrets set": ["setSecret"],
  "secrets get": ["getSecret"],
  "secrets list": ["listSecrets"],
  "secrets rm": ["removeStoredSecret"],
  "secrets source": ["sourceOfSecret"],
  "secrets test": ["testSecret"],
  "secrets doctor": ["diagnoseSecrets"],
  "help": [],
  "completions": [],
  "complete-words": [],
  "schema": ["workflowJsonSchema"],
  "version": [],
};

/** The method of a handle that each command is; none where it is about no repository. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  "init": ["repository.init"],
  "validate": ["repository.validate"],
  "workflows": ["repository.workflows"],
  "workflow resolve": ["repository.resolve"],
  "include update": ["repository.updateIncludes"],
  "start": ["repository.start"],
  "status": ["session.status"],
  "next": ["session.next"],
  "start-item": ["session.startItem"],
  "complete": ["session.complete"],
  "skip": ["session.skip"],
  "note": ["session.note"],
  "advance": ["session.advance"],
  "finish": ["session.finish", "session.abandon"],
  "approvals": ["repository.approvals", "repository.waiting"],
  "notify test": ["repository.notifyTest"],
  "approve-item": ["session.approve"],
  "wait": ["session.wait"],
  "reject": ["session.reject"],
  "reopen": ["session.reopen"],
  "approve": ["session.approvePhase"],
  "verify-write-allowed": ["session.verifyWriteAllowed"],
  "notify deliver": [],
  "hook": [],
  "mcp": [],
  "checkpoint": ["session.checkpoint"],
  "checkpoints": ["session.checkpoints", "session.cleanupCheckpoints"],
  "resume": ["session.resume"],
  "undo": ["session.undo"],
  "handoff": ["session.handOff"],
  "agents install": [],
  "agents status": [],
  "agents uninstall": [],
  "prime": ["session.prime"],
  "context-reminder": ["session.reminder"],
  "snapshot export": ["repository.exportSnapshot", "repository.streamSnapshot"],
  "snapshot inspect": ["repository.inspectSnapshot"],
  "snapshot import": ["repository.importSnapshot"],
  "session list": ["repository.sessions"],
  "session switch": ["repository.switch"],
  "session info": ["session.info", "session.read"],
  "session rename": ["session.rename"],
  "session pack": ["repository.pack"],
  "session unpack": ["repository.unpack"],
  "session cleanup": ["repository.cleanup"],
  "list": [],
  "cleanup": [],
  "recover": [
    "repository.recover",
    "repository.recoverable",
    "repository.forget",
  ],
  "persist probe": ["repository.probe"],
  "persist push": ["repository.push"],
  "persist pull": ["repository.pull"],
  "persist status": ["repository.persisted"],
  "persist prune": ["repository.prune"],
  "doctor": ["repository.doctor", "repository.findings"],
  "store status": ["repository.storeStatus"],
  "store move": ["repository.moveSessions"],
  "store upgrade": ["repository.upgradeStore"],
  "migrate": ["repository.migrate"],
  "import-legacy": ["repository.importLegacy"],
  "unlock": ["repository.unlock"],
  "serve": [],
  "history": ["session.history", "session.events"],
  "output": ["session.outputs"],
  "verify": ["session.verify", "repository.verifyAttestation"],
  "trust": ["session.trust", "session.commands"],
  "attest": ["session.attest", "repository.changePushHook"],
  "verify-push": ["repository.verifyPush"],
  "analyze": ["repository.analyze"],
  "learn": ["session.learn"],
  "feedback capture": ["session.feedback"],
  "feedback review": ["repository.feedback"],
  "generate-md": ["session.page"],
  "config list": ["config.list"],
  "config show": ["config.show"],
  "config get": ["config.get"],
  "config set": ["config.set"],
  "config unset": ["config.unset"],
  "config path": ["config.files"],
  "secrets init": ["secrets.init"],
  "secrets set": ["secrets.set"],
  "secrets get": ["secrets.get"],
  "secrets list": ["secrets.list"],
  "secrets rm": ["secrets.remove"],
  "secrets source": ["secrets.source"],
  "secrets test": ["secrets.test"],
  "secrets doctor": ["secrets.doctor"],
  "help": [],
  "completions": [],
  "complete-words": [],
  "schema": [],
  "version": [],
};

/** Methods that no command is alone. */
const OWN_METHODS: readonly string[] = [
  "repository.session",
  "repository.current",
  "session.gates",
  "session.report",
];

/** Rooms whose functions are use cases: what a command takes from them, a library user may need too. */
const USE_CASES =
  /^(?:\.\.\/)+(?:work|notify|checkpoints|handoff|history|feedback|sessions|snapshot|persist|upstream|migration|doctor|trust|secrets|config|agents)\/\w+\.ts$/;

/** What commands share besides: texts, and what a shell completes. */
const SHARED: readonly string[] = [
  "deliver",
  "learningsSection",
  "barsText",
  "itemText",
  "timeText",
  "uncommittedText",
  // finishSession() and writeReport(), of which the second is prepared by then.
  "closeWithReport",
  "MAX_HOOK_INPUT_BYTES",
  "TRIAL_VARIABLE",
  "listCandidates",
  "noHome",
  "vanishingWarning",
];

Deno.test("each command of the table has its functions in the library", () => {
  const names = tableOf(commandGroups).map(({ name }) => name).sort();
  assertEquals(Object.keys(FUNCTIONS).sort(), names);
  for (const name of Object.values(FUNCTIONS).flat()) {
    assertEquals(typeof library[name], "function", name);
  }
});

Deno.test("each command of the table that is about a repository is a method of its handle", () => {
  assertEquals(Object.keys(METHODS), Object.keys(FUNCTIONS));
  const named = new Set([...Object.values(METHODS).flat(), ...OWN_METHODS]);
  assertEquals([...named].sort(), methods().sort());
});

Deno.test("commands call no use case that the library does not export", () => {
  const named = new Set<string>(Object.values(FUNCTIONS).flat());
  const called = new Set(sources().flatMap(useCasesIn));
  const exported = new Set<string>(Object.keys(library));
  const missing = called.difference(exported).difference(new Set(SHARED));
  assertEquals([...missing], []);
  // A pattern that finds nothing would find nothing wrong.
  assertEquals([...named.difference(called)], ["workflowJsonSchema"]);
  assert(called.size > 40, `only ${called.size} found`);
});

function sources(): readonly string[] {
  return Array.from(
    walkSync("src/commands", { includeDirs: false, match: [/\.ts$/] }),
    ({ path }) => Deno.readTextFileSync(path),
  );
}

/** The values a file takes from use cases: by imports at its beginning, or where they are needed. */
function useCasesIn(text: string): readonly string[] {
  const early = text.matchAll(/import \{([^}]*)\} from\s+"([^"]+)"/g);
  const late = text.matchAll(
    /const \{([^}]*)\} =\s+await import\(\s*"([^"]+)",?\s*\)/g,
  );
  const direct = text.matchAll(
    /\(await import\("([^"]+)"\)\)\s*\.(\w+)\(/g,
  );
  return [
    ...[...early, ...late].flatMap(([, names = "", path = ""]) =>
      USE_CASES.test(path) ? namesIn(names) : []
    ),
    ...Array.from(direct, ([, path = "", name = ""]) => ({ path, name }))
      .filter(({ path }) => USE_CASES.test(path)).map(({ name }) => name),
  ];
}

function namesIn(list: string): readonly string[] {
  return list.split(",").map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "));
}

Deno.test("the module of the library, run as a program, is the command line", async () => {
  const args = ["run", "--allow-read=.", "--no-prompt", "mod.ts", "version"];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args })
    .output();
  const said = new TextDecoder().decode(stdout);
  assertEquals([code, said.startsWith(`orc ${library.VERSION} `)], [0, true]);
});
