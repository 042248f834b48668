import { usage } from "../base/error.ts";
import { mayHavePreferences } from "../repository/open.ts";
import { likelyPlace, preferFor } from "./failure.ts";
import { deliver, documentOf, escapeTexts, type Run, warn } from "./output.ts";
import { type Invocation, styleFor } from "./parse.ts";

/** Prints the parts of a result as they come: as documents for programs, for people as lines. */
export async function performStream(
  run: Run,
  { name, command: { stream }, values }: Invocation,
): Promise<void> {
  if (stream === undefined) {
    throw usage(
      "not_streamed",
      `Command "${name}" has one result and not many lines`,
      "use --output json",
    );
  }
  const { host } = run;
  const place = likelyPlace(host, values);
  if (mayHavePreferences(host, place?.root ?? null)) {
    warn(run, await preferFor(run, place));
  }
  const { color, json, lines } = run.presentation;
  const style = styleFor(host, color);
  // A result without an end cannot be one document.
  const textOf = lines || json
    ? documentOf
    : (part: unknown) => `${stream.render(escapeTexts(part), style)}\n`;
  const { batches, warnings } = await stream.run(host, values);
  for await (const parts of batches) {
    if (!deliver(run, name, parts.map(textOf).join(""))) return;
  }
  warn(run, warnings());
}
