import type { Host } from "../host/host.ts";

/** Asks whether to go on. Nobody who cannot be asked has said yes. */
export function isConfirmed({ terminal }: Host, question: string): boolean {
  if (!terminal.isInteractive) return false;
  const answer = terminal.readLine(`${question} [y/N] `);
  return /^\s*y(?:es)?\s*$/i.test(answer ?? "");
}
