import { handOff } from "../../src/handoff/use.ts";
import { fixedHost, refusalOf, withSession } from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("runAgent() gives a real program the prompt on standard input", () =>
  withSession(async (root) => {
    const host = fixedHost({ programs: "real" });
    const { run, prompt } = await handOff(host, {
      root,
      execute: true,
      agentProgram: "cat",
    });
    assertEquals(run?.stdout, prompt);
  }));

Deno.test("runAgent() tells that there is no such program, and where to go on", () =>
  withSession(async (root) => {
    const host = fixedHost({ programs: "real" });
    const error = await refusalOf(() =>
      handOff(host, { root, execute: true, agentProgram: "no-such-agent" })
    );
    assertEquals(error.kind, "external");
    assertEquals(
      error.message,
      'Cannot hand off to "no-such-agent": program "no-such-agent" was not found',
    );
    assert(error.hint?.includes("--agent-program"));
  }));
