/** Whether an attestation speaks for the files of a commit, where the session itself is not. */
import { notFound, orElse } from "../base/error.ts";
import { isAbsolutePath, resolvePath } from "../base/path.ts";
import { listOf, quoted } from "../base/text.ts";
import { changedPaths } from "../checks/tree_rules.ts";
import { isLasting } from "../engine/check.ts";
import { readText } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import {
  assertKnown,
  openRepository,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import {
  type Attestation,
  judgeAttestation,
  MAX_ATTESTATION_BYTES,
  NAMESPACE,
  parseAttestation,
  statementOf,
} from "./attestation_rules.ts";
import {
  type Committed,
  entriesOfTree,
  type Git,
  gitAround,
  readCommitted,
  readCommittedFile,
} from "./committed.ts";
import { judgeSize, reviewWorkflow } from "./definition.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";
import { linesOf, noteLines, NOTES } from "./notes.ts";
import { judgeBases } from "./proofs.ts";
import { rerunChecks } from "./rerun.ts";
import { identityWhenSeen } from "./seen.ts";
import { judgeSignature } from "./ssh_keygen.ts";
import type { RerunOptions, Verified } from "./use.ts";

const MAX_NAMES = 5;

/** What is to be checked, and by what. */
export interface VerifyAttestationOptions
  extends RepositoryOptions, RerunOptions {
  /** A file, relative to the working directory; `note` for the note on the tree of the commit. */
  readonly attestation: string;
  /** The commit that it has to be about; `HEAD` without it. */
  readonly commit?: string;
  /**
   * The commit whose workflow.yaml counts, and from which the work goes out; that of `commit` without it, and
   * then nothing tells from where.
   */
  readonly base?: string;
  /**
   * A file of keys in OpenSSH's format of allowed signers, one of which has to have signed. A relative
   * one is taken from `base`, as it was committed.
   */
  readonly allowedSigners?: string;
}

/**
 * Checks an attestation where the session itself is not, as in CI: that it is about the files of a commit,
 * that the session followed the workflow that was committed, was finished, and left a receipt or an approval
 * for each item that asks for one, and with `base` that its change fits its size. With `rerun` it runs the
 * checks again.
 *
 * An attestation that nobody signed can be made up by whoever can commit. With `allowedSigners` one of their
 * keys has to have signed it; with `rerun` its checks are run here.
 *
 * Requires `--allow-read` and `--allow-run` for git; for signatures and `rerun` also `--allow-write` for
 * `.orchestrator/`.
 *
 * @throws {OrcError} `no_attestation` or `no_such_file` (not_found) if there is none
 * @throws {OrcError} `invalid_json` or `invalid_attestation` (corrupt) if it was changed
 * @throws {OrcError} `not_in_git` or `no_such_commit` (not_found), `git_failed` (external)
 * @throws {OrcError} `invalid_workflow` or `invalid_yaml` (config) if the committed workflow is
 */
export async function verifyAttestation(
  host: Host,
  options: VerifyAttestationOptions,
): Promise<Verified> {
  assertKnown(options, {
    attestation: true,
    commit: true,
    base: true,
    allowedSigners: true,
    rerun: true,
    setup: true,
    onProgress: true,
  });
  const repository = openRepository(host, options);
  const git = gitAround(host, repository.found.workingTree, options.signal);
  const committed = await readCommitted(git, options.commit ?? "HEAD");
  const { attestation: source } = options;
  const found = source === "note"
    ? await attestationsInNote(git, committed)
    : attestationsInFile(host, source);
  let verified: Verified | undefined;
  for (const attestation of found) {
    verified = await judge(
      { git, repository, committed },
      attestation,
      options,
    );
    if (verified.holds) break;
  }
  if (verified === undefined) throw new Error("there is an attestation");
  return verified;
}

async function attestationsInNote(
  git: Git,
  { commit, tree }: Committed,
): Promise<readonly Attestation[]> {
  const lines = await noteLines(git, tree);
  const problems: unknown[] = [];
  const found = lines.flatMap((line) =>
    orElse(
      () => parseAttestation(line, `the note on tree ${tree}`),
      (error) => {
        problems.push(error);
        return [];
      },
    )
  ).filter(({ directory }) => directory === git.directory);
  if (found.length > 0) return found;
  // Others' lines may be broken; where there is no other, that is what is wrong.
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  throw notFound(
    "no_attestation",
    `Nothing attests the files of commit "${commit.slice(0, SHOWN_DIGITS)}"`,
    {
      hint:
        `make it where the session is: orc attest --note; a clone fetches it: git fetch origin ${NOTES}:${NOTES}`,
    },
  );
}

const SHOWN_DIGITS = 12;

function attestationsInFile(host: Host, file: string): readonly Attestation[] {
  const path = resolvePath(host.workingDirectory, file);
  const text = readText(path, MAX_ATTESTATION_BYTES);
  if (text === undefined) {
    throw notFound("no_such_file", `There is no attestation "${path}"`, {
      path,
      hint: "make it where the session is: orc attest --to FILE",
    });
  }
  const [first = "", ...others] = linesOf(text);
  return [first, ...others].map((line) => parseAttestation(line, `"${path}"`));
}

interface Site {
  readonly git: Git;
  readonly repository: Repository;
  readonly committed: Committed;
}

async function judge(
  site: Site,
  attestation: Attestation,
  options: VerifyAttestationOptions,
): Promise<Verified> {
  const { git, repository, committed } = site;
  const { base = committed.commit } = options;
  const signer = await signerIn(site, attestation, { ...options, base });
  const { workflow, sizing, findings: unreviewed } = await reviewWorkflow(
    git,
    repository,
    base,
    attestation,
  );
  const { findings: elsewhere, idOf } = await filesOf(site, attestation);
  const completed = new Set(attestation.completed);
  const claimed = new Map(
    attestation.receipts.flatMap(({ items, proved }) =>
      proved === null ? [] : items.map((id) => [id, proved.base] as const)
    ),
  );
  const bases = options.base === undefined
    ? []
    : await judgeBases(git, committed.commit, {
      items: workflow.phases.flatMap(({ items }) => items)
        .filter((item) => !options.rerun || !isLasting(item)),
      claimed,
      ref: options.base,
    });
  const sized = options.base === undefined
    ? []
    : await judgeSize(git, repository, {
      commit: committed.commit,
      start: attestation.start,
      sizing,
      ref: options.base,
    });
  const rerun = !options.rerun ? undefined : await rerunChecks(
    {
      git,
      repository,
      commit: committed.commit,
      workflow,
      session: attestation.session,
      completed,
      claimed,
      base: options.base,
    },
    options,
  );
  const findings = [
    ...signer.findings,
    ...elsewhere,
    ...unreviewed,
    ...judgeAttestation(attestation, { workflow, idOf }),
    ...bases,
    ...sized,
    ...rerun?.findings ?? [],
  ];
  return {
    place: placeOf(repository, attestation.session),
    holds: findings.length === 0,
    findings,
    status: attestation.status,
    serial: attestation.serial,
    coveredFrom: null,
    start: null,
    approvals: [],
    signedBy: signer.name,
    rerun: rerun?.count ?? null,
  };
}

/** Whether it is about the files of the commit. */
async function filesOf(
  { git, repository, committed }: Site,
  { directory, tree, files }: Attestation,
) {
  if (directory !== git.directory) {
    const message = `It is about the directory ${
      quoted(directory || ".")
    }, and not about ${quoted(git.directory || ".")}`;
    return { findings: [finding("tree_differs", message)], idOf: undefined };
  }
  if (tree !== committed.tree) {
    const before = await entriesOfTree(git, tree);
    const changed = before && changedPaths(before, committed.entries);
    const named = changed?.length
      ? `: ${listOf(changed.map(quoted), MAX_NAMES)}`
      : "";
    const message = `The commit has other files than were attested${named}`;
    return { findings: [finding("tree_differs", message)], idOf: undefined };
  }
  const idOf = await identityWhenSeen(git, repository, { committed, files });
  if (idOf !== null) return { findings: [], idOf };
  const message =
    "A clean checkout of the commit has other files than the checks saw";
  return { findings: [finding("tree_differs", message)], idOf: undefined };
}

async function signerIn(
  { git, repository }: Site,
  attestation: Attestation,
  { allowedSigners, base }: {
    readonly allowedSigners?: string;
    readonly base: string;
  },
): Promise<
  { readonly name: string | null; readonly findings: readonly TrustFinding[] }
> {
  if (allowedSigners === undefined) return { name: null, findings: [] };
  const signers = await signersIn(git, base, allowedSigners);
  const { signature } = attestation;
  if (signature === null) {
    const message = "Nobody signed the attestation";
    return { name: null, findings: [finding("signature_missing", message)] };
  }
  const statement = { text: statementOf(attestation), namespace: NAMESPACE };
  const judged = await judgeSignature(git.host, repository, statement, {
    signature,
    signers,
  });
  if ("principal" in judged) return { name: judged.principal, findings: [] };
  const message = `None of the signers in ${
    quoted(allowedSigners)
  } signed the attestation, for the namespace "${NAMESPACE}"`;
  return { name: null, findings: [finding("signature_invalid", message)] };
}

/** The keys that count come from what was reviewed, and not from the working tree. */
async function signersIn(
  git: Git,
  base: string,
  file: string,
): Promise<string | Uint8Array> {
  const signers = isAbsolutePath(file)
    ? readText(file, MAX_ATTESTATION_BYTES)
    : await readCommittedFile(git, base, file);
  if (signers !== undefined) return signers;
  const where = isAbsolutePath(file) ? "" : ` in ${quoted(base)}`;
  throw notFound("no_such_file", `There is no file ${quoted(file)}${where}`, {
    hint:
      "commit it, or name a file outside of the repository by its whole path",
  });
}
