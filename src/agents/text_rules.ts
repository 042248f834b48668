/** What orc writes for agents and their hosts: as little as does, since an agent reads all of it. */
import {
  EDITING,
  HOOK_EVENTS,
  type HookEvent,
  type HostKind,
} from "./host_rules.ts";

/** What an agent has to know of orc before it calls it for the first time. */
export const INSTRUCTIONS: readonly string[] = [
  "## orc leads the work",
  "",
  '- Before work that changes files: `orc start "<task>"`. Then do what `orc next` says, item by item.',
  '- End an item with `orc complete ITEM --notes "<what you did>"`: it is checked, and you get the next one.',
  "- What waits for a human is theirs: tell them the command, then run `orc wait`.",
  '- Never edit `.orchestrator`. Where you cannot go on, say why: `orc note "<why>"`.',
];

/** Makes Claude Code read what the others read. */
export const POINTER: readonly string[] = ["@AGENTS.md"];

export const SKILL = `---
name: orc
description: Use before any work that changes files in this repository, when the user mentions orc, a workflow, a phase or a gate, and when a command exits with 3 and names orc.
---

<!-- orc agents uninstall takes away what orc agents install wrote. -->

# Work led by orc

orc keeps the plan: phases, items, and for each item a check that orc runs itself.

1. \`orc next\` says what to do now, what good looks like, and the command that ends it. Do that and nothing else. No session yet: \`orc start "<task>"\`.
2. \`orc complete ITEM --notes "<what you did>"\` runs the item's check. Exit 3: the check or a rule said no; read why, mend the work and not the check, run it again.
3. \`orc advance\` leaves a phase, \`orc finish\` ends the session; \`orc next\` says when.
4. A human's approval is theirs alone. Tell them the command that \`orc next\` shows, then \`orc wait\`.
5. A human said no: the reason stands first in \`orc next\`. Mend that first.

Never edit \`.orchestrator\`, and do not skip an item to get on. Lost the thread: \`orc prime\`. Cannot go on: \`orc note "<why>"\`, then stop. All commands: \`orc help\`.
`;

/** By this a hook of orc is known, whatever stands around it. */
export function callOf({ name }: HostKind, event: HookEvent): string {
  return `orc hook ${name} ${event}`;
}

/** Whether a command of a host's file calls orc. */
export function isOwnCommand({ name }: HostKind, command: unknown): boolean {
  return typeof command === "string" && command.includes(`orc hook ${name} `);
}

/**
 * What a shell runs for a hook. In a repository that was set up for it, no file is changed without orc; for
 * a user's all projects that would be more than they asked for.
 */
export function hookCommand(
  host: HostKind,
  event: HookEvent,
  isGlobal: boolean,
): string {
  const call = callOf(host, event);
  if (event !== "PreToolUse" || isGlobal) {
    return `command -v orc >/dev/null || exit 0; ${call}`;
  }
  return `command -v orc >/dev/null || { echo 'orc is not on PATH, and files change only with it' >&2; exit 2; }; ${call} || exit 2`;
}

type Entry = Readonly<Record<string, unknown>>;

/** Of each event of a host, its name there and what is added to the list under it. */
export function hookEntries(
  host: HostKind,
  isGlobal: boolean,
): readonly (readonly [name: string, entry: Entry])[] {
  return HOOK_EVENTS.flatMap((event) => {
    const name = host.events[event];
    if (name === undefined) return [];
    const command = hookCommand(host, event, isGlobal);
    const matcher = event === "PreToolUse" && host.matcher !== null
      ? { matcher: host.matcher }
      : {};
    return [[name, entryOf(host, event, { command, matcher })] as const];
  });
}

function entryOf(
  host: HostKind,
  event: HookEvent,
  { command, matcher }: { readonly command: string; readonly matcher: Entry },
): Entry {
  switch (host.shape) {
    case "cursor":
      return {
        command,
        ...matcher,
        ...event === "PreToolUse" && { failClosed: true },
      };
    case "copilot":
      return {
        type: "command",
        bash: command,
        powershell:
          `if (Get-Command -ErrorAction SilentlyContinue orc) { $input | ${
            callOf(host, event)
          } }`,
        timeoutSec: 30,
      };
    default: {
      const { endSeconds: timeout } = host;
      const isLimited = event === "SessionEnd" && timeout !== undefined;
      const hook = { type: "command", command, ...isLimited && { timeout } };
      return { ...matcher, hooks: [hook] };
    }
  }
}

/** Opencode has no commands as hooks; its plugin asks orc in their place. */
export const OPENCODE_PLUGIN =
  `// Written by orc agents install; orc agents uninstall takes it away.
import { spawnSync } from "node:child_process";

const EDITS = /^(?!todo).*(?:${EDITING})/i;

function ask(event, call) {
  const asked = spawnSync("orc", ["hook", "opencode", event], {
    cwd: call.cwd,
    input: JSON.stringify(call),
    encoding: "utf8",
  });
  if (asked.error || asked.status !== 0) {
    return { deny: "orc cannot be asked, and files change only with it" };
  }
  return asked.stdout.trim() === "" ? {} : JSON.parse(asked.stdout);
}

export const Orc = async ({ directory }) => ({
  "tool.execute.before": async ({ tool }, { args }) => {
    if (!EDITS.test(tool)) return;
    const { deny } = ask("PreToolUse", { cwd: directory, tool, args });
    if (deny) throw new Error(deny);
  },
  "experimental.session.compacting": async (_, output) => {
    ask("PreCompact", { cwd: directory });
    const { context } = ask("SessionStart", { cwd: directory });
    if (context) output.context.push(context);
  },
});
`;

/** How a host starts orc as a server of tools. */
export function serverEntry({ name }: HostKind): Entry {
  return name === "opencode"
    ? { type: "local", command: ["orc", "mcp"], enabled: true }
    : { command: "orc", args: ["mcp"] };
}

/** The same for Codex, whose settings are TOML. */
export const TOML_SERVER: readonly string[] = [
  "[mcp_servers.orc]",
  'command = "orc"',
  'args = ["mcp"]',
];
