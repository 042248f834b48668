/** The yes of whoever sits at the terminal, without which nothing is removed or replaced for good. */
import { type OrcError, refused } from "../base/error.ts";
import type { Host } from "./host.ts";

/** Asks whether to go on. Nobody who cannot be asked has said yes. */
export function isConfirmed({ terminal }: Host, question: string): boolean {
  if (!terminal.isInteractive) return false;
  const answer = terminal.readLine(`${question} [y/N] `);
  return /^\s*y(?:es)?\s*$/i.test(answer ?? "");
}

/** What is to be removed, or replaced by something else. */
interface Removal {
  /** One for each thing that will be gone, as the question shows them. */
  readonly lines: readonly string[];
  readonly amount: string;
  readonly details: OrcError["details"];
  /** How to see beforehand what would be gone. */
  readonly look?: string;
  readonly verb?: "Remove" | "Replace";
}

/** Refuses to remove or replace what nobody agreed to; the question shows all that will be gone. */
export function assertRemovalWanted(
  host: Host,
  removal: Removal,
): void {
  const { lines, amount, details, verb = "Remove" } = removal;
  const { look = "look at them with --dry-run first" } = removal;
  const shown = lines.map((line) => `  ${line}\n`).join("");
  if (isConfirmed(host, `${shown}${verb} ${amount} for good?`)) return;
  throw refused(
    "not_confirmed",
    `Nothing was ${verb.toLowerCase()}d: ${amount} would be, but nobody said yes`,
    {
      hint: `${look}; --yes is the yes where nobody can be asked`,
      details,
    },
  );
}
