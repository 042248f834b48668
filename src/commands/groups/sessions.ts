import { shortSessionId } from "../../base/ids.ts";
import { countOf, inOneLine, sizeText, titleOf } from "../../base/text.ts";
import { startTexts } from "../../replay/account.ts";
import type { Cleanup, TreeCleanup } from "../../sessions/cleanup.ts";
import type { SessionInfo } from "../../sessions/info.ts";
import type {
  SessionLine,
  SharedSession,
  TreeOptions,
  TreeSession,
} from "../../sessions/list.ts";
import type {
  LockInfo,
  Renamed,
  Switched,
  Unlocked,
} from "../../sessions/manage.ts";
import type { Repacked } from "../../sessions/packing.ts";
import type { Status } from "../../work/status.ts";
import { type Clamped, clamped, limitOf } from "../clamp.ts";
import {
  arg,
  type ArgSpec,
  command,
  flag,
  type FlagSpec,
  humanFlag,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";
import { shortTask } from "../view.ts";

const SEARCH_FLAG: FlagSpec = flag(
  "-s, --search, --search-dir DIR",
  "Where to begin instead of here",
);

const DEPTH_FLAG: FlagSpec = flag(
  "--depth LEVELS",
  "Levels of directories to search, 3 without it",
);

/** A session with the keys of the Python tool's list, and what that has no key for. */
interface ListedSession {
  readonly path: string;
  readonly directory: string;
  readonly workflow_id: string | null;
  readonly task: string | null;
  readonly status: string | null;
  readonly current_phase: string | null;
  readonly project: string | null;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  readonly session: string | null;
  readonly legacy: boolean;
  readonly problem: string | null;
}

interface TreeListResult {
  /** Where the search began. */
  readonly directory: string;
  readonly sessions: readonly ListedSession[];
}

export const listCommand = command<Clamped<TreeListResult>>(
  clamped<TreeListResult>({ lists: ["sessions"] }, {
    description:
      "Lists the sessions of all repositories in a directory tree, new and legacy ones. Follows no links and looks into no .git or node_modules. A damaged session is listed with its problem; what may not be read is named, and the rest is listed.",
    args: [arg("[DIR]", "Where to begin instead of here", "directory")],
    flags: [
      { ...SEARCH_FLAG, excludes: ["DIR"] },
      DEPTH_FLAG,
      flag("--active-only", "Leave out completed and abandoned ones"),
    ],
    effect: "reads",
    examples: ["orc list", "orc list ~/projects --active-only --json"],
    async use(host, options, values) {
      const { listTree } = await import("../../sessions/list.ts");
      const { directory, sessions, warnings } = await listTree(host, {
        ...options,
        ...searchIn(values, values.text("DIR")),
        activeOnly: values.on("active-only"),
      });
      return {
        place: null,
        warnings,
        directory,
        sessions: sessions.map(listed),
      };
    },
    render: ({ directory, sessions }, style) =>
      sessions.length === 0
        ? `No sessions below ${directory}; how deep to look says --depth`
        : linesOf(sessions, style).join("\n"),
  }),
);

function listed(session: TreeSession): ListedSession {
  return {
    path: session.path,
    directory: session.directory,
    workflow_id: session.workflowId,
    task: session.task,
    status: session.status,
    current_phase: session.phaseId,
    project: session.project,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    session: session.session,
    legacy: session.legacy,
    problem: session.problem,
  };
}

function linesOf(
  sessions: readonly ListedSession[],
  style: Style,
): readonly string[] {
  return sessions.flatMap((session, index) => {
    const line = lineOf(session, style);
    return session.directory === sessions[index - 1]?.directory
      ? [line]
      : [style.bold(session.directory), line];
  });
}

function lineOf(session: ListedSession, style: Style): string {
  const id = session.session === null ? "" : shortSessionId(session.session);
  const beginning = `  ${id.padEnd(9)}  `;
  if (session.problem !== null) return beginning + style.bad(session.problem);
  const status = (session.status ?? "").padEnd(9);
  const phase = (session.current_phase ?? "").padEnd(8);
  const task = shortTask(session.task ?? "", 60);
  return `${beginning}${status}  ${phase}  ${task}`.trimEnd();
}

interface SessionListResult {
  readonly sessions: readonly (SessionLine | SharedSession)[];
  readonly isProject: boolean;
}

export const sessionListCommand = command<Clamped<SessionListResult>>(
  clamped<SessionListResult>({ lists: ["sessions"], unless: "all" }, {
    description:
      "Lists the sessions of the repository that were changed last. A damaged one is listed with its problem and hides no other.",
    flags: [
      flag("--all", "The same as --limit all"),
      flag(
        "--all-repositories",
        "Those of all repositories in the shared database",
      ),
    ],
    effect: "reads",
    examples: [
      "orc session list",
      "orc session list --all --json",
      "orc session list --all-repositories",
    ],
    async use(host, options, values) {
      const { listSessions, listSharedSessions } = await import(
        "../../sessions/list.ts"
      );
      const limit = values.on("all") ? Infinity : limitOf(values);
      if (!values.on("all-repositories")) {
        return await listSessions(host, { ...options, limit });
      }
      const shared = await listSharedSessions(host, { ...options, limit });
      return { ...shared, isProject: true };
    },
    render: listText,
  }),
);

function listText(
  { sessions, isProject }: SessionListResult,
  style: Style,
): string {
  if (sessions.length === 0) {
    return isProject
      ? 'No sessions here yet: orc start "TASK"'
      : "No sessions here, and none can start: change to the directory of a project";
  }
  return sessions.flatMap((line, index) => {
    const text = lineText(line, style);
    const before = sessions[index - 1];
    if (!("repoId" in line)) return [text];
    const isSame = before && "repoId" in before &&
      before.repoId === line.repoId;
    return isSame ? [text] : [repositoryText(line, style), text];
  }).join("\n");
}

function repositoryText(
  { repository, repoId }: SharedSession,
  style: Style,
): string {
  return style.bold(
    repository === null ? repoId : `${inOneLine(repository)} (${repoId})`,
  );
}

function lineText(line: SessionLine, style: Style): string {
  const mark = line.current ? "*" : " ";
  const id = style.bold(shortSessionId(line.id).padEnd(9));
  if (line.problem !== null) return `${mark} ${id}  ${style.bad(line.problem)}`;
  const { progress } = line;
  const count = progress
    ? `${progress.completed + progress.skipped}/${progress.total}`
    : "";
  const status = (line.status ?? "").padEnd(9);
  const phase = `${line.phaseId ?? ""} ${count}`.padEnd(15);
  const title = shortTask(titleOf(line.name, line.task ?? ""), 60);
  // Among files everything is of this machine.
  const whose = line.host === null
    ? ""
    : `  (${
      [line.host, line.owner].flatMap((one) => one ?? []).map(inOneLine)
        .join(", ")
    })`;
  return `${mark} ${id}  ${status}  ${phase}  ${title}${whose}`.trimEnd();
}

const ID: ArgSpec = arg(
  "ID",
  "Id of the session; a unique prefix will do",
  "session",
  { excludes: ["session"] },
);

export const sessionSwitchCommand = command<ResultOf<Switched>>({
  description:
    "Makes a session yours. An agent or a linked worktree moves only itself; anybody else moves the session that all without one of their own share. What belongs to another agent is taken over: that one may only read it from then on.",
  args: [ID],
  effect: "writes",
  examples: ["orc session switch 01k9"],
  use: async (host, options, values) =>
    (await import("../../sessions/manage.ts"))
      .switchSession(host, { ...options, id: values.need("ID") }),
  render: ({ session, task }) =>
    `Now in session ${shortSessionId(session)}: ${inOneLine(task)}`,
});

export const sessionRenameCommand = command<ResultOf<Renamed>>({
  description:
    "Gives a session a name that is shown with its task. Its id stays, and so does everything that refers to it. A closed session can be named too.",
  args: [
    ID,
    arg("NAME", "1 to 80 characters"),
  ],
  effect: "writes",
  examples: ['orc session rename 01k9 "Login, second try"'],
  use: async (host, options, values) =>
    (await import("../../sessions/manage.ts")).renameSession(host, {
      ...options,
      id: values.need("ID"),
      name: values.need("NAME"),
    }),
  render: ({ session, name }) =>
    `Session ${shortSessionId(session)} is now called ${name}`,
});

type InfoResult = ResultOf<SessionInfo> & {
  readonly root: string;
  /** Whether its checks may run commands: not where it came from elsewhere and no human said so. */
  readonly trusted: boolean;
};

export const sessionInfoCommand = command<InfoResult>({
  description:
    "Shows what a session is: its whole id, task, workflow, progress, why it is the one that is meant, what it began with, and how each approval was given. Reads all of its log.",
  args: [
    arg("[ID]", "Id of the session instead of the current one", "session", {
      excludes: ["session"],
    }),
  ],
  flags: [flag("--at SERIAL", "As it was after this update")],
  effect: "reads",
  examples: ["orc session info", "orc session info 01k9 --json"],
  use: async (host, options, values) => {
    const session = values.text("ID") ?? options.session;
    const { readSessionInfo } = await import("../../sessions/info.ts");
    const { sessionCommands } = await import("../../work/foreign.ts");
    const at = values.text("at");
    const info = await readSessionInfo(host, { ...options, session, at });
    const { trusted } = await sessionCommands(host, { ...options, session });
    return { ...info, root: info.place.root, trusted };
  },
  render: infoText,
});

const SOURCES: Readonly<Record<Status["sessionSource"], string>> = {
  flag: "named on the command line",
  environment: "named by ORCHESTRATOR_SESSION",
  agent: "bound to this agent",
  worktree: "bound to this worktree",
  current: "the current session",
  only: "the only active session",
  legacy: "read from the older tool's file",
};

function infoText(info: InfoResult): string {
  const { completed, skipped, total } = info.progress;
  const rows: readonly (readonly [string, string])[] = [
    ["Session", info.session],
    ...info.name === null ? [] : [["Name", info.name] as const],
    ["Chosen as", SOURCES[info.sessionSource]],
    ["Repository", info.root],
    ...info.host === null ? [] : [["Begun on", info.host] as const],
    ...info.owner === null ? [] : [["Agent", info.owner] as const],
    ["Task", info.task],
    ["Status", info.status],
    ["Workflow", `${info.workflow} (${info.workflowId})`],
    ["Phase", info.phaseId],
    ...info.size === null ? [] : [["Size", sizeOf(info.size)] as const],
    ["Items", `${completed} completed, ${skipped} skipped, ${total} in all`],
    ["Updates", String(info.serial)],
    ...startTexts(info.start).map((text) => ["Start", text] as const),
    ...info.approvals.map(({ message }) => ["Approval", message] as const),
    ...info.trusted ? [] : [
      [
        "Trusted",
        `no: it was not begun here, and runs no command until a human runs: orc trust ${info.session}`,
      ] as const,
    ],
  ];
  const lines = rows.map(([name, value]) =>
    `${name.padEnd(11)} ${inOneLine(value)}`
  );
  return [...info.past ? [info.past.message] : [], ...lines].join("\n");
}

type Size = NonNullable<SessionInfo["size"]>;

const SETTERS: Readonly<Record<Size["setBy"], string>> = {
  orc: "set by orc",
  caller: "set at the start",
  change: "set by orc for its change",
};

function sizeOf({ name, setBy, agent, reason }: Size): string {
  const by = agent === null ? SETTERS[setBy] : `${SETTERS[setBy]} by ${agent}`;
  return `${name}, ${by}${reason === null ? "" : `: ${reason}`}`;
}

const CLEANUP_FLAGS: readonly FlagSpec[] = [
  flag("--dry-run", "Show what would be removed, and remove nothing", {
    effect: "reads",
  }),
  flag("-y, --yes", "Remove without asking"),
];

function cleanupText(cleanup: Cleanup): string {
  const { sessions, leftovers, kept, sizeBytes, dryRun } = cleanup;
  const count = sessions.length + leftovers.length;
  const headline = dryRun ? "Would remove" : "Removed";
  return [
    count === 0
      ? "Nothing to remove"
      : `${headline} ${countText(cleanup)} (${sizeText(sizeBytes)})`,
    ...sessions.map((session) =>
      [
        `  ${shortSessionId(session.session).padEnd(9)}`,
        session.status.padEnd(9),
        `${session.unchangedDays} d`.padStart(6),
        sizeText(session.sizeBytes).padStart(7),
        session.directory,
        shortTask(session.task, 40),
      ].join("  ").trimEnd()
    ),
    ...leftovers.map(({ path, sizeBytes }) =>
      `  left by an earlier removal  ${sizeText(sizeBytes)}  ${path}`
    ),
    ...kept.map(({ problem }) => `Kept: ${problem}`),
  ].join("\n");
}

function countText({ sessions, leftovers }: Cleanup): string {
  const parts = [
    countOf(sessions.length, "session"),
    countOf(leftovers.length, "leftover"),
  ];
  return parts.filter((part) => !part.startsWith("0 ")).join(" and ");
}

export const cleanupCommand = command<Omit<TreeCleanup, "warnings">>({
  description:
    "Removes completed and abandoned sessions of all repositories in a directory tree that have not changed for some days. Shows them with their size and asks first. An active session is never removed, nor one that is damaged. Files of the older tool stay: only a migration removes them.",
  flags: [
    SEARCH_FLAG,
    DEPTH_FLAG,
    flag(
      "-a, --older-than, --max-age DAYS",
      "Days without a change, 7 without it",
    ),
    ...CLEANUP_FLAGS,
  ],
  effect: "rewrites",
  examples: [
    "orc cleanup --dry-run",
    "orc cleanup --search ~/projects --older-than 30 --yes",
  ],
  async use(host, options, values) {
    const { cleanupTree } = await import("../../sessions/cleanup.ts");
    const cleanup = await cleanupTree(host, {
      ...options,
      ...searchIn(values),
      olderThan: values.text("older-than"),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
    });
    return { place: null, ...cleanup };
  },
  render: cleanupText,
});

export const sessionCleanupCommand = command<Cleanup>({
  description:
    "Removes completed and abandoned sessions of the repository that have not changed for some days. Shows them with their size and asks first. An active session is never removed, nor one that is damaged. Files of the older tool stay: only a migration removes them.",
  flags: [
    flag("--older-than DAYS", "Days without a change, 30 without it"),
    flag("--status STATUS", "Only completed or abandoned ones; all is both", {
      values: ["completed", "abandoned", "all"],
    }),
    ...CLEANUP_FLAGS,
  ],
  effect: "rewrites",
  examples: [
    "orc session cleanup --dry-run",
    "orc session cleanup --older-than 90 --status abandoned --yes",
  ],
  use: async (host, options, values) =>
    (await import("../../sessions/cleanup.ts")).cleanupSessions(host, {
      ...options,
      olderThan: values.text("older-than"),
      status: values.text("status"),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
    }),
  render: cleanupText,
});

const IDS: ArgSpec = arg(
  "[ID]...",
  "Ids of sessions; a unique prefix will do",
  "session",
  { excludes: ["session", "all"] },
);

export const sessionPackCommand = command<ResultOf<Repacked>>({
  description:
    "Makes each closed session one compressed file, which all that reads a session reads in place. What is written is read back and compared before anything is removed. What changes a packed session unpacks it first. The older tool does not see a packed one.",
  args: [IDS],
  flags: [
    flag("--all", "All closed sessions"),
    flag("--older-than DAYS", "All without a change for so many days", {
      excludes: ["ID"],
    }),
    flag("--dry-run", "Show what would be packed, and pack nothing", {
      effect: "reads",
    }),
  ],
  effect: "rewrites",
  examples: [
    "orc session pack 01k9",
    "orc session pack --older-than 30 --dry-run",
  ],
  use: async (host, options, values) =>
    (await import("../../sessions/packing.ts")).packSessions(host, {
      ...options,
      ids: values.list("ID"),
      all: values.on("all"),
      olderThan: values.text("older-than"),
      dryRun: values.on("dry-run"),
    }),
  render: (result) => repackedText(result, "pack"),
});

export const sessionUnpackCommand = command<ResultOf<Repacked>>({
  description:
    "Gives packed sessions their files back, byte for byte. It is needed only for the older tool, or for an orc that knows no packs: what changes a packed session unpacks it by itself.",
  args: [IDS],
  flags: [
    flag("--all", "All packed sessions"),
    flag("--dry-run", "Show what would be unpacked, and unpack nothing", {
      effect: "reads",
    }),
  ],
  effect: "rewrites",
  examples: ["orc session unpack 01k9", "orc session unpack --all"],
  use: async (host, options, values) =>
    (await import("../../sessions/packing.ts")).unpackSessions(host, {
      ...options,
      ids: values.list("ID"),
      all: values.on("all"),
      dryRun: values.on("dry-run"),
    }),
  render: (result) => repackedText(result, "unpack"),
});

function repackedText(
  { sessions, unchanged, kept, dryRun }: ResultOf<Repacked>,
  act: "pack" | "unpack",
): string {
  const done = `${act}ed`;
  const said = dryRun ? `Would ${act}` : act === "pack" ? "Packed" : "Unpacked";
  const lines = sessions.map(({ session, sizeBytes, packedBytes }) =>
    `${said} ${shortSessionId(session)}  ${sizeText(sizeBytes)}, packed ${
      sizeText(packedBytes)
    }`
  );
  return [
    ...lines,
    ...unchanged.map((id) => `Already ${done}: ${shortSessionId(id)}`),
    ...kept.map(({ problem }) => `Not ${done}: ${problem}`),
  ].join("\n") || `Nothing to ${act}`;
}

export const unlockCommand = command<ResultOf<Unlocked>>({
  description:
    "Shows who holds the locks of the repository and of the session. Locks of dead processes need no help: the next command takes them over. With --force a human removes the locks of processes that hang or ran on another machine; their updates are repeated or refused, never half done.",
  flags: [humanFlag("-f, --force", "Remove the locks")],
  effect: "reads",
  examples: ["orc unlock", "orc unlock --force"],
  use: async (host, options, values) =>
    (await import("../../sessions/manage.ts"))
      .unlock(host, { ...options, force: values.on("force") }),
  render: ({ locks, removed }) => {
    if (locks.length === 0) return "No lock is held";
    const lines = locks.map(lockText);
    return removed ? ["Removed:", ...lines].join("\n") : lines.join("\n");
  },
});

const STATES = {
  alive: "it still runs",
  dead: "it has ended; the next command takes the lock over",
  unknown: "whether it still runs cannot be told",
} as const;

function lockText(lock: LockInfo): string {
  if (lock.pid === null) return `${lock.scope}: "${lock.path}" is unreadable`;
  const seconds = Math.round((lock.ageMs ?? 0) / 1000);
  return `${lock.scope}: process ${lock.pid} on "${lock.host}" for ${seconds} s (${lock.purpose}); ${
    STATES[lock.liveness]
  }`;
}

function searchIn(
  values: Values,
  argument?: string,
): Pick<TreeOptions, "directory" | "depth"> {
  const directory = argument ?? values.text("search");
  return { directory, depth: values.text("depth") };
}
