import {
  verifyNamedWrites,
  verifyWriteAllowed,
  type WriteAllowed,
} from "../../src/agents/write.ts";
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
} from "../work/fixtures.ts";
import { assertEquals, assertMatch } from "@std/assert";

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

/** A plan may be written down before anything else is changed. */
const PLANNING = `name: Planned
phases:
  - id: PLAN
    name: Plan
    allow_write: ["docs/{{session_name}}/**", "!docs/**/*.lock"]
    items: [{id: plan, name: Plan}]
  - id: FREEZE
    name: Freeze
    allow_write: []
    items: [{id: look, name: Look}]
  - id: BUILD
    name: Build
    items: [{id: code, name: Code}]
`.replace("{{session_name}}", "plans");

function messageOf(root: string, ...paths: string[]): Promise<string> {
  const host = fixedHost({ workingDirectory: root });
  return verifyWriteAllowed(host, { root, paths })
    .then(() => "allowed", (error) => error.message);
}

Deno.test("verifyWriteAllowed() lets a phase change the files it names and no others", () =>
  withSession(async (root) => {
    const table = [
      ["docs/plans/a.md", "allowed"],
      ["./docs/x/../plans/b/c.md", "allowed"],
      [`${root}/docs/plans/new/d.md`, "allowed"],
      ["docs/plans/a.lock", "refused"],
      ["docs/plan.md", "refused"],
      ["docs/plans/../../src/a.ts", "refused"],
      ["src/a.ts", "refused"],
    ] as const;
    const only =
      'now: phase "PLAN" lets only docs/plans/**, !docs/**/*.lock be changed';
    for (const [path, verdict] of table) {
      const expected = verdict === "allowed"
        ? verdict
        : `Cannot change "${path}" ${only}`;
      assertEquals(await messageOf(root, path), expected);
    }
    assertEquals(await messageOf(root), `Cannot change files ${only}`);
    assertEquals(
      await messageOf(root, "docs/plans/a.md", "src/a.ts"),
      `Cannot change "src/a.ts" ${only}`,
    );
  }, PLANNING));

Deno.test("verifyWriteAllowed() takes an empty list for no file, and no list for all", async () => {
  for (
    const [phase, expected] of [
      [
        "FREEZE",
        'Cannot change "a" now: phase "FREEZE" lets no file be changed',
      ],
      ["BUILD", "allowed"],
    ] as const
  ) {
    const phases = PLANNING.split(/^(?= {2}- id: )/m);
    const [head = "", ...rest] = phases;
    const first = rest.filter((text) => text.includes(phase));
    const others = rest.filter((text) => !text.includes(phase));
    await withSession(async (root) => {
      assertEquals(await messageOf(root, "a"), expected);
    }, [head, ...first, ...others].join(""));
  }
});

Deno.test("verifyWriteAllowed() never lets the state of orc be changed, by whatever way it is named", () =>
  withRoot({ "src/a.ts": "" }, async (root) => {
    Deno.symlinkSync(`${root}/.orchestrator`, `${root}/link`);
    Deno.mkdirSync(`${root}/.orchestrator`);
    for (
      const path of [
        ".orchestrator/current",
        "src/../.orchestrator/sessions/x/state.json",
        ".Orchestrator/current",
        "link/current",
        ".git/orchestrator/sessions/x/state.json",
        "/elsewhere/.orchestrator/config.yaml",
      ]
    ) {
      assertEquals(
        await messageOf(root, path),
        `Cannot change "${path}": orc alone writes there`,
      );
    }
    assertEquals(await messageOf(root, "src/orchestrator/a.ts"), "allowed");
  }));

Deno.test("verifyWriteAllowed() does not judge what lies outside, and says so", () =>
  withSession(async (root) => {
    const paths = ["/elsewhere/a.ts", "docs/plans/a.md"];
    const host = fixedHost({ workingDirectory: root });
    const { outside, active } = await verifyWriteAllowed(host, { root, paths });
    assertEquals([outside, active], [["/elsewhere/a.ts"], true]);
  }, PLANNING));

Deno.test("verifyNamedWrites() keeps nobody from working by a rule that no workflow says", () =>
  withSession(async (root) => {
    const host = fixedHost({ workingDirectory: root });
    const paths = ["src/a.ts"];
    const { phaseId } = await verifyNamedWrites(host, { root, paths });
    assertEquals(phaseId, "PLAN");
    assertEquals(await refusalCode(root), "write_not_allowed");
  }));

Deno.test("verifyWriteAllowed() judges a link that leads to nothing by where it leads", () =>
  withSession(async (root) => {
    writeTree(root, { "docs/plans/a.md": "", "src/a.ts": "" });
    const links = {
      "docs/plans/out.js": "../../src/new.js",
      "docs/plans/twice.js": "out.js",
      "docs/plans/made/state.json": "../../../.orchestrator/new.json",
      "docs/plans/in.md": "new.md",
    };
    Deno.mkdirSync(`${root}/docs/plans/made`);
    for (const [path, target] of Object.entries(links)) {
      Deno.symlinkSync(target, `${root}/${path}`);
    }
    const verdicts = await Promise.all(
      Object.keys(links).map((path) => messageOf(root, path)),
    );
    const expected = [/lets only/, /lets only/, /orc alone/, /^allowed$/];
    expected.forEach((pattern, at) => assertMatch(verdicts[at] ?? "", pattern));
  }, PLANNING));

Deno.test("verifyWriteAllowed() knows the state among git's files, wherever these lie", () =>
  withSession(async (root) => {
    const git = `${root}/elsewhere/g`;
    writeTree(git, {
      "HEAD": "ref: refs/heads/main\n",
      "objects/keep": "",
      "orchestrator/sessions/keep": "",
    });
    writeTree(root, { ".git": `gitdir: ${git}\n` });
    for (const path of ["orchestrator/sessions/x", "Orchestrator/new"]) {
      assertMatch(await messageOf(root, `${git}/${path}`), /orc alone/);
    }
    assertEquals(await messageOf(root, `${git}/orchestra`), "allowed");
  }, EXECUTING));
