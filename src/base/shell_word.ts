/**
 * Spells a word so that a shell takes it as it is. Ids of the Python tool's
 * sessions may hold blanks and quotes.
 */
export function shellWord(word: string): string {
  if (/^[\p{L}\p{N}_@%+:,./-]+$/u.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
