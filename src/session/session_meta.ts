import { OrcError } from "../base/error.ts";
import { asObject, type JsonObject } from "../base/json.ts";
import { decodeUtf8, parseJson } from "../base/json_parse.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { readRegularFile } from "../files/read.ts";

const RESTORE_HINT = "put back a good copy of the file, or move it away";

/** Returns what people call a session; null when nobody gave it a name. */
export function readSessionName(
  layout: RepositoryLayout,
  id: string,
): string | null {
  const name = readSessionMeta(sessionLayout(layout.root, id).meta)
    ?.get("name");
  return typeof name === "string" && name !== "" ? name : null;
}

/** The name of a session that was read; a damaged `meta.json` becomes a warning, and hides nothing else. */
export function shownName(
  layout: RepositoryLayout,
  id: string,
  warnings: string[],
): string | null {
  try {
    return readSessionName(layout, id);
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    warnings.push(error.message);
    return null;
  }
}

/** Reads the `meta.json` of a session; undefined when it has none. */
export function readSessionMeta(path: string): JsonObject | undefined {
  const bytes = readRegularFile(path, MAX_SMALL_FILE_BYTES);
  if (bytes === undefined) return undefined;
  const text = decodeUtf8(bytes, path, RESTORE_HINT);
  const meta = asObject(parseJson(text, path, RESTORE_HINT));
  if (meta !== undefined) return meta;
  throw new OrcError(
    "corrupt",
    "invalid_meta",
    `Cannot use "${path}": it holds no object`,
    { path, hint: RESTORE_HINT },
  );
}
