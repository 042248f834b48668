import { usage } from "../base/error.ts";
import { mayHavePreferences } from "../repository/open.ts";
import { partDocument } from "./document.ts";
import { likelyPlace, preferFor } from "./failure.ts";
import { deliver, escapeTexts, type Run, warn } from "./output.ts";
import { type Invocation, styleFor } from "./parse.ts";

/**
 * Prints the parts of a result as they come: as documents for programs, for people as lines. Does nothing,
 * and says so, where one document is wanted instead.
 *
 * @throws {OrcError} `not_streamed` (usage) if the command has one result
 */
export async function performStream(
  run: Run,
  { command: { stream }, values }: Invocation,
): Promise<boolean> {
  // What a setting says is as good as a flag: who wants one document gets one.
  const place = likelyPlace(run.host, values.text("root"));
  if (mayHavePreferences(run.host, place?.root ?? null)) {
    warn(run, await preferFor(run, place));
  }
  if (run.presentation.json && !run.presentation.lines) return false;
  if (stream === undefined) {
    throw usage(
      "not_streamed",
      `Command "${values.command}" has one result and not many lines`,
      "use --output json",
    );
  }
  const { host } = run;
  const { color, lines } = run.presentation;
  const style = styleFor(host, color);
  const textOf = lines
    ? (part: unknown) => partDocument(part, run.presentation)
    : (part: unknown) => `${stream.render(escapeTexts(part), style)}\n`;
  const { batches, warnings } = await stream.run(host, values);
  for await (const parts of batches) {
    const [first] = parts;
    // Bytes are what is asked for as they are: no text, in which something would be escaped or masked.
    const out = first instanceof Uint8Array
      ? first
      : parts.map(textOf).join("");
    if (!deliver(run, values.command, out)) return true;
  }
  warn(run, warnings());
  return true;
}
