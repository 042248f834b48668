import type { ErrorCondition } from "../../src/commands/errors.ts";
import { code, GENERATED, plain, stacked, table } from "./markdown.ts";

/** `docs/errors.md`. */
export function errorsPage(conditions: readonly ErrorCondition[]): string {
  return stacked([
    GENERATED.replace("the command table", "src/commands/errors.ts"),
    "# Errors",
    "Each error has a code, in `error.code` of the JSON answer, that says what is wrong: a code may be added, and none changes its meaning. Its kind decides the [exit code](exit-codes.md). `orc schema error` says the same for programs.",
    table(
      ["Code", "Kind", "Exit code", "Meaning"],
      conditions.map(({ code: name, kinds, exitCodes, meaning }) => [
        code(name),
        kinds.length === 0 ? "that of the reason" : kinds.map(code).join(", "),
        exitCodes.join(", "),
        plain(meaning),
      ]),
    ),
  ]);
}
