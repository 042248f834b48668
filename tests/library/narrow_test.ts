/** What needs no more than to read the root and to write its `.orchestrator` gets by with that. */
import * as library from "../../mod.ts";
import { openRepository } from "../../mod.ts";
import { withRoot } from "../work/fixtures.ts";
import { methods } from "./methods.ts";
import { assertEquals } from "@std/assert";

const NARROW_WORKFLOW = `name: Narrow
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: idea, name: Idea}
      - {id: sketch, name: Sketch}
      - {id: consent, name: Consent, verification: {type: manual_gate}}
`;

/** What reads YAML, runs a program or lies elsewhere needs more. */
const NEEDS_MORE: readonly string[] = [
  "config.unset",
  "repository.changePushHook",
  "repository.persisted",
  "repository.probe",
  "repository.prune",
  "repository.pull",
  "repository.moveSessions",
  "repository.storeStatus",
  "repository.upgradeStore",
  "listSharedSessions",
  "repository.push",
  "repository.verifyAttestation",
  "repository.verifyPush",
  "session.attest",
  "repository.importLegacy",
  "repository.init",
  "repository.resolve",
  "repository.start",
  "repository.updateIncludes",
  "repository.validate",
  "repository.workflows",
  "secrets.init",
  "secrets.remove",
  "secrets.set",
];

/** The program itself opens and finds the session. */
const USED_BEFORE: readonly string[] = [
  "repository.current",
  "repository.session",
];

/** What looks at nothing outside of it, or makes what others are given. */
const WITHOUT_FILES: readonly string[] = [
  "decide",
  "denoHost",
  "exitCodeOf",
  "isOrcError",
  "memoryStore",
  "parseWorkflow",
  "testHost",
];

/** What writes for the hosts of agents, outside of `.orchestrator/`, or answers them: no part of a handle. */
const FOR_HOSTS: readonly string[] = [
  "answerHook",
  "installAgents",
  "readAgents",
  "uninstallAgents",
];

/** Functions that no method calls. */
function functionsAlone(): readonly string[] {
  const handles = ["call", "read", "repository", "session", "settings"].map(
    (name) => Deno.readTextFileSync(`src/library/${name}.ts`),
  ).join("\n");
  return Object.keys(library).filter((name) =>
    /^[a-z]/.test(name) && !new RegExp(`\\b${name}\\(`).test(handles) &&
    !WITHOUT_FILES.includes(name) && !FOR_HOSTS.includes(name)
  );
}

/** By the rules, and for what is not there; none by the machine. */
const REFUSALS: Readonly<Record<string, string>> = {
  "session.verifyWriteAllowed": "write_not_allowed",
  "session.reject": "approval_required",
  "session.approve": "approval_required",
  "session.advance": "blocked",
  "secrets.source": "no_such_secret",
  "secrets.test": "no_such_secret",
  "secrets.get": "no_such_secret",
  "session.finish": "session_closed",
  "session.outputs": "no_output",
  "repository.notifyTest": "not_set",
  "repository.recover": "nothing_to_recover",
  "repository.forget": "nothing_to_recover",
};

Deno.test("the library needs only to read the root and to write .orchestrator", () =>
  withRoot({ "workflow.yaml": NARROW_WORKFLOW }, async (root) => {
    await (await openRepository({ root })).start("Add login");
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        `--allow-read=${root}`,
        `--allow-write=${root}/.orchestrator`,
        "tests/library/narrow.ts",
        root,
      ],
    });
    const { stdout, stderr } = await command.output();
    const said = new TextDecoder().decode(stdout);
    if (said === "") throw new Error(new TextDecoder().decode(stderr));
    const { called, refusals } = JSON.parse(said);
    assertEquals(refusals, REFUSALS);
    const known = [...called, ...NEEDS_MORE, ...USED_BEFORE];
    const all = [...methods(), ...functionsAlone()];
    assertEquals(all.filter((name) => !known.includes(name)), []);
    assertEquals(functionsAlone().length, 5);
  }));
