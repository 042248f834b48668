import { type OrcError, refused } from "../base/error.ts";
import { oneLine } from "../base/markdown.ts";
import { countOf, inOneLine } from "../base/text.ts";
import { startTexts } from "../replay/account.ts";
import type { Recoverable, Recovered } from "../sessions/recover.ts";
import type { Trusted } from "../trust/foreign.ts";
import type { Verified } from "../trust/use.ts";
import { arg, command, flag, type ResultOf, type Style } from "./command.ts";
import { section, shortTask } from "./view.ts";

export const verifyCommand = command<ResultOf<Verified>>({
  description:
    "Checks whether what a session says is so: that its log is as orc wrote it, that its events lead to its state by the rules, that orc itself saw each item done, and that it was finished. It names files that changed since a check saw them. It reads all of the log and changes nothing. Exits with 0 if the session holds, and with 3 and one line per finding if not.\n\nIt notices what was changed behind orc's back. It cannot notice what somebody with the same account writes by the rules and with the right hashes: they are no secret.",
  args: [
    arg("[ID]", "Id of the session instead of the current one", "session", {
      excludes: ["session"],
    }),
  ],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc verify", "orc verify 01k9 --json"],
  async use(host, options, values) {
    const session = values.text("ID") ?? options.session;
    const { verifySession } = await import("../trust/use.ts");
    const verified = await verifySession(host, { ...options, session });
    return { ...verified, refusal: notHolding(verified) };
  },
  render: verifiedText,
});

/** The refusal with which a program ends that asked for a session which does not hold. */
function notHolding(
  { findings, holds }: Pick<Verified, "findings" | "holds">,
): OrcError | undefined {
  if (holds) return undefined;
  const count = countOf(findings.length, "finding");
  return refused("not_verified", `The session does not hold: ${count}`);
}

function verifiedText(
  { holds, findings, serial, coveredFrom, start, approvals }: ResultOf<
    Verified
  >,
  style: Style,
): string {
  const covered = coveredFrom === null || coveredFrom === 1
    ? ""
    : `, covered from update ${coveredFrom} on`;
  const updates = `${countOf(serial, "update")}${covered}`;
  const head = holds
    ? style.good(`Holds, ${updates}`)
    : style.bad(`Does not hold: ${countOf(findings.length, "finding")}`);
  const lines = (texts: readonly string[]) =>
    texts.map((text) => `  ${oneLine(text)}`);
  return [
    head,
    ...lines(findings.map(({ message }) => message)),
    ...section("How it came about", [
      ...startTexts(start),
      ...approvals.map(({ message }) => message),
    ]),
  ].join("\n");
}

export const recoverCommand = command<RecoverResult>({
  description:
    "Brings a session back that is gone, or older than it was: after git clean -fdx, rm -rf .orchestrator, or an old copy that was put back. While a session is active orc keeps a second name of its files in git's own directory, and for 30 days after its end. What lies in its place is renamed. Outside of git nothing is kept.\n\nWith --list it shows what could be brought back, and changes nothing. With --forget it removes what is kept of a session that is gone on purpose.",
  args: [
    arg("[ID]", "Id of the session; not needed where one is missing"),
  ],
  flags: [
    flag("--list", "Only show what could be brought back", {
      effect: "reads",
      excludes: ["forget"],
    }),
    flag("--forget", "Let it go instead"),
  ],
  effect: "writes",
  examples: ["orc recover", "orc recover --list", "orc recover 01k9 --forget"],
  async use(host, options, values) {
    const { forgetSession, listRecoverable, recoverSession } = await import(
      "../sessions/recover.ts"
    );
    const session = values.text("ID") ?? options.session;
    const request = { ...options, session };
    const none = { recovered: null, forgotten: null, sessions: null };
    if (values.on("list")) {
      return { ...none, ...await listRecoverable(host, options) };
    }
    if (values.on("forget")) {
      const { place, session } = await forgetSession(host, request);
      return { ...none, place, forgotten: session };
    }
    const { place, warnings, ...recovered } = await recoverSession(
      host,
      request,
    );
    return { ...none, place, warnings, recovered };
  },
  render: recoverText,
});

const MAX_TASK_LENGTH = 60;

interface RecoverResult {
  /** Null unless it was brought back. */
  readonly recovered: ResultOf<Recovered> | null;
  /** Id of the session that was let go; null otherwise. */
  readonly forgotten: string | null;
  /** What could be brought back; null unless it was asked for. */
  readonly sessions: readonly Recoverable[] | null;
}

function recoverText(
  { recovered, forgotten, sessions }: RecoverResult,
): string {
  if (recovered !== null) {
    const { session, serial, task, aside } = recovered;
    return [
      `Recovered: session "${session}" at update ${serial} (${
        shortTask(task, MAX_TASK_LENGTH)
      })`,
      ...aside.map((path) => `What lay there is in "${path}"`),
    ].join("\n");
  }
  if (forgotten !== null) return `Forgotten: session "${forgotten}"`;
  if (!sessions?.length) return "No session is missing";
  return sessions.map(({ session, serial, status, present, task }) => {
    const now = present === null ? "gone" : `at update ${present} now`;
    return `${session}  update ${serial}, ${status}, ${now}  ${
      shortTask(task, MAX_TASK_LENGTH)
    }`;
  }).join("\n");
}

export const trustCommand = command<ResultOf<Trusted>>({
  description:
    "Lets the commands of a session run that was not begun here: one that git brought along, or a copy. Until then no check of it runs a command, and no agent is run on it. It shows all of its commands as they would run; a human reads them and types the id of the session. That is kept in your own directory for this very workflow, by its hash: where the session brings another one, it is asked again. A session that was begun here needs it not.",
  args: [
    arg("[ID]", "Id of the session instead of the current one", "session", {
      excludes: ["session"],
    }),
  ],
  effect: "human",
  examples: ["orc trust 01k9"],
  async use(host, options, values) {
    const session = values.text("ID") ?? options.session;
    const { trustSession } = await import("../trust/foreign.ts");
    return await trustSession(host, { ...options, session });
  },
  render: ({ changed, commands }) =>
    [
      changed
        ? "Trusted: its commands may run"
        : "Its commands may run already",
      ...commands.map(({ itemId, command, workingDir }) =>
        `  ${inOneLine(`${itemId}: ${command}`)}${
          workingDir ? ` (in ${inOneLine(workingDir)})` : ""
        }`
      ),
    ].join("\n"),
});
