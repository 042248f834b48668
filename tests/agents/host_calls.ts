/** What hosts tell their hooks: of Claude Code and Codex as they were seen, of others as they are documented. */
export interface RecordedCall {
  readonly host: string;
  readonly event: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly id: string | null;
  readonly paths: readonly string[];
}

const CLAUDE = {
  session_id: "5f0c",
  transcript_path: "/home/me/.claude/projects/shop/5f0c.jsonl",
  cwd: "/shop",
  permission_mode: "default",
};

export const CALLS: readonly RecordedCall[] = [
  {
    host: "claude",
    event: "PreToolUse",
    input: {
      ...CLAUDE,
      hook_event_name: "PreToolUse",
      tool_name: "Write",
      tool_input: { file_path: "/shop/src/a.ts", content: "x" },
      tool_use_id: "toolu_1",
    },
    id: "5f0c",
    paths: ["/shop/src/a.ts"],
  },
  {
    host: "claude",
    event: "PreToolUse",
    input: {
      ...CLAUDE,
      tool_name: "NotebookEdit",
      tool_input: { notebook_path: "/shop/a.ipynb", new_source: "" },
    },
    id: "5f0c",
    paths: ["/shop/a.ipynb"],
  },
  {
    host: "claude",
    event: "SessionStart",
    input: { ...CLAUDE, hook_event_name: "SessionStart", source: "compact" },
    id: "5f0c",
    paths: [],
  },
  {
    host: "claude",
    event: "Stop",
    input: {
      ...CLAUDE,
      hook_event_name: "Stop",
      stop_hook_active: false,
      last_assistant_message: "All done.",
    },
    id: "5f0c",
    paths: [],
  },
  {
    host: "codex",
    event: "PreToolUse",
    input: {
      session_id: "0199",
      turn_id: "1",
      cwd: "/shop",
      hook_event_name: "PreToolUse",
      model: "mock",
      permission_mode: "default",
      tool_name: "apply_patch",
      tool_input: {
        command:
          "*** Begin Patch\n*** Add File: new.ts\n+x\n*** Update File: old.ts\n*** Move to: moved.ts\n@@\n-a\n+b\n*** Delete File: gone.ts\n*** End Patch",
      },
    },
    id: "0199",
    paths: ["new.ts", "old.ts", "moved.ts", "gone.ts"],
  },
  {
    host: "codex",
    event: "PreToolUse",
    input: {
      session_id: "0199",
      cwd: "/shop",
      tool_name: "Bash",
      tool_input: {
        command:
          "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: new.ts\n+x\n*** End Patch\nEOF",
      },
    },
    id: "0199",
    paths: ["new.ts"],
  },
  {
    host: "cursor",
    event: "preToolUse",
    input: {
      conversation_id: "c0",
      generation_id: "g0",
      cursor_version: "2.0.77",
      workspace_roots: ["/shop"],
      hook_event_name: "preToolUse",
      tool_name: "StrReplace",
      tool_input: { path: "src/a.ts", old_string: "a", new_string: "b" },
    },
    id: "c0",
    paths: ["src/a.ts"],
  },
  {
    host: "cursor",
    event: "stop",
    input: { conversation_id: "c0", status: "completed", loop_count: 0 },
    id: "c0",
    paths: [],
  },
  {
    host: "gemini",
    event: "BeforeTool",
    input: {
      session_id: "g1",
      cwd: "/shop",
      hook_event_name: "BeforeTool",
      timestamp: "2026-11-30T10:00:00Z",
      tool_name: "write_file",
      tool_input: { file_path: "/shop/a.ts", content: "" },
    },
    id: "g1",
    paths: ["/shop/a.ts"],
  },
  {
    host: "gemini",
    event: "AfterAgent",
    input: { session_id: "g1", cwd: "/shop", prompt_response: "Done" },
    id: "g1",
    paths: [],
  },
  {
    host: "copilot",
    event: "preToolUse",
    input: {
      sessionId: "p1",
      timestamp: 1704614400000,
      cwd: "/shop",
      toolName: "create",
      toolArgs: '{"path":"/shop/a.ts","file_text":"x"}',
    },
    id: "p1",
    paths: ["/shop/a.ts"],
  },
  {
    host: "copilot",
    event: "agentStop",
    input: { sessionId: "p1", cwd: "/shop", stopReason: "end_turn" },
    id: "p1",
    paths: [],
  },
  {
    host: "opencode",
    event: "PreToolUse",
    input: { cwd: "/shop", tool: "edit", args: { filePath: "/shop/a.ts" } },
    id: null,
    paths: ["/shop/a.ts"],
  },
];
