/**
 * Whether a session was begun here: its workflow holds commands, and whoever wrote it decides what
 * they are. Only what does not travel with a session can tell: git's own directory, which no clone
 * brings along, the user's directory, and the place that its directory has on this disk.
 */
import { orElse } from "../base/error.ts";
import {
  gitLayout,
  type RepositoryLayout,
  repositoryLayout,
  sessionLayout,
  userLayout,
} from "../base/layout.ts";
import { parentDirectory } from "../base/path.ts";
import { isTaken } from "../files/errors.ts";
import { findGit, isFileTracked } from "../files/git_index.ts";
import { fileKind, isGranted } from "../files/read.ts";
import { ensureDirectories, writeNewFile } from "../files/write.ts";
import { definitionHash } from "../workflow/sizes.ts";
import { readMeta } from "./pack/door.ts";
import { readRepositoryMeta } from "./repository.ts";
import { findSpare, isRefusal, sparesDirectory } from "./spare.ts";
import type { Session } from "./store.ts";

/** The directory of a session as this disk knows it, for its `meta.json`; a copy has another. */
export function placeOf(directory: string): { readonly place?: string } {
  const { ino } = Deno.lstatSync(directory);
  return ino === null ? {} : { place: String(ino) };
}

/** Remembers that a session is begun here, or moved in. It is an addition: where it cannot be, it is left. */
export async function rememberBegun(
  layout: RepositoryLayout,
  { state: { definition } }: Pick<Session, "state">,
  /** Where, if git's directory cannot tell. */
  elsewhere: string | null = null,
): Promise<void> {
  const directory = trustedHere(layout.root) ?? elsewhere;
  if (definition === null || directory === null) return;
  if (!isGranted({ name: "write", path: directory })) return;
  remember(directory, await definitionHash(definition));
}

/** False where the system does not let it be remembered there. */
export function remember(directory: string, hash: string): boolean {
  try {
    const path = `${directory}/${hash}`;
    if (fileKind(path) !== "absent") return true;
    const above = parentDirectory(directory) ?? directory;
    const isElsewhere = [above, directory].some((each) =>
      !/^(?:directory|absent)$/.test(fileKind(each))
    );
    if (isElsewhere) return false;
    ensureDirectories(directory);
    writeNewFile(path, "", 0o600);
    return true;
  } catch (error) {
    if (isTaken(error)) return true;
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** Where it is remembered for this repository; null outside of git, and where git's own files cannot tell. */
export function trustedHere(root: string): string | null {
  return orElse(() => {
    // Where git tracks the state of a part of a repository, its own directory lies further up.
    const isKept = sparesDirectory(root) !== null ||
      readRepositoryMeta(repositoryLayout(root))?.portable;
    const pointer = isKept ? findGit(root)?.pointer : undefined;
    return pointer ? gitLayout(pointer.commonDirectory).trusted : null;
  }, () => null);
}

/**
 * The hash of the workflow of a session that came from elsewhere, and that nobody trusted yet;
 * undefined for one of here. Outside of git nobody can tell, and all are.
 */
export async function foreignWorkflow(
  root: string,
  home: string | undefined,
  session: Session,
  /** Whether it lies in files, which may tell that it was begun here. */
  hasFiles = true,
): Promise<string | undefined> {
  const { legacyPath, state: { definition } } = session;
  if (definition === null || legacyPath !== null) return undefined;
  if (hasFiles && !isForeign(root, session)) return undefined;
  const here = trustedHere(root);
  // Whoever may not write there could never have remembered it.
  if (here !== null && !isGranted({ name: "write", path: here })) {
    return undefined;
  }
  const hash = await definitionHash(definition);
  const places = [here, home === undefined ? null : userLayout(home).trusted];
  return places.some((place) => place !== null && isIn(place, hash))
    ? undefined
    : hash;
}

/** Whether a session came from elsewhere; outside of git nobody can tell, unless it says so itself. */
function isForeign(root: string, { id, chain }: Session): boolean {
  const { directory } = sessionLayout(root, id);
  // What may not be looked at tells nothing; an index that cannot be understood may name it. In whatever form
  // git brought the session, something in its directory is tracked.
  const isTracked = orElse(
    () => isFileTracked(root, directory, true),
    () => false,
  );
  if (isTracked !== false) return true;
  const said = orElse(() => readMeta(root, id), () => undefined);
  // What was brought in says so itself, also where nothing else could tell.
  if (said?.has("origin")) return true;
  if (sparesDirectory(root) === null) return false;
  const { place } = placeOf(directory);
  if (place !== undefined && place === said?.get("place")) return false;
  const spare = findSpare(root, id);
  // What an orc that kept nothing began has no chain before its first update here.
  return spare === undefined ? chain !== null : spare.isForeign;
}

function isIn(directory: string, hash: string): boolean {
  return orElse(() => fileKind(`${directory}/${hash}`) === "file", () => false);
}
