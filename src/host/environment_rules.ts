/** What environment a program gets: from orc's own, without what must not reach it, and with what is added. */
import type { ProgramRequest } from "./request.ts";

/** Variables and their values; what has none is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What ties git to one repository, as `git rev-parse --local-env-vars` of all its versions lists it,
 * and what it sets for the hooks of a push besides. Git sets it for its hooks; a program started in
 * another directory would work on that repository, see only the references of its namespace, or
 * change no reference at all, as in its quarantine. `GIT_EXEC_PATH` stays: it names no repository,
 * and git that was installed elsewhere finds its own programs by it alone.
 */
export const GIT_LOCAL =
  /^GIT_(?:ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|CONFIG(?:_PARAMETERS|_COUNT|_(?:KEY|VALUE)_\d+)?|DIR|GRAFT_FILE|IMPLICIT_WORK_TREE|INDEX_FILE|INTERNAL_SUPER_PREFIX|NAMESPACE|NO_REPLACE_OBJECTS|OBJECT_DIRECTORY|PREFIX|QUARANTINE_PATH|REPLACE_REF_BASE|SHALLOW_FILE|WORK_TREE)$/;

/** The environment of a requested program, made from orc's own. */
export function environmentOf(
  own: Environment,
  { environment, variables = {}, withheld = [] }: Pick<
    ProgramRequest,
    "environment" | "variables" | "withheld"
  >,
  isWindows: boolean,
): Environment {
  const given = environment?.(own) ?? withoutNames(own, GIT_LOCAL);
  if (isWindows) return mergeVariables(given, variables, withheld);
  const gone = new Set(withheld);
  const kept = Object.entries(given).filter(([name]) => !gone.has(name));
  return { ...Object.fromEntries(kept), ...variables };
}

function withoutNames(own: Environment, names: RegExp): Environment {
  const kept = Object.entries(own).filter(([name]) => !names.test(name));
  return Object.fromEntries(kept);
}

/** The variables a program gets; Windows knows each name once, however it is spelled. */
export function mergeVariables(
  own: Environment,
  added: Readonly<Record<string, string>>,
  withheld: readonly string[],
): Environment {
  const gone = new Set(
    [...withheld, ...Object.keys(added)].map((name) => name.toLowerCase()),
  );
  const kept = Object.entries(own)
    .filter(([name]) => !gone.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...added };
}
