import {
  errorFinding,
  type Finding,
  infoFinding,
  type Said,
  type Severity,
  warningFinding,
  worstFirst,
} from "../base/finding.ts";
import { sessionLayout } from "../base/layout.ts";
import { LONG_LOCK_MS, MAX_CANDIDATES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import { listOf, quoted } from "../base/text.ts";
import { isClosed } from "../engine/state.ts";
import type { DiagnosisFacts, PointerFact } from "./facts.ts";
import type { LockFact, Trouble } from "./look.ts";
import type {
  LineSample,
  LogFacts,
  SessionFacts,
  SessionView,
} from "./session_facts.ts";

/** What a row finds: nothing, that it is so, a sentence, or all that the row itself does not say. */
type Answer = boolean | string | Found | readonly Found[] | null | undefined;
type Found = Partial<Said> & Pick<Trouble, "hint"> & {
  /** That of an error, such as `denied`, or of a path. */
  readonly kind?: string;
  /** Where the row's own code does not fit. */
  readonly otherCode?: string;
};

/** One question of a table, about what the table is about. */
export type Row<Subject> = (
  subject: Subject,
  view: Pick<SessionView, "locks">,
) => readonly Finding[];

/** What a row says of all it finds; without a sentence in what is found, the path `is` what it says. */
interface Question<Subject> {
  readonly of: (subject: Subject, view: Pick<SessionView, "locks">) => Answer;
  readonly is?: string;
  readonly remedy?: string;
  readonly fixable?: boolean;
}

type RowMaker<Subject> = (
  code: string,
  question: Question<Subject>,
) => Row<Subject>;

/** Makes rows about one kind of subject, which lies `at` a path where what is found names no other. */
export function rowsAbout<Subject>(
  at: (subject: Subject) => string,
): Readonly<Record<Severity, RowMaker<Subject>>> {
  const rowOf =
    (finding: (said: Said) => Finding): RowMaker<Subject> =>
    (code, question) =>
    (subject, view) => {
      const { of, is, remedy = "", fixable } = question;
      return [of(subject, view)].flat().flatMap((answer) => {
        if (!answer) return [];
        const found: Found = typeof answer === "object" ? answer : {};
        const { otherCode = code, path = at(subject) } = found;
        const message = typeof answer === "string" ? answer : `"${path}" ${is}`;
        const said = { message, remedy, fixable, ...found, path };
        return isDenied(found)
          ? notReadable(said)
          : finding({ ...said, code: otherCode });
      });
    };
  return {
    error: rowOf(errorFinding),
    warning: rowOf(warningFinding),
    info: rowOf(infoFinding),
  };
}

function isDenied({ kind }: { readonly kind?: string }): boolean {
  return kind === "denied";
}

/** What nobody let this user see may be well: whatever was to be read, only that is known. */
function notReadable(
  { path, session, message, code, hint }: Omit<Said, "code" | "remedy"> & Found,
): Finding {
  const remedy = code === "permission_missing" && hint !== undefined
    ? hint
    : `see who owns it: ls -ld "${path}"; then work as that user, or let that user allow it`;
  return errorFinding({ code: "not_readable", path, session, message, remedy });
}

/** Whether it keeps silent what of its kind lies below its path. */
export function isHiding({ code }: Finding): boolean {
  return code === "not_readable";
}

const { info, error, warning } = rowsAbout<DiagnosisFacts>(
  ({ layout }) => layout.directory,
);
const ofView = rowsAbout<SessionView>(({ layout }) => layout.directory);
const ofState = rowsAbout<SessionFacts>(({ statePath }) => statePath);
const ofLog = rowsAbout<SessionFacts>(({ log }) => log.path);

/** Asks everything about one session, before it goes on to the next. */
function ofEachSession(
  ...rows: readonly Row<SessionFacts>[]
): Row<SessionView> {
  return ofSessions(({ merge }) => merge === null, rows);
}

function ofSessions(
  isMeant: (session: SessionFacts) => boolean,
  rows: readonly Row<SessionFacts>[],
): Row<SessionView> {
  return (view) =>
    view.sessions.filter(isMeant).flatMap((session) =>
      rows.flatMap((row) => row(session, view))
        .map((finding) => ({ ...finding, session: session.id }))
    );
}

/** Whether a living process is at work in a session, or in the repository: what it has not finished is no damage. */
export function isBusy(
  { locks }: Pick<SessionView, "locks">,
  session: string | null,
): boolean {
  return locks.some((lock) =>
    lock.session === session && lock.holder?.liveness === "alive"
  );
}

/** Says of each lock exactly one thing. */
function lockFinding({ path, session, holder, trouble }: LockFact): Finding {
  const about = { path, session };
  if (trouble !== null) {
    if (isDenied(trouble)) return notReadable({ ...trouble, ...about });
    return errorFinding({
      ...about,
      code: "lock_foreign",
      message: trouble.message,
      remedy: "look at what it is, and move it away: no update is possible",
    });
  }
  if (holder === null) {
    return infoFinding({
      ...about,
      code: "lock_unreadable",
      message: `"${path}" names no holder`,
      remedy:
        "the next update waits two seconds and takes it over, and so does orc doctor --fix",
      fixable: true,
    });
  }
  const { pid, host, purpose, ageMs, liveness } = holder;
  const isLong = liveness !== "dead" && ageMs > LONG_LOCK_MS;
  const alive = isLong
    ? "see what that process waits for; updates take milliseconds"
    : "nothing to do: it gives the lock back";
  const [code, which, remedy] = ({
    dead: [
      "lock_stale",
      ", which has ended",
      "the next update takes it over, and so does orc doctor --fix",
    ],
    unknown: [
      "lock_of_unknown",
      "; whether it still runs cannot be told from here",
      "see who holds it, and look there: orc unlock",
    ],
    alive: [
      isLong ? "lock_held_long" : "lock_held",
      ", which still runs",
      alive,
    ],
  } as const)[liveness];
  const seconds = Math.round(ageMs / 1000);
  const message =
    `"${path}" is held by process ${pid} on "${host}" for ${seconds} s (${purpose})${which}`;
  const fixable = liveness === "dead";
  const said = { ...about, code, message, remedy, fixable };
  return isLong ? warningFinding(said) : infoFinding(said);
}

export const lockRows: readonly Row<SessionView>[] = [
  ({ locks }) => locks.map(lockFinding),
  ofView.info("leftovers", {
    of: (view) =>
      view.leftovers.filter(({ session }) => !isBusy(view, session))
        .map(({ directory, session, names }) => ({
          path: directory,
          session,
          message: `"${directory}" holds what a killed process left: ${
            listOf(names, MAX_CANDIDATES)
          }`,
        })),
    remedy: "orc doctor --fix",
    fixable: true,
  }),
];

export const pointerRows: readonly Row<DiagnosisFacts>[] = [
  warning("session_missing", {
    of: ({ missing }) =>
      missing.map(({ id, directory, states: [newest] }) => ({
        path: directory,
        session: id,
        message: `Session "${id}" at update ${newest?.serial ?? 0} is missing`,
        remedy:
          `bring it back: orc recover ${id}, or let it go: orc recover ${id} --forget`,
      })),
  }),
  info("session_not_trusted", {
    of: ({ foreign, layout }) =>
      foreign.map((id) => ({
        path: sessionLayout(layout.root, id).directory,
        session: id,
        message:
          `Session "${id}" was not begun here: no check of it runs a command`,
        remedy: `read its commands, and let them run: orc trust ${id}`,
      })),
  }),
  ...rowsOfPointer("current"),
  ...rowsOfPointer("binding"),
  warning("foreign_current", {
    of: ({ foreignNames, layout: { current: path } }) =>
      foreignNames.includes(nameOf(path)) && { path },
    is:
      "is not orc's: it chooses no session, and who has none of their own is in the only active one",
    remedy:
      "leave it to the tool that made it, or put it aside: orc session switch ID",
  }),
  info("current_is_closed", {
    of: ({ pointers, sessions }) => {
      const current = pointers.find(({ kind }) => kind === "current");
      const named = sessions.find(({ id }) => id === current?.session)?.state;
      return current && named && isClosed(named.status) && {
        path: current.path,
        session: current.session,
        message: `The session that "${current.path}" names is ${named.status}`,
      };
    },
    remedy: 'start a new one when there is something to do: orc start "TASK"',
  }),
];

/** Codes `damaged_current`, `current_names_nothing`, and the same of a binding. */
function rowsOfPointer(
  wanted: PointerFact["kind"],
): readonly Row<DiagnosisFacts>[] {
  return [
    error(`damaged_${wanted}`, {
      of: ({ pointers }) =>
        pointers.flatMap(({ path, kind, trouble }) => {
          if (kind !== wanted || trouble === null) return [];
          const isMovable = trouble.kind === "corrupt" &&
            trouble.code !== "not_a_regular_file";
          // A switch does not write over a link.
          const choose = wanted === "current"
            ? ""
            : "choose a session: orc session switch ID, or ";
          return [{
            ...trouble,
            path,
            remedy: isMovable
              ? `${choose}put the file aside: orc doctor --fix`
              : "move it away; orc does not remove what it did not make",
            fixable: isMovable,
          }];
        }),
    }),
    warning(`${wanted}_names_nothing`, {
      of: ({ pointers, sessions, legacy }) => {
        const known = new Set(sessions.map(({ id }) => id));
        if (legacy.session !== null) known.add(legacy.session.id);
        return pointers.filter(({ kind, session }) =>
          kind === wanted && session !== null && !known.has(session)
        ).map(({ path, session }) => ({
          path,
          session,
          message: `"${path}" names session "${session}", which does not exist`,
        }));
      },
      remedy:
        "choose another: orc session switch ID, or remove the name: orc doctor --fix",
      fixable: true,
    }),
  ];
}

/** Each session by itself, and whether its log is whole and in step with its state. */
export const sessionRows: readonly Row<SessionView>[] = [
  ofSessions(({ merge }) => merge !== null, [
    ofState.error("merged_branches", {
      of: ({ merge }) => merge,
      remedy:
        "finish the merge or rebase in git, then take both sides apart: orc doctor --fix",
      fixable: true,
    }),
  ]),
  ofEachSession(
    ofState.warning("unfinished_session", {
      of: (session) =>
        session.state === null && session.trouble === null && {
          path: session.directory,
          remedy: wayBack(session) ??
            "move it away if nobody needs what is in it",
        },
      is: "holds no state",
    }),
    ofState.error("foreign_state", {
      of: (session) =>
        session.trouble?.code === "foreign_state" && {
          ...session.trouble,
          remedy: wayBack(session) ??
            `put the state of this session back, or ${givenUp(session)}`,
        },
    }),
    ofState.error("damaged_state", {
      of: (session) =>
        session.trouble && session.trouble.code !== "foreign_state" && {
          ...session.trouble,
          remedy: wayBack(session) ??
            `put back a good copy of the file, or ${givenUp(session)}`,
        },
    }),
    ofState.warning("damaged_meta", {
      of: ({ metaTrouble }) => metaTrouble,
      remedy:
        "put back a good copy, or move it away: it holds the name, and where a session of the older tool came from",
    }),
    ofState.error("changed_outside", {
      of: ({ id, state }) =>
        state?.checksum === "changed" && {
          remedy:
            `undo that change, or let a human sign it as it is: orc doctor --resign ${id}`,
        },
      is: "was changed outside orc: it is shown, and updates are refused",
    }),
    ofState.error("state_not_earned", {
      of: ({ contradictions, id }) =>
        contradictions.map(({ code, message }) => ({
          otherCode: code,
          message,
          remedy: code === "state_put_back"
            ? `bring the newer one back: orc recover ${id}, or let a human sign this one: orc doctor --resign ${id}`
            : `undo the change, or let a human sign the session as it is: orc doctor --resign ${id}`,
        })),
    }),
    ofState.warning("newer_format", {
      of: ({ state }) => state?.isNewer,
      is: "was made by a newer orc: this one only reads it",
      remedy: "update orc",
    }),
    ofState.error("damaged_workflow", {
      of: ({ statePath, state }) =>
        state && state.workflowProblem !== null && !isClosed(state.status) &&
        `${state.workflowProblem} (in "${statePath}")`,
      remedy: "put back a good copy of the file",
    }),
    ofState.error("duplicate_id", {
      of: ({ statePath, state }) =>
        state?.duplicate && !isClosed(state.status) &&
        `The workflow in "${statePath}" has the ${state.duplicate.kind} id ${
          quoted(state.duplicate.id)
        } twice: updates are refused`,
      remedy:
        'give each its own id in workflow.yaml, then start anew: orc start --beside "TASK"',
    }),
  ),
  ofEachSession(
    ofLog.error("log_not_readable", {
      of: ({ log: { trouble, path } }) => trouble && { ...trouble, path },
      remedy: "put a regular file in its place: updates are refused",
    }),
  ),
  ofEachSession(
    ofState.error("state_behind_log", {
      of: ({ id, state, statePath, log }) =>
        state && log.lastSerial > state.serial && {
          message:
            `"${statePath}" is at update ${state.serial}, but "${log.path}" at update ${log.lastSerial}: an older state was put back`,
          remedy:
            `put the newer state back, or let a human go on from this one: orc doctor --trust-state ${id}`,
        },
    }),
    ofLog.warning("log_missing", {
      of: (session, view) =>
        isBehind(session, view) && !session.log.isThere &&
        session.state?.serial !== 0 && healing(session),
      is: "does not exist; only the last events are known",
    }),
    ofLog.info("log_behind_state", {
      of: (session, view) =>
        isBehind(session, view) && session.log.isThere &&
        session.state && session.state.missingEvents > 0 && {
          ...healing(session),
          message:
            `"${session.log.path}" lacks ${session.state.missingEvents} of the last events, which the state still holds`,
        },
    }),
    ofLog.info("log_torn", {
      of: (session, view) =>
        isBehind(session, view) && session.log.isThere &&
        session.log.isTorn && healing(session),
      is: "ends in the middle of a line",
    }),
  ),
  ...[
    ofLog.warning("log_damaged_lines", {
      of: ({ log }) =>
        log.damaged.count > 0 &&
        `"${log.path}" holds no event in ${
          linesOf(log, log.damaged)
        }; the rest is used`,
      remedy: "look at them; orc leaves them as they are",
    }),
    ofLog.info("log_repeated_lines", {
      of: ({ log }) =>
        log.repeated.count > 0 &&
        `"${log.path}" repeats an event in ${
          linesOf(log, log.repeated)
        }; it counts once`,
      remedy: "nothing to do",
    }),
    ofLog.warning("log_gaps", {
      of: ({ log }) =>
        log.gaps.count > 0 &&
        `"${log.path}" lacks updates; the first to be missing: ${
          someOf(log.gaps)
        }`,
      remedy: "put them back from a copy of the log, if there is one",
    }),
  ].map((row) => ofEachSession(row)),
];

/** What can be said of sessions before all else was looked at: what that may hide is said at the end. */
export function diagnoseSessions(view: SessionView): readonly Finding[] {
  return [...lockRows, ...sessionRows].flatMap((row) => row(view, view))
    .filter((finding) => !isHiding(finding)).sort(worstFirst);
}

/** The sessions of which nothing is to be said, even if nobody were at work in them. */
export function soundAmong(view: SessionView): readonly SessionFacts[] {
  const unlocked = { ...view, locks: [] };
  const said = new Set(
    sessionRows.flatMap((row) => row(unlocked, unlocked))
      .map(({ session }) => session),
  );
  return view.sessions.filter(({ id, odd }) =>
    !said.has(id) && odd.length === 0
  );
}

/** Checkpoints are all that is left of a state that is gone; they are looked at only when asked for. */
function wayBack({ id, checkpoints }: SessionFacts): string | undefined {
  if (checkpoints === 0) return undefined;
  return `put back a good copy, or let a human return to the newest checkpoint: orc doctor --restore ${id}`;
}

/** What a power cut emptied may have no copy anywhere: nobody is to hear of it for ever. */
function givenUp({ directory }: SessionFacts): string {
  return `give the session up: move "${directory}" out of the repository's sessions`;
}

/** Whether a log may lack what its state tells, and nobody is just writing it. */
function isBehind(
  { id, state, log }: SessionFacts,
  view: Pick<SessionView, "locks">,
): boolean {
  return state !== null && log.lastSerial <= state.serial &&
    log.trouble === null && !isBusy(view, id);
}

/** An update brings the log in step, if it is not refused for another reason. */
function healing({ state }: SessionFacts): Found {
  return state?.checksum === "changed" || state?.isNewer
    ? { remedy: "mend the state first; see there", fixable: false }
    : {
      remedy: "the next update completes it, and so does orc doctor --fix",
      fixable: true,
    };
}

function linesOf({ fromByte }: LogFacts, sample: LineSample): string {
  const noun = sample.count === 1 ? "line" : "lines";
  const where = fromByte === 0 ? "" : `, counted from byte ${fromByte}`;
  return `${noun} ${someOf(sample)}${where}`;
}

function someOf({ numbers, count }: LineSample): string {
  const shown = numbers.slice(0, MAX_CANDIDATES);
  const more = count - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
