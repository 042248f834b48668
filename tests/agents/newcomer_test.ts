/** The way of one who sets an agent up and of that agent, by the command line alone. */
import { documentOf, orc } from "../commands/orc.ts";
import {
  agent,
  GIT_LS_FILES,
  type Machine,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Small
phases:
  - id: PLAN
    name: Plan
    allow_write: ["docs/**"]
    items:
      - {id: plan, name: Plan, verification: {type: file_exists, path: docs/plan.md}}
      - {id: agreed, name: Agreed, verification: {type: manual_gate}}
`;

let number = 0;

Deno.test("a newcomer sets an agent up, it is led to a human's gate, and all is taken away again", () =>
  withRoot(
    { "workflow.yaml": WORKFLOW, "CLAUDE.md": "# Mine\n" },
    async (root) => {
      const environment = agent("5f0c");
      const run = async (line: string, machine: Machine = {}) => {
        number += 1;
        const programs = { [GIT_LS_FILES]: {} };
        const words = line.split(" ");
        return await orc(root, words, { number, programs, ...machine });
      };
      const hook = async (event: string, input: object = {}) => {
        const told = { session_id: "5f0c", cwd: root, ...input };
        const machine = { input: JSON.stringify(told) };
        const { exitCode, out, err } = await run(
          `hook claude ${event}`,
          machine,
        );
        assertEquals([exitCode, err], [0, ""]);
        return out;
      };
      const edit = (file_path: string) =>
        hook("PreToolUse", { tool_name: "Write", tool_input: { file_path } });

      const installed = await run("agents install");
      assertEquals(
        installed.out,
        `Hosts: claude (found in the repository)
  made AGENTS.md
  changed CLAUDE.md
  made .claude/settings.json
  made .claude/skills/orc/SKILL.md
`,
      );
      assertStringIncludes(await hook("SessionStart"), "orc start");
      await run("start Login", { environment });
      assertStringIncludes(
        await hook("SessionStart"),
        "Next: orc complete plan",
      );
      assertStringIncludes(await edit("src/a.ts"), '"deny"');
      assertEquals(await edit("docs/plan.md"), "");
      assertStringIncludes(await hook("Stop"), '"decision":"block"');
      Deno.mkdirSync(`${root}/docs`);
      Deno.writeTextFileSync(`${root}/docs/plan.md`, "# Plan\n");
      await run("complete plan", { environment });
      assertStringIncludes(await hook("Stop"), "a human's turn");
      const primed = await run("prime", { environment });
      assertStringIncludes(primed.out, "Waits for a human");
      const status = await run("agents status");
      assert(!status.out.includes("SessionStart: has not fired"), status.out);
      assertStringIncludes(status.out, "PreCompact: has not fired");
      for (
        const line of ["agents status", "prime", "agents uninstall --dry-run"]
      ) {
        documentOf(await run(`${line} --full`, { environment }));
      }
      const gone = await run("agents uninstall");
      assertEquals(
        gone.out,
        `Hosts: claude (found in the repository)
  removed AGENTS.md
  restored CLAUDE.md
  removed .claude/settings.json
  removed .claude/skills/orc/SKILL.md
`,
      );
      assertEquals(Deno.readTextFileSync(`${root}/CLAUDE.md`), "# Mine\n");
      const [unknown, none] = [
        await run("agents install --host emacs"),
        await run("hook emacs Stop", { input: "{}" }),
      ];
      assertEquals([unknown.exitCode, none.exitCode, none.out], [2, 0, ""]);
      assertStringIncludes(none.err, 'Unknown host "emacs"');
    },
  ));
