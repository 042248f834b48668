import { type CommandPage, pageFor } from "../../src/commands/help.ts";
import type { CommandGroup } from "../../src/commands/table.ts";

/** A group of commands with all that help says of them. */
export interface DocumentedGroup {
  readonly title: string;
  readonly pages: readonly CommandPage[];
}

/** Loads all commands that people call. */
export async function documentedGroups(
  groups: readonly CommandGroup[],
): Promise<readonly DocumentedGroup[]> {
  return await Promise.all(groups.map(async ({ title, entries }) => ({
    title,
    pages: await Promise.all(
      entries.filter(({ isHidden }) => !isHidden)
        .map(({ name }) => commandPage(groups, name)),
    ),
  })));
}

async function commandPage(
  groups: readonly CommandGroup[],
  name: string,
): Promise<CommandPage> {
  const page = await pageFor(groups, name.split(" "));
  if (page.type === "command") return page;
  throw new Error(`"${name}" is no command`);
}
