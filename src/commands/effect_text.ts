import type { Command, Effect } from "./command.ts";

const EFFECTS: Readonly<Record<Effect, string>> = {
  reads: "reads only",
  writes: "writes",
  human: "writes, and only a human may",
};

/** What a command does to files and who may use it, and which of its flags do more. */
export function effectText(
  { effect, flags }: Pick<Command, "effect" | "flags">,
): string {
  const flagsThat = (wanted: Effect): string =>
    flags.filter((flag) => flag.effect === wanted)
      .map(({ name }) => `--${name}`).join(", ");
  const writing = flagsThat("writes");
  const human = flagsThat("human");
  return [
    EFFECTS[effect],
    ...writing === "" ? [] : [`writes with ${writing}`],
    ...human === "" ? [] : [`only a human may use ${human}`],
  ].join("; ");
}
