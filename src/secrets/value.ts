/** The value of a secret as somebody hands it in: typed, piped or in a file. */
import { notFound, usage } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { MAX_SECRET_BYTES } from "../base/limits.ts";
import { withoutLineEnds } from "../base/mask.ts";
import { butThereIs, readNamedFile } from "../files/near.ts";
import type { Host } from "../host/host.ts";

/** The line ends behind a value do not count. */
export function readSecretValue(
  host: Host,
  { name, file }: { readonly name: string; readonly file?: string },
): string {
  const value = file === undefined
    ? typedValue(host, name)
    : decode(readFile(host, file), `file "${file}"`);
  const problem = problemOf(value);
  if (problem === undefined) return value;
  throw usage(
    "invalid_secret_value",
    `Cannot keep secret "${name}": ${problem}`,
    `orc secrets set ${name} --file FILE`,
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

function readFile(host: Host, file: string): Uint8Array {
  const directory = host.workingDirectory;
  const { path, bytes } = readNamedFile(directory, file, MAX_SECRET_BYTES);
  if (bytes !== undefined) return bytes;
  const missing = `No file "${file}"${butThereIs(directory, file)}`;
  throw notFound("no_such_file", missing, { path, hint: "check the path" });
}
