import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";

/** What a script left behind. */
export interface ScriptResult {
  readonly code: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a script is run. */
export interface ScriptOptions {
  /** Permissions; none but reading the sources unless said otherwise. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  /** Program and arguments that run the Deno command they get as last argument. */
  readonly wrapper?: (command: string) => readonly string[];
}

/** Runs a script that imports from `./src/`, in a Deno process of its own. */
export async function runScript(
  source: string,
  options: ScriptOptions = {},
): Promise<ScriptResult> {
  const text = source.replaceAll('"./src/', `"file://${Deno.cwd()}/src/`);
  let result: ScriptResult | undefined;
  await withTemporaryDirectory(async (directory) => {
    writeTree(directory, { "script.ts": text });
    result = await runFile(`${directory}/script.ts`, options);
  });
  if (result === undefined) throw new Error("The script was not run");
  return result;
}

async function runFile(
  path: string,
  { flags = ["--allow-read=src"], env = {}, input, wrapper }: ScriptOptions,
): Promise<ScriptResult> {
  const deno = [Deno.execPath(), "run", "--no-prompt", "--quiet"];
  const words = [...deno, ...flags, path];
  const [program = "", ...args] = wrapper?.(words.join(" ")) ?? words;
  const child = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  if (input !== undefined) await writer.write(input);
  await writer.close();
  const { code, signal, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    code,
    signal,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
