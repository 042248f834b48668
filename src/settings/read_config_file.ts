import { OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import { MAX_CONFIG_BYTES } from "../base/limits.ts";
import { guardPath } from "../files/path_guard.ts";
import { readRegularFile } from "../files/read.ts";
import { describeValue, scalarText } from "../workflow/value.ts";
import { asConfigError } from "./config_error.ts";
import type { ConfigFile } from "./files.ts";
import { readFlatYaml } from "./flat_yaml.ts";
import type { ConfigEntry } from "./merge.ts";

const HINT = "correct the file; orc config path shows which files there are";

/**
 * Reads the entries of a configuration file; none where there is no file.
 *
 * @throws {OrcError} config, naming line and column, if it is no mapping in YAML; corrupt if a
 *   part of its path is a link
 */
export async function readConfigEntries(
  file: ConfigFile,
): Promise<readonly ConfigEntry[]> {
  const found = readConfigText(file);
  return found === undefined ? [] : await parseConfig(found.text, file.path);
}

/** The text of a configuration file, and what stands before it. */
export interface ConfigText {
  /** The byte order mark that some editors write, or nothing. */
  readonly mark: string;
  readonly text: string;
}

const BYTE_ORDER_MARK = "\ufeff";

/** Reads the text of a configuration file; undefined when there is none. */
export function readConfigText(
  { base, path, isLegacy }: ConfigFile,
): ConfigText | undefined {
  // Directories of other programs may be links.
  if (!isLegacy) guardPath(base, path);
  try {
    const bytes = readRegularFile(path, MAX_CONFIG_BYTES);
    if (bytes === undefined) return undefined;
    const mark = hasMark(bytes) ? BYTE_ORDER_MARK : "";
    return { mark, text: decodeUtf8(bytes, path) };
  } catch (cause) {
    throw asConfigError(
      cause,
      "put a regular YAML file in UTF-8 there, below 256 KiB",
    );
  }
}

function hasMark([first, second, third]: Uint8Array): boolean {
  return first === 0xef && second === 0xbb && third === 0xbf;
}

/** Finds the entries in the text of a configuration file. */
export async function parseConfig(
  text: string,
  path: string,
): Promise<readonly ConfigEntry[]> {
  return readFlatYaml(text) ?? await parseYaml(text, path);
}

async function parseYaml(
  text: string,
  path: string,
): Promise<readonly ConfigEntry[]> {
  const { readWorkflowText } = await import(
    "../workflow/read_workflow_text.ts"
  );
  const { value, locate } = configErrors(() => readWorkflowText(text, path));
  if (value === null || value === undefined) return [];
  if (!(value instanceof Map)) throw noMapping(path, value);
  return Array.from(value, ([key, member]): ConfigEntry => {
    const { line, column } = locate([key]) ?? { line: 1, column: 1 };
    return {
      key: typeof key === "string" ? key : scalarText(key) ?? "null",
      value: member,
      line,
      column,
    };
  });
}

function configErrors<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof OrcError) || cause.kind !== "config") throw cause;
    const { code, message, path, details } = cause;
    throw new OrcError("config", code, message, {
      cause,
      path,
      details,
      hint: HINT,
    });
  }
}

function noMapping(path: string, value: unknown): OrcError {
  return new OrcError(
    "config",
    "invalid_config",
    `${path}:1:1: Expected settings, one KEY: VALUE a line, found ${
      describeValue(value)
    }`,
    { path, hint: HINT },
  );
}
