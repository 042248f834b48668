/** How a program is run: where, and with which variables besides. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Enough to see what went wrong; what is above has been read by nobody. */
const TAIL_LINES = 30;

const QUIET_NPM = {
  npm_config_loglevel: "error",
  npm_config_update_notifier: "false",
};

// deno-lint-ignore no-control-regex -- colours begin with the escape character
const COLOUR = /\x1b\[[0-9;]*m/g;

/** Runs a program to its end; returns what it printed, and throws the end of it if it fails. */
export async function run(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env = {} }: ProgramOptions,
): Promise<string> {
  const { code, success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env: { NO_COLOR: "1", ...QUIET_NPM, ...env },
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return decode(stdout);
  const said = tailOf(decode(stdout) + decode(stderr));
  throw new Error(`${program} ${args.join(" ")}: exit code ${code}\n${said}`);
}

function tailOf(text: string): string {
  const lines = text.replaceAll(COLOUR, "").trimEnd().split("\n");
  return lines.slice(-TAIL_LINES).join("\n");
}

/** Ends this process with the code that work returns; an error becomes its message, without a stack. */
export async function endWith(work: () => Promise<number>): Promise<never> {
  try {
    Deno.exit(await work());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
