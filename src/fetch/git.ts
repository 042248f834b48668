/**
 * Git as what brings objects from elsewhere: into a repository that is thrown away, by the one protocol of the
 * address, without a checkout. No hook or filter runs, and no setting of what is fetched is looked at.
 */
import { external, type OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { joinPath } from "../base/path.ts";
import { shellWord, sizeText } from "../base/text.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import { ifThere } from "../files/errors.ts";
import { entriesIn } from "../files/read.ts";
import { treeSizeBytes } from "../files/tree.ts";
import { discard, ensureDirectories, joinedBytes } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { searchPath } from "../host/search_path.ts";
import { type Address, withoutUser } from "./address_rules.ts";
import { parseBatch, parseSizes, SHA1_DIGITS } from "./object_rules.ts";

/** What a fetch may cost. */
export interface FetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** A workflow is some kilobytes, and the repository of a whole company's some megabytes. */
export const FETCH_LIMITS: FetchLimits = {
  timeoutMs: 60_000,
  maxBytes: 64 * 1024 * 1024,
};

/** Largest object that is read: the directory of a hundred thousand files. */
export const MAX_OBJECT_BYTES = 4 * 1024 * 1024;

/** How often it is looked how much has arrived. */
const MEASURE_MS = 100;

/** What is fetched, and for whom. */
export interface Fetch {
  readonly host: Host;
  readonly address: Address;
  /** A commit's id, or the name of a branch or tag. */
  readonly wanted: string;
  /** Where what is thrown away lies meanwhile. */
  readonly directory: string;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal | undefined;
}

/** What was fetched, as long as it is there. */
export interface Brought {
  /** The commit that was brought. */
  readonly commit: string;
  /** Objects by their ids, but for those that are missing. */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
}

const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "fetch.recurseSubmodules=false",
  "fetch.writeCommitGraph=false",
].flatMap((setting) => ["-c", setting]);

const VARIABLES = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  LC_ALL: "C",
};

/** Where in the throw-away repository lies what was wanted. */
const REFERENCE = "refs/orchestrator/wanted";

/**
 * Fetches one commit, without what came before it, for as long as `use` takes.
 *
 * @throws {OrcError} `fetch_failed` (external) if it cannot be had, or would be too much
 */
export async function withFetched<Answer>(
  fetch: Fetch,
  use: (brought: Brought) => Promise<Answer>,
): Promise<Answer> {
  const { host, directory, wanted } = fetch;
  const own = joinPath(directory, `${NEW_PREFIX}${host.newToken()}`);
  try {
    ensureDirectories(directory);
    sweep(directory, epochMsOf(host.now()) ?? 0);
    ensureDirectories(own);
    const format = isObjectId(wanted) && wanted.length > SHA1_DIGITS
      ? "sha256"
      : "sha1";
    const init = ["init", "--quiet", "--bare", "--template="];
    await run(fetch, own, [...init, `--object-format=${format}`, own]);
    await bring(fetch, own);
    const commit = await run(fetch, own, [
      ...["rev-parse", "--verify", "--quiet"],
      `${REFERENCE}^{commit}`,
    ]);
    return await use({
      commit: new TextDecoder().decode(commit).trim(),
      read: (ids) => readObjects(fetch, own, ids),
    });
  } finally {
    discard(own);
  }
}

const NEW_PREFIX = "new-";

/** Those that a killed process left. */
function sweep(directory: string, nowMs: number): void {
  const entries = entriesIn(directory, "list");
  for (const { name } of entries) {
    if (!name.startsWith(NEW_PREFIX)) continue;
    const path = joinPath(directory, name);
    const madeAt = ifThere(() => Deno.lstatSync(path))?.mtime?.getTime();
    if (madeAt !== undefined && nowMs - madeAt > DAY_MS) discard(path);
  }
}

/** Fetches, and ends git once more has arrived than may. */
async function bring(fetch: Fetch, own: string): Promise<void> {
  const { address: { url }, wanted, limits: { maxBytes }, signal } = fetch;
  const tooMuch = new AbortController();
  const measure = () => {
    if (treeSizeBytes(own) > maxBytes) tooMuch.abort();
  };
  const timer = setInterval(measure, MEASURE_MS);
  const flags =
    "--quiet --depth=1 --no-tags --no-recurse-submodules --no-write-fetch-head";
  const args = ["fetch", ...flags.split(" "), "--", url];
  const either = AbortSignal.any([tooMuch.signal, ...signal ? [signal] : []]);
  try {
    const git = { ...fetch, signal: either };
    await run(git, own, [...args, `+${wanted}:${REFERENCE}`]);
    measure();
    tooMuch.signal.throwIfAborted();
  } catch (error) {
    if (!tooMuch.signal.aborted || signal?.aborted) throw error;
    throw fetchFailed(fetch, `it holds more than ${sizeText(maxBytes)}`);
  } finally {
    clearInterval(timer);
  }
}

/** Asks for sizes first: what is small as it comes may be larger than the memory. */
async function readObjects(
  fetch: Fetch,
  own: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (ids.length === 0) return new Map();
  const input = ids.map((id) => `${id}\n`).join("");
  const ask = (how: string) => run(fetch, own, ["cat-file", how], input);
  const sizes = parseSizes(await ask("--batch-check"));
  const { maxBytes } = fetch.limits;
  if (sizes.some((size) => size > MAX_OBJECT_BYTES)) {
    const limit = sizeText(MAX_OBJECT_BYTES);
    throw fetchFailed(fetch, `it holds a file of more than ${limit}`);
  }
  if (sizes.reduce((sum, size) => sum + size, 0) > maxBytes) {
    throw fetchFailed(fetch, `it holds more than ${sizeText(maxBytes)}`);
  }
  return parseBatch(await ask("--batch"));
}

async function run(
  { host, address, limits: { timeoutMs }, signal, wanted }: Fetch,
  own: string,
  args: readonly string[],
  input?: string,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const { exitCode, problem, stderr } = await host.runProgram({
    command: ["git", `--git-dir=${own}`, ...SETTINGS, ...args],
    workingDirectory: own,
    timeoutMs,
    variables: {
      ...VARIABLES,
      ...searchPath(host, host.workingDirectory),
      GIT_ALLOW_PROTOCOL: address.protocols.join(":"),
    },
    signal,
    ...input !== undefined && { input },
    onOutput: (name, piece) => {
      if (name === "stdout") pieces.push(piece);
    },
  });
  if (problem !== null) {
    const isSlow = problem.includes("time limit");
    throw fetchFailed(
      { address, wanted },
      isSlow ? `no answer within ${timeoutMs / 1000} s` : problem,
    );
  }
  if (exitCode === 0) return joinedBytes(pieces);
  throw fetchFailed({ address, wanted }, saying(stderr));
}

/** The line that says most, without what could let somebody in. */
function saying(errors: string): string {
  const lines = errors.split("\n").map((line) => line.trim()).filter(Boolean);
  const fatal = lines.find((line) => /^(?:fatal|error): /.test(line)) ??
    lines[0] ?? "git says nothing";
  return withoutUser(fatal.replace(/^(?:fatal|error): /, ""));
}

/** Why something could not be fetched. */
export function fetchFailed(
  { address, wanted }: Pick<Fetch, "address" | "wanted">,
  reason: string,
): OrcError {
  const url = withoutUser(address.url);
  return external(
    "fetch_failed",
    `Cannot fetch "${wanted}" of "${url}": ${reason}`,
    { hint: `see what is there: git ls-remote ${shellWord(url)}` },
  );
}
