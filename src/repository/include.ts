/**
 * Files that a workflow file includes: found, read and put together. They are read when a session starts and
 * pinned into it whole, so that no running session depends on them.
 */
import { sha256Hex } from "../base/checksum.ts";
import { OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { fillSessionName } from "../base/names.ts";
import {
  isAbsolutePath,
  isWithin,
  leadsOut,
  normalisePath,
  parentDirectory,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import { inOneLine, quoted } from "../base/text.ts";
import { isVersionRange } from "../base/version.ts";
import { parseAddress } from "../fetch/address_rules.ts";
import { type Pin, withCommit } from "../fetch/use.ts";
import { guardPath, readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { Layer, Places } from "../workflow/layer.ts";
import {
  type ItemOrigin,
  type Merged,
  mergeLayers,
  originsOf,
  rememberPlaces,
  wholeOf,
} from "../workflow/layers.ts";
import {
  errorAt,
  invalidWorkflow,
  type Locate,
  type Path,
  placeProblem,
  type ProblemDraft,
  problemLine,
  UNPINNED,
} from "../workflow/problem.ts";
import { includingProblems } from "../workflow/schema.ts";
import { memberOf } from "../workflow/value.ts";
import { readWorkflowText } from "../workflow/yaml.ts";
import { decodeText } from "./said.ts";
import { versionRefusal } from "./version.ts";

/** Files including files: deeper than anybody can follow. */
const MAX_DEPTH = 5;

/** All files of a workflow; more are no process that anybody reads. */
const MAX_FILES = 50;

/** From where files are included, and who may be asked for them. */
export interface IncludeReach {
  readonly host: Host;
  /** The working tree: what lies in it is committed with the workflow. */
  readonly tree: string;
  /** Whether a server may be asked for what is not kept here. */
  readonly mayFetch: boolean;
  /** Where the workflow file lies, if it is not where its name says. */
  readonly at?: string;
  /** Reads a file of the working tree, its path seen from there, as a commit has it; else it is read from the disk. */
  readonly readCommitted?: (path: string) => Promise<Uint8Array | undefined>;
  readonly signal?: AbortSignal | undefined;
}

/** A file that was included. */
export interface IncludedFile {
  /** As messages name it. */
  readonly source: string;
  readonly sha256: string;
  /** Where it lies on this disk; null for a file of a commit, which is proved by the commit's id. */
  readonly path: string | null;
  /** Whether a commit of the repository itself, or a commit's id in it, says what it holds. */
  readonly isReviewed: boolean;
}

/** A workflow file with all that it includes. */
export interface ResolvedText {
  readonly value: unknown;
  readonly locate: Locate;
  readonly files: readonly IncludedFile[];
  readonly origins: readonly ItemOrigin[];
}

/** Where a file lies: on this disk, or in a commit elsewhere. */
type Site =
  | { readonly kind: "disk"; readonly path: string }
  | { readonly kind: "commit"; readonly pin: Pin; readonly file: string };

/** What all files of one workflow share. */
interface Resolution {
  readonly reach: IncludeReach;
  readonly sessionName: string;
  /** No path leads out of the directory around it. */
  readonly tree: string;
  readonly places: Places;
  readonly files: IncludedFile[];
  sizeBytes: number;
}

/** A file on the way from the workflow to what it includes. */
interface Step {
  readonly site: Site;
  readonly key: string;
  readonly name: string;
}

/**
 * Reads all that a workflow file includes, and puts it together.
 *
 * @throws {OrcError} `invalid_workflow` (config) naming the line of each `include` that cannot be followed and
 *   of each `overlay` that is not allowed, `fetch_failed` or `not_fetched` (external), `fetched_refused` (config)
 */
export async function resolveIncludes(
  layer: Layer,
  reach: IncludeReach,
  sessionName: string,
): Promise<ResolvedText> {
  const path = reach.at ?? layer.source;
  const tree = isWithin(reach.tree, path)
    ? reach.tree
    : parentDirectory(path) ?? path;
  const resolution: Resolution = {
    ...{ reach, sessionName, tree },
    places: new WeakMap(),
    files: [],
    sizeBytes: 0,
  };
  const step = {
    site: { kind: "disk", path },
    key: `disk ${path}`,
    name: layer.source,
  } as const;
  const merged = await resolve(layer, [step], resolution);
  const { places, files } = resolution;
  return {
    ...wholeOf(merged, places),
    files,
    origins: originsOf(merged, places),
  };
}

async function resolve(
  layer: Layer,
  way: readonly Step[],
  resolution: Resolution,
): Promise<Merged> {
  const { places } = resolution;
  rememberPlaces(layer, places);
  const refuse = (problems: readonly ProblemDraft[]): void => {
    if (problems.length === 0) return;
    const placed = problems.map((one) => placeProblem(one, layer.locate));
    throw invalidWorkflow(placed, layer.source);
  };
  refuse(includingProblems(layer.value, layer.locate));
  const entries = memberOf(layer.value, "include");
  const included: Merged[] = [];
  for (const [index, entry] of (entries as unknown[] ?? []).entries()) {
    const path = ["include", index];
    const next = siteOf(entry, path, way, resolution);
    if ("path" in next) {
      refuse([next]);
      continue;
    }
    const bytes = await atLine(layer, path, () => readSite(next, resolution));
    if (bytes === undefined) {
      refuse([errorAt(path, "no_such_include", `There is no ${next.name}`)]);
      continue;
    }
    resolution.sizeBytes += bytes.length;
    if (resolution.sizeBytes > MAX_WORKFLOW_BYTES) {
      const message =
        `The included files come to more than ${MAX_WORKFLOW_BYTES} bytes`;
      refuse([errorAt(path, "too_large", message)]);
    }
    await remember(next, bytes, resolution);
    const read = await readLayer(next.name, bytes, resolution.sessionName);
    included.push(await resolve(read, [...way, next], resolution));
  }
  const { merged, problems } = mergeLayers(layer, included, places);
  refuse(problems);
  return merged;
}

/** Tells of an error where the line is that led to it. */
async function atLine<Answer>(
  { source, locate }: Layer,
  path: Path,
  act: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    const { kind, code, message, hint } = error;
    const problem = placeProblem(errorAt(path, code, message), locate);
    throw new OrcError(kind, code, problemLine(problem, source), {
      ...{ hint, path: source, cause: error },
      details: { problems: [problem] },
    });
  }
}

async function readLayer(
  source: string,
  bytes: Uint8Array,
  sessionName: string,
): Promise<Layer> {
  const text = fillSessionName(decodeText(bytes, source), sessionName);
  const { value, locate } = readWorkflowText(text, source);
  const orc = memberOf(value, "orc");
  if (typeof orc === "string" && isVersionRange(orc)) {
    const refusal = await versionRefusal({ orc }, source);
    if (refusal !== undefined) throw refusal;
  }
  return { source, value, locate };
}

async function readSite(
  { site }: Step,
  { reach, tree }: Resolution,
): Promise<Uint8Array | undefined> {
  const { host, mayFetch, signal, readCommitted } = reach;
  if (site.kind === "commit") {
    const { pin, file } = site;
    const options = { mayFetch, signal };
    return await withCommit(host, pin, options, (one) => one.readFile(file));
  }
  const { path } = site;
  const below = relativePath(tree, path);
  if (below !== undefined && readCommitted !== undefined) {
    return await readCommitted(below);
  }
  const root = below === undefined ? parentDirectory(tree) ?? tree : tree;
  guardPath(root, path);
  return readRegularFile(path, MAX_WORKFLOW_BYTES);
}

async function remember(
  { site, name }: Step,
  bytes: Uint8Array,
  { files, tree }: Resolution,
): Promise<void> {
  const path = site.kind === "disk" ? site.path : null;
  files.push({
    ...{ source: name, path },
    sha256: await sha256Hex(bytes),
    isReviewed: path === null || isWithin(tree, path),
  });
}

/** The file that an entry means, or why it is not taken. */
function siteOf(
  entry: unknown,
  at: Path,
  way: readonly Step[],
  { tree, files }: Resolution,
): Step | ProblemDraft {
  const from = way.at(-1)?.site;
  const step = memberOf(entry, "git") === undefined
    ? besideOf(entry, at, from, tree)
    : commitOf(entry, at);
  if ("path" in step) return step;
  const names = [...way, step].map(({ name }) => name);
  if (way.some(({ key }) => key === step.key)) {
    const message = `The files include each other: ${names.join(" → ")}`;
    return errorAt(at, "include_cycle", message);
  }
  if (way.length > MAX_DEPTH) {
    const message = `Files include files more than ${MAX_DEPTH} deep`;
    return errorAt(at, "include_too_deep", message);
  }
  if (files.length < MAX_FILES) return step;
  const message = `More than ${MAX_FILES} files are included`;
  return errorAt(at, "too_many_includes", message);
}

function commitOf(entry: unknown, at: Path): Step | ProblemDraft {
  const [url, commit, file] = ["git", "commit", "file"]
    .map((key) => memberOf(entry, key));
  const address = parseAddress(String(url), "file");
  if ("problem" in address) {
    return errorAt([...at, "git"], "address_refused", address.problem);
  }
  if (typeof file !== "string" || leadsOut(file) || /[\\\0]/.test(file)) {
    const message =
      "file names a file of that repository, such as file: workflows/base.yaml";
    return errorAt([...at, "file"], "invalid_include", message);
  }
  if (typeof commit !== "string" || !isObjectId(commit)) {
    const message = commit === undefined
      ? "commit is missing, and without it the file may be another one tomorrow"
      : `${
        quoted(inOneLine(String(commit)))
      } is not the whole id of a commit, and may lead elsewhere tomorrow`;
    return errorAt([...at, "commit"], UNPINNED, message);
  }
  return inCommit({ address, commit }, normalisePath(`/${file}`).slice(1));
}

function inCommit(pin: Pin, file: string): Step {
  return {
    site: { kind: "commit", pin, file },
    key: `commit ${pin.commit} ${file}`,
    name: `${pin.address.url}@${pin.commit.slice(0, 12)}/${file}`,
  };
}

/** A file that is named by its path: of this disk, or of the commit that names it. */
function besideOf(
  entry: unknown,
  at: Path,
  from: Site | undefined,
  tree: string,
): Step | ProblemDraft {
  const key = memberOf(entry, "path") === undefined ? "repo" : "path";
  const text = memberOf(entry, key);
  const refuse = (message: string) =>
    errorAt([...at, key], "invalid_include", message);
  const isPlain = typeof text === "string" && !/[\\\0:~]|^$/.test(text) &&
    !isAbsolutePath(text);
  if (!isPlain || from === undefined) {
    return refuse(
      "Expected the path of a file, seen from this one, such as ../shared-workflows/common.yaml; what lies elsewhere has git, commit and file",
    );
  }
  const shown = quoted(inOneLine(text));
  if (from.kind === "commit") {
    const directory = parentDirectory(`/${from.file}`) ?? "/";
    const file = `${directory.slice(1)}/${text}`.replace(/^\//, "");
    return leadsOut(file)
      ? refuse(`${shown} leads out of the repository that it lies in`)
      : inCommit(from.pin, normalisePath(`/${file}`).slice(1));
  }
  const path = resolvePath(parentDirectory(from.path) ?? "/", text);
  const around = parentDirectory(tree) ?? tree;
  const below = relativePath(around, path);
  const isBeside = below !== undefined &&
    !below.split("/").some((name) => name.startsWith("."));
  if (!isWithin(tree, path) && !isBeside) {
    return refuse(
      `${shown} lies neither in this repository nor in one beside it`,
    );
  }
  return { site: { kind: "disk", path }, key: `disk ${path}`, name: path };
}
