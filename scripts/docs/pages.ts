import { type CommandPage, pageFor } from "../../src/commands/help.ts";
import type { CommandGroup } from "../../src/commands/command.ts";

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

/** As `deno fmt` would write it, which looks at what is generated too. */
export async function formatted(
  text: string,
  extension: "json" | "md",
): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", `--ext=${extension}`, "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}

/** The text of a file; undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw error;
  }
}
