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

function editOf(tool_name: string, tool_input: unknown): unknown {
  const call = readCall(JSON.stringify({ tool_name, tool_input }));
  assert(call !== undefined);
  return call.isEdit ? call.isUnclear ? "unclear" : call.paths : "none";
}

const patchOf = (header: string) =>
  `*** Begin Patch\n${header}\n@@\n-a\n+b\n*** End Patch`;

Deno.test("readCall() reads the headers of a patch as Codex does, which trims them", () => {
  for (const pad of ["", " ", "\t", " \t \u00a0", "\x85"]) {
    const header = `${pad}*** Update File: .orchestrator/x${pad}\r`;
    const command = patchOf(header);
    assertEquals(editOf("apply_patch", { command }), [".orchestrator/x"]);
  }
});

Deno.test("readCall() finds a patch in whichever argument holds it", () => {
  const patch = patchOf("*** Add File: new.ts");
  for (
    const input of [
      patch,
      { input: patch, command: "apply" },
      { command: ["apply_patch", patch] },
      { command: ["bash", "-lc", `apply_patch <<'EOF'\n${patch}\nEOF`] },
      { options: { text: patch } },
    ]
  ) {
    for (const tool of ["apply_patch", "Bash", "shell"]) {
      assertEquals(editOf(tool, input), ["new.ts"], tool);
    }
  }
  const content = patch;
  assertEquals(editOf("Write", { file_path: "a.md", content }), ["a.md"]);
  assertEquals(editOf("Grep", { pattern: patch, path: "a" }), "none");
});

Deno.test("readCall() sees a patch's files from where it is carried out, or says that it cannot", () => {
  const patch = patchOf("*** Update File: state.json");
  const shell = (before: string, body = patch, quote = "'") =>
    `${before}apply_patch <<${quote}EOF${quote}\n${body}\nEOF\n`;
  const cd = ["d/state.json"];
  const run = (command: unknown) => editOf("Bash", { command });
  assertEquals(run(shell("cd d && ")), cd);
  assertEquals(run(shell(" cd 'd' && ")), cd);
  assertEquals(run(["bash", "-lc", shell('cd "d" && ')]), cd);
  assertEquals(run(shell("")), ["state.json"]);
  const there = { command: shell(""), workdir: "/w" };
  assertEquals(editOf("shell", there), ["/w/state.json"]);
  for (
    const before of [
      "cd d; ",
      "cd d && cd e && ",
      "cd $D && ",
      "(cd d; true) && cd - && ",
      "cd d\n",
      "pushd d && ",
      "env -C d ",
      "env --chdir=d ",
      'eval "$X" && ',
    ]
  ) assertEquals(run(shell(before)), "unclear", before);
  assertEquals(run(["sh", "-c", "cd $1 && $0", patch, "d"]), "unclear");
  const absolute = patchOf("*** Add File: /w/a.ts");
  assertEquals(run(shell("cd d; ", absolute)), ["/w/a.ts"]);
  const named = patchOf("*** Add File: $D/a.ts");
  assertEquals(run(shell("", named, "")), "unclear");
  assertEquals(run(shell("", named)), ["$D/a.ts"]);
});

Deno.test("readCall() says of an editor without a path that it is unclear what it changes", () => {
  for (const tool of ["Write", "Edit", "apply_patch", "create_file"]) {
    assertEquals(editOf(tool, undefined), "unclear", tool);
    assertEquals(editOf(tool, { text: "x" }), "unclear", tool);
  }
  assertEquals(editOf("Write", { filename: "a" }), ["a"]);
  assertEquals(editOf("Edit", { edits: [{ path: "a" }] }), ["a"]);
});

Deno.test("readCall() takes any tool for an edit whose name says so, and that is given a path", () => {
  const server = "mcp__filesystem__";
  for (const name of ["write_file", "edit_file", "create_directory"]) {
    assertEquals(editOf(server + name, { path: "/w/a" }), ["/w/a"], name);
  }
  const move = { source: "a", destination: "file:///w/b%20c" };
  assertEquals(editOf(`${server}move_file`, move), ["a", "/w/b c"]);
  assertEquals(editOf("moveFile", move), ["a", "/w/b c"]);
  const issue = { title: "x", uri: "https://example.com/a" };
  assertEquals(editOf("mcp__tracker__create_issue", issue), "none");
  assertEquals(editOf(`${server}read_file`, { path: "a" }), "none");
  assertEquals(editOf("get_credits", { path: "a" }), "none");
});

Deno.test("a host's matcher calls the hook for tools of servers that may edit, and for no others", () => {
  for (const name of ["claude", "codex", "gemini"]) {
    const matcher = new RegExp(hostNamed(name)?.matcher ?? "never");
    assert(matcher.test("mcp__filesystem__write_file"), name);
    assert(!matcher.test("mcp__filesystem__read_file"), name);
    assert(!matcher.test("TodoWrite"), name);
  }
  assert(new RegExp(hostNamed("claude")?.matcher ?? "").test("Edit"));
  assert(new RegExp(hostNamed("codex")?.matcher ?? "").test("apply_patch"));
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
