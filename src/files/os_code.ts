/** Numbers of the errors that Deno gives no name. */
const UNNAMED: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  linux: new Map([
    [23, "ENFILE"],
    [27, "EFBIG"],
    [31, "EMLINK"],
    [37, "ENOLCK"],
    [38, "ENOSYS"],
    [116, "ESTALE"],
    [117, "EUCLEAN"],
    [122, "EDQUOT"],
  ]),
  darwin: new Map([
    [23, "ENFILE"],
    [27, "EFBIG"],
    [31, "EMLINK"],
    [69, "EDQUOT"],
    [70, "ESTALE"],
    [77, "ENOLCK"],
    [78, "ENOSYS"],
  ]),
};

/** What Deno knows of an error that the operating system gave. */
interface Thrown {
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
}

/**
 * The operating system's name of an error, such as `ENOENT`; its number where it has no name
 * here, and the class name where it did not come from the operating system.
 */
export function codeOf(error: unknown): string {
  const { code, name = "", message = "" } = error as Thrown;
  return code ?? codeByNumber(message) ?? name;
}

function codeByNumber(message: string): string | undefined {
  const digits = /\(os error (\d+)\)/.exec(message)?.[1];
  if (digits === undefined) return undefined;
  return UNNAMED[Deno.build.os]?.get(Number(digits)) ?? `E${digits}`;
}
