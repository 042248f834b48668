/** Text as it is: what Markdown would take for markup is escaped, outside of backticks. */
export function plain(text: string): string {
  return text.split(/(`[^`]*`)/).map((part) =>
    part.startsWith("`") ? part : part.replaceAll(/[\\<>*_[\]]/g, "\\$&")
  ).join("");
}

/** A text as code. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** A table; nothing without rows. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return "";
  const lines = [head, head.map(() => "---"), ...rows];
  return lines
    .map((cells) =>
      `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
    )
    .join("\n");
}

/** Paragraphs, tables and headings below each other; empty ones are left out. */
export function stacked(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** Says that a page is not to be edited. */
export const GENERATED =
  '<!-- Made from the command table by "deno task docs:cli": edit that, not this. -->';
