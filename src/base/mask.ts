import { quoteJson } from "./json_print.ts";

export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** Takes secrets out of texts. */
export interface Masker {
  /** The text with each secret replaced by its name, as in `[secret API_KEY]`. */
  mask(text: string): string;
  /** Does the same to bytes that come in pieces, wherever they are divided. */
  stream(): MaskingStream;
}

export function maskerOf(secrets: readonly KnownSecret[]): Masker {
  const needles = secrets.flatMap(({ name, value }) =>
    formsOf(value).map((text): Needle => ({ text, label: `[secret ${name}]` }))
  );
  const inBytes = needles
    .map(({ text, label }) => ({ text: binaryOf(text), label }));
  return {
    mask: (text) => masked(text, findingsIn(text, needles)),
    stream: () => new MaskingStream(inBytes),
  };
}

/** One spelling of a value, and what takes its place. */
interface Needle {
  readonly text: string;
  readonly label: string;
}

interface MaskFinding {
  readonly span: Span;
  readonly label: string;
}

const UNKNOWN = "[secret]";

/** All secrets in a text in their order; those that overlap are one. */
function findingsIn(
  text: string,
  needles: readonly Needle[],
): readonly MaskFinding[] {
  const found = needles.flatMap((needle) => occurrencesOf(needle, text));
  for (const span of tokensIn(text)) found.push({ span, label: UNKNOWN });
  if (found.length < 2) return found;
  found.sort((one, other) =>
    one.span[0] - other.span[0] || other.span[1] - one.span[1]
  );
  return merged(found);
}

/** A beginning or an end of a value that is as long as this is not seen by chance. */
const PART_LENGTH = 32;

/** Parts of a value shorter than this stand in words that tell nothing. */
const MIN_DIVIDED_LENGTH = 24;

/** Where a value stands; of a long one also its beginning or end, since messages are cut. */
function occurrencesOf({ text, label }: Needle, within: string): MaskFinding[] {
  const least = Math.min(PART_LENGTH, Math.ceil(text.length * 3 / 4));
  const spans = text.length < MIN_DIVIDED_LENGTH
    ? beginningsOf(text, within, text.length)
    : [...beginningsOf(text, within, least), ...endsOf(text, within, least)];
  return spans.map((span) => ({ span, label }));
}

/** Where at least so much of the beginning of a text stands, from left to right. */
function beginningsOf(text: string, within: string, least: number): Span[] {
  const beginning = text.slice(0, least);
  const spans: Span[] = [];
  let start = within.indexOf(beginning);
  while (start >= 0) {
    let length = least;
    while (length < text.length && within[start + length] === text[length]) {
      length++;
    }
    spans.push([start, start + length]);
    start = within.indexOf(beginning, start + length);
  }
  return spans;
}

/** Where at least so much of the end of a text stands, from right to left. */
function endsOf(text: string, within: string, least: number): Span[] {
  const ending = text.slice(-least);
  const spans: Span[] = [];
  let found = within.lastIndexOf(ending);
  while (found >= 0) {
    const end = found + least;
    let start = found;
    while (
      start > 0 && end - start < text.length &&
      within[start - 1] === text[text.length - (end - start) - 1]
    ) start--;
    spans.push([start, end]);
    // A negative position would count as 0, and be found again.
    found = start < least ? -1 : within.lastIndexOf(ending, start - least);
  }
  return spans;
}

/** A name says more than none: it stays where a known secret looks like a token too. */
function merged(sorted: readonly MaskFinding[]): readonly MaskFinding[] {
  const result: MaskFinding[] = [];
  for (const next of sorted) {
    const last = result.at(-1);
    if (last === undefined || next.span[0] >= last.span[1]) {
      result.push(next);
      continue;
    }
    const end = Math.max(last.span[1], next.span[1]);
    const label = last.label === UNKNOWN ? next.label : last.label;
    result[result.length - 1] = { span: [last.span[0], end], label };
  }
  return result;
}

function masked(text: string, findings: readonly MaskFinding[]): string {
  let result = "";
  let position = 0;
  for (const { span: [start, end], label } of findings) {
    result += text.slice(position, start) + label;
    position = end;
  }
  return position === 0 ? text : result + text.slice(position);
}

/** Bytes kept back in a stream at most, unless a known value is longer. */
const MAX_HELD = 32 * 1024;

/** Masks a stream. What may be the beginning of a secret waits for what comes next. */
export class MaskingStream {
  readonly #needles: readonly Needle[];
  readonly #maxHeld: number;
  #held = "";

  /** Takes needles in bytes, each spelled as one character. */
  constructor(needles: readonly Needle[]) {
    this.#needles = needles;
    const longest = Math.max(0, ...needles.map(({ text }) => text.length));
    this.#maxHeld = Math.max(MAX_HELD, 2 * longest);
  }

  /** Takes the next bytes and returns those of which it is certain what they are. */
  push(bytes: Uint8Array): Uint8Array {
    const text = this.#held + charactersOf(bytes);
    const findings = findingsIn(text, this.#needles);
    const cut = this.#cut(text, findings);
    this.#held = text.slice(cut);
    const before = findings.filter(({ span: [, end] }) => end <= cut);
    return bytesOf(masked(text.slice(0, cut), before));
  }

  /** Returns the rest, which nothing follows. */
  end(): Uint8Array {
    const text = this.#held;
    this.#held = "";
    return bytesOf(masked(text, findingsIn(text, this.#needles)));
  }

  /** Where the text can be divided without dividing a secret, known or to come. */
  #cut(text: string, findings: readonly MaskFinding[]): number {
    const open = Math.min(
      openTokenIn(text),
      ...this.#needles.map((needle) => openNeedleIn(text, needle.text)),
    );
    // A stream that never says what it is must not fill the memory.
    const isForced = text.length - open > this.#maxHeld;
    const wanted = isForced ? text.length - this.#maxHeld / 2 : open;
    const divided = findings.find(({ span }) =>
      span[0] < wanted && (span[1] > wanted || isOpenEnd(text, span))
    );
    if (divided === undefined) return wanted;
    const [start, end] = divided.span;
    return isForced || text.length - start > this.#maxHeld ? end : start;
  }
}

/** Where the longest end of a text begins that stands in a needle: beginnings and ends of one are found too. */
function openNeedleIn(text: string, needle: string): number {
  let least = 0;
  let most = Math.min(text.length, needle.length);
  // Whatever stands in it does so without its first character too.
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (needle.includes(text.slice(text.length - middle))) least = middle;
    else most = middle - 1;
  }
  return text.length - least;
}

/** Shortest value that is masked: shorter ones stand in harmless words. */
export const MIN_MASKED_LENGTH = 8;

/** Shortest line of a value that is masked by itself. */
const MIN_MASKED_LINE_LENGTH = 12;

/** The spellings in which programs print a value; none for one too short to be masked. */
function formsOf(value: string): readonly string[] {
  const text = value.trim();
  if (text.length < MIN_MASKED_LENGTH) return [];
  const forms = [
    text,
    ...jsonForms(text),
    ...urlForms(text),
    ...linesOf(text),
    ...base64Forms(text),
    ...hexForms(text),
  ];
  return [...new Set(forms)];
}

/** The text of a value: the line ends behind it belong to the file it comes from. */
export function withoutLineEnds(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

/** Some programs write JSON in ASCII alone, and some a backslash before each slash. */
function jsonForms(text: string): readonly string[] {
  const forms = [JSON.stringify(text), quoteJson(text)]
    .map((form) => form.slice(1, -1));
  return [...forms, ...forms.map((each) => each.replaceAll("/", "\\/"))];
}

/** Programs differ in the signs they leave as they are, in blanks, and in capital digits. */
function urlForms(text: string): readonly string[] {
  const form = encodeURIComponent(text.toWellFormed());
  const strict = form.replaceAll(/[!'()*]/g, (sign) => {
    const digits = sign.charCodeAt(0).toString(16).toUpperCase();
    return `%${digits}`;
  });
  return [form, strict]
    .flatMap((each) => [each, each.replaceAll("%2F", "/")])
    .flatMap((each) => [each, each.replaceAll("%20", "+")])
    .flatMap((each) => [
      each,
      each.replaceAll(/%../g, (escaped) => escaped.toLowerCase()),
    ]);
}

/** Programs that log put something before each line. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line.length >= MIN_MASKED_LINE_LENGTH);
}

/**
 * What base64 makes of the value wherever it begins: the digits that depend on nothing else, and
 * the last one too where nothing or a line end follows.
 */
function base64Forms(text: string): readonly string[] {
  const bytes = binaryOf(text);
  const forms = ["", "\n"].flatMap((after) =>
    [0, 1, 2].flatMap((offset) => {
      const digits = btoa("\0".repeat(offset) + bytes + after);
      const first = Math.ceil(offset * 8 / 6);
      const bits = (offset + bytes.length) * 8;
      return [Math.floor(bits / 6), Math.ceil(bits / 6)]
        .map((end) => digits.slice(first, end));
    })
  );
  const inUrls = forms.map((form) =>
    form.replaceAll("+", "-").replaceAll("/", "_")
  );
  // Digits after which `openssl` and mail begin a new line; `base64` does as mail.
  const inLines = [/.{64}(?=.)/g, /.{76}(?=.)/g]
    .flatMap((line) => forms.map((form) => form.replaceAll(line, "$&\n")));
  return [...forms, ...inUrls, ...inLines];
}

/** What `xxd`, `od` and others make of the value: digits of both sizes, together, apart or in lines. */
function hexForms(text: string): readonly string[] {
  const digits = Array.from(
    binaryOf(text),
    (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"),
  );
  const whole = digits.join("");
  const inLines = whole.replaceAll(/.{60}(?=.)/g, "$&\n");
  const forms = [whole, inLines, digits.join(" "), digits.join(":")];
  return [...forms, ...forms.map((form) => form.toUpperCase())];
}

/** The bytes of a text in UTF-8, each as one character. */
function binaryOf(text: string): string {
  return charactersOf(new TextEncoder().encode(text));
}

/** More arguments would not fit on the stack. */
const MAX_ARGUMENTS = 8192;

function charactersOf(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += MAX_ARGUMENTS) {
    const part = bytes.subarray(start, start + MAX_ARGUMENTS);
    text += String.fromCharCode(...part);
  }
  return text;
}

function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = characters.charCodeAt(index);
  }
  return bytes;
}

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
type Span = readonly [start: number, end: number];

export function tokensIn(text: string): readonly Span[] {
  return Array.from(text.matchAll(ALL), (match): Span => [
    match.index,
    match.index + match[0].length,
  ]);
}

/** Where what may become a token, once there is more of the text, begins at the latest. */
function openTokenIn(text: string): number {
  const from = Math.max(0, text.length - MAX_OPEN_LENGTH);
  const key = text.lastIndexOf(KEY_MARK);
  if (key >= from && OPEN_KEY.test(text.slice(key))) return key;
  let start = text.length;
  while (start > from && /[A-Za-z0-9_.-]/.test(text.charAt(start - 1))) start--;
  return start;
}

/** Whether what was found in a text may go on behind its end. */
function isOpenEnd(text: string, [, end]: Span): boolean {
  const rest = text.slice(end, end + MAX_REST_LENGTH);
  return end + rest.length === text.length && KEY_REST.test(rest);
}
