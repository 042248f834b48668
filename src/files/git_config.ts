/** One line of a git configuration file. */
export interface GitSetting {
  /** In lower case, as git compares it. */
  readonly section: string;
  readonly subsection: string | null;
  /** In lower case, as git compares it. */
  readonly name: string;
  /** Null for a name without "=", which means true. */
  readonly value: string | null;
}

const BETWEEN = /(?:\s+|[#;].*)+/y;
const HEADER = /\[[ \t]*([\w.-]+)(?:[ \t]+"((?:[^"\\\n]|\\.)*)")?[ \t]*\]/y;
const NAME = /([A-Za-z][A-Za-z0-9-]*)[ \t]*(=[ \t]*)?/y;
const REST_OF_LINE = /.*/y;
const SPACE = /[ \t]+/y;
const COMMENT = /[#;].*/y;
const QUOTE = /"/y;
const ESCAPE = /\\(?:\n|.)/y;
const PLAIN = /[^\\"#;\s]+|[^\S \t\n]/y;
const PLAIN_QUOTED = /[^\\"\n]+/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\\n", ""],
  ["\\n", "\n"],
  ["\\t", "\t"],
  ["\\b", "\b"],
]);

/** A text and how far it has been read. */
interface Cursor {
  readonly text: string;
  at: number;
}

/** Parses a git configuration file. Included files are not followed; a line git would refuse is skipped. */
export function parseGitConfig(text: string): readonly GitSetting[] {
  const cursor: Cursor = {
    text: text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n"),
    at: 0,
  };
  const settings: GitSetting[] = [];
  let section: Pick<GitSetting, "section" | "subsection"> | undefined;
  while (cursor.at < cursor.text.length) {
    if (take(cursor, BETWEEN) !== undefined) continue;
    const header = take(cursor, HEADER);
    if (header !== undefined) {
      section = sectionOf(header);
      continue;
    }
    const named = take(cursor, NAME);
    if (section === undefined || named === undefined) {
      take(cursor, REST_OF_LINE);
    } else settings.push({ ...section, ...settingOf(cursor, named) });
  }
  return settings;
}

/** Returns the values of a setting in the order of the file; null stands for a bare name. */
export function gitValues(
  settings: readonly GitSetting[],
  section: string,
  name: string,
): readonly (string | null)[] {
  return settings
    .filter((setting) => setting.subsection === null)
    .filter((setting) => setting.section === section && setting.name === name)
    .map((setting) => setting.value);
}

/** Whether the last value given for a setting is one of git's words for true. */
export function isGitTrue(
  settings: readonly GitSetting[],
  section: string,
  name: string,
): boolean {
  const value = gitValues(settings, section, name).at(-1);
  if (value === undefined) return false;
  return value === null || /^(?:true|yes|on|[1-9]\d*)$/i.test(value);
}

/** Returns the URL of `origin`, else of the first remote. */
export function remoteUrlIn(
  settings: readonly GitSetting[],
): string | undefined {
  const urls = settings.filter(({ section, name, value }) =>
    section === "remote" && name === "url" && value
  );
  const chosen = urls.find(({ subsection }) => subsection === "origin");
  return (chosen ?? urls[0])?.value ?? undefined;
}

function sectionOf(
  [, name = "", subsection]: RegExpExecArray,
): Pick<GitSetting, "section" | "subsection"> {
  const section = name.toLowerCase();
  if (subsection !== undefined) {
    return { section, subsection: subsection.replaceAll(/\\(.)/g, "$1") };
  }
  // The old spelling [remote.origin], which git still reads.
  const dot = section.indexOf(".");
  if (dot < 0) return { section, subsection: null };
  return {
    section: section.slice(0, dot),
    subsection: section.slice(dot + 1),
  };
}

function settingOf(
  cursor: Cursor,
  [, name = "", equals]: RegExpExecArray,
): Pick<GitSetting, "name" | "value"> {
  const value = equals === undefined ? null : takeValue(cursor);
  if (equals === undefined) take(cursor, REST_OF_LINE);
  return { name: name.toLowerCase(), value };
}

/** Reads a value to the end of its line, which a backslash moves to the next one. */
function takeValue(cursor: Cursor): string {
  let value = "";
  let isQuoted = false;
  for (;;) {
    const skipped = isQuoted ? undefined : take(cursor, SPACE)?.[0];
    const space = value === "" ? "" : skipped ?? "";
    if (take(cursor, QUOTE) !== undefined) {
      isQuoted = !isQuoted;
      value += space;
      continue;
    }
    if (!isQuoted) take(cursor, COMMENT);
    const part = takePart(cursor, isQuoted ? PLAIN_QUOTED : PLAIN);
    if (part === undefined) return value;
    value += space + part;
  }
}

function takePart(cursor: Cursor, plain: RegExp): string | undefined {
  const escape = take(cursor, ESCAPE)?.[0];
  if (escape === undefined) return take(cursor, plain)?.[0];
  return ESCAPES.get(escape) ?? escape.slice(1);
}

/** Steps over what a sticky pattern matches. */
function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (found === null) return undefined;
  cursor.at = pattern.lastIndex;
  return found;
}
