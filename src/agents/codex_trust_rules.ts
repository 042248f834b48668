/** Which hooks Codex runs, as its own files say: one that nobody trusted it skips without a word. */
import { sha256Hex } from "../base/checksum.ts";
import { HOOK_EVENTS, type HookEvent, type HostKind } from "./host_rules.ts";
import { isOwnCommand } from "./text_rules.ts";

/** What Codex makes of a hook: `changed` is not what was trusted once, `off` was turned off. */
export type HookTrust = "trusted" | "changed" | "untrusted" | "off";

/** What Codex keeps, and where. */
export interface CodexFiles {
  /** The text of its `config.toml`; empty where there is none. */
  readonly settings: string;
  /** The text of the file of hooks. */
  readonly hooks: string;
  /** The names of that file under which Codex may know it. */
  readonly paths: readonly string[];
  /** Directories of which it has to trust one to read the file; null for the user's own file. */
  readonly projects: readonly string[] | null;
}

export interface CodexTrust {
  /** Whether Codex reads the file at all. */
  readonly isRead: boolean;
  /** Of the hooks that call orc. */
  readonly hooks: ReadonlyMap<HookEvent, HookTrust>;
}

/** Tells what Codex trusts; undefined where the file of hooks is none, and where it is not known how Codex names it. */
export async function codexTrust(
  kind: HostKind,
  { settings, hooks, paths, projects }: CodexFiles,
): Promise<CodexTrust | undefined> {
  if (paths.some((path) => WINDOWS_DRIVE.test(path))) return undefined;
  const values = tomlValues(settings);
  const groups = groupsIn(hooks);
  if (groups === undefined) return undefined;
  const trusts = new Map<HookEvent, HookTrust>();
  for (const event of HOOK_EVENTS) {
    const name = kind.events[event];
    const found = name && ownHook(kind, groups[name]);
    if (!found) continue;
    const label = name.replaceAll(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
    const states = paths.map((path) => {
      const key = `${path}:${label}:${found.place}`;
      const valueOf = (field: string) =>
        values.get(keyOf(["hooks", "state", key, field]));
      return { hash: valueOf("trusted_hash"), enabled: valueOf("enabled") };
    });
    const hash = await hashOf(label, found);
    trusts.set(event, trustIn(states, hash));
  }
  const isRead = projects === null ||
    projects.some((path) =>
      values.get(keyOf(["projects", path, "trust_level"])) === "trusted"
    );
  return { isRead, hooks: trusts };
}

/** What Codex makes of such a path nobody has seen yet. */
const WINDOWS_DRIVE = /^[a-z]:/i;

type Value = string | boolean;

interface HookState {
  readonly hash: Value | undefined;
  readonly enabled: Value | undefined;
}

function trustIn(states: readonly HookState[], hash: string): HookTrust {
  if (states.some(({ enabled }) => enabled === false)) return "off";
  if (states.some((state) => state.hash === hash)) return "trusted";
  return states.some((state) => state.hash !== undefined)
    ? "changed"
    : "untrusted";
}

type Fields = Readonly<Record<string, unknown>>;

interface OwnHook {
  /** The numbers of its group and of itself in that. */
  readonly place: string;
  readonly matcher: unknown;
  readonly handler: Fields;
}

function groupsIn(text: string): Fields | undefined {
  try {
    return fieldsOf(fieldsOf(JSON.parse(text)).hooks);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The hook that calls orc among those of an event. */
function ownHook(kind: HostKind, groups: unknown): OwnHook | undefined {
  for (const [group, each] of listOf(groups).entries()) {
    const { matcher, hooks } = fieldsOf(each);
    const handlers = listOf(hooks).map(fieldsOf);
    const index = handlers.findIndex(({ command }) =>
      isOwnCommand(kind, command)
    );
    const handler = handlers[index];
    if (handler) return { place: `${group}:${index}`, matcher, handler };
  }
  return undefined;
}

/** What Codex gives a hook without a limit of its own, and the most that it gives one at its end. */
const TIMEOUT_SECONDS = 600;
const END_TIMEOUT_SECONDS = 1;
const MAX_END_TIMEOUT_SECONDS = 3;

/** As Codex names a hook that it asks about: by all that it would run, in the order of its keys. */
async function hashOf(
  label: string,
  { matcher, handler }: OwnHook,
): Promise<string> {
  const isEnd = label === "session_end";
  const { timeout = isEnd ? END_TIMEOUT_SECONDS : TIMEOUT_SECONDS } = handler;
  const seconds = isEnd
    ? Math.min(Number(timeout), MAX_END_TIMEOUT_SECONDS)
    : timeout;
  const identity = {
    event_name: label,
    hooks: [sorted({ async: false, ...handler, timeout: seconds })],
    ...typeof matcher === "string" && { matcher },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(identity));
  return `sha256:${await sha256Hex(bytes)}`;
}

function sorted(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).sort(([one], [other]) => one < other ? -1 : 1),
  );
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

const KEY = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+))\s*(?:\.|$)/y;

/** The parts of a key such as `hooks.state."a.b"`; undefined for what is none. */
function keyParts(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  KEY.lastIndex = 0;
  while (KEY.lastIndex < text.length) {
    const found = KEY.exec(text);
    if (found === null) return undefined;
    const [, basic, literal, bare = ""] = found;
    parts.push(basic === undefined ? literal ?? bare : unescaped(basic));
  }
  return parts;
}

function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

const HEADER = /^\s*\[([^[\]].*)\]\s*(?:#.*)?$/;
/** Blanks belong to the key, of which each part leaves them out: a line of blanks costs no more than another. */
const ASSIGNMENT =
  /^((?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w.\s-])+)=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(true|false)|\{(.*)\})\s*(?:#.*)?$/;

/** So many parts has the longest key that is asked for. */
const MAX_KEY_PARTS = 4;

/** The texts, and what is yes or no, of a TOML file, by their whole keys: as much of TOML as Codex itself writes. */
function tomlValues(text: string): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  let table: readonly string[] | undefined = [];
  const take = (line: string, above: readonly string[]): void => {
    const [, key = "", basic, literal, truth, inner] = ASSIGNMENT.exec(line) ??
      [];
    const parts = keyParts(key);
    if (parts === undefined || parts.length === 0) return;
    const path = [...above, ...parts];
    if (path.length > MAX_KEY_PARTS) return;
    if (inner !== undefined) {
      for (const each of inner.split(",")) take(each, path);
    } else if (truth !== undefined) values.set(keyOf(path), truth === "true");
    else {
      const value = basic === undefined ? literal ?? "" : unescaped(basic);
      values.set(keyOf(path), value);
    }
  };
  for (const line of text.split(/\r?\n/)) {
    const header = HEADER.exec(line)?.[1];
    if (header !== undefined) table = keyParts(header);
    else if (/^\s*\[\[/.test(line)) table = undefined;
    else if (table !== undefined) take(line, table);
  }
  return values;
}
