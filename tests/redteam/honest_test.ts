/** Honest work, however odd: nobody is told that somebody lied. */
import { assertEquals } from "@std/assert";
import type { PlainState } from "../session/forge.ts";
import { writeTree } from "../files/temporary.ts";
import { APPROVING } from "../work/fixtures.ts";
import {
  AGENT,
  assertHonest,
  copy,
  git,
  onStage,
  plan,
  planned,
  playerIn,
  replaceFile,
  type Stage,
  started,
  worked,
} from "./stage.ts";

/** What was done is no lie, also in the eyes of `orc finish` where it is done. */
function honest(
  name: string,
  work: (stage: Stage) => Promise<unknown>,
  { before, workflow, allowed = [] }: {
    readonly before?: (stage: Stage) => Promise<void>;
    readonly workflow?: string;
    readonly allowed?: readonly string[];
  } = {},
): void {
  Deno.test(`honest: ${name}`, () =>
    onStage(async (stage) => {
      await work(stage);
      await assertHonest(stage, stage.session, [
        "session_open",
        "vouched",
        ...allowed,
      ]);
    }, { before, workflow }));
}

const ELSEWHERE = { allowed: ["done_elsewhere"] };
const at = (instant: string) => ({ environment: AGENT, at: instant });

honest("all of a workflow", async ({ done }) => {
  await done(["finish", "--notes", "Done \u2028 \ud83d at last"]);
}, { before: worked });
honest("notes with every odd character", async ({ done }) => {
  const odd = [
    "half \ud800 of a pair",
    "ends of lines \u2028 \u2029 \u0085 \r\n",
    "four bytes \u{1f34f}",
    "signs of control \u001b[31m \u007f \t",
    "none \ufeff \ufffe \uffff",
    'a line, "chain": "' + "ab".repeat(32) + '"}',
  ];
  for (const text of odd) await done(["note", text]);
  await done(["complete", "idea", "--notes", odd.join(" ")]);
});
honest("secrets in notes are masked", async ({ done }) => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  await done(["note", `The token is ${token}`]);
  await done(["complete", "idea", "--notes", `With ${token} in it`]);
});
honest("checks fail before they pass", async (stage) => {
  for (const _ of [1, 2, 3]) await stage.orc(["complete", "tests"]);
  writeTree(stage.root, { passes: "" });
  await stage.done(["complete", "tests"]);
  await stage.done(["complete", "code", "--notes", "Written"]);
  await stage.done(["finish"]);
}, { before: planned });
honest("what is refused is logged", async ({ orc }) => {
  await orc(["approve-item", "consent"]);
  await orc(["approve"]);
  await orc(["advance", "--force"]);
  await orc(["finish", "--force"]);
}, { before: plan });
honest("tests approve where a setting lets them", async ({ done }) => {
  const machine = { environment: APPROVING };
  await done(["approve-item", "consent"], machine);
  await done(["approve"], machine);
  await done(["advance"]);
}, { before: plan, allowed: ["approved_by_setting"] });
honest("a human forces everything", async ({ done, human }) => {
  await done(["complete", "idea", "--notes", "It is good"]);
  const notes = ["--notes", "It is there"];
  await human(["complete", "plan", "--skip-verify", ...notes], "plan");
  await human(["advance", "--force"], "PLAN");
  await human(["finish", "--force"], "finish");
});
honest("it is abandoned", async ({ done }) => {
  const reason = "Workflow abandoned: \ud800 \u2028";
  await done(["finish", "--abandon", "--reason", reason, "--notes", "Sorry"]);
}, { before: plan, allowed: ["session_abandoned"] });
honest("clocks go back and forth", async ({ done }) => {
  const note = ["note", "What time is it?"];
  await done(
    ["complete", "idea", "--notes", "Done"],
    at("2027-01-01T00:00:00Z"),
  );
  await done(note, at("2020-01-01T00:00:00Z"));
  await done(note, at("2026-03-01T10:00:00.123456789Z"));
});
honest("a checkpoint is returned to", async ({ done, human }) => {
  await done(["checkpoint", "-m", "Half way"]);
  const { checkpoints: [{ id }] } = await done(["checkpoints"]);
  await human(["approve-item", "consent"], "consent");
  await human(["resume", id], "yes");
  await done(["note", "Once more"]);
  await human(["approve-item", "consent"], "consent");
}, { before: plan });
honest("it gets another name", async ({ done, session }) => {
  await done(["session", "rename", session, "Apples"]);
  await done(["note", "A better name"]);
});

const EVIDENCE = `name: Evidence
phases:
  - id: DO
    name: Do
    items:
      - {id: spec, name: Understood, evidence_schema: SpecReviewEvidence}
`;
const LISTED = "requirements_extracted";
for (
  const [name, text] of [
    [
      "e.json",
      `{"${LISTED}": ["one"], "a": 1.0, "b": 1e400, "c": -0, "d": -0.0, "e": 1E5, "f": 12345678901234567890, "g": 1e-400, "h": 2.50, "": 3, "__proto__": 4, "i": "\\ud800"}`,
    ],
    [
      "e.yaml",
      `${LISTED}: [one]\na: 1.0\nb: 1e400\nc: -0\nd: -0.0\ne: 0x1F\nf: 0o17\ng: 2020-01-01\nh: 1_000\ni: 12345678901234567890123\n`,
    ],
  ] as const
) {
  honest(`numbers of every form in ${name}`, async ({ root, done }) => {
    writeTree(root, { [name]: text });
    await done(["complete", "spec", "--evidence", `${root}/${name}`]);
    await done(["finish"]);
  }, { workflow: EVIDENCE });
}

const HYBRID = `name: Watched
settings: {supervision_mode: hybrid, approval_timeout_minutes: 30}
phases:
  - id: DO
    name: Do
    items:
      - {id: glance, name: Glance, risk: low, verification: {type: manual_gate}}
      - {id: look, name: Look, verification: {type: manual_gate}}
      - {id: study, name: Study, risk: high, verification: {type: manual_gate}}
`;
// Each command comes a second after the one before it.
honest("gates pass by themselves in time", async ({ orc, done, human }) => {
  await orc(["complete", "glance"]);
  await orc(["complete", "look"]);
  await done(["complete", "look"]);
  await human(["approve-item", "study"], "study");
  await done(["finish"]);
}, { workflow: HYBRID.replace("30", "0.01") });
honest("nobody watches", async ({ done }) => {
  await done(["complete", "glance", "--notes", "Seen"]);
}, { workflow: HYBRID.replace("hybrid", "zero_human") });

honest("the repository is copied, collected and moved", async (stage) => {
  const { root } = stage;
  await git(root, "gc", "--quiet", "--prune=now");
  await copy(root, `${root}-copy`);
  const there = playerIn(`${root}-copy`);
  await assertHonest(there);
  await there.done(["note", "In the copy"]);
  await assertHonest(there);
  Deno.renameSync(`${root}-copy`, `${root}-moved`);
  const moved = playerIn(`${root}-moved`);
  await moved.done(["note", "Elsewhere"]);
  await assertHonest(moved);
  await stage.done(["note", "Here"]);
}, { before: plan });

honest("git tracks the state, and changes branches", async (stage) => {
  const { root, done } = stage;
  const commit = async () => {
    await git(root, "add", "--all");
    await git(root, "commit", "--quiet", "-m", "Work");
  };
  Deno.removeSync(`${root}/.orchestrator/.gitignore`);
  await commit();
  await git(root, "checkout", "--quiet", "-b", "other");
  await done(["complete", "idea", "--notes", "On a branch"]);
  await commit();
  await git(root, "checkout", "--quiet", "main");
  await assertHonest(stage);
  await done(["note", "On main"]);
  await commit();
  await assertHonest(stage);
  await git(root, "clone", "--quiet", root, `${root}-clone`);
  const clone = playerIn(`${root}-clone`);
  await clone.done(["note", "In the clone"]);
  await assertHonest(clone);
  await git(root, "checkout", "--quiet", "other");
});

honest("all is removed, and comes back", async ({ root, done }) => {
  Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
  await done(["recover"]);
  await done(["note", "There again"]);
}, { before: planned });
honest("an older copy is put back, and replaced", async ({ root, done }) => {
  await copy(`${root}/.orchestrator`, `${root}/kept`);
  await done(["note", "Newer"]);
  Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
  Deno.renameSync(`${root}/kept`, `${root}/.orchestrator`);
  await done(["recover"]);
  await done(["note", "There again"]);
}, { before: plan });
honest("a human trusts an older state", async (stage) => {
  const kept = Deno.readTextFileSync(stage.state);
  await stage.done(["note", "Newer"]);
  replaceFile(stage.state, kept);
  const { session } = stage;
  await stage.human(["doctor", "--trust-state", session], session);
  await stage.done(["note", "Older"]);
}, { before: plan });
honest("a human signs what somebody changed by hand", async (stage) => {
  const text = Deno.readTextFileSync(stage.state);
  replaceFile(stage.state, text.replace("to everyone", "to anyone"));
  const { session } = stage;
  await stage.human(["doctor", "--resign", session], session);
  await stage.done(["note", "As it is"]);
}, { before: plan });
honest("a human returns to a checkpoint from nothing", async (stage) => {
  await stage.done(["checkpoint", "-m", "Half way"]);
  replaceFile(stage.state, "nothing");
  const { session } = stage;
  await stage.human(["doctor", "--restore", session], session);
  await stage.done(["note", "There again"]);
}, { before: plan });

/** A turn of an orc that knew no chain: it keeps what it does not know, but not in events. */
async function olderTurn(
  { state, editLog, forge }: Stage,
  event: object,
  edit: (state: PlainState) => void,
): Promise<void> {
  const { workflow_id, metadata } = JSON.parse(Deno.readTextFileSync(state));
  const { events, serial } = metadata.orc;
  const made = {
    timestamp: "2026-03-01T10:20:00.000000Z",
    workflow_id,
    phase_id: "BUILD",
    message: "Done",
    details: {},
    actor: "system",
    ...event,
    id: `01kk99${String(serial).padStart(20, "0")}`,
    serial: serial + 1,
  };
  const carried = events.map((
    { chain: _chain, others: _others, ...rest }: PlainState,
  ) => rest);
  editLog((lines) => [
    ...lines,
    ...[...carried, made].map((each) => JSON.stringify(each)),
  ]);
  await forge((state) => {
    Object.assign(state.metadata.orc, {
      serial: serial + 1,
      events: [...carried, made],
    });
    edit(state);
  });
}

honest("an older orc takes turns with this one", async (stage) => {
  const note = {
    at: "2026-03-01T10:20:00.001000Z",
    text: "Old",
    item_id: null,
  };
  const added = { event_type: "note_added", details: { note: "Old" } };
  await olderTurn(
    stage,
    added,
    ({ metadata }) => metadata.orc.notes.push(note),
  );
  await assertHonest(stage);
  await stage.done(["note", "New"]);
  const failed = { event_type: "gate_failed", item_id: "tests" };
  await olderTurn(stage, failed, ({ phases }) => {
    phases.BUILD.items.tests.retry_count = 1;
  });
  await assertHonest(stage);
  writeTree(stage.root, { passes: "" });
  await stage.done(["complete", "tests"]);
  await assertHonest(stage);
  const done = { event_type: "item_completed", item_id: "code" };
  await olderTurn(stage, done, ({ phases }) => {
    phases.BUILD.items.code.status = "completed";
  });
  await stage.done(["finish"]);
}, { before: planned, ...ELSEWHERE });

/** Lines of the older tool, which has no chain and no numbers. */
function olderLines({ state, editLog }: Stage, ...events: object[]): void {
  const { workflow_id } = JSON.parse(Deno.readTextFileSync(state));
  const line = { workflow_id, phase_id: "BUILD", message: "Done", details: {} };
  editLog((lines) => [
    ...lines,
    ...events.map((event) => JSON.stringify({ ...line, ...event })),
  ]);
}

honest("the older tool fails a gate, and orc passes it", async (stage) => {
  const item_id = "tests";
  olderLines(
    stage,
    { event_type: "gate_executed", item_id },
    { event_type: "gate_failed", item_id },
  );
  await stage.forge(({ phases }) => {
    const result = { success: false };
    Object.assign(phases.BUILD.items.tests, {
      status: "failed",
      retry_count: 1,
      gate_result: result,
    });
  });
  await assertHonest(stage);
  writeTree(stage.root, { passes: "" });
  await stage.done(["complete", "tests"]);
  await stage.done(["complete", "code", "--notes", "Written"]);
  await stage.done(["finish"]);
}, { before: planned });
honest(
  "the older tool logs the end of the last phase, and stays in it",
  async (stage) => {
    olderLines(stage, { event_type: "phase_completed" });
    await assertHonest(stage);
    await stage.done(["note", "Still here"]);
  },
  { before: worked },
);

Deno.test("honest: a session of the older tool is moved in, taken back and moved in again", () =>
  onStage(async (stage) => {
    const { root, done } = stage;
    const state = JSON.parse(Deno.readTextFileSync(stage.state));
    delete state.metadata.orc;
    delete state._checksum;
    state.workflow_id = "wf_1a2b3c4d";
    for (const name of [".orchestrator", ".git/orchestrator"]) {
      Deno.removeSync(`${root}/${name}`, { recursive: true });
    }
    writeTree(root, { ".workflow_state.json": JSON.stringify(state) });
    await done(["migrate"]);
    await done(["migrate", "--rollback"]);
    await done(["complete", "idea", "--notes", "In the old place"]);
    await assertHonest(stage);
    const { phases } = await done(["status"]);
    assertEquals(phases[0].completed, 1);
  }, { before: started }));

Deno.test("honest: a session that carries no workflow goes on by workflow.yaml, which is edited", () =>
  onStage(async (stage) => {
    const { root, done } = stage;
    const state = JSON.parse(Deno.readTextFileSync(stage.state));
    delete state.metadata.orc;
    delete state._checksum;
    Object.assign(state, {
      workflow_id: "wf_1a2b3c4d",
      workflow_definition: null,
    });
    for (const name of [".orchestrator", ".git/orchestrator"]) {
      Deno.removeSync(`${root}/${name}`, { recursive: true });
    }
    writeTree(root, {
      ".workflow_state.json": JSON.stringify(state),
      "plan.md": "Buy apples\n",
    });
    await done(["complete", "idea", "--notes", "In the old place"]);
    await done(["complete", "plan"]);
    await done(["note", "By the rules of then"]);
    await assertHonest(stage);
    const path = `${root}/workflow.yaml`;
    const text = Deno.readTextFileSync(path);
    const edited = text.replace("plan.md", "README.md")
      .replace("id: idea", "id: thought");
    Deno.writeTextFileSync(path, edited);
    await assertHonest(stage);
    await stage.human(["approve-item", "consent", "--early"], "consent");
    await assertHonest(stage);
  }));
