import {
  answerHook,
  type HookAnswered,
  MAX_HOOK_INPUT_BYTES,
} from "../../agents/hook.ts";
import {
  type AgentsChanged,
  type AgentsOptions,
  installAgents,
  uninstallAgents,
} from "../../agents/install.ts";
import type { HookTrust } from "../../agents/codex_trust_rules.ts";
import {
  type AgentsStatus,
  readAgents,
  TRIAL_VARIABLE,
} from "../../agents/status.ts";
import { primeAgent, type Primed } from "../../agents/prime.ts";
import { verifyWriteAllowed, type WriteAllowed } from "../../agents/write.ts";
import { type OrcError, refused } from "../../base/error.ts";
import { escapeJson } from "../../base/text.ts";
import type { SessionOptions } from "../../repository/select.ts";
import { arg, command, flag, type ResultOf, type Values } from "../command.ts";

export const verifyWriteAllowedCommand = command<ResultOf<WriteAllowed>>({
  description:
    "Exits with 0 where the phase lets these files be changed, and where no session is open, else with 3. A phase says which by allow_write; where no phase does, files are changed in the phase EXECUTE. What lies in .orchestrator is orc's alone, and what lies outside of the repository is not judged. If it is unclear which session is meant, every open one must allow it.",
  args: [
    arg("[PATH]...", "File that is about to be changed; all without any"),
  ],
  effect: "reads",
  examples: [
    "orc verify-write-allowed src/login.ts",
    "orc verify-write-allowed",
  ],
  use: (host, options, values) =>
    verifyWriteAllowed(host, { ...options, paths: values.list("PATH") }),
  render: ({ active, phaseId, outside }) =>
    [
      active
        ? `Files may be changed: the session is in phase "${phaseId}"`
        : "Files may be changed: no session is open",
      ...outside.map((path) =>
        `"${path}" lies outside of the repository and is not judged`
      ),
    ].join("\n"),
});

export const primeCommand = command<ResultOf<Primed>>({
  description:
    "Prints the next command, a human's rejection, the last failure, the constraints and the position of the session in as few words as the budget asks for, the most important first, and says what it left out. Agents' hosts run it by a hook where an agent begins, and where its memory was cut.",
  flags: [
    flag("--budget TOKENS", "Most tokens, estimated: 50 to 10000, 250 without"),
  ],
  effect: "reads",
  examples: ["orc prime", "orc prime --budget 100"],
  use: (host, options, values) =>
    primeAgent(host, { ...options, budget: values.text("budget") }),
  render: ({ text }) => text,
});

export const hookCommand = command<ResultOf<HookAnswered>>({
  description:
    "Answers a hook of an agent's host: reads what the host says as JSON from standard input, and prints what it is to do in the host's own form. Called by what orc agents install writes, and by nobody else. What orc does not know is no error: it says so on standard error, and exits with 0.",
  args: [
    arg("HOST", "claude, codex, cursor, gemini, copilot or opencode"),
    arg("EVENT", "SessionStart, PreToolUse, Stop, PreCompact or SessionEnd"),
  ],
  effect: "writes",
  permissions: ["run"],
  examples: ["orc hook claude SessionStart"],
  use: (host, options, values) => {
    const input = host.terminal.isInteractive
      ? ""
      : new TextDecoder().decode(host.readInput(MAX_HOOK_INPUT_BYTES));
    return answerHook(host, {
      ...options,
      input,
      trial: host.env(TRIAL_VARIABLE) === "1",
      host: values.need("HOST"),
      event: values.need("EVENT"),
    });
  },
  isOwnForm: true,
  isValue: true,
  render: ({ answer }) =>
    answer === null ? "" : escapeJson(JSON.stringify(answer)),
});

const HOST_NAMES = [
  "claude",
  "codex",
  "cursor",
  "gemini",
  "copilot",
  "opencode",
  "all",
];

const agentsFlags = [
  flag(
    "--host HOST...",
    "claude, codex, cursor, gemini, copilot, opencode or all; without it those that are found",
    { values: HOST_NAMES },
  ),
  flag("--global", "In your own directory, for all repositories"),
];

const dryRun = flag("--dry-run", "Show what would be done, and do nothing", {
  effect: "reads",
});

/** None of these is about a session. */
function agentsOptions(
  { session: _, ...options }: SessionOptions,
  values: Values,
): AgentsOptions {
  return {
    ...options,
    hosts: values.list("host"),
    global: values.on("global"),
  };
}

export const agentsInstallCommand = command<ResultOf<AgentsChanged>>({
  description:
    "Sets the hosts of agents up: lines in AGENTS.md, hooks, a skill, and with --mcp orc as a server of tools. Files are edited in place and keep comments, order and indentation; one that cannot be parsed is left and named, and the command exits with 3. docs/agents.md says what is written for which host, what each hook does, and what it does not cover. Doing it again brings all to what this version writes.",
  flags: [
    ...agentsFlags,
    flag("--mcp", "Also name orc as a server of tools"),
    dryRun,
  ],
  effect: "rewrites",
  permissions: ["tree", "own"],
  examples: [
    "orc agents install",
    "orc agents install --host claude --dry-run",
  ],
  use: async (host, options, values) =>
    withRefusal(
      await installAgents(host, {
        ...agentsOptions(options, values),
        dryRun: values.on("dry-run"),
        mcp: values.on("mcp"),
      }),
    ),
  render: (result) =>
    [
      ...changedLines(result),
      ...result.hosts.includes("codex") && !result.dryRun
        ? ["Codex runs hooks only once you trust them: in Codex, /hooks"]
        : [],
    ].join("\n"),
});

export const agentsUninstallCommand = command<ResultOf<AgentsChanged>>({
  description:
    "Takes away what orc agents install wrote: each file gets back every byte that it had, and what was made is removed. A file that somebody changed since loses orc's part alone.",
  flags: [...agentsFlags, dryRun],
  effect: "rewrites",
  permissions: ["tree", "own"],
  examples: ["orc agents uninstall", "orc agents uninstall --host codex"],
  use: async (host, options, values) =>
    withRefusal(
      await uninstallAgents(host, {
        ...agentsOptions(options, values),
        dryRun: values.on("dry-run"),
      }),
    ),
  render: (result) => changedLines(result).join("\n"),
});

/** Whoever sets a host up by a program has to hear that it is not. */
function withRefusal(
  changed: AgentsChanged,
): AgentsChanged & { readonly refusal?: OrcError } {
  const left = leftIn(changed);
  if (changed.dryRun || left.length === 0) return changed;
  const refusal = refused("files_left", `Files were left: ${left.join(", ")}`);
  return { ...changed, refusal };
}

function leftIn({ files }: Pick<AgentsChanged, "files">): readonly string[] {
  return files.flatMap(({ path, action }) => action === "left" ? [path] : []);
}

const CHOSEN: Readonly<Record<AgentsChanged["chosen"], string>> = {
  named: "as you named them",
  repository: "found in the repository",
  machine: "found on this machine",
};

function changedLines(
  { hosts, chosen, files, dryRun }: ResultOf<AgentsChanged>,
): readonly string[] {
  const left = leftIn({ files });
  const rows = files.map(({ path, action, reason }) =>
    reason === null ? `  ${action} ${path}` : `  ${action} ${path}: ${reason}`
  );
  return [
    `Hosts: ${hosts.join(", ")} (${CHOSEN[chosen]})`,
    ...rows.length === 0 ? ["  nothing of orc is there"] : rows,
    ...left.length === 0 ? [] : [
      `Not done: mend ${left.join(", ")}, then run this command again`,
    ],
    ...dryRun ? ["Nothing was done: --dry-run"] : [],
  ];
}

const TRUST: Readonly<Record<HookTrust, string>> = {
  trusted: "trusted",
  changed: "not as it was trusted",
  untrusted: "nobody trusted it",
  off: "turned off",
};

export const agentsStatusCommand = command<ResultOf<AgentsStatus>>({
  description:
    "Shows which hosts call orc, which files this version would write otherwise, and when each hook last fired; of Codex, whether its user trusts it: others it skips without a word. --canary fires each hook as the host would, with a recorded input, and changes nothing.",
  flags: [
    ...agentsFlags,
    flag("--canary", "Fire each hook with a recorded input"),
  ],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc agents status", "orc agents status --canary"],
  use: (host, options, values) =>
    readAgents(host, {
      ...agentsOptions(options, values),
      canary: values.on("canary"),
    }),
  render: ({ agents, chosen }) =>
    agents.flatMap(({ host, installed, behind, hooks, note }) => [
      installed
        ? `${host}: installed (${CHOSEN[chosen]})`
        : `${host}: not installed; orc agents install --host ${host}`,
      ...!installed ? [] : [
        ...hooks.map(({ event, firedAt, canary, trust }) =>
          [
            `  ${event}:`,
            firedAt === null ? "has not fired" : `last fired ${firedAt}`,
            ...canary === null ? [] : [`; ${canary}`],
            ...trust === null ? [] : [`; ${TRUST[trust]}`],
          ].join(" ").replaceAll(" ;", ";")
        ),
        ...behind.map((path) => `  not as this orc writes it: ${path}`),
        ...note === null ? [] : [`  ${note}`],
      ],
    ]).join("\n"),
});
