/** Where programs are looked for that orc itself needs. */
import { isAbsolutePath, isWithin } from "../base/path.ts";
import { type Host, variableOf } from "./host.ts";

/** Where a program is looked for: not in the tree, where whoever works in it could put another one. */
export function searchPath(host: Host, tree: string): Record<string, string> {
  const path = variableOf(host, "PATH");
  if (path === undefined || Deno.build.os === "windows") return {};
  const outside = path.split(":").filter((directory) =>
    isAbsolutePath(directory) && !isWithin(tree, directory)
  );
  return { PATH: outside.join(":") };
}
