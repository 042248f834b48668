const CLI = new URL("../cli.ts", import.meta.url).pathname;

let turn = 0;

/**
 * Program and first arguments that run orc: from its sources, unless `ORC_COMMANDS` names
 * others, one in a line. They are taken in turn, so that several kinds of orc can meet.
 */
export function orcCommand(): readonly [string, ...string[]] {
  const lines = (Deno.env.get("ORC_COMMANDS") ?? "").trim().split("\n");
  const words = (lines[turn++ % lines.length] ?? "").split(" ");
  const [program = "", ...args] = words;
  return program === ""
    ? [Deno.execPath(), "run", "-A", CLI]
    : [program, ...args];
}
