/**
 * Writes what `docs/` and `man/` say about the command line, from the command table. With
 * `--check` it writes nothing and fails when a page is not what the table says.
 */
import { VERSION } from "../src/base/version.ts";
import { type CommandGroup, commandGroups } from "../src/commands/table.ts";
import { cliPage } from "./docs/cli_page.ts";
import { exitCodes, exitCodesPage } from "./docs/exit_codes_page.ts";
import { manPage } from "./docs/man_page.ts";
import { documentedGroups } from "./docs/pages.ts";
import { permissionsPage } from "./docs/permissions_page.ts";

/** Texts of pages by their paths. */
export type Pages = ReadonlyMap<string, string>;

/** Makes all pages of a command table. */
export async function makePages(
  commands: readonly CommandGroup[],
): Promise<Pages> {
  const groups = await documentedGroups(commands);
  const codes = exitCodes(await Deno.readTextFile("src/base/error.ts"));
  return new Map([
    ["docs/cli.md", await formatted(cliPage(groups))],
    ["docs/permissions.md", await formatted(permissionsPage(groups))],
    ["docs/exit-codes.md", await formatted(exitCodesPage(codes))],
    ["man/orc.1", manPage({ groups, codes, version: VERSION })],
  ]);
}

/** Paths of the pages that are missing or say something else. */
export function outdatedPages(
  pages: Pages,
  read: (path: string) => string | undefined,
): readonly string[] {
  return Array.from(pages)
    .filter(([path, text]) => read(path) !== text)
    .map(([path]) => path);
}

/** As `deno fmt` would write it, which looks at these pages too. */
async function formatted(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw error;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const pages = await makePages(commandGroups);
  const outdated = outdatedPages(pages, readIfThere);
  if (args.includes("--check")) {
    for (const path of outdated) {
      console.error(`${path} is not what the commands say: deno task docs:cli`);
    }
    return outdated.length === 0 ? 0 : 1;
  }
  Deno.mkdirSync("man", { recursive: true });
  for (const path of outdated) {
    Deno.writeTextFileSync(path, pages.get(path) ?? "");
    console.log(`Wrote ${path}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
