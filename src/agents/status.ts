/** What of orc a repository's hosts have, whether it answers, and when it last did. */
import { repositoryLayout } from "../base/layout.ts";
import { joinPath, parentDirectory } from "../base/path.ts";
import { ifAllowed, isVisible, realOrGiven } from "../files/read.ts";
import { type Host, variableOf } from "../host/host.ts";
import { openRepository, type Place, placeOf } from "../repository/open.ts";
import {
  type CodexTrust,
  codexTrust,
  type HookTrust,
} from "./codex_trust_rules.ts";
import { readFired } from "./hook_memory.ts";
import {
  filesOf,
  HOOK_EVENTS,
  type HookEvent,
  type HostKind,
} from "./host_rules.ts";
import {
  type AgentsChanged,
  type AgentsOptions,
  installAgents,
} from "./install.ts";
import {
  chosenHosts,
  hooksText,
  isInstalled,
  type Site,
  siteOf,
  textOf,
} from "./site.ts";
import { hookCommand } from "./text_rules.ts";

/** What is looked at. */
export interface AgentsStatusOptions extends Omit<AgentsOptions, "dryRun"> {
  /** Fires each hook of an installed host with a recorded input. */
  readonly canary?: boolean;
}

/** How a hook of a host does. */
export interface HookStatus {
  /** Such as `PreToolUse`. */
  readonly event: string;
  /** When it last fired for real, to the minute, an instant in UTC; null for never, or not any more known. */
  readonly firedAt: string | null;
  /** What came of firing it now: `answers`, or why it does not; null where it was not fired. */
  readonly canary: string | null;
  /**
   * Whether the host runs it, as its own files say: `changed` is not what its user trusted once, `off` was
   * turned off. Null where the host asks nobody, or cannot be asked.
   */
  readonly trust: HookTrust | null;
}

/** How a host is set up. */
export interface HostStatus {
  /** What commands take, such as `claude`. */
  readonly host: string;
  /** Whether its hooks call orc. */
  readonly installed: boolean;
  /** Files that are not as this version of orc would write them. */
  readonly behind: readonly string[];
  /** Those that the host has, and orc answers. */
  readonly hooks: readonly HookStatus[];
  /** What a human has to do for the hooks to run; null for nothing that orc knows of. */
  readonly note: string | null;
}

/** How the hosts are set up. */
export interface AgentsStatus extends Pick<AgentsChanged, "chosen"> {
  /** The repository. */
  readonly place: Place;
  /** Each host that is meant. */
  readonly agents: readonly HostStatus[];
  /** Why files cannot be as this version of orc would write them, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Tells how hosts are set up, and when each hook last fired. With `canary` each hook of an installed host is
 * fired as the host would, through a shell and `PATH`, with a recorded input: that of a tool has to be
 * denied. It changes nothing.
 *
 * Requires `--allow-read` and, with `canary`, `--allow-run` of sh and orc.
 *
 * @throws {OrcError} `unknown_host` (usage), `no_host` (not_found)
 */
export async function readAgents(
  host: Host,
  options: AgentsStatusOptions = {},
): Promise<AgentsStatus> {
  const { canary = false, ...rest } = options;
  const repository = openRepository(host, options, {
    hosts: true,
    global: true,
    canary: true,
  });
  const site = siteOf(host, repository, options.global ?? false);
  const { hosts, chosen } = chosenHosts(host, site, options.hosts);
  const agents: HostStatus[] = [];
  const warnings = new Set<string>();
  for (const kind of hosts) {
    const fired = readFired(repository.layout, kind.name);
    const installed = isInstalled(site, kind);
    const trust = installed ? await trustOf(host, kind, site) : undefined;
    const hooks: HookStatus[] = [];
    for (const event of HOOK_EVENTS) {
      if (kind.events[event] === undefined) continue;
      hooks.push({
        event,
        firedAt: fired[event] ?? null,
        canary: canary && installed
          ? await fire(host, { kind, event, site })
          : null,
        trust: trust?.hooks.get(event) ?? null,
      });
    }
    const wanted = { ...rest, hosts: [kind.name], dryRun: true };
    const { files } = await installAgents(host, wanted);
    for (const { reason } of files) if (reason !== null) warnings.add(reason);
    agents.push({
      host: kind.name,
      installed,
      behind: files.filter(({ action }) => action !== "unchanged")
        .map(({ path }) => path),
      hooks,
      note: trust === undefined
        ? NOTES[kind.name] ?? null
        : trustNote(trust, hooks),
    });
  }
  const place = placeOf(repository, null);
  return { place, chosen, agents, warnings: [...warnings] };
}

const NOTES: Readonly<Record<string, string>> = {
  codex:
    "Codex skips hooks that nobody trusted, without a word: in Codex, look at /hooks",
  gemini:
    "Gemini CLI runs hooks only in a directory that you trust, and says nothing of those it leaves out: say yes where it asks",
  copilot:
    "Copilot runs hooks only in a directory that you trust, and says nothing of those it leaves out: say yes where it asks, or copilot --trust-folder",
  opencode: "opencode cannot be kept from stopping",
};

/** What Codex trusts; undefined for another host, and where nothing can be told. */
async function trustOf(
  host: Host,
  kind: HostKind,
  site: Site,
): Promise<CodexTrust | undefined> {
  const home = host.homeDirectory();
  const own = variableOf(host, "CODEX_HOME") ??
    (home === undefined ? undefined : joinPath(home, ".codex"));
  if (kind.name !== "codex" || own === undefined) return undefined;
  const settingsPath = joinPath(own, "config.toml");
  const settings = ifAllowed(
    { name: "read", path: settingsPath },
    () => textOf(settingsPath),
  );
  if (settings === undefined) return undefined;
  const path = joinPath(site.base, filesOf(kind, site).hooks);
  const base = realOrGiven(site.base);
  return await codexTrust(kind, {
    settings,
    hooks: hooksText(site, kind),
    paths: [path, realOrGiven(path)],
    projects: site.isGlobal
      ? null
      : [site.base, site.recordBase, base, ...treeAround(base)],
  });
}

/** The top of the tree of git's that a directory is part of: Codex asks about that. */
function treeAround(directory: string): readonly string[] {
  if (isVisible(joinPath(directory, ".git"))) return [directory];
  const above = parentDirectory(directory);
  return above === undefined ? [] : treeAround(above);
}

function trustNote(
  { isRead }: CodexTrust,
  hooks: readonly HookStatus[],
): string | null {
  if (!isRead) {
    return "Codex does not trust this directory, and runs no hook of it: start codex here, and say yes";
  }
  const skipped = hooks.filter(({ trust }) => trust !== "trusted");
  return skipped.length === 0
    ? null
    : `Codex skips hooks without a word that nobody trusts as they are (${
      skipped.map(({ event }) => event).join(", ")
    }): in Codex, look at /hooks`;
}

/** A hook answers soon, or the host goes on without it. */
const CANARY_TIMEOUT_MS = 30_000;

/** Makes the hook answer, and remember nothing. */
export const TRIAL_VARIABLE = "ORCHESTRATOR_HOOK_TRIAL";

async function fire(
  host: Host,
  { kind, event, site }: {
    readonly kind: HostKind;
    readonly event: HookEvent;
    readonly site: Site;
  },
): Promise<string> {
  const shell = hookCommand(kind, event, site.isGlobal);
  if (kind.shape !== "plugin" && !isWritten(site, kind, shell)) {
    return "the file holds another command: orc agents install";
  }
  const ended = await host.runProgram({
    command: { shell },
    workingDirectory: site.base,
    timeoutMs: CANARY_TIMEOUT_MS,
    input: JSON.stringify(canaryInput(kind, event, site.base)),
    variables: { [TRIAL_VARIABLE]: "1" },
  });
  if (ended.problem !== null || ended.exitCode !== 0) {
    return ended.problem ?? `exit code ${ended.exitCode}: ${ended.stderr}`;
  }
  if (event !== "PreToolUse") return "answers";
  return /"deny"/.test(ended.stdout)
    ? "answers"
    : "lets the state of orc be changed: is this the orc that is installed?";
}

/** As a host has it in its file, where quotes are escaped. */
function isWritten(site: Site, kind: HostKind, shell: string): boolean {
  return hooksText(site, kind).includes(JSON.stringify(shell).slice(1, -1));
}

/** What a host says, with a file that nobody may change. */
function canaryInput(kind: HostKind, event: HookEvent, base: string): object {
  const path = `${repositoryLayout(base).directory}/canary`;
  const tool = kind.shape === "plugin"
    ? { tool: "write", args: { filePath: path } }
    : kind.shape === "copilot"
    ? { toolName: "create", toolArgs: JSON.stringify({ path }) }
    : {
      tool_name: kind.name === "codex" ? "apply_patch" : "write_file",
      tool_input: kind.name === "codex"
        ? { command: `*** Begin Patch\n*** Add File: ${path}\n+x` }
        : { file_path: path },
    };
  return {
    session_id: "canary",
    cwd: base,
    hook_event_name: event,
    source: "startup",
    ...event === "PreToolUse" && tool,
  };
}
