import {
  answerFor,
  readCall,
  type Verdict,
} from "../../src/agents/hook_rules.ts";
import { eventNamed, hostNamed, HOSTS } from "../../src/agents/host_rules.ts";
import { CALLS } from "./host_calls.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("readCall() reads what each host tells of a change of files", () => {
  for (const { host, event, input, id, paths } of CALLS) {
    const kind = hostNamed(host);
    assert(kind !== undefined && eventNamed(kind, event) !== undefined, event);
    const call = readCall(JSON.stringify(input));
    assertEquals([call?.id, call?.paths], [id, paths], `${host} ${event}`);
    assertEquals(call?.isEdit, paths.length > 0);
  }
});

Deno.test("readCall() takes no tool for an edit that only reads or runs", () => {
  for (const tool of ["Read", "Bash", "grep", "run_shell_command", "view"]) {
    const call = readCall(
      JSON.stringify({ tool_name: tool, tool_input: { path: "a" } }),
    );
    assertEquals([call?.isEdit, call?.paths], [false, []], tool);
  }
});

Deno.test("readCall() reads nothing from what is no object", () => {
  for (const text of ["", "{", "[]", "null", "7"]) {
    assertEquals(readCall(text), undefined, text);
  }
});

Deno.test("answerFor() answers each host in its own way", () => {
  const deny: Verdict = { type: "deny", text: "No" };
  const on: Verdict = { type: "continue", text: "Go on" };
  const table: Readonly<Record<string, readonly unknown[]>> = {
    claude: [
      {
        hookSpecificOutput: {
          hookEventName: "PreToolUse",
          permissionDecision: "deny",
          permissionDecisionReason: "No",
        },
      },
      { decision: "block", reason: "Go on" },
    ],
    cursor: [
      { permission: "deny", user_message: "No", agent_message: "No" },
      { followup_message: "Go on" },
    ],
    gemini: [
      { decision: "deny", reason: "No" },
      { decision: "deny", reason: "Go on" },
    ],
    copilot: [
      { permissionDecision: "deny", permissionDecisionReason: "No" },
      { decision: "block", reason: "Go on" },
    ],
    opencode: [{ deny: "No" }, { continue: "Go on" }],
  };
  for (const kind of HOSTS) {
    const [denied, sent] = table[kind.name] ?? table.claude ?? [];
    assertEquals(answerFor(kind, "PreToolUse", deny), denied as object);
    assertEquals(answerFor(kind, "Stop", on), sent as object);
    assertEquals(answerFor(kind, "Stop", { type: "pass" }), undefined);
  }
});
