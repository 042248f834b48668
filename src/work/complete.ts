import { normalisePath, relativePath, resolvePath } from "../base/path.ts";
import { leadsOutOfTree } from "../engine/failed_check.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { codeOf } from "../files/os_code.ts";

/** Whether a file a check asks for is there, and if not, why. */
export interface WorkingFile {
  readonly path: string;
  readonly problem: string | null;
}

/**
 * Looks for a file or directory below a working tree. Links are followed, but what they lead
 * to must lie in the tree too: a check must not be passed by somebody else's file.
 */
export function findWorkingFile(tree: string, path: string): WorkingFile {
  if (path === "" || path.includes("\0")) {
    return { path, problem: "The workflow names no file to look for" };
  }
  const absolute = resolvePath(tree, path);
  try {
    const real = realPath(absolute);
    return relativePath(realPath(tree), real) === undefined
      ? { path: real, problem: leadsOutOfTree(path) }
      : { path: real, problem: null };
  } catch (error) {
    if (isAbsent(error) || codeOf(error) === "ENOTDIR") {
      return { path: absolute, problem: `${path} does not exist` };
    }
    throw asOrcError(error, "look for a file", absolute);
  }
}

function realPath(path: string): string {
  return normalisePath(Deno.realPathSync(path));
}
