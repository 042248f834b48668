import type { JsonObject } from "../base/json.ts";
import type { Path, ProblemDraft } from "./problem.ts";
import { quote } from "./value.ts";

const NAME = /\{\{([\p{L}\p{N}_]+)\}\}/gu;
const NAME_WITH_BLANKS = /\{\{\s*([\p{L}\p{N}_]+)\s*\}\}/gu;

/** Where a text stands, and what its `{{names}}` may stand for. */
export interface Site {
  readonly path: Path;
  readonly settings: JsonObject;
}

/** Finds `{{names}}` that will be left as they stand. */
export function templateWarnings(text: string, site: Site): ProblemDraft[] {
  const messages = [...undefinedNames(text, site), ...namesWithBlanks(text)];
  return messages.map((message) => ({
    code: "undefined_setting",
    severity: "warning",
    path: site.path,
    message,
  }));
}

function undefinedNames(text: string, { settings }: Site): readonly string[] {
  const names = Array.from(text.matchAll(NAME), ([, name = ""]) => name);
  return [...new Set(names)].filter((name) => !settings.has(name)).map(
    (name) =>
      `No setting is named ${quote(name)}, so {{${name}}} stays as it is`,
  );
}

function namesWithBlanks(text: string): readonly string[] {
  const templates = Array.from(text.matchAll(NAME_WITH_BLANKS));
  return templates.filter(([template]) => /\s/.test(template)).map(
    ([template, name]) =>
      `${quote(template)} stays as it is: write {{${name}}}`,
  );
}
