/** Words the glossary of ARCHITECTURE.md replaces, with the word to use; `history` is a command. */
const REPLACED_WORDS: ReadonlyMap<string, string> = new Map([
  ["artifact", "evidence"],
  ["audit", "log"],
  ["backend", "store or remote"],
  ["checklist", "item"],
  ["journal", "log"],
  ["lease", "lock"],
  ["mutex", "lock"],
  ["persistence", "store"],
  ["proof", "evidence"],
  ["provider", "remote"],
  ["storage", "store"],
  ["transaction", "update"],
]);

const EXPORTED_NAME =
  /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
const DEFAULT_EXPORT = /^export default\b|\bas default\b/m;
const TEST_NAME = /^\s*Deno\.test\(\s*["'`](.*)["'`]/gm;
const COMMENT = /^\s*(?:\/\*\*|\/\/|\*)(.*)$/gm;

/** `#61`, `Issue 61`, `CORE-025`; standards such as `SHA-256` look alike. */
const TICKET =
  /(?<![&\w])#\d{2,}\b|\b[Ii]ssue \d+|\b(?!AES|ISO|RFC|SHA|UTF)[A-Z]{2,}-\d+\b/;
const TICKET_IN_NAME = /(?:bug|core|issue|ticket|wf)_?\d+/i;

/** Names in a published file that break the glossary, or are not names at all. */
export function namingProblems(path: string, text: string): string[] {
  const names = [path, ...captures(text, EXPORTED_NAME)];
  const problems = names.flatMap((name) =>
    wordsOf(name).flatMap((word) => {
      const better = REPLACED_WORDS.get(word);
      return better ? [`${path}: "${name}" says ${word}, not ${better}`] : [];
    })
  );
  if (DEFAULT_EXPORT.test(text)) problems.push(`${path}: has a default export`);
  return problems;
}

/** Ticket numbers in the names and comments of a file. */
export function ticketProblems(path: string, text: string): string[] {
  const names = [path, ...captures(text, EXPORTED_NAME)]
    .filter((name) => TICKET_IN_NAME.test(name));
  const sentences = [...captures(text, TEST_NAME), ...captures(text, COMMENT)]
    .filter((sentence) => TICKET.test(sentence));
  return [...names, ...sentences]
    .map((where) => `${path}: names a ticket: ${where.trim()}`);
}

function captures(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, capture = ""]) => capture);
}

function wordsOf(name: string): string[] {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase()
    .split(/[^a-z]+/);
}
