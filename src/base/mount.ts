/** A file system that is mounted somewhere. */
export interface Mount {
  /** Its type, such as `ext4`. */
  readonly type: string;
  readonly isReadOnly: boolean;
}

/** Finds where an absolute path lies, in the kernel's list of mounts; undefined where it does not say. */
export function mountOf(list: string, path: string): Mount | undefined {
  let found: Mount | undefined;
  let length = 0;
  for (const line of list.split("\n")) {
    const [, at, type, options] = line.split(" ");
    if (!at || !type || !options) continue;
    const point = unescaped(at);
    // Of two mounts on one point the later one hides the other.
    if (!isIn(path, point) || point.length < length) continue;
    length = point.length;
    found = { type, isReadOnly: options.split(",").includes("ro") };
  }
  return found;
}

/** The kernel spells blanks and backslashes as three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(
    /\\([0-7]{3})/g,
    (_, digits: string) => String.fromCharCode(parseInt(digits, 8)),
  );
}

function isIn(path: string, point: string): boolean {
  return path === point ||
    path.startsWith(point.endsWith("/") ? point : `${point}/`);
}
