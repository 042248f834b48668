import type { Values } from "../commands/command.ts";
import { OrcError } from "../core/error.ts";

/** How the answer is to look. */
export interface Presentation {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly noColor: boolean;
}

/** How a command line that could be read wants its answer. */
export function presentationOf(values: Values): Presentation {
  return {
    json: wantsJson(values),
    quiet: values.on("quiet"),
    verbose: values.on("verbose"),
    noColor: values.on("no-color"),
  };
}

/** How a command line that cannot be read probably wants the error: a program must not get prose. */
export function guessPresentation(argv: readonly string[]): Presentation {
  const end = argv.indexOf("--");
  const flags = end < 0 ? argv : argv.slice(0, end);
  return {
    json: flags.includes("--json") || / --output[ =]json /.test(
      ` ${flags.join(" ")} `,
    ),
    quiet: false,
    verbose: flags.includes("--verbose"),
    noColor: false,
  };
}

function wantsJson(values: Values): boolean {
  const output = values.text("output");
  if (output !== undefined && output !== "json" && output !== "text") {
    throw new OrcError(
      "usage",
      "invalid_value",
      `Flag "--output" needs json or text, not "${output}"`,
    );
  }
  if (output === "text" && values.on("json")) {
    throw new OrcError(
      "usage",
      "conflicting_flags",
      'Flags "--json" and "--output text" contradict each other',
    );
  }
  return output === "json" || values.on("json");
}
