/** How a file of others gets orc's part, and loses it again. */
import { misconfigured } from "../base/error.ts";
import {
  type Comment,
  HASH,
  MARKDOWN,
  withBlock,
  withoutBlocks,
} from "./block_rules.ts";
import {
  addHooks,
  addServer,
  type Edit,
  hasServer,
  isBareJson,
  removeHooks,
  removeServer,
} from "./json_edit.ts";
import type { Part, Target } from "./target_rules.ts";
import { INSTRUCTIONS, POINTER, TOML_SERVER } from "./text_rules.ts";

/** A step from one text to the next: what stood at a place, and what stands there instead. */
export type Step = readonly [at: number, removed: string, inserted: string];

/** A text with orc's part, and the steps that led there from one without it. */
export interface Added {
  readonly text: string;
  readonly steps: readonly Step[];
}

/** Adds all parts to a text that has none of them. */
export function addParts(
  base: string,
  { path, parts }: Target,
  isGlobal: boolean,
): Added {
  const edits = parts.flatMap((part) => additionsOf(part, path, isGlobal));
  let text = base;
  const steps: Step[] = [];
  for (const edit of edits) {
    const next = edit(text);
    const step = stepBetween(text, next);
    if (step !== undefined) steps.push(step);
    text = next;
  }
  return { text, steps };
}

/** The text without any of the parts, as far as it can be told by what stands in it. */
export function removeParts(text: string, { path, parts }: Target): string {
  return parts.map((part) => removalOf(part, path))
    .reduce((rest, edit) => edit(rest), text);
}

/** Whether nothing would be left that anybody wrote. */
export function isBare(text: string, { path }: Target): boolean {
  return path.endsWith(".json")
    ? isBareJson(text, path)
    : text.replace("\ufeff", "").trim() === "";
}

/** Takes the steps back: all of them in a text that nobody changed, else each that is found once. */
export function takeBack(
  text: string,
  steps: readonly Step[],
  isUnchanged: boolean,
): string | undefined {
  let rest = text;
  for (const [at, removed, inserted] of steps.toReversed()) {
    const place = isUnchanged ? at : onlyPlaceOf(rest, inserted);
    if (place === undefined) return undefined;
    if (!rest.startsWith(inserted, place)) return undefined;
    rest = rest.slice(0, place) + removed +
      rest.slice(place + inserted.length);
  }
  return rest;
}

function onlyPlaceOf(text: string, part: string): number | undefined {
  const at = text.indexOf(part);
  return part === "" || at < 0 || text.indexOf(part, at + 1) >= 0
    ? undefined
    : at;
}

function stepBetween(before: string, after: string): Step | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < most - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) tail++;
  return [
    head,
    before.slice(head, before.length - tail),
    after.slice(head, after.length - tail),
  ];
}

function additionsOf(
  part: Part,
  path: string,
  isGlobal: boolean,
): readonly Edit[] {
  switch (part.type) {
    case "block":
      return [(text) => withBlock(text, INSTRUCTIONS, MARKDOWN)];
    case "pointer":
      return [(text) => withBlock(text, POINTER, MARKDOWN)];
    case "hooks":
      return addHooks(part.host, { path, isGlobal });
    case "server":
      return isToml(path)
        ? [(text) => withTomlServer(text, path)]
        : [(text) => withServer(text, part, path)];
  }
}

function withServer(
  text: string,
  { host, key }: Part & { readonly type: "server" },
  path: string,
): string {
  if (hasServer(text, key, path)) throw serverTaken(path);
  return addServer(host, key, path)(text);
}

function withTomlServer(text: string, path: string): string {
  if (/^\s*\[\s*mcp_servers\s*\.\s*"?orc"?\s*[.\]]/m.test(text)) {
    throw serverTaken(path);
  }
  return withBlock(text, TOML_SERVER, HASH);
}

function serverTaken(path: string): Error {
  return misconfigured(
    "file_not_editable",
    `Cannot edit "${path}": it names another server "orc"`,
    { path, hint: "give that another name, then run: orc agents install" },
  );
}

function removalOf(part: Part, path: string): Edit {
  switch (part.type) {
    case "block":
    case "pointer":
      return (text) => withoutMarked(text, MARKDOWN, path);
    case "hooks":
      return removeHooks(part.host, path);
    case "server":
      return isToml(path)
        ? (text) => withoutMarked(text, HASH, path)
        : removeServer(part.host, part.key, path);
  }
}

function withoutMarked(text: string, comment: Comment, path: string): string {
  const own = comment === HASH ? TOML_SERVER : [...INSTRUCTIONS, ...POINTER];
  const rest = withoutBlocks(text, own, comment);
  if (rest !== undefined) return rest;
  throw misconfigured(
    "file_not_editable",
    `Cannot edit "${path}": of the two marks around orc's lines one is missing`,
    { path, hint: "remove these lines, then run the command again" },
  );
}

function isToml(path: string): boolean {
  return path.endsWith(".toml");
}
