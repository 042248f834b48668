/** How a program is run: where, and with which variables besides. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end; returns what it printed, and throws all of it if it fails. */
export async function run(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env = {} }: ProgramOptions,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env: { ...env, npm_config_update_notifier: "false" },
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return decode(stdout);
  throw new Error(
    `${program} ${args.join(" ")}\n${decode(stdout)}${decode(stderr)}`,
  );
}
