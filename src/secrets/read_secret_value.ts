import { OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json_parse.ts";
import { MAX_SECRET_BYTES } from "../base/limits.ts";
import { resolvePath } from "../base/path.ts";
import { withoutLineEnds } from "../base/secret_forms.ts";
import { readRegularFile, realOrGiven } from "../files/read.ts";
import type { Host } from "../host/host.ts";

/**
 * Reads the value of a secret: from a file if one is named, else as it is typed
 * or from standard input. The line ends behind it do not count.
 *
 * @throws {OrcError} usage `invalid_secret_value`
 */
export function readSecretValue(
  host: Host,
  { name, file }: { readonly name: string; readonly file?: string },
): string {
  const value = file === undefined
    ? typedValue(host, name)
    : decode(readFile(host, file), `file "${file}"`);
  const problem = problemOf(value);
  if (problem === undefined) return value;
  throw new OrcError(
    "usage",
    "invalid_secret_value",
    `Cannot keep secret "${name}": ${problem}`,
    { hint: `orc secrets set ${name} --file FILE` },
  );
}

function typedValue(host: Host, name: string): string {
  if (host.terminal.isInteractive) {
    return host.terminal.readHidden(`Value of ${name} (not shown): `) ?? "";
  }
  return decode(host.readInput(MAX_SECRET_BYTES), "standard input");
}

function decode(bytes: Uint8Array, source: string): string {
  return withoutLineEnds(decodeUtf8(bytes, source));
}

function problemOf(value: string): string | undefined {
  if (value === "") return "its value is empty";
  if (value.includes("\0")) return "its value holds a NUL byte";
  const length = new TextEncoder().encode(value).length;
  return length > MAX_SECRET_BYTES
    ? `its value has more than ${MAX_SECRET_BYTES} bytes`
    : undefined;
}

/** Whoever names a file may read it, so its links are followed. */
function readFile(host: Host, file: string): Uint8Array {
  const path = realOrGiven(resolvePath(host.workingDirectory, file));
  const bytes = readRegularFile(path, MAX_SECRET_BYTES);
  if (bytes !== undefined) return bytes;
  throw new OrcError("not_found", "no_such_file", `No file "${file}"`, {
    path,
    hint: "check the path",
  });
}
