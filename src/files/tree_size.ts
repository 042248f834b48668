import { asOrcError, isAbsent, isDenied } from "./errors.ts";

/** Bytes of all files below a directory. Links count for themselves, what is hidden for nothing. */
export function treeSizeBytes(directory: string): number {
  let sizeBytes = 0;
  for (const { name, isDirectory } of entriesIn(directory)) {
    const path = `${directory}/${name}`;
    sizeBytes += isDirectory ? treeSizeBytes(path) : fileSizeBytes(path);
  }
  return sizeBytes;
}

function entriesIn(directory: string): readonly Deno.DirEntry[] {
  return unlessHidden(directory, () => [...Deno.readDirSync(directory)], []);
}

function fileSizeBytes(path: string): number {
  return unlessHidden(path, () => Deno.lstatSync(path).size, 0);
}

function unlessHidden<Value>(
  path: string,
  look: () => Value,
  otherwise: Value,
): Value {
  try {
    return look();
  } catch (cause) {
    const error = asOrcError(cause, "measure", path);
    if (isAbsent(cause) || isDenied(error)) return otherwise;
    throw error;
  }
}
