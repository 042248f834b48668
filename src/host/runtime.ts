/** The stand-in for Deno in the npm package says what it runs on. */
interface Version {
  readonly deno: string;
  readonly runtime?: string;
}

/** What runs this program, such as `deno 2.9.6` or `node 22.1.0`. */
export function runtimeName(): string {
  const { deno, runtime = `deno ${deno}` }: Version = Deno.version;
  return runtime;
}
