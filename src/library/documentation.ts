/** The documents that come with orc, wherever it is installed. */
import { isGranted, isVisible } from "../files/read.ts";

/** A source, a chunk of the program and one file of it lie at different depths below what they came with. */
const MAX_DEPTH = 4;

/** README.md beside orc's manual, which is no other program's; without a permission to look nobody is asked for one. */
export function documentationAbove(url: string): string | null {
  if (!url.startsWith("file:")) return null;
  let directory = new URL(".", url);
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    directory = new URL("..", directory);
    const readme = pathOf(new URL("README.md", directory));
    const manual = pathOf(new URL("man/orc.1", directory));
    if (isThere(readme) && isThere(manual)) return readme;
  }
  return null;
}

/** Behind a drive's letter nothing stands before it. */
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/^\/(?=[A-Za-z]:\/)/, "");
}

function isThere(path: string): boolean {
  return isGranted({ name: "read", path }) && isVisible(path);
}
