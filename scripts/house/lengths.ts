/** A function and its number of lines. */
export interface FunctionLength {
  readonly name: string;
  readonly lines: number;
}

const START =
  /^(\s*)(?:(?:export|async|static|override|get|set) )*(?:function\*? ?(\w+)|const (\w+) = (?:async )?\(|(?!(?:catch|for|if|switch|while)\b)(#?\w+)(?:<.*>)?\()/;

/**
 * Finds the functions of a formatted text by their indentation.
 *
 * Good enough to show which are the longest; expression bodies are left out.
 */
export function functionLengths(text: string): FunctionLength[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const [, indent = "", ...names] = START.exec(line) ?? [];
    const name = names.find((found) => found !== undefined);
    if (name === undefined) return [];
    const end = findEnd(lines, index, indent);
    return end === undefined ? [] : [{ name, lines: end - index + 1 }];
  });
}

/** Index of the closing brace on the level of the first line; undefined if it opens no block. */
function findEnd(
  lines: readonly string[],
  start: number,
  indent: string,
): number | undefined {
  for (let index = start; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const isOnLevel = line.startsWith(indent) &&
      /^\S/.test(line.slice(indent.length));
    if (!isOnLevel) continue;
    if (index > start && line.startsWith(`${indent}}`)) return index;
    if (!/[({]$/.test(line)) return undefined;
  }
  return undefined;
}
