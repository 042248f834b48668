/** Git as a place for copies: each is a commit of orc's own, under a private reference or on one branch. */
import type { OrcError } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { sessionLayoutAt } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import { quoted } from "../base/text.ts";
import { hashOfIds, objectHash } from "../checks/tree_content.ts";
import type { Captured } from "./capture.ts";
import {
  encryptedTo,
  isSame,
  labelOf,
  labelOr,
  storedFiles,
} from "./copies.ts";
import {
  addressOf,
  assertReached,
  filesIn,
  follows,
  type Git,
  headsOf,
  here,
  linesOf,
  listRefs,
  moveRefs,
  PLAIN_FILE,
  readBlobs,
  remoteOf,
  there,
  writeCommit,
  writeFiles,
} from "./git.ts";
import {
  CHECKPOINTS,
  LABEL,
  type Label,
  labelText,
  placeInSession,
  unreadable,
} from "./label_rules.ts";
import { type PushEnd, pushEnds, refusedBy } from "./remote_rules.ts";
import type { PersistSettings } from "./settings.ts";
import type { Found, Shelf, StoredCopy } from "./shelf.ts";

const STATE = nameOf(sessionLayoutAt("").state);

/** Of each session the copy that was made here last. */
export const LOCAL = "refs/orchestrator/sessions/";

/** A copy as it was seen at the remote last. */
export interface Seen {
  /** What git calls its tree. */
  readonly tree: string;
  /** The commit that it is in. */
  readonly commit: string;
}

/** A commit that is to be at the remote in the place of the one seen there, or of none. */
export interface Sent {
  readonly id: string;
  /** Undefined to remove it. */
  readonly commit: string | undefined;
  readonly seen: Seen | undefined;
}

/** Where a remote of git keeps copies. */
export interface References {
  /** The copies, as they were seen last; asks nobody. */
  seen(): Promise<ReadonlyMap<string, Seen>>;
  /** What a push expects to find there, for the copy of each session; undefined for nothing. */
  expected(): Promise<(id: string) => string | undefined>;
  /** Sees what is there now. */
  look(): Promise<void>;
  /** Puts copies there; how that ended for each. */
  put(sent: readonly Sent[]): Promise<ReadonlyMap<string, PushEnd>>;
  /** Ids of sessions that were removed there on purpose. */
  removed(): Promise<ReadonlySet<string>>;
}

/** The remote that the settings and the caller mean. */
export function gitShelf(
  git: Git,
  { recipient, branch }: Pick<PersistSettings, "recipient" | "branch">,
  named: string | undefined,
): Shelf {
  let remote = named ?? "";
  let opened: References | undefined;
  let known: Promise<ReadonlyMap<string, Seen>> | undefined;
  let states: Promise<ReadonlyMap<string, string>> | undefined;
  /** The commits that are to be sent, by the ids of their sessions. */
  const kept = new Map<string, string>();

  async function references(): Promise<References> {
    if (opened !== undefined) return opened;
    remote = await remoteOf(git, named);
    if (branch === null) opened = privateReferences(git, remote);
    else {
      const { branchReferences } = await import("./branch.ts");
      opened = branchReferences(git, remote, branch);
    }
    return opened;
  }

  /** The copies as they were seen last; git is asked once for what many ask. */
  function copiesThere(): Promise<ReadonlyMap<string, Seen>> {
    return known ??= references().then((opened) => opened.seen());
  }

  function forgetSeen(): void {
    known = undefined;
    states = undefined;
  }

  async function labelsHere(): Promise<ReadonlyMap<string, Label | OrcError>> {
    const refs = await listRefs(git, LOCAL);
    return await readLabels(
      git,
      new Map([...refs].map(([id, tree]) => [id, { commit: tree, tree }])),
    );
  }

  /** What git calls the states that can be seen there, of which an encrypted one has another name. */
  async function statesThere(): Promise<ReadonlyMap<string, string>> {
    const seen = [...await copiesThere()];
    const names = seen.map(([, { tree }]) => `${tree}:${STATE}`);
    const heads = await headsOf(git, names);
    return new Map(
      seen.flatMap(([id], index): [string, string][] => {
        const head = heads[index];
        return head === undefined ? [] : [[id, head.id]];
      }),
    );
  }

  return {
    get remote() {
      return remote;
    },
    branch,
    keptHere: LOCAL,
    isRemembered: true,
    async address() {
      await references();
      return await addressOf(git, remote);
    },
    async sizes() {
      return new Map(
        [...await labelsHere()].flatMap(([id, label]): [string, number][] =>
          "content" in label ? [[id, label.sizeBytes]] : []
        ),
      );
    },
    async own() {
      const seen = await copiesThere();
      const format = "--format=%(objectname) %(tree) %(refname)";
      const lines = linesOf(await here(git, ["for-each-ref", format, LOCAL]));
      const ids = lines.flatMap((line) => {
        const [commit = "", tree = "", ref = ""] = line.split(" ");
        const id = ref.slice(LOCAL.length);
        const there = seen.get(id)?.tree;
        return there === commit || there === tree ? [id] : [];
      });
      return new Set(ids);
    },
    async keep(captured, { scratch, dryRun }) {
      const known = await listRefs(git, LOCAL);
      const labels = await labelsHere();
      const to = await encryptedTo(recipient);
      const moves = [];
      for (const each of captured) {
        const { id } = each.session;
        const from = known.get(id);
        const isKept = isSame(labels.get(id), each, to);
        const commit = isKept || dryRun ? from : await writeCopy(git, each, {
          ...{ scratch, parent: from, recipient },
        });
        if (commit === undefined) continue;
        kept.set(id, commit);
        moves.push({ ref: LOCAL + id, to: commit, from });
      }
      await moveRefs(git, dryRun ? [] : moves);
    },
    async open() {
      await references();
    },
    async look() {
      const { look } = await references();
      await look().finally(forgetSeen);
    },
    async copies() {
      const seen = await copiesThere();
      const labels = await readLabels(git, seen);
      return new Map(
        [...labels].flatMap(([id, label]): [string, Found][] => {
          const copy = seen.get(id);
          if (copy === undefined) return [];
          const read = async () => await readCopy(git, label, copy);
          return [[id, { label, read }]];
        }),
      );
    },
    expected: async () => await (await references()).expected(),
    removed: async () => await (await references()).removed(),
    async hasState(id, bytes) {
      const hash = (await (states ??= statesThere())).get(id);
      return hash !== undefined &&
        objectHash(await hashOfIds(hash))("blob", bytes) === hash;
    },
    async follows({ session: { id } }) {
      const commit = kept.get(id);
      const seen = (await copiesThere()).get(id);
      return commit !== undefined && seen !== undefined &&
        await follows(git, commit, seen.tree);
    },
    async put(outgoing) {
      const { put } = await references();
      const before = await copiesThere();
      const sent = outgoing.map(({ id, captured }) => ({
        id,
        commit: captured === undefined ? undefined : kept.get(id),
        seen: before.get(id),
      }));
      return await put(sent).finally(forgetSeen);
    },
    async note({ label: { session: id, serial } }) {
      const seen = (await copiesThere()).get(id);
      if (seen === undefined) return;
      // Of this one alone: all of them are many.
      const from = (await listRefs(git, LOCAL + id)).get("");
      const isCommit = seen.commit === seen.tree;
      const message = messageOf(id, serial);
      const to = isCommit
        ? seen.commit
        : await writeCommit(git, seen.tree, { parent: from, message });
      await moveRefs(git, [{ ref: LOCAL + id, to, from }]);
    },
    async forget(ids) {
      const refs = await listRefs(git, LOCAL);
      await moveRefs(
        git,
        ids.flatMap((id) => {
          const from = refs.get(id);
          return from === undefined
            ? []
            : [{ ref: LOCAL + id, to: undefined, from }];
        }),
      );
    },
    refusal: (reason) => refusedBy(remote, reason),
  };
}

function messageOf(id: string, serial: number): string {
  return `session ${id} at update ${serial}`;
}

/** How a copy is written. */
interface Writing {
  /** A directory that is thrown away. */
  readonly scratch: string;
  readonly recipient: string | null;
  /** The commit that the copy before is in. */
  readonly parent: string | undefined;
}

/** Writes a copy; returns its commit. */
async function writeCopy(
  git: Git,
  captured: Captured,
  { scratch, recipient, parent }: Writing,
): Promise<string> {
  const { id, serial } = captured.session;
  const { host, directory } = git;
  const label = await labelOf(host, captured, { directory, recipient });
  const text = new TextEncoder().encode(labelText(label));
  const files = new Map<string, Uint8Array>([[LABEL, text]]);
  for await (const [name, bytes] of storedFiles(captured.files, recipient)) {
    files.set(name, bytes);
  }
  const tree = await writeFiles(git, files, `${scratch}/${id}`);
  return await writeCommit(git, tree, {
    ...{ parent, message: messageOf(id, serial) },
  });
}

/** What the labels of copies say, or why one cannot be read; those of other roots in the same repository are left out. */
async function readLabels(
  git: Git,
  copies: ReadonlyMap<string, Seen>,
): Promise<ReadonlyMap<string, Label | OrcError>> {
  const names = [...copies].map(([, { tree }]) => `${tree}:${LABEL}`);
  const texts = await readBlobs(git, names, MAX_SMALL_FILE_BYTES);
  const labels = new Map<string, Label | OrcError>();
  for (const [index, id] of [...copies.keys()].entries()) {
    const label = labelOr(id, texts[index]);
    const isElsewhere = "content" in label &&
      label.directory !== git.directory;
    if (!isElsewhere) labels.set(id, label);
  }
  return labels;
}

/** Far more checkpoints than anybody makes. */
const MAX_FILES = 10_000;

async function readCopy(
  git: Git,
  label: Label | OrcError,
  { tree }: Seen,
): Promise<StoredCopy> {
  if (!("content" in label)) throw label;
  const { session } = label;
  const found = (await filesIn(git, tree, CHECKPOINTS))
    .filter(({ path }) => path !== LABEL);
  for (const file of found) {
    const name = placeInSession(file.path, label);
    if (name === undefined || file.mode !== PLAIN_FILE) {
      throw unreadable(session, `orc does not put ${quoted(file.path)} there`);
    }
  }
  const total = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const isTooLarge = !(total <= MAX_STATE_BYTES) || found.length > MAX_FILES;
  if (isTooLarge) throw unreadable(session, "it is too large");
  const ids = found.map(({ id }) => id);
  const contents = await readBlobs(git, ids, MAX_STATE_BYTES);
  const files = new Map<string, Uint8Array>();
  for (const [index, { path }] of found.entries()) {
    const bytes = contents[index];
    if (bytes === undefined) throw unreadable(session, `"${path}" is missing`);
    files.set(path, bytes);
  }
  return { label, files };
}

/** The copies of a remote that keeps a private reference for each. */
function privateReferences(git: Git, remote: string): References {
  const prefix = `refs/orchestrator/remotes/${remote}/sessions/`;
  const seen = async (): Promise<ReadonlyMap<string, Seen>> => {
    const refs = await listRefs(git, prefix);
    return new Map(
      [...refs].filter(([id]) => isSessionId(id))
        .map(([id, commit]) => [id, { commit, tree: commit }]),
    );
  };
  return {
    seen,
    async expected() {
      const copies = await seen();
      return (id) => copies.get(id)?.commit;
    },
    removed: () => Promise.resolve(new Set()),
    async look() {
      const refs = `+${LOCAL}*:${prefix}*`;
      assertReached(remote, await there(git, [...FETCH, remote, refs]));
    },
    async put(sent) {
      const ends = new Map<string, PushEnd>();
      for (let at = 0; at < sent.length; at += MAX_REFS) {
        const part = sent.slice(at, at + MAX_REFS);
        for (const [id, end] of await push(git, remote, part)) {
          ends.set(id, end);
        }
      }
      const known = await seen();
      await moveRefs(
        git,
        sent.filter(({ id }) => ends.get(id)?.kind === "done")
          .map(({ id, commit }) => ({
            ref: prefix + id,
            to: commit,
            from: known.get(id)?.commit,
          })),
      );
      return ends;
    },
  };
}

/** Nothing is fetched but what is named, and nothing is noted of it elsewhere. */
export const FETCH: readonly string[] = [
  "fetch",
  "--quiet",
  "--no-tags",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-recurse-submodules",
  "--no-filter",
  "--refmap=",
  "--prune",
];

export const PUSH: readonly string[] = [
  "push",
  "--porcelain",
  "--no-verify",
  "--no-follow-tags",
  "--recurse-submodules=no",
  "--no-signed",
];

/** Each makes two words of the command line, which the system limits. */
const MAX_REFS = 500;

async function push(
  git: Git,
  remote: string,
  sent: readonly Sent[],
): Promise<ReadonlyMap<string, PushEnd>> {
  const words = sent.flatMap(({ id, seen }) =>
    `--force-with-lease=${LOCAL}${id}:${seen?.commit ?? ""}`
  );
  const refs = sent.map(({ id, commit = "" }) => `${commit}:${LOCAL}${id}`);
  const answer = await there(git, [...PUSH, ...words, remote, ...refs]);
  const ends = pushEnds(new TextDecoder().decode(answer.bytes));
  // Where nothing is said of any of them, git did not come so far.
  if (ends.size === 0) assertReached(remote, answer);
  return new Map(sent.map(({ id }) => [
    id,
    ends.get(LOCAL + id) ??
      { kind: "refused", reason: "git says nothing of it" },
  ]));
}
