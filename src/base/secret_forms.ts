/** Shortest value that is masked: shorter ones stand in harmless words. */
export const MIN_MASKED_LENGTH = 8;

/** Shortest line of a value that is masked by itself. */
const MIN_MASKED_LINE_LENGTH = 12;

/**
 * Spellings in which programs print a value: as it is, line by line, and as it
 * stands in JSON, URLs and base64. Empty for a value too short to be masked.
 */
export function formsOf(value: string): readonly string[] {
  const text = value.trim();
  if (text.length < MIN_MASKED_LENGTH) return [];
  const forms = [
    text,
    ...jsonForms(text),
    ...urlForms(text),
    ...linesOf(text),
    ...base64Forms(text),
  ];
  return [...new Set(forms)];
}

/** The text of a value: the line ends behind it belong to the file it comes from. */
export function withoutLineEnds(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

/** Some programs write JSON in ASCII alone, and some a backslash before each slash. */
function jsonForms(text: string): readonly string[] {
  const form = JSON.stringify(text).slice(1, -1);
  const inAscii = form.replaceAll(/[^\x20-\x7e]/g, (unit) => {
    const digits = unit.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${digits}`;
  });
  const forms = [form, inAscii];
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
    .flatMap((each) => [each, withSmallDigits(each)]);
}

function withSmallDigits(form: string): string {
  return form.replaceAll(/%../g, (escaped) => escaped.toLowerCase());
}

/** Programs that log put something before each line. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line.length >= MIN_MASKED_LINE_LENGTH);
}

/**
 * What base64 makes of the value wherever it begins in the bytes that are
 * encoded, as in `user:password`: only the digits that depend on nothing else.
 */
function base64Forms(text: string): readonly string[] {
  const bytes = binaryOf(text);
  const forms = [0, 1, 2].map((offset) => {
    const digits = btoa("\0".repeat(offset) + bytes);
    const first = Math.ceil(offset * 8 / 6);
    const end = Math.floor((offset + bytes.length) * 8 / 6);
    return digits.slice(first, end);
  });
  const inUrls = forms.map((form) =>
    form.replaceAll("+", "-").replaceAll("/", "_")
  );
  return [...forms, ...inUrls, ...inLines(forms[0] ?? "")];
}

/** Digits after which `openssl` and mail begin a new line; `base64` does as mail. */
const LINE_LENGTHS = [64, 76];

function inLines(digits: string): readonly string[] {
  return LINE_LENGTHS.map((length) =>
    digits.replaceAll(new RegExp(`.{${length}}(?=.)`, "g"), "$&\n")
  );
}

/** The bytes of a text in UTF-8, each as one character. */
export function binaryOf(text: string): string {
  return charactersOf(new TextEncoder().encode(text));
}

/** More arguments would not fit on the stack. */
const MAX_ARGUMENTS = 8192;

/** Bytes, each as one character. */
export function charactersOf(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += MAX_ARGUMENTS) {
    const part = bytes.subarray(start, start + MAX_ARGUMENTS);
    text += String.fromCharCode(...part);
  }
  return text;
}

/** Bytes that were spelled as one character each. */
export function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = characters.charCodeAt(index);
  }
  return bytes;
}
