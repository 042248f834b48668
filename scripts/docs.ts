/**
 * Writes what `docs/` and `man/` say about the command line, from the command table. With
 * `--check` it writes nothing and fails when a page is not what the table says.
 */
import { VERSION } from "../src/base/version.ts";
import { type CommandGroup, tableOf } from "../src/commands/command.ts";
import { errorConditions } from "../src/commands/errors.ts";
import { OLDER_WORDS } from "../src/commands/older.ts";
import { commandGroups } from "../src/commands/table.ts";
import { cliPage } from "./docs/cli_page.ts";
import { errorsPage } from "./docs/errors_page.ts";
import { exitCodes, exitCodesPage } from "./docs/exit_codes_page.ts";
import { manPage } from "./docs/man_page.ts";
import { olderWordsSection, withOlderWords } from "./docs/older_words.ts";
import { documentedGroups, formatted, readIfThere } from "./docs/pages.ts";
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
    ["docs/cli.md", await formatted(cliPage(groups), "md")],
    ["docs/permissions.md", await formatted(permissionsPage(groups), "md")],
    ["docs/errors.md", await formatted(errorsPage(errorConditions()), "md")],
    ["docs/exit-codes.md", await formatted(exitCodesPage(codes), "md")],
    [
      "docs/compatibility.md",
      await formatted(await olderWords(), "md"),
    ],
    ["man/orc.1", manPage({ groups, codes, version: VERSION })],
  ]);
}

/** The older tool had the commands of this one: those of no other table. */
async function olderWords(): Promise<string> {
  const page = await Deno.readTextFile("docs/compatibility.md");
  const section = await olderWordsSection(OLDER_WORDS, tableOf(commandGroups));
  return withOlderWords(page, section);
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
