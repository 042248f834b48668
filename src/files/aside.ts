import { asidePath } from "../base/layout.ts";
import { parentDirectory } from "../base/path.ts";
import { renameOver, syncDirectory } from "./file_system.ts";
import { fileKind } from "./read.ts";

/** Renames what a repair is to replace, so that nothing is lost; returns the new path. Only the holder of the lock may. */
export function putAside(path: string, at: string): string {
  for (let number = 1;; number++) {
    const aside = asidePath(path, at, number);
    if (fileKind(aside) !== "absent") continue;
    renameOver(path, aside);
    syncDirectory(parentDirectory(path) ?? path);
    return aside;
  }
}
