import type { Host } from "../host/host.ts";
import type { Values } from "./command.ts";

const BAR_LENGTH = 20;

/** Does a long reading and shows a bar meanwhile, where a person sees it. */
export async function withLogProgress<Result>(
  { terminal }: Host,
  values: Values,
  work: (onProgress?: (fraction: number) => void) => Promise<Result>,
): Promise<Result> {
  const isShown = !values.on("quiet") && terminal.isErrorTerminal;
  if (!isShown) return await work();
  try {
    return await work((fraction) => terminal.showProgress(barOf(fraction)));
  } finally {
    terminal.showProgress(undefined);
  }
}

/** How much of a log is read, in one line of a terminal. */
export function barOf(fraction: number): string {
  const part = Math.min(1, Math.max(0, fraction));
  const full = Math.round(part * BAR_LENGTH);
  const bar = "#".repeat(full).padEnd(BAR_LENGTH, ".");
  return `Reading the log [${bar}] ${Math.floor(part * 100)} %`;
}
