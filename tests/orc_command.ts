const CLI = new URL("../cli.ts", import.meta.url).pathname;

/** Program and first arguments that run orc. */
export type OrcCommand = readonly [string, ...string[]];

let turn = 0;

/** All that run orc: its sources, unless `ORC_COMMANDS` names others, one in a line. */
export function orcCommands(): readonly OrcCommand[] {
  const lines = (Deno.env.get("ORC_COMMANDS") ?? "").trim().split("\n");
  return lines.map((line) => {
    const [program = "", ...args] = line.split(" ");
    return program === ""
      ? [Deno.execPath(), "run", "-A", CLI]
      : [program, ...args];
  });
}

/** One of them, taken in turn, so that several kinds of orc can meet. */
export function orcCommand(): OrcCommand {
  const commands = orcCommands();
  const command = commands[turn++ % commands.length];
  if (command === undefined) throw new Error("there is no orc");
  return command;
}
