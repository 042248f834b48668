/**
 * Plays the transcripts of a Markdown file and compares, or writes, what orc really says.
 *
 * Each line of a `console` block that begins with "$ " is run by the shell, in a new git
 * repository called `shop`. A complete workflow in a `yaml` block begins another repository,
 * whose workflow.yaml it is.
 *
 * @module
 */

const BLOCK = /^```(yaml|console)\n([^]*?)^```$/gm;

/** A workflow is complete when it has a name; other blocks show parts of one. */
const WORKFLOW = /^name: /m;

/** What comes out anew each time, and how it is shown. */
const SESSION_NAME = /add-login-[0-9a-f]{4}/g;
const SHOWN_NAME = "add-login-3f2a";
const SESSION_ID = /[0-9a-z]{4}…[0-9a-z]{4}/g;
const WHOLE_ID = /(?<=--session )[0-9a-z]{26}/g;
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const DURATION = /\b\d+(?:\.\d+)? (?:ms|s)\b/g;

/** Plays the transcripts below a directory; returns the Markdown as it should be. */
export async function playTranscripts(
  markdown: string,
  directory: string,
): Promise<string> {
  let shop: string | undefined;
  let played = "";
  let end = 0;
  for (const block of markdown.matchAll(BLOCK)) {
    const [whole, language, text = ""] = block;
    played += markdown.slice(end, block.index);
    end = block.index + whole.length;
    if (language === "console") {
      shop ??= await newShop(await Deno.makeTempDir({ dir: directory }));
      played += "```console\n" + await playBlock(text, shop) + "```";
      continue;
    }
    played += whole;
    if (!WORKFLOW.test(text)) continue;
    shop = await newShop(await Deno.makeTempDir({ dir: directory }));
    await Deno.writeTextFile(`${shop}/workflow.yaml`, text);
  }
  return played + markdown.slice(end);
}

async function playBlock(transcript: string, shop: string): Promise<string> {
  const blocks: string[] = [];
  let name = SHOWN_NAME;
  for (const command of commandsIn(transcript)) {
    const said = await run(command.replaceAll(SHOWN_NAME, name), shop);
    name = said.match(SESSION_NAME)?.[0] ?? name;
    blocks.push(`$ ${command}\n${normalised(said, shop)}`);
  }
  return blocks.join("\n");
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
  // A project whose tests orc finds.
  const manifest = '{"scripts": {"test": "node --test"}}\n';
  await Deno.writeTextFile(`${shop}/package.json`, manifest);
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
      HOME: `${shop}/..`,
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

/** Session ids, names, times and directories differ from run to run. */
function normalised(text: string, shop: string): string {
  return text.replaceAll(shop.slice(0, shop.lastIndexOf("/")), "~")
    .replaceAll(SESSION_ID, "01k9…7f2q")
    .replaceAll(WHOLE_ID, "01k9wcsz8e1m0r4t5v6x7y7f2q")
    .replaceAll(SESSION_NAME, SHOWN_NAME)
    .replaceAll(INSTANT, "2026-01-02T03:04:05Z")
    .replaceAll(DURATION, "1 s");
}

if (import.meta.main) {
  for (const path of Deno.args) {
    const directory = await Deno.realPath(await Deno.makeTempDir());
    try {
      const markdown = await Deno.readTextFile(path);
      await Deno.writeTextFile(
        path,
        await playTranscripts(markdown, directory),
      );
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }
}
