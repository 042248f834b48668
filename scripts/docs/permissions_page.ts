import type { Permission } from "../../src/commands/command.ts";
import {
  BASIC_PERMISSION_ROWS,
  PERMISSION_ROWS,
  permissionRows,
} from "../../src/commands/help.ts";
import { code, GENERATED, plain, stacked, table } from "./markdown.ts";
import type { DocumentedGroup } from "./pages.ts";

/** `docs/permissions.md`: what each command needs under Deno. */
export function permissionsPage(groups: readonly DocumentedGroup[]): string {
  const pages = groups.flatMap((group) => group.pages);
  const named = (permission: Permission): string =>
    pages.filter(({ permissions }) => permissions.includes(permission))
      .map(({ name }) => code(name)).join(", ");
  return stacked([
    GENERATED,
    "# Permissions",
    "Deno gives a program only what the command line grants. orc asks for nothing while it runs: a permission that is missing is one sentence that names the flag, with exit code 77, or, where the answer does not depend on it, something less in the answer. `ROOT` stands for the directory of the repository.",
    "## The basic ones",
    table(["Flag", "What for"], BASIC_PERMISSION_ROWS.map(rowOf)),
    `A variable of the environment that may not be read counts as unset. ${
      code("HOME")
    } stands for your own directory; settings there count only where they may be read. A path that a flag names needs a permission of its own. Links do not lead out: below the directory of the sessions none is followed.`,
    "## More for some commands",
    table(
      ["Flag", "What for", "Commands"],
      permissionKinds().map((permission) => [
        ...rowOf(PERMISSION_ROWS[permission]),
        named(permission),
      ]).filter(([, , commands]) => commands !== ""),
    ),
    "Without them a command does what it can do without: `complete` completes items that no program checks.",
    "## By command",
    table(
      ["Command", "Flags of deno run"],
      pages.map((page) => [
        code(page.name),
        permissionRows(page).map(([flag]) => code(flag)).join(" "),
      ]),
    ),
    "Under Node there is no such border unless you draw it with Node's own `--permission`.",
  ]);
}

function permissionKinds(): readonly Permission[] {
  return ["run", "sys", "net", "listen", "tree", "own"];
}

function rowOf([flag, purpose]: readonly [string, string]): readonly string[] {
  return [code(flag), plain(purpose)];
}
