import type { JsonValue } from "../../src/base/json.ts";
import type { Action } from "../../src/engine/action.ts";
import { decide } from "../../src/engine/decide.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import type { Host } from "../../src/host/host.ts";
import { openSession } from "../../src/repository/select.ts";
import { verifySession } from "../../src/trust/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { approveItem, skipItem } from "../../src/work/item.ts";
import {
  advancePhase,
  approvePhase,
  finishSession,
} from "../../src/work/phase.ts";
import { rejectItem } from "../../src/work/rework.ts";
import { startSession } from "../../src/work/start.ts";
import type { Caller } from "../../src/workflow/types.ts";
import { commit, gitHost, run } from "../checks/fixtures.ts";
import { orc } from "../commands/orc.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import {
  agent,
  APPROVING,
  codeOf,
  eventsOf,
  fixedHost,
  idOf,
  type Machine,
  NOW,
  refusalOf,
  stateOf,
} from "../work/fixtures.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

const SIGNED = `name: Signed
settings: {approvals: signed, approvers: .github/approvers}
phases:
  - id: PLAN
    name: Plan
    exit_gate: human_approval
    items:
      - {id: ok, name: Plan is good, shows: [plan.md], verification: {type: manual_gate}}
  - id: DO
    name: Do
    items:
      - {id: it, name: It}
`;

/** The same with what a human can get past by force. */
const FORCED = SIGNED.replace(
  "  - id: DO\n",
  `      - {id: gate, name: Tests pass, required: false, step_type: gate, verification: {type: command, command: "false"}}
      - {id: soft, name: Softly, required: false, verification: {type: command, command: "false"}}
$&`,
);

/** A repository with an approver in its base branch, the keys of two people, and a session. */
interface Site {
  readonly root: string;
  /** The private key of the approver. */
  readonly key: string;
  /** That of somebody else. */
  readonly other: string;
}

interface Setting {
  /** A line of the approvers for a public key. */
  readonly approver?: (key: string) => string;
  readonly workflow?: string;
}

function withSigned(
  test: (site: Site) => Promise<void>,
  { approver = usual, workflow = SIGNED }: Setting = {},
): Promise<void> {
  return withTemporaryDirectory(async (top) => {
    const root = `${top}/project`;
    const [key, other] = [`${top}/key`, `${top}/other`];
    Deno.mkdirSync(root);
    for (const path of [key, other]) {
      const args = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path];
      await run(top, "ssh-keygen", ...args);
    }
    const approvers = `# Who may approve\n${approver(publicKey(key))}\n`;
    await run(root, "git", "init", "--quiet", "--initial-branch=main");
    writeTree(root, {
      "workflow.yaml": workflow,
      "plan.md": "# Plan\n",
      ".github/approvers": approvers,
    });
    await commit(root);
    const host = machine(root, { number: 0 });
    await startSession(host, { root, task: "Add login" });
    await test({ root, key, other });
  });
}

function usual(key: string): string {
  return `alice@example.org namespaces="orc" ${key}`;
}

function publicKey(path: string): string {
  return Deno.readTextFileSync(`${path}.pub`).trim();
}

let count = 0;

/** A machine of its own with real programs, and with nobody at it. */
function machine(root: string, given: Machine = {}): Host {
  const number = 1 + ++count % 90;
  const host = fixedHost({ number, workingDirectory: root, ...given });
  const PATH = Deno.env.get("PATH");
  return {
    ...host,
    env: (name) => name === "PATH" ? PATH : host.env(name),
    runProgram: gitHost().runProgram,
  };
}

/** A human who types a word and has a key. */
function human(
  { root }: Site,
  word: string,
  key: string | undefined,
  given: Machine = {},
): Host {
  const environment: Record<string, string> = key === undefined
    ? {}
    : { ORCHESTRATOR_APPROVAL_KEY: key };
  const answers = [word];
  return machine(root, { answers, environment, ...given });
}

/** The same, who may not be asked: what will not be signed is said before. */
function unasked(host: Host): Host {
  const readLine = () => {
    throw new Error("Somebody is asked for nothing");
  };
  return { ...host, terminal: { ...host.terminal, readLine } };
}

function ok(site: Site, key: string | undefined = site.key) {
  const { root } = site;
  return approveItem(human(site, "ok", key), { root, itemId: "ok" });
}

/** Takes all that git knows of a repository away. */
async function anew(root: string): Promise<void> {
  Deno.removeSync(`${root}/.git`, { recursive: true });
  await run(root, "git", "init", "--quiet", "--initial-branch=main");
}

async function findings(root: string): Promise<readonly string[]> {
  const verified = await verifySession(machine(root), { root });
  return verified.findings.map(({ code, itemId }) => `${code} ${itemId ?? ""}`)
    .filter((text) => text !== "session_open ");
}

function signatureOf(event: RecordedEvent | undefined): Map<string, string> {
  return event?.details.get("signature") as unknown as Map<string, string>;
}

function last(root: string, session?: string): RecordedEvent | undefined {
  return eventsOf(root, session).findLast(({ actor }) => actor === "human");
}

/** Writes what a caller does, by the rules and with the right hashes. */
async function write(
  root: string,
  action: Action,
  caller: Partial<Caller>,
): Promise<void> {
  const host = machine(root);
  const { repository, session, workflow } = await openSession(host, { root });
  await repository.store.update(
    session.id,
    ({ state }, at) =>
      decide(workflow, state, action, {
        at,
        caller: { agent: null, approval: "terminal", ...caller },
      }),
  );
}

/** The caller of a signed event, as somebody would copy it. */
function callerOf({ details }: RecordedEvent): Partial<Caller> {
  const keys = ["shown", "tree", "tree_reason"];
  const presence = details.get("presence");
  const signature = details.get("signature");
  return {
    sight: new Map([...details].filter(([key]) => keys.includes(key))),
    ...{ presence, signature } as Pick<Caller, "presence" | "signature">,
  };
}

const APPROVE: Action = {
  type: "approve_item",
  itemId: "ok",
  notes: null,
  early: false,
};

Deno.test("an approver signs item and phase, and the session holds", () =>
  withSigned(async (site) => {
    const { root, key } = site;
    await ok(site);
    const event = last(root);
    const signature = signatureOf(event);
    assertEquals(signature.get("principal"), "alice@example.org");
    assertEquals(
      signature.get("approvers"),
      await run(root, "git", "rev-parse", "main"),
    );
    assertStringIncludes(
      signature.get("text") ?? "",
      "-----BEGIN SSH SIGNATURE-----\n",
    );
    await approvePhase(human(site, "PLAN", key), { root });
    await advancePhase(machine(root), { root });
    await completeItem(machine(root), { root, itemId: "it" });
    await finishSession(machine(root), { root });
    assertEquals(await findings(root), []);
    assertEquals((await verifySession(machine(root), { root })).holds, true);
    assertStringIncludes(
      (await orc(root, ["history"])).out,
      "signed by alice@example.org)",
    );
    // Nothing of what ssh-keygen was given is left.
    const cache = [...Deno.readDirSync(`${root}/.orchestrator/cache`)];
    assertEquals(cache.filter(({ name }) => name.startsWith("signing")), []);
  }));

Deno.test("nobody approves without a key, with another's, or by a setting", () =>
  withSigned(async (site) => {
    const { root, other } = site;
    const refusals: [string, Host][] = [
      ["denied signature_invalid", unasked(human(site, "ok", other))],
      ["external signing_failed", unasked(human(site, "ok", undefined))],
      [
        "external signing_failed",
        unasked(human(site, "ok", `${other}.missing`)),
      ],
      ["denied approval_required", machine(root, { environment: APPROVING })],
      [
        "denied approval_required",
        human(site, "ok", site.key, { environment: agent("1") }),
      ],
    ];
    for (const [code, host] of refusals) {
      const approve = () => approveItem(host, { root, itemId: "ok" });
      assertEquals(await codeOf(approve), code);
      assertEquals(stateOf(root).phases.PLAN.items.ok.status, "pending");
    }
    const error = await refusalOf(() => ok(site, other));
    assertStringIncludes(error.message, "is not that of an approver");
    // Whoever writes it by the rules is refused by them.
    for (const caller of [{}, { signature: new Map(), approval: "setting" }]) {
      const writing = () => write(root, APPROVE, caller as Partial<Caller>);
      assertEquals(await codeOf(writing), "denied signature_required");
    }
    assertEquals(await findings(root), []);
  }));

Deno.test("what is forced needs a signature too, and a no needs none", () =>
  withSigned(async (site) => {
    const { root, key } = site;
    const skip = (host: Host) =>
      skipItem(host, {
        root,
        itemId: "gate",
        force: true,
        reason:
          "The tests need a database that this machine cannot have at all",
      });
    const unverified = (host: Host) =>
      completeItem(host, { root, itemId: "soft", skipVerify: true });
    for (const [word, act] of [["gate", skip], ["soft", unverified]] as const) {
      const unsigned = () => act(human(site, word, undefined));
      assertEquals(await codeOf(unsigned), "external signing_failed");
      assertEquals((await act(human(site, word, key))).changed, true);
    }
    await ok(site);
    const no = { root, itemId: "ok", reason: "The way back is missing" };
    await rejectItem(human(site, "ok", undefined), no);
    assertEquals(last(root)?.details.has("signature"), false);
    await ok(site);
    const leave = { root, force: true };
    const unsigned = () => advancePhase(human(site, "PLAN", undefined), leave);
    assertEquals(await codeOf(unsigned), "external signing_failed");
    await advancePhase(human(site, "PLAN", key), leave);
    const finish = { root, force: true };
    await finishSession(human(site, "finish", key), finish);
    assertEquals(await findings(root), []);
  }, { workflow: FORCED }));

Deno.test("only the base branch says who approves, and only with a file", () =>
  withSigned(async (site) => {
    const { root, other } = site;
    const approvers = `${root}/.github/approvers`;
    // Who works here adds themselves, in the working tree and in a branch.
    Deno.writeTextFileSync(approvers, `${usual(publicKey(other))}\n`);
    assertEquals(
      await codeOf(() => ok(site, other)),
      "denied signature_invalid",
    );
    await run(root, "git", "checkout", "--quiet", "-b", "work");
    await commit(root);
    assertEquals(
      await codeOf(() => ok(site, other)),
      "denied signature_invalid",
    );
    // What the server has counts more than what lies here.
    const main = await run(root, "git", "rev-parse", "main");
    await run(root, "git", "update-ref", "refs/remotes/origin/main", main);
    await run(root, "git", "update-ref", "refs/heads/main", "work");
    assertEquals(
      await codeOf(() => ok(site, other)),
      "denied signature_invalid",
    );
    await run(root, "git", "replace", main, "work");
    assertEquals(
      await codeOf(() => ok(site, other)),
      "denied signature_invalid",
    );
    await run(root, "git", "replace", "-d", main);
    await run(root, "git", "update-ref", "-d", "refs/remotes/origin/main");
    await run(root, "git", "branch", "-m", "main", "trunk");
    const homeless = await refusalOf(() => ok(site));
    assertEquals(homeless.code, "approvers_missing");
    assertStringIncludes(homeless.message, "no base branch");
    await run(root, "git", "branch", "-m", "trunk", "main");
    Deno.removeSync(approvers);
    await commit(root);
    await run(root, "git", "update-ref", "refs/heads/main", "work");
    const gone = await refusalOf(() => ok(site));
    assertEquals(gone.code, "approvers_missing");
    assertStringIncludes(gone.message, 'has no file ".github/approvers"');
    await anew(root);
    const error = await refusalOf(() => ok(site));
    assertEquals(`${error.kind} ${error.code}`, "refused approvers_missing");
    assertEquals(stateOf(root).phases.PLAN.items.ok.status, "pending");
  }));

Deno.test("an approver whose time is over, or whose key is for something else, does not count", async () => {
  const cases: readonly [boolean, (key: string) => string][] = [
    [false, (key) => `a@b.org valid-before="20260301" ${key}`],
    [true, (key) => `a@b.org valid-before="20260302" ${key}`],
    [false, (key) => `a@b.org valid-after="20260302" ${key}`],
    [false, (key) => `a@b.org namespaces="git,file" ${key}`],
    [true, (key) => `b@b.org,a@b.org namespaces="git,orc" ${key}`],
    [true, (key) => `*@b.org ${key}`],
    [true, (key) => `a@b.org ${key} with a comment`],
  ];
  for (const [counts, approver] of cases) {
    await withSigned(async (site) => {
      if (counts) await ok(site);
      else {
        assertEquals(await codeOf(() => ok(site)), "denied signature_invalid");
      }
      assertEquals(await findings(site.root), []);
    }, { approver });
  }
});

Deno.test("a key that was taken from the approvers takes what it signed with it", () =>
  withSigned(async (site) => {
    const { root, other } = site;
    await ok(site);
    await approvePhase(human(site, "PLAN", site.key), { root });
    await advancePhase(machine(root), { root });
    await completeItem(machine(root), { root, itemId: "it" });
    const approvers = `${usual(publicKey(other))}\n`;
    Deno.writeTextFileSync(`${root}/.github/approvers`, approvers);
    await commit(root);
    const invalid = ["signature_invalid ok", "signature_invalid "];
    assertEquals((await findings(root)).toSorted(), invalid.toSorted());
    const finish = () => finishSession(machine(root), { root });
    assertEquals(await codeOf(finish), "refused signature_invalid");
    // Where the base is gone, all else is still told.
    await anew(root);
    const left = await findings(root);
    assertEquals(left.filter((text) => invalid.includes(text)).length, 2);
  }));

Deno.test("a signature counts once, in its session, for its act, after what it was made after", () =>
  withSigned(async (site) => {
    const { root } = site;
    await ok(site);
    const signed = last(root);
    assert(signed !== undefined);
    // An agent opens the item again, and writes the same yes once more.
    await write(root, {
      type: "reopen_item",
      itemId: "ok",
      reason: "I know better",
    }, { approval: null });
    await write(root, APPROVE, callerOf(signed));
    assertEquals(await findings(root), ["signature_invalid ok"]);
    // The same under another act.
    const phase: Action = { type: "approve_phase", phaseId: "PLAN" };
    await write(root, phase, callerOf(signed));
    assertEquals(
      (await findings(root)).toSorted(),
      ["signature_invalid ", "signature_invalid ok"],
    );
    // And in another session.
    const host = machine(root);
    const task = "Add logout";
    const started = await startSession(host, { root, task, beside: true });
    await write(root, APPROVE, callerOf(signed));
    const { session } = started.place;
    assert(session !== idOf(0, 0));
    assertEquals(await findings(root), ["signature_invalid ok"]);
  }));

Deno.test("a statement that says anything else is not what was signed", () =>
  withSigned(async (site) => {
    const { root } = site;
    const [begun, before] = [`${root}.begun`, `${root}.before`];
    await run(root, "cp", "-R", root, begun);
    const note: Action = { type: "note", text: "Hm", itemId: null };
    await write(root, note, {});
    await run(root, "cp", "-R", root, before);
    await ok(site);
    const signed = last(root);
    assert(signed !== undefined);
    const { sight = new Map(), presence, signature = new Map() } = callerOf(
      signed,
    );
    const signedWith = (key: string, value: string): Partial<Caller> => ({
      sight,
      presence,
      signature: new Map(signature).set(key, value),
    });
    const seeing = (key: string, value: JsonValue): Partial<Caller> => ({
      sight: new Map(sight).set(key, value),
      presence,
      signature,
    });
    const text = signatureOf(signed).get("text") ?? "";
    const [byte = ""] = /.(?==?=?\n-----END)/.exec(text) ?? [];
    const flipped = text.replace(
      /.(?==?=?\n-----END)/,
      byte === "A" ? "Q" : "A",
    );
    const other = { ...APPROVE, notes: "Fine" } as const;
    const invalid = "signature_invalid ok";
    const cases: readonly [string, Partial<Caller>, Action][] = [
      ["", { sight, presence, signature }, APPROVE],
      [invalid, { sight, presence, signature }, other],
      [invalid, { sight, signature }, APPROVE],
      [invalid, seeing("tree", null), APPROVE],
      [invalid, signedWith("text", flipped), APPROVE],
      [invalid, signedWith("at", "2026-03-01T09:59:59Z"), APPROVE],
      [invalid, signedWith("after", "0".repeat(64)), APPROVE],
      [invalid, signedWith("principal", "bob"), APPROVE],
      ["approval_unsigned ok", { sight, signature: new Map() }, APPROVE],
    ];
    assert(sight.get("tree"), "a tree that is nothing cannot be left out");
    for (const [index, [expected, caller, action]] of cases.entries()) {
      const copy = `${root}.${index}`;
      await run(root, "cp", "-R", before, copy);
      await write(copy, action, caller);
      assertEquals((await findings(copy)).join(), expected, `${index}`);
    }
    // The same yes, which was given when something else had been done.
    await write(begun, APPROVE, callerOf(signed));
    assertEquals(await findings(begun), [invalid]);
  }));

Deno.test("what changes while somebody signs is not approved", () =>
  withSigned(async (site) => {
    const { root, key } = site;
    const whileSigning = (change: () => void | Promise<void>): Host => {
      const host = human(site, "PLAN", key);
      return {
        ...host,
        runProgram: async (request) => {
          const { command } = request;
          if (Array.isArray(command) && command[2] === "sign") await change();
          return await host.runProgram(request);
        },
        terminal: { ...host.terminal, readLine: () => "ok" },
      };
    };
    const approve = (change: () => void | Promise<void>) => () =>
      approveItem(whileSigning(change), { root, itemId: "ok" });
    const edited = () => Deno.writeTextFileSync(`${root}/plan.md`, "Other\n");
    assertEquals(await codeOf(approve(edited)), "conflict approval_changed");
    // A note of somebody else changes nothing of what is signed.
    const noted = () =>
      write(root, { type: "note", text: "Hm", itemId: null }, {});
    assertEquals((await approve(noted)()).changed, true);
    assertEquals(await findings(root), []);
  }));

Deno.test("the agent of SSH signs with the key of an approver that it holds", () =>
  withSigned(async (site) => {
    const { root, key, other } = site;
    // The path of a socket is short, and that of a clone may be long.
    const socket = "../agent";
    const agent = new Deno.Command("ssh-agent", {
      args: ["-D", "-a", socket],
      cwd: root,
      stdout: "null",
    }).spawn();
    try {
      const variables = { SSH_AUTH_SOCK: socket };
      const add = async (path: string) => {
        for (let left = 100; left > 0; left--) {
          const { success } = await new Deno.Command("ssh-add", {
            args: ["-q", path],
            cwd: root,
            env: variables,
            stderr: "null",
          }).output();
          if (success) return;
        }
        throw new Error("no ssh-agent");
      };
      const withAgent = (): Host => {
        const host = human(site, "ok", undefined, {
          environment: variables,
        });
        return {
          ...host,
          runProgram: (request) =>
            host.runProgram({
              ...request,
              variables: { ...variables, ...request.variables },
            }),
        };
      };
      await add(other);
      const approve = () => approveItem(withAgent(), { root, itemId: "ok" });
      const error = await refusalOf(() =>
        approveItem(unasked(withAgent()), { root, itemId: "ok" })
      );
      assertEquals(error.code, "signing_failed");
      assertStringIncludes(error.message, "holds no key of an approver");
      await add(key);
      assertEquals((await approve()).changed, true);
      assertEquals(await findings(root), []);
    } finally {
      agent.kill();
      await agent.status;
    }
  }));

Deno.test("without ssh-keygen it is said what to install, and one in the working tree is never run", () =>
  withSigned(async (site) => {
    const { root, key } = site;
    writeTree(root, { "bin/ssh-keygen": "#!/bin/sh\ntouch ran\nexit 0\n" });
    Deno.chmodSync(`${root}/bin/ssh-keygen`, 0o755);
    const git = await run(root, "sh", "-c", "command -v git");
    const only = Deno.makeTempDirSync();
    await run(root, "ln", "-s", git, `${only}/git`);
    const host = unasked(human(site, "ok", key));
    const env = (name: string) =>
      name === "PATH" ? `${root}/bin:${only}` : host.env(name);
    const approve = () => approveItem({ ...host, env }, { root, itemId: "ok" });
    const error = await refusalOf(approve);
    assertEquals(`${error.kind} ${error.code}`, "external signing_failed");
    assertStringIncludes(error.hint ?? "", "install OpenSSH");
    assertEquals(
      [...Deno.readDirSync(root)].some(({ name }) => name === "ran"),
      false,
    );
  }));

Deno.test("an approval of another tool is signed by nobody", () =>
  withSigned(async (site) => {
    const { root } = site;
    const id = idOf(0, 0);
    const log = `${root}/.orchestrator/sessions/${id}/log.jsonl`;
    const { workflow_id: workflowId } = stateOf(root, id);
    const line = {
      timestamp: NOW,
      event_type: "item_completed",
      workflow_id: workflowId,
      phase_id: "PLAN",
      item_id: "ok",
      message: "Approved manual gate: ok",
      details: { approved: true },
      actor: "human",
    };
    const { forgeState } = await import("../session/forge.ts");
    Deno.writeTextFileSync(log, `${JSON.stringify(line)}\n`, { append: true });
    await forgeState(
      `${root}/.orchestrator/sessions/${id}/state.json`,
      (state) => {
        state.phases.PLAN.items.ok.status = "completed";
        state.phases.PLAN.items.ok.completed_at = NOW;
      },
    );
    const found = await findings(root);
    assert(found.includes("approval_unsigned ok"), found.join());
  }));

Deno.test("a human is asked where only their signature can tell whether they are an approver", () =>
  withSigned(async (site) => {
    // The authority signed no such key.
    const { root, other } = site;
    const approve = (host: Host) => () =>
      approveItem(host, { root, itemId: "ok" });
    const asked = human(site, "ok", other);
    assertEquals(await codeOf(approve(asked)), "denied signature_invalid");
    await assertRejects(approve(unasked(asked)), Error, "asked for nothing");
    // What is known without a key is said before.
    await run(root, "git", "rm", "--quiet", "--cached", ".github/approvers");
    await run(root, "git", "commit", "--quiet", "-m", "None");
    assertEquals(
      await codeOf(approve(unasked(asked))),
      "refused approvers_missing",
    );
  }, {
    approver: (key) => `*@example.org cert-authority,namespaces="orc" ${key}`,
  }));
