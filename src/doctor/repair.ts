import { OrcError } from "../base/error.ts";
import type { Finding } from "../base/finding.ts";
import { sessionLayout } from "../base/layout.ts";
import { asOrcError } from "../files/errors.ts";
import { withLock } from "../files/lock.ts";
import { guardDirectory } from "../files/path_guard.ts";
import type { Repository } from "../repository/open.ts";
import { repairRepository } from "./repository_repair.ts";

/** Findings of the repository's own pointers; those of a session are about its directory. */
const POINTER_CODES: ReadonlySet<string> = new Set([
  "binding_names_nothing",
  "current_names_nothing",
  "damaged_binding",
  "damaged_current",
]);

/** Findings that an update puts right by itself, even one that changes nothing. */
const LOG_CODES: ReadonlySet<string> = new Set([
  "log_behind_state",
  "log_missing",
  "log_torn",
]);

/**
 * Puts right what loses nothing: removes what dead processes left, brings logs
 * in step, hides the state from git, and clears names of what is not there.
 * Returns why something could not be done; the rest is done all the same.
 */
export async function fixFindings(
  repository: Repository,
  findings: readonly Finding[],
): Promise<readonly string[]> {
  const fixable = findings.filter((finding) => finding.fixable);
  const ofSessions = fixable.filter(isOfSession);
  const others = fixable.filter((finding) => !isOfSession(finding));
  const problems: (string | undefined)[] = [];
  if (others.length > 0) {
    problems.push(await problemOf(() => fixRepository(repository, others)));
  }
  const ids = new Set(ofSessions.map(({ session }) => session ?? ""));
  for (const id of ids) {
    const own = ofSessions.filter(({ session }) => session === id);
    problems.push(await problemOf(() => fixSession(repository, id, own)));
  }
  return problems.filter((problem) => problem !== undefined);
}

function isOfSession({ session, code }: Finding): boolean {
  return session !== null && !POINTER_CODES.has(code);
}

function fixRepository(
  { layout, context }: Repository,
  findings: readonly Finding[],
): Promise<void> {
  const pointers = findings.filter(({ code }) => POINTER_CODES.has(code));
  return repairRepository(layout, context, {
    gitignore: findings.some(({ code }) => code === "not_ignored"),
    pointers: new Set(pointers.map(({ path }) => path)),
  });
}

/** Whoever takes the lock of a session takes it over from the dead, and sweeps. */
async function fixSession(
  { layout, context, store }: Repository,
  id: string,
  findings: readonly Finding[],
): Promise<void> {
  if (findings.some(({ code }) => LOG_CODES.has(code))) {
    await store.update(id, ({ state }) => ({ state, events: [] }));
    return;
  }
  const { directory } = sessionLayout(layout.root, id);
  guardDirectory(layout.root, directory);
  try {
    await withLock(directory, context, () => Promise.resolve());
  } catch (error) {
    throw asOrcError(error, "repair", directory);
  }
}

async function problemOf(
  act: () => Promise<void>,
): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof OrcError) return error.message;
    throw error;
  }
}
