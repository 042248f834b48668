/** Edits JSON with comments in place: what is not orc's keeps every byte. */
import {
  applyEdits,
  type FormattingOptions,
  getNodeValue,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { misconfigured } from "../base/error.ts";
import { lineEndOf } from "./block_rules.ts";
import type { HostKind } from "./host_rules.ts";
import { hookEntries, isOwnCommand, serverEntry } from "./text_rules.ts";

const BOM = "\ufeff";

/** A change of a file's text; throws where the file is not what it has to be. */
export type Edit = (text: string) => string;

/** Adds the hooks of a host, each at the end of the list of its event. */
export function addHooks(
  host: HostKind,
  { path, isGlobal }: { readonly path: string; readonly isGlobal: boolean },
): readonly Edit[] {
  const needsVersion = host.shape === "cursor" || host.shape === "copilot";
  return [
    ...needsVersion
      ? [
        (text: string) =>
          valueAt(text, ["version"], path) === undefined
            ? changed(text, ["version"], 1, path)
            : text,
      ]
      : [],
    ...hookEntries(host, isGlobal).map(([name, entry]) => (text: string) => {
      const list = valueAt(text, ["hooks", name], path);
      if (list === undefined) {
        return changed(text, ["hooks", name], [entry], path);
      }
      if (!Array.isArray(list)) throw notEditable(path, `hooks.${name}`);
      const at = ["hooks", name, list.length];
      return changed(text, at, entry, path, true);
    }),
  ];
}

/** Takes the hooks of a host away, and what is empty without them. */
export function removeHooks(host: HostKind, path: string): Edit {
  return (text) => {
    let rest = text;
    const hooks = valueAt(rest, ["hooks"], path);
    for (const name of keysOf(hooks)) {
      const list = (hooks as Record<string, unknown>)[name];
      if (!Array.isArray(list)) continue;
      // From the end, so that the places before stay what they are.
      for (let at = list.length - 1; at >= 0; at--) {
        rest = withoutOwn(rest, host, { path, name, at, entry: list[at] });
      }
      if (isEmptyList(rest, ["hooks", name], path, list.length)) {
        rest = changed(rest, ["hooks", name], undefined, path);
      }
    }
    const isEmptied = keysOf(hooks).length > 0 &&
      keysOf(valueAt(rest, ["hooks"], path)).length === 0;
    return isEmptied ? changed(rest, ["hooks"], undefined, path) : rest;
  };
}

function withoutOwn(
  text: string,
  host: HostKind,
  { path, name, at, entry }: {
    readonly path: string;
    readonly name: string;
    readonly at: number;
    readonly entry: unknown;
  },
): string {
  const place = ["hooks", name, at];
  const { command, bash, hooks } = fieldsOf(entry);
  if (isOwnCommand(host, command) || isOwnCommand(host, bash)) {
    return changed(text, place, undefined, path);
  }
  if (!Array.isArray(hooks)) return text;
  const own = hooks.flatMap((hook, index) =>
    isOwnCommand(host, fieldsOf(hook).command) ? [index] : []
  );
  if (own.length === 0) return text;
  if (own.length === hooks.length) {
    return changed(text, place, undefined, path);
  }
  return own.reverse().reduce(
    (rest, index) => changed(rest, [...place, "hooks", index], undefined, path),
    text,
  );
}

/** A list that was emptied; one that was empty before is somebody's. */
function isEmptyList(
  text: string,
  at: JSONPath,
  path: string,
  lengthBefore: number,
): boolean {
  const list = valueAt(text, at, path);
  return lengthBefore > 0 && Array.isArray(list) && list.length === 0;
}

/** Names orc as a server of tools, under a key of the host. */
export function addServer(
  host: HostKind,
  key: string,
  path: string,
): Edit {
  return (text) => changed(text, [key, "orc"], serverEntry(host), path);
}

export function hasServer(text: string, key: string, path: string): boolean {
  return valueAt(text, [key, "orc"], path) !== undefined;
}

/** Takes it away, where it is orc's, and the key that holds nothing without it. */
export function removeServer(host: HostKind, key: string, path: string): Edit {
  return (text) => {
    const entry = valueAt(text, [key, "orc"], path);
    if (JSON.stringify(entry) !== JSON.stringify(serverEntry(host))) {
      return text;
    }
    const rest = changed(text, [key, "orc"], undefined, path);
    return keysOf(valueAt(rest, [key], path)).length === 0
      ? changed(rest, [key], undefined, path)
      : rest;
  };
}

/** Whether nothing is left that anybody would have written by hand. */
export function isBareJson(text: string, path: string): boolean {
  if (text.replace(BOM, "").trim() === "") return true;
  if (/\/[/*]/.test(text)) return false;
  const value = valueAt(text, [], path);
  return keysOf(value).every((key) => key === "version");
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
    ? value as Readonly<Record<string, unknown>>
    : {};
}

function keysOf(value: unknown): readonly string[] {
  return Object.keys(fieldsOf(value));
}

function valueAt(text: string, at: JSONPath, path: string): unknown {
  const root = parsed(text, path);
  const value: unknown = root === undefined ? undefined : getNodeValue(root);
  return at.reduce<unknown>(
    (inner, key) => fieldsOf(inner)[key],
    value,
  );
}

/** Undefined for a file without anything in it. */
function parsed(text: string, path: string): Node | undefined {
  const body = text.replace(BOM, "");
  if (body.trim() === "") return undefined;
  const errors: ParseError[] = [];
  const root = parseTree(body, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined || root === undefined) {
    const line = body.slice(0, error?.offset ?? 0).split("\n").length;
    const what = error && printParseErrorCode(error.error);
    throw notParsed(path, `${what ?? "nothing"} in line ${line}`);
  }
  if (root.type !== "object") throw notEditable(path, "all of it");
  return root;
}

function changed(
  text: string,
  at: JSONPath,
  value: unknown,
  path: string,
  isArrayInsertion = false,
): string {
  parsed(text, path);
  const bom = text.startsWith(BOM) ? BOM : "";
  const body = text.slice(bom.length);
  for (let length = 1; length < at.length; length++) {
    const above = valueAt(text, at.slice(0, length), path);
    const isFine = above === undefined || typeof above === "object" &&
        above !== null &&
        Array.isArray(above) === (typeof at[length] === "number");
    if (!isFine) throw notEditable(path, at.slice(0, length).join("."));
  }
  const formattingOptions = formattingOf(body);
  const edits = modify(body, at, value, {
    formattingOptions,
    isArrayInsertion,
  });
  return bom + applyEdits(body, edits);
}

function formattingOf(text: string): FormattingOptions {
  const [, indent = "  "] = /^([ \t]+)\S/m.exec(text) ?? [];
  return {
    eol: lineEndOf(text),
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
  };
}

function notParsed(path: string, what: string): Error {
  return misconfigured(
    "file_not_editable",
    `Cannot edit "${path}": it is no JSON (${what})`,
    { path, hint: "mend it, then run: orc agents install" },
  );
}

function notEditable(path: string, what: string): Error {
  return misconfigured(
    "file_not_editable",
    `Cannot edit "${path}": "${what}" is not what the host expects there`,
    { path, hint: "mend it, then run: orc agents install" },
  );
}
