/** Flags without a value that the environment may give too, and what `--no-input` takes from the machine. */
import { usage } from "../base/error.ts";
import type { Command, Values } from "../commands/command.ts";
import type { Host, Terminal } from "../host/host.ts";
import { BOOLEAN } from "../settings/settings.ts";

/** Flags that are as good as set where their variable is. */
const SWITCHES = ["no-input", "quiet", "verbose"] as const;

/**
 * What a command line says, together with the environment. Where nobody is to be asked, nobody sits at the
 * machine from then on.
 *
 * @throws {OrcError} `invalid_value` (usage) if a variable is neither true nor false
 */
export function switched(host: Host, given: Values): Values {
  const on = new Set<string>(SWITCHES.filter((name) => isSet(host, name)));
  const values = {
    ...given,
    on: (name: string) => given.on(name) || on.has(name),
  };
  if (values.on("no-input")) withdrawInput(host);
  return values;
}

/**
 * Whether who wants quiet is shown a result: a value, and what was only looked at. Of a change that was made
 * they hear nothing.
 */
export function isShown(
  { effect, flags, isValue = false }: Command,
  values: Values,
): boolean {
  const given = flags.filter(({ name }) => values.on(name));
  const effects = given.flatMap((flag) => flag.effect ?? []);
  return isValue || effects.includes("reads") ||
    [effect, ...effects].every((each) => each === "reads");
}

function isSet(host: Host, name: string): boolean {
  const variable = `ORCHESTRATOR_${name.toUpperCase().replaceAll("-", "_")}`;
  const text = host.env(variable);
  if (!text) return false;
  const value = BOOLEAN.typed?.(text);
  if (typeof value === "boolean") return value;
  throw usage(
    "invalid_value",
    `${variable} is true or false, not "${text}"`,
    `unset ${variable}, or set it to 1`,
  );
}

/** Whoever would ask is refused as where there is no terminal. No copy: what is remembered of a host is told by it. */
function withdrawInput(host: Host): void {
  const { terminal, readInput } = host;
  const withdrawn: Terminal = {
    ...terminal,
    isInteractive: false,
    readLine: () => undefined,
    readHidden: () => undefined,
  };
  Object.defineProperties(host, {
    terminal: { value: withdrawn },
    readInput: {
      value(limitBytes: number) {
        assertNotTyped({ terminal });
        return readInput(limitBytes);
      },
    },
  });
}

/** Refuses to read what somebody would have to type. */
export function assertNotTyped({ terminal }: Pick<Host, "terminal">): void {
  if (!terminal.isInteractive && !Deno.stdin.isTerminal()) return;
  throw usage(
    "no_input",
    "Nothing is read from a terminal: --no-input lets nobody be asked",
    "pipe it in, or name a file that holds it",
  );
}
