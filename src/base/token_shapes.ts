/** Digits and signs that tokens are made of. */
const TOKEN = "[A-Za-z0-9_-]";

/** The end of a line, also where it is spelled as in JSON. */
const LINE_END = String.raw`(?:\s|\\[nr])`;

/** Tokens whose beginning tells what they are. */
const SHAPES = [
  // GitHub, GitLab, npm, Google, Slack.
  "gh[opsur]_[A-Za-z0-9]{20,}",
  "github_pat_[A-Za-z0-9_]{20,}",
  `glpat-${TOKEN}{20,}`,
  "npm_[A-Za-z0-9]{36,}",
  `AIza${TOKEN}{35,}`,
  "xox[a-z]-[A-Za-z0-9-]{10,}",
  "xapp-[A-Za-z0-9-]{10,}",
  // OpenAI, Anthropic and others; a word without a digit is none of theirs.
  `sk-(?=[A-Za-z_-]{0,200}[0-9])${TOKEN}{20,}`,
  // Amazon.
  "A(?:KI|SI)A[A-Z0-9]{16}(?![A-Za-z0-9])",
  // age.
  "AGE-SECRET-KEY-1[A-Z0-9]{50,}",
  // JSON Web Tokens, signed and encrypted.
  `eyJ${TOKEN}{10,}(?:\\.${TOKEN}*){2,4}`,
];

const PEM_NAME = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?";

/** A private key, as far as it is there: an output may end in the middle of it. */
const PRIVATE_KEY = `-----BEGIN ${PEM_NAME}-----` +
  `(?:${LINE_END}+[A-Za-z0-9+/=]{16,})+` +
  `(?:${LINE_END}+[A-Za-z0-9+/=]{1,15})?` +
  `(?:${LINE_END}*-----END ${PEM_NAME}-----)?`;

const ALL = new RegExp(
  `(?<![A-Za-z0-9_])(?:${SHAPES.join("|")})|${PRIVATE_KEY}`,
  "g",
);

/** The beginning of a private key at the end of a text. */
const OPEN_KEY = new RegExp(
  `^-----BEGIN [A-Z0-9 -]{0,60}${LINE_END}*[A-Za-z0-9+/=]{0,128}\\\\?$`,
);
const KEY_MARK = "-----BEGIN ";

/** Longest word, and longest beginning of a key, that waits for what comes next. */
const MAX_OPEN_LENGTH = 4096;

/** What of a private key can follow one of its lines at the end of a text. */
const KEY_REST = new RegExp(
  `^(?:${LINE_END}|\\\\)*-{0,5}(?:E(?:N(?:D(?: [A-Z0-9 ]*-{0,5})?)?)?)?$`,
);
const MAX_REST_LENGTH = 128;

/** A part of a text, by the numbers of its first character and of the one behind it. */
export type Span = readonly [start: number, end: number];

/** Finds what looks like a token or a private key. */
export function tokensIn(text: string): readonly Span[] {
  return Array.from(text.matchAll(ALL), (match): Span => [
    match.index,
    match.index + match[0].length,
  ]);
}

/** Where what may become a token, once there is more of the text, begins at the latest. */
export function openTokenIn(text: string): number {
  const from = Math.max(0, text.length - MAX_OPEN_LENGTH);
  const key = text.lastIndexOf(KEY_MARK);
  if (key >= from && OPEN_KEY.test(text.slice(key))) return key;
  let start = text.length;
  while (start > from && /[A-Za-z0-9_.-]/.test(text.charAt(start - 1))) start--;
  return start;
}

/** Whether what was found in a text may go on behind its end. */
export function isOpenEnd(text: string, [, end]: Span): boolean {
  const rest = text.slice(end, end + MAX_REST_LENGTH);
  return end + rest.length === text.length && KEY_REST.test(rest);
}
