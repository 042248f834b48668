import { OrcError } from "../base/error.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import {
  composeYaml,
  invalidYaml,
  positionAt,
  type YamlText,
} from "./compose_yaml.ts";
import type { Locate, Path, Position } from "./problem.ts";
import { type Construction, constructYaml } from "./yaml.ts";
import { LineCounter } from "yaml";

/** What YAML may not hold, quoted or not. */
const FORBIDDEN =
  /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A value read from YAML. */
export interface WorkflowText {
  /** Mappings are `Map`s; null when the text holds nothing. */
  readonly value: unknown;
  readonly locate: Locate;
}

/**
 * Reads YAML 1.1 as the Python tool does, except for what is certainly a
 * mistake and for a few forms nobody needs:
 *
 * | in the file                                   | Python tool       | here    |
 * | --------------------------------------------- | ----------------- | ------- |
 * | a key twice in one mapping                    | the last one wins | refused |
 * | aliases that come to more than the limit      | expanded          | refused |
 * | an alias inside of what it names              | accepted          | refused |
 * | nesting beyond the limit                      | overflows         | refused |
 * | `!!omap`, `!!pairs`                           | lists of pairs    | refused |
 * | brackets or quotes going on at the margin     | accepted          | refused |
 *
 * Load this file with `import()` where YAML is read: it brings the parser
 * along, and Node's layer of the runtime with it.
 *
 * @throws {OrcError} `invalid_yaml`, naming lines and columns
 */
export function readWorkflowText(text: string, source: string): WorkflowText {
  const plain = withPlainLineEnds(text);
  const yaml = { text: plain, source, lines: linesOf(plain) };
  refuseTooLarge(text, yaml);
  refuseForbidden(yaml);
  const document = explainMissingPermission(() => composeYaml(yaml), source);
  const construction = constructYaml(document, yaml);
  return {
    value: construction.value,
    locate: (path) => locateIn(construction, yaml, path),
  };
}

/** A byte order mark and the line ends of other systems mean nothing. */
function withPlainLineEnds(text: string): string {
  return text.replace(/^\ufeff/, "").replaceAll(/\r\n?/g, "\n");
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return lines;
}

function refuseTooLarge(text: string, yaml: YamlText): void {
  const isTooLarge = text.length > MAX_WORKFLOW_BYTES ||
    new TextEncoder().encode(text).length > MAX_WORKFLOW_BYTES;
  if (!isTooLarge) return;
  const message = `Larger than ${MAX_WORKFLOW_BYTES} bytes`;
  throw invalidYaml([{ code: "too_large", offset: 0, message }], yaml);
}

function refuseForbidden(yaml: YamlText): void {
  const match = FORBIDDEN.exec(yaml.text);
  if (match === null) return;
  const code = yaml.text.charCodeAt(match.index).toString(16).toUpperCase();
  const message = `The character U+${
    code.padStart(4, "0")
  } is not allowed in YAML`;
  const fault = { code: "bad_character", offset: match.index, message };
  throw invalidYaml([fault], yaml);
}

/** The YAML package looks at two names of the environment when it parses. */
function explainMissingPermission<Result>(
  parse: () => Result,
  source: string,
): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "NotCapable") throw error;
    throw new OrcError(
      "denied",
      "permission_missing",
      `Cannot read "${source}": reading YAML needs access to the environment`,
      {
        hint: "allow it with --allow-env=LOG_TOKENS,LOG_STREAM",
        path: source,
        cause: error,
      },
    );
  }
}

function locateIn(
  { value, marks }: Construction,
  yaml: YamlText,
  path: Path,
): Position | undefined {
  const last = path.at(-1);
  if (last === undefined) return { line: 1, column: 1 };
  const container = path.slice(0, -1).reduce(memberOf, value);
  if (typeof container !== "object" || container === null) return undefined;
  const mark = marks.get(container)?.get(last);
  if (mark === undefined) return undefined;
  return { ...positionAt(yaml, mark.offset), text: mark.text };
}

function memberOf(container: unknown, step: string | number): unknown {
  if (container instanceof Map) return container.get(step);
  return Array.isArray(container) ? container[Number(step)] : undefined;
}
