import { normalisePath } from "../core/path.ts";
import { isAbsent } from "./file_system.ts";
import { asOrcError, isDenied } from "./os_error.ts";
import { visibleKind } from "./read_file.ts";

/**
 * Resolves the links in an absolute path, so that a directory has one name.
 * Keeps the path as given where it does not exist or may not be resolved, and
 * where only the given name may be looked at.
 */
export function realOrGiven(path: string): string {
  const given = normalisePath(path);
  const real = resolveLinks(path) ?? given;
  return real === given || visibleKind(real) !== "denied" ? real : given;
}

function resolveLinks(path: string): string | undefined {
  try {
    return normalisePath(Deno.realPathSync(path));
  } catch (error) {
    const reason = asOrcError(error, "read", path);
    if (isAbsent(error) || isDenied(reason)) return undefined;
    throw reason;
  }
}
