import { findAgentAbove } from "../../src/host/ancestors.ts";
import { orcCommand } from "../orc_command.ts";
import { inRepository, type Repository } from "../journey/orc.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

const WORKFLOW = `name: Gated
phases:
  - id: DO
    name: Do
    items:
      - {id: consent, name: Consent, verification: {type: manual_gate}}
`;

/** Opens a terminal of its own and types the word there. */
const IN_TERMINAL =
  `#!/bin/sh\nprintf 'consent\\n' | script -qec "$*" /dev/null\n`;

async function canTry(): Promise<boolean> {
  const has = await new Deno.Command("sh", {
    args: ["-c", "command -v script && test -r /proc/self/stat"],
    stdout: "null",
  }).output();
  return has.success && findAgentAbove() === undefined;
}

/** What a program of this name comes to that unsets what gives it away, and types the answer itself. */
async function approveFrom(
  { directory, write, run }: Repository,
  name: string,
): Promise<string> {
  await write(name, IN_TERMINAL);
  await run("chmod", "+x", name);
  const ended = await new Deno.Command(`${directory}/${name}`, {
    args: [...orcCommand(), "approve-item", "consent"],
    cwd: directory,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: Deno.env.get("HOME") ?? "",
      TERM: "dumb",
    },
  }).output();
  return new TextDecoder().decode(ended.stdout);
}

Deno.test({
  name:
    "an agent that unsets its variables and opens a terminal of its own is an agent, and a person's program is not",
  ignore: Deno.build.os !== "linux" || !await canTry(),
  fn: () =>
    inRepository(async (repository) => {
      await repository.write("workflow.yaml", WORKFLOW);
      await repository.orc(["start", "Add login"]);
      const refused = await approveFrom(repository, "claude");
      assertStringIncludes(refused, "claude-code");
      assertStringIncludes(refused, "only a human may");
      const { items } = await repository.result(["status"]);
      assertEquals(items[0].status, "pending");
      const { events } = await repository.result(["history"]);
      const { type, details } = events.at(-1);
      assertEquals([type, details.agent, details.code], [
        "error",
        "claude-code",
        "approval_required",
      ]);
      await approveFrom(repository, "clerk");
      const after = await repository.result(["status"]);
      assertEquals(after.items[0].status, "completed");
    }),
});
