import { denied, external, type OrcError } from "../../base/error.ts";
import { shortSessionId } from "../../base/ids.ts";
import { countOf, inOneLine, sizeText } from "../../base/text.ts";
import type { ConditionTrial } from "../../objects/conditions.ts";
import type { Probed, Trial } from "../../persist/probe.ts";
import type { Pruned } from "../../persist/prune.ts";
import type { Pulled, PulledSession } from "../../persist/pull.ts";
import type { Pushed, PushedSession } from "../../persist/push.ts";
import type { PersistedSession, PersistStatus } from "../../persist/status.ts";
import type { SessionOptions } from "../../repository/select.ts";
import {
  arg,
  type ArgSpec,
  command,
  flag,
  type FlagSpec,
  type Permission,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";

const REMOTE: FlagSpec = flag(
  "--remote NAME",
  "Name of the git remote, or s3 for object storage; without it what persist_to says",
);

const DRY_RUN: FlagSpec = flag(
  "--dry-run",
  "Show what would be done, and do nothing",
);

const IDS: ArgSpec = arg(
  "[ID]...",
  "Ids of sessions; a unique prefix will do",
  "session",
  { excludes: ["session"] },
);

const PERMISSIONS: readonly Permission[] = ["run", "net"];

/** The sessions that are named, in whichever way. */
function meant(
  { session, ...options }: SessionOptions,
  values: Values,
) {
  const ids = values.list("ID");
  return {
    ...options,
    remote: values.text("remote"),
    sessions: ids.length === 0 && session !== undefined ? [session] : ids,
  };
}

export const persistProbeCommand = command<ResultOf<Probed>>({
  description:
    "Finds out what a git remote lets orc keep there: pushes a reference that holds nothing, and removes it again, since what a push only pretends to do proves nothing. Where that is refused, it tries a branch, and says what to set. In object storage (persist_to: s3) it writes an object under right and wrong conditions, and removes it: a server that keeps to none would lose sessions.",
  flags: [REMOTE],
  effect: "writes",
  permissions: PERMISSIONS,
  examples: ["orc persist probe", "orc persist probe --remote backup"],
  async use(host, { session: _session, ...options }, values) {
    const { probeRemote } = await import("../../persist/probe.ts");
    const remote = values.text("remote");
    const probed = await probeRemote(host, { ...options, remote });
    return { ...probed, refusal: nothingAllowed(probed) };
  },
  render: probeText,
});

function nothingAllowed(
  { remote, references, branch, conditions }: Probed,
): OrcError | undefined {
  const isRefused = references?.allowed === false && !branch?.allowed;
  if (isRefused) {
    return denied("remote_refused", `"${remote}" takes nothing that orc keeps`);
  }
  return conditions === null || keepsSessions(conditions)
    ? undefined
    : external(
      "no_conditional_writes",
      `"${remote}" would lose sessions: it keeps to no condition`,
    );
}

function keepsSessions({ creates, replaces }: ConditionTrial): boolean {
  return creates && replaces;
}

function probeText(
  { remote, address, machine, vanishes, stateBranch, ...trials }: ResultOf<
    Probed
  >,
  style: Style,
): string {
  const { references, branch, conditions } = trials;
  const where = machine === null ? "This machine" : `This machine, ${machine},`;
  const vanishing = { yes: "vanishes", maybe: "may vanish", no: "stays" };
  const isWell = references?.allowed ||
    conditions !== null && keepsSessions(conditions);
  return [
    `${where} ${vanishing[vanishes]}`,
    `"${remote}" is ${inOneLine(address)}`,
    ...references === null
      ? []
      : [trialText("References of orc's own", references, style)],
    ...branch === null ? [] : [trialText("Branches", branch, style)],
    ...conditions === null ? [] : conditionLines(conditions, style),
    ...isWell ? ["Try: orc persist push"] : [],
    ...stateBranch === null
      ? []
      : [`Try: orc config set state_branch ${stateBranch}`],
  ].join("\n");
}

function conditionLines(
  { creates, replaces, removed, key }: ConditionTrial,
  style: Style,
): readonly string[] {
  const line = (isKept: boolean, kept: string, broken: string) =>
    isKept ? style.good(kept) : style.bad(broken);
  return [
    line(
      creates,
      "What is there is not created again",
      "What is there is created again, and lost",
    ),
    line(
      replaces,
      "Only what was seen is replaced",
      "What nobody has seen is replaced, and lost",
    ),
    ...removed ? [] : [style.warn(`${key} could not be removed`)],
  ];
}

function trialText(
  what: string,
  { ref, allowed, removed, problem }: Trial,
  style: Style,
): string {
  const why = problem === null ? "" : `: ${inOneLine(problem)}`;
  if (!allowed) return style.bad(`${what} are refused${why}`);
  return removed
    ? style.good(`${what} are allowed`)
    : style.warn(`${what} are allowed, but ${ref} could not be removed${why}`);
}

export const persistPushCommand = command<ResultOf<Pushed>>({
  description:
    "Sends sessions to a git remote, or to object storage where persist_to says s3: those named, else all that are open or ended in the last 30 days. In git each gets a private reference, refs/orchestrator/sessions/ID; where the setting state_branch names a branch, all lie on that. No branch, index, file or reflog of yours changes, and no hook runs. What the remote has that is newer stays there. A session that went on in both places is refused, and the others are sent.\n\nWhat leaves can be read by all who can read the repository or the bucket; the setting persist_recipient encrypts it with age.",
  args: [IDS],
  flags: [REMOTE, DRY_RUN],
  effect: "rewrites",
  permissions: PERMISSIONS,
  examples: ["orc persist push", "orc persist push 01k9 --dry-run"],
  use: async (host, options, values) =>
    (await import("../../persist/push.ts")).pushSessions(host, {
      ...meant(options, values),
      dryRun: values.on("dry-run"),
    }),
  render: ({ sessions, dryRun }) =>
    sessions.length === 0
      ? "No session to send"
      : sessions.map((each) => pushLine(each, dryRun)).join("\n"),
});

function pushLine(
  { session, remote, serial, result, ...copy }: PushedSession,
  dryRun: boolean,
): string {
  const id = shortSessionId(session);
  if (result === "same") return `${id}  "${remote}" has update ${serial}`;
  if (result === "behind") {
    return `${id}  "${remote}" has a newer one: orc persist pull ${session}`;
  }
  const sent = dryRun ? "would be sent" : "sent";
  const left = copy.withoutCheckpoints ? ", without its checkpoints" : "";
  const size = sizeText(copy.sizeBytes);
  return `${id}  ${sent} at update ${serial} (${size})${left}`;
}

export const persistPullCommand = command<ResultOf<Pulled>>({
  description:
    "Brings sessions from a git remote or object storage: those named, else all that it has. A session that is new here appears, one that went on there takes the place of what is here, and what is newer here stays. There is no merge: one that went on in both places is refused, and the others are brought; --keep-both stores theirs under a new id. A session from elsewhere runs no command until a human runs orc trust.",
  args: [
    arg("[ID]...", "Ids of sessions; a unique prefix will do", undefined, {
      excludes: ["session"],
    }),
  ],
  flags: [
    REMOTE,
    DRY_RUN,
    flag(
      "--keep-both",
      "Store a session that went on in both places under a new id",
    ),
  ],
  effect: "rewrites",
  permissions: PERMISSIONS,
  examples: ["orc persist pull", "orc persist pull 01k9 --keep-both"],
  use: async (host, options, values) =>
    (await import("../../persist/pull.ts")).pullSessions(host, {
      ...meant(options, values),
      dryRun: values.on("dry-run"),
      keepBoth: values.on("keep-both"),
    }),
  render: ({ remote, sessions, dryRun }) =>
    sessions.length === 0
      ? `"${remote}" has no session for this directory`
      : sessions.map((each) => pullLine(each, dryRun)).join("\n"),
});

function pullLine(
  { session, comparison, storedAs, serial, present }: PulledSession,
  dryRun: boolean,
): string {
  const id = shortSessionId(session);
  const [would, brought] = dryRun
    ? ["would be ", "would come"]
    : ["", "came up"];
  switch (comparison) {
    case "created":
      return `${id}  ${would}stored at update ${serial}`;
    case "fast_forward":
      return `${id}  ${brought} from update ${present} to ${serial}`;
    case "same":
      return `${id}  is at update ${serial} there too`;
    case "older":
      return `${id}  is newer here, at update ${present}`;
    default: {
      const as = storedAs === null ? "a new id" : storedAs;
      return `${id}  theirs ${would}stored as ${as}, at update ${serial}`;
    }
  }
}

export const persistStatusCommand = command<ResultOf<PersistStatus>>({
  description:
    "Compares the sessions that are here with those at a git remote or in object storage, and says which are ahead, behind, or went on in both places. Asks the remote, and changes neither side.",
  args: [IDS],
  flags: [REMOTE],
  effect: "writes",
  permissions: PERMISSIONS,
  examples: ["orc persist status", "orc persist status --json"],
  use: async (host, options, values) =>
    (await import("../../persist/status.ts"))
      .readPersistStatus(host, meant(options, values)),
  render: statusText,
});

const STANDINGS: Readonly<Record<PersistedSession["standing"], string>> = {
  same: "the same",
  ahead: "newer here: orc persist push",
  behind: "newer there: orc persist pull",
  diverged: "went on in both places: orc persist pull --keep-both",
  only_here: "only here: orc persist push",
  only_there: "only there: orc persist pull",
  unreadable: "cannot be compared",
};

function statusText(
  { remote, branch, vanishes, after, sessions }: ResultOf<PersistStatus>,
): string {
  const when = vanishes === "yes" && after !== "never"
    ? `; sessions are sent by themselves after each ${after}`
    : "";
  const where = branch === null ? "" : ` on branch ${branch}`;
  const lines = sessions.map(
    ({ session, standing, serial, remoteSerial, problem }) => {
      const numbers = `${serial ?? "-"} here, ${remoteSerial ?? "-"} there`;
      const why = problem === null ? "" : `: ${inOneLine(problem)}`;
      const id = shortSessionId(session).padEnd(9);
      return `  ${id}  ${numbers}  ${STANDINGS[standing]}${why}`;
    },
  );
  const count = countOf(sessions.length, "session");
  return [`${count} here and at "${remote}"${where}${when}`, ...lines]
    .join("\n");
}

export const persistPruneCommand = command<ResultOf<Pruned>>({
  description:
    "Removes copies of closed sessions at a git remote, and in git here, or in object storage, that ended some days ago. The sessions themselves stay. A copy of an open session is never removed, nor one that cannot be read.",
  args: [
    arg("[ID]...", "Ids of sessions; a unique prefix will do", undefined, {
      excludes: ["session"],
    }),
  ],
  flags: [
    REMOTE,
    flag("--keep-days DAYS", "Days since the end of a session, 30 without it"),
    DRY_RUN,
    flag("-y, --yes", "Remove them; without it nothing is removed"),
  ],
  effect: "rewrites",
  permissions: PERMISSIONS,
  examples: [
    "orc persist prune --dry-run",
    "orc persist prune --keep-days 7 --yes",
  ],
  use: async (host, options, values) =>
    (await import("../../persist/prune.ts")).pruneSessions(host, {
      ...meant(options, values),
      keepDays: values.text("keep-days"),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
    }),
  render: ({ sessions, dryRun }) => {
    if (sessions.length === 0) return "No copy is old enough";
    const done = dryRun ? "Would remove" : "Removed";
    return sessions.map(({ session, status, updatedAt, sizeBytes }) =>
      `${done} ${shortSessionId(session)}  ${status} ${
        updatedAt.slice(0, 10)
      }  ${sizeText(sizeBytes)}`
    ).join("\n");
  },
});
