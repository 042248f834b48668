/**
 * Plays the transcript of README.md in a new repository and compares, or with `--write`
 * writes, what orc really says. Each line that begins with "$ " is run by the shell.
 *
 * @module
 */

const README = "README.md";
const BLOCK = /(```console\n)([^]*?)(```\n)/;

/** The session's name as it comes out each time, and as README.md shows it. */
const SESSION_NAME = /add-login-[0-9a-f]{4}/g;
const SHOWN_NAME = "add-login-3f2a";

/** The transcript as README.md has it, and as it really goes. */
export interface Transcript {
  readonly written: string;
  readonly played: string;
}

/** Plays the transcript of a README in a new repository below a directory. */
export async function playTranscript(
  readme: string,
  directory: string,
): Promise<Transcript> {
  const written = BLOCK.exec(readme)?.[2];
  if (written === undefined) throw new Error("README.md has no transcript");
  const shop = await newShop(directory);
  const blocks: string[] = [];
  let name = SHOWN_NAME;
  for (const command of commandsIn(written)) {
    const said = await run(command.replaceAll(SHOWN_NAME, name), shop);
    name = said.match(SESSION_NAME)?.[0] ?? name;
    blocks.push(`$ ${command}\n${normalised(said, shop)}`);
  }
  return { written, played: blocks.join("\n") };
}

/** Returns the README with another transcript. */
export function withTranscript(readme: string, played: string): string {
  return readme.replace(
    BLOCK,
    (_block, open, _old, close) => `${open}${played}${close}`,
  );
}

function commandsIn(transcript: string): readonly string[] {
  return transcript.split("\n")
    .filter((line) => line.startsWith("$ "))
    .map((line) => line.slice(2));
}

async function newShop(directory: string): Promise<string> {
  const shop = `${directory}/shop`;
  const bin = `${directory}/bin`;
  await Deno.mkdir(shop);
  await Deno.mkdir(bin);
  const cli = new URL("../cli.ts", import.meta.url).pathname;
  await Deno.writeTextFile(
    `${bin}/orc`,
    `#!/bin/sh\nexec '${Deno.execPath()}' run -A '${cli}' "$@"\n`,
    { mode: 0o755 },
  );
  await run("git init --quiet", shop);
  return shop;
}

async function run(command: string, shop: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `exec 2>&1; ${command}`],
    cwd: shop,
    clearEnv: true,
    env: {
      PATH: `${shop}/../bin:${Deno.env.get("PATH") ?? ""}`,
      HOME: shop,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? await cacheDirectory(),
    },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

async function cacheDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** Session ids, names and directories differ from run to run. */
function normalised(text: string, shop: string): string {
  return text.replaceAll(shop, "~/shop")
    .replaceAll(/[0-9a-z]{4}…[0-9a-z]{4}/g, "01k9…7f2q")
    .replaceAll(SESSION_NAME, SHOWN_NAME);
}

if (import.meta.main) {
  const readme = await Deno.readTextFile(README);
  const directory = await Deno.makeTempDir();
  try {
    const shown = await playTranscript(readme, await Deno.realPath(directory));
    await Deno.writeTextFile(README, withTranscript(readme, shown.played));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
