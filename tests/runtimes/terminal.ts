import { orcCommand } from "../orc_command.ts";

/** A question that appears at a terminal, and what is typed then. */
export interface Typed {
  readonly question: string;
  readonly answer: string;
}

/** How orc ended at a terminal, and all that was shown there. */
export interface Shown {
  readonly code: number;
  readonly screen: string;
}

/**
 * Runs a shell line, in which `orc` is a kind of orc, at a terminal that `script` makes. What is
 * typed comes after its question: before it, the terminal itself would show it.
 */
export async function atTerminal(
  directory: string,
  line: string,
  typed: readonly Typed[] = [],
): Promise<Shown> {
  const command = orcCommand().map((word) => `'${word}'`).join(" ");
  const shell = `orc() { ${command} "$@"; }; ${line}`;
  const child = new Deno.Command("script", {
    args: ["-qec", shell, "/dev/null"],
    cwd: directory,
    env: { ...neutralEnvironment(), SHELL: "/bin/sh", TERM: "xterm" },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  const open = [...typed];
  let screen = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    screen += text;
    const next = open[0];
    if (next === undefined || !screen.includes(next.question)) continue;
    open.shift();
    await keyboard.write(new TextEncoder().encode(next.answer));
  }
  await keyboard.close();
  const { code } = await child.status;
  return { code, screen };
}

const NEUTRAL = ["HOME", "PATH", "TMPDIR", "DENO_DIR"];

function neutralEnvironment(): Record<string, string> {
  const known = NEUTRAL.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(
    known.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
