import { quickRepository } from "./repository.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { agent } from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Small
phases:
  - id: DO
    name: Do
    items:
      - {id: one, name: One}
      - {id: two, name: Two, required: false}
      - {id: three, name: Three, verification: {type: manual_gate}}
`;

const B = { env: agent("b") };
const C = { env: agent("c") };
const NAMELESS = { env: { CLAUDECODE: "1" } };
const HUMAN = { env: {} };

/** A repository in which agent B has started the only session, and its id. */
async function playBeside(
  play: (
    orc: ReturnType<typeof quickRepository>["orc"],
    session: string,
    directory: string,
  ) => Promise<void>,
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    writeTree(directory, { "workflow.yaml": WORKFLOW });
    const { orc } = quickRepository(directory);
    await orc(["start", "Add login"], B);
    await orc(["note", "The first update"], B);
    const session = Deno.readTextFileSync(`${directory}/.orchestrator/current`);
    await play(orc, session, directory);
  });
}

/** All that an agent could change in a session, each as it would be right for its owner. */
const CHANGES: readonly (readonly string[])[] = [
  ["complete", "one"],
  ["start-item", "one"],
  ["skip", "two", "--reason", "There is no second thing to do"],
  ["note", "Not mine"],
  ["advance"],
  ["finish"],
  ["finish", "--abandon", "--reason", "No longer wanted"],
  ["reopen", "one", "--reason", "It is not done yet"],
  ["checkpoint", "-m", "Here"],
  ["undo"],
  ["approve-item", "three"],
];

/** All files of a directory with what they hold. */
function filesIn(directory: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { name, isFile } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (isFile) files.set(path, Deno.readTextFileSync(path));
    else for (const entry of filesIn(path)) files.set(...entry);
  }
  return files;
}

Deno.test("an agent changes nothing in the session of another, by whatever way it is meant", () =>
  playBeside(async (orc, session, directory) => {
    const named = { env: { ...C.env, ORCHESTRATOR_SESSION: session } };
    const before = filesIn(`${directory}/.orchestrator/sessions`);
    for (const words of CHANGES) {
      const tries = [
        await orc(words, C),
        await orc([...words, "--session", session], C),
        await orc(words, named),
      ];
      for (const { code, stderr } of tries) {
        assertEquals(code, 3, words.join(" "));
        assertStringIncludes(stderr, 'belongs to agent "claude-code:b"');
        assertStringIncludes(stderr, `orc session switch ${session}`);
        assertStringIncludes(stderr, 'orc start "TASK"');
      }
    }
    const renamed = await orc(["session", "rename", session, "Mine"], C);
    assertEquals(renamed.code, 3);
    assertEquals(filesIn(`${directory}/.orchestrator/sessions`), before);
    assertEquals((await orc(["complete", "one"], B)).code, 0);
  }));

Deno.test("an agent may read the session of another, and next says whose it is", () =>
  playBeside(async (orc, session) => {
    const next = await orc(["next"], C);
    assertEquals(next.code, 0);
    assertEquals(
      next.stdout,
      `This session belongs to agent "claude-code:b": Add login
start one of your own: orc start "TASK"
or take it over: orc session switch ${session}
`,
    );
    const json = JSON.parse((await orc(["next", "--json"], C)).stdout);
    assertEquals(json.result.owner, { agent: "claude-code:b", session });
    assertEquals(
      JSON.parse((await orc(["next", "--json"], B)).stdout).result.owner,
      undefined,
    );
    const reminded = (await orc(["context-reminder"], B)).stdout;
    assertStringIncludes(reminded, "Add login");
    assertEquals(
      (await orc(["context-reminder"], C)).stdout,
      '{"active":false}\n',
    );
    for (const words of [["status"], ["history"], ["session", "info"]]) {
      assertEquals((await orc(words, C)).code, 0, words.join(" "));
    }
    assertStringIncludes(
      (await orc(["status"], C)).stderr,
      'belongs to agent "claude-code:b"; it is shown, and updates are refused',
    );
  }));

Deno.test("whoever tells no id of its own goes on where it is, a human too", () =>
  playBeside(async (orc) => {
    assertEquals((await orc(["note", "By a human"], HUMAN)).code, 0);
    assertEquals((await orc(["note", "By some agent"], NAMELESS)).code, 0);
    assertEquals((await orc(["complete", "one"], HUMAN)).code, 0);
  }));

Deno.test("an agent works in the session that a human started", () =>
  withTemporaryDirectory(async (directory) => {
    writeTree(directory, { "workflow.yaml": WORKFLOW });
    const { orc } = quickRepository(directory);
    await orc(["start", "Add login"], HUMAN);
    assertEquals((await orc(["complete", "one"], C)).code, 0);
    assertEquals((await orc(["note", "Both are here"], B)).code, 0);
  }));

Deno.test("an agent starts beside the session of another, and neither moves the other", () =>
  playBeside(async (orc, session) => {
    assertEquals((await orc(["start", "Add logout"], C)).code, 0);
    assertStringIncludes((await orc(["status"], C)).stdout, "Add logout");
    assertStringIncludes((await orc(["status"], B)).stdout, "Add login");
    const refused = await orc(["note", "x", "--session", session], C);
    assertEquals(refused.code, 3);
  }));

Deno.test("session switch takes a session over: then its first owner may only read, and may start anew or take it back", () =>
  playBeside(async (orc, session) => {
    const switched = await orc(["session", "switch", session], C);
    assertEquals(switched.code, 0);
    assertStringIncludes(
      switched.stderr,
      'It belonged to agent "claude-code:b", which can only read it from now on',
    );
    assertEquals((await orc(["complete", "one"], C)).code, 0);
    const late = await orc(["note", "Still me"], B);
    assertEquals(late.code, 3);
    assertStringIncludes(late.stderr, 'belongs to agent "claude-code:c"');
    assertEquals((await orc(["session", "switch", session], B)).code, 0);
    assertEquals((await orc(["note", "Back again"], B)).code, 0);
    assertEquals((await orc(["note", "Gone"], C)).code, 3);
    assertEquals((await orc(["start", "Add logout"], C)).code, 0);
  }));

Deno.test("a session whose owner moved on belongs to nobody, until an agent switches to it", () =>
  playBeside(async (orc, session) => {
    await orc(["start", "Add logout", "--beside"], B);
    assertEquals((await orc(["note", "x", "--session", session], C)).code, 0);
    const switched = await orc(["session", "switch", session], C);
    assert(!switched.stderr.includes("belonged"), switched.stderr);
    const late = await orc(["note", "x", "--session", session], B);
    assertEquals(late.code, 3);
  }));

Deno.test("one id of the host is one owner: its subagents and what comes after a compaction go on", () =>
  playBeside(async (orc) => {
    const entrypoints = ["cli", "sdk-ts", "mcp"];
    for (const entrypoint of entrypoints) {
      const same = { ...B.env, CLAUDE_CODE_ENTRYPOINT: entrypoint };
      const noted = await orc(["note", entrypoint], { env: same });
      assertEquals(noted.code, 0, noted.stderr);
    }
  }));

Deno.test("a damaged meta.json or binding says of no owner, and keeps nobody out", () =>
  playBeside(async (orc, session, directory) => {
    const state = `${directory}/.orchestrator`;
    const [binding] = [...Deno.readDirSync(`${state}/bindings`)];
    const path = `${state}/bindings/${binding?.name}`;
    const kept = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, "{");
    assertEquals((await orc(["note", "One"], C)).code, 0);
    Deno.writeTextFileSync(path, kept);
    assertEquals((await orc(["note", "Two"], C)).code, 3);
    Deno.writeTextFileSync(`${state}/sessions/${session}/meta.json`, "{");
    assertEquals((await orc(["note", "Three"], C)).code, 0);
    const switched = await orc(["session", "switch", session], C);
    assertEquals(switched.code, 0);
    assertStringIncludes(switched.stderr, "meta.json");
  }));
