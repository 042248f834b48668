import {
  type ErrorKind,
  exitCodeOf,
  INTERNAL_EXIT_CODE,
  OrcError,
} from "../../src/base/error.ts";
import { code, GENERATED, plain, stacked, table } from "./markdown.ts";

/** What an exit code means. */
export interface ExitCode {
  readonly code: string;
  /** The kind of the error in `--json`; empty without an error. */
  readonly kind: string;
  readonly meaning: string;
}

const KINDS: Readonly<Record<ErrorKind, true>> = {
  usage: true,
  refused: true,
  not_found: true,
  conflict: true,
  corrupt: true,
  external: true,
  pending: true,
  denied: true,
  config: true,
};

/** All exit codes, with the meanings that the comment in `error.ts` gives to the kinds. */
export function exitCodes(errorSource: string): readonly ExitCode[] {
  const kinds = Object.keys(KINDS) as readonly ErrorKind[];
  return [
    { code: "0", kind: "", meaning: "done, or nothing to do" },
    {
      code: String(INTERNAL_EXIT_CODE),
      kind: "internal",
      meaning: "a bug in orc",
    },
    ...kinds.map((kind) => ({
      code: String(exitCodeOf(new OrcError(kind, "", ""))),
      kind,
      meaning: meaningOf(kind, errorSource),
    })),
    {
      code: "130",
      kind: "interrupted",
      meaning: "interrupted from a terminal",
    },
    { code: "143", kind: "interrupted", meaning: "told to end" },
  ];
}

function meaningOf(kind: ErrorKind, source: string): string {
  const pattern = new RegExp(` \\* - \`${kind}\` \\(\\d+\\): (.*)`);
  const [, meaning] = pattern.exec(source) ?? [];
  if (meaning === undefined) {
    throw new Error(`error.ts does not explain ${kind}`);
  }
  return meaning;
}

/** `docs/exit-codes.md`. */
export function exitCodesPage(codes: readonly ExitCode[]): string {
  return stacked([
    GENERATED.replace("the command table", "src/base/error.ts"),
    "# Exit codes",
    "Scripts and agents can rely on them, and on `error.kind` and `error.code` of the JSON answer; [errors.md](errors.md) lists all codes. Texts may change.",
    table(
      ["Exit code", "Kind", "Meaning"],
      codes.map((each) => [
        each.code,
        each.kind === "" ? "" : code(each.kind),
        plain(each.meaning),
      ]),
    ),
    "Any other signal that ends orc gives 128 plus its number.",
  ]);
}
