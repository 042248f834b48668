/** Sessions in which two branches of git went on, or in which a merge left its markers. */
import { OrcError, orElse } from "../base/error.ts";
import { parseJson } from "../base/json.ts";
import {
  asidePath,
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_CHECKED_LOG_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { decide } from "../engine/decide.ts";
import { encodeLogLine } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import { isFileTracked } from "../files/git_index.ts";
import type { HeldLock } from "../files/lock.ts";
import { fileKind, guardPath, readText } from "../files/read.ts";
import { copyToNew, writeAtomic } from "../files/write.ts";
import { linkedLine, linkEvents, newChain } from "../replay/chain.ts";
import {
  type Branch,
  branchesOf,
  chainOf,
  isMarker,
  sidesOf,
  stateOf,
} from "../session/branches.ts";
import {
  decodeUnsigned,
  ORC_FORMAT,
  type UnsignedSession,
} from "../session/codec.ts";
import { publishSession, sessionMeta } from "../session/create.ts";
import { encodeSession } from "../session/encode.ts";
import { decodeState } from "../session/read.ts";
import type { Session, StoreContext } from "../session/store.ts";
import { stamp } from "../session/update.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import { fillTexts } from "../workflow/template.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";
import type { Trouble } from "./look.ts";

/** What a merge did to a session, in a sentence about one of its files. */
export type MergeFact = Pick<Trouble, "path" | "message">;

/** What is to become of a session after a merge. */
interface Plan {
  readonly fact: MergeFact;
  readonly paths: SessionLayout;
  readonly workflow: Workflow;
  /** The session as it is to be; its log is that of its own branch. */
  readonly session: UnsignedSession;
  readonly log: string;
  readonly isStateNew: boolean;
  readonly isLogNew: boolean;
  /** Each of the other sides becomes a session of its own. */
  readonly others: readonly {
    readonly branch: Branch;
    readonly state: SessionState;
  }[];
}

/** What a merge did to a session that git tracks; undefined where it did nothing, or nobody can tell what. */
export async function mergeFact(
  root: string,
  id: string,
): Promise<MergeFact | undefined> {
  return (await planFor(root, id))?.fact;
}

async function planFor(root: string, id: string): Promise<Plan | undefined> {
  const paths = sessionLayout(root, id);
  // Elsewhere a log that parts was made by hand, and that is not for a repair to hide.
  if (orElse(() => isFileTracked(root, paths.state), () => null) === false) {
    return undefined;
  }
  const texts = orElse(() => {
    guardPath(root, paths.log);
    return [
      readText(paths.state, MAX_STATE_BYTES),
      readText(paths.log, MAX_CHECKED_LOG_BYTES),
    ];
  }, () => []);
  const [text, logText] = texts;
  if (text === undefined || logText === undefined) return undefined;
  const apart = branchesOf(id, logText);
  const stored = await storedIn(text, paths, id);
  if (apart === undefined || stored === undefined) return undefined;
  const { branches, markerLine } = apart;
  const { session, trouble } = stored;
  const head = session.chain?.head;
  const own = trouble === null
    ? branches.find((each) => each.head === head) ??
      branches.find(({ events }) =>
        events.some(({ link }) => link?.chain === head)
      )
    : branches[0];
  const { definition } = session.state;
  if (own === undefined || definition === null) return undefined;
  const workflow = { ...fillTexts(decodeDefinition(definition)), session: id };
  const isStateNew = trouble !== null || own.head !== head;
  const isLogNew = branches.length > 1 || markerLine !== null;
  if (!isStateNew && !isLogNew) return undefined;
  const state = isStateNew
    ? await stateOf(own, workflow, session.state)
    : session.state;
  if (state === undefined) return undefined;
  const others: { branch: Branch; state: SessionState }[] = [];
  for (const branch of branches.filter((each) => each !== own)) {
    const state = await stateOf(branch, workflow, session.state);
    if (state === undefined) return undefined;
    others.push({ branch, state });
  }
  const log = own.lines.map((line) => `${line}\n`).join("");
  const logBytes = new TextEncoder().encode(log).length;
  const chain = isStateNew ? chainOf(own, state, logBytes) : session.chain && {
    ...session.chain,
    offsetBytes: Math.min(session.chain.offsetBytes, logBytes),
  };
  const events = isStateNew ? [] : session.lastEvents;
  const made = {
    ...session,
    state,
    chain,
    sessionId: id,
    serial: own.serial,
    lastEvents: events,
  };
  const fact = factOf({ paths, id, own, others, trouble, markerLine, session });
  return {
    ...{ fact, paths, workflow, log, isLogNew, others },
    session: made,
    isStateNew: isStateNew || chain?.offsetBytes !== session.chain?.offsetBytes,
  };
}

function factOf({ paths, id, own, others, trouble, markerLine, session }: {
  readonly paths: SessionLayout;
  readonly id: string;
  readonly own: Branch;
  readonly others: Plan["others"];
  readonly trouble: string | null;
  readonly markerLine: number | null;
  readonly session: UnsignedSession;
}): MergeFact {
  if (others.length > 0) {
    const serials = others.map(({ branch }) => branch.serial).join(" and ");
    return {
      path: paths.log,
      message:
        `Session "${id}" went on on both sides of a merge, to update ${own.serial} and to ${serials}: its log holds both`,
    };
  }
  if (trouble !== null) return { path: paths.state, message: trouble };
  if (markerLine !== null) {
    return {
      path: paths.log,
      message: `${paths.log}:${markerLine}:1 holds conflict markers of a merge`,
    };
  }
  return {
    path: paths.state,
    message:
      `"${paths.state}" is at update ${session.serial}, and its log goes on to update ${own.serial}`,
  };
}

/** The session of a state, or of one of the sides that a merge left in it; undefined where it was changed. */
async function storedIn(
  text: string,
  paths: SessionLayout,
  id: string,
): Promise<
  | { readonly session: UnsignedSession; readonly trouble: string | null }
  | undefined
> {
  try {
    const session = await decodeState(text, paths, id);
    return session.checksum === "valid"
      ? { session, trouble: null }
      : undefined;
  } catch (error) {
    if (!(error instanceof OrcError) || !endsAtMarker(text, error)) {
      return undefined;
    }
    const { message } = error;
    for (const side of sidesOf(text)) {
      const session = orElse(
        () => decodeUnsigned(parseJson(side, paths.state), paths.state),
        () => undefined,
      );
      if (session?.sessionId === id && session.format <= ORC_FORMAT) {
        return { session, trouble: message };
      }
    }
    return undefined;
  }
}

/** Whether a text is no JSON for the one reason that a marker of a merge stands where it goes wrong. */
function endsAtMarker(text: string, { code, details }: OrcError): boolean {
  const line = text.split("\n")[Number(details?.line) - 1] ?? "";
  return code === "invalid_json" && details?.column === 1 && isMarker(line);
}

/**
 * Takes the sides of a merge apart: the session goes on from the one its state is of, rebuilt from
 * its log where it has to be, and each other side becomes a session of its own. What is replaced is
 * kept beside it. Only who holds the locks of repository and session may. Returns the new ids.
 */
export async function separate(
  layout: RepositoryLayout,
  context: StoreContext,
  id: string,
  lock: HeldLock,
): Promise<readonly string[]> {
  const plan = await planFor(layout.root, id);
  if (plan === undefined) return [];
  const { paths, session, log, isLogNew, isStateNew } = plan;
  const newId = await context.idSource();
  const at = context.now();
  const ids: string[] = [];
  for (const { branch, state } of plan.others) {
    const made = newId();
    const { workflow } = plan;
    const other = await sessionOf({ id, branch, state, workflow }, {
      made,
      at,
      newId,
    });
    // It is no session that was begun here: whether its commands may run, its workflow decides.
    const meta = { ...sessionMeta(made, at), merged_from: id, place: "" };
    lock.assertHeld();
    publishSession(layout, made, { meta, ...other }, context.newToken());
    ids.push(made);
  }
  const text = await encodeSession(session, session.state.updatedAt);
  // The log first: a state that is not of it yet is brought in step by the next try.
  if (isLogNew) {
    keepAside(paths.log, at);
    lock.assertHeld();
    writeAtomic(paths.log, log, { token: lock.token });
  }
  if (isStateNew) {
    keepAside(paths.state, at);
    writeAtomic(paths.state, text, {
      token: lock.token,
      fence: () => lock.assertHeld(),
    });
  }
  return ids;
}

function keepAside(path: string, at: string): void {
  for (let number = 1;; number++) {
    const aside = asidePath(path, at, number);
    if (fileKind(aside) === "absent") return copyToNew(path, aside);
  }
}

/** The files of the session that one side becomes; a note says where it is from. */
async function sessionOf(
  { id, branch, state, workflow }: {
    readonly id: string;
    readonly branch: Branch;
    readonly state: SessionState;
    readonly workflow: Workflow;
  },
  { made, at, newId }: {
    readonly made: string;
    readonly at: string;
    readonly newId: () => string;
  },
): Promise<{ readonly log: string; readonly state: string }> {
  // The chain of another session begins with another id: it is made anew over the same events.
  const linked = linkEvents(newChain(made), branch.events, state);
  const events = linked.events.values();
  const lines = branch.lines.map((line) => {
    const { value } = linkedLine(line) ? events.next() : { value: undefined };
    return value ? encodeLogLine(value) : `${line}\n`;
  }).join("");
  const offsetBytes = new TextEncoder().encode(lines).length;
  const before: Session = {
    id: made,
    sessionId: made,
    format: ORC_FORMAT,
    serial: branch.serial,
    state,
    lastEvents: [],
    chain: { ...linked.chain, offsetBytes },
    checksum: "valid",
    legacyPath: null,
  };
  if (isClosed(state.status)) {
    return { log: lines, state: await encodeSession(before, state.updatedAt) };
  }
  const text = `Went on in session ${id} on another branch, until a merge`;
  const decision = decide(
    { ...workflow, session: made },
    state,
    { type: "note", text, itemId: null },
    { at, caller: { agent: null, approval: null } },
  );
  const { session, events: added } = stamp(before, decision, at, newId);
  return {
    log: lines + added.map(encodeLogLine).join(""),
    state: await encodeSession(session, at),
  };
}
