/** `orc mcp` with the official client and with hostile ones, wherever orc runs. */
import { inRepository, type Repository } from "../journey/orc.ts";
import { until } from "../parallel/orc_process.ts";
import { problemsIn } from "../parallel/whole.ts";
import {
  type Connected,
  GENERATIONS,
  OPENING,
  requestOf,
  startRaw,
  withClient,
} from "./mcp.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Small
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: idea, name: The idea, description: Say what is wanted}
      - {id: sketch, name: Sketch, required: false}
  - id: DO
    name: Do
    items:
      - {id: code, name: Code, verification: {type: file_exists, path: code.txt}}
      - {id: look, name: Somebody looked, verification: {type: manual_gate}}
`;

const NAMES = [
  "next",
  "start",
  "complete",
  "skip",
  "note",
  "status",
  "finish",
];

/** A command, and the call of a tool that does the same. */
type Step = readonly [
  words: readonly string[],
  tool: string,
  args?: Readonly<Record<string, unknown>>,
];

const STEPS: readonly Step[] = [
  [["start", "Add login", "--constraint", "No new package"], "start", {
    task: "Add login",
    constraints: ["No new package"],
  }],
  [["next"], "next"],
  [["complete", "idea", "--notes", "As Ada does"], "complete", {
    item: "idea",
    notes: "As Ada does",
  }],
  [["skip", "sketch", "--reason", "The idea is clear enough"], "skip", {
    item: "sketch",
    reason: "The idea is clear enough",
  }],
  [["note", "Mind the cookies"], "note", { text: "Mind the cookies" }],
  [["status"], "status"],
  [["advance"], "finish"],
  [["next"], "next"],
];

/** A text without what is another in each repository. */
function comparable(text: string, { directory }: Repository): string {
  return text.replaceAll(directory, "ROOT").replaceAll(
    /01[\da-z]{2}…[\da-z]{4}/g,
    "ID",
  )
    .replaceAll(/\b01[\da-z]{24}\b/g, "ID").trimEnd();
}

for (const generation of GENERATIONS) {
  const { version } = generation;

  Deno.test(`MCP ${version}: a session is played to its human gate, in the words of the commands`, () =>
    inRepository((one) =>
      inRepository(async (other) => {
        for (const { write } of [one, other]) {
          await write("workflow.yaml", WORKFLOW);
        }
        await withClient(other.directory, generation, async (connected) => {
          const { client, call, errors } = connected;
          assertEquals(client.getNegotiatedProtocolVersion(), version);
          const { tools } = await client.listTools();
          assertEquals(tools.map(({ name }) => name), NAMES);
          for (const [words, tool, args] of STEPS) {
            const { code, stdout } = await one.orc(words, AS_PLAYER);
            const { text, isError } = await call(tool, args);
            assertEquals([code, isError], [0, false], text);
            assertEquals(comparable(text, other), comparable(stdout, one));
          }
          await playRefusals(one, other, connected);
          assertEquals(errors(), "");
        });
        assertEquals(await problemsIn(other.directory), []);
      })
    ));
}

/** The agent that the client is, as a command would know it. */
const AS_PLAYER = { env: { AI_AGENT: "player" } };

/** A check that fails, and a gate that no setting opens for an agent. */
async function playRefusals(
  one: Repository,
  other: Repository,
  { call }: Connected,
): Promise<void> {
  const failed = await call("complete", { item: "code" });
  const said = await one.orc(["complete", "code"], AS_PLAYER);
  assertEquals([failed.isError, said.code], [true, 3]);
  assertEquals(
    comparable(failed.text, other),
    `${comparable(said.stderr, one)}\nCode: check_failed`,
  );
  for (const { write } of [one, other]) await write("code.txt", "x");
  const { text, isError } = await call("complete", { item: "code" });
  assertEquals(isError, false, text);
  const gate = await call("complete", { item: "look" });
  assert(gate.isError);
  const next = await call("next");
  assertStringIncludes(next.text, "orc approve-item look");
  assertStringIncludes(next.text, "a human");
  const open = await call("finish", { notes: "Done" });
  assert(open.isError, open.text);
  const abandoned = await call("finish", { abandon: "The game is over" });
  assertEquals(abandoned.isError, false, abandoned.text);
  const ended = await call("next");
  assertStringIncludes(ended.text, "abandoned");
}

Deno.test("MCP: nobody approves, whatever the environment allows", () =>
  inRepository(async ({ directory, write, result }) => {
    await write(
      "workflow.yaml",
      "name: Gate\nphases: [{id: A, name: A, items: [{id: look, name: Look, verification: {type: manual_gate}}]}]\n",
    );
    await result(["start", "Wait"]);
    const env = { ORCHESTRATOR_APPROVALS: "any" };
    await withClient(directory, GENERATIONS[0], async ({ call }) => {
      const { text, isError } = await call("complete", { item: "look" });
      assertEquals(isError, true, text);
      assertStringIncludes(text, "orc approve-item look");
      const skipped = await call("skip", {
        item: "look",
        reason: "Nobody is here who could look at it, and it is late now",
      });
      assertEquals(skipped.isError, true, skipped.text);
    }, env);
    assertEquals((await result(["status"])).progress.completed, 0);
  }));

Deno.test("MCP: a value is never taken for a flag, and what does not fit is refused with a way on", () =>
  inRepository(async ({ directory, write, result }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Try"]);
    await withClient(directory, GENERATIONS[0], async ({ call, client }) => {
      const noted = await call("note", { text: "--force" });
      assertEquals(noted, { text: "Noted", isError: false });
      const refused: [string, Record<string, unknown>, string][] = [
        ["complete", { item: "--skip-verify" }, 'No item "--skip-verify"'],
        ["complete", {}, 'Tool "complete" needs "item"'],
        ["complete", { item: 7 }, 'Argument "item" of tool "complete"'],
        ["complete", { item: "idea", evidence: "x" }, "not a list of texts"],
        ["complete", { item: "idea", force: "yes" }, 'No option "force"'],
        ["start", { task: "x", beside: "yes" }, "is not true or false"],
        ["start", { task: "x", beside: false }, "is still active"],
        ["note", { text: "x", session: "zz" }, 'session "zz"'],
        ["start", { task: "x", session: "01" }, 'No option "session"'],
        ["note", { text: "a\0b" }, "NUL"],
      ];
      for (const [tool, args, message] of refused) {
        const { text, isError } = await call(tool, args);
        assertEquals(isError, true, text);
        assertStringIncludes(text, message);
        assert(/^Code: [a-z_]+$/m.test(text), text);
        assert(/^Try: /m.test(text), text);
      }
      const unknown = await client.callTool({ name: "approve", arguments: {} })
        .then(() => "", (error: Error) => error.message);
      assertStringIncludes(unknown, 'No tool "approve"');
    });
    assertEquals((await result(["status"])).notes, ["--force"]);
  }));

Deno.test("MCP: a session is worked in by its id, also where another is current", () =>
  inRepository(async ({ directory, write, result }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "First"]);
    const [first] = (await result(["session", "list"])).sessions;
    await withClient(directory, GENERATIONS[1], async ({ call }) => {
      // What the refusal names is a way for whoever has no shell, too.
      const refused = await call("start", { task: "Second" });
      assertStringIncludes(refused.text, "orc start --beside");
      const started = await call("start", { task: "Second", beside: true });
      assertEquals(started.isError, false, started.text);
      await call("note", { text: "For the first", session: first.id });
      assertStringIncludes((await call("status")).text, "Second");
    });
    const { notes } = await result(["status", "--session", first.id]);
    assertEquals(notes, ["For the first"]);
  }));

Deno.test("MCP: calls at once are done in their order", () =>
  inRepository(async ({ directory, write, result }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Many"]);
    const texts = Array.from({ length: 12 }, (_, index) => `Note ${index}`);
    await withClient(directory, GENERATIONS[0], async ({ call }) => {
      const all = await Promise.all(
        texts.map((text) => call("note", { text })),
      );
      assertEquals(all.filter(({ isError }) => isError), []);
    });
    assertEquals((await result(["status"])).notes, texts);
  }));

const SLOW = `name: Slow
phases: [{id: A, name: A, items: [{id: slow, name: Slow, verification: {type: command, command: sh check.sh}}]}]
`;

/** Says that it runs, and that it was ended. */
const CHECK = `trap 'echo > ended; exit 1' TERM INT HUP
echo > running
while :; do sleep 0.05; done
`;

function hasFile(directory: string, name: string): boolean {
  return Array.from(Deno.readDirSync(directory)).some((entry) =>
    entry.name === name
  );
}

const isWindows = Deno.build.os === "windows";

/** Runs a test with a check under way that never ends by itself. */
function whileChecking(
  test: (repository: Repository) => Promise<void>,
): Promise<void> {
  return inRepository(async (repository) => {
    const { directory, write, result } = repository;
    await write("workflow.yaml", SLOW);
    await write("check.sh", CHECK);
    await result(["start", "Wait"]);
    await test(repository);
    await until("ended", () => hasFile(directory, "ended"));
    assertEquals((await result(["status"])).progress.completed, 0);
    assertEquals(await problemsIn(directory), []);
  });
}

for (const generation of GENERATIONS) {
  Deno.test({
    name:
      `MCP ${generation.version}: a call that is cancelled ends its check, and the next one is served`,
    ignore: isWindows,
    fn: () =>
      whileChecking(({ directory }) =>
        withClient(directory, generation, async ({ call }) => {
          const stop = new AbortController();
          const slow = call("complete", { item: "slow" }, stop.signal)
            .then(() => "answered", () => "cancelled");
          await until("running", () => hasFile(directory, "running"));
          stop.abort();
          assertEquals(await slow, "cancelled");
          const next = await call("next");
          assertStringIncludes(next.text, "slow");
          assert(hasFile(directory, "ended"));
        })
      ),
  });
}

const COMPLETE_SLOW = requestOf(1, "tools/call", {
  name: "complete",
  arguments: { item: "slow" },
});

Deno.test({
  name: "MCP: the end of the input ends the check under way, and orc with 0",
  ignore: isWindows,
  fn: () =>
    whileChecking(async ({ directory }) => {
      const raw = startRaw(directory);
      await raw.write(OPENING + COMPLETE_SLOW);
      await until("running", () => hasFile(directory, "running"));
      const { code, stderr } = await raw.end();
      assertEquals([code, stderr], [0, ""]);
      assert(hasFile(directory, "ended"));
    }),
});

Deno.test({
  name: "MCP: SIGTERM ends the check under way, and orc with 143",
  ignore: isWindows,
  fn: () =>
    whileChecking(async ({ directory }) => {
      const raw = startRaw(directory);
      await raw.write(OPENING + COMPLETE_SLOW);
      await until("running", () => hasFile(directory, "running"));
      Deno.kill(raw.pid, "SIGTERM");
      // Its input is still open.
      assertEquals(await raw.ended, 143);
      assertEquals((await raw.end()).stdout.includes('"id":1'), false);
    }),
});

Deno.test({
  name: "MCP: SIGTERM ends orc at rest, and so does the end of its input",
  ignore: isWindows,
  fn: () =>
    inRepository(async ({ directory }) => {
      const killed = startRaw(directory);
      await killed.write(OPENING);
      await killed.read();
      Deno.kill(killed.pid, "SIGTERM");
      assertEquals(await killed.ended, 143);
      await killed.end();
      const left = startRaw(directory);
      await left.write(OPENING);
      await left.read();
      assertEquals(await left.end(), { code: 0, stdout: "", stderr: "" });
    }),
});

Deno.test("MCP: lines that are no messages disturb nobody, and nothing but messages is said", () =>
  inRepository(async ({ directory }) => {
    const raw = startRaw(directory);
    const next = requestOf(2, "tools/call", { name: "next" });
    await raw.write(
      `not json\n\n{"jsonrpc":"2.0"}\n[]\nnull\n"x"\n{"id":5}\n\x1b[31m\n${OPENING}{"a":\n${next}`,
    );
    const ids = [(await raw.read()).id, (await raw.read()).id];
    assertEquals(ids, [0, 2]);
    const { code, stdout } = await raw.end();
    assertEquals([code, stdout], [0, ""]);
  }));

Deno.test("MCP: two requests with one id are both answered, and done once each", () =>
  inRepository(async ({ directory, write, result }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Twice"]);
    const note = (text: string) =>
      requestOf(7, "tools/call", { name: "note", arguments: { text } });
    const raw = startRaw(directory);
    await raw.write(OPENING + note("One") + note("Two"));
    await raw.read();
    const answers = [await raw.read(), await raw.read()];
    assertEquals(answers.map(({ id }) => id), [7, 7]);
    assertEquals((await raw.end()).code, 0);
    assertEquals((await result(["status"])).notes, ["One", "Two"]);
  }));

Deno.test("MCP: a line without an end is given up with a sentence, and changes nothing", () =>
  inRepository(async ({ directory, write, result }) => {
    await write("workflow.yaml", WORKFLOW);
    await result(["start", "Huge"]);
    const raw = startRaw(directory);
    await raw.write(OPENING);
    await raw.read();
    const piece = "x".repeat(1 << 16);
    await raw.write('{"jsonrpc":"2.0","id":1,"method":"');
    for (let count = 0; count < 64; count++) await raw.write(piece);
    const { code, stdout, stderr } = await raw.end();
    assertEquals([code, stdout], [0, ""]);
    assertStringIncludes(stderr, "exceed");
    assertEquals((await result(["status"])).serial, 1);
  }));

Deno.test("MCP: an agent's own id in the environment keeps it to its session", () =>
  inRepository(async ({ directory, orc, write }) => {
    await write("workflow.yaml", WORKFLOW);
    const agent = (id: string) => ({
      CLAUDECODE: "1",
      CLAUDE_CODE_SESSION_ID: id,
    });
    await orc(["start", "Of another"], { env: agent("b") });
    await withClient(directory, GENERATIONS[0], async ({ call }) => {
      const { text, isError } = await call("complete", { item: "idea" });
      assertEquals(isError, true);
      assertStringIncludes(text, 'belongs to agent "claude-code:b"');
      assertStringIncludes(text, "Code: session_of_another");
      await call("start", { task: "My own" });
      const own = await call("complete", { item: "idea", notes: "Mine" });
      assertEquals(own.isError, false, own.text);
    }, agent("c"));
  }));
