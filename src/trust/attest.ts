/** A session told in a few lines, for others to check where the session itself is not. */
import { type OrcError, refused } from "../base/error.ts";
import { asObject, textAt } from "../base/json.ts";
import { resolvePath } from "../base/path.ts";
import { VERSION } from "../base/version.ts";
import type { BaseReceipt } from "../engine/receipt.ts";
import { fileKind, readText } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import {
  type Attestation,
  type AttestedApproval,
  type AttestedBase,
  encodeAttestation,
  judgeAttestation,
  MAX_ATTESTATION_BYTES,
  NAMESPACE,
  parseAttestation,
  statementOf,
} from "./attestation_rules.ts";
import {
  type Committed,
  type Git,
  gitAround,
  readCommitted,
} from "./committed.ts";
import { followedBy, reviewWorkflow } from "./definition.ts";
import type { TrustFinding } from "./finding_rules.ts";
import { addNote, NOTES } from "./notes.ts";
import { readProofs } from "./proofs.ts";
import { compareWithCommit, uncommittedFiles } from "./seen.ts";
import { signBySetting } from "./ssh_keygen.ts";
import { signatureIn } from "./statement_rules.ts";
import { verifySession } from "./use.ts";

/** Where the attestation goes. */
export interface AttestOptions extends SessionOptions {
  /** A file, relative to the working directory; an attestation that lies there is replaced. */
  readonly file?: string;
  /** Adds it as a note to the tree of `HEAD`, in `refs/notes/orchestrator`. */
  readonly note?: boolean;
}

/** An attestation that was made. */
export interface Attested {
  /** Which session it is about, and where. */
  readonly place: SessionPlace;
  /** One line of JSON, with its line feed. */
  readonly text: string;
  /** Git's id of the tree that it is about. */
  readonly tree: string;
  /** Whether a key signed it. */
  readonly signed: boolean;
  /** The file it was written to, absolute; null without one. */
  readonly path: string | null;
  /** The reference of the note; null without one. */
  readonly note: string | null;
  /** What went wrong though it counts. */
  readonly warnings: readonly string[];
}

/**
 * Makes an attestation: what a finished session did, for the files that are committed, in one line of JSON.
 * A session that does not hold is refused, and so is one whose checks saw other files than `HEAD` has. It
 * is signed where the setting `attestation_key` names a key. Without `file` and `note` nothing is written.
 *
 * Requires `--allow-read`, `--allow-run` for git and ssh-keygen, and `--allow-write` for the file.
 *
 * @throws {OrcError} `not_verified` (refused) if something speaks against it; `details.findings` says what
 * @throws {OrcError} `not_in_git` or `no_such_commit` (not_found) if there is nothing that was committed
 * @throws {OrcError} `file_exists` (refused) if something else lies at the file
 * @throws {OrcError} `signing_failed` or `git_failed` (external) if a program could not do its part
 */
export async function attestSession(
  host: Host,
  options: AttestOptions = {},
): Promise<Attested> {
  const { file, note = false, ...where } = options;
  const opened = await openSession(host, options, { file: true, note: true });
  const { repository, session: { id }, place } = opened;
  const { holds, findings } = await verifySession(host, {
    ...where,
    session: id,
  });
  if (!holds) throw notAttested(id, findings);
  const git = gitAround(host, repository.found.workingTree, options.signal);
  const committed = await readCommitted(git, "HEAD");
  const unsigned = await tell(host, opened, { git, committed });
  const statement = { text: statementOf(unsigned), namespace: NAMESPACE };
  const signature = await signBySetting(
    host,
    repository,
    "attestation_key",
    statement,
  );
  const text = encodeAttestation({ ...unsigned, signature });
  const path = file === undefined
    ? null
    : resolvePath(host.workingDirectory, file);
  const warnings = path === null ? [] : write(host, path, text);
  if (note) await addNote(git, committed.tree, text);
  const { tree } = committed;
  return {
    place,
    text,
    tree,
    signed: signature !== null,
    path,
    note: note ? NOTES : null,
    warnings,
  };
}

function notAttested(id: string, findings: readonly TrustFinding[]): OrcError {
  const [first, ...others] = findings;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return refused(
    "not_verified",
    `Session "${id}" cannot be attested: ${first?.message}${more}`,
    {
      hint: first?.code === "uncommitted"
        ? "commit what belongs to it, then repeat the command"
        : "what speaks against it: orc verify",
      details: { findings },
    },
  );
}

/** All but the signature; refused where it would not stand the test of whoever gets it. */
async function tell(
  host: Host,
  opened: OpenedSession,
  { git, committed }: { readonly git: Git; readonly committed: Committed },
): Promise<Omit<Attestation, "signature">> {
  const { repository, session } = opened;
  const { state, id, serial, chain } = session;
  const beside = await compareWithCommit(git, repository, committed);
  if (beside.changed.length > 0) {
    throw notAttested(id, [uncommittedFiles(beside.changed)]);
  }
  const followed = await followedBy(state);
  const { runs, approvals } = await readProofs(opened);
  const items = state.phases.flatMap(({ items }) => items);
  const idsOf = (status: string) =>
    items.filter((item) => item.status === status).map(({ id }) => id);
  const attestation = {
    at: host.now(),
    orcVersion: VERSION,
    session: id,
    name: followed.name,
    task: Array.from(state.task).slice(0, MAX_TASK_LENGTH).join(""),
    status: state.status,
    serial,
    chain: chain?.head ?? "",
    definition: followed.definition ?? "",
    size: followed.size,
    start: followed.size && textAt(state.metadata, "start_commit"),
    overrides: followed.overrides,
    directory: git.directory,
    tree: committed.tree,
    files: beside.files,
    completed: idsOf("completed"),
    skipped: idsOf("skipped"),
    receipts: runs.map(({ itemIds, receipt }) => ({
      items: itemIds.toReversed(),
      command: receipt.command ?? "",
      exitCode: receipt.exitCode ?? -1,
      tree: receipt.tree?.id ?? null,
      inputs: receipt.tree?.inputs ?? [],
      testsRun: receipt.testsRun,
      proved: attestedBase(receipt.proved),
    })).toReversed(),
    approvals: approvals.map((event) => ({
      itemId: event.itemId,
      phaseId: event.itemId === null ? event.phaseId : null,
      origin: textAt(event.details, "origin"),
      user: textAt(
        asObject(event.details.get("presence")) ?? new Map(),
        "user",
      ),
      at: event.at,
      signature: signatureIn(event)?.text ?? null,
    } satisfies AttestedApproval)).toReversed(),
  };
  const { workflow, findings } = await reviewWorkflow(
    git,
    repository,
    committed.commit,
    followed,
  );
  const { idOf } = beside;
  const against = [
    ...findings,
    ...judgeAttestation({ ...attestation, signature: null }, {
      workflow,
      idOf,
    }),
  ];
  if (against.length > 0) throw notAttested(id, against);
  return attestation;
}

function attestedBase(proved: BaseReceipt | null): AttestedBase | null {
  if (proved === null || proved.reason !== null) return null;
  const { base, red, control } = proved;
  return base === null || red === null || control === null
    ? null
    : { base, red, control };
}

const MAX_TASK_LENGTH = 200;

function write(host: Host, path: string, text: string): readonly string[] {
  if (fileKind(path) !== "absent") {
    try {
      parseAttestation(readText(path, MAX_ATTESTATION_BYTES) ?? "", path);
    } catch (cause) {
      throw refused("file_exists", `"${path}" is there, and no attestation`, {
        path,
        hint: "name another file with --to",
        cause,
      });
    }
  }
  const bytes = new TextEncoder().encode(text);
  return writeAtomic(path, bytes, { token: host.newToken() });
}
