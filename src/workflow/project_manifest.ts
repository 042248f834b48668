import { OrcError } from "../base/error.ts";
import { asObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { parseJson } from "../base/json_parse.ts";

/** A string, or what JSON does not know: a comment. */
const STRING_OR_COMMENT = /"(?:\\[^]|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?\*\//g;

/** A string, or a comma that nothing follows. */
const STRING_OR_LAST_COMMA = /"(?:\\[^]|[^"\\])*"|,(?=\s*[}\]])/g;

/** Reads a manifest in JSON with comments; undefined when it holds no object. */
export function readManifestObject(
  text: string | undefined,
): JsonObject | undefined {
  if (text === undefined) return undefined;
  const json = [STRING_OR_COMMENT, STRING_OR_LAST_COMMA]
    .reduce(withoutAllButStrings, text);
  try {
    return asObject(parseJson(json, "the manifest"));
  } catch (error) {
    // A broken manifest is for its own tool to complain about.
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

function withoutAllButStrings(text: string, pattern: RegExp): string {
  return text.replaceAll(
    pattern,
    (match) => match.startsWith('"') ? match : " ",
  );
}

/** The scripts of a manifest by name; a task may be an object that holds its command. */
export function scriptsIn(
  manifest: JsonObject | undefined,
  key: string,
): ReadonlyMap<string, string> {
  const scripts = asObject(manifest?.get(key)) ?? new Map<string, JsonValue>();
  return new Map(
    Array.from(scripts, ([name, script]) => [name, commandOf(script)]),
  );
}

function commandOf(script: JsonValue): string {
  if (typeof script === "string") return script;
  const command = asObject(script)?.get("command");
  return typeof command === "string" ? command : "";
}
