/** What of a session leaves the machine: as it was at one update, whole, and nothing that is secret. */
import { sha256Hex } from "../base/checksum.ts";
import { type OrcError, refused } from "../base/error.ts";
import { sessionLayout } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { CHECKPOINT_SUFFIX, isCheckpointId } from "../base/names.ts";
import { nameOf } from "../base/path.ts";
import type { KnownSecret } from "../base/mask.ts";
import { sizeText } from "../base/text.ts";
import { isClosed } from "../engine/state.ts";
import { joinedBytes } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { workflowOf } from "../repository/select.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { bytesOf, entriesOf, readMeta } from "../session/pack/door.ts";
import type { Session } from "../session/store.ts";
import { lookAt, metaText, piecesOf } from "../sessions/leaving.ts";
import type { PersistSettings } from "./settings.ts";

/** A session as it leaves the machine. */
export interface Captured {
  readonly session: Session;
  /** By their names in the directory of the session. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly sizeBytes: number;
  /** SHA-256 over names and contents. */
  readonly content: string;
  /** Whether its checkpoints were left out, so that it is small enough. */
  readonly isCut: boolean;
}

interface Limits
  extends Pick<PersistSettings, "maxSessionBytes" | "recipient"> {
  /** What opens the place that it is sent to. */
  readonly keys?: readonly KnownSecret[];
}

/**
 * Reads what of a session leaves the machine.
 *
 * @throws {OrcError} `copy_too_large` or `secret_in_session` (refused), `changed_outside` (corrupt)
 */
export async function capture(
  host: Host,
  repository: Repository,
  id: string,
  limits: Limits,
): Promise<Captured> {
  const { root } = repository.layout;
  const paths = sessionLayout(root, id);
  const look = await lookAt(repository, id, "copy the session");
  const { session, bytes } = look;
  // Nobody holds gigabytes that will not leave.
  const logBytes = look.log?.size ?? 0;
  if (logBytes > limits.maxSessionBytes) {
    throw tooLarge(id, logBytes, limits.maxSessionBytes);
  }
  const log = joinedBytes(look.log ? [...piecesOf(paths.log, look.log)] : []);
  const main = new Map([
    [nameOf(paths.log), log],
    [
      nameOf(paths.meta),
      new TextEncoder().encode(metaText(() => readMeta(root, id), id)),
    ],
    [nameOf(paths.state), bytes],
  ]);
  const files = new Map([...checkpointsIn(root, paths.checkpoints), ...main]);
  const whole = withinLimit(session, files, main, limits);
  if (limits.recipient === null) {
    await assertWithoutSecrets(host, repository, session, {
      ...{ files: whole, keys: limits.keys ?? [] },
    });
  }
  return {
    session,
    files: whole,
    sizeBytes: sizeOf(whole),
    content: await contentOf(whole),
    isCut: whole.size < files.size,
  };
}

/** The same without checkpoints, which nothing needs. */
export async function withoutCheckpoints(
  captured: Captured,
): Promise<Captured> {
  const files = new Map(
    [...captured.files].filter(([name]) => !name.includes("/")),
  );
  const content = await contentOf(files);
  const isCut = files.size < captured.files.size || captured.isCut;
  return { ...captured, files, sizeBytes: sizeOf(files), content, isCut };
}

function checkpointsIn(
  root: string,
  directory: string,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const names = entriesOf(root, directory, "list the checkpoints in")
    .filter(({ name, isFile }) =>
      isFile && name.endsWith(CHECKPOINT_SUFFIX) &&
      isCheckpointId(name.slice(0, -CHECKPOINT_SUFFIX.length))
    ).map(({ name }) => name).sort();
  for (const name of names) {
    // One may be removed meanwhile: nothing needs it.
    const bytes = bytesOf(root, `${directory}/${name}`, MAX_STATE_BYTES);
    if (bytes !== undefined) files.set(`checkpoints/${name}`, bytes);
  }
  return files;
}

function sizeOf(files: ReadonlyMap<string, Uint8Array>): number {
  return [...files.values()].reduce((sum, { length }) => sum + length, 0);
}

/** Of a closed session the checkpoints stay, before anything is refused. */
function withinLimit(
  { id, state }: Session,
  files: ReadonlyMap<string, Uint8Array>,
  main: ReadonlyMap<string, Uint8Array>,
  { maxSessionBytes }: Limits,
): ReadonlyMap<string, Uint8Array> {
  if (sizeOf(files) <= maxSessionBytes) return files;
  const left = isClosed(state.status) ? main : files;
  if (sizeOf(left) <= maxSessionBytes) return left;
  throw tooLarge(id, sizeOf(left), maxSessionBytes);
}

function tooLarge(id: string, sizeBytes: number, maxBytes: number): OrcError {
  return refused(
    "copy_too_large",
    `Session "${id}" is too large to leave the machine: ${
      sizeText(sizeBytes)
    }, at most ${sizeText(maxBytes)}`,
    {
      hint: "allow more: orc config set persist_max_session_mb 20",
      details: { session: id, sizeBytes, maxBytes },
    },
  );
}

export function allTooLarge(sizeBytes: number, maxBytes: number): OrcError {
  return refused(
    "copy_too_large",
    `All sessions that leave the machine are too large together: ${
      sizeText(sizeBytes)
    }, at most ${sizeText(maxBytes)}`,
    {
      hint:
        "remove old ones (orc persist prune --yes), or allow more: orc config set persist_max_total_mb 200",
      details: { sizeBytes, maxBytes },
    },
  );
}

/**
 * What orc writes is masked before it is signed, and cannot be masked later without breaking what it
 * is signed with. A value that became a secret since then does not leave.
 */
async function assertWithoutSecrets(
  host: Host,
  repository: Repository,
  session: Session,
  { files, keys }: {
    readonly files: ReadonlyMap<string, Uint8Array>;
    readonly keys: readonly KnownSecret[];
  },
): Promise<void> {
  const { workflow } = await workflowOf(repository, session);
  const place = { repository, workflow, isLenient: true };
  const masker = await sessionMasker(host, place, keys);
  for (const [name, bytes] of files) {
    const text = new TextDecoder().decode(bytes);
    const masked = masker.mask(text);
    if (masked === text) continue;
    const [label = "a secret"] = /\[secret [^\]]+\]/.exec(masked) ?? [];
    throw refused(
      "secret_in_session",
      `Session "${session.id}" does not leave the machine: its ${name} holds what is secret, ${label}`,
      {
        hint:
          "let it leave encrypted: orc config set persist_recipient age1... --global",
        details: { session: session.id, file: name },
      },
    );
  }
}

/** What tells one copy from another one, whatever order its files are read in. */
export async function contentOf(
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string> {
  const parts: string[] = [];
  const sorted = [...files].sort(([one], [other]) => one < other ? -1 : 1);
  for (const [name, bytes] of sorted) {
    parts.push(`${name} ${await sha256Hex(bytes)}`);
  }
  return await sha256Hex(new TextEncoder().encode(parts.join("\n")));
}
