/** What the last line of `deno test` says. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
  readonly filteredOut: number;
}

const SUMMARY_LINE = /^(?:ok|FAILED) \| \d+ passed.*$/gm;
// deno-lint-ignore no-control-regex -- colours begin with the escape character
const COLOUR = /\x1b\[[0-9;]*m/g;

/** Finds the summary in the output of `deno test`; undefined when it printed none. */
export function parseSummary(output: string): Summary | undefined {
  const line = output.replaceAll(COLOUR, "").match(SUMMARY_LINE)?.at(-1);
  if (line === undefined) return undefined;
  const count = (label: string): number =>
    Number(new RegExp(`(\\d+) ${label}`).exec(line)?.[1] ?? 0);
  return {
    passed: count("passed"),
    failed: count("failed"),
    ignored: count("ignored"),
    filteredOut: count("filtered out"),
  };
}

const ERRORS = /^ ERRORS ?$([^]*?)^ FAILURES ?$/gm;
const ERRORS_LENGTH = 6_000;

/** What failed tests said, cut to some lines; empty when none did. */
export function errorsIn(output: string): string {
  const all = [...output.replaceAll(COLOUR, "").matchAll(ERRORS)];
  return (all.at(-1)?.[1] ?? "").trim().slice(0, ERRORS_LENGTH);
}
