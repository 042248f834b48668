/** The hosts of agents that orc knows: what they call things, and where they keep them. */

/** What orc answers, by the names of Claude Code; each host has its own. */
export const HOOK_EVENTS = [
  "SessionStart",
  "PreToolUse",
  "Stop",
  "PreCompact",
  "SessionEnd",
] as const;

export type HookEvent = (typeof HOOK_EVENTS)[number];

/** How the hooks of a host are written down. */
export type HookShape = "groups" | "cursor" | "copilot" | "plugin";

export interface HostKind {
  /** What commands take. */
  readonly name: string;
  readonly title: string;
  /** What the environment of its programs makes of it, as callers are named. */
  readonly agent: string;
  /**
   * Whether programs that it runs can tell the id of its session: only then does the id that a hook is
   * given lead to the session that the agent started.
   */
  readonly tellsId: boolean;
  readonly shape: HookShape;
  /** The host's own names of the events that it has, and that orc answers. */
  readonly events: Readonly<Partial<Record<HookEvent, string>>>;
  /** How long it waits for a hook at its end, in seconds, where it has to be told; the most that it takes. */
  readonly endSeconds?: number;
  /** Tools that change files, as the host's matcher takes them; null where it has none. */
  readonly matcher: string | null;
  /** Each seen from the root. */
  readonly files: HostFiles;
  /** Those that lie elsewhere, or are there alone, in the user's directory. */
  readonly globalFiles?: Partial<HostFiles>;
  /** Names in the root, and in the user's directory, by which it is known to be in use. */
  readonly marks: readonly string[];
}

export interface HostFiles {
  readonly hooks: string;
  readonly skill: string | null;
  /** Where `--mcp` names orc, and under which key; null where orc cannot edit it. */
  readonly mcp: readonly [path: string, key: string] | null;
}

const CLAUDE_EVENTS = {
  SessionStart: "SessionStart",
  PreToolUse: "PreToolUse",
  Stop: "Stop",
  PreCompact: "PreCompact",
  SessionEnd: "SessionEnd",
};

const CAMEL_EVENTS = {
  SessionStart: "sessionStart",
  PreToolUse: "preToolUse",
  PreCompact: "preCompact",
  SessionEnd: "sessionEnd",
};

/** Begins words in the names of tools that change files, such as `write_file`. */
export const EDITING =
  "append|copy|create|delete|edit|insert|move|patch|remove|rename|replace|update|write";

/** Tools of the host, and those of servers that may change files; other calls start no hook. */
function anchored(tools: string): string {
  return `^(${tools}|mcp_.*(${EDITING}).*)$`;
}

/** Where most hosts look for skills that are no host's own. */
const SHARED_SKILL = ".agents/skills/orc/SKILL.md";

export const HOSTS: readonly HostKind[] = [
  {
    name: "claude",
    title: "Claude Code",
    agent: "claude-code",
    tellsId: true,
    shape: "groups",
    events: CLAUDE_EVENTS,
    endSeconds: 30,
    matcher: anchored("Edit|MultiEdit|Write|NotebookEdit"),
    files: {
      hooks: ".claude/settings.json",
      skill: ".claude/skills/orc/SKILL.md",
      mcp: [".mcp.json", "mcpServers"],
    },
    globalFiles: { mcp: [".claude.json", "mcpServers"] },
    marks: [".claude", "CLAUDE.md"],
  },
  {
    name: "codex",
    title: "Codex",
    agent: "codex",
    tellsId: true,
    shape: "groups",
    events: CLAUDE_EVENTS,
    endSeconds: 3,
    matcher: anchored("apply_patch|Bash|Edit|Write"),
    files: {
      hooks: ".codex/hooks.json",
      skill: SHARED_SKILL,
      mcp: [".codex/config.toml", "mcp_servers"],
    },
    marks: [".codex"],
  },
  {
    name: "cursor",
    title: "Cursor",
    agent: "cursor",
    tellsId: true,
    shape: "cursor",
    events: { ...CAMEL_EVENTS, Stop: "stop" },
    matcher: "Write|Edit|MultiEdit|StrReplace|Delete",
    files: {
      hooks: ".cursor/hooks.json",
      skill: SHARED_SKILL,
      mcp: [".cursor/mcp.json", "mcpServers"],
    },
    marks: [".cursor"],
  },
  {
    name: "gemini",
    title: "Gemini CLI",
    agent: "gemini-cli",
    tellsId: false,
    shape: "groups",
    events: {
      SessionStart: "SessionStart",
      PreToolUse: "BeforeTool",
      Stop: "AfterAgent",
      // PreCompress comes before each turn, whether the memory is cut then or not.
      SessionEnd: "SessionEnd",
    },
    matcher: anchored("write_file|replace"),
    files: {
      hooks: ".gemini/settings.json",
      skill: SHARED_SKILL,
      mcp: [".gemini/settings.json", "mcpServers"],
    },
    marks: [".gemini", "GEMINI.md"],
  },
  {
    name: "copilot",
    title: "GitHub Copilot",
    agent: "copilot",
    tellsId: true,
    shape: "copilot",
    events: { ...CAMEL_EVENTS, Stop: "agentStop" },
    matcher: null,
    files: {
      hooks: ".github/hooks/orc.json",
      skill: SHARED_SKILL,
      mcp: null,
    },
    globalFiles: {
      hooks: ".copilot/hooks/orc.json",
      mcp: [".copilot/mcp-config.json", "mcpServers"],
    },
    marks: [".github/hooks", ".github/copilot-instructions.md", ".copilot"],
  },
  {
    name: "opencode",
    title: "opencode",
    agent: "opencode",
    tellsId: false,
    shape: "plugin",
    events: {
      PreToolUse: "tool.execute.before",
      PreCompact: "experimental.session.compacting",
    },
    matcher: null,
    files: {
      hooks: ".opencode/plugins/orc.js",
      skill: SHARED_SKILL,
      mcp: ["opencode.json", "mcp"],
    },
    globalFiles: {
      hooks: ".config/opencode/plugins/orc.js",
      mcp: [".config/opencode/opencode.json", "mcp"],
    },
    marks: [".opencode", "opencode.json", ".config/opencode"],
  },
];

/** Where a host keeps its files, in a repository or in the user's directory. */
export function filesOf(
  { files, globalFiles }: HostKind,
  { isGlobal }: { readonly isGlobal: boolean },
): HostFiles {
  return isGlobal ? { ...files, ...globalFiles } : files;
}

export function hostNamed(name: string): HostKind | undefined {
  return HOSTS.find((host) => host.name === name);
}

/** The event that a host means, by its own name or by that of Claude Code. */
export function eventNamed(
  { events }: HostKind,
  name: string,
): HookEvent | undefined {
  return HOOK_EVENTS.find((event) => event === name || events[event] === name);
}
