import { ENDED_WELL } from "../../src/host/test_host.ts";
import type { ProgramRequest } from "../../src/host/host.ts";
import { handOff } from "../../src/handoff/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  type Machine,
  withoutTrace,
  withRoot,
  withSession,
  WORKTREES,
} from "../work/fixtures.ts";
import { assertRefused, assertRefusedWithoutTrace } from "../work/refused.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** A checkpoint as the Python tool writes it, and as orc does. */
function checkpoint(id: string, decisions: readonly string[]): string {
  return JSON.stringify({
    checkpoint_id: id,
    workflow_id: "wf_00000000",
    phase_id: "PLAN",
    key_decisions: decisions,
  });
}

function withProgram(name: string, machine: Machine = {}): Machine {
  return { ...machine, programs: { [name]: { stdout: "done\n" } } };
}

Deno.test("handOff() writes a prompt and nothing else", () =>
  withSession(async (root) => {
    const host = fixedHost();
    const options = { root, criteria: ["Fast"], files: ["a.ts"] };
    const handing = () => handOff(host, options);
    const { prompt, itemIds, run, place } = await withoutTrace(root, handing);
    for (const part of ["Add login", "- Fast", "- a.ts", `root: ${root}`]) {
      assert(prompt?.includes(part), part);
    }
    assertEquals(itemIds, ["idea", "plan", "sketch", "tests", "consent"]);
    assertEquals([run, place.session], [null, idOf(0, 0)]);
    assertEquals(host.requests, []);
  }));

Deno.test("handOff() gives the prompt to the program and tells where the session stands then", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1 });
    const requests: ProgramRequest[] = [];
    const running = {
      ...host,
      runProgram: async (request: ProgramRequest) => {
        requests.push(request);
        // Fails if a lock were held: this host never waits for one.
        const options = { root, itemId: "idea", lockTimeout: "0" };
        await completeItem(fixedHost({ number: 2 }), options);
        return { ...ENDED_WELL, stdout: "done\n", durationSeconds: 2 };
      },
    };
    const handed = await handOff(running, { root, execute: true });
    const [request] = requests;
    assertEquals(request?.command, ["claude", "--print"]);
    assertEquals(request?.input, handed.prompt);
    assertEquals(request?.workingDirectory, root);
    assertEquals(request?.timeoutMs, 3_600_000);
    const { program, durationSeconds } = handed.run ?? {};
    assertEquals([program, durationSeconds], ["claude --print", 2]);
    assert(!handed.itemIds.includes("idea"));
    assertEquals(handed.summary.progress.completed, 1);
  }));

Deno.test("handOff() finds the program by flag, setting and habit, in this order", () =>
  withSession(async (root) => {
    const setting = { ORCHESTRATOR_AGENT_PROGRAM: "codex exec '-'" };
    const habit = { CLAUDE_BINARY: "/opt/my claude" };
    const environment = { ...setting, ...habit };
    const cases: readonly [Machine, string | undefined, unknown][] = [
      [{ environment }, "mine -a", ["mine", "-a"]],
      [{ environment }, undefined, ["codex", "exec", "-"]],
      [{ environment: habit }, undefined, ["/opt/my claude", "--print"]],
      [{}, "cat | mine", { shell: "cat | mine" }],
    ];
    for (const [machine, agentProgram, command] of cases) {
      const words = Array.isArray(command) ? command.join(" ") : "cat | mine";
      const host = fixedHost(withProgram(words, machine));
      await handOff(host, { root, execute: true, agentProgram });
      assertEquals(host.requests.map((request) => request.command), [command]);
    }
  }));

Deno.test("handOff() says why a program could not do it", () =>
  withSession(async (root) => {
    const endings = [
      [
        { exitCode: 3, stderr: "no\nkey\n" },
        'Cannot hand off to "claude --print": it ended with exit code 3\n  no\n  key',
      ],
      [
        { exitCode: -1, problem: 'Program "claude" was not found' },
        'Cannot hand off to "claude --print": program "claude" was not found',
      ],
    ] as const;
    for (const [ending, message] of endings) {
      const host = fixedHost({ programs: { "claude --print": ending } });
      const run = () => handOff(host, { root, execute: true });
      const code = "external agent_program_failed";
      const error = await assertRefusedWithoutTrace(root, code, run);
      assertEquals(error.message, message);
      assertEquals(error.details?.exitCode, ending.exitCode);
      assertStringIncludes(error.hint ?? "", "--agent-program");
    }
  }));

Deno.test("handOff() refuses options that make no sense", () =>
  withSession(async (root) => {
    const cases = [
      [{ timeout: "soon" }, "invalid_timeout"],
      [{ timeout: "0" }, "invalid_timeout"],
      [{ timeout: "86401" }, "invalid_timeout"],
      [{ provider: "openrouter" }, "invalid_provider"],
      [{ provider: "manual", execute: true }, "conflicting_flags"],
      [{ agentProgram: "'a", execute: true }, "invalid_agent_program"],
      [{ agentProgram: "", execute: true }, "invalid_agent_program"],
    ] as const;
    for (const [options, code] of cases) {
      const run = () => handOff(fixedHost(), { root, ...options });
      await assertRefused(`usage ${code}`, run);
    }
  }));

Deno.test("handOff() takes a time limit and the names of providers", () =>
  withSession(async (root) => {
    for (const provider of ["agent", "claude_code"]) {
      const host = fixedHost(withProgram("mine"));
      const options = { root, execute: true, agentProgram: "mine", provider };
      await handOff(host, { ...options, timeout: "1.5" });
      assertEquals(host.requests[0]?.timeoutMs, 1500);
    }
    const { run } = await handOff(fixedHost(), { root, provider: "manual" });
    assertEquals(run, null);
  }));

Deno.test("handOff() has nothing to hand off when nothing is open that an agent could do", async () => {
  await withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "it" });
    const host = fixedHost();
    const { prompt, itemIds } = await handOff(host, { root, execute: true });
    assertEquals([prompt, itemIds, host.requests], [null, [], []]);
  }, EASY_WORKFLOW);
  await withSession(async (root) => {
    await abandonSession(fixedHost({ number: 1 }), { root, reason: "Dropped" });
    const { prompt, itemIds } = await handOff(fixedHost(), { root });
    assertEquals([prompt, itemIds], [null, []]);
  });
});

Deno.test("handOff() hands over the decisions of the latest checkpoint", () =>
  withSession(async (root) => {
    const at = `.orchestrator/sessions/${idOf(0, 0)}/checkpoints`;
    const [old, latest] = ["cp_2026-03-01_10-00-00", "cp_2026-03-02_10-00-00"];
    writeTree(root, {
      [`${at}/${old}.json`]: checkpoint(old ?? "", ["Drop the API"]),
      [`${at}/${latest}.json`]: checkpoint(latest ?? "", ["Keep the API"]),
      [`${at}/cp_2026-03-03_10-00-00.json`]: "{",
    });
    const { prompt, warnings } = await handOff(fixedHost(), { root });
    assert(prompt?.includes("- Keep the API"), prompt ?? "");
    assert(!prompt?.includes("Drop the API"));
    assertEquals(warnings.length, 1);
  }));

Deno.test("handOff() sends the agent to the linked worktree", () =>
  withRoot(WORKTREES, async (root) => {
    const machine = { workingDirectory: `${root}/wt` };
    await startSession(fixedHost(machine), { task: "Add login" });
    const host = fixedHost(withProgram("mine", machine));
    const options = { execute: true, agentProgram: "mine" };
    const { prompt } = await handOff(host, options);
    const places = `root: ${root}/main\nwork in: ${root}/wt`;
    assertStringIncludes(prompt ?? "", places);
    assertEquals(host.requests[0]?.workingDirectory, `${root}/wt`);
  }));

Deno.test("handOff() reads a legacy session in its place", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const run = () => handOff(fixedHost(), { root });
    const { prompt } = await withoutTrace(root, run);
    assertStringIncludes(prompt ?? "", `--session ${LEGACY_ID}`);
  }));

Deno.test("handOff() gives a real program the prompt on standard input", () =>
  withSession(async (root) => {
    const host = fixedHost({ programs: "real" });
    const options = { root, execute: true, agentProgram: "cat" };
    const { run, prompt } = await handOff(host, options);
    assertEquals(run?.stdout, prompt);
  }));
