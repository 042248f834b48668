/** Git as a place for copies: each is a commit of orc's own, under a private reference or on one branch. */
import type { OrcError } from "../../base/error.ts";
import { sessionLayoutAt } from "../../base/layout.ts";
import { nameOf } from "../../base/path.ts";
import { hashOfIds, objectHash } from "../../checks/tree_content.ts";
import type { Captured } from "../capture.ts";
import { encryptedTo, isSame } from "../copies.ts";
import type { Label } from "../label_rules.ts";
import { notTaken, type PushEnd } from "../remote_rules.ts";
import type { PersistSettings } from "../settings.ts";
import {
  type Arrived,
  type Found,
  type Outgoing,
  ReadAhead,
  type Shelf,
  type StoredCopy,
} from "../shelf.ts";
import { messageOf, readCopies, readLabels, writeCopies } from "./copies.ts";
import {
  addressOf,
  follows,
  type Git,
  type GitCopy,
  headsOf,
  listRefs,
  moveRefs,
  remoteOf,
  writeCommits,
} from "./git.ts";
import { LOCAL, privateReferences, type References } from "./references.ts";

const STATE = nameOf(sessionLayoutAt("").state);

/** The remote that the settings and the caller mean. */
export class GitShelf implements Shelf {
  readonly keptHere = LOCAL;
  readonly isRemembered = true;
  readonly branch: string | null;
  readonly #git: Git;
  readonly #recipient: string | null;
  readonly #named: string | undefined;
  #remote: string;
  #opened: References | undefined;
  #seen: Promise<ReadonlyMap<string, GitCopy>> | undefined;
  #states: Promise<ReadonlyMap<string, string>> | undefined;
  /** The copies that are to be sent, by the ids of their sessions. */
  readonly #kept = new Map<string, GitCopy>();
  #labels: ReadonlyMap<string, Label | OrcError> = new Map();
  readonly #ahead = new ReadAhead((ids) => this.#readSome(ids));

  /** @param named The remote that the caller means. */
  constructor(
    git: Git,
    settings: Pick<PersistSettings, "recipient" | "branch">,
    named: string | undefined,
  ) {
    this.branch = settings.branch;
    this.#git = git;
    this.#recipient = settings.recipient;
    this.#named = named;
    this.#remote = named ?? "";
  }

  get remote(): string {
    return this.#remote;
  }

  async address(): Promise<string> {
    await this.open();
    return await addressOf(this.#git, this.#remote);
  }

  async open(): Promise<void> {
    await this.#references();
  }

  async look(): Promise<void> {
    const { look } = await this.#references();
    await look().finally(() => this.#forgetSeen());
  }

  async sizes(): Promise<ReadonlyMap<string, number>> {
    const labels = await readLabels(this.#git, await this.#copiesHere());
    return new Map(
      [...labels].flatMap(([id, label]): [string, number][] =>
        "content" in label ? [[id, label.sizeBytes]] : []
      ),
    );
  }

  async keep(
    captured: readonly Captured[],
    { scratch, dryRun }: { readonly scratch: string; readonly dryRun: boolean },
  ): Promise<void> {
    const known = await this.#copiesHere();
    const labels = await readLabels(this.#git, known);
    const to = await encryptedTo(this.#recipient);
    const isKept = (each: Captured) =>
      isSame(labels.get(each.session.id), each, to);
    for (const { session: { id } } of captured) {
      const before = known.get(id);
      if (before !== undefined) this.#kept.set(id, before);
    }
    const changed = captured.filter((each) => !isKept(each));
    if (dryRun || changed.length === 0) return;
    const made = await writeCopies(this.#git, changed, {
      ...{ known, scratch, recipient: this.#recipient },
    });
    for (const [id, copy] of made) this.#kept.set(id, copy);
    await moveRefs(
      this.#git,
      [...made].map(([id, { commit }]) => ({
        ...{ ref: LOCAL + id, to: commit, from: known.get(id)?.commit },
      })),
    );
  }

  async copies(): Promise<ReadonlyMap<string, Found>> {
    this.#labels = await readLabels(this.#git, await this.#copiesThere());
    const read = (id: string) => () => this.#ahead.read(id);
    return new Map(
      [...this.#labels].map(([id, label]) => [id, { label, read: read(id) }]),
    );
  }

  async expected(): Promise<(id: string) => string | undefined> {
    return await (await this.#references()).expected();
  }

  async removed(): Promise<ReadonlySet<string>> {
    return await (await this.#references()).removed();
  }

  async own(): Promise<ReadonlySet<string>> {
    const seen = await this.#copiesThere();
    const here = await this.#copiesHere();
    const isThere = ([id, { tree }]: readonly [string, GitCopy]) =>
      seen.get(id)?.tree === tree;
    return new Set([...here].filter(isThere).map(([id]) => id));
  }

  async hasState(id: string, bytes: Uint8Array): Promise<boolean> {
    this.#states ??= this.#statesThere();
    const hash = (await this.#states).get(id);
    return hash !== undefined &&
      objectHash(await hashOfIds(hash))("blob", bytes) === hash;
  }

  async following(
    captured: readonly Captured[],
  ): Promise<ReadonlySet<string>> {
    const seen = await this.#copiesThere();
    const asked = captured.flatMap(({ session: { id } }) => {
      const [copy, there] = [this.#kept.get(id), seen.get(id)];
      return copy && there ? [{ id, copy, there }] : [];
    });
    // Most were made from what is there: git is asked once for all of these.
    const names = asked.map(({ copy: { commit } }) => `${commit}^^{tree}`);
    const before = await headsOf(this.#git, "tree", names);
    const following = new Set<string>();
    for (const [index, { id, copy, there: { tree } }] of asked.entries()) {
      const isNext = [copy.tree, before[index]?.id].includes(tree);
      if (isNext || await follows(this.#git, copy.commit, tree)) {
        following.add(id);
      }
    }
    return following;
  }

  willRead(ids: readonly string[]): void {
    this.#ahead.expect(ids);
  }

  async put(
    outgoing: readonly Outgoing[],
  ): Promise<ReadonlyMap<string, PushEnd>> {
    const { put } = await this.#references();
    const seen = await this.#copiesThere();
    const sent = outgoing.map(({ id, captured }) => ({
      id,
      copy: captured === undefined ? undefined : this.#kept.get(id),
      seen: seen.get(id),
    }));
    return await put(sent).finally(() => this.#forgetSeen());
  }

  async note(arrived: readonly Arrived[], scratch: string): Promise<void> {
    const seen = await this.#copiesThere();
    const here = await this.#copiesHere();
    const noted = arrived.flatMap(({ label: { session: id, serial } }) => {
      const [there, from] = [seen.get(id), here.get(id)?.commit];
      return there ? [{ id, serial, there, from }] : [];
    });
    // What lies on a branch has no commit of its own.
    const bare = this.branch === null ? [] : noted;
    const made = await writeCommits(
      this.#git,
      bare.map(({ id, serial, there: { tree }, from: parent }) => (
        { tree, parent, message: messageOf(id, serial) }
      )),
      `${scratch}/noted`,
    );
    const commits = new Map(bare.map(({ id }, at) => [id, made[at]]));
    await moveRefs(
      this.#git,
      noted.map(({ id, there: { commit }, from }) => (
        { ref: LOCAL + id, to: commits.get(id) ?? commit, from }
      )),
    );
  }

  async forget(ids: readonly string[]): Promise<void> {
    const here = await this.#copiesHere();
    await moveRefs(
      this.#git,
      ids.map((id) => (
        { ref: LOCAL + id, to: undefined, from: here.get(id)?.commit }
      )),
    );
  }

  refusal(reason: string): OrcError {
    return notTaken(this.#remote, reason);
  }

  async #references(): Promise<References> {
    if (this.#opened !== undefined) return this.#opened;
    this.#remote = await remoteOf(this.#git, this.#named);
    if (this.branch === null) {
      this.#opened = privateReferences(this.#git, this.#remote);
    } else {
      const { branchReferences } = await import("./branch.ts");
      this.#opened = branchReferences(this.#git, this.#remote, this.branch);
    }
    return this.#opened;
  }

  #copiesHere(): Promise<ReadonlyMap<string, GitCopy>> {
    return listRefs(this.#git, LOCAL);
  }

  /** The copies as they were seen last; git is asked once for what many ask. */
  #copiesThere(): Promise<ReadonlyMap<string, GitCopy>> {
    return this.#seen ??= this.#references().then(({ seen }) => seen());
  }

  #forgetSeen(): void {
    this.#seen = undefined;
    this.#states = undefined;
  }

  /** What git calls the states that can be seen there, of which an encrypted one has another name. */
  async #statesThere(): Promise<ReadonlyMap<string, string>> {
    const seen = [...await this.#copiesThere()];
    const names = seen.map(([, { tree }]) => `${tree}:${STATE}`);
    const heads = await headsOf(this.#git, "blob", names);
    return new Map(
      seen.flatMap(([id], index): [string, string][] => {
        const head = heads[index];
        return head ? [[id, head.id]] : [];
      }),
    );
  }

  async #readSome(
    ids: readonly string[],
  ): Promise<Map<string, StoredCopy | OrcError>> {
    const seen = await this.#copiesThere();
    const asked = ids.flatMap((id) => {
      const [label, copy] = [this.#labels.get(id), seen.get(id)];
      return label && copy ? [{ id, label, tree: copy.tree }] : [];
    });
    return await readCopies(this.#git, asked);
  }
}
