/** What hosts of agents are answered, in repositories of every kind. */
import { answerHook, type HookAnswered } from "../../src/agents/hook.ts";
import { HOSTS } from "../../src/agents/host_rules.ts";
import { primeAgent } from "../../src/agents/prime.ts";
import { listCheckpoints } from "../../src/checkpoints/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { advancePhase, finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { agent, fixedHost, GIT_LS_FILES, withRoot } from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Small
phases:
  - id: PLAN
    name: Plan
    allow_write: ["docs/**"]
    items:
      - {id: one, name: One}
      - {id: two, name: Two}
      - {id: agreed, name: Agreed, verification: {type: manual_gate}}
  - id: BUILD
    name: Build
    items: [{id: code, name: Code}]
`;

let machine = 0;

/** Another process of the same agent, as each command and each hook is. */
function host(id = "a") {
  machine = (machine + 1) % 90;
  return fixedHost({
    number: machine,
    environment: { ...agent(id), ORCHESTRATOR_APPROVALS: "any" },
  });
}

/** A hook gets no variable that names the agent's session. */
function fire(
  root: string,
  event: string,
  input: object = {},
  name = "claude",
): Promise<HookAnswered> {
  machine = (machine + 1) % 90;
  const told = { session_id: "a", cwd: root, ...input };
  const options = { root, host: name, event, input: JSON.stringify(told) };
  return answerHook(
    fixedHost({ number: machine, programs: { [GIT_LS_FILES]: {} } }),
    options,
  );
}

function inSession(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    await startSession(host(), { root, task: "Add login" });
    await test(root);
  });
}

/** What a Stop comes to: the type of the verdict by the key that Claude Code reads. */
async function stopped(root: string, input: object = {}): Promise<string> {
  const { answer } = await fire(root, "Stop", input);
  return answer === null ? "nothing" : Object.keys(answer).join();
}

const SENT_BACK = "decision,reason";
const TOLD = "systemMessage";

Deno.test("SessionStart brings the next command into the agent's context", () =>
  inSession(async (root) => {
    const { answer } = await fire(root, "SessionStart", { source: "compact" });
    const text = JSON.stringify(answer);
    assertStringIncludes(text, "additionalContext");
    assertStringIncludes(text, "Task: Add login");
    assertStringIncludes(text, "Next: orc complete one");
  }));

Deno.test("SessionStart sends nobody to the work of another agent, and says whose it is", () =>
  inSession(async (root) => {
    const told = { session_id: "b", source: "startup" };
    const { answer } = await fire(root, "SessionStart", told);
    const text = JSON.stringify(answer);
    assertStringIncludes(text, 'belongs to agent \\"claude-code:a\\"');
    assertStringIncludes(text, "Add login");
    assertStringIncludes(text, "orc start");
    assertStringIncludes(text, "orc session switch ");
    assertEquals(text.includes("orc complete"), false);
    const { text: own } = await primeAgent(host(), { root });
    assertStringIncludes(own, "Next: orc complete one");
    const { text: others } = await primeAgent(host("b"), { root });
    assertStringIncludes(others, "orc session switch ");
    assertEquals(others.includes("orc complete"), false);
  }));

Deno.test("PreToolUse denies the state of orc, and what the phase does not let be changed", () =>
  inSession(async (root) => {
    const edit = async (path: string, tool_name = "Edit") => {
      const tool_input = { file_path: path };
      const event = { tool_name, tool_input };
      return JSON.stringify((await fire(root, "PreToolUse", event)).answer);
    };
    assertStringIncludes(await edit(`${root}/src/a.ts`), '"deny"');
    assertStringIncludes(await edit("src/a.ts"), "phase");
    assertEquals(await edit("docs/a.md"), "null");
    assertEquals(await edit("/elsewhere/a.md"), "null");
    assertEquals(await edit("src/a.ts", "Read"), "null");
    await completeItem(host(), { root, itemId: "one" });
    await completeItem(host(), { root, itemId: "two" });
    assertStringIncludes(await edit(".orchestrator/current"), "orc alone");
  }));

Deno.test("PreToolUse fails closed where a session is there and cannot be judged", () =>
  inSession(async (root) => {
    const ask = async (input: string) => {
      const options = { root, host: "claude", event: "PreToolUse", input };
      return JSON.stringify((await answerHook(host(), options)).answer);
    };
    assertStringIncludes(await ask("{"), '"deny"');
    const edit = JSON.stringify({
      session_id: "a",
      tool_name: "Write",
      tool_input: { file_path: "docs/a.md" },
    });
    assertEquals(await ask(edit), "null");
    const session = `.orchestrator/sessions`;
    const [first] = Deno.readDirSync(`${root}/${session}`);
    writeTree(root, { [`${session}/${first?.name}/state.json`]: "{" });
    assertStringIncludes(await ask(edit), "cannot be told");
  }));

Deno.test("PreToolUse judges a file where it lies, wherever the agent says it works", () =>
  inSession((root) =>
    withRoot({}, async (elsewhere) => {
      const ask = async (cwd: string, path: string) => {
        const tool_input = { file_path: path };
        const input = { session_id: "a", cwd, tool_name: "Write", tool_input };
        const options = { host: "claude", event: "PreToolUse" };
        const told = { ...options, input: JSON.stringify(input) };
        return JSON.stringify((await answerHook(host(), told)).answer);
      };
      Deno.symlinkSync(root, `${elsewhere}/link`);
      for (const cwd of [elsewhere, `${elsewhere}/missing`, "/"]) {
        assertStringIncludes(await ask(cwd, `${root}/src/a.ts`), "lets only");
        const state = `${root}/.orchestrator/sessions/x/state.json`;
        assertStringIncludes(await ask(cwd, state), "orc alone");
        assertEquals(await ask(cwd, `${root}/docs/new/a.md`), "null");
        assertEquals(await ask(cwd, `${elsewhere}/a.md`), "null");
        const linked = `${elsewhere}/link/src/a.ts`;
        assertStringIncludes(await ask(cwd, linked), "lets only");
      }
      assertStringIncludes(await ask(elsewhere, "link/src/a.ts"), "lets only");
    })
  ));

Deno.test("PreToolUse judges an edit in the repository in which the hook was started, too", () =>
  inSession((root) =>
    withRoot({}, async (elsewhere) => {
      writeTree(elsewhere, {
        "g/HEAD": "ref: refs/heads/main\n",
        "g/objects/keep": "",
        "g/orchestrator/sessions/keep": "",
      });
      writeTree(root, { ".git": `gitdir: ${elsewhere}/g\n` });
      const ask = async (tool_input?: object) => {
        const told = { session_id: "a", cwd: "/", tool_name: "Write" };
        const input = JSON.stringify({ ...told, tool_input });
        const own = fixedHost({ number: 96, workingDirectory: root });
        const options = { host: "claude", event: "PreToolUse", input };
        return JSON.stringify((await answerHook(own, options)).answer);
      };
      const state = `${elsewhere}/g/orchestrator/sessions/x`;
      assertStringIncludes(await ask({ file_path: state }), "orc alone");
      assertStringIncludes(await ask(), '"deny"');
      assertEquals(await ask({ file_path: `${elsewhere}/a` }), "null");
    })
  ));

Deno.test("PreToolUse denies an edit of which nobody can tell what it changes, also where all files may be", () =>
  withRoot({
    "workflow.yaml": WORKFLOW.replace(/^ +allow_write.*\n/m, ""),
  }, async (root) => {
    const ask = async (tool_name: string, tool_input?: unknown) => {
      const event = { tool_name, tool_input };
      return JSON.stringify((await fire(root, "PreToolUse", event)).answer);
    };
    assertEquals(await ask("Write"), "null");
    await startSession(host(), { root, task: "Add login" });
    for (const tool of ["Write", "Edit", "apply_patch"]) {
      assertStringIncludes(await ask(tool), "cannot be told");
      assertStringIncludes(await ask(tool, { name: "a" }), "cannot be told");
    }
    assertEquals(await ask("Write", { filename: "a" }), "null");
    const server = { source: "a", destination: `${root}/.orchestrator/b` };
    assertStringIncludes(await ask("mcp__fs__move_file", server), "orc alone");
    assertEquals(
      await ask("mcp__tracker__create_issue", { title: "a" }),
      "null",
    );
    const patch = "*** Begin Patch\n*** Update File: state.json\n*** End Patch";
    const [session] = Deno.readDirSync(`${root}/.orchestrator/sessions`);
    const command = (into: string, then = "&&") =>
      `cd ${into} ${then} apply_patch <<'EOF'\n${patch}\nEOF\n`;
    const state = `.orchestrator/sessions/${session?.name}`;
    const run = (text: string) => ask("Bash", { command: text });
    assertStringIncludes(await run(command(state)), "orc alone");
    assertStringIncludes(await run(command(state, ";")), "cannot be told");
    assertEquals(await run(command("src")), "null");
  }));

Deno.test("Stop sends an agent back twice, and again once it has got something done", () =>
  inSession(async (root) => {
    assertEquals(await stopped(root), SENT_BACK);
    assertEquals(await stopped(root), SENT_BACK);
    assertEquals(await stopped(root), TOLD);
    assertEquals(await stopped(root), TOLD);
    await completeItem(host(), { root, itemId: "one" });
    const { answer } = await fire(root, "Stop");
    assertStringIncludes(JSON.stringify(answer), "orc complete two");
    assertEquals(await stopped(root), SENT_BACK);
    assertEquals(await stopped(root), TOLD);
  }));

Deno.test("Stop lets an agent stop at a human's gate and says whose turn it is", () =>
  inSession(async (root) => {
    await completeItem(host(), { root, itemId: "one" });
    await completeItem(host(), { root, itemId: "two" });
    const { answer } = await fire(root, "Stop");
    assertStringIncludes(JSON.stringify(answer), "orc approve-item agreed");
    assertEquals(await stopped(root), TOLD);
  }));

Deno.test("Stop sends nobody to the session of another agent, and none to a closed one", () =>
  withRoot({
    "workflow.yaml": WORKFLOW.replace(/^ +- \{id: (?:two|agreed).*\n/gm, ""),
  }, async (root) => {
    await startSession(host(), { root, task: "Add login" });
    assertEquals(await stopped(root, { session_id: "b" }), "nothing");
    const [session] = Deno.readDirSync(`${root}/.orchestrator/sessions`);
    const named = { ORCHESTRATOR_SESSION: session?.name ?? "" };
    const beside = await answerHook(
      fixedHost({ number: 96, environment: named }),
      { root, host: "claude", event: "Stop", input: '{"session_id":"b"}' },
    );
    assertEquals(beside.answer, null);
    assertEquals(await stopped(root), SENT_BACK);
    await completeItem(host(), { root, itemId: "one" });
    await advancePhase(host(), { root });
    await completeItem(host(), { root, itemId: "code" });
    assertEquals(await stopped(root), SENT_BACK);
    await finishSession(host(), { root });
    assertEquals(await stopped(root), "nothing");
  }));

Deno.test("PreCompact and SessionEnd keep a checkpoint, once for each state", () =>
  inSession(async (root) => {
    const count = async () =>
      (await listCheckpoints(host(), { root })).checkpoints.length;
    await fire(root, "PreCompact");
    assertEquals(await count(), 1);
    await fire(root, "SessionEnd");
    assertEquals(await count(), 1);
    await completeItem(host(), { root, itemId: "one" });
    await fire(root, "SessionEnd", { session_id: "b" });
    assertEquals(await count(), 1);
    await fire(root, "SessionEnd");
    assertEquals(await count(), 2);
  }));

Deno.test("no hook is in the way where there is nothing to say", async () => {
  await withRoot({}, async (root) => {
    for (const { name, events } of HOSTS) {
      for (const event of Object.values(events)) {
        const said = await fire(root, event, {}, name);
        assertEquals(said, { place: null, answer: null, warnings: [] });
      }
    }
    assertEquals([...Deno.readDirSync(root)], []);
  });
  await inSession(async (root) => {
    const unknown = await fire(root, "UserPromptSubmit");
    assertEquals(unknown.answer, null);
    assertEquals(unknown.warnings.length, 1);
    const other = await fire(root, "Stop", {}, "emacs");
    assertEquals(other.answer, null);
    assertEquals(other.warnings.length, 1);
    for (const event of ["Stop", "SessionEnd", "PreCompact"]) {
      const options = { root, host: "claude", event, input: "{" };
      const { answer } = await answerHook(fixedHost({ number: 95 }), options);
      assertEquals(answer, null, event);
    }
  });
});

Deno.test("a trial of a hook answers and leaves nothing behind", () =>
  inSession(async (root) => {
    const before = filesBelow(`${root}/.orchestrator`);
    for (const event of ["SessionStart", "Stop", "PreCompact"]) {
      const input = JSON.stringify({ session_id: "a" });
      const options = { root, host: "claude", event, input, trial: true };
      await answerHook(host(), options);
    }
    assertEquals(filesBelow(`${root}/.orchestrator`), before);
    assert(before.length > 3);
  }));

function filesBelow(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${path}/${name}`) : [`${path}/${name}`]
  ).sort();
}

Deno.test("a hook of Claude Code is silent where Cursor calls it and has one of its own", () =>
  inSession(async (root) => {
    const input = { conversation_id: "c", cursor_version: "2.0.77" };
    assertEquals(
      (await fire(root, "SessionStart", input)).answer === null,
      false,
    );
    writeTree(root, { ".cursor/hooks.json": '{"x": "orc hook cursor stop"}' });
    assertEquals((await fire(root, "SessionStart", input)).answer, null);
  }));
